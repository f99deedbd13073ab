"""What a linked record says about a field is taken from it unchanged, with its place there, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests import kind_folders as made
from tests.strategies import good_record

from cardwright.record import canonical, filling
from cardwright.record.details import read_details
from cardwright.record.evaluation import Finding, Input, count_severities
from cardwright.record.filled import FilledFrom
from cardwright.record.kind import RecordLink
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.record.record import Record

LINKED = made.NOTE + "links:\n  - {role: model, kind: model, why: What was assessed.}\n"


def kind_with(tmp_path, rules):
    """The house's note, one field of which is filled by these rules."""
    text = LINKED.replace("required: always", f"required: always\n    filled_from: {rules}")
    return made.definition(tmp_path, text)


def link_to(record):
    return RecordLink(role="model", kind="model", name=record.subject.name, version="1", record_sha256=record.sha256)


def fill(of, record):
    found = filling.filled(made.document(of), (link_to(record),), {record.sha256: record})
    return found[0] if found else None


def at(record, pointer):
    """What stands at a JSON Pointer of a record."""
    value = canonical.plain(record)
    for part in pointer.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def rate(value, *, metric="accuracy", **key):
    return Measured(metric=metric, value=value, unit="proportion", direction="higher_is_better", **key)


def made_of(base, **update):
    """A record with other parts, checked as any."""
    return Record.model_validate({**{name: getattr(base, name) for name in Record.model_fields}, **update})


def record_with(*measurements, findings=(), details=None, **update):
    """A record whose only evaluation has these numbers."""
    base = good_record()
    one = base.evaluations[0].model_copy(
        update={"measurements": measurements, "findings": findings, "severities": count_severities(findings), **update}
    )
    others = {"details": details} if details is not None else {}
    return made_of(base, evaluations=(one,), planned=base.planned[:1], **others)


def test_numbers_are_those_of_the_linked_record_with_their_place_in_it(tmp_path):
    record = record_with(rate(0.8125), rate(0.25, metric="log_loss"), rate(0.5, slice={"race": "black"}))
    filled = fill(kind_with(tmp_path, "[{metrics: [accuracy]}]"), record)
    (entry,) = filled.entries
    assert (filled.field, filled.role, filled.record_sha256) == ("decision", "model", record.sha256)
    assert entry.measurement == record.evaluations[0].measurements[0]
    assert at(record, entry.at) == canonical.plain(entry.measurement)


def test_of_the_groups_the_lowest_and_the_highest_are_shown_and_unknown_membership_is_no_group(tmp_path):
    rates = {"a": 0.5, "b": 0.25, "c": 0.75, None: 0.0}
    record = record_with(*(rate(value, slice={"race": group}) for group, value in rates.items()), rate(0.6))
    filled = fill(kind_with(tmp_path, "[{metrics: [acc*], over: groups}]"), record)
    assert [entry.measurement.slice["race"] for entry in filled.entries] == ["b", "c"]


def test_gaps_between_groups_are_apart_from_rates(tmp_path):
    gap = Measured(metric="accuracy", across=("race",), value=0.1, unit="difference", direction="lower_is_better")
    record = record_with(rate(0.9), gap)
    assert [e.measurement for e in fill(kind_with(tmp_path, "[{metrics: ['*'], over: gaps}]"), record).entries] == [gap]


def test_an_answer_is_taken_with_who_gave_it_and_a_placeholder_is_none(tmp_path):
    head = {"schema": "cardwright/details/1", "stated_by": "A. Okafor", "stated_on": "2026-11-20"}
    details = read_details({**head, "intended_use": "Orders the queue.", "limitations": "TBD"})
    record = record_with(rate(0.9), details=details)
    filled = fill(kind_with(tmp_path, "[{answers: [limitations, intended_use]}]"), record)
    (entry,) = filled.entries
    assert (entry.name, entry.answer.text, entry.answer.stated_by) == ("intended_use", "Orders the queue.", "A. Okafor")
    assert at(record, entry.at) == canonical.plain(entry.answer)


def test_facts_are_parts_of_what_stands_at_their_place(tmp_path):
    finding = Finding(severity="high", key="k", explanation="A column holds names.")
    low = Finding(severity="low", key="k", explanation="One is short.")
    record = record_with(rate(0.9), findings=(low, finding))
    every = "[{facts: [subject, datasets, evaluations, not_tested, findings, software]}]"
    filled = fill(kind_with(tmp_path, every), record)
    by_name = {}
    for entry in filled.entries:
        by_name.setdefault(entry.name, []).append(entry)
    (grave,) = by_name["findings"]
    assert grave.fact == {"severity": "high", "evaluation": "fairness", "finding": "A column holds names."}
    assert at(record, grave.at)["explanation"] == "A column holds names."
    assert by_name["subject"][0].fact["identity"] == record.subject.identity
    assert by_name["evaluations"][0].fact["question"] == record.evaluations[0].question
    assert by_name["not_tested"][0].fact == {"evaluation": "fairness", "what": "a", "why": "b"}
    assert by_name["software"][0].fact["tool"] == record.provenance.tool


def test_a_field_says_how_many_entries_it_leaves_out(tmp_path):
    record = record_with(*(rate(n / 10, at={"threshold": n / 10}) for n in range(9)))
    filled = fill(kind_with(tmp_path, "[{metrics: [accuracy], most: 2}, {metrics: [acc*], most: 3}]"), record)
    assert (len(filled.entries), filled.more) == (3, 6)


def test_the_same_number_of_two_evaluations_stands_once(tmp_path):
    base = record_with(rate(0.8125, denominator=10.0))
    again = base.evaluations[0].model_copy(update={"id": "again"})
    plans = (*base.planned, base.planned[0].model_copy(update={"id": "again"}))
    record = made_of(base, evaluations=(*base.evaluations, again), planned=plans)
    assert len(fill(kind_with(tmp_path, "[{metrics: [accuracy]}]"), record).entries) == 1


def test_numbers_of_a_baseline_beside_the_subject_are_not_the_subjects(tmp_path):
    inputs = (Input(need="source", name="old", role="baseline", sha256="0" * 64, rows=10),)
    record = record_with(rate(0.8125), inputs=inputs, binding=None)
    assert fill(kind_with(tmp_path, "[{metrics: [accuracy]}]"), record) is None


def test_only_a_rule_that_fills_answers_the_question_and_only_with_a_number(tmp_path):
    record = record_with(rate(0.9))
    beside = fill(kind_with(tmp_path / "a", "[{metrics: [accuracy]}]"), record)
    filling_rule = kind_with(tmp_path / "b", "[{metrics: [accuracy], fills: true}]")
    none = record_with(Unmeasured(metric="accuracy", code="undefined", reason="no cases"))
    assert (beside.fills, fill(filling_rule, record).fills, fill(filling_rule, none).fills) == (False, True, False)
    assert filling.evidenced((beside,)) == frozenset()
    assert filling.evidenced((fill(filling_rule, record),)) == {"decision"}


def test_a_record_that_is_not_the_one_of_its_digest_fills_nothing(tmp_path):
    record, other = record_with(rate(0.9)), record_with(rate(0.1))
    of = kind_with(tmp_path, "[{metrics: [accuracy]}]")
    assert filling.filled(made.document(of), (link_to(record),), {record.sha256: other}) == ()
    assert filling.filled(made.document(of), (link_to(record),), {}) == ()
    assert filling.filled(None, (link_to(record),), {record.sha256: record}) == ()


def test_a_rule_takes_only_from_the_roles_that_it_names(tmp_path):
    text = LINKED.replace(
        "required: always",
        "required: always\n    filled_from: [{roles: [system], metrics: [accuracy]}]",
    )
    with pytest.raises(Exception, match='none has the role "system"'):
        made.definition(tmp_path, text)
    with pytest.raises(Exception, match="filled_from takes from the links"):
        made.definition(tmp_path / "b", text.replace("roles: [system], ", "").split("links:")[0])


def test_a_record_filled_from_one_that_it_does_not_refer_to_is_refused(tmp_path):
    record = record_with(rate(0.9))
    of = kind_with(tmp_path, "[{metrics: [accuracy]}]")
    filled = filling.filled(made.document(of), (link_to(record),), {record.sha256: record})
    work = made.work(of, links=(link_to(record),))
    fields = {name: getattr(work, name) for name in Record.model_fields}
    assert Record.model_validate({**fields, "filled": filled}).filled == filled
    elsewhere = filled[0].model_copy(update={"record_sha256": "b" * 64})
    with pytest.raises(ValidationError, match="does not refer to"):
        Record.model_validate({**fields, "filled": (elsewhere,)})


@given(st.lists(st.floats(0, 1, allow_nan=False), min_size=1, max_size=12, unique=True), st.integers(1, 12))
def test_what_is_shown_and_what_is_left_out_are_together_what_there_is(tmp_path_factory, values, most):
    record = record_with(*(rate(value, at={"threshold": float(n)}) for n, value in enumerate(values)))
    of = kind_with(tmp_path_factory.mktemp("kinds"), f"[{{metrics: [accuracy], most: {most}}}]")
    filled = fill(of, record)
    assert len(filled.entries) + filled.more == len(values)
    assert all(at(record, entry.at)["value"] == entry.measurement.value for entry in filled.entries)


def test_rules_are_left_out_of_the_bytes_of_a_kind_without_them(tmp_path):
    assert "filled_from" not in canonical.dumps(made.definition(tmp_path)).decode()
    assert FilledFrom(metrics=("a",)) in kind_with(tmp_path / "b", "[{metrics: [a]}]").fields[0].filled_from
