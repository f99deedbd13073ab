"""Every packaged kind: its example says what it asks, is set in every format, and its policy refuses what is left out of it."""

import html
import re
import shutil
from dataclasses import replace
from functools import cache

import pytest
from tests.strategies import NOW, good_record

from cardwright import handoff
from cardwright.documents import Edition, exports, language, render
from cardwright.documents.interface import standard
from cardwright.dossier import contents, layout, links
from cardwright.files import kinds
from cardwright.plan.assessment import load
from cardwright.policy.gate import decide
from cardwright.record import filling
from cardwright.record.case import Case, LinkedDossier
from cardwright.record.claim import SignOff
from cardwright.record.details import FIELDS, read_details
from cardwright.record.evaluation import Finding, count_severities
from cardwright.record.kind import RecordLink, required_fields, text_sha256
from cardwright.record.measurement import Measured
from cardwright.record.record import Record
from cardwright.run.reproducing import reproduce

pytest.importorskip("pyarrow", reason="examples that rest on runs need the tabular extra")

NAMES = kinds.names()
PRINTED = ("experiment_plan", "research_memo", "governance_review", "leaderboard")
"""Kinds with templates of their own; setting type for every kind would take a minute."""


def by(person, role, meaning, manifest, at="2026-11-02T09:00:00Z"):
    key = ("a" if person == "Ada" else "b") * 64
    return SignOff(
        id=("c" if person == "Ada" else "d") * 64, person=person, key=key, role=role, at=at, decision="approve",
        meaning=meaning, manifest_sha256=manifest,
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The examples as they stand in the package, in a folder of their own."""
    copy = tmp_path_factory.mktemp("kinds")
    for name in NAMES:
        shutil.copytree(kinds.find(name).path, copy / name)
    return copy


def folder_name(place):
    """The kind of a dossier that an example refers to: `../../experiment_plan/example/dossier`."""
    return place.split("/")[-3]


@pytest.fixture(scope="module")
def case_of(place):
    """The case of an example, signed by the role that its policy names; what it refers to is made first."""

    @cache
    def made(name):
        plan, policy = load(place / name / "example"), contents.policy_of(name)
        asked = {link.role: link.kind for link in plan.kind.definition.links}
        linked = {
            role: tuple(as_linked(kind) for kind in ([asked[role]] if role in asked else map(folder_name, named)))
            for role, named in plan.file.links.items()
        }
        case = handoff.gather(plan, policy, now=NOW, links=linked)
        return signed(case, policy)

    def as_linked(kind):
        other = made(kind)
        files = layout.evidence_of(other, decide(replace(other, claims=()), contents.policy_of(kind), NOW, "review"))
        kept = links.taken({**files, layout.MANIFEST: layout.to_json(layout.manifest_of(files))}, where=kind)
        signers = [by("Ada", "researcher", "authorship", kept.manifest_sha256)]
        return replace(kept, claims=(*signers, by("Ben", "research_lead", "approval", kept.manifest_sha256)))

    return made


def signed(case, policy):
    manifest = "f" * 64
    roles = [r.rule.role for r in policy.requirements if r.kind == "sign_off"]
    said = (by("Ada", "researcher", "authorship", manifest), *(by("Ben", role, "approval", manifest) for role in roles))
    return replace(case, manifest_sha256=manifest, claims=said)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_kind_is_allowed_by_its_policy_once_it_is_signed(name, case_of):
    verdict = decide(case_of(name), contents.policy_of(name), NOW)
    assert [(o.requirement, o.explanation) for o in verdict.blocking] == []
    unsigned = decide(replace(case_of(name), claims=()), contents.policy_of(name), NOW)

    assert not unsigned.allowed


def without(case, field):
    """The same work with one answer left out."""
    answers = {name: answer for name, answer in case.record.details.answers.items() if name != field}
    return with_parts(case, details=case.record.details.model_copy(update={"answers": answers}))


def with_parts(case, *, details=None, links=None, linked=None):
    """The same work with other answers, or referring to others."""
    details = details if details is not None else case.record.details
    links = links if links is not None else case.record.links
    linked = linked if linked is not None else case.linked
    document = case.record.document
    subject = case.record.subject.model_copy(update={"text_sha256": text_sha256(document, details, links)})
    plan = case.plan.model_copy(update={"subject": subject, "links": links})
    provenance = case.record.provenance.model_copy(update={"plan_sha256": plan.sha256})
    fields = {name: getattr(case.record, name) for name in Record.model_fields}
    filled = filling.filled(document, links, {digest: one.record for digest, one in linked.items()})
    update = {"details": details, "subject": subject, "provenance": provenance, "links": links, "filled": filled}
    record = Record.model_validate({**fields, **update})
    run = case.run.model_copy(update={"record_sha256": record.sha256})
    return Case(
        record=record, plan=plan, run=run, claims=case.claims, manifest_sha256=case.manifest_sha256, linked=linked,
        artefacts=case.artefacts,
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_kind_requires_is_missed_when_it_is_left_out(name, case_of):
    case, policy = case_of(name), contents.policy_of(name)
    definition = case.record.document.definition
    asked = {field for r in policy.requirements if r.kind == "details" for field in r.rule.fields}
    for field in (*required_fields(definition, case.record.details), "owners", "people_concerned"):
        verdict = decide(without(case, field), policy, NOW)
        refused = {o.requirement for o in verdict.blocking}
        assert refused & {"cardwright.document", "cardwright.minimum.document"}, field
        if field in asked:
            assert refused - {"cardwright.document", "cardwright.minimum.document"}, field


@pytest.mark.parametrize("name", NAMES)
def test_a_document_of_a_kind_is_set_in_every_format_and_says_all_that_was_answered(name, case_of):
    case = case_of(name)
    verdict = decide(case, contents.policy_of(name), NOW)
    edition = Edition(record=case.record, verdict=verdict, claims=case.claims, run=case.run, kind_files=case.kind_files)
    assert [document for _, document, _ in standard(case.record)] == [name] * 3
    page = render(edition, document=name, format="html").decode("utf-8")
    card = render(edition, document=name, format="markdown").decode("utf-8").replace("\\", "")
    for field in case.record.document.definition.fields:
        if field.field in case.record.details.answers:
            assert f">{field.title}<" in page, field.field
            assert f"### {field.title}" in card, field.field
    assert case.record.sha256 in page
    assert "model_card" not in {document for _, document, _ in standard(case.record)}
    german = render(replace(edition, language="de"), document=name, format="html").decode("utf-8")
    assert "Anforderungen" in german
    if name in PRINTED:
        assert render(edition, document=name, format="pdf").startswith(b"%PDF")


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_kind_has_a_policy_a_checklist_and_every_part_of_a_question(name):
    definition, policy = kinds.find(name).definition, contents.policy_of(name)
    assert policy.documents == (name,)
    asked = {item for r in policy.requirements if r.kind == "details" for item in r.rule.fields}
    assert asked >= {field.field for field in definition.fields if field.required == "always"}
    named = {field for item in contents.checklist_of(name).items for field in item.evidence.fields}
    assert named <= {field.field for field in definition.fields}
    assert set(definition.minimum.fields) <= {field.field for field in definition.fields}
    for field in definition.fields:
        assert field.question.endswith("?"), field.field
        assert field.good != field.bad, field.field


def test_a_memo_whose_plan_was_signed_after_its_candidates_ran_is_refused(case_of):
    case, policy = case_of("research_memo"), contents.policy_of("research_memo")
    ((digest, plan),) = case.linked.items()
    late = tuple(claim.model_copy(update={"at": "2026-11-25T09:00:00Z"}) for claim in plan.claims)
    verdict = decide(replace(case, linked={digest: replace(plan, claims=late)}), policy, NOW)
    (outcome,) = [o for o in verdict.blocking if o.requirement == "plan"]
    assert outcome.status == "failed"
    assert "was first signed at 2026-11-25" in outcome.explanation


@pytest.mark.parametrize(("name", "shown"), [
    ("kpi_report", ("indicators", "no_number", "estimates", "how_counted")), ("weekly_update", ("runs_tried", "decisions")),
    ("quarterly_plan", ("estimates", "indicators", "decisions")),
])  # fmt: skip
def test_what_was_counted_stands_before_what_people_say(name, shown, case_of):
    case = case_of(name)
    page = render(Edition(record=case.record, kind_files=case.kind_files), document=name, format="html").decode("utf-8")
    lead = page[page.index('id="counted"') : page.index('id="links"')]
    titles = {table.id: table.title for one in case.record.evaluations for table in one.tables}
    assert all(f"<caption>{titles[id_]}</caption>" in lead for id_ in shown)


def test_the_receiver_counts_again_from_the_dossiers_that_are_inside(place, case_of):
    """Nothing but the dossier and the store of runs is at hand; a number that was changed is found."""
    case = case_of("kpi_report")
    files = layout.evidence_of(case, decide(replace(case, claims=()), contents.policy_of("kpi_report"), NOW, "review"))
    data = place / "kpi_report" / "example"
    done = reproduce(files, where="kpi", data=data)
    assert [str(difference) for difference in done.reruns[0].differences] == []
    assert (done.headline, done.reruns[0].exact) == ("REPRODUCED: 1 of 1 evaluations", True)
    (found,) = case.record.evaluations
    measurements = tuple(
        m.model_copy(update={"value": m.value + 1}) if m.metric == "dossiers_counted" else m for m in found.measurements
    )
    changed = case.record.model_copy(update={"evaluations": (found.model_copy(update={"measurements": measurements}),)})
    again = reproduce({**files, layout.RECORD: layout.to_json(changed)}, where="kpi", data=data)
    assert [difference.what for difference in again.reruns[0].differences] == ["dossiers_counted (all)"]
    gone = {path: held for path, held in files.items() if not path.startswith(layout.LINKS)}
    (without,) = reproduce(gone, where="kpi", data=data).reruns
    assert (without.outcome, 'counts what is linked as "counted", and nothing is' in without.why) == ("not run", True)


def test_indicators_are_grouped_by_no_person():
    grouping = kinds.find("kpi_report").definition.field("grouping")
    assert grouping.choices == ("workstream", "team", "whole")


FILLED = tuple(name for name in NAMES if any(field.filled_from for field in kinds.find(name).definition.fields))
"""Kinds with fields that are filled from a linked record."""
REGULATORY = (
    "ai_impact_assessment", "annex_iv_technical_documentation", "data_card", "data_protection_impact_assessment", "datasheet",
    "fundamental_rights_impact_assessment", "gpai_model_documentation", "gpai_training_summary", "model_risk_documentation",
    "nist_ai_rmf_profile", "statement_of_applicability",
)  # fmt: skip


@pytest.fixture(scope="module")
def assessed():
    """A model that was assessed with numbers of every sort that a kind asks for, and whose owners answered every question."""
    said = {
        name: [dict.fromkeys(spec.columns, f"What is known of {name}.")]
        if spec.columns
        else f"What is known of {name}."
        for name, spec in FIELDS.items()
    }
    details = read_details(
        {"schema": "cardwright/details/1", "stated_by": "A. Okafor", "stated_on": "2026-11-20", **said}
    )
    asked = {
        metric.replace("*", "x")
        for name in FILLED
        for field in kinds.find(name).definition.fields
        for rule in field.filled_from
        for metric in rule.metrics
    }
    base = good_record()
    numbers = []
    for n, metric in enumerate(sorted(asked)):
        value = 0.1 + n / 1000
        shared = {"metric": metric, "unit": "proportion", "direction": "neither"}
        numbers += [
            Measured(**shared, value=value, denominator=1000.0),
            Measured(**shared, value=value + 0.2, slice={"race": "black"}, denominator=400.0),
            Measured(**shared, value=value + 0.4, slice={"race": "white"}, denominator=600.0),
            Measured(**shared, value=value + 0.6, across=("race",)),
        ]
    grave = (Finding(severity="medium", key="k", explanation="Two rows form the smallest class."),)
    found = {"findings": grave, "severities": count_severities(grave)}
    one = base.evaluations[0].model_copy(update={"measurements": tuple(numbers), **found})
    fields = {name: getattr(base, name) for name in Record.model_fields}
    update = {"evaluations": (one,), "planned": base.planned[:1], "details": details}
    return Record.model_validate({**fields, **update})


def linked_to(case, other):
    """The same work, referring to another record in each role that an assessed model or dataset can have."""
    rules = [rule for rule in case.record.document.definition.links if rule.kind in ("model", "dataset")]
    made = tuple(
        RecordLink(role=rule.role, kind=rule.kind, name="loans", version="1", record_sha256=other.sha256)
        for rule in rules
    )
    return with_parts(case, links=made, linked={other.sha256: LinkedDossier(record=other)})


def test_the_documents_of_regulation_and_risk_are_filled_from_a_linked_record():
    assert sorted(FILLED) == sorted(REGULATORY)


@pytest.mark.parametrize("name", FILLED)
def test_what_a_rule_asks_for_is_a_field_or_a_metric_that_there_is(name):
    definition = kinds.find(name).definition
    rules = [rule for field in definition.fields for rule in field.filled_from]
    assert {answer for rule in rules for answer in rule.answers} <= set(FIELDS)
    assert {role for rule in rules for role in rule.roles} <= {link.role for link in definition.links}


@pytest.mark.parametrize("name", FILLED)
def test_every_number_in_a_filled_document_is_the_one_of_the_linked_record(name, case_of, assessed):
    case = linked_to(case_of(name), assessed)
    edition = Edition(record=case.record, kind_files=case.kind_files)
    page = html.unescape(render(edition, document=name, format="html").decode("utf-8"))
    card = render(edition, document=name, format="markdown").decode("utf-8").replace("\\", "")
    entries = [(one.field, entry) for one in case.record.filled for entry in one.entries]
    assert {field.field for field in case.record.document.definition.fields if field.filled_from} == {
        f for f, _ in entries
    }
    for field, entry in entries:
        section = page.split(f'id="field-{field.replace("_", "-")}"', 1)[1].split("</section>", 1)[0]
        if entry.measurement is not None:
            place = int(entry.at.rpartition("/")[2])
            assert assessed.evaluations[0].measurements[place] == entry.measurement
            assert f"{assessed.evaluations[0].measurements[place].value:.3f}" in section, (field, entry.at)
            assert f"{entry.measurement.value:.3f}" in card
        elif entry.answer is not None:
            assert assessed.details.answers[entry.name] == entry.answer
            assert f"What is known of {entry.name}." in section, (field, entry.at)
    assert assessed.sha256 in page
    assert "compliant" not in page


@pytest.mark.parametrize("name", FILLED)
def test_no_fixed_word_of_a_german_document_of_a_kind_is_english(name, case_of, assessed):
    case = linked_to(case_of(name), assessed)
    german = language.of("de").catalogue
    page = render(Edition(record=case.record, language="de"), document=name, format="html").decode("utf-8")
    labels = re.findall(r"<(?:h\d[^>]*|caption|th[^>]*)>([^<]+)<", page)
    words = {key for key, said in german.items() if key.casefold() != said.casefold()}
    english = {html.unescape(label).strip().casefold() for label in labels} & {word.casefold() for word in words}
    # A word that is German for something else is no English word.
    assert english - {said.casefold() for said in german.values()} == set()


@pytest.mark.parametrize("name", FILLED)
def test_what_the_linked_record_answers_nobody_has_to_answer_again(name, case_of, assessed):
    definition = kinds.find(name).definition
    filled = {field.field for field in definition.fields if any(rule.fills for rule in field.filled_from)}
    for field in sorted(filled - set(definition.minimum.fields)):
        alone, policy = without(case_of(name), field), contents.policy_of(name)
        if decide(alone, policy, NOW).allowed:
            continue  # a question that nobody has to answer
        assert decide(linked_to(alone, assessed), policy, NOW).allowed, field
        gone = replace(linked_to(alone, assessed), linked={})
        assert not decide(gone, policy, NOW).allowed, f"{field}: what the record says of a dossier that is not here"


@pytest.mark.parametrize("name", FILLED)
def test_what_the_minimum_names_is_said_by_people_whatever_a_record_says(name, case_of, assessed):
    for field in kinds.find(name).definition.minimum.fields:
        verdict = decide(linked_to(without(case_of(name), field), assessed), contents.policy_of(name), NOW)
        assert "cardwright.minimum.document" in {o.requirement for o in verdict.blocking}, field


def test_the_card_of_a_document_for_the_hub_is_the_document(case_of):
    case = case_of("negative_result")
    edition = Edition(record=case.record, kind_files=case.kind_files)
    (card,) = exports.files(edition, "hf").values()
    assert card == render(edition, document="negative_result", format="markdown")


def test_a_long_document_has_its_contents_and_every_entry_leads_somewhere(case_of):
    page = render(Edition(record=case_of("data_card").record), document="data_card", format="html").decode("utf-8")
    nav = page.split('<nav class="contents"', 1)[1].split("</nav>", 1)[0]
    leads = re.findall(r'href="#([^"]+)"', nav)
    assert len(leads) > 17
    assert [one for one in leads if f'id="{one}"' not in page] == []
    assert not re.search(r'="[^"<>]*<wbr>', page)
    short = render(
        Edition(record=case_of("negative_result").record), document="negative_result", format="html"
    ).decode()
    assert '<nav class="contents"' not in short


def test_what_a_linked_dossier_measured_stands_in_the_document(place):
    """An assessment of a use rests on the evaluations of what is used, and shows which there are and what is missing."""
    name = "fundamental_rights_impact_assessment"
    other = good_record()
    link = RecordLink(role="model", kind="model", name="loans", version="1", record_sha256=other.sha256)
    plan = load(place / name / "example")
    prepared = handoff.prepare(plan, contents.policy_of(name), links=(link,))
    from cardwright.run import assemble

    record = assemble.record(prepared, (), ())
    with_it = Edition(record=record, linked={other.sha256: LinkedDossier(record=other)})
    for format in ("html", "markdown"):
        shown = render(with_it, document=name, format=format).decode("utf-8")
        missing = render(Edition(record=record), document=name, format=format).decode("utf-8")
        assert "Measured in loans" in shown
        assert other.evaluations[0].question in shown
        assert "Measured in loans" not in missing
        assert other.sha256 in missing
