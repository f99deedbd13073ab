"""CycloneDX: the policy is a standard, each outcome a claim, and what is not measured is said."""

import json
from dataclasses import replace

import pytest
from tests.documents.exports.support import edition
from tests.policy.test_gate import FAILED, P, with_gap
from tests.strategies import NOW, good_case, waiver

from cardwright import documents
from cardwright.documents.exports import cyclonedx, export
from cardwright.policy.gate import decide
from cardwright.record import Component, FileDigest, Measured, Unmeasured

pytest.importorskip("cyclonedx", reason="the official schemas come with the exports extra")


def test_what_is_not_measured_is_said_and_is_no_number():
    record = good_case().record
    absent = [m for e in record.evaluations for m in e.measurements if isinstance(m, Unmeasured)]
    assert absent
    made = json.loads(export(edition(good_case()), "cyclonedx"))["metadata"]["component"]["modelCard"]
    said = [p for p in made["properties"] if p["name"].startswith("cardwright:not_measured:")]
    assert len(said) == len(absent)
    assert not any(absent[0].metric in metric["type"] for metric in made["quantitativeAnalysis"]["performanceMetrics"])


def test_the_policy_is_a_standard_and_each_outcome_a_claim_for_or_against():
    made = json.loads(export(edition(), "cyclonedx"))
    outcomes = edition().verdict.outcomes
    assert len(made["definitions"]["standards"][0]["requirements"]) == len(outcomes)
    failed = next(o for o in outcomes if o.status == "failed")
    entry = next(
        m for m in made["declarations"]["attestations"][0]["map"] if m["requirement"] == f"requirement-{failed.number}"
    )
    assert "claims" not in entry
    assert entry["conformance"]["score"] == 0


def test_a_part_of_a_system_that_is_one_of_its_files_is_listed_once():
    case = good_case()
    files = (
        FileDigest(path="prompt.md", sha256="1" * 64, size=3),
        FileDigest(path="b/tools.json", sha256="2" * 64, size=3),
    )
    parts = (
        Component(role="prompt", name="prompt.md", sha256="1" * 64),
        Component(role="tool", name="the tools", sha256="2" * 64),
        Component(role="retrieval", name="corpus", sha256="3" * 64),
    )
    subject = case.record.subject.model_copy(update={"kind": "system", "files": files, "components": parts})
    made = json.loads(
        export(documents.Edition(record=case.record.model_copy(update={"subject": subject})), "cyclonedx")
    )
    listed = made["metadata"]["component"]["components"]
    assert [one["name"] for one in listed] == ["prompt.md", "b/tools.json", "corpus"]


def made_of(case=None, **more):
    return json.loads(export(edition(case or good_case(), **more), "cyclonedx"))


def test_one_record_has_one_serial_number_and_another_record_another():
    failed = with_gap(FAILED)
    assert made_of()["serialNumber"] == made_of()["serialNumber"] != made_of(failed)["serialNumber"]


def test_every_interval_and_denominator_is_written_exactly():
    card = made_of()["metadata"]["component"]["modelCard"]
    notes = {(note["name"], note["value"]) for note in card["properties"]}
    for evaluation in good_case().record.evaluations:
        for m in evaluation.measurements:
            if isinstance(m, Measured) and m.denominator is not None:
                name = f"cardwright:{evaluation.id}:{m.metric}"
                assert any(
                    n == name and "denominator" in v and float(v.rpartition(" ")[2]) == m.denominator for n, v in notes
                ), m
    bounds = [
        m["confidenceInterval"] for m in card["quantitativeAnalysis"]["performanceMetrics"] if "confidenceInterval" in m
    ]
    assert all(float(one["lowerBound"]) <= float(one["upperBound"]) for one in bounds)


def test_a_waiver_is_a_counter_claim_with_its_day_and_never_a_pass():
    case = with_gap(FAILED)
    outcome = next(o for o in decide(case, P, NOW, "review").outcomes if o.status == "failed")
    claims = waiver(case.record, P.sha256, outcome.requirement, "failed", bound=outcome.observations[0].value)
    waived = replace(case, claims=(*case.claims, *claims))
    made = made_of(waived)
    number = next(o.number for o in decide(waived, P, NOW, "review").outcomes if o.waived is not None)
    entry = next(
        m for m in made["declarations"]["attestations"][0]["map"] if m["requirement"] == f"requirement-{number}"
    )
    assert entry["conformance"]["score"] == 0
    assert "counterClaims" in entry
    claim = next(c for c in made["declarations"]["claims"] if c["bom-ref"] == f"claim-{number}")
    assert claim["reasoning"].startswith("failed, waived until 2026-12-20: ")


def test_whoever_signed_is_named_with_the_claim_that_proves_it():
    case = good_case()
    signed = [claim for claim in case.claims if claim.kind == "sign_off"]
    made = made_of(case, claims=case.claims)["declarations"]["affirmation"]["signatories"]
    assert [(one["name"], one["role"], one["externalReference"]["url"]) for one in made] == [
        (claim.person, claim.role, f"urn:sha256:{claim.id}") for claim in signed
    ]
    assert "affirmation" not in made_of()["declarations"]


def test_a_record_that_nobody_judged_has_neither_standard_nor_declarations():
    made = json.loads(export(documents.Edition(record=good_case().record), "cyclonedx"))
    assert not {"definitions", "declarations"} & {*made}
    assert cyclonedx.problem(json.dumps(made).encode()) is None


def test_what_the_strict_schema_does_not_know_is_said_with_its_place():
    made = made_of()
    made["metadata"]["component"]["modelCard"]["threshold"] = 1
    assert "threshold" in cyclonedx.problem(json.dumps(made).encode())
