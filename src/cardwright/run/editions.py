"""What the documents of a dossier are made from: the same values give the same bytes, so a receiver can make them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cardwright import documents
from cardwright.attest.reproduction import Reproduction
from cardwright.attest.trust import Trust
from cardwright.documents import pdfa, tagged_text, toolchain
from cardwright.documents.interface import LedgerLines
from cardwright.dossier import contents, enclosure, layout
from cardwright.errors import IntegrityError
from cardwright.files import packaged
from cardwright.record import canonical, comparison
from cardwright.record.case import Case
from cardwright.record.claim import Claim, Countersign, Releaser, Withdraw, digest_of, live
from cardwright.record.comparison import Comparison
from cardwright.record.coverage import ChecklistCoverage
from cardwright.record.verdict import Verdict
from cardwright.run import status
from cardwright.run.prepare import Progress, silent

if TYPE_CHECKING:
    from cardwright.attest.ledger import Entry

COMPARISON = layout.COMPARISON


def of_files(files: Mapping[str, bytes], *, where: str) -> documents.Edition:
    """The edition that is signed: its verdict is on the evidence, and sign-offs are outstanding.

    Raises
    ------
    IntegrityError
        If a file is not what it says, or there is no verdict on the evidence.
    """
    if layout.REVIEW not in files:
        raise IntegrityError("is missing, so no document can be made from it", where=f"{where}/{layout.REVIEW}")
    case = contents.case_of(files, where=where)
    verdict = canonical.parse(Verdict, files[layout.REVIEW], where=f"{where}/{layout.REVIEW}")
    compared = compared_in(files, where=where)
    return documents.Edition(
        record=case.record,
        verdict=verdict,
        run=case.run,
        comparison=compared,
        coverage=_coverage(case, verdict),
        kind_files=case.kind_files,
        linked=case.linked,
        plan_policy_sha256=case.plan.policy_sha256 if case.plan is not None else None,
    )


def as_it_stands(
    files: Mapping[str, bytes], *, where: str, now: str, trust: Trust | None = None
) -> tuple[documents.Edition, tuple[str, ...]]:
    """The latest edition of a dossier, and what it does not say of people's signatures.

    A released dossier's documents say what was released: the decision of its release statement and the claims that this decision
    counts, or that it was withdrawn or has expired since. Under review, claims are in it only if a trust file says whom to
    believe. Nothing is proven by it; `cardwright verify` does that.

    Parameters
    ----------
    where
        The dossier's folder.
    now
        The moment that it is rendered for, which decides whether it has expired.
    trust
        Whom to believe.

    Raises
    ------
    IntegrityError
        If a file is not what it says, or the release statement names another decision or another edition.
    """
    if not {layout.REVIEW, layout.MANIFEST} <= files.keys():
        case = contents.case_of(files, where=where)
        return documents.Edition(record=case.record, run=case.run, kind_files=case.kind_files, linked=case.linked), ()
    if layout.RELEASE in files:
        return _as_released(files, where=where, now=now, trust=trust)
    edition = of_files(files, where=where)
    count = files.get(layout.CLAIMS, b"").count(b"\n")
    if not count:
        return edition, ()
    if trust is None:
        return edition, (f"{count} claims not counted: no trust file says whom to believe (--trust)",)
    from cardwright.attest import under_review  # signatures cost a tenth of a second to import; most drafts have none

    dossier = under_review.read(files, where=where)
    case, doubts = under_review.judged_case(dossier, trust, None, now)
    latest = canonical.parse(Verdict, files[layout.VERDICT], where=f"{where}/{layout.VERDICT}")
    verdict = latest if latest.inputs.claims_sha256 == digest_of(case.claims) else edition.verdict
    state = status.state_of(files, where, latest, now[:10])
    edition = replace(
        edition, verdict=verdict, claims=case.claims, state=state, coverage=_coverage(case, verdict or latest)
    )
    edition = _with_ledger(edition, files, where=where)
    return edition, tuple(f"not believed: {doubt}" for doubt in doubts)


def _as_released(
    files: Mapping[str, bytes], *, where: str, now: str, trust: Trust | None
) -> tuple[documents.Edition, tuple[str, ...]]:
    from cardwright.attest import under_review

    dossier = under_review.read(files, where=where)
    assert dossier.release is not None
    said = dossier.release.release
    decided = canonical.parse(Verdict, files[layout.VERDICT], where=f"{where}/{layout.VERDICT}")
    if decided.sha256 != said.verdict_sha256 or dossier.manifest_sha256 != said.manifest_sha256:
        raise IntegrityError(
            "the release statement is about another decision or another dossier",
            where=f"{where}/{layout.RELEASE}",
            do="Ask whoever released it: cardwright verify.",
        )
    counted = set(said.claims)
    there = tuple(one.claim for one in dossier.signed if one.sealed.id in counted)
    notes: tuple[str, ...] = ()
    if trust is not None:
        believed = {claim.id for claim in under_review.judged_case(dossier, trust, None, now)[0].claims}
        here = tuple(claim for claim in there if claim.id in believed)
        there = here if digest_of(there) != decided.inputs.claims_sha256 else there
    if digest_of(there) != decided.inputs.claims_sha256:
        raise IntegrityError(
            "the release counts claims other than those at hand, or not all of them were believed",
            where=f"{where}/{layout.CLAIMS}",
            do="Name the trust file that says whom to believe: --trust.",
        )
    state = status.state_of(files, where, decided, now[:10])
    later = tuple(one.claim for one in dossier.signed if one.sealed.id not in counted)
    if state == "withdrawn":
        there += tuple(claim for claim in later if isinstance(claim, Withdraw) and claim.claim is None)
    elif later:
        notes = (
            f"{len(later)} claims were signed after the release and are not in it: cardwright verify tells of them",
        )
    signed = replace(dossier.case, claims=there)
    releaser = Releaser(person=said.person, key=said.key, role=said.role, at=said.issued_at)
    edition = _released(signed, decided, compared_in(files, where=where), dossier.manifest_sha256, releaser)
    return replace(_with_ledger(edition, files, where=where), state=state), notes


def documents_of(
    edition: documents.Edition, *, progress: Progress = silent
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Every standard document of an edition by file name, and those that could not be made here, with why."""
    made: dict[str, bytes] = {}
    problems: list[str] = []
    for name, document, format_ in documents.standard(edition.record):
        progress(name, 0, None)
        try:
            made[name] = documents.render(edition, document=document, format=format_)
        except documents.MissingPangoError as exc:
            # Without Pango everything but the PDF is written, and the PDF is missing.
            problems.append(f"{name}: {exc}")
    return made, tuple(problems)


def final(
    files: Mapping[str, bytes], case: Case, verdict: Verdict, releaser: Releaser, *, where: str
) -> dict[str, bytes]:
    """Every standard document once more, as it is released, by its path in the dossier.

    The reviewed edition says DRAFT and was signed; this one has the decision, the signatures and the waivers in front.

    Parameters
    ----------
    files:
        The dossier that is released.
    case:
        Its record and run, and the claims that the decision was made with.
    releaser:
        Who is about to sign the release.

    Raises
    ------
    MissingPangoError
        If a PDF cannot be made here.
    """
    compared, manifest = compared_in(files, where=where), canonical.digest(files[layout.MANIFEST])
    edition = _with_ledger(_released(case, verdict, compared, manifest, releaser), files, where=where)
    made, problems = documents_of(edition)
    if problems:
        raise documents.MissingPangoError(problems[0], do="A release has all of its documents: cardwright doctor.")
    return {layout.FINAL + name: data for name, data in made.items()}


def _released(
    case: Case, verdict: Verdict, compared: Comparison | None, manifest_sha256: str, releaser: Releaser
) -> documents.Edition:
    return documents.Edition(
        record=case.record,
        verdict=verdict,
        claims=case.claims,
        run=case.run,
        comparison=compared,
        manifest_sha256=manifest_sha256,
        state="released",
        kind_files=case.kind_files,
        linked=case.linked,
        coverage=_coverage(case, verdict),
        plan_policy_sha256=case.plan.policy_sha256 if case.plan is not None else None,
        released_by=releaser,
    )


def _with_ledger(edition: documents.Edition, files: Mapping[str, bytes], *, where: str) -> documents.Edition:
    """The edition with what its ledger says up to its run and its countersignature: later lines change neither."""
    if layout.LEDGER not in files:
        return edition
    from cardwright.attest import ledger

    chain = ledger.read(files[layout.LEDGER], edition.record.subject.name, where=f"{where}/{layout.LEDGER}")
    runs = [entry for entry in chain.entries if entry.event == "run"]
    own = [number for number, entry in enumerate(runs) if entry.digest == edition.record.sha256]
    covered = max((c.length for c in live(edition.claims) if isinstance(c, Countersign)), default=None)
    return replace(
        edition,
        earlier_runs=own[-1] if own else None,
        ledger=_lines(chain.entries[:covered], edition.claims) if covered is not None else None,
    )


def _lines(entries: Sequence[Entry], claims: Sequence[Claim]) -> LedgerLines:
    printed = {claim.id for claim in claims}
    events = Counter(
        "other_signed" if entry.event == "claim" and entry.digest not in printed else entry.event for entry in entries
    )
    return LedgerLines(
        signed=events["claim"],
        other_signed=events["other_signed"],
        runs=events["run"],
        decisions=events["decision"],
        releases=events["release"],
    )


def _coverage(case: Case, verdict: Verdict) -> tuple[ChecklistCoverage, ...]:
    """The standard checklists, and those that the policy asks items of, as far as they are packaged."""
    known = packaged.names("checklists")
    asked = [name for name in verdict.policy.checklists if name in known]
    asked += ["no_persons"] if case.record.context.persons == "none" else []
    return contents.coverage_of(case.record, tuple(dict.fromkeys([*contents.STANDARD_CHECKLISTS, *asked])), case.claims)


def compared_in(files: Mapping[str, bytes], *, where: str) -> Comparison | None:
    """The comparison that a dossier holds.

    Raises
    ------
    IntegrityError
        If it is not one.
    """
    if COMPARISON not in files:
        return None
    return comparison.from_json(files[COMPARISON], where=f"{where}/{COMPARISON}")


def rerender(
    files: Mapping[str, bytes],
    *,
    where: str,
    claims: tuple[Claim, ...] = (),
    here: Mapping[str, str] | None = None,
    lone: bool = False,
) -> Reproduction:
    """Make every document of a dossier again, and compare.

    Parameters
    ----------
    claims:
        What was believed when the release was decided, for its final editions.
    here:
        The toolchain here; if omitted, `toolchain.facts()`.
    lone:
        Whether the files are those of a released PDF by itself, so that no other document is missed.

    Raises
    ------
    MissingPangoError
        If a PDF cannot be made here.
    IntegrityError
        If what they are made from is not at hand.
    """
    edition = of_files(files, where=where)
    here = toolchain.facts() if here is None else here
    asked = [(name, edition, document, format_) for name, document, format_ in documents.standard(edition.record)]
    if any(name.startswith(layout.FINAL) for name in files):
        decided = canonical.parse(Verdict, files[layout.VERDICT], where=f"{where}/{layout.VERDICT}")
        if layout.RELEASE not in files:
            raise IntegrityError(
                "is missing, so who released the final editions is not known", where=f"{where}/{layout.RELEASE}"
            )
        from cardwright.attest import release_statement

        signed = replace(contents.case_of(files, where=where), claims=claims)
        said = release_statement.read(files[layout.RELEASE], where=f"{where}/{layout.RELEASE}").release
        releaser = Releaser(person=said.person, key=said.key, role=said.role, at=said.issued_at)
        manifest = canonical.digest(files[layout.MANIFEST])
        last = _released(signed, decided, edition.comparison, manifest, releaser)
        last = _with_ledger(last, files, where=where)
        asked += [
            (layout.FINAL + name, last, document, format_)
            for name, document, format_ in documents.standard(edition.record)
        ]
    same: list[str] = []
    elsewhere: list[tuple[str, str]] = []
    changed: list[tuple[str, str]] = []
    # A document that the record does not give is no edition of it, and one that was taken out is missed.
    known = {name for name, *_ in asked}
    strangers = sorted(name for name in files if name.endswith((".md", ".html", ".pdf")) and name not in known)
    changed += [(name, "no document of this record") for name in strangers]
    for name, edition_, document, format_ in asked:
        if name not in files and not lone:
            changed.append((name, "missing"))
        if name not in files:
            continue
        stored = _as_made(files[name], f"{where}/{name}")
        made = documents.render(edition_, document=document, format=format_, made_with=here)
        if made == stored:
            same.append(name)
        elif format_ != "pdf":
            changed.append((name, "made again, the bytes differ"))
        else:
            other = toolchain.differences(toolchain.embedded(stored, where=f"{where}/{name}"), here)
            why = _unlike(stored, made, where=f"{where}/{name}") if other else "made again, the bytes differ"
            if why is None:
                elsewhere.append((name, _some(other)))
            else:
                changed.append((name, f"{why}; it was made with other libraries ({_some(other)})" if other else why))
    return Reproduction(same=tuple(same), elsewhere=tuple(elsewhere), changed=tuple(changed))


def _unlike(stored: bytes, made: bytes, *, where: str) -> str | None:
    """In what a PDF made with other libraries differs from the one made here; None if it says the same in the same structure."""
    finding = pdfa.first_finding(stored)
    if finding is not None:
        # A script, or anything else that shows more than text and tags say, is not PDF/A.
        return "not PDF/A-3b"
    try:
        read = tagged_text.read(stored, where=where, leave_out=toolchain.ATTACHMENT)
    except IntegrityError as exc:
        return exc.what
    return tagged_text.difference(read, tagged_text.read(made, where=where, leave_out=toolchain.ATTACHMENT))


def _some(differences: tuple[str, ...]) -> str:
    """The first three, and how many more there are."""
    more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
    return f"{'; '.join(differences[:3])}{more}"


def _as_made(data: bytes, where: str) -> bytes:
    """A final document as it was made: a PDF without what was enclosed in it afterwards."""
    taken = enclosure.opened(data, where=where) if where.endswith(".pdf") else None
    return taken.document if taken is not None else data
