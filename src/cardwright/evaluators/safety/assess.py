"""How often attacks succeed, how often harmless questions are refused, and what observed answers gave away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from pydantic import JsonValue

from cardwright.errors import MissingExtraError, SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.safety import (
    constraints,
    counterfactual,
    counterfactual_numbers,
    escalation,
    former,
    groundedness,
    judges,
    matrix,
    probes,
    report,
    reported,
    toxicity,
)
from cardwright.evaluators.safety.calibration import NOT_CALIBRATED, UNSTATED, Known, known_from, rows_problem
from cardwright.evaluators.safety.measure import measurements, of_agents, of_passages
from cardwright.evaluators.safety.options import SafetyOptions
from cardwright.evaluators.safety.tally import SafetyTally, Scored, count, score
from cardwright.privacy.showing import shortened
from cardwright.record.base import visible
from cardwright.record.calibration import Calibration
from cardwright.record.evaluation import Binding, Evaluation, Table, count_severities
from cardwright.record.measurement import Measured, Measurement
from cardwright.sources.interface import (
    Calibrated,
    Interaction,
    Interactions,
    JudgementFile,
    Model,
    Target,
    TextClassifier,
)


def _watched(inputs: Inputs, need: str, *, classified: bool = True) -> Iterator[Interaction]:
    """The interactions of a need, with the verdicts that files hold on them, and with progress told."""
    source = inputs.get(need, Interactions)
    said = judges.judged_by(_files(inputs), source.ref.sha256)
    classifier = _classifier(inputs) if classified else None
    for done, interaction in enumerate(source):
        if done % 50 == 0:
            inputs.progress(done, source.ref.rows)
        yield toxicity.judged(judges.with_verdicts(interaction, said.get(done + 1, ())), classifier)


def _classifier(inputs: Inputs) -> TextClassifier | None:
    return inputs.get("toxicity", TextClassifier) if "toxicity" in inputs.sources else None


def _files(inputs: Inputs) -> list[JudgementFile]:
    """Files of verdicts, in the order of the needs."""
    return [inputs.get(need, JudgementFile) for need in ("judgements", "second_judgements") if need in inputs.sources]


def _benign(inputs: Inputs) -> Iterator[Interaction]:
    """The harmless questions of a source of their own, where one is given."""
    for interaction in _watched(inputs, "benign") if "benign" in inputs.sources else ():
        if interaction.intent != "benign":
            raise UsageError(
                f"the source given as `benign` holds an interaction whose intent is {interaction.intent}",
                where=inputs.id,
                do="Over-refusal is measured on harmless questions alone: give a source with `intent: benign`.",
            )
        yield interaction


def _binding(inputs: Inputs, live: bool) -> Binding:
    if live:
        target = inputs.get("source", Target)
        return Binding(
            kind="supplied", note=f"Asked live in this run. {shortened(visible(target.description), 400)}".strip()
        )
    return Binding(
        kind="supplied", note="Recorded interactions; that the version at hand gave these answers is as supplied."
    )


def _scored(
    declared: Sequence[constraints.Constraint],
    nli: groundedness.Entailment | None,
    interaction: Interaction,
    unscored: str | None = None,
) -> Scored:
    """An interaction as our scorers see it, with what others say of it, the plan's constraints and its turns beside."""
    found = score(interaction, unscored)
    others = (*matrix.attempt(interaction, found.attempts[0]), *reported.attempts(interaction))
    if unscored is None:
        held = tuple(constraints.attempts(interaction, declared))
        turns = tuple(escalation.attempts(interaction))
        stated = tuple(groundedness.attempts(interaction, nli))
        made = tuple(constraints.expected(interaction))
        others = (*others, *held, *turns, *made, *stated, *matrix.further(interaction, held, turns, made, stated))
    return replace(found, attempts=(*found.attempts, *others))


def _require_statistics() -> None:
    try:
        import scipy  # noqa: F401
    except ImportError as exc:
        raise MissingExtraError("scipy", "text", "safety") from exc


def assess(options: SafetyOptions, inputs: Inputs) -> Evaluation:
    """See `Safety.evaluate`."""
    settings = _settings(options)
    _require_statistics()
    source = inputs.sources["source"]
    files = _files(inputs)
    digests = [inputs.sources[need].ref.sha256 for need in ("source", "benign") if need in inputs.sources]
    judges.refuse_strangers(files, digests, inputs.id)
    controls = None
    nli = groundedness.entailment(inputs.get("nli", Model), inputs.id) if "nli" in inputs.sources else None
    declared = constraints.parsed(options.constraints, inputs.id)
    scoring = partial(_scored, declared, nli)
    scored: Iterator[Scored]
    asked: list[probes.Asked] = []
    if isinstance(source, Target):
        asked, controls = probes.ask_all(source, inputs.seed, options.tries, inputs.progress)
        found = _classifier(inputs)
        scored = (scoring(toxicity.judged(one.interaction, found), one.unscored) for one in asked)
    else:
        scored = map(scoring, _watched(inputs, "source"))
    tally = count(chain(scored, map(scoring, _benign(inputs))))
    live = controls is not None
    before = _then(inputs)
    after = former.outcomes(_now(inputs, asked)) if before is not None else {}
    _refuse_other_rows(options, inputs)
    known = _known(options, inputs, matrix.languages(tally.matrix, harmless=True))
    of_others = partial(_known_of_others, inputs, matrix.languages(tally.matrix))
    findings = report.findings(tally, controls, settings)
    paired = _paired(inputs) if matrix.holds(tally.matrix, "counterfactual") else []
    pairs, numbers = counterfactual.collect(paired), counterfactual_numbers.collect(paired)
    findings += tuple(counterfactual.findings(pairs, settings.level))
    findings += tuple(counterfactual_numbers.findings(numbers, settings.level))
    if before is not None:
        findings += tuple(former.findings(after, before))
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters) or _parameters(options),
        binding=inputs.binding or _binding(inputs, live),
        question=report.QUESTION,
        method=report.method(live, settings),
        limits=report.limits(tally, live, settings, known),
        measurements=(
            *_measured(tally, files, measurements(tally, settings.level, known, of_others), settings.level),
            *of_agents(tally, declared, settings.level),
            *counterfactual.measurements(pairs, settings.level),
            *counterfactual_numbers.measurements(numbers, settings.level),
            *of_passages(tally, settings.level),
            *escalation.measurements(tally.turns, settings.level),
            *judges.measurements(files, settings.level),
            *(former.measurements(after, before, settings.level) if before is not None else ()),
        ),
        findings=findings,
        severities=count_severities(findings),
        tables=(
            *report.tables(tally, settings, known, of_others),
            *_live_tables(inputs, controls),
            *([counterfactual.table(pairs, settings.level)] if pairs.groups else ()),
            *([counterfactual_numbers.table(numbers, settings.level)] if numbers.seen else ()),
            *([escalation.table(tally.turns, settings.level)] if tally.turns else ()),
            *_judges_table(files),
            *([former.table(after, before)] if before is not None else ()),
        ),
        coverage=report.coverage(tally, live),
        completeness="complete",
        calibrations=tuple(
            inputs.get(need, Calibrated).calibration for need in _CALIBRATIONS if need in inputs.sources
        ),
    )


_CALIBRATIONS = ("calibration", "judge_calibration")


def _measured(
    tally: SafetyTally, files: Sequence[JudgementFile], found: Iterator[Measurement], level: float
) -> Iterator[Measurement]:
    """Measurements, those of people's verdicts with the interval that their disagreement leaves."""
    for one in found:
        file = judges.people(files, str(one.slice.get("scorer")))
        if file is None or not isinstance(one, Measured):
            yield one
            continue
        cells = [
            tally.reported[cell]
            for cell in tally.reported
            if cell.startswith(f"{one.metric} {file.judgements.scorer} ")
        ]
        yield judges.of_people(one, sum(sum(cell.unscored.values()) for cell in cells), file, level)


def _then(inputs: Inputs) -> dict[str, former.PromptOutcome] | None:
    """What became of each prompt with the former release, where its transcripts are given."""
    if "former" not in inputs.sources:
        return None
    digest = inputs.sources["former"].ref.sha256
    if digest in [inputs.sources[need].ref.sha256 for need in ("source", "benign") if need in inputs.sources]:
        raise UsageError(
            "the release is compared with itself: `former` has the same digest as what is evaluated",
            where=inputs.id,
            do="Name the former release's transcripts.",
        )
    return former.outcomes((one, None) for one in inputs.get("former", Interactions))


def _now(inputs: Inputs, asked: Sequence[probes.Asked]) -> Iterator[tuple[Interaction, str | None]]:
    """Each try of this release, read again or as it was asked live."""
    if isinstance(inputs.sources["source"], Target):
        yield from ((one.interaction, one.unscored) for one in asked)
    else:
        yield from ((one, None) for one in inputs.get("source", Interactions))
    if "benign" in inputs.sources:
        yield from ((one, None) for one in inputs.get("benign", Interactions))


def _paired(inputs: Inputs) -> list[Interaction]:
    """Every recorded exchange of a pair, with the verdicts of others; read once, since a classifier may have to look at it."""
    return [
        one
        for need in ("source", "benign")
        if isinstance(inputs.sources.get(need), Interactions)
        for one in _watched(inputs, need)
        if one.pair_id is not None and one.group is not None
    ]


def _judges_table(files: Sequence[JudgementFile]) -> Iterator[Table]:
    if files:
        yield from judges.tables(files)


def _live_tables(inputs: Inputs, controls: probes.Controls | None) -> Iterator[Table]:
    if controls is not None:
        yield report.live_table(controls, inputs.get("source", Target).budget)


def _known(options: SafetyOptions, inputs: Inputs, languages: frozenset[str]) -> Known:
    """What is known of the refusal scorer's errors on the interactions at hand."""
    if "calibration" not in inputs.sources:
        return Known(NOT_CALIBRATED)
    given = inputs.get("calibration", Calibrated)
    sources = [inputs.sources[need] for need in ("source", "benign") if need in inputs.sources]
    # The rate of over-refusal is over the harmless interactions, wherever they come from.
    rated = [source.ref.sha256 for source in sources if getattr(source, "intent", "benign") in ("benign", None)]
    return known_from(given.calibration, given.ref.sha256, "refusal", options.version, rated, languages)


def _refuse_other_rows(options: SafetyOptions, inputs: Inputs) -> None:
    """Refuse a calibration whose committed rows, or what the scorer said of them, are not those of the transcripts at hand."""
    for need in _CALIBRATIONS:
        if need in inputs.sources:
            calibration = inputs.get(need, Calibrated).calibration
            problem = rows_problem(calibration, _transcripts(inputs, calibration), options.version)
            if problem is not None:
                raise SourceError(
                    f"the calibration does not hold: {problem}",
                    where=f"{inputs.id}, {need}",
                    do="Commit the transcripts that are evaluated: `cardwright calibrate commit` begins anew.",
                )


def _transcripts(inputs: Inputs, calibration: Calibration) -> dict[str, Iterable[Interaction]]:
    """By digest: those of the transcripts at hand that a calibration names."""
    return {
        inputs.sources[need].ref.sha256: _watched(inputs, need, classified=calibration.scorer == toxicity.SCORER)
        for need in ("source", "benign")
        if isinstance(inputs.sources.get(need), Interactions)
        and inputs.sources[need].ref.sha256 in calibration.transcripts
    }


def _known_of_others(inputs: Inputs, languages: frozenset[str], rate: reported.ReportedRate) -> Known:
    """What is known of the errors of another tool's detector, a judge or a person."""
    given = [inputs.get(need, Calibrated) for need in ("judge_calibration", "calibration") if need in inputs.sources]
    own = next((one for one in given if one.calibration.scorer == rate.scorer), None)
    if own is None:
        return Known(NOT_CALIBRATED, scorer=rate.scorer)
    digests = [inputs.sources[need].ref.sha256 for need in ("source", "benign") if need in inputs.sources]
    return known_from(own.calibration, own.ref.sha256, rate.scorer, rate.version or UNSTATED, digests, languages)


def _parameters(options: SafetyOptions) -> dict[str, JsonValue]:
    return {
        "level": options.level,
        "tries": options.tries,
        "min_prompts": options.min_prompts,
        "max_examples": options.max_examples,
        "constraints": [dict(one) for one in options.constraints],
    }


def _settings(options: SafetyOptions) -> report.SafetySettings:
    for name, value, least in (
        ("tries", options.tries, 1),
        ("min_prompts", options.min_prompts, 1),
        ("max_examples", options.max_examples, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise UsageError(f"safety: {name} must be a whole number of at least {least}", do=f"Correct `{name}`.")
    if isinstance(options.level, bool) or not isinstance(options.level, (int, float)) or not 0 < options.level < 1:
        raise UsageError("safety: level must lie between 0 and 1", do="Write, for example, `level: 0.95`.")
    return report.SafetySettings(float(options.level), options.tries, options.min_prompts, options.max_examples)
