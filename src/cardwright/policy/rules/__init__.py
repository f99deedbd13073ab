"""The kinds of requirement: one file each, and the table that collects them.

To add one, write its file and put it into the table: `docs/guides/requirement-kind.md`.
"""

from __future__ import annotations

from collections.abc import Mapping

from cardwright.policy.rules.age import AgeRule
from cardwright.policy.rules.checklist import ChecklistRule
from cardwright.policy.rules.details import DetailsRule
from cardwright.policy.rules.evaluated import EvaluatedRule
from cardwright.policy.rules.findings import FindingsRule
from cardwright.policy.rules.identity import IdentityRule
from cardwright.policy.rules.interface import Rule
from cardwright.policy.rules.measurement import MeasurementRule
from cardwright.policy.rules.no_regression import NoRegressionRule
from cardwright.policy.rules.open_risks import OpenRisksRule
from cardwright.policy.rules.preregistered import PreregisteredRule
from cardwright.policy.rules.provenance import ProvenanceRule
from cardwright.policy.rules.refers import RefersRule
from cardwright.policy.rules.sign_off import SignOffRule

RULES: Mapping[str, type[Rule]] = {
    "measurement": MeasurementRule,
    "evaluated": EvaluatedRule,
    "findings": FindingsRule,
    "details": DetailsRule,
    "provenance": ProvenanceRule,
    "age": AgeRule,
    "identity": IdentityRule,
    "checklist": ChecklistRule,
    "sign_off": SignOffRule,
    "preregistered": PreregisteredRule,
    "refers": RefersRule,
    "open_risks": OpenRisksRule,
    "no_regression": NoRegressionRule,
}
"""Every kind of requirement, by its key in a policy file."""
