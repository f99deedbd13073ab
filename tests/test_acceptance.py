"""What goes wrong elsewhere, item by item: each has a test here or in the module named, and each test named exists.

The list holds defects that were found in the field's own tools: a check that did not run and looks like a pass, a rate over
nobody that is printed as 0, a gap whose interval never covers the truth.
"""

import ast
import dataclasses
from pathlib import Path

import pytest
from tests.policy.test_gate import P, changed, outcome, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright.errors import PolicyError
from cardwright.policy.gate import decide
from cardwright.policy.policy import read_policy
from cardwright.record import NotEvaluated, Record, canonical

ROOT = Path(__file__).parent

FAIRNESS = "evaluators/fairness"
ITEMS = {
    "a group without positives has no true positive rate, and the odds gap says so": f"{FAIRNESS}/test_groups.py::test_a_group_without_positives_has_no_true_positive_rate",
    "nobody selected: the ratio is undefined": f"{FAIRNESS}/test_between.py::test_where_nobody_is_selected_the_ratio_is_undefined_and_the_difference_is_0",
    "an empty intersection is listed": f"{FAIRNESS}/test_between.py::test_an_empty_intersection_is_listed",
    "a group of one is insufficient, with its count": f"{FAIRNESS}/test_between.py::test_a_group_of_one_is_listed_and_left_out_of_the_gap_with_its_count",
    "a shuffled index is an error": "test_metrics.py::test_a_shuffled_index_is_an_error",
    "a missing membership is disclosed": f"{FAIRNESS}/test_between.py::test_unknown_membership_is_disclosed_and_never_best_or_worst",
    "a threshold of 0 is a threshold": f"{FAIRNESS}/test_groups.py::test_a_threshold_of_0_is_honoured",
    "a limit of 0 is a limit": "policy/rules/test_measurement.py::test_a_limit_of_zero_is_a_limit",
    "a numeric sensitive attribute does not vanish": f"{FAIRNESS}/test_plan.py::test_a_numeric_sensitive_attribute_is_refused_instead_of_vanishing",
    "an evaluator that raises blocks": "policy/rules/test_on_evaluation.py::test_an_evaluation_that_raised_is_an_error_and_blocks",
    "an extra that is missing blocks": "policy/test_minimum.py::test_an_evaluation_whose_extra_is_missing_blocks_under_every_policy",
    "evidence that is old blocks": "policy/rules/test_age.py::test_evidence_goes_stale_on_the_day_after_its_last",
    "evidence about another model blocks": "cli/test_judging.py::test_gate_sees_that_the_model_has_changed",
    "an expired waiver is none": "policy/test_waivers.py::test_a_waiver_holds_through_its_last_day",
    "a sample is not the whole": "policy/rules/test_on_evaluation.py::test_a_sampled_evaluation_does_not_pass_where_a_complete_one_is_asked_for",
    "numbers keep full precision": "evaluators/performance/test_measure.py::test_an_evaluation_reads_back_with_full_precision",
    "Benjamini-Hochberg is that of statsmodels": "statistics/test_multiplicity.py::test_adjusted_p_values_are_those_of_statsmodels",
    "where none is significant none becomes so": "statistics/test_multiplicity.py::test_where_none_is_significant_none_becomes_so",
    "false positive rates are tested among label negatives": f"{FAIRNESS}/test_between.py::test_the_significance_of_false_positive_rates_is_tested_among_label_negatives",
    "14 equal groups are seldom refused": f"{FAIRNESS}/test_between.py::test_equal_groups_are_seldom_called_different",
    "intervals of gaps cover": "statistics/test_gaps.py::test_coverage_at_equality_and_at_a_difference",
    "the usual bootstrap of a gap never covers 0": "statistics/test_bootstrap.py::test_at_equality_the_percentile_interval_of_a_gap_never_covers_0",
    "rates are fairlearn's where they are defined": f"{FAIRNESS}/test_groups.py::test_rates_are_fairlearns_wherever_fairlearns_are_defined",
    "gaps are fairlearn's where they are defined": f"{FAIRNESS}/test_between.py::test_gaps_are_fairlearns_wherever_fairlearns_are_defined",
    "a score at the median is not above it": "evaluators/impact_ratio/test_measure.py::test_a_score_at_the_median_is_not_above_it",
    "strings of pandas 3 are scanned": "evaluators/pii/test_columns.py::test_pandas_strings_are_read",
    "planted personal data are found wherever they stand": "evaluators/pii/test_measure.py::test_planted_personal_data_are_found_and_stand_in_no_output",
    "a sample says that it is one": "evaluators/pii/test_measure.py::test_a_sample_is_said_to_be_one_and_is_the_same_each_time",
    "a threshold chosen on the test data is a finding": f"{FAIRNESS}/test_findings.py::test_a_threshold_chosen_on_the_rows_evaluated_is_a_high_finding",
    "weights of 1 equal no weights": f"{FAIRNESS}/test_measure.py::test_weights_of_1_equal_no_weights",
    "the rows of one person are one case": f"{FAIRNESS}/test_measure.py::test_rows_of_one_person_are_one_case",
    "batches and the order of rows change no byte": "evaluators/rows/test_counting.py::test_batches_and_the_order_of_rows_change_no_byte_of_an_evaluation",
}  # fmt: skip


def functions(path: Path) -> set[str]:
    return {
        node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    }


def test_every_item_has_its_test():
    """A test that is renamed or removed takes its item along, unless somebody says where it went."""
    elsewhere = {name: functions(path) for path in ROOT.rglob("test_*.py") for name in [str(path.relative_to(ROOT))]}
    everywhere = set().union(*elsewhere.values())
    lost = [item for item, place in ITEMS.items() if place.split("::")[1] not in everywhere]
    assert lost == []


# ------------------------------------------------------------------------------------------- what a gate must not do


def test_a_policy_that_asks_nothing_is_no_policy():
    text = b"schema: cardwright/policy/1\npolicy: p\nversion: 1.0.0\ntitle: t\nkinds: [model]\nset_by: us\nset_on: 2026-11-01\nrequirements: []\n"
    with pytest.raises(PolicyError):
        read_policy(text, where="p.yaml", find=lambda name, where: (b"", ""))


def test_skipped_and_passed_together_are_not_a_pass():
    """An evaluation that had no result beside one that passed: the handoff is refused."""
    record = good_record()
    gap = NotEvaluated(id="pii", code="missing", reason="The extra text is not installed.", remedy="Install it.")
    smaller = Record.model_validate(
        record.model_copy(
            update={
                "evaluations": tuple(e for e in record.evaluations if e.id != "pii"),
                "not_evaluated": (gap,),
            }
        ).model_dump()
    )
    verdict = decide(with_record(good_case(), smaller), P, NOW)
    assert not verdict.allowed
    assert outcome(verdict, "cardwright.ran").status == "missing"


def test_more_evaluators_installed_never_flip_a_verdict():
    """What nobody planned is not in the record, so a library that is installed later changes nothing; one that is planned and
    absent blocks."""
    case = good_case()
    assert {p.id for p in case.record.planned} == {e.id for e in case.record.evaluations}
    assert decide(case, P, NOW).decision == decide(case, P, NOW).decision == "allowed"
    unplanned = case.record.evaluations[0].model_copy(update={"id": "extra"})
    with pytest.raises(ValueError, match="accounted for"):
        Record.model_validate(
            case.record.model_copy(update={"evaluations": (*case.record.evaluations, unplanned)}).model_dump()
        )


def test_evidence_that_stands_twice_is_refused_and_not_chosen_from():
    record = good_record()
    with pytest.raises(ValueError, match="appears twice"):
        Record.model_validate(
            record.model_copy(update={"evaluations": (*record.evaluations, record.evaluations[0])}).model_dump()
        )
    evaluation = record.evaluations[0]
    with pytest.raises(ValueError, match="same key"):
        type(evaluation).model_validate(
            evaluation.model_copy(
                update={"measurements": (*evaluation.measurements, evaluation.measurements[0])}
            ).model_dump()
        )


def test_a_partial_share_of_passed_requirements_is_never_enough():
    """Nine of ten is a refusal: there is no score."""
    case = with_record(good_case(), changed(good_record(), "fairness", measurements=()))
    verdict = decide(case, P, NOW)
    assert sum(o.status == "passed" for o in verdict.outcomes) > len(verdict.outcomes) / 2
    assert not verdict.allowed


def test_the_decision_of_the_command_line_of_python_and_of_the_document_is_one(cli, small_once, tmp_path):
    pytest.importorskip("pyarrow", reason="sources need the tabular extra")
    from cardwright import documents
    from cardwright.dossier import contents, layout, store
    from cardwright.record.verdict import Verdict

    refused = cli("run", small_once / "files", "-o", tmp_path / "refused", "--policy", "production")
    assert refused.code == 1, refused
    for policy, dossier, code in (
        ("research", small_once / "out", 0),
        ("production", tmp_path / "refused", refused.code),
    ):
        files = store.read_dossier(dossier)
        stored = canonical.parse(Verdict, files[layout.VERDICT], where="verdict")
        artefacts = store.digests(small_once / "files", ["model.bin"])
        case = contents.case_of(files, where="out", artefacts=artefacts)
        again = decide(
            case, contents.policy_of(policy), stored.evaluated_at, stored.stage, chosen_by=stored.policy.chosen_by
        )
        assert (code == 0) == stored.allowed == again.allowed
        assert canonical.dumps(again) == files[layout.VERDICT]
        edition = documents.Edition(record=case.record, verdict=again, run=case.run)
        page = documents.render(edition, document="audit_report", format="html").decode()
        assert f'class="verdict {again.decision}"' in page
        assert dataclasses.is_dataclass(case)
