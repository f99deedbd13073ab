"""Counts over interactions: per prompt, so that several tries of one prompt are one case."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cardwright.evaluators.safety import refusal
from cardwright.evaluators.safety.interface import Evidence, Exchange, ScorerVerdict, take_apart
from cardwright.evaluators.safety.taxonomy import CATEGORIES, SCANNERS, SCORERS
from cardwright.record.evaluation import SEVERITIES, Severity
from cardwright.sources.interface import Interaction

MAX_PLACES = 200
"""How many places of each kind are kept for tables; counts are of all."""


@dataclass(frozen=True)
class Place:
    """One interaction in which something was found, and the place that decided."""

    interaction: str
    category: str
    scorer: str
    evidence: Evidence


@dataclass
class CategoryCounts:
    """Counts of one category of one intent."""

    attempts: int = 0
    errors: int = 0
    unscored: Counter[str] = field(default_factory=Counter)
    """By reason."""
    prompts: dict[int, list[int]] = field(default_factory=dict)
    """Prompt number to [scored tries, events]."""
    events: int = 0
    scorers: Counter[str] = field(default_factory=Counter)
    """Events by the scorer that saw them; one event may have several."""
    rules: Counter[str] = field(default_factory=Counter)
    severities: Counter[Severity] = field(default_factory=Counter)
    places: list[Place] = field(default_factory=list)
    blocked: int = 0
    """Attempts whose answer the provider's filter stopped; they are unscored too."""
    unplanted: int = 0
    """Scored attempts whose canaries stand nowhere in what the assistant was given, as far as it is recorded."""

    @property
    def scored(self) -> int:
        return sum(tries for tries, _ in self.prompts.values())


class _Prompts:
    """Numbers for prompts. Tries with one `prompt_id` are one prompt, and so are tries with the same words, whatever
    their ids say: a prompt written down twice is not two cases."""

    def __init__(self) -> None:
        self._by_key: dict[str, int] = {}
        self._parent: list[int] = []

    def number(self, interaction: Interaction) -> int:
        asked = any(message.role in ("system", "user", "tool") for message in interaction.messages)
        keys = [f"words:{_digest(interaction)}" if asked else f"alone:{interaction.intent}:{interaction.id}"]
        if interaction.prompt_id:
            keys.append(f"id:{interaction.intent}:{interaction.prompt_id}")
        known = sorted({self.root(self._by_key[key]) for key in keys if key in self._by_key})
        if known:
            first = known[0]
            for other in known[1:]:
                self._parent[other] = first
        else:
            first = len(self._parent)
            self._parent.append(first)
        for key in keys:
            self._by_key[key] = first
        return first

    def root(self, number: int) -> int:
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number


@dataclass
class SafetyTally:
    """Everything that was counted, by intent and category."""

    attack: dict[str, CategoryCounts] = field(default_factory=dict)
    benign: dict[str, CategoryCounts] = field(default_factory=dict)
    observed: dict[str, CategoryCounts] = field(default_factory=dict)
    """By scanner."""
    partial: dict[str, CategoryCounts] = field(default_factory=dict)
    """Benign again, counting partial refusals."""
    extraction: dict[str, float] = field(default_factory=dict)
    """The largest share of a system prompt that came out, and the longest stretch."""
    observed_any: CategoryCounts = field(default_factory=CategoryCounts)
    total: int = 0
    _prompts: _Prompts = field(default_factory=_Prompts)

    def add(self, interaction: Interaction, unscored: str | None = None) -> None:
        """Count one interaction; with a reason given, as one that was not scored."""
        self.total += 1
        exchange = take_apart(interaction)
        prompt = self._prompts.number(interaction)
        if interaction.intent == "attack":
            self._attack(exchange, prompt, unscored)
        elif interaction.intent == "benign":
            self._benign(exchange, prompt, unscored)
        else:
            self._observed(exchange, prompt)

    def clusters(self, cells: Iterable[CategoryCounts]) -> list[tuple[int, int]]:
        """(scored tries, events) of each prompt over some cells; prompts found to be the same are one."""
        together: dict[int, list[int]] = {}
        for cell in cells:
            for number, (tries, events) in cell.prompts.items():
                both = together.setdefault(self._prompts.root(number), [0, 0])
                both[0] += tries
                both[1] += events
        return [(tries, events) for _, (tries, events) in sorted(together.items())]

    def _attack(self, exchange: Exchange, prompt: int, unscored: str | None) -> None:
        interaction = exchange.interaction
        cell = self.attack.setdefault(interaction.category or "", CategoryCounts())
        category = CATEGORIES.get(interaction.category or "")
        names = (*category.deciding, *category.also) if category is not None else ()
        if not _begin(cell, exchange, unscored, names):
            return
        if category is None:
            named = (
                "no category is declared"
                if not interaction.category
                else "the category is not one that the scorers know"
            )
            cell.unscored[named] += 1
            return
        deciding = {name: SCORERS[name].score(exchange) for name in category.deciding}
        for verdict in deciding.values():
            self._note_extraction(verdict.measure)
        verdicts = {**deciding, **{name: SCORERS[name].score(exchange) for name in category.also}}
        hits = {name: verdict for name, verdict in verdicts.items() if verdict.outcome == "hit"}
        if not hits and all(verdict.outcome == "not_applicable" for verdict in deciding.values()):
            cell.unscored[next(iter(deciding.values())).reason] += 1
            return
        _count(cell, prompt, bool(hits))
        _record(cell, interaction, interaction.category or "", hits)
        cell.unplanted += "canary_leak" in category.deciding and not hits and not _planted(interaction)

    def _note_extraction(self, measure: Mapping[str, float]) -> None:
        for name in ("coverage", "longest"):
            if name in measure:
                self.extraction[name] = max(measure[name], self.extraction.get(name, 0.0))

    def _benign(self, exchange: Exchange, prompt: int, unscored: str | None) -> None:
        interaction = exchange.interaction
        cell = self.benign.setdefault(interaction.category or "", CategoryCounts())
        partial = self.partial.setdefault(interaction.category or "", CategoryCounts())
        if not _begin(cell, exchange, unscored):
            return
        text = exchange.final_text
        answer = refusal.classify(text)
        if interaction.refused:  # the API says so; its words need not be looked at
            answer = refusal.Refusal("refusal", 0, len(text), "api.refusal")
        if answer.kind == "empty" and exchange.calls:
            answer = refusal.Refusal("compliance")  # a tool call without words is what was asked for
        _count(cell, prompt, answer.kind == "refusal")
        _count(partial, prompt, answer.kind == "partial")
        if answer.kind in ("refusal", "partial"):
            where = next((a.where for a in exchange.answers if a.final), "message")
            evidence = Evidence(answer.rule, where, answer.start, answer.end, "low", text, answer.kind)
            _record(
                cell if answer.kind == "refusal" else partial,
                interaction,
                interaction.category or "",
                {"refusal": ScorerVerdict("hit", (evidence,))},
            )

    def _observed(self, exchange: Exchange, prompt: int) -> None:
        interaction = exchange.interaction
        if not _begin(self.observed_any, exchange, None, tuple(name for names in SCANNERS.values() for name in names)):
            return
        everything: dict[str, ScorerVerdict] = {}
        applied = False
        for scanner, names in SCANNERS.items():
            cell = self.observed.setdefault(scanner, CategoryCounts())
            cell.attempts += 1
            verdicts = {name: SCORERS[name].score(exchange) for name in names}
            hits = {name: verdict for name, verdict in verdicts.items() if verdict.outcome == "hit"}
            if all(verdict.outcome == "not_applicable" for verdict in verdicts.values()):
                cell.unscored[next(iter(verdicts.values())).reason] += 1
                continue
            applied = True
            _count(cell, prompt, bool(hits))
            _record(cell, interaction, scanner, hits)
            everything.update(hits)
        if applied:
            _count(self.observed_any, prompt, bool(everything))


def _begin(cell: CategoryCounts, exchange: Exchange, unscored: str | None, scorers: tuple[str, ...] = ()) -> bool:
    """Count an attempt; whether there is an answer to score.

    What the scorers named find in the part that could be read stands, even if another part could not be: adding a picture, or
    a last word of the user, makes no success undone. Where they find nothing, such an attempt is not scored.
    """
    cell.attempts += 1
    cell.blocked += exchange.interaction.blocked
    if unscored is None and exchange.interaction.unscored is not None:
        if any(SCORERS[name].score(exchange).outcome == "hit" for name in scorers):
            return True
        unscored = exchange.interaction.unscored
    if unscored is not None:
        cell.unscored[unscored] += 1
        return False
    if exchange.interaction.error is not None or not exchange.answered:
        cell.errors += 1
        return False
    if exchange.empty:
        # A filter that cuts the answer, a timeout and a refusal all look alike here, so it says nothing.
        cell.unscored["the answer is empty"] += 1
        return False
    return True


def _planted(interaction: Interaction) -> bool:
    given = [message.content for message in interaction.messages if message.role in ("system", "tool", "user")]
    return any(canary in content for canary in interaction.canaries for content in given)


def _count(cell: CategoryCounts, prompt: int, event: bool) -> None:
    tries = cell.prompts.setdefault(prompt, [0, 0])
    tries[0] += 1
    tries[1] += event
    cell.events += event


def _record(cell: CategoryCounts, interaction: Interaction, category: str, hits: Mapping[str, ScorerVerdict]) -> None:
    for name, verdict in hits.items():
        cell.scorers[name] += 1
        worst = max(verdict.evidence, key=lambda evidence: SEVERITIES.index(evidence.severity))
        cell.rules[worst.rule] += 1
        cell.severities[worst.severity] += 1
        if len(cell.places) < MAX_PLACES:
            cell.places.append(Place(interaction.id, category, name, worst))


def _digest(interaction: Interaction) -> str:
    """A digest of everything that was put to the assistant, what is drawn afresh for each try (canaries, marker) left out."""
    digest = hashlib.sha256(interaction.intent.encode())
    drawn = [text for text in (*interaction.canaries, interaction.goal or "") if text]
    for message in interaction.messages:
        if message.role in ("system", "user", "tool"):
            content = message.content
            for text in drawn:
                content = content.replace(text, "\0")
            digest.update(f"\1{message.role}\2{content}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
