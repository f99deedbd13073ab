"""What a document shows of a record, before any template sees it."""

import re
from dataclasses import replace

import pytest
from tests.documents.test_documents import edition
from tests.policy.test_gate import with_record
from tests.strategies import good_case, good_record

from cardwright import documents
from cardwright.documents import view
from cardwright.record.evaluation import Binding, Finding, NotTested, Table, TableColumn, count_severities
from cardwright.record.measurement import Interval, Measured, ScorerError, Unmeasured
from cardwright.record.record import ExpectedGroups


def test_a_dataset_card_of_a_model_speaks_of_its_data_alone():
    seen = view.make(documents.DOCUMENTS["dataset_card"], edition())
    assert seen.data_only
    assert not seen.evaluations  # both read predictions


def test_alarms_are_about_the_subject_and_not_about_a_challenger_beside_it():
    case = edition()
    first, second = case.record.evaluations
    subject = case.record.subject.files[0].sha256
    interval = Interval(level=0.95, lower=0.7, upper=0.9, method="wilson")
    accuracy = Measured(
        metric="accuracy", value=0.8, unit="proportion", direction="higher_is_better", interval=interval
    )

    def measured(evaluation, model):
        binding = Binding(kind="recomputed", agreed=1, compared=1, tolerance=1e-6, model_sha256=model)
        changes = {"evaluator": "performance", "binding": binding, "measurements": (accuracy,)}
        return evaluation.model_copy(update=changes)

    both = (measured(first, subject), measured(second, "9" * 64))
    record = case.record.model_copy(update={"evaluations": both})
    seen = view.make(documents.DOCUMENTS["handoff_package"], replace(case, record=record))
    assert [alarm.row.id for alarm in seen.alarms.rows] == ["M-001"]
    other = record.model_copy(update={"evaluations": (measured(first, "8" * 64), both[1])})
    assert view.make(documents.DOCUMENTS["handoff_package"], replace(case, record=other)).alarms is None


def rate(group, value, cases, metric="selection_rate"):
    return Measured(
        metric=metric,
        slice={"race": group},
        value=value,
        unit="proportion",
        direction="neither",
        numerator=value * cases,
        denominator=cases,
    )


@pytest.mark.parametrize(("parameters", "worst", "best"), [({"min_denominator": 20}, "a", "c"), ({}, "a", "d")])
def test_a_group_too_small_to_be_compared_may_be_the_worst_and_never_the_best(parameters, worst, best):
    case = edition()
    rates = (rate("a", 0.0, 3), rate("b", 0.4, 50), rate("c", 0.6, 20), rate("d", 1.0, 19))
    first = case.record.evaluations[0].model_copy(update={"measurements": rates, "parameters": parameters})
    record = case.record.model_copy(update={"evaluations": (first, *case.record.evaluations[1:])})
    seen = view.make(documents.DOCUMENTS["audit_report"], replace(case, record=record))
    one = next(one for one in seen.worst_groups if one.evaluation == "E-1")
    assert (one.worst.m.slice["race"], one.best.m.slice["race"]) == (worst, best)
    assert [group.m.slice["race"] for group in one.too_few] == (["d"] if best == "c" else [])
    assert one.known == 4 + one.empty_count


def crossed(race, sex, value, cases):
    m = rate(race, value, cases) if value is not None else None
    return (
        m.model_copy(update={"slice": {"race": race, "sex": sex}})
        if m is not None
        else Unmeasured(
            metric="selection_rate", slice={"race": race, "sex": sex}, code="too_few_samples", reason=f"{cases} rows"
        )
    )


def test_every_group_that_worst_and_best_leave_out_is_told_with_what_it_lacks():
    case = edition()
    expected = tuple(
        ExpectedGroups(attribute=name, groups=groups, declared=True)
        for name, groups in (("race", ("a", "b")), ("sex", ("f", "m", "x")))
    )
    planned = tuple(one.model_copy(update={"groups": expected}) for one in case.record.planned)
    rates = (
        crossed("a", "f", 0.1, 40), crossed("a", "m", 0.6, 50), crossed("b", "f", 0.9, 3), crossed("b", "m", None, 2),
    )  # fmt: skip
    first = case.record.evaluations[0].model_copy(update={"measurements": rates, "parameters": {"min_denominator": 20}})
    record = case.record.model_copy(update={"planned": planned, "evaluations": (first, *case.record.evaluations[1:])})
    seen = view.make(documents.DOCUMENTS["audit_report"], replace(case, record=record))
    one = next(one for one in seen.worst_groups if one.evaluation == "E-1")
    assert (one.measured, one.known) == (3, 6)
    few = [(group.slice, [row.m.denominator for row in group.rows], group.least) for group in seen.too_few]
    assert few == [({"race": "b", "sex": "f"}, [3], 20.0)]
    silent = [(group.slice, [row.m.reason for row in group.rows]) for group in seen.without_number]
    assert silent == [
        ({"race": "b", "sex": "m"}, ["2 rows"]), ({"race": "a", "sex": "x"}, []), ({"race": "b", "sex": "x"}, []),
    ]  # fmt: skip
    page = documents.render(replace(case, record=record), document="audit_report", format="html").decode()
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    assert "with fewer cases than that: E-1 race = b, sex = f (selection rate 0.900, n = 3)." in text
    assert "Without a number: E-1 race = b, sex = m (selection rate: 2 rows), E-1 race = a, sex = x (no row)" in text
    assert "(3 of 6 groups, without race = b, sex = m; race = a, sex = x; race = b, sex = x)" in text


def test_crossings_of_very_many_groups_are_counted_and_not_all_named():
    case = edition()
    many = tuple(f"g{n:04d}" for n in range(2000))
    expected = tuple(ExpectedGroups(attribute=name, groups=many, declared=True) for name in ("race", "sex"))
    planned = tuple(one.model_copy(update={"groups": expected}) for one in case.record.planned)
    rates = (crossed("g0000", "g0000", 0.1, 40), crossed("g0001", "g0000", 0.6, 50))
    first = case.record.evaluations[0].model_copy(update={"measurements": rates})
    record = case.record.model_copy(update={"planned": planned, "evaluations": (first, *case.record.evaluations[1:])})
    seen = view.make(documents.DOCUMENTS["audit_report"], replace(case, record=record))
    one = next(one for one in seen.worst_groups if one.evaluation == "E-1")
    assert (len(one.empty), one.empty_count) == (5, 2000 * 2000 - 2)


def test_a_title_names_the_source_whose_numbers_are_not_those_of_the_subject():
    case = edition()
    first, second = case.record.evaluations
    own, other = case.record.subject.files[0].sha256, "9" * 64

    def titles(*changed):
        record = case.record.model_copy(update={"evaluations": changed})
        seen = view.make(documents.DOCUMENTS["audit_report"], replace(case, record=record))
        return [e.takeaway.startswith("About ") for e in seen.evaluations]

    def bound(evaluation, model):
        binding = Binding(kind="recomputed", agreed=1, compared=1, tolerance=1e-6, model_sha256=model)
        return evaluation.model_copy(update={"binding": binding})

    baseline = second.model_copy(
        update={"binding": None, "inputs": tuple(i.model_copy(update={"role": "baseline"}) for i in second.inputs)}
    )
    assert titles(bound(first, own), bound(second, other)) == [False, True]
    assert titles(bound(first, own), baseline) == [False, True]


@pytest.mark.parametrize(
    ("later", "once"),
    [(("a", "b"), ("E-1", 2)), (("a", "b", "d"), ("E-1", 2)), (("a", "d"), None), (("b", "a"), None)],
)
def test_limits_that_an_earlier_evaluation_begins_with_are_printed_once(later, once):
    case = edition()
    first, second = case.record.evaluations
    both = (first.model_copy(update={"limits": ("a", "b", "c")}), second.model_copy(update={"limits": later}))
    record = case.record.model_copy(update={"evaluations": both})
    seen = view.make(documents.DOCUMENTS["audit_report"], replace(case, record=record), printed=True)
    assert [e.shared_limits for e in seen.evaluations] == [None, once]


def test_numbers_of_one_name_that_answer_a_question_are_told_apart_by_their_evaluation():
    record = good_record()
    rate = Measured(metric="k_anonymity", value=2, unit="count", direction="higher_is_better")
    evaluations = tuple(
        e.model_copy(update={"measurements": (*e.measurements, rate), "not_applicable": None})
        for e in record.evaluations
    )
    record = record.model_copy(update={"evaluations": evaluations})
    one = edition(with_record(good_case(), record))
    page = documents.render(one, document="audit_report", format="html").decode()
    assert all(f"k anonymity ({e.id}) 2" in page for e in record.evaluations)


def test_what_several_evaluations_did_not_test_stands_once_with_those_of_which_it_is_not_so():
    case = edition()
    first, second = case.record.evaluations
    both, alone = (NotTested(what=what, why="w") for what in ("drift", "images"))
    same = second.model_copy(
        update={"evaluator": first.evaluator, "coverage": second.coverage.model_copy(update={"not_tested": (both,)})}
    )
    kept = first.model_copy(update={"coverage": first.coverage.model_copy(update={"not_tested": (both, alone)})})
    record = case.record.model_copy(update={"evaluations": (kept, same)})
    told = view.make(documents.DOCUMENTS["audit_report"], replace(case, record=record)).untested
    assert [(one.ids, one.whats, one.others) for one in told] == [
        (("E-1",), ("images",), ("E-2",)),
        (("E-1", "E-2"), ("drift",), ()),
    ]


def test_findings_of_one_kind_are_told_by_the_gravest_and_the_others_by_their_ids():
    case = edition()
    first, second = case.record.evaluations
    found = tuple(
        Finding(severity=severity, key=key, explanation=f"{key}.")
        for key, severity in (("few.a", "low"), ("few.b", "high"), ("leak", "medium"), ("few.c", "low"))
    )
    kept = first.model_copy(update={"findings": found, "severities": count_severities(found)})
    bare = second.model_copy(update={"findings": (), "severities": count_severities(())})
    record = case.record.model_copy(update={"evaluations": (kept, bare)})
    told = view.make(documents.DOCUMENTS["audit_report"], replace(case, record=record)).gravest
    assert [(one.id, one.alike) for one in told] == [("F-02", ("F-01", "F-04")), ("F-03", ())]


def test_a_grave_finding_that_no_requirement_judges_says_so_and_the_findings_not_shown_are_counted():
    case = edition()
    first, second = case.record.evaluations
    found = tuple(
        Finding(severity=severity, key=key, explanation=f"{key}.")
        for key, severity in (("a", "high"), ("b", "critical"), ("c", "medium"), ("d.x", "low"), ("d.y", "low"))
    )
    kept = first.model_copy(update={"findings": found, "severities": count_severities(found)})
    bare = second.model_copy(update={"findings": (), "severities": count_severities(())})
    record = case.record.model_copy(update={"evaluations": (kept, bare)})
    of_findings = next(o for o in case.verdict.outcomes if o.kind == "findings")
    audit = documents.DOCUMENTS["audit_report"]

    def told(*outcomes):
        return view.make(
            audit, replace(case, record=record, verdict=case.verdict.model_copy(update={"outcomes": outcomes}))
        )

    about = of_findings.model_copy(update={"explanation": f"{kept.id} has a finding of severity high.", "remedy": None})
    silent = of_findings.model_copy(update={"explanation": "Something is missing.", "remedy": None})
    assert [one.unjudged for one in told().gravest] == [True, True]
    assert told().less_grave == 3
    assert [one.unjudged for one in told(about).gravest] == [False, False]
    assert [one.unjudged for one in told(silent).gravest] == [False, False]  # which it judges is not known
    page = documents.render(replace(case, record=record), document="audit_report", format="html").decode()
    assert "3 more findings" in page


def test_where_one_finding_of_a_kind_is_followed_by_its_place_all_of_that_kind_are():
    case = edition()
    first, second = case.record.evaluations
    found = (
        Finding(severity="low", key="heading.age", explanation="An age, by the heading.", where="age"),
        Finding(severity="low", key="heading.sex", explanation="Sex or gender, by the heading.", where="sex"),
        Finding(severity="low", key="few.a", explanation="Only 24 prompts of the category leak.", where="leak"),
    )
    kept = first.model_copy(update={"findings": found, "severities": count_severities(found)})
    bare = second.model_copy(update={"findings": (), "severities": count_severities(())})
    record = case.record.model_copy(update={"evaluations": (kept, bare)})
    told = view.make(documents.DOCUMENTS["audit_report"], replace(case, record=record))
    assert {one.where for name, _, one in told.findings if name in told.placed} == {"age", "sex"}


def test_evaluations_of_answers_that_no_model_here_reproduced_are_named_beside_the_decision():
    case = edition()
    audit = documents.DOCUMENTS["audit_report"]
    first, second = case.record.evaluations
    bound, loose = (
        first.model_copy(update={"binding": None}),
        second.model_copy(update={"binding": Binding(kind="supplied")}),
    )
    told = replace(case, record=case.record.model_copy(update={"evaluations": (bound, loose)}))
    assert view.make(audit, told).supplied == ("E-2",)
    page = documents.render(told, document="audit_report", format="html").decode()
    assert "The answers or predictions in E-2 were read from files." in page
    assert view.make(audit, case).supplied == ()


def test_the_rule_for_what_a_scorer_flagged_is_told_where_a_requirement_judged_such_a_number():
    case = edition()
    audit = documents.DOCUMENTS["audit_report"]
    outcome = next(o for o in case.verdict.outcomes if o.observations)
    seen = outcome.observations[0]
    first = case.record.evaluation(seen.evaluation)
    rate = Measured(
        metric="over_refusal_rate",
        value=0.1,
        unit="proportion",
        direction="lower_is_better",
        scorer=ScorerError(name="refusal", why="not calibrated"),
    )
    kept = first.model_copy(update={"measurements": (rate,)})
    others = tuple(kept if e is first else e for e in case.record.evaluations)
    judged = tuple(seen.model_copy(update={"metric": name}) for name in ("over_refusal_rate", "attack_success_rate"))
    verdict = case.verdict.model_copy(update={"outcomes": (outcome.model_copy(update={"observations": judged}),)})
    told = view.make(
        audit, replace(case, record=case.record.model_copy(update={"evaluations": others}), verdict=verdict)
    )
    assert (told.scored, told.attacked) == (True, True)
    plain = view.make(audit, case)
    assert (plain.scored, plain.attacked) == (False, False)


def test_findings_that_are_not_listed_on_the_first_page_are_counted():
    case = edition()
    first, second = case.record.evaluations
    found = tuple(Finding(severity="low", key=f"few.{place}", explanation=f"few {place}.") for place in range(12))
    kept = first.model_copy(update={"findings": found, "severities": count_severities(found)})
    bare = second.model_copy(update={"findings": (), "severities": count_severities(())})
    record = case.record.model_copy(update={"evaluations": (kept, bare)})
    page = documents.render(replace(case, record=record), document="audit_report", format="html").decode()
    assert (
        "11 other findings of this kind, each with its own numbers: F-02, F-03, F-04, F-05, F-06, F-07, F-08, F-09 and 3 more"
        in page
    )


def table_of(*rows, columns):
    made = Table(
        id="t", title="T", columns=tuple(TableColumn(name=name, title=name.capitalize()) for name in columns), rows=rows
    )
    case = edition()
    one = case.record.evaluations[0].model_copy(update={"tables": (made,)})
    record = case.record.model_copy(update={"evaluations": (one, *case.record.evaluations[1:])})
    return view.make(documents.DOCUMENTS["audit_report"], replace(case, record=record)).evaluations[0].tables[0]


def test_a_table_of_an_evaluator_shows_words_and_readable_dates():
    seen = table_of(("experiment_plan", "run_01", "2026-11-29T08:34:30Z"), columns=("kind", "run", "since"))
    assert seen.rows == (("experiment plan", "run_01", "2026-11-29 08:34 UTC"),)
    assert seen.table.rows[0][0] == "experiment_plan"  # the attachment has what the evaluator wrote


def test_no_column_of_a_table_is_narrower_than_its_longest_word():
    long = "a sentence that goes on and on for as long as a cell can be before anybody cuts it"
    seen = table_of(*[(long, long, long, long, "refused", "hours")] * 2, columns=("a", "b", "c", "d", "state", "unit"))
    shares = dict(zip(("a", "b", "c", "d", "state", "unit"), seen.widths, strict=True))
    assert shares["state"] >= 100 * (len("refused") + 4) / 116 - 0.02
    assert shares["unit"] >= 100 * (len("hours") + 4) / 116 - 0.02
    assert sum(seen.widths) == pytest.approx(100, abs=0.1)
