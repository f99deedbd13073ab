"""What a dossier on disk holds, as values: the case with its baseline, and nothing that was exchanged."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import P
from tests.strategies import NOW, good_case

from cardwright.dossier import contents, layout
from cardwright.errors import IntegrityError, NothingToCheckError, PlanError
from cardwright.policy.gate import decide
from cardwright.record import Record
from cardwright.record.record import Redaction


def files_with(baseline: Record, named: Record | None) -> dict[str, bytes]:
    """A dossier that keeps one baseline; its plan was made with the one named."""
    case = good_case()
    plan = case.plan.model_copy(update={"baseline_sha256": named.sha256 if named is not None else None})
    case = replace(case, plan=plan, baseline=baseline)
    return layout.evidence_of(case, decide(case, P, NOW, "review"))


def other(title: str) -> Record:
    return good_case().record.model_copy(update={"title": title})


def test_the_case_of_a_dossier_has_the_baseline_that_its_plan_named():
    before = other("Before")
    files = files_with(before, before)
    assert layout.BASELINE in files
    assert contents.case_of(files, where="d").baseline == before
    assert layout.BASELINE in {entry.path for entry in layout.manifest_of(files).files}


@pytest.mark.parametrize("named", [None, "Another"])
def test_a_baseline_that_the_plan_did_not_name_is_refused(named):
    files = files_with(other("Before"), other(named) if named else None)
    with pytest.raises(IntegrityError, match="not the one that the plan was made with"):
        contents.case_of(files, where="d")


def test_a_baseline_beside_no_plan_is_refused():
    before = other("Before")
    files = files_with(before, before)
    del files[layout.PLAN]
    with pytest.raises(IntegrityError, match="baseline"):
        contents.case_of(files, where="d")


def test_a_case_without_a_baseline_has_none():
    case = good_case()
    files = layout.evidence_of(case, decide(case, P, NOW, "review"))
    assert layout.BASELINE not in files
    assert contents.case_of(files, where="d").baseline is None


def test_the_baseline_is_a_whole_record():
    with pytest.raises(NothingToCheckError, match="no record"):
        contents.baseline_of({}, where="d")
    redacted = good_case().record.model_copy(
        update={"redaction": Redaction(audience="public", of_sha256="a" * 64, withheld=("details",))}
    )
    with pytest.raises(PlanError, match="leaves things out"):
        contents.baseline_of({layout.RECORD: layout.to_json(redacted)}, where="d")
    whole = other("Before")
    assert contents.baseline_of({layout.RECORD: layout.to_json(whole)}, where="d") == whole
