"""The audit reports of the examples: short, nothing lost, and every question that a decision asks answered in their decision part."""

import io
import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path

import pikepdf
import pytest

pytest.importorskip("pyarrow", reason="examples need the extras")

from tests.attest.desks import refused_once, released_once

from cardwright import documents
from cardwright.documents import attachments, decision, environment, pdfua, tagged_text, topics, view
from cardwright.documents.language import ENGLISH, method_words
from cardwright.dossier import store
from cardwright.record import Measured
from cardwright.run import editions

__all__ = ["refused_once", "released_once"]

NOW = "2026-11-20T12:00:00Z"
MOST = {"mortgage": 16, "assistant": 10, "diabetes": 11}
DECISION = 6
"""Pages of the decision part, at most."""


class Report:
    """A report of a dossier, as values, as bytes and as text."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.files = store.read_dossier(folder)
        self.edition, _ = editions.as_it_stands(self.files, where=name, now=NOW)
        final = self.files.get("final/audit_report.pdf")
        self.pdf = final or self.files["audit_report.pdf"]
        self.record, self.verdict = self.edition.record, self.edition.verdict
        self.view = view.make(documents.DOCUMENTS["audit_report"], self.edition, printed=True)
        read = tagged_text.read(self.pdf, where=name, leave_out="")
        self.text = read.text
        end = read.text.index(said("Evidence: the evaluations"))
        self.decision = read.text[:end]
        self.decision_pages = sum(begin < end for begin in read.pages)

    def say(self, *told: object) -> list[str]:
        """Which of these the decision part does not say."""
        return [str(one) for one in told if said(one) not in self.decision]


def said(text: object) -> str:
    return "".join(str(text).split())


@pytest.fixture(scope="module")
def reports(mortgage_once, hardened_once, released_once, diabetes_once):
    return {
        "diabetes": Report("diabetes", diabetes_once / "out"),
        "mortgage": Report("mortgage", mortgage_once / "out" / "mortgage"),
        "assistant": Report("assistant", hardened_once / "out"),
        "released": Report("released", released_once / "out"),
    }


@pytest.fixture(params=["mortgage", "assistant", "diabetes", "released"])
def report(request, reports):
    return reports[request.param]


@pytest.mark.parametrize("name", sorted(MOST))
def test_a_report_is_as_short_as_promised(reports, name):
    with pikepdf.open(io.BytesIO(reports[name].pdf)) as pdf:
        assert len(pdf.pages) <= MOST[name]
    assert reports[name].decision_pages <= DECISION


def test_what_the_pages_leave_out_is_attached_and_named(report):
    with pikepdf.open(io.BytesIO(report.pdf)) as pdf:
        attached = {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}
    for name, data in attachments.of(report.view).items():
        assert attached[name] == data
        assert said(name) in report.text, f"{name} is attached and no page names it"


def test_every_attachment_of_a_released_report_is_named_where_it_says_what_is_attached(reports):
    """What is enclosed after the pages were made, too: the release statement, the claims, the ledger."""
    released = reports["released"]
    with pikepdf.open(io.BytesIO(released.pdf)) as pdf:
        attached = set(pdf.attachments)
    assert {"release.json", "claims.jsonl", "ledger.jsonl", "manifest.json"} <= attached
    told = released.text[released.text.index(said("What is attached to this PDF")) :]
    unnamed = {name for name in attached if said(name.rsplit("/", 1)[-1]) not in told}
    assert {name for name in unnamed if not re.fullmatch(r"T-.+\.csv", name)} == set()
    assert said("T-….csv") in told


def test_a_draft_names_no_attachment_that_only_a_release_has(reports):
    draft = reports["assistant"]
    told = draft.text[draft.text.index(said("What is attached to this PDF")) :]
    assert said("release.json") not in told


def test_a_released_report_says_who_released_it_with_which_key_and_accounts_for_every_line_of_the_ledger(reports):
    released = reports["released"]
    by, lines = released.edition.released_by, released.edition.ledger
    assert released.say(f"Released by {by.person} (release)", f"with the key {by.key}") == []
    counts = {
        "statements printed under Waivers, and what people have signed": lines.signed,
        "runs": lines.runs,
        "decisions of the gate": lines.decisions,
        "statements that do not count for this edition": lines.other_signed,
    }
    assert released.say(*(f"{what}: {n}" for what, n in counts.items() if n)) == []
    assert sum(counts.values()) + lines.releases == released.view.decision.ledger.length


# ------------------------------------------------------------------------------------------------ the questions


def number(m: Measured) -> str:
    return environment.value(m)


def measured(report, metric, **key):
    found = (m for e in report.record.evaluations for m in e.find(metric, **key) if isinstance(m, Measured))
    return next(found, None)


def observations(report):
    return [s for o in report.verdict.outcomes if o.limit is not None for s in o.observations if s.value is not None]


def what_is_judged(r):
    return [r.record.subject.name, r.record.subject.version, *(f.sha256 for f in r.record.subject.files[:1])]


def may_it_be_released(r):
    return [r.verdict.headline, "Yes, says the gate" if r.verdict.allowed else "No, says the gate"]


def which_edition_and_round(r):
    former = [part for one in r.view.former for part in (one.version, one.released, f"({one.evaluation})")]
    return [r.edition.state, "first round: the plan names no earlier record", *former]


def policy_and_risk_tier(r):
    tier = r.record.context.risk_tier
    return [f"policy {r.verdict.policy.name} {r.verdict.policy.version}", tier or "not stated; nobody has attested one"]


def what_did_not_pass(r):
    return [part.replace("`", "") for o in r.verdict.blocking for part in (o.label, o.title, o.explanation)]


def by_how_much(r):
    return [environment.number(s.distance, "difference") for s in observations(r)]


def how_sure(r):
    methods = [method_words(s.interval.method) for s in observations(r) if s.interval is not None]
    gaps = any(s.across for s in observations(r))
    told = "A gap between groups holds for all groups at once." if gaps else "not adjusted for how many numbers"
    return [*methods, *(["intervals at 95", told] if methods else [])]


def whose_thresholds_and_when(r):
    before = r.view.decision.thresholds
    signed = [f"{c.person} ({c.at[11:19]} UTC)" for c in before.preregistered]
    known = "It names this policy" if signed else "earlier results may have been known"
    return [*(o.set_by for o in r.verdict.outcomes), before.run_at[:10], before.run_at[11:16], *signed, known]


def worst_groups(r):
    none = ["No evaluation tells groups of people, or categories of attacks, apart"]
    return none * (not r.view.worst_groups) + [
        part
        for x in r.view.worst_groups[:7]
        for part in (
            environment.slice_words(x.worst.m.slice),
            number(x.worst.m),
            environment.number(x.worst.m.denominator),
            *(f"{environment.number(row.m.denominator)}" for row in x.too_few),
            *(environment.slice_words(row.m.slice) for row in (*x.too_few, *x.unmeasured)),
        )
    ]


def what_was_not_tested(r):
    whats = [gap.what for e in r.record.evaluations for gap in e.coverage.not_tested]
    names = {e.id: e.id for e in r.record.evaluations}
    silent = [one.topic for one in topics.covered(r.record, r.verdict, names, ENGLISH) if not one.evaluations]
    return [*whats, *silent]


def what_no_gap_could_hide(r):
    told = [environment.number(one.m.resolution.detectable, "difference") for one in r.view.decision.undetectable[:8]]
    told += [environment.number(one.bound, one.unit, limits=[one.limit]) for one in r.view.decision.reaches[:8]]
    gaps = any(s.across for s in observations(r))
    none = "No limit is set on a gap between groups, so a gap of any size could be there."
    others = ["What the other numbers, which are no gaps, leave open:"] if r.view.decision.reaches else []
    return told if gaps else [*told, none, *others]


def which_data(r):
    overlap = measured(r, "exact_overlap_rate")
    answer = r.record.details.answers.get("evaluation_data")
    told = [
        part
        for d in r.record.provenance.datasets
        for part in (d.name, d.sha256[:12], *([f"{d.rows:,}"] if d.rows else []))
    ]
    return [
        *told,
        environment.counted_value(overlap) if overlap else "Test rows seen in trainingnot tested",
        *([answer.text] if answer else []),
    ]


def unknown_and_excluded_rows(r):
    found = decision.of(r.edition, r.view.names)
    told = [f"{u.unknown:,} of {u.rows:,} rows of unknown membership" for u in found.uncovered if u.unknown]
    for one in found.left_out:
        inside = [*one.slice] == [*one.across]
        told += [" / ".join(one.slice.values()) if inside else environment.slice_words(one.slice)]
        told += [one.reasons[0].rstrip(".")] if one.labels or not one.is_group else []
        told += [f"{len(one.gaps)} without"] if one.of > 1 else []
        told += [f"judged by {one.labels[0]}"] if one.labels else []
    told += [f"{u.unscored:,.0f} of {u.total:,.0f} not scored, {u.errors:,.0f} ended" for u in found.unscored]
    if not found.gaps:
        told += [
            "No gap between groups was measured.",
            *(environment.slice_words(g.slice) for g in r.view.without_number),
        ]
    return told or ["No gap between groups leaves out a row or a group."]


def where_a_number_comes_from(r):
    p = r.record.provenance
    state = (
        [] if p.commit is None else ["with uncommitted changes" if p.dirty else "clean: what ran is what was committed"]
    )
    return [p.run_id, *([p.commit] if p.commit else []), *state, p.plan_sha256, "cardwright run"]


def personal_data(r):
    found = measured(r, "pii_row_rate", slice={})
    columns = measured(r, "personal_column_count", slice={})
    told = [part for one in r.view.personal for kind in one.kinds for part in (*kind.names, kind.category) if part]
    told += [
        part
        for one in r.view.personal
        for part in (one.purpose, one.legal_basis or "legal basis: not provided")
        if part
    ]
    if found is None and columns is not None:
        return [f"personal column count {number(columns)}", *told]
    return [f"PII row rate {environment.counted_value(found)}" if found else "Personal datanot tested", *told]


def attacks(r):
    found = measured(r, "attack_success_rate", slice={}) or measured(r, "largest_membership_inference_auc")
    chosen = r.record.details.answers.get("evaluation_data")
    asked = any(d.kind == "interactions" for d in r.record.provenance.datasets)
    how = ["How they were chosen: " + (environment.whole(chosen.text, 230) if chosen else "not known")] if asked else []
    return [number(found) if found else "Attacksnot tested", *how]


def drivers(r):
    (asked,) = [one for one in r.view.answers if one.question == "What drives the output"]
    return [part for row in asked.rows for part in row.m.slice.values()] or ["What drives the outputnot tested"]


def not_to_be_used_for(r):
    answer = r.record.details.answers.get("out_of_scope")
    return [answer.text if answer else "not provided"]


def who_could_be_harmed_and_who_accepted(r):
    groups = r.record.details.answers.get("affected_groups")
    risks = r.record.details.answers.get("risks")
    told = [entry["group"] for entry in (groups.entries if groups else ())]
    told += [entry[part] for entry in (risks.entries if risks else ()) for part in ("risk", "decision", "accepted_by")]
    return told or ["Nobody has stated any risk"]


def better_than_what(r):
    found = measured(r, "accuracy_change") or measured(r, "mean_absolute_error_change")
    found = found or measured(r, "attack_success_change", slice={"intent": "attack"})
    return [f"against {found.reference} {number(found)}"] if found else ["Better than whatnot tested"]


def what_changed_since_when(r):
    moved = [n for one in r.view.former for n in one.moved]
    told = [number(n.change) for n in moved]
    told += [f"{c.metric.replace('_', ' ')} {c.value:.0f}" for n in moved for c in n.counts]
    told += ["a former release is" if r.view.former else "so nothing is compared"]
    return ["What changed since the previous record", "The plan names no previous record", *told]


def what_is_waived(r):
    waived = [o.waived for o in r.verdict.outcomes if o.waived is not None]
    told = [part for w in waived for part in (w.approved_by, w.requested_by, w.expires, w.reason, w.controls)]
    return told or ["nothing is waived", "No waiver is in force."]


def who_signed_and_objected_how_independently(r):
    told = [part for s in decision.signatures(r.edition) for part in (s.claim.person, s.claim.at[:10], s.claim.meaning)]
    if not told:
        return ["Nobody has signed a decision so far, and nobody has objected."]
    objected = any(s.claim.decision != "approve" for s in decision.signatures(r.edition))
    told += [] if objected else ["Nobody has objected: nobody rejected it or asked for changes."]
    told += [
        part
        for one in r.view.decision.signers
        for part in (one.name, *(as_.role.replace("_", " ") for as_ in one.roles))
    ]
    return [*told, "made what is judged", "did not make what is judged"]


def until_when_and_why(r):
    until = decision.validity(r.edition)
    if until is None:
        return ["not valid: refused"]
    return [until.day, *(f"then the waiver of {o.label} ends" for o in until.waivers)]


def is_it_genuine(r):
    ledger = r.view.decision.ledger
    told = [r.record.sha256, r.verdict.policy.sha256, r.record.subject.identity]
    told += [r.edition.manifest_sha256] if r.edition.manifest_sha256 else []
    told += [f"{ledger.length} lines, head {ledger.head}"] if ledger else ["not countersigned"]
    return [*told, *({c.key[:12] for c in r.edition.claims} or {"none: nobody has signed"})]


QUESTIONS = [
    what_is_judged, may_it_be_released, which_edition_and_round, policy_and_risk_tier, what_did_not_pass, by_how_much, how_sure,
    whose_thresholds_and_when, worst_groups, what_was_not_tested, what_no_gap_could_hide, which_data, unknown_and_excluded_rows,
    where_a_number_comes_from, personal_data, attacks, drivers, not_to_be_used_for, who_could_be_harmed_and_who_accepted,
    better_than_what, what_changed_since_when, what_is_waived, who_signed_and_objected_how_independently, until_when_and_why,
    is_it_genuine,
]  # fmt: skip


def test_there_are_25_questions():
    assert len({question.__name__ for question in QUESTIONS}) == 25


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.__name__)
def test_the_decision_part_answers(report, question):
    assert report.say(*question(report)) == []


def test_every_evaluation_is_named_where_what_was_not_tested_is_listed(report):
    begin = report.decision.index(said("What the evaluations did not test"))
    listed = report.decision[begin : report.decision.index(said("Use, harm and who accepted it"), begin)]
    assert [e.id for e in report.record.evaluations if said(e.id) not in listed] == []


def test_no_page_writes_a_large_number_in_powers_of_ten(report):
    assert re.findall(r"\d[.,]?\d*e\+\d+", report.text) == []


# ------------------------------------------------------------------------------------------------ how the pages look

MILLIMETRES = 25.4 / 72
INSIDE = (15.0, 195.0)
"""From where to where, in millimetres from the left, anything may stand on a page."""
TEXT = (19.0, 281.0)
"""From where to where the text stands, from the top."""
SMALLEST, HEADING = 8.5, 10.0
"""Type in points: the smallest, and from where it is a heading."""
HEIGHT = 1.257
"""Height of a line of Source Sans Pro beside its size: ascent and descent of the font."""


@pytest.fixture(scope="module")
def lines(reports):
    """Every line of a report as poppler finds it: page, left, top, right, bottom in millimetres, size in points, and words."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")

    def read(data):
        words = ["pdftotext", "-bbox-layout", "-", "-"]
        page, found = 0, []
        for row in subprocess.run(words, input=data, capture_output=True, check=True).stdout.decode().splitlines():
            page += "<page " in row
            if "<line " in row:
                box = [float(x) for x in re.findall(r'M(?:in|ax)="([\d.-]+)"', row)]
                found.append([page, *(x * MILLIMETRES for x in box), (box[3] - box[1]) / HEIGHT, ""])
            if "<word " in row:
                found[-1][-1] += f" {re.sub('<.*?>', '', row).strip()}"
        return found

    return {name: read(one.pdf) for name, one in reports.items()}


@pytest.fixture(scope="module")
def rasters(reports, tmp_path_factory):
    """Every page as grey pixels, two to a millimetre."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is not installed")
    from PIL import Image

    made = {}
    for name, one in reports.items():
        folder = tmp_path_factory.mktemp(name)
        (folder / "report.pdf").write_bytes(one.pdf)
        words = ["pdftoppm", "-r", "50.8", "-gray", folder / "report.pdf", folder / "page"]
        subprocess.run(words, check=True, capture_output=True)
        made[name] = []
        for path in sorted(folder.glob("page*.pgm")):
            with Image.open(path) as page:  # read at once: a page that no test looks at would stay open
                made[name].append(page.copy())
    return made


def dark(image, left, top, right, bottom):
    """Where ink stands in a part of a page, in millimetres; None if nowhere."""
    box = tuple(round(x * 2) for x in (left, top, right, bottom))
    found = image.crop(box).point(lambda grey: 255 if grey < 200 else 0).getbbox()
    return found and tuple(x / 2 for x in found)


def text_of(lines):
    """The lines between the margins."""
    return [line for line in lines if TEXT[0] <= line[2] and line[4] <= TEXT[1]]


def test_nothing_stands_beyond_the_margins(rasters, report):
    for image in rasters[report.name]:
        width, height = (x / 2 for x in image.size)
        assert dark(image, 0, 0, INSIDE[0], height) is None
        assert dark(image, INSIDE[1], 0, width, height) is None


def test_no_page_is_half_empty(rasters, report):
    """But for the last one; where a figure does not fit, a page may be left with less."""
    empty = []
    for image in rasters[report.name][:-1]:
        ink = dark(image, INSIDE[0], TEXT[0], INSIDE[1], TEXT[1])
        empty.append(1 - ink[3] / (TEXT[1] - TEXT[0]) if ink else 1.0)
    assert max(empty) <= 0.4, empty
    assert sum(empty) / len(empty) <= 0.2, empty


def test_the_last_page_holds_more_than_a_few_stray_lines(rasters, report):
    ink = dark(rasters[report.name][-1], INSIDE[0], TEXT[0], INSIDE[1], TEXT[1])
    assert ink is not None
    assert ink[3] / (TEXT[1] - TEXT[0]) >= 0.15


def test_no_sentence_is_cut_in_its_middle(lines, report):
    """Longer texts end after a sentence, and `[…]` says that others follow."""
    assert [line for line in lines[report.name] if "…" in line[6].split()] == []


def test_a_number_and_its_percent_sign_stand_in_one_line(lines, report):
    assert [line for line in lines[report.name] if line[6].strip().startswith("%")] == []


def test_no_type_is_smaller_than_eight_and_a_half_points(lines, report):
    small = [line for line in lines[report.name] if line[5] < SMALLEST - 0.05]
    assert small == []


def test_words_of_one_page_do_not_contradict_those_of_another(reports):
    """What a strict reader laid side by side."""
    diabetes, mortgage, assistant = (reports[name].text for name in ("diabetes", "mortgage", "assistant"))
    # The run is of a folder without version control: no page may say that every number resolves.
    unresolved = [
        o.label for o in reports["diabetes"].verdict.outcomes if o.kind == "provenance" and o.status != "passed"
    ]
    for label in unresolved:
        assert said(f"but not to a commit ({label})") in diabetes
    assert said("judged as meant for production") in diabetes
    assert said("Provided in part: personal columns.") in diabetes
    silent = diabetes[diabetes.index(said("Not provided, and not asked for by the policy:")) :]
    assert said("personal columns") not in silent
    assert said("In all, 8 personal columns") in diabetes or said("In all, 11 personal columns") in diabetes
    assert said("no requirement judges its severity") in diabetes
    assert said("Increase, worst group of") in diabetes
    assert said("(age)") in diabetes
    assert said("acceptance of some risks") in assistant
    assert said("No findings in pii.") in assistant
    assert said("baseline: predictions in data/test.parquet (E-3)") in mortgage
    assert said("Largest balanced accuracy drop over all rows is") in mortgage
    assert said("20 more findings") in mortgage
    assert "count1" not in mortgage


def test_no_heading_ends_a_page(lines, report):
    last_page = lines[report.name][-1][0]
    for page in range(1, last_page):
        here = sorted(text_of(line for line in lines[report.name] if line[0] == page), key=lambda line: line[4])
        assert here[-1][5] < HEADING, here[-1]


def test_no_line_stands_on_another(lines, report):
    """Words of two columns that run into each other overlap."""
    for page in range(1, lines[report.name][-1][0] + 1):
        here = [line for line in lines[report.name] if line[0] == page]
        for (_, left, top, right, bottom, _, said_), other in combinations(here, 2):
            across = min(right, other[3]) - max(left, other[1])
            down = min(bottom, other[4]) - max(top, other[2])
            assert across <= 1.0 or down <= 2.2, (page, said_, other[-1])


def test_no_table_is_split_after_its_first_row(report):
    """A table that goes on begins anew in the tags of the next page, with the same heads."""
    with pikepdf.open(io.BytesIO(report.pdf)) as pdf:
        pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        tables: dict[int, list[tuple[int, int]]] = {}
        for table in (e for e, _ in pdfua.elements(pdf) if str(e.S) == "/Table"):
            inner = [e for e, _ in _inside(table)]
            page = next(pages[e.Pg.objgen] for e in inner if "/Pg" in e)
            heads = sum(str(e.S) == "/TH" for e in inner)
            tables.setdefault(page, []).append((heads, sum(str(e.S) == "/TR" for e in inner) - 1))
    first = {page: found[0] for page, found in tables.items()}
    begins = _first_elements(report.pdf)
    for page, found in tables.items():
        heads, rows = found[-1]
        goes_on = begins.get(page + 1) == "Table" and first[page + 1][0] == heads
        assert not (goes_on and rows < 2), f"page {page + 1} ends with {rows} rows of a table"


def _inside(element):
    yield element, ()
    kids = element.get("/K", ())
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield from _inside(kid)


def _first_elements(data):
    """What each page begins with: the first element of its tags that is more than a holder."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        found: dict[int, str] = {}
        for element, _ in pdfua.elements(pdf):
            role = str(element.S)[1:]
            if role in ("Table", "P", "H1", "H2", "H3", "H4", "Figure", "L"):
                page = next((pages[e.Pg.objgen] for e, _ in _inside(element) if "/Pg" in e), None)
                if page is not None:
                    found.setdefault(page, role)
        return found
