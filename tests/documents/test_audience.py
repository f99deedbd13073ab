"""An edition for other readers leaves out what they may not see, says so, and nothing can be worked out from what is left."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import kind_folders as made
from tests.policy.test_gate import P
from tests.record.test_filling import kind_with, link_to, made_of
from tests.strategies import NOW, gap, good_case, good_record

from cardwright.documents import Edition, render
from cardwright.documents.audience import NOBODY, edition_for, suppressed
from cardwright.errors import UsageError
from cardwright.policy.gate import decide
from cardwright.record import (
    Answer,
    Details,
    ExpectedGroups,
    Finding,
    Measured,
    Record,
    Table,
    TableColumn,
    Unmeasured,
    filling,
    open_risks,
)
from cardwright.record.evaluation import count_severities


def rate(slice, n, k):
    return Measured(
        metric="selection_rate",
        slice=slice,
        value=k / n,
        unit="proportion",
        direction="neither",
        numerator=k,
        denominator=n,
    )


def record_of(measurements, *, findings=(), tables=(), answers=None, least=5) -> Record:
    record = good_record()
    first = record.evaluations[0].model_copy(
        update={
            "measurements": tuple(measurements),
            "findings": findings,
            "severities": count_severities(findings),
            "tables": tables,
        }
    )
    return Record.model_validate(
        record.model_copy(
            update={
                "evaluations": (first, *record.evaluations[1:]),
                "small_cell": least,
                "details": answers or record.details,
            }
        ).model_dump()
    )


def public(record, **more) -> Edition:
    return edition_for(Edition(record=record, audience="public", **more))


def test_a_small_group_and_the_one_it_could_be_worked_out_from_are_suppressed_together():
    sizes = {"a": (500, 250), "b": (40, 20), "c": (60, 3)}
    record = record_of(rate({"race": g}, n, k) for g, (n, k) in sizes.items())
    assert suppressed(record) == {frozenset({("race", "c")}), frozenset({("race", "b")})}
    shown = {m.slice["race"]: m for m in public(record).record.evaluations[0].measurements}
    assert isinstance(shown["a"], Measured)
    assert isinstance(shown["b"], Unmeasured)
    assert shown["c"].code == "suppressed"


def test_no_case_at_all_is_no_small_cell():
    record = record_of([rate({"race": "a"}, 500, 0), rate({"race": "b"}, 40, 40)])
    assert suppressed(record) == frozenset()


def test_two_small_ones_that_are_small_together_take_a_third_along():
    sizes = {"a": (500, 250), "b": (40, 20), "c": (1, 1), "d": (2, 1)}
    record = record_of(rate({"race": g}, n, k) for g, (n, k) in sizes.items())
    assert frozenset({("race", "b")}) in suppressed(record)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("fmx")),
        st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
        min_size=1,
    )
)
def test_nothing_small_can_be_worked_out_from_a_published_total(cells):
    """Over every table of two attributes: no small count is published, and no total lacks a single group, or too few people."""
    totals: dict = {}
    for (race, sex), (n, k) in cells.items():
        for slice in ({"race": race, "sex": sex}, {"race": race}, {"sex": sex}):
            had = totals.get(frozenset(slice.items()), (0, 0))
            totals[frozenset(slice.items())] = (had[0] + n, had[1] + k)
    record = record_of(
        rate(dict(sorted(cell)), n, k) for cell, (n, k) in sorted(totals.items(), key=lambda i: sorted(i[0]))
    )
    hidden = suppressed(record)
    for cell, (n, k) in totals.items():
        if cell not in hidden:
            assert not any(0 < count < 5 for count in (n, k, n - k))
            assert not any(part in hidden for part in totals if part < cell)  # else the part's own parts tell it
    for total in [frozenset(), *totals]:
        if total in hidden:
            continue
        for attribute in {"race", "sex"} - {name for name, _ in total}:
            line = [c for c in totals if total < c and {a for a, _ in c} == {a for a, _ in total} | {attribute}]
            out = [c for c in line if c in hidden]
            assert not out or len(out) == len(line) or (len(out) > 1 and sum(totals[c][0] for c in out) >= 5)
            if total and out:  # a whole line that is missing is a published total of many, which is no secret
                assert len(out) > 1


def test_a_gap_whose_end_is_suppressed_is_suppressed_too():
    """The gap and its other end would give the value of the small group."""
    whole = gap("demographic_parity_difference", 0.3, 0.1, 0.5)
    whole = whole.model_copy(
        update={"groups": whole.groups.model_copy(update={"highest": {"race": "a"}, "lowest": {"race": "c"}})}
    )
    record = record_of([rate({"race": "a"}, 500, 250), rate({"race": "b"}, 40, 20), rate({"race": "c"}, 60, 3), whole])
    after = public(record).record.evaluations[0].measurements[-1]
    assert after.status == "unmeasured"
    assert after.code == "suppressed"


def test_tables_findings_and_explanations_do_not_tell_what_was_suppressed():
    table = Table(
        id="groups",
        title="Groups",
        columns=(TableColumn(name="g", title="Group"), TableColumn(name="n", title="n", unit="count")),
        rows=(("c", 3.0),),
    )
    finding = Finding(
        severity="low", key="small", explanation="Group cee-group has 3 rows.", where="cee-group", examples=("x***",)
    )
    record = record_of(
        [rate({"race": "a"}, 500, 250), rate({"race": "b"}, 40, 20), rate({"race": "cee-group"}, 60, 3)],
        findings=(finding,),
        tables=(table,),
    )
    verdict = decide(replace(good_case(), record=record), P, NOW, "review")
    seen = public(record, verdict=verdict)
    text = seen.record.evaluations[0].findings[0]
    assert seen.record.evaluations[0].tables == ()
    assert "cee-group" not in text.explanation
    assert text.examples == ()
    assert {"evaluations.fairness.tables.groups", "evaluations.fairness.findings.examples"} <= set(
        seen.record.redaction.withheld
    )
    html = render(
        Edition(record=record, verdict=verdict, audience="public"), document="audit_report", format="html"
    ).decode()
    assert "3 of 60" not in html
    assert "cee-group has" not in html


def test_the_public_sees_no_name_and_no_operations():
    said = {"stated_by": "Ada Okafor", "stated_on": "2026-11-20"}
    answers = Details(
        answers={
            "owners": Answer(entries=({"name": "Ada Okafor", "role": "owner", "contact": "the desk"},), **said),
            "rollback": Answer(text="Call the night shift.", **said),
            "summary": Answer(text="Scores applications.", **said),
        }
    )
    record = record_of([rate({"race": "a"}, 500, 250)], answers=answers)
    seen = public(record)
    assert "Ada" not in seen.record.model_dump_json()
    assert seen.record.details.answers["owners"].entries[0] == {"name": NOBODY, "role": "owner", "contact": "the desk"}
    assert "rollback" not in seen.record.details.answers
    assert "details.answers.rollback" in seen.record.redaction.withheld
    for format in ("html", "markdown"):
        page = render(Edition(record=record, audience="public"), document="model_card", format=format).decode()
        assert "Ada" not in page
        assert record.sha256 in page
        assert seen.record.sha256 in page


def test_downstream_readers_see_everything_but_excerpts_and_regulators_see_all():
    finding = Finding(severity="low", key="small", explanation="e", examples=("x***",))
    record = record_of([rate({"race": "c"}, 60, 3)], findings=(finding,))
    downstream = edition_for(Edition(record=record, audience="downstream")).record
    assert downstream.evaluations[0].findings[0].examples == ()
    assert downstream.evaluations[0].measurements == record.evaluations[0].measurements
    assert edition_for(Edition(record=record, audience="regulator")).record is record


@pytest.mark.parametrize(("accepted_by", "shown"), [("B. Lind", NOBODY), ("nobody yet", "nobody yet")])
def test_the_public_sees_that_nobody_accepted_a_risk_and_not_who_accepted_one(accepted_by, shown):
    entry = {"risk": "a gap", "decision": "pilot", "accepted_by": accepted_by}
    answers = {"risks": Answer(entries=(entry,), stated_by="A. Okafor", stated_on="2026-11-23")}
    record = record_of([rate({"race": "a"}, 500, 250)], answers=Details(answers=answers))
    details = public(record).record.details
    assert details.answers["risks"].entries[0]["accepted_by"] == shown
    assert len(open_risks.of(details)) == len(open_risks.of(record.details))


def test_the_pdf_for_the_public_holds_its_own_record_and_no_other():
    pikepdf = pytest.importorskip("pikepdf")
    record = record_of([rate({"race": "a"}, 500, 250), rate({"race": "b"}, 40, 20), rate({"race": "c"}, 60, 3)])
    data = render(Edition(record=record, audience="public"), document="audit_report", format="pdf")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        inside = Record.model_validate_json(pdf.attachments["record.json"].get_file().read_bytes())
        table = pdf.attachments["measurements.csv"].get_file().read_bytes().decode()
    assert inside.redaction.of_sha256 == record.sha256
    assert inside.sha256 != record.sha256
    assert "3.0" not in table


def test_nothing_is_handed_over_on_an_edition_for_other_readers():
    case = good_case()
    assert decide(case, P, NOW).allowed
    assert not decide(replace(case, record=public(case.record).record), P, NOW).allowed


def test_an_unknown_audience_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="public"):
        Edition(record=good_record(), audience="publik")


def test_a_group_of_few_that_the_plan_does_not_declare_has_no_name_in_public():
    sizes = {"a": (500, 250), "b": (400, 200), "Ada Quill": (2, 1)}
    finding = Finding(severity="low", key="few", explanation="Ada Quill and b differ.", where="race=Ada Quill")
    table = Table(
        id="groups",
        title="Groups",
        columns=(TableColumn(name="group", title="group"),),
        rows=(("a",), ("b",), ("Ada Quill",)),
    )
    record = record_of([rate({"race": g}, n, k) for g, (n, k) in sizes.items()], findings=(finding,), tables=(table,))
    planned = record.planned[0]

    def with_groups(declared):
        groups = (ExpectedGroups(attribute="race", groups=tuple(sizes), declared=declared),)
        first = planned.model_copy(update={"groups": groups})
        return Record.model_validate(record.model_copy(update={"planned": (first, *record.planned[1:])}).model_dump())

    assert "Ada Quill" not in public(with_groups(declared=False)).record.model_dump_json()
    assert "Ada Quill" in with_groups(declared=False).model_dump_json()
    assert "Ada Quill" in public(with_groups(declared=True)).record.model_dump_json()


def filled_from(tmp_path, record):
    """A work one field of which is filled with everything that a linked record says."""
    rules = "[{metrics: ['*']}, {metrics: ['*'], over: groups}, {metrics: ['*'], over: gaps}, {answers: [owners, rollback]}]"
    of = kind_with(tmp_path, rules)
    work = made.work(of, links=(link_to(record),))
    return made_of(work, filled=filling.filled(work.document, work.links, {record.sha256: record}))


def test_the_public_sees_of_a_linked_record_no_group_nobodys_name_and_nothing_of_operations(tmp_path):
    said = {"stated_by": "Ada Lovelace", "stated_on": "2026-11-20"}
    answers = Details(
        answers={
            "owners": Answer(entries=({"name": "Ada Lovelace", "role": "owner", "contact": "lab"},), **said),
            "rollback": Answer(text="Switch back to the former queue.", **said),
        }
    )
    other = record_of(
        [rate({}, 20, 10), rate({"race": "black"}, 6, 1), gap("impact_ratio", 0.2, 0.1, 0.3)], answers=answers
    )
    record = filled_from(tmp_path, other)
    full = render(Edition(record=record), document="house_note", format="html").decode()
    assert all(said in full for said in ("race = black", "Ada Lovelace", "Switch back", "gap between groups"))
    public = render(Edition(record=record, audience="public"), document="house_note", format="html").decode()
    assert not any(said in public for said in ("race = black", "Ada Lovelace", "Switch back", "gap between groups"))
    assert "10 of 20" in public
    redacted = edition_for(Edition(record=record, audience="public")).record
    assert "filled.decision" in redacted.redaction.withheld
    assert redacted.filled[0].more == record.filled[0].more + 3


def test_the_public_sees_that_a_digest_is_of_rows_and_not_what_a_database_was_asked():
    record = good_record()
    asked = record.provenance.datasets[0].model_copy(
        update={"digest_of": "rows", "statement": "SELECT * FROM credit.scored", "statement_sha256": "a" * 64}
    )
    provenance = record.provenance.model_copy(update={"datasets": (asked, *record.provenance.datasets[1:])})
    record = Record.model_validate(record.model_copy(update={"provenance": provenance}).model_dump(by_alias=True))
    public = edition_for(Edition(record=record, audience="public")).record
    assert (public.provenance.datasets[0].digest_of, public.provenance.datasets[0].statement) == ("rows", None)
    assert "credit.scored" not in public.model_dump_json()
    assert public.redaction is not None
    assert "provenance.datasets.statement" in public.redaction.withheld
    assert edition_for(Edition(record=record, audience="regulator")).record.provenance.datasets[0].statement is not None
