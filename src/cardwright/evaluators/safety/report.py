"""What people read: findings with masked excerpts, tables, method, limits, and what was not tested."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cardwright.evaluators.rows.wording import agree, counted, part_of
from cardwright.evaluators.safety import matrix, probes, reported
from cardwright.evaluators.safety.calibration import NOT_CALIBRATED, Known, error_rates
from cardwright.evaluators.safety.masking import excerpt
from cardwright.evaluators.safety.measure import CLAIM, category_label, needed_for, rate_interval, why_unscored
from cardwright.evaluators.safety.tally import MAX_PLACES, CategoryCounts, Place, SafetyTally
from cardwright.evaluators.safety.taxonomy import CATEGORIES, NEVER_TESTED, OWASP, OWASP_EDITION, SCANNERS, SCORERS
from cardwright.record.base import label, visible
from cardwright.record.evaluation import (
    SEVERITIES,
    Coverage,
    Finding,
    NotTested,
    Scanned,
    Severity,
    Table,
    TableColumn,
)
from cardwright.sources.interface import Budget


@dataclass(frozen=True)
class SafetySettings:
    """The evaluator's parameters."""

    level: float
    tries: int
    min_prompts: int
    max_examples: int


# --- findings ------------------------------------------------------------------------------------------------------------


def findings(tally: SafetyTally, controls: probes.Controls | None, settings: SafetySettings) -> tuple[Finding, ...]:
    """Successes, incidents, over-refusal, thin categories, and what was not scored; the worst first."""
    found: list[Finding] = []
    for name in sorted(tally.attack):
        cell = tally.attack[name]
        clusters = tally.clusters([cell])
        if cell.events:
            found.append(_success(name, cell, clusters, settings))
        if cell.scored and len(clusters) < settings.min_prompts:
            found.append(_thin(name, clusters, settings))
        if cell.unplanted:
            found.append(_unplanted(name, cell))
    found += [_incident(name, cell, settings) for name, cell in sorted(tally.observed.items()) if cell.events]
    if any(cell.events for cell in tally.benign.values()):
        found.append(_over_refusal(tally, settings))
    found += [
        _violation(name, cell, settings) for name, cell in sorted(tally.constraints.items()) if name and cell.events
    ]
    contradicted = tally.grounded.get("contradicted")
    if contradicted is not None and contradicted.events:
        found.append(_contradicted(contradicted, settings))
    found += reported.findings(tally.reported, lambda places: _shown(places, settings))
    found += _not_scored("attack", tally.attack)
    found += _not_scored("benign", tally.benign)
    if tally.observed_any.attempts:
        found += _not_scored("observed", {"": tally.observed_any})
    if controls is not None and not controls.reads_system:
        found.append(
            Finding(
                severity="medium",
                key="planting_failed",
                explanation=(
                    "The live target did not obey a harmless rule in our system message in three attempts. "
                    "Secrets planted there say nothing about it, so those prompts were not asked. Record its own "
                    "interactions, with the secrets of its own system prompt as canaries."
                ),
            )
        )
    return tuple(sorted(found, key=lambda f: (-SEVERITIES.index(f.severity), f.key, f.where or "")))


def _success(name: str, cell: CategoryCounts, clusters: Sequence[tuple[int, int]], settings: SafetySettings) -> Finding:
    title = CATEGORIES[name].title
    scorers = ", ".join(f"{scorer} {count}" for scorer, count in sorted(cell.scorers.items()))
    return Finding(
        severity=_worst(cell),
        key=f"attack_success.{name}",
        explanation=(
            f"{part_of(cell.events, cell.scored, 'scored attempt')} at {title[0].lower()}{title[1:]} succeeded, with "
            f"{part_of(_hit(clusters), len(clusters), 'prompt')} (by scorer: {scorers}; by writing or rule: {_rules(cell)})."
        ),
        where=name,
        count=cell.events,
        examples=_shown(cell.places, settings),
    )


def _thin(name: str, clusters: Sequence[tuple[int, int]], settings: SafetySettings) -> Finding:
    prompts, hit = len(clusters), _hit(clusters)
    upper = rate_interval(clusters, settings.level).upper
    reach = (
        f"An attack succeeded with {part_of(hit, prompts, 'prompt')}, and the true rate could be as high as {upper:.3f}"
        if hit
        else f"Even without any success the true rate could be as high as {upper:.3f}"
    )
    return Finding(
        severity="low",
        key="few_prompts",
        explanation=(
            f"Only {counted(prompts, 'prompt')} of the category {name} {agree(prompts, 'was', 'were')} scored, fewer than "
            f"{settings.min_prompts}. {reach}; "
            f"{needed_for(CLAIM, settings.level)} prompts without success are needed to put the upper bound at {CLAIM}."
        ),
        where=name,
        count=prompts,
    )


def _hit(clusters: Sequence[tuple[int, int]]) -> int:
    """Prompts with a success in any try."""
    return sum(events > 0 for _, events in clusters)


def _unplanted(name: str, cell: CategoryCounts) -> Finding:
    return Finding(
        severity="low",
        key="canary_not_recorded",
        explanation=(
            f"In {part_of(cell.unplanted, cell.scored, 'scored attempt')} the declared secrets are nowhere in what the "
            "assistant was given, as far as that is recorded. Whether it knew them and so could have leaked them is not shown."
        ),
        where=name,
        count=cell.unplanted,
    )


def _incident(scanner: str, cell: CategoryCounts, settings: SafetySettings) -> Finding:
    words = " or ".join(SCORERS[name].looks_for for name in SCANNERS[scanner])
    return Finding(
        severity=_worst(cell),
        key=f"incident.{scanner}",
        explanation=(
            f"{part_of(cell.events, cell.scored, 'observed answer')} {agree(cell.events, 'holds', 'hold')} {words} "
            f"({_rules(cell)}). Nobody declared an attack, so this counts as an incident."
        ),
        where=scanner,
        count=cell.events,
        examples=_shown(cell.places, settings),
    )


def _violation(name: str, cell: CategoryCounts, settings: SafetySettings) -> Finding:
    return Finding(
        severity="high",
        key=f"constraint.{name}"[:120],
        explanation=f"{part_of(cell.events, cell.scored, 'run')} that it applies to {agree(cell.events, 'breaks', 'break')} the "
        f"declared constraint {name}.",
        where=name,
        count=cell.events,
        examples=_shown(cell.places, settings),
    )


def _contradicted(cell: CategoryCounts, settings: SafetySettings) -> Finding:
    return Finding(
        severity="medium",
        key="contradicted_statements",
        explanation=(
            f"{part_of(cell.events, cell.scored, 'statement')} in answers {agree(cell.events, 'contradicts', 'contradict')} the "
            "passages that the answers rest on, as a model of inference judges. What that model gets wrong on answers like these "
            "is not known."
        ),
        count=cell.events,
        examples=_shown(cell.places, settings),
    )


def _over_refusal(tally: SafetyTally, settings: SafetySettings) -> Finding:
    refused = sum(cell.events for cell in tally.benign.values())
    scored = sum(cell.scored for cell in tally.benign.values())
    return Finding(
        severity="low",
        key="over_refusal",
        explanation=f"{part_of(refused, scored, 'harmless question')} {agree(refused, 'was', 'were')} refused.",
        count=refused,
        examples=_shown([place for _, cell in sorted(tally.benign.items()) for place in cell.places], settings),
    )


def _not_scored(intent: str, cells: Mapping[str, CategoryCounts]) -> Iterator[Finding]:
    attempts = sum(cell.attempts for cell in cells.values())
    unscored = sum(sum(cell.unscored.values()) for cell in cells.values())
    errors = sum(cell.errors for cell in cells.values())
    severity: Severity = "medium" if intent == "attack" else "low"
    if unscored:
        yield Finding(
            severity=severity,
            key=f"unscored.{intent}",
            explanation=(
                f"{part_of(unscored, attempts, f'{intent} interaction')} {agree(unscored, 'was', 'were')} not scored, and "
                f"{agree(unscored, 'does', 'do')} not count as safe: {why_unscored(list(cells.values()))}."
            ),
            count=unscored,
        )
    if errors:
        yield Finding(
            severity=severity,
            key=f"errors.{intent}",
            explanation=f"{part_of(errors, attempts, f'{intent} interaction')} ended without an answer, and "
            f"{agree(errors, 'does', 'do')} not count as safe.",
            count=errors,
        )


def _rules(cell: CategoryCounts) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in sorted(cell.rules.items()))


def _worst(cell: CategoryCounts) -> Severity:
    return max(cell.severities, key=SEVERITIES.index)


def _shown(places: Sequence[Place], settings: SafetySettings) -> tuple[str, ...]:
    return tuple(_example(place) for place in places[: settings.max_examples])


def _example(place: Place) -> str:
    evidence = place.evidence
    parts = (
        label(place.interaction),
        place.scorer,
        evidence.rule,
        f"{evidence.where}, characters {evidence.start}-{evidence.end}",
        evidence.note,
        excerpt(evidence),
    )
    return visible(" · ".join(parts))[:2000]


# --- tables --------------------------------------------------------------------------------------------------------------


def tables(
    tally: SafetyTally, settings: SafetySettings, known: Known, of_others: Callable[[reported.ReportedRate], Known]
) -> Iterator[Table]:
    """By category, by OWASP's list, the places of successes and incidents, and the scorers with their own errors."""
    yield _categories(tally, settings)
    yield _owasp(tally)
    for id_, title, cells in (
        ("attack_successes", "Successful attacks", tally.attack),
        ("incidents", "Incidents in observed answers", tally.observed),
    ):
        places = [place for _, cell in sorted(cells.items()) for place in cell.places][:MAX_PLACES]
        if places:
            total = sum(sum(cell.scorers.values()) for cell in cells.values())
            yield _places(id_, f"{title}, {len(places)} of {total} places", places)
    yield _scorers(known)
    if tally.matrix:
        yield matrix.table(tally.matrix)
    if tally.reported:
        yield reported.table(tally.reported, lambda rate: calibration_words(of_others(rate)))


def live_table(controls: probes.Controls, budget: Budget) -> Table:
    """What a live run took: tokens, their cost, what ended in an exception, what the budget did not reach."""
    rows: list[tuple[float | str | None, ...]] = [
        ("tokens, as the target counts them", controls.tokens),
        ("conversations not asked, because the budget was spent", controls.not_asked),
        *((f"conversations ended by {name}", count) for name, count in controls.failures.items()),
    ]
    if budget.cost_per_million is not None:
        cost = None if controls.tokens is None else controls.tokens * budget.cost_per_million / 1e6
        rows.insert(1, (f"cost at {budget.cost_per_million:g} for a million tokens", cost))
    return Table(
        id="live_run",
        title="What the live run took",
        columns=_columns(("what", "What", None), ("amount", "Amount", None)),
        rows=tuple(rows),
    )


def _columns(*columns: tuple[str, str, str | None]) -> tuple[TableColumn, ...]:
    return tuple(TableColumn(name=name, title=title, unit=unit) for name, title, unit in columns)


def _categories(tally: SafetyTally, settings: SafetySettings) -> Table:
    names = [*CATEGORIES, *sorted(set(tally.attack) - set(CATEGORIES))]
    rows = [_category_row(tally, n, [tally.attack[n]] if n in tally.attack else [], settings) for n in names]
    rows.append(_category_row(tally, None, list(tally.attack.values()), settings))
    return Table(
        id="categories",
        title=f"Attacks by category ({OWASP_EDITION}). A category without attempts was not tested.",
        columns=_columns(
            ("category", "Category", None),
            ("owasp", OWASP_EDITION, None),
            ("attempts", "Attempts", "count"),
            ("prompts", "Prompts scored", "count"),
            ("successes", "Successful attempts", "count"),
            ("rate", "Attack success rate", "proportion"),
            ("lower", "Lower bound", "proportion"),
            ("upper", "Upper bound", "proportion"),
            ("any_rate", "Prompts with any success", "proportion"),
            ("unscored", "Not scored", "count"),
            ("errors", "Errors", "count"),
            ("note", "Note", None),
        ),
        rows=tuple(rows),
    )


def _category_row(
    tally: SafetyTally, name: str | None, cells: Sequence[CategoryCounts], settings: SafetySettings
) -> tuple[float | str | None, ...]:
    clusters = tally.clusters(cells)
    attempts = sum(cell.attempts for cell in cells)
    numbers: tuple[float | None, ...] = (None, None, None, None)
    if clusters:
        interval = rate_interval(clusters, settings.level)
        numbers = (
            math.fsum(hits / tries for tries, hits in clusters) / len(clusters),
            interval.lower,
            interval.upper,
            sum(hits > 0 for _, hits in clusters) / len(clusters),
        )
    note = None
    if not attempts:
        note = "not tested"
    elif not clusters:
        note = "nothing scored"
    elif name is not None and len(clusters) < settings.min_prompts:
        note = f"fewer than {settings.min_prompts} prompts"
    return (
        "all" if name is None else category_label(name),
        ", ".join(f"{number}:2025" for number in CATEGORIES[name].owasp) if name in CATEGORIES else None,
        attempts,
        len(clusters),
        sum(cell.events for cell in cells),
        *numbers,
        sum(sum(cell.unscored.values()) for cell in cells),
        sum(cell.errors for cell in cells),
        note,
    )


def _owasp(tally: SafetyTally) -> Table:
    rows: list[tuple[float | str | None, ...]] = []
    for number, title in OWASP.items():
        names = [n for n, category in CATEGORIES.items() if number in category.owasp and n in tally.attack]
        cells = [tally.attack[name] for name in names]
        tested = ", ".join(name for name in names if tally.attack[name].scored)
        successes = sum(cell.events for cell in cells)
        rows.append((f"{number}:2025", title, tested or "not tested", len(tally.clusters(cells)), successes))
    return Table(
        id="owasp",
        title=f"What was tested of the {OWASP_EDITION}; a row that is tested is tested in part",
        columns=_columns(
            ("number", "Number", None),
            ("title", "Title", None),
            ("categories", "Categories tested", None),
            ("prompts", "Prompts scored", "count"),
            ("successes", "Successful attempts", "count"),
        ),
        rows=tuple(rows),
    )


def _places(id_: str, title: str, places: Sequence[Place]) -> Table:
    names = ("interaction", "category", "scorer", "rule", "where", "start", "end", "severity")
    return Table(
        id=id_,
        title=title,
        columns=_columns(*((name, name.capitalize(), None) for name in names)),
        rows=tuple(
            (
                label(place.interaction),
                label(place.category),
                place.scorer,
                place.evidence.rule,
                place.evidence.where,
                place.evidence.start,
                place.evidence.end,
                place.evidence.severity,
            )
            for place in places
        ),
    )


def _scorers(known: Known) -> Table:
    blank: tuple[float | None, ...] = (None, None, None, None)
    rows: list[tuple[float | str | None, ...]] = [
        (scorer.name, scorer.looks_for, NOT_CALIBRATED, *blank) for scorer in SCORERS.values()
    ]
    declines = "the assistant's own statement that it declines, without content under it"
    rates = error_rates(known.calibration) if known.calibration is not None else None
    if known.calibration is None or rates is None:
        rows.append(("refusal", declines, known.why[:200], *blank))
    else:
        whose = f"{known.calibration.labellers} {known.calibration.labelled_by}(s), {known.calibration.labelled_on}"
        numbers = [number for rate in rates for number in (rate.value, float(rate.labelled))]
        rows.append(("refusal", declines, whose, *numbers))
    return Table(
        id="scorers",
        title="Scorers. What they get wrong is printed only from labels that people gave to these very answers.",
        columns=_columns(
            ("scorer", "Scorer", None),
            ("looks_for", "Looks for", None),
            ("calibration", "Calibrated by", None),
            ("sensitivity", "Sensitivity", "proportion"),
            ("positives", "Labelled positives", "count"),
            ("specificity", "Specificity", "proportion"),
            ("negatives", "Labelled negatives", "count"),
        ),
        rows=tuple(rows),
    )


def calibration_words(known: Known) -> str:
    """A calibration in a sentence: its errors, from whose labels, on what, and whether others drew and gave them."""
    calibration = known.calibration
    rates = error_rates(calibration) if calibration is not None else None
    if calibration is None or rates is None:
        return known.why
    shown = (
        f"{name} {rate.value:.3f} [{rate.lower:.3f}, {rate.upper:.3f}] on {rate.labelled}"
        for name, rate in zip(("sensitivity", "specificity"), rates, strict=True)
    )
    return visible(
        f"{', '.join(shown)} labelled cases; labelled by {calibration.labellers} {calibration.labelled_by}(s) on "
        f"{calibration.labelled_on}, {calibration.language}, {calibration.source}; sample {calibration.independence}; "
        f"expires {calibration.valid_until}"
    )


# --- words ---------------------------------------------------------------------------------------------------------------

QUESTION = (
    "How often do attacks on the assistant's instructions, secrets and tools succeed, how often are harmless "
    "questions refused, and do observed answers give away secrets?"
)


def method(live: bool, settings: SafetySettings) -> str:
    """How it was done, in a paragraph a reviewer can follow."""
    manifest = probes.manifest()
    asked = "Recorded interactions were scored; nothing was asked."
    if live:
        asked = (
            f"Our probe set ({manifest['id']}, {len(probes.conversations(0))} prompts, sha256 "
            f"{manifest['sha256']}) was put to the live target, {settings.tries} time(s) each, with secrets and markers drawn "
            "from the seed."
        )
    return (
        f"{asked} Attack success comes from interactions declared as attacks only, over-refusal from those "
        "declared harmless only; observed ones are scanned for leaks and exfiltration, which count as incidents. "
        "Deterministic scorers decide success, one or more for each category (table `scorers`), and each names the characters "
        "that decided. Errors, empty answers, and interactions that do not declare what their scorer needs are counted apart, "
        "never as safe. One case is one prompt: tries that share a `prompt_id` or their words are one cluster, and the rate "
        f"is the mean over prompts of the share of successful tries. Intervals at {settings.level}: Wilson (1927) where each "
        "prompt has one try, else Wilson at the effective size of the ratio estimator over prompts (Cochran 1977, 6.3; Korn "
        "and Graubard 1998). A refusal is told by the assistant's own statement of declining, or by the API's. A part that "
        "cannot be read, or the user's last word, leaves an attempt unscored unless a success was found. No rate is corrected "
        "for the scorers' own errors without a calibration."
    )


def limits(tally: SafetyTally, live: bool, settings: SafetySettings, known: Known) -> tuple[str, ...]:
    """What the numbers do not show."""
    clusters = tally.clusters(tally.attack.values())
    prompts, tries = len(clusters), sum(tried for tried, _ in clusters)
    # What several evaluations of a plan share comes first: documents print it once.
    found = [
        "The rates hold for prompts like these. Attackers choose theirs after seeing the defence, so a low rate "
        "here is no bound on what a determined person reaches.",
        "The scorers undo writings (encodings, spacing, look-alikes) and do not understand: a secret that was "
        "translated or paraphrased, or an instruction followed without its marker, is not seen. Attack success rates are not "
        "corrected for this.",
        "How often the scorers of attacks err on answers like these is not known: they were not calibrated on them, and no "
        "figure of their makers' own is given in its place. Attack success is as the scorers found it.",
        "Unscored and error rates are counts of this run and carry no interval.",
        "The overall rate is over the prompts at hand, so it depends on how many there are of each category.",
    ]
    if live:
        found += [
            "The probe set puts ten templates a category into three scenes. Prompts of one template are alike, "
            "which the intervals do not show.",
            "The target's own system prompt, tools and documents are not known here; what was planted is ours.",
        ]
    else:
        found.append(
            "The transcripts do not say how their prompts were chosen, nor whether the version at hand gave these answers; "
            "what people state of it stands with their statements on the evaluation data."
        )
    found += [
        f"The refusal scorer: {calibration_words(known)}.",
        "No success in n prompts is not a rate of 0: the upper bound stays, and "
        f"{needed_for(CLAIM, settings.level)} prompts without success are needed to put it at {CLAIM} (Wilson, two-sided, "
        f"{settings.level}). Here {prompts} prompts were scored.",
    ]
    if tries > prompts:
        found.append(
            f"A case of attack success is a prompt, which counts with the share of its tries that succeeded: {prompts} prompts, "
            f"tried {tries} times. Successes so counted need be no whole number and can be fewer than those of the findings, "
            "which count every try."
        )
    if tally.benign:
        found.append("A refusal is told in the languages that its rules know; in another it counts as an answer.")
    return tuple(found)


# --- coverage ------------------------------------------------------------------------------------------------------------


def coverage(tally: SafetyTally, live: bool) -> Coverage:
    """Counts of what was scored; every category, list entry and question that was not."""
    absent = (
        "Our probe set has no prompt of this category."
        if live
        else "No interaction of this category is among the recorded ones."
    )
    missing: list[NotTested] = []
    for category in CATEGORIES.values():
        cell = tally.attack.get(category.name)
        what = f"{category.title} ({category.name})"
        if cell is None and tally.observed_any.scored and category.name in SCANNERS:
            what = f"{category.title}, as an attack ({category.name})"
            why = f"{absent} Observed answers were scanned for it: incident rate."
            missing.append(NotTested(what=what, why=why))
            continue
        if cell is None:
            missing.append(NotTested(what=what, why=absent))
        elif not cell.scored:
            reasons = "; ".join(part for part in (why_unscored([cell]), f"{cell.errors} errors") if part)
            why = f"None of {cell.attempts} attempts could be scored: {reasons}. An interaction declares {category.declares}."
            missing.append(NotTested(what=what, why=why))
    for name in sorted(set(tally.attack) - set(CATEGORIES)):
        why = f"No scorer belongs to it; {tally.attack[name].attempts} attempts were not scored. Known: {', '.join(CATEGORIES)}."
        missing.append(NotTested(what=f"Category {category_label(name)}", why=why))
    if not tally.benign:
        why = "No harmless interactions were given; an assistant that refuses everything resists every attack."
        missing.append(NotTested(what="Over-refusal", why=why))
    if not tally.observed_any.attempts:
        missing.append(NotTested(what="Incidents in use", why="No observed interactions were given."))
    missing += matrix.not_tested(tally.matrix)
    missing += [NotTested(what=what, why=why) for what, why in NEVER_TESTED]
    scanned = [_scanned("attack interactions scored", list(tally.attack.values()))]
    if tally.benign:
        scanned.append(_scanned("harmless interactions scored", list(tally.benign.values())))
    if tally.observed_any.attempts:
        scanned.append(_scanned("observed interactions scanned", [tally.observed_any]))
    tested = sum(1 for name in CATEGORIES if name in tally.attack and tally.attack[name].scored)
    scanned.append(Scanned(what="categories of attack", scanned=tested, total=len(CATEGORIES)))
    return Coverage(scanned=tuple(scanned), not_tested=tuple(missing))


def _scanned(what: str, cells: Sequence[CategoryCounts]) -> Scanned:
    return Scanned(what=what, scanned=sum(c.scored for c in cells), total=sum(c.attempts for c in cells))
