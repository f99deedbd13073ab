"""What a calibration says of the detector, beside what it found here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cardwright.evaluators.pii.calibration import ANY
from cardwright.evaluators.pii.tables import columns_shown
from cardwright.evaluators.pii.tally import PiiTally, ScanSettings, hits_in_all
from cardwright.record.detector_calibration import DetectorCalibration, KindErrors, SpanAgreement
from cardwright.record.evaluation import Table as RecordTable
from cardwright.record.measurement import Interval, Measured, Sampling, Unmeasured

AGREEMENTS = ("overlap", "exact")


def mismatch(calibration: DetectorCalibration, version: str, settings: ScanSettings, countries: object) -> str | None:
    """Why a calibration is not of the detector that looked; None if it is."""
    if calibration.detector_version != version:
        return f"it is of version {calibration.detector_version} of the evaluator, and this is {version}"
    if calibration.models != tuple(sorted(model.sha256 for model in settings.models)):
        return "it is of other models of names"
    if dict(calibration.thresholds) != dict(settings.thresholds):
        return "it counted hits from other scores on"
    if calibration.countries != countries:
        return "it looked for the numbers of other countries"
    return None


def error_measurements(calibration: DetectorCalibration, settings: ScanSettings) -> Iterator[Measured | Unmeasured]:
    """`pii_recall` and `pii_precision` by kind and by what counts as agreeing."""
    for kind in calibration.kinds:
        if kind.entity not in (*settings.entities, ANY):
            continue
        for agreement in AGREEMENTS:
            one: SpanAgreement = getattr(kind, agreement)
            at: Mapping[str, str | None] = {"entity": kind.entity, "agreement": agreement}
            yield _share("pii_recall", at, one.found, kind.marked, one.recall)
            yield _share("pii_precision", at, one.right, kind.reported, one.precision)


def _share(
    metric: str, at: Mapping[str, str | None], part: int, whole: int, interval: Interval | None
) -> Measured | Unmeasured:
    if not whole:
        why = (
            "nothing of the kind was reported on the marked texts"
            if metric == "pii_precision"
            else "nothing was marked"
        )
        return Unmeasured(metric=metric, slice=dict(at), code="undefined", reason=f"No share: {why}.", denominator=0.0)
    return Measured(
        metric=metric,
        slice=dict(at),
        value=part / whole,
        unit="proportion",
        direction="higher_is_better",
        interval=interval,
        sampling=Sampling(unit="span", units=whole, observations=whole, design="unstated"),
        numerator=float(part),
        denominator=float(whole),
    )


def errors_table(calibration: DetectorCalibration, tally: PiiTally) -> RecordTable:
    """Recall and precision by kind, and how many of the hits here are false if they were as precise here."""
    return RecordTable(
        id="detector_errors",
        title=f"What the detector found and missed on {calibration.texts} marked texts (one character in common), and hits here",
        columns=columns_shown(
            entity="Kind",
            marked=("Marked there", "count"),
            recall=("Recall there", "proportion"),
            recall_lower=("lower bound", "proportion"),
            recall_upper=("upper bound", "proportion"),
            reported=("Reported there", "count"),
            precision=("Precision there", "proportion"),
            precision_lower=("lower bound, precision", "proportion"),
            precision_upper=("upper bound, precision", "proportion"),
            hits=("Hits here", "count"),
            false=("Of them false, if as precise here", "count"),
        ),
        rows=tuple(_row(kind, tally) for kind in calibration.kinds if kind.entity != ANY),
    )


def _row(kind: KindErrors, tally: PiiTally) -> tuple[str | float | None, ...]:
    one = kind.overlap
    hits = hits_in_all(tally, "hits", kind.entity)
    precision = one.right / kind.reported if kind.reported else None
    return (
        kind.entity,
        float(kind.marked),
        one.found / kind.marked if kind.marked else None,
        *_bounds(one.recall),
        float(kind.reported),
        precision,
        *_bounds(one.precision),
        float(hits),
        None if precision is None else round(hits * (1 - precision), 1),
    )


def _bounds(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.lower, interval.upper)


def in_words(calibration: DetectorCalibration) -> str:
    """What a calibration is of, in a sentence."""
    return (
        f"What the detector misses was counted on {calibration.texts} marked texts ({calibration.source}; language "
        f"{calibration.language}; marked by {_BY[calibration.labelled_by]}; {calibration.made_on}; sha256 "
        f"{calibration.labels_sha256[:16]}…), which are not the texts here."
    )


_BY = {"human": "people", "generator": "the generator that wrote them", "program": "another program"}

__all__ = ["AGREEMENTS", "error_measurements", "errors_table", "in_words", "mismatch"]
