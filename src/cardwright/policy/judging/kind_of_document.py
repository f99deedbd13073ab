"""What a record lacks of what its kind of document asks. Rules use it for the record under review, and for those it refers to."""

from __future__ import annotations

from collections.abc import Set

from cardwright.files import kinds
from cardwright.record.kind import KindDefinition, required_fields
from cardwright.record.record import Record

WORK_MINIMUM = ("owners", "people_concerned")
"""What every work says, whatever its kind states: who answers for it, and whom it could affect."""


def impostor(record: Record) -> str | None:
    """Why the definition inside a record is not of the kind whose name it bears; None if it is."""
    if record.document is None:
        return None
    definition = record.document.definition
    known = kinds.accepted(definition.kind)
    if known is None or record.document.sha256 in known:
        return None
    if not known:
        return f"{definition.kind} is the name of something else in every dossier, and no kind of document."
    return (
        f"The definition of {definition.kind} in the record ({record.document.sha256[:12]}) is not the one of this name: "
        "it was changed, or it is a kind of a house's own under a packaged name."
    )


def unanswered(record: Record, evidenced: Set[str] = frozenset()) -> tuple[str, ...]:
    """Fields that a document of this kind may not leave out and that nobody has answered, or not in full.

    `evidenced` are those that a dossier that it refers to answers. What the kind's minimum names is said by people,
    whatever a record says: it is what somebody answers for.
    """
    if record.document is None:
        return ()
    definition = record.document.definition
    enough = evidenced - set(definition.minimum.fields)
    wrong = [
        name for name in required_fields(definition, record.details) if name not in enough and not record.provided(name)
    ]
    for field in definition.fields:
        answer = record.details.answers.get(field.field)
        if field.exactly is not None and answer is not None and len(answer.entries) != field.exactly:
            wrong.append(field.field)
    return tuple(dict.fromkeys(wrong))


def unlinked(record: Record) -> tuple[str, ...]:
    """Roles in which a document of this kind has to refer to another, and does not, or to one of another kind."""
    if record.document is None:
        return ()
    linked = {(link.role, link.kind) for link in record.links}
    named = {link.role for link in record.links}
    return tuple(
        rule.role
        for rule in record.document.definition.links
        if (rule.required or rule.role in named) and (rule.role, rule.kind) not in linked
    )


def unevaluated(record: Record) -> tuple[str, ...]:
    """Evaluators that a document of this kind rests on, and that gave it no result."""
    if record.document is None:
        return ()
    done = {evaluation.evaluator for evaluation in record.evaluations}
    return tuple(name for name in record.document.definition.evaluates if name not in done)


def minimum_fields_of(definition: KindDefinition) -> tuple[str, ...]:
    """The fields of the responsible-AI minimum: those that the kind states, and for a work those that hold for every work."""
    floor = WORK_MINIMUM if definition.subject == "work" else ()
    return tuple(dict.fromkeys([*floor, *definition.minimum.fields]))
