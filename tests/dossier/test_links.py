"""What is kept of a linked dossier is what was signed: nothing of it can be exchanged, added or called another."""

import pytest
from tests import kind_folders as made
from tests.policy.judging.test_kind_of_document import policy
from tests.policy.test_gate import P
from tests.record.test_filling import kind_with, made_of
from tests.strategies import NOW, good_case

from cardwright.dossier import contents, layout, links
from cardwright.errors import IntegrityError, NothingToCheckError, PlanError
from cardwright.policy.gate import decide
from cardwright.record import filling
from cardwright.record.case import Case


@pytest.fixture(scope="module")
def note(tmp_path_factory):
    return made.definition(tmp_path_factory.mktemp("kinds"))


def dossier(of, **answers):
    plan = made.lock(of, **answers)
    record = made.of_lock(plan, of, **answers)
    case = Case(record=record, plan=plan, run=made.facts(record))
    files = layout.evidence_of(case, decide(case, policy(), NOW, "review"))
    return {**files, layout.MANIFEST: layout.to_json(layout.manifest_of(files))}


@pytest.fixture
def linking(note):
    """A dossier that refers to another, as its files."""
    other = links.taken(dossier(note), where="other")
    named = links.links_of({"plan": (other,)})
    plan = made.lock(note, named)
    record = made.of_lock(plan, note)
    case = Case(record=record, plan=plan, run=made.facts(record), linked={other.record.sha256: other})
    return layout.evidence_of(case, decide(case, policy(), NOW, "review"))


def test_a_linked_dossier_is_read_back_byte_for_byte(linking, note):
    case = contents.case_of(linking, where="d")
    (one,) = case.linked.values()
    assert one.files == {name: data for name, data in dossier(note).items() if name in links.KEPT}
    assert [(link.role, link.kind, link.name) for link in case.record.links] == [("plan", "house_note", "note")]
    assert decide(case, policy(), NOW).inputs.links_sha256 is not None


def test_a_linked_dossier_that_was_taken_out_is_missed_and_nothing_breaks(linking):
    files = {path: data for path, data in linking.items() if not path.startswith(layout.LINKS)}
    assert contents.case_of(files, where="d").linked == {}


def path_of(linking, name):
    return next(path for path in linking if path.startswith(layout.LINKS) and path.endswith(f"/{name}"))


def test_a_linked_record_that_was_exchanged_is_noticed(linking, note):
    other = dossier(note, people_concerned="Nobody that we know of, and we asked.")
    files = {**linking, path_of(linking, layout.RECORD): other[layout.RECORD]}
    with pytest.raises(IntegrityError, match="not the one that its manifest lists"):
        contents.case_of(files, where="d")
    files[path_of(linking, layout.MANIFEST)] = other[layout.MANIFEST]
    for name in (layout.PLAN, layout.RUN, layout.REVIEW):
        files[path_of(linking, name)] = other[name]
    with pytest.raises(IntegrityError, match="another dossier than the one"):
        contents.case_of(files, where="d")


@pytest.mark.parametrize("path", ["evidence/links/" + "a" * 64 + "/record.json", "evidence/links/x"])
def test_a_dossier_that_nothing_refers_to_is_not_smuggled_in(linking, path):
    with pytest.raises(IntegrityError, match="not a dossier that the record refers to"):
        contents.case_of({**linking, path: b"{}"}, where="d")


def test_a_file_that_is_none_of_those_kept_is_refused(linking):
    path = path_of(linking, layout.RECORD).replace(layout.RECORD, "template.html.j2")
    with pytest.raises(IntegrityError, match="not a dossier that the record refers to"):
        contents.case_of({**linking, path: b"x"}, where="d")


def test_a_folder_without_a_record_and_one_dossier_twice_are_refused(note):
    with pytest.raises(NothingToCheckError, match="holds no record"):
        links.taken({}, where="x")
    one = links.taken(dossier(note), where="x")
    with pytest.raises(PlanError, match="linked twice as plan"):
        links.links_of({"plan": (one, one)})


def test_a_template_that_was_changed_since_is_refused(tmp_path):
    """A kind's folder may change after a signature; what was signed holds the files that it was made with."""
    own = made.folder(tmp_path, template__html__j2='{% extends "kind.html.j2" %}')
    kind = made.kinds.find("house_note", own)
    plan = made.lock(kind.definition)
    record = made.of_lock(plan, kind.definition)
    named = record.model_copy(update={"document": made.document(kind.definition, dict(kind.document.templates))})
    files = {layout.RECORD: layout.to_json(record), f"{layout.KIND}template.html.j2": kind.files["template.html.j2"]}
    with pytest.raises(IntegrityError, match="not the file of its kind of document"):
        contents.case_of(files, where="d")
    assert named.document.templates


@pytest.fixture
def filled(tmp_path):
    """A dossier whose field is filled from another, as its case."""
    other = good_case()
    files = layout.evidence_of(other, decide(other, P, NOW, "review"))
    kept = links.taken({**files, layout.MANIFEST: layout.to_json(layout.manifest_of(files))}, where="other")
    of = kind_with(tmp_path, "[{metrics: [true_positive_rate], over: groups}]")
    plan = made.lock(of, links.links_of({"model": (kept,)}))
    bare = made.of_lock(plan, of)
    said = filling.filled(bare.document, bare.links, {kept.record.sha256: kept.record})
    record = made_of(bare, filled=said)
    return Case(record=record, plan=plan, run=made.facts(record), linked={kept.record.sha256: kept})


def test_numbers_of_a_linked_record_are_taken_from_it_again_and_compared(filled):
    files = layout.evidence_of(filled, decide(filled, policy(), NOW, "review"))
    assert contents.case_of(files, where="d").record == filled.record
    (one,) = filled.record.filled
    first, *others = one.entries
    number = first.measurement.model_copy(update={"value": 0.99})
    changed = one.model_copy(update={"entries": (first.model_copy(update={"measurement": number}), *others)})
    for said in ((changed,), ()):
        record = made_of(filled.record, filled=said)
        with pytest.raises(IntegrityError, match="is not what these say"):
            contents.case_of({**files, layout.RECORD: layout.to_json(record)}, where="d")
