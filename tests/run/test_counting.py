"""Dossiers become what is counted of them, whole or not at all."""

import pytest
from tests import kind_folders as made
from tests.dossier.test_links import dossier

from cardwright.dossier import layout, links
from cardwright.errors import IntegrityError, PlanError
from cardwright.record.run import Run, Unread
from cardwright.run import counting
from cardwright.sources.runs import open_store


@pytest.fixture(scope="module")
def note(tmp_path_factory):
    return made.definition(tmp_path_factory.mktemp("kinds"))


@pytest.fixture(scope="module")
def one(note):
    return links.taken(dossier(note), where="one")


@pytest.fixture(scope="module")
def other(note):
    return links.taken(dossier(note, people_concerned="Nobody that we know of, and we asked."), where="other")


def test_a_draft_has_its_decision_its_run_and_its_checklists_and_no_claims(one):
    found = counting.counted_dossier(one, where="d")
    assert (found.record, found.verdict.stage, found.run.finished) == (
        one.record,
        "review",
        made.facts(one.record).finished,
    )
    assert (found.claims, found.released_at, found.runs) == ((), None, 1)
    assert {*found.checklists} == {*counting.CHECKLISTS}


def test_a_source_is_named_by_every_file_that_a_number_could_rest_on(one, other):
    both = counting.dossiers([one, other], "work", where="d")
    assert counting.dossiers([other, one], "work", where="d").ref.sha256 == both.ref.sha256
    changed = {**one.files, layout.REVIEW: one.files[layout.REVIEW] + b" "}
    again = counting.dossiers([other], "work", where="d")
    assert len({both.ref.sha256, again.ref.sha256}) == 2
    assert changed != one.files
    assert (both.ref.kind, both.ref.rows, both.believed) == ("dossiers", 2, False)


def test_a_verdict_and_a_run_of_another_record_are_refused(one, other):
    for name, says in ((layout.REVIEW, "verdict of another record"), (layout.RUN, "run of another record")):
        mixed = type(one)(record=one.record, files={layout.RECORD: one.files[layout.RECORD], name: other.files[name]})
        with pytest.raises(IntegrityError, match=says):
            counting.counted_dossier(mixed, where="d")


def test_roles_that_nothing_is_linked_in_are_a_mistake_of_the_plan(one):
    with pytest.raises(PlanError, match='counts what is linked as "counted", and nothing is'):
        counting.of_roles(("counted",), {"plan": (one,)}, "work", role=None, where="assessment.yaml")


def test_what_stands_in_two_roles_is_there_once(one, other):
    found = counting.of_roles(
        ("plan", "counted"), {"plan": (one,), "counted": (other, one)}, "work", role=None, where="p"
    )
    assert len(found.counted) == 2


def test_linked_dossiers_are_told_apart_by_role_and_one_that_is_missing_is_left_out(one, other):
    named = links.links_of({"plan": (one,), "memo": (other,)})
    assert {role: [each.record.sha256 for each in several] for role, several in
            counting.by_role(named, {one.record.sha256: one}).items()} == {"plan": [one.record.sha256]}  # fmt: skip


@pytest.fixture
def stores(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(
            f"id,status,metrics.m\n{name}1,finished,0.5\n{name}2,failed,\n", encoding="utf-8"
        )
    return [open_store(tmp_path / f"{name}.csv", f"{name}.csv") for name in ("a", "b")]


def test_several_stores_are_one_source_each_with_its_workstream(stores):
    found = counting.tracked([("thin files", stores[0]), (None, stores[1])])
    assert [(run.id, run.group) for run in found.read() if isinstance(run, Run)] == [
        ("a1", "thin files"), ("a2", "thin files"), ("b1", None), ("b2", None),
    ]  # fmt: skip
    assert not [each for each in found.read() if isinstance(each, Unread)]
    assert found.ref.format == "several"
    alone = counting.tracked([("thin files", stores[0])])
    assert (alone.ref.format, alone.ref.sha256) == ("csv", stores[0].sha256)
