"""What `new` writes asks every question, with its examples, and becomes a plan when it is filled in."""

from pathlib import Path

import pytest
import yaml
from tests import kind_folders as made

from cardwright.errors import PlanError, UsageError
from cardwright.files import disk, kinds, packaged
from cardwright.plan import kind_scaffold
from cardwright.plan.assessment import load


def write(scaffolded, place):
    for name, text in scaffolded.files.items():
        disk.write_file(place / name, text.encode("utf-8"))


@pytest.mark.parametrize("name", kinds.names())
def test_every_question_of_a_packaged_kind_is_in_its_scaffold_with_both_examples(name, tmp_path):
    kind = kinds.find(name)
    made_ = kind_scaffold.new(kind, tmp_path / "doc")
    text = " ".join(line.lstrip("# ") for line in made_.files["details.yaml"].splitlines())
    for field in kind.definition.fields:
        assert all(" ".join(said.split()) in text for said in (field.question, field.good, field.bad)), field.field
    keys = yaml.safe_load(made_.files["details.yaml"])
    assert {field.field for field in kind.definition.fields} <= keys.keys()
    assert {"owners", "people_concerned"} <= keys.keys() or kind.definition.subject != "work"
    assert made_.policy in packaged.names("policies")


def test_an_empty_scaffold_is_refused_for_what_is_open_and_then_runs(tmp_path):
    write(kind_scaffold.new(kinds.find("experiment_plan"), tmp_path), tmp_path)
    with pytest.raises(PlanError, match=r"not answered yet: subject\.about, author"):
        load(tmp_path)
    plan = tmp_path / "assessment.yaml"
    plan.write_text(plan.read_text().replace("about: ?", "about: m").replace("author: ?", "author: A"))
    loaded = load(tmp_path)
    assert loaded.kind.definition.kind == "experiment_plan"
    assert loaded.details.answers == {}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ('looks: [{seeds: "6", spendings: pocock}]', r'details\.yaml, line 4.*looks has no "spendings"'),
        ("looks: Often", r"details\.yaml, line 4.*looks is a list"),
        ("hypothesis: [{a: b}]", r"details\.yaml, line 4.*hypothesis is prose"),
    ],
)
def test_an_answer_that_its_kind_does_not_take_is_refused_with_its_line(tmp_path, answer, why):
    write(kind_scaffold.new(kinds.find("experiment_plan"), tmp_path), tmp_path)
    plan = tmp_path / "assessment.yaml"
    plan.write_text(plan.read_text().replace("about: ?", "about: m").replace("author: ?", "author: A"))
    (tmp_path / "details.yaml").write_text(
        f"schema: cardwright/details/1\nstated_by: A\nstated_on: 2026-11-01\n{answer}\n"
    )
    with pytest.raises(PlanError, match=why):
        load(tmp_path)


def test_an_answer_that_is_not_among_the_choices_of_its_kind_is_refused_with_its_line(tmp_path):
    own, doc = made.folder(tmp_path / "own"), tmp_path / "doc"
    doc.mkdir()
    (doc / "assessment.yaml").write_text(
        "schema: cardwright/assessment/1\nsubject: {kind: work, name: n, version: '1', title: t}\ndocument: house_note\n"
        "author: A\ndetails: details.yaml\npolicy: research\n"
    )
    (doc / "details.yaml").write_text(
        "schema: cardwright/details/1\nstated_by: A\nstated_on: 2026-11-01\ndecision: maybe\n"
    )
    with pytest.raises(PlanError, match=r"details\.yaml, line 4.*decision is one of adopt, stop"):
        load(doc, own)


def test_an_entry_that_loses_its_comment_sign_is_an_entry(tmp_path):
    text = kind_scaffold.details_text(made.definition(tmp_path))
    filled = text.replace("#  - group:", "  - group: A").replace("#    harm:", "    harm: b")
    assert yaml.safe_load(filled)["harms"] == [{"group": "A", "harm": "b"}]
    assert "Reason (required if decision is stop), answered by research_lead." in text
    assert "One of: adopt, stop." in text


def test_a_kind_that_nothing_could_judge_is_not_scaffolded(tmp_path):
    kind = kinds.find("house_note", made.folder(tmp_path))
    with pytest.raises(UsageError, match="has no policy"):
        kind_scaffold.new(kind, tmp_path / "doc")


def test_a_kind_about_a_model_asks_for_files_sources_and_evaluations(tmp_path):
    text = made.NOTE.replace("subject: work", "subject: model").replace(
        "minimum:", "evaluates: [performance]\nminimum:"
    )
    own = made.folder(tmp_path, text, policy__yaml="x")
    plan = kind_scaffold.plan_text(kinds.find("house_note", own), tmp_path / "doc", own)
    assert "files: [?]" in plan
    assert "  - performance: {source: evidence}" in plan
    assert "about:" not in plan


def test_a_kind_that_counts_dossiers_links_to_them(tmp_path):
    text = kind_scaffold.new(kinds.find("kpi_report"), tmp_path / "report").files["assessment.yaml"]
    assert "  counted: [?]" in text
    assert "  counted: {links: counted}\n" in text
    assert "  - kpis: {source: counted, runs: runs}\n" in text


@pytest.mark.parametrize("name", kinds.names())
def test_the_example_of_a_kind_comes_after_every_example_that_it_refers_to(name, tmp_path):
    made_ = kind_scaffold.examples(kinds.find(name))
    assert made_[-1].folder == f"{name}/example"
    for one in made_:
        for file, data in one.files.items():
            disk.write_file(tmp_path / one.folder / file, data)
        for named in load(tmp_path / one.folder).file.links.values():
            for other in [named] if isinstance(named, str) else named:
                place = (tmp_path / one.folder / other).resolve()
                assert place.is_dir(), f"{one.folder} refers to {other}, which is not run before it"
        (tmp_path / one.folder / kind_scaffold.DOSSIER).mkdir()


def test_a_house_s_own_example_is_run_where_it_is(tmp_path):
    own = made.folder(tmp_path)
    with pytest.raises(UsageError, match="in a folder of your own") as refused:
        kind_scaffold.examples(kinds.find("house_note", own))
    assert str(own / "house_note" / "example") in refused.value.do


def test_what_a_linked_dossier_answers_is_said_beside_the_question():
    text = kind_scaffold.new(kinds.find("data_card"), Path("card")).files["details.yaml"]
    parts = {part.split("\n")[0].split(",")[0].removesuffix(" (required)"): part for part in text.split("\n\n# ")}
    assert "Where a linked dataset knows it, its dossier answers" in parts["Snapshot"]
    assert "What a linked dataset knows of it is shown beside your answer." in parts["Authors of the dataset"]
    assert "linked" not in parts["Publisher"]
    # What the minimum names is said by people, whatever a dossier knows.
    assert "shown beside your answer" in parts["Risks and mitigations"]
