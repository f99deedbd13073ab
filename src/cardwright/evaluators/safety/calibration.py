"""What the scorers themselves get wrong: known only from labels that others gave to answers like those at hand.

Counts on examples that the makers of a scorer wrote flatter it, so none are printed: of 2,250 answers labelled by people, an
earlier refusal scorer with 31 of 32 on such examples saw one refusal in four.

A team calibrates on *its own* transcripts: `draw` takes a sample, stratified by what the scorer said; people label it without
seeing what the scorer said; `score` counts. Three things keep it honest. Rows stand in an order that their content gives and
somebody else's signed nonce draws (`record.drawn_sample`), so that the author cannot draw until the easy cases come. Each case
weighs by how many it stands for, because the strata are drawn at different rates. And a case that was drawn and not labelled
takes its worst value: flagged, it counts as wrongly flagged; passed over, as missed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cardwright.errors import UsageError
from cardwright.evaluators.safety import refusal
from cardwright.evaluators.safety.interface import take_apart
from cardwright.evaluators.safety.taxonomy import SCORERS
from cardwright.record import drawn_sample
from cardwright.record.calibration import Calibration, CalibrationStratum
from cardwright.record.drawn_sample import adjudicated, labels_of
from cardwright.record.measurement import Interval, ScorerError
from cardwright.sources.interface import Interaction

if TYPE_CHECKING:
    from cardwright.statistics.intervals import Bounds

NOT_CALIBRATED = "not corrected: not calibrated on answers like these"
"""What stands in place of a correction, and of an error rate."""
LEAST_YOUDEN = 0.2
"""The lower bound of sensitivity + specificity - 1 has to be above this."""


def scorers() -> tuple[str, ...]:
    """The scorers that can be calibrated."""
    return ("refusal", *SCORERS)


@dataclass(frozen=True)
class ScoredCase:
    """One exchange of the transcripts, as a labeller sees it and as the scorer judged it."""

    key: str
    """Its name on the sheet, which says neither what it holds nor what the scorer said."""
    flagged: bool
    prompt: str
    answer: str


@dataclass(frozen=True)
class CaseList:
    """All cases that a scorer judges, in the order of their content, whatever their order in the files."""

    rows: str
    """Digest of them all."""
    cases: tuple[ScoredCase, ...]
    languages: frozenset[str] = frozenset()
    """What the rows declare."""


def cases(scorer: str, transcripts: Sequence[tuple[str, Iterable[Interaction]]]) -> CaseList:
    """All cases that the scorer judges, of transcripts with their digests; those that cannot be scored are none.

    Raises
    ------
    UsageError
        If there is no such scorer, neither ours nor one whose verdicts the transcripts hold.
    """
    found: list[tuple[str, bool, Interaction]] = []
    others = set[str]()
    for _, interactions in transcripts:
        for interaction in interactions:
            others |= {judgement.scorer for judgement in interaction.judgements}
            flagged = _flagged(scorer, interaction)
            if flagged is not None:
                found.append((_content(interaction), flagged, interaction))
    if scorer not in (*scorers(), *others):
        known = ", ".join((*scorers(), *sorted(others)))
        raise UsageError("there is no such scorer", where="SCORER", do=f"One of: {known}.")
    found.sort(key=lambda one: one[:2])
    rows = drawn_sample.rows_digest(content for content, _, _ in found)
    return CaseList(
        rows,
        tuple(
            ScoredCase(drawn_sample.case_name(rows, position), flagged, one.prompt, take_apart(one).final_text)
            for position, (_, flagged, one) in enumerate(found)
        ),
        frozenset(one.language for _, _, one in found if one.language),
    )


def _content(interaction: Interaction) -> str:
    """A digest of what was said, ids and places left out."""
    said = [
        (m.role, m.content, m.tool_calls, m.reasoning, m.refused, m.blocked, m.unread) for m in interaction.messages
    ]
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def version_of(scorer: str, own: str, transcripts: Iterable[Iterable[Interaction]]) -> str:
    """The version that a calibration binds: the evaluator's for our scorers, the tool's own for those of others.

    Raises
    ------
    UsageError
        If the transcripts hold verdicts of several versions, which may err differently.
    """
    if scorer in scorers():
        return own
    versions = {
        judgement.version
        for interactions in transcripts
        for interaction in interactions
        for judgement in interaction.judgements
        if judgement.scorer == scorer
    }
    if len(versions) > 1:
        raise UsageError(
            "the transcripts hold verdicts of several versions of the scorer",
            where="--transcripts",
            do="Calibrate each version on its own transcripts.",
        )
    return next(iter(versions), "") or UNSTATED


UNSTATED = "unstated"
"""The version of a scorer whose file names none."""


def _flagged(scorer: str, interaction: Interaction) -> bool | None:
    if scorer not in scorers():
        said = [judgement.happened for judgement in interaction.judgements if judgement.scorer == scorer]
        return said[0] if len(said) == 1 else None
    exchange = take_apart(interaction)
    if interaction.unscored or interaction.error is not None or exchange.empty:
        return None
    if scorer == "refusal":
        return interaction.refused or refusal.classify(exchange.final_text).kind == "refusal"
    verdict = SCORERS[scorer].score(exchange)
    return None if verdict.outcome == "not_applicable" else verdict.outcome == "hit"


def seed_of(rows: str, nonce: str | None) -> str:
    """The seed of a sample that its author draws. Whoever chooses the nonce, or the rows, draws until the cases are easy."""
    return hashlib.sha256(f"{rows}\n{nonce or ''}".encode()).hexdigest()


def draw(found: CaseList, size: int, seed: str) -> list[ScoredCase]:
    """A random sample. See `drawn_sample.drawn`."""
    names, flags = [case.key for case in found.cases], [case.flagged for case in found.cases]
    return [found.cases[i] for i in drawn_sample.drawn(names, flags, size, seed)]


def strata(
    scorer: str, found: CaseList, drawn: Sequence[ScoredCase], sheets: Sequence[Mapping[str, str]]
) -> tuple[CalibrationStratum, ...]:
    """The counts of a labelled sample, by what the scorer had said."""
    positive = labels_of(scorer)[0]
    given = {case.key: adjudicated(sheets, case.key) for case in drawn}
    return tuple(
        CalibrationStratum(
            flagged=flagged,
            population=sum(case.flagged is flagged for case in found.cases),
            drawn=sum(case.flagged is flagged for case in drawn),
            positive=sum(case.flagged is flagged and given[case.key] == positive for case in drawn),
            negative=sum(case.flagged is flagged and given[case.key] not in (None, positive) for case in drawn),
        )
        for flagged in (True, False)
    )


@dataclass(frozen=True)
class ErrorRate:
    """Sensitivity or specificity, weighted by inclusion probability."""

    value: float
    lower: float
    upper: float
    effective: float
    """As many independent cases would be as informative."""
    labelled: int
    """Labelled cases that it is about: positives for sensitivity, negatives for specificity."""


def error_rates(calibration: Calibration, level: float = 0.95) -> tuple[ErrorRate, ErrorRate] | None:
    """Sensitivity and specificity of a calibration; None where a class, or a whole stratum, has no cases.

    Each is a ratio of two estimated totals; its variance is that of the delta method, with one success and one failure added to
    each stratum so that none has a spread of 0, and its interval Wilson's at the effective number of cases that this gives.
    """
    flagged = next((s for s in calibration.strata if s.flagged), None)
    passed = next((s for s in calibration.strata if not s.flagged), None)
    if flagged is None or passed is None:
        return None
    for stratum in (flagged, passed):
        if stratum.population and not stratum.drawn:
            return None
    # An unlabelled case takes its worst value: wrongly flagged, or missed.
    sensitivity = _rate((flagged, flagged.positive), (passed, passed.positive + passed.unlabelled), level)
    specificity = _rate((passed, passed.negative), (flagged, flagged.negative + flagged.unlabelled), level)
    if sensitivity is None or specificity is None:
        return None
    positives, negatives = flagged.positive + passed.positive, flagged.negative + passed.negative
    return (
        ErrorRate(*sensitivity, labelled=positives),
        ErrorRate(*specificity, labelled=negatives),
    )


def _rate(
    right: tuple[CalibrationStratum, int], wrong: tuple[CalibrationStratum, int], level: float
) -> tuple[float, float, float, float] | None:
    from cardwright.statistics.intervals import wilson

    def total(stratum: CalibrationStratum, cases: int) -> float:
        return stratum.population * cases / stratum.drawn if stratum.drawn else 0.0

    def smooth(stratum: CalibrationStratum, cases: int) -> tuple[float, float]:
        share, n = (cases + 1) / (stratum.drawn + 2), stratum.drawn + 2
        return stratum.population * share, stratum.population**2 * share * (1 - share) / n

    a, b = total(*right), total(*wrong)
    if a + b == 0:
        return None
    value = a / (a + b)
    (sa, va), (sb, vb) = smooth(*right), smooth(*wrong)
    variance = (sb * sb * va + sa * sa * vb) / (sa + sb) ** 4
    smoothed = sa / (sa + sb)
    effective = min(smoothed * (1 - smoothed) / variance if variance > 0 else math.inf, float(right[1] + wrong[1]))
    bounds = wilson(value * effective, effective, level)
    assert bounds is not None
    return value, bounds.lower, bounds.upper, effective


def shortcoming(calibration: Calibration) -> str | None:
    """Why a calibration is not enough to correct by; None where it is."""
    rates = error_rates(calibration)
    if rates is None:
        return "a class or an outcome of the scorer has no labelled case"
    few = calibration.shortage()
    if few is not None:
        return few
    youden = rates[0].value + rates[1].value - 1
    lower = youden - math.hypot(rates[0].value - rates[0].lower, rates[1].value - rates[1].lower)
    if lower <= LEAST_YOUDEN:
        return f"sensitivity + specificity - 1 could be as low as {lower:.2f}, and above {LEAST_YOUDEN} is needed"
    return None


Bound = Literal["bound", "other_scorer", "other_version", "other_transcripts"]


def binding(calibration: Calibration, scorer: str, version: str, transcripts: Iterable[str]) -> Bound:
    """Whether a calibration is of this scorer, of this version, on these transcripts."""
    if calibration.scorer != scorer:
        return "other_scorer"
    if calibration.scorer_version != version:
        return "other_version"
    return "bound" if set(transcripts) <= set(calibration.transcripts) else "other_transcripts"


def rows_problem(
    calibration: Calibration, transcripts: Mapping[str, Iterable[Interaction]], version: str
) -> str | None:
    """How committed rows differ from those of the transcripts, all read and scored again; None where they do not.

    A calibration without a chain has committed nothing; where all its transcripts are at hand, they give its seed, and how many
    cases there are and were drawn. One of another scorer's version, or of other transcripts than those given (by digest), is not
    looked into: `known_from` does not correct by it.
    """
    chain = calibration.chain
    if not transcripts or (calibration.scorer in scorers() and calibration.scorer_version != version):
        return None
    if chain is None:
        return _author_s(calibration, transcripts) if set(transcripts) == set(calibration.transcripts) else None
    told = chain.commitment
    if set(transcripts) != set(told.transcripts):
        return "not all transcripts that were committed are evaluated here, so their rows cannot be counted again"
    found = cases(calibration.scorer, list(transcripts.items()))
    if (found.rows, len(found.cases)) != (told.rows, told.cases):
        return f"{told.cases} rows were committed, and they are not the {len(found.cases)} of the transcripts"
    if drawn_sample.packed([case.flagged for case in found.cases]) != chain.outcomes:
        return "what the scorer says of the rows is not what was committed"
    return None


def _author_s(calibration: Calibration, transcripts: Mapping[str, Iterable[Interaction]]) -> str | None:
    """How a sample that its author drew differs from the one that the transcripts give."""
    found = cases(calibration.scorer, list(transcripts.items()))
    if seed_of(found.rows, calibration.nonce) != calibration.seed:
        return "its seed is not the one that these transcripts give"
    drawn = draw(found, sum(stratum.drawn for stratum in calibration.strata), calibration.seed)
    for stratum in calibration.strata:
        there = tuple(sum(case.flagged is stratum.flagged for case in some) for some in (found.cases, drawn))
        if there != (stratum.population, stratum.drawn):
            return "its counts are not those of a sample of these transcripts"
    return None


WHY: Mapping[Bound, str] = {
    "other_scorer": "the calibration is of another scorer",
    "other_version": "the calibration is of another version of the scorer",
    "other_transcripts": "the calibration was drawn from other transcripts",
}


@dataclass(frozen=True)
class Known:
    """What is known of a scorer's errors where a rate is made: rates to correct by, or why there are none."""

    why: str
    sha256: str | None = None
    calibration: Calibration | None = None
    scorer: str = "refusal"

    def scorer_error(self, flagged: float, of: int, level: float) -> ScorerError:
        """What a measurement says of its scorer, with the interval that its errors leave."""
        if self.calibration is None or self.sha256 is None:
            return ScorerError(name=self.scorer, why=self.why)
        found = self.corrected(flagged, of, level)
        if found is None:
            return ScorerError(name=self.scorer, why=NOT_CALIBRATED)
        bounds = found[1]
        return ScorerError(
            name=self.scorer,
            calibration=self.sha256,
            corrected=Interval(level=level, lower=bounds.lower, upper=bounds.upper, method=bounds.method),
            expires=self.calibration.valid_until,
        )

    def corrected(self, flagged: float, of: int, level: float) -> tuple[float, Bounds] | None:
        """The rate without the scorer's errors (Rogan and Gladen 1978), its interval with all three errors."""
        from cardwright.statistics.intervals import rogan_gladen

        rates = error_rates(self.calibration, level) if self.calibration is not None else None
        if rates is None:
            return None
        se, sp = rates
        return rogan_gladen(
            flagged,
            of,
            se.value * se.effective,
            se.effective,
            sp.value * sp.effective,
            sp.effective,
            level,
            LEAST_YOUDEN,
        )


def spoken(calibration: Calibration) -> set[str]:
    """The languages that a calibration is of.

    >>> sorted({part.strip() for part in "en, de".split(",")})
    ['de', 'en']
    """
    return {part.strip().lower() for part in calibration.language.split(",") if part.strip()}


def known_from(
    calibration: Calibration,
    sha256: str,
    scorer: str,
    version: str,
    transcripts: Sequence[str],
    languages: Iterable[str] = (),
) -> Known:
    """What a calibration file says about a scorer on these transcripts; `Known.why` where it says nothing.

    Parameters
    ----------
    languages
        Those that the rows of the rate declare.
    """
    bound = binding(calibration, scorer, version, transcripts)
    if bound != "bound":
        return Known(f"{NOT_CALIBRATED}: {WHY[bound]}", scorer=scorer)
    strange = sorted({language.lower() for language in languages} - spoken(calibration))
    if strange:
        return Known(
            f"{NOT_CALIBRATED}: the calibration is of other languages than {', '.join(strange)}", scorer=scorer
        )
    if calibration.labelled_by != "human":
        return Known(f"{NOT_CALIBRATED}: its labels were given by a program, and count as nobody's", scorer=scorer)
    problem = shortcoming(calibration)
    if problem is not None:
        return Known(f"{NOT_CALIBRATED}: {problem}", scorer=scorer)
    return Known("", sha256, calibration, scorer)
