"""Two records beside each other: what is worse comes first, and nothing that was lost is left out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.test_gate import POLICY, P, policy_of
from tests.run.test_status import dossier, outcome
from tests.strategies import NOW, good_case, good_record, waiver

from cardwright.dossier import layout, store
from cardwright.errors import IntegrityError
from cardwright.files import disk
from cardwright.policy.gate import decide
from cardwright.record import Attest, Finding, Interval, NotEvaluated, Unmeasured, comparison
from cardwright.record.comparison import Side, compare
from cardwright.record.record import Redaction
from cardwright.record.subject import FileDigest


def changed(record, **measured):
    """The record with another first measurement of its fairness evaluation."""
    fairness = record.evaluations[0]
    first = fairness.measurements[0].model_copy(update=measured)
    return with_fairness(record, measurements=(first, *fairness.measurements[1:]))


def with_fairness(record, **update):
    fairness, *rest = record.evaluations
    return record.model_copy(update={"evaluations": (fairness.model_copy(update=update), *rest)})


def only(found):
    (change,) = found.changes
    return change


OLD = good_record()


def test_a_record_beside_itself_differs_in_nothing():
    side = Side(record=OLD, plan=good_case().plan)
    found = compare(side, side)
    assert found.changes == found.findings == found.rulings == ()
    assert found.regressions == 0
    assert {c.fate for c in found.carried} == {"stands"}
    assert found.same == sum(len(e.measurements) for e in OLD.evaluations)


@pytest.mark.parametrize(
    ("value", "interval", "kind", "overlap", "regressions"),
    [
        (0.6, (0.5, 0.65), "worse", False, 1),
        (0.75, (0.7, 0.8), "worse, intervals overlap", True, 0),
        (0.6, None, "worse", None, 1),
        (0.85, (0.8, 0.9), "better", True, 0),
        (0.8, (0.79, 0.81), "changed", True, 0),
    ],
)
def test_a_number_is_worse_where_its_direction_says_so(value, interval, kind, overlap, regressions):
    made = Interval(level=0.95, lower=interval[0], upper=interval[1], method="wilson") if interval else None
    found = compare(Side(record=OLD), Side(record=changed(OLD, value=value, interval=made)))
    change = only(found)
    assert (change.kind, change.overlap) == (kind, overlap)
    assert change.difference == value - 0.8
    assert found.regressions == regressions


@pytest.mark.parametrize(("direction", "kind"), [("lower_is_better", "better"), ("neither", "changed")])
def test_the_direction_is_that_of_the_measurement(direction, kind):
    old = changed(OLD, direction=direction)
    assert only(compare(Side(record=old), Side(record=changed(old, value=0.1, interval=None)))).kind == kind


def test_numbers_of_two_units_are_not_subtracted():
    change = only(compare(Side(record=OLD), Side(record=changed(OLD, unit="ratio"))))
    assert (change.kind, change.difference) == ("changed", None)
    assert "not comparable" in change.note


def test_a_number_that_is_none_any_more_is_lost_and_one_that_is_not_there_is_gone():
    fairness = OLD.evaluations[0]
    none = Unmeasured(
        metric=fairness.measurements[0].metric,
        slice=fairness.measurements[0].slice,
        code="too_few_samples",
        reason="3 of 30.",
    )
    lost = compare(Side(record=OLD), Side(record=with_fairness(OLD, measurements=(none, *fairness.measurements[1:]))))
    assert only(lost).kind == "lost"
    assert "too_few_samples: 3 of 30." in only(lost).note
    gone = compare(Side(record=OLD), Side(record=with_fairness(OLD, measurements=fairness.measurements[1:])))
    assert only(gone).kind == "gone"
    assert lost.regressions == gone.regressions == 1
    back = compare(Side(record=with_fairness(OLD, measurements=fairness.measurements[1:])), Side(record=OLD))
    assert (only(back).kind, back.regressions) == ("new", 0)


@given(st.permutations(range(6)))
def test_regressions_come_first_whatever_the_order_of_the_record(order):
    fairness = OLD.evaluations[0]
    some = [fairness.measurements[0].model_copy(update={"slice": {"race": str(n)}, "interval": None}) for n in range(6)]
    worse = [
        m.model_copy(update={"value": 0.8 + step})
        for m, step in zip(some, (-0.3, -0.1, 0, 0.1, 0.2, -0.2), strict=True)
    ]
    old = with_fairness(OLD, measurements=tuple(some[n] for n in order))
    new = with_fairness(OLD, measurements=tuple(worse[n] for n in reversed(order)))
    found = compare(Side(record=old), Side(record=new))
    assert [change.rows for change in found.changes] == ["race=0", "race=5", "race=1", "race=4", "race=3"]
    assert [change.kind for change in found.changes] == ["worse"] * 3 + ["better"] * 2


@pytest.mark.parametrize(
    ("update", "because"),
    [
        ({"evaluator_version": "2"}, "evaluator's version"),
        ({"parameters": {"depth": 2}}, "parameter depth"),
        ({"binding": None}, "the model"),
        ({"target": "retriever"}, "target"),
    ],
)
def test_an_evaluation_is_redone_where_what_it_rests_on_has_changed(update, because):
    plan = good_case().plan
    found = compare(Side(record=OLD, plan=plan), Side(record=with_fairness(OLD, **update), plan=plan))
    redone, stands = found.carried
    assert redone.fate == "redone"
    assert because in redone.because[0]
    assert stands.fate == "stands"


def test_another_threshold_in_the_plan_is_another_evaluation_though_no_byte_of_the_data_has_changed():
    plan = good_case().plan
    old = plan.model_copy(update={"sources": {"test": {"threshold": 0.5}}})
    new = plan.model_copy(update={"sources": {"test": {"threshold": 0.6}}})
    found = compare(Side(record=OLD, plan=old), Side(record=OLD, plan=new))
    assert {c.fate for c in found.carried} == {"redone"}
    assert "source test is read differently" in found.carried[0].because


def test_without_both_plans_nothing_is_said_to_stand():
    found = compare(Side(record=OLD), Side(record=OLD, plan=good_case().plan))
    assert "stands" not in {c.fate for c in found.carried}


def test_an_evaluation_without_a_result_has_to_be_redone_and_counts():
    gap = NotEvaluated(id="fairness", code="missing", reason="r", remedy="x")
    new = OLD.model_copy(update={"evaluations": OLD.evaluations[1:], "not_evaluated": (gap,)})
    found = compare(Side(record=OLD), Side(record=new))
    assert found.carried[0].fate == "redo"
    assert found.regressions > 0
    assert "To be redone" in comparison.as_text(found)


def test_what_people_said_of_the_old_record_never_carries():
    case = good_case()
    found = compare(Side(record=OLD, claims=case.claims), Side(record=OLD))
    assert "answer to rai/one by A" in found.confirm
    assert "sign-off (approve) by C as owner" in found.confirm
    assert isinstance(case.claims[0], Attest)


@pytest.mark.parametrize(
    ("before", "after", "kind", "regressions"),
    [
        ((), ("high", 1), "new", 1),
        ((), ("low", 1), "new", 0),
        (("low", 1), ("high", 1), "graver", 1),
        (("high", 1), ("low", 1), "milder", 0),
        (("high", 1), ("high", 5), "more", 0),
        (("high", 1), (), "gone", 0),
    ],
)
def test_findings_that_are_new_or_graver_are_named(before, after, kind, regressions):
    def with_finding(said):
        findings = (
            (Finding(severity=said[0], key="k", explanation="e", where="column a", count=said[1]),) if said else ()
        )
        return with_fairness(OLD, findings=findings, severities={said[0]: 1} if said else {})

    found = compare(Side(record=with_finding(before)), Side(record=with_finding(after)))
    (finding,) = found.findings
    assert finding.kind == kind
    assert found.regressions == regressions


def test_the_command_compares_dossiers_and_says_what_blocks_now(cli, tmp_path):
    one = dossier(tmp_path / "one", outcome(1, "passed"), outcome(2, "failed"))
    two = dossier(tmp_path / "two", outcome(1, "failed"), outcome(2, "passed"), version="2.0.0")
    for folder in (one, two):  # the verdict on the evidence is what is compared
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        files[layout.REVIEW] = files[layout.VERDICT]
        files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
        store.write_dossier(folder, files)
    ran = cli("diff", one, two)
    assert ran.code == 1, ran
    assert "Requirements that block now\n  r1: passed → failed" in ran.out
    assert "r2: failed → passed" in ran.out
    assert max(len(line) for line in ran.out.splitlines()) <= 80
    told = json.loads(cli("diff", one, two, "--format", "json").out)
    assert told["regressions"] == 1
    assert cli("diff", two, two).code == 0


def test_the_command_compares_lone_records_and_judges_both_by_a_policy(cli, tmp_path):
    disk.write_file(tmp_path / "a.json", layout.to_json(OLD))
    disk.write_file(tmp_path / "b.json", layout.to_json(changed(OLD, value=0.1, interval=None)))
    ran = cli("diff", tmp_path / "a.json", tmp_path / "b.json", "--policy", "research")
    assert ran.code == 1
    assert "0.8 → 0.1 (-0.7)" in " ".join(ran.out.split())
    assert "Outcomes are not compared" not in ran.out
    same = cli("diff", tmp_path / "a.json", tmp_path / "a.json")
    assert same.code == 0
    assert "Outcomes are not compared" in same.out


def test_what_cannot_be_read_is_refused(cli, tmp_path):
    disk.write_file(tmp_path / "a.json", layout.to_json(OLD))
    (tmp_path / "b.json").write_bytes(b'{"schema": NaN}')
    assert cli("diff", tmp_path / "a.json", tmp_path / "b.json").code == 3
    assert cli("diff", tmp_path / "a.json", tmp_path / "none").code == 3


def test_what_makes_two_records_hard_to_compare_is_said_first():
    renamed = OLD.model_copy(
        update={
            "subject": OLD.subject.model_copy(
                update={"name": "n", "files": (FileDigest(path="model.skops", sha256="b" * 64, size=3),)}
            ),
            "redaction": Redaction(audience="public", of_sha256="c" * 64, withheld=("details",)),
        }
    )
    notes = compare(Side(record=OLD), Side(record=renamed)).notes
    assert notes[:3] == (
        "These are two subjects: m and n.",
        "One is an edition for other readers; what it leaves out shows as lost.",
        "The subject's files differ.",
    )


def test_outcomes_of_two_policies_are_compared_with_a_warning_and_a_new_refusal_is_a_regression():
    other = policy_of(POLICY.replace(b"version: 1.0.0", b"version: 2.0.0").replace(b"max_days: 30", b"max_days: 1"))
    case = good_case()
    old, new = decide(case, P, NOW), decide(case, other, NOW)
    found = compare(Side(record=OLD, verdict=old), Side(record=OLD, verdict=new))
    assert "The outcomes are of two policies; --policy judges both by one." in found.notes
    assert [(r.requirement, r.old, r.new, r.regression) for r in found.rulings] == [("fresh", "passed", "stale", True)]
    assert "fresh: passed → stale" in comparison.as_text(found)
    back = compare(Side(record=OLD, verdict=new), Side(record=OLD, verdict=old))
    assert [r.regression for r in back.rulings] == [False]


def test_a_number_that_stays_undefined_is_the_same_and_another_reason_is_a_change():
    none = Unmeasured(metric="m", slice={"race": "a"}, code="undefined", reason="no positive case")

    def having(*last):
        return Side(record=with_fairness(OLD, measurements=(*OLD.evaluations[0].measurements, *last)))

    again = none.model_copy(update={"reason": "no positive case at all"})
    assert compare(having(none), having(again)).changes == ()
    few = none.model_copy(update={"code": "too_few_samples"})
    change = only(compare(having(none), having(few)))
    assert (change.kind, change.note) == ("changed", "no number: was undefined, is too_few_samples")
    assert only(compare(having(), having(none))).kind == "new"
    assert only(compare(having(none), having())).kind == "gone"
    number = OLD.evaluations[0].measurements[0].model_copy(update={"metric": "m", "slice": {"race": "a"}})
    gained = only(compare(having(none), having(number)))
    assert (gained.kind, gained.note) == ("gained", "was undefined")


def test_an_evaluation_that_the_new_plan_does_not_hold_is_dropped_and_counts():
    new = OLD.model_copy(update={"evaluations": OLD.evaluations[1:], "planned": OLD.planned[1:]})
    found = compare(Side(record=OLD), Side(record=new))
    assert (found.carried[0].fate, found.carried[0].because) == ("dropped", ("the new plan does not hold it",))
    assert found.regressions > 0


def test_a_waiver_of_the_old_record_has_to_be_asked_for_again():
    claims = waiver(OLD, "d" * 64, "gap", "failed", bound=0.16)
    found = compare(Side(record=OLD, claims=claims), Side(record=OLD))
    assert found.confirm == ("waiver of gap by D, until 2026-12-20",)


def test_a_comparison_is_read_back_from_its_json_and_nothing_else_is():
    found = compare(Side(record=OLD), Side(record=changed(OLD, value=0.6)))
    assert comparison.from_json(comparison.as_json(found).encode(), where="c.json") == found
    for wrong in (b"[]", b"{}", b'{"regressions": 0}', b'{"regressions": 0, "old": 1}'):
        with pytest.raises(IntegrityError, match="not a comparison"):
            comparison.from_json(wrong, where="c.json")


def test_numbers_beyond_the_first_are_counted_and_none_vanishes():
    worse = tuple(
        m.model_copy(update={"value": 0.1, "interval": None}) if not m.across else m
        for m in OLD.evaluations[0].measurements
    )
    found = compare(Side(record=OLD), Side(record=with_fairness(OLD, measurements=worse)))
    assert len(found.changes) > 1
    text = comparison.as_text(found, most=1)
    assert f"and {len(found.changes) - 1} more; --all shows them" in text
    assert f"({len(found.changes)})" in text


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ({}, "all"),
        ({"slice": {"race": None, "sex": "f"}}, "race=unknown, sex=f"),
        ({"across": ("race", "sex")}, "across race x sex"),
        ({"given": ("income",), "of_class": "refused"}, "given income, class refused"),
        ({"at": {"threshold": 0.5}}, "at threshold 0.5"),
    ],
)
def test_the_rows_of_a_number_are_named_by_all_that_sets_them_apart(update, words):
    plain = OLD.evaluations[0].measurements[0].model_copy(update={"slice": {}})
    assert comparison.rows_of(plain.model_copy(update=update)) == words
