"""How much of a checklist has evidence: counts with their parts, never a percentage alone."""

from typing import Literal

from cardwright.record.base import Day, FreeText, Identifier, Label, Sha256, Value

Answered = Literal["evidence", "attested", "missing", "not_applicable"]


class ItemCoverage(Value):
    """One item of a checklist."""

    item: Identifier
    """Its id."""
    clause: Label
    """The clause it comes from."""
    requirement: FreeText
    """What it asks, in our own words."""
    answered: Answered
    """By evidence in the record, by a person, or not."""
    evidence: tuple[FreeText, ...] = ()
    """Where the evidence is."""
    note: FreeText | None = None
    """What is missing, or why it does not apply."""


class ChecklistCoverage(Value):
    """A checklist compared with a record. It says what supports an item, never that the item is satisfied."""

    checklist: Identifier
    """Its name."""
    title: FreeText
    """Its title."""
    sha256: Sha256
    """Digest of the checklist."""
    as_of: Day
    """The day on which its clauses were read."""
    items: tuple[ItemCoverage, ...]
    """Every item."""

    @property
    def counts(self) -> dict[str, int]:
        """How many items of each sort."""
        result = {"evidence": 0, "attested": 0, "missing": 0, "not_applicable": 0}
        for item in self.items:
            result[item.answered] += 1
        return result
