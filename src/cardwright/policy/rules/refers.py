"""`refers`: the record refers to another dossier of a kind, in a state, about the same data, commit or subject."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from cardwright.policy.judging import declared_looks, kind_of_document
from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import RUN, edit_plan
from cardwright.policy.rules import stricter
from cardwright.policy.rules.interface import Rule
from cardwright.record.base import Count, Identifier, Label
from cardwright.record.case import LinkedDossier
from cardwright.record.claim import Claim, Preregister, SignOff, authors, live, same_person
from cardwright.record.filling import evidenced
from cardwright.record.kind import FieldName, RecordLink
from cardwright.record.record import Record

Same = Literal["data", "commit", "subject", "looks"]
State = Literal["signed", "released"]
_Problem = Literal["mismatched", "failed", "inconclusive"]

_ORDER = ("mismatched", "failed", "missing", "inconclusive")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_COLUMN = "data_sha256"
"""Column of a kind's field that holds the digest of a file of data: a plan names its data before anything has read them."""


class RefersRule(Rule):
    """The record refers to another dossier of a kind, in a state, about the same data, commit or subject."""

    asks: ClassVar[str] = (
        "It refers to another dossier of a kind that is signed or released, about the same data, commit or subject."
    )
    example: ClassVar[str] = "{kind: experiment_plan, state: signed, same: [subject]}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {
        "state": stricter.at_least_as_settled,
        "same": stricter.more,
        "before": stricter.more,
        "at_least": stricter.higher,
        "roles": stricter.signed_by_no_others,
        "answers": stricter.accepts_no_other_answer,
    }

    kind: Identifier
    """Its kind of document, or of subject: `experiment_plan`, `model`."""
    role: Identifier | None = None
    """What it is to the record, e.g. `plan`; if omitted, any."""
    state: State = "signed"
    """`signed`: others than its author approved it, and nobody's objection stands. `released`: it is released, not withdrawn."""
    roles: tuple[Identifier, ...] = ()
    """Roles whose signature counts; empty is any."""
    same: tuple[Same, ...] = ()
    """What agrees: `data` (digests), `commit` (both clean), `subject` (by name), `looks` (declared seeds, looks and spending)."""
    before: tuple[Identifier, ...] = ()
    """Purposes of runs, e.g. `candidate`: it was signed before the first of them started, as the record's runs say."""
    answers: dict[FieldName, tuple[Label, ...]] = {}  # noqa: RUF012  pydantic copies defaults
    """Fields of the other one with the answers that are accepted, e.g. `{status: [closed]}`."""
    at_least: Annotated[Count, Field(le=1000)] = 1
    """How many there have to be. All that are there are judged; 0 only makes sense where somebody attests that all are named."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        record = review.record
        links = [link for link in record.links if link.kind == self.kind and self.role in (None, link.role)]
        if len(links) < self.at_least:
            asked = f"{self.at_least} are" if self.at_least > 1 else "one is"
            return RuleAnswer(
                "missing",
                f"It refers to {len(links) or 'no'} {self.kind}{f' as {self.role}' if self.role else ''}; {asked} asked for.",
                f"Name its dossier in the plan: `links: {{{self.role or self.kind}: FOLDER}}`.",
                "data",
                (edit_plan("links"), RUN),
            )
        problems = [answer for link in links for answer in self._problems(link, review)]
        if problems:
            return min(problems, key=lambda answer: _ORDER.index(answer.status))
        if not links:
            return RuleAnswer("passed", f"It refers to no {self.kind}, and none is asked for.")
        names = ", ".join(f"{link.name} {link.version} ({link.record_sha256[:12]})" for link in links)
        return RuleAnswer("passed", f"{self._said} {names}.")

    @property
    def _said(self) -> str:
        same = f", with the same {' and '.join(self.same)}" if self.same else ""
        before = f", signed before the first {' or '.join(self.before)} run" if self.before else ""
        return f"It refers to {self.kind}, {self.state}{same}{before}:"

    def _problems(self, link: RecordLink, review: CaseUnderReview) -> Iterator[RuleAnswer]:
        name = f"{self.kind} {link.name} {link.version}"
        one = review.case.linked.get(link.record_sha256)
        if one is None:
            yield RuleAnswer(
                "missing",
                f"What {name} says is not in the dossier.",
                "Run again where its dossier is.",
                "command",
                (RUN,),
            )
            return
        if one.record.kind != self.kind:
            yield _mismatched(f"{name} is a {one.record.kind}.")
            return
        impostor = kind_of_document.impostor(one.record)
        if impostor is not None:
            yield _mismatched(f"{name}: {impostor}")
            return
        lacking = (
            *kind_of_document.unanswered(one.record, evidenced(one.record.filled)),
            *kind_of_document.unlinked(one.record),
        )
        if lacking:
            yield _missing(f"{name} leaves out {', '.join(lacking)}.")
        yield from self._state(name, one)
        for field, accepted in self.answers.items():
            answer = one.record.details.answers.get(field)
            if answer is None or answer.text not in accepted:
                said = (
                    f"says {answer.text}"
                    if answer is not None and answer.text in _choices(one.record, field)
                    else "does not say"
                )
                yield RuleAnswer(
                    "failed",
                    f"{name} {said} for {field}; accepted: {', '.join(accepted)}.",
                    "Settle it there, sign it, and run again.",
                    "decision",
                    (RUN,),
                )
        for what in self.same:
            problem = _DIFFERS[what](review.record, one.record)
            if problem is not None:
                yield RuleAnswer(
                    problem[0], f"{name}: {problem[1]}", "Refer to the one that is about this.", "data", (RUN,)
                )
        if self.before:
            yield from self._too_late(name, one, review.record)

    def _state(self, name: str, one: LinkedDossier) -> Iterator[RuleAnswer]:
        if self.state == "released" and not one.released:
            yield _missing(f"No release of {name} is believed here, or it was withdrawn.")
        objections = _objections(one)
        if objections:
            yield RuleAnswer(
                "failed",
                f"{objections[0].person} ({objections[0].role}) objects to {name}, and the objection stands.",
                "Answer it there, have it approved, and run again.",
                "decision",
                (RUN,),
            )
        elif (self.state == "signed" or self.roles or self.before) and not self._signatures(one):
            # A release says nothing of who approved it, nor of when: what is asked of a signature needs one.
            roles = f" as {' or '.join(self.roles)}" if self.roles else ""
            yield _missing(f"Nobody other than its author is known here to have approved {name}{roles}.")

    def is_approved(self, one: LinkedDossier) -> bool:
        """Whether somebody other than its author is believed to have approved it, and nobody's objection stands."""
        return bool(self._signatures(one)) and not _objections(one)

    def _signatures(self, one: LinkedDossier) -> list[Claim]:
        plan = one.record.provenance.plan_sha256
        known = authors(one.claims, plan, one.manifest_sha256)
        return [
            claim
            for claim in live(one.claims)
            if _approves(claim, one)
            and (not self.roles or claim.role in self.roles)
            and known
            and not any(same_person(claim, author) for author in known)
        ]

    def _too_late(self, name: str, one: LinkedDossier, record: Record) -> Iterator[RuleAnswer]:
        kinds = " or ".join(self.before)
        started, undated = _starts(record, self.before)
        if undated:
            yield RuleAnswer(
                "inconclusive",
                f"{undated} {kinds} runs do not say when they started, so nobody can tell whether {name} was signed before.",
                "Import runs that have a start.",
                "data",
                (RUN,),
            )
        elif not started:
            yield RuleAnswer(
                "inconclusive",
                f"The record lists no {kinds} run, so nobody can tell whether {name} was signed before the first.",
                "Evaluate the runs: `- runs: {source: …}`.",
                "data",
                (edit_plan("evaluate"), RUN),
            )
        else:
            first = min(started)
            signed = [claim.at for claim in self._signatures(one)]
            if signed and min(signed) > first:
                yield RuleAnswer(
                    "failed",
                    f"{name} was first signed at {min(signed)}; the first {kinds} run started at {first}.",
                    "What was run before its plan was signed is exploratory: sign a plan, and run again after it.",
                    "data",
                    (RUN,),
                )


def _mismatched(explanation: str) -> RuleAnswer:
    return RuleAnswer(
        "mismatched", explanation, "Refer to the right one, and run again.", "data", (edit_plan("links"), RUN)
    )


def _missing(explanation: str) -> RuleAnswer:
    return RuleAnswer("missing", explanation, "Have it completed and signed there, and run again.", "signature", (RUN,))


def _choices(record: Record, field: str) -> tuple[str, ...]:
    """The closed answers of a field: only such a one is repeated in a verdict."""
    asked = record.document.definition.field(field) if record.document is not None else None
    return asked.choices if asked is not None else ()


def _approves(claim: Claim, one: LinkedDossier) -> bool:
    """Whether a claim approves a dossier as it stands, or its plan before it ran."""
    if isinstance(claim, SignOff):
        return (
            claim.decision == "approve"
            and claim.meaning != "authorship"
            and claim.manifest_sha256 == one.manifest_sha256
        )
    plan = one.record.provenance.plan_sha256
    return isinstance(claim, Preregister) and claim.meaning == "review" and claim.plan_sha256 == plan


def _objections(one: LinkedDossier) -> list[SignOff]:
    """Rejections, and requests for changes, that nobody in the role has answered or taken back.

    An author answers no objection of somebody else, whatever roles they hold.
    """
    said = [claim for claim in live(one.claims) if isinstance(claim, SignOff)]
    wrote = authors(one.claims, one.record.provenance.plan_sha256, one.manifest_sha256)
    return [
        objection
        for objection in said
        if objection.decision != "approve"
        and not any(
            claim.answers == objection.id
            and claim.role == objection.role
            and (same_person(claim, objection) or not any(same_person(claim, author) for author in wrote))
            for claim in said
        )
    ]


def _read(record: Record) -> set[str]:
    """Digests of the data that the evaluations of a record read."""
    return {dataset.sha256 for dataset in record.provenance.datasets if dataset.kind != "model"}


def _data(record: Record) -> set[str]:
    """Digests of the data that a record names: what its evaluations read, and what its people name by digest."""
    named = _read(record)
    for answer in record.details.answers.values():
        named |= {entry[_COLUMN] for entry in answer.entries if _DIGEST.fullmatch(entry.get(_COLUMN, ""))}
    return named


def _other_data(record: Record, other: Record) -> tuple[Literal["mismatched", "inconclusive"], str] | None:
    # Where a record has read data, a digest that its people wrote into it is no evidence that it has read those, too.
    named, here = _data(other), _read(record) or _data(record)
    if not named:
        return "inconclusive", "it names no data by digest, so nobody can tell whether they are the same."
    strange = sorted(named - here)
    return ("mismatched", f"it names data that this record does not ({strange[0][:12]}).") if strange else None


def _other_commit(record: Record, other: Record) -> tuple[Literal["mismatched", "inconclusive"], str] | None:
    mine, theirs = record.provenance, other.provenance
    if None in (mine.commit, theirs.commit) or mine.dirty is not False or theirs.dirty is not False:
        return "inconclusive", "one of the two was made at no commit, or with uncommitted changes."
    return None if mine.commit == theirs.commit else ("mismatched", "it was made at another commit.")


def _about(record: Record) -> str | None:
    return record.subject.about if record.subject.kind == "work" else record.subject.name


def _other_subject(record: Record, other: Record) -> tuple[Literal["mismatched", "inconclusive"], str] | None:
    mine, theirs = _about(record), _about(other)
    if mine is None or theirs is None:
        return "inconclusive", "one of the two does not say what it is about (`about:` under `subject:`)."
    return None if mine == theirs else ("mismatched", f"it is about {theirs}, and this record about {mine}.")


_DIFFERS: Mapping[str, Callable[[Record, Record], tuple[_Problem, str] | None]] = {
    "data": _other_data,
    "commit": _other_commit,
    "subject": _other_subject,
    "looks": declared_looks.difference,
}


def _starts(record: Record, purposes: tuple[str, ...]) -> tuple[list[str], int]:
    """When the first runs of these purposes started, and how many do not say; from the table `starts` of `runs` evaluations.

    A run whose purpose nobody has stated counts as any: leaving the word out must not hide an early run.
    """
    started: list[str] = []
    undated = 0
    for evaluation in record.evaluations:
        for table in evaluation.tables:
            columns = [column.name for column in table.columns]
            if table.id != "starts" or not {"purpose", "first", "undated"} <= set(columns):
                continue
            for row in table.rows:
                purpose, first, without = (row[columns.index(name)] for name in ("purpose", "first", "undated"))
                if purpose not in (*purposes, "not stated"):
                    continue
                if isinstance(first, str):
                    started.append(first)
                undated += int(without) if isinstance(without, float | int) else 1
    return started, undated
