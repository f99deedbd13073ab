"""The dossiers that a plan names are read from where it says, and what is none is refused."""

import pytest
from tests.dossier.test_links import dossier, note

from cardwright.cli.other_dossiers import baseline_of, linked_dossiers
from cardwright.errors import CardwrightError
from cardwright.files import disk
from cardwright.plan.assessment import load

__all__ = ["note"]

PLAN = """\
schema: cardwright/assessment/1
subject: {kind: work, name: w, version: "1"}
document: experiment_plan
"""


def plan(place, more=""):
    (place / "assessment.yaml").write_text(PLAN + more)
    return load(place)


def test_a_plan_that_names_none_has_none(tmp_path):
    assert linked_dossiers(plan(tmp_path)) == {}
    assert baseline_of(plan(tmp_path)) is None


def test_one_folder_or_several_stand_in_a_role_in_their_order(tmp_path, note):
    for name, said in (("a", "Nobody, as far as we know."), ("b", "Applicants of the pilot.")):
        for path, data in dossier(note, people_concerned=said).items():
            disk.write_file(tmp_path / name / path, data)
    linked = linked_dossiers(plan(tmp_path, "links: {plan: a, notes: [b, a]}\n"))
    names = {
        role: [one.record.details.answers["people_concerned"].text for one in found] for role, found in linked.items()
    }
    assert names == {
        "plan": ["Nobody, as far as we know."],
        "notes": ["Applicants of the pilot.", "Nobody, as far as we know."],
    }
    assert baseline_of(plan(tmp_path, "baseline: b\n")).sha256 == linked["notes"][0].record.sha256


def test_a_folder_that_is_no_dossier_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(CardwrightError):
        linked_dossiers(plan(tmp_path, "links: {plan: a}\n"))
