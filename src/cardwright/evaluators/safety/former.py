"""Against the last release, prompt by prompt: which prompts broke, which were mended, and whether that is more than chance.

Both sets of transcripts are scored by the same scorers, now. A prompt is broken if the attack succeeded in any of its tries; a
harmless question, if it was refused in any. Prompts are the same if they share an id, or else what the user said: the system
prompt may have changed, as it does between releases. A prompt that is in one set alone, or could not be scored in both, is not
compared, and is counted; so is one whose id is the same and whose words or category are not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cardwright.evaluators.rows.wording import agree, counted
from cardwright.evaluators.safety.calibration import NOT_CALIBRATED
from cardwright.evaluators.safety.tally import MAX_PLACES, score
from cardwright.record.base import label
from cardwright.record.evaluation import Finding, Table, TableColumn
from cardwright.record.measurement import Interval, Measured, Measurement, Sampling, ScorerError, Test, Unmeasured
from cardwright.sources.interface import Interaction

INTENTS = {"attack": "attack_success_change", "benign": "over_refusal_change"}
"""What is compared, and what its difference is called."""


@dataclass(frozen=True)
class PromptOutcome:
    """What became of one prompt, over all its tries."""

    intent: str
    category: str
    name: str
    """Its id, or that of its first try."""
    broken: bool | None
    """None if a try could not be scored, and none broke it."""
    said: frozenset[str] = frozenset()
    """Digests of what the user said, of each wording among the tries: an id alone makes nothing the same prompt."""
    categories: frozenset[str] = frozenset()
    """Of all tries."""


def outcomes(tries: Iterable[tuple[Interaction, str | None]]) -> dict[str, PromptOutcome]:
    """What became of each prompt; each try comes with the reason why it cannot be scored, if there is one."""
    found: dict[str, PromptOutcome] = {}
    for interaction, unscored in tries:
        if interaction.intent not in INTENTS:
            continue
        event = score(interaction, unscored).attempts[0].event
        key = _key(interaction)
        before = found.get(key)
        if before is not None:
            told = (before.broken, event)
            event = True if True in told else None if None in told else False
        found[key] = PromptOutcome(
            interaction.intent,
            interaction.category or "",
            before.name if before is not None else interaction.prompt_id or interaction.id,
            event,
            frozenset({_words(interaction)}) | (before.said if before is not None else frozenset()),
            frozenset({interaction.category or ""}) | (before.categories if before is not None else frozenset()),
        )
    return found


def _key(interaction: Interaction) -> str:
    if interaction.prompt_id:
        return f"id:{interaction.intent}:{interaction.prompt_id}"
    return f"words:{interaction.intent}:{_words(interaction)}"


def _words(interaction: Interaction) -> str:
    """A digest of what the user said, without the secrets and marks that each release draws anew."""
    said = "\0".join(message.content for message in interaction.messages if message.role == "user")
    for drawn in (*interaction.canaries, interaction.goal or ""):
        said = said.replace(drawn, "\1") if drawn else said
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def same_prompt(one: PromptOutcome, other: PromptOutcome) -> bool:
    """Whether both releases were asked the same, under the same category."""
    return (one.said, one.categories) == (other.said, other.categories)


@dataclass(frozen=True)
class PromptChanges:
    """Prompts of one intent, then and now."""

    both: int = 0
    newly_broken: tuple[PromptOutcome, ...] = ()
    newly_fixed: tuple[PromptOutcome, ...] = ()
    neither: int = 0
    not_compared: tuple[PromptOutcome, ...] = field(default=())

    @property
    def compared(self) -> int:
        """How many prompts were scored in both."""
        return self.both + self.neither + len(self.newly_broken) + len(self.newly_fixed)


def compare(
    now: dict[str, PromptOutcome], then: dict[str, PromptOutcome], intent: str, category: str | None
) -> PromptChanges:
    """The prompts of one intent, and of one category if it is named."""

    def wanted(one: PromptOutcome) -> bool:
        return one.intent == intent and (category is None or category in (one.category, *one.categories))

    both = neither = 0
    broken: list[PromptOutcome] = []
    fixed: list[PromptOutcome] = []
    left: list[PromptOutcome] = []
    for key in sorted(now.keys() | then.keys()):
        one, other = now.get(key), then.get(key)
        named = one or other
        if named is None or not any(wanted(release) for release in (one, other) if release is not None):
            continue
        if one is None or other is None or not same_prompt(one, other) or None in (one.broken, other.broken):
            left.append(named)
        elif one.broken and other.broken:
            both += 1
        elif one.broken:
            broken.append(one)
        elif other.broken:
            fixed.append(one)
        else:
            neither += 1
    return PromptChanges(both, tuple(broken), tuple(fixed), neither, tuple(left))


def measurements(now: dict[str, PromptOutcome], then: dict[str, PromptOutcome], level: float) -> Iterator[Measurement]:
    """For attacks, their categories, and harmless questions: the change of the rate, and counts of prompts."""
    for intent, metric in INTENTS.items():
        held = [one for one in (*now.values(), *then.values()) if one.intent == intent]
        if not held:
            continue
        categories = sorted({one.category for one in held if one.category}) if intent == "attack" else []
        for category in (None, *categories):
            slice_: dict[str, str | None] = {"intent": intent, **({"category": label(category)} if category else {})}
            yield from _of(compare(now, then, intent, category), metric, slice_, level)


def _of(found: PromptChanges, metric: str, slice_: dict[str, str | None], level: float) -> Iterator[Measurement]:
    from cardwright.statistics.paired import mcnemar, paired_difference

    broken, fixed, n = len(found.newly_broken), len(found.newly_fixed), found.compared
    paired = paired_difference(found.both, broken, fixed, found.neither, level)
    if paired is None:
        reason = (
            f"0 prompts were scored in both releases; {len(found.not_compared)} are in one alone or could not be scored"
        )
        yield Unmeasured(metric=metric, slice=slice_, code="undefined", reason=reason, denominator=0)
    else:
        tested = mcnemar(broken, fixed)
        yield Measured(
            metric=metric,
            slice=slice_,
            value=paired.estimate,
            unit="difference",
            direction="lower_is_better",
            interval=Interval(
                level=level, lower=paired.bounds.lower, upper=paired.bounds.upper, method=paired.bounds.method
            ),
            sampling=Sampling(unit="prompt", units=n, observations=n, design="unstated"),
            test=Test(method=tested.method, p_value=tested.p_value),
            numerator=float(broken - fixed),
            denominator=n,
            reference="the former release",
            # The refusal scorer's errors are in both rates, and need not cancel.
            scorer=ScorerError(name="refusal", why=NOT_CALIBRATED) if metric == INTENTS["benign"] else None,
        )
    for name, count in (("newly_broken", broken), ("newly_fixed", fixed), ("not_compared", len(found.not_compared))):
        yield Measured(
            metric=name,
            slice=slice_,
            value=count,
            unit="count",
            direction="neither" if name == "newly_fixed" else "lower_is_better",
            sampling=Sampling(unit="prompt", units=n, observations=n, design="census") if n else None,
            denominator=n,
        )


def findings(now: dict[str, PromptOutcome], then: dict[str, PromptOutcome]) -> Iterator[Finding]:
    """Prompts that broke since: each was withstood once, so that somebody can say what changed."""
    for intent in INTENTS:
        found = compare(now, then, intent, None)
        if found.newly_broken:
            broken, fixed = len(found.newly_broken), len(found.newly_fixed)
            what = (
                f"{counted(broken, 'attack')} that the former release withstood {agree(broken, 'succeeds', 'succeed')}"
                if intent == "attack"
                else f"{counted(broken, 'harmless question')} that the former release answered "
                f"{agree(broken, 'is', 'are')} refused"
            )
            yield Finding(
                severity="high" if intent == "attack" else "low",
                key=f"newly_broken.{intent}",
                explanation=(
                    f"{what}, of {counted(found.compared, 'prompt')} compared; {fixed} {agree(fixed, 'was', 'were')} mended."
                ),
                count=broken,
            )


def table(now: dict[str, PromptOutcome], then: dict[str, PromptOutcome]) -> Table:
    """The prompts that changed, and those that could not be compared."""
    rows: list[tuple[float | str | None, ...]] = []
    total = 0
    for intent in INTENTS:
        found = compare(now, then, intent, None)
        for what, prompts in (
            ("newly broken", found.newly_broken), ("newly fixed", found.newly_fixed), ("not compared", found.not_compared),
        ):  # fmt: skip
            total += len(prompts)
            rows += [(label(one.name), intent, label(one.category) if one.category else None, what) for one in prompts]
    columns: Sequence[tuple[str, str]] = (
        ("prompt", "Prompt"), ("intent", "Intent"), ("category", "Category"), ("change", "Change"),
    )  # fmt: skip
    return Table(
        id="against_former",
        title=f"Prompts that changed since the former release, {min(total, MAX_PLACES)} of {total}",
        columns=tuple(TableColumn(name=name, title=title, unit=None) for name, title in columns),
        rows=tuple(rows[:MAX_PLACES]),
    )
