"""With which former release an evaluation compares, of what date, and what moved since."""

import re
from dataclasses import replace

import pytest
from tests.documents.test_documents import edition
from tests.strategies import good_case

from cardwright import documents
from cardwright.documents import former, view
from cardwright.record.evaluation import Input
from cardwright.record.measurement import Measured
from cardwright.record.provenance import DatasetRef

THEN = Input(need="former", name="then", role="then", sha256="f" * 64, rows=72)


def change(value, intent="attack", **slice_):
    return Measured(
        metric="attack_success_change" if intent == "attack" else "over_refusal_change",
        slice={"intent": intent, **slice_},
        value=value,
        unit="difference",
        direction="lower_is_better",
        denominator=72,
        reference=former.RELEASE,
    )


def count(name, value, intent="attack"):
    return Measured(
        metric=name, slice={"intent": intent}, value=value, unit="count", direction="lower_is_better", denominator=72
    )


MEASURED = (
    change(-0.25),
    change(-0.5, category="secret_leak"),
    count("newly_broken", 1),
    count("newly_fixed", 19),
    change(0.1, "benign"),
    count("newly_broken", 2, "benign"),
)


def compared(case=None, **said):
    """The edition in which the first evaluation compares with a former release of which the plan says so much."""
    case = case if case is not None else edition(good_case())
    first, *others = case.record.evaluations
    first = first.model_copy(update={"inputs": (*first.inputs, THEN), "measurements": MEASURED})
    told = DatasetRef(name="then", role="then", kind="interactions", format="jsonl", sha256="f" * 64, rows=72, **said)
    provenance = case.record.provenance
    provenance = provenance.model_copy(update={"datasets": (*provenance.datasets, told)})
    record = case.record.model_copy(update={"evaluations": (first, *others), "provenance": provenance})
    return replace(case, record=record)


def page(case, language="en"):
    html = documents.render(replace(case, language=language), document="audit_report", format="html").decode()
    return " ".join(re.sub("<[^>]+>", "", html).split())


def test_a_former_release_is_told_with_its_version_its_day_and_the_numbers_of_all_its_cases():
    (told,) = former.of(
        compared(subject_version="1.0.0", released="2026-10-05").record, {"performance": "E-1", "fairness": "E-2"}
    )
    assert (told.version, told.released, told.source.sha256) == ("1.0.0", "2026-10-05", "f" * 64)
    assert [(one.change.value, [(c.metric, c.value) for c in one.counts]) for one in told.moved] == [
        (-0.25, [("newly_broken", 1), ("newly_fixed", 19)]),
        (0.1, [("newly_broken", 2)]),
    ]
    assert [one.place for one in told.moved] == [0, 4]


def test_a_record_that_compares_with_no_former_release_has_none():
    assert former.of(good_case().record, {}) == ()
    assert "a former release" not in page(edition(good_case()))


def test_the_report_names_what_it_compares_with_and_does_not_say_that_nothing_is_compared():
    text = page(compared(subject_version="1.0.0", released="2026-10-05"))
    assert "all the same compared with a former release: version 1.0.0 of 2026-10-05 (E-1)" in text
    assert "so nothing is compared" not in text
    assert "Numbers that moved: attack success change −0.250, n = 72 M-001, newly broken 1, newly fixed 19" in text
    better = text[text.index("Better than what") :]
    assert better.index("against the former release −0.250") < better.index("Training data")


def test_a_former_release_of_which_the_plan_says_nothing_is_named_by_its_source():
    assert "then, of which the plan states neither version nor day" in page(compared())
    assert "version 1.0.0 of a day that the plan does not state" in page(compared(subject_version="1.0.0"))


@pytest.mark.parametrize(("language", "told"), [
    ("de", "dennoch mit einer früheren Freigabe verglichen: Version 1.0.0 vom 2026-10-05"),
    ("fr", "comparé malgré tout à une version antérieure : version 1.0.0 du 2026-10-05"),
    ("es", "comparado de todos modos con una versión anterior: versión 1.0.0 del 2026-10-05"),
])  # fmt: skip
def test_it_is_told_in_every_language(language, told):
    assert told in page(compared(subject_version="1.0.0", released="2026-10-05"), language)


def test_a_baseline_record_is_named_where_requirements_are_relative_to_it():
    case = edition(good_case())
    inputs = case.verdict.inputs.model_copy(update={"baseline_sha256": "b" * 64})
    told = page(replace(case, verdict=case.verdict.model_copy(update={"inputs": inputs})))
    assert f"relative to a baseline compare with the record sha256 {'b' * 12}" in told


def test_the_view_holds_the_former_releases_of_its_evaluations():
    assert [one.evaluation for one in view.make(documents.DOCUMENTS["audit_report"], compared()).former] == ["E-1"]
