"""`identity`: the artefact at hand has the digests of the record's subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import COMPARE_ARTIFACT, RUN, edit_plan
from cardwright.policy.judging.wording import files
from cardwright.policy.rules import stricter
from cardwright.policy.rules.interface import Rule
from cardwright.record.base import Flag
from cardwright.record.record import Record

_NAME_FILES = "Name its files under `subject: files:`."


class IdentityRule(Rule):
    """The artefact at hand has the digests of the record's subject."""

    asks: ClassVar[str] = "The artefact at hand has the digests that were evaluated."
    example: ClassVar[str] = "{hashed: true}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {"hashed": stricter.asked}

    hashed: Flag = True
    """Whether a subject that is only declared by reference is refused."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        subject, at_hand = review.record.subject, review.case.artefacts
        if subject.kind == "work":
            # The record is no record where its text has another digest than the one that it is identified by.
            return RuleAnswer("passed", f"It is identified by its own text, {str(subject.text_sha256)[:12]}.")
        if not subject.hashed and not self.hashed:
            return RuleAnswer(
                "passed", "The subject is declared by reference, which the policy accepts; it is not hashed."
            )
        if not subject.hashed:
            return _unnamed(
                "The subject is declared, not hashed: nobody can tell whether it is the one that was evaluated."
            )
        if at_hand is None:
            return RuleAnswer(
                "missing",
                "The artefact at hand was not compared with the record.",
                "Run the gate where the files are.",
                "command",
                (COMPARE_ARTIFACT,),
            )
        evaluated = {file.path: file.sha256 for file in subject.files}
        if not evaluated:
            return _unnamed("The subject names components but no file, so nothing at hand can be compared with it.")
        wrong = sorted(path for path, digest in evaluated.items() if at_hand.get(path) != digest)
        if wrong:
            there = wrong[0] in at_hand
            differs = "differs from the file that was evaluated" if there else "is missing"
            return RuleAnswer(
                "mismatched", f"{wrong[0]} {differs}.", "Run again on the files at hand.", "command", (RUN,)
            )
        loose = _never_evaluated(review.record)
        if loose:
            return RuleAnswer(
                "mismatched",
                f"{', '.join(loose)} was not evaluated: no evaluation read it, and it is not listed as a part of the model.",
                "Evaluate it, or say what it is: `files: [{path: tokenizer.json, role: tokenizer}]` under `subject:`.",
                "data",
                (edit_plan("subject", "evaluate"), RUN),
            )
        listed = [f"{file.path} ({file.role})" for file in subject.files if file.role is not None]
        beside = f" Listed by role, and not evaluated on its own: {', '.join(listed)}." if listed else ""
        return RuleAnswer("passed", f"{files(len(evaluated))} at hand, with the digests of the record.{beside}")


_LEARNED = ("model", "weights")
"""Roles of what evaluations load where they can: listing it is no evidence about it."""


def _never_evaluated(record: Record) -> list[str]:
    """Files of the subject that no evaluation read or loaded, and that are no part with a role of its own."""
    loaded = {e.binding.model_sha256 for e in record.evaluations if e.binding is not None} - {None}
    read = loaded | {i.sha256 for e in record.evaluations for i in e.inputs}
    parts = {part.sha256 for part in record.subject.components}
    whole = [folder for folder, digest in record.subject.folders.items() if digest in read]
    return [
        file.path
        for file in record.subject.files
        if file.sha256 not in read
        and not any(folder == "." or file.path.startswith(f"{folder}/") for folder in whole)
        and (file.role is None or (file.role in _LEARNED and loaded))
        and file.sha256 not in parts
    ]


def _unnamed(explanation: str) -> RuleAnswer:
    return RuleAnswer("missing", explanation, _NAME_FILES, "data", (edit_plan("subject"), RUN))
