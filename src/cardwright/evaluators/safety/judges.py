"""What files of verdicts say of the exchanges at hand: their agreement, what sways a judge, and people as their own reference.

People's verdicts are a reference only as far as they agree. Where two or more of them judged, the rate lies between the one in
which each exchange that they could not settle is a no, and the one in which it is a yes; one person alone is a scorer of unknown
error.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cardwright.errors import UsageError
from cardwright.record.base import visible
from cardwright.record.evaluation import Table, TableColumn
from cardwright.record.judgements import JudgedRow, Judgements
from cardwright.record.measurement import Interval, Measured, Measurement, Sampling, ScorerError, Unmeasured
from cardwright.sources.interface import Interaction, Judgement, JudgementFile

UNSETTLED = "the raters do not agree, or none could tell"
"""Why an exchange has no verdict."""


def judged_by(files: Sequence[JudgementFile], transcripts: str) -> dict[int, tuple[Judgement, ...]]:
    """Verdicts on the rows of these transcripts, by row."""
    found: dict[int, list[Judgement]] = {}
    for file in files:
        value = file.judgements
        if value.transcripts != transcripts:
            continue
        for row in value.rows:
            why = None if row.happened is not None else UNSETTLED
            found.setdefault(row.row, []).append(Judgement(value.scorer, value.event, row.happened, why, value.version))
    return {number: tuple(said) for number, said in found.items()}


def with_verdicts(interaction: Interaction, said: Sequence[Judgement]) -> Interaction:
    """An exchange with further verdicts."""
    return replace(interaction, judgements=(*interaction.judgements, *said)) if said else interaction


def refuse_strangers(files: Sequence[JudgementFile], transcripts: Sequence[str], where: str) -> None:
    """Refuse verdicts on other transcripts: they would not be counted, and nobody would notice.

    Raises
    ------
    UsageError
    """
    for file in files:
        if file.judgements.transcripts not in transcripts:
            raise UsageError(
                f"the verdicts of {file.judgements.scorer} are on other transcripts",
                where=where,
                do="Judge these transcripts: `cardwright judge`.",
            )
    names = [file.judgements.scorer for file in files]
    if len(set(names)) < len(names):
        raise UsageError(
            "two files of verdicts have the same scorer", where=where, do="Name each judge or group of people apart."
        )


def people(files: Sequence[JudgementFile], scorer: str) -> JudgementFile | None:
    """The file of two or more people's verdicts by this name, if there is one."""
    return next(
        (
            file
            for file in files
            if file.judgements.scorer == scorer and file.judgements.judged_by == "human" and file.judgements.raters > 1
        ),
        None,
    )


def of_people(measured: Measured, unsettled: int, file: JudgementFile, level: float) -> Measured:
    """A rate of people's verdicts with the interval that what they could not settle leaves."""
    from cardwright.statistics.intervals import wilson

    events, n = float(measured.numerator or 0.0), int(measured.denominator or 0)
    total = n + unsettled
    low, high = wilson(events, total, level), wilson(events + unsettled, total, level)
    assert low is not None
    assert high is not None
    interval = Interval(
        level=level, lower=min(low.lower, measured.value), upper=max(high.upper, measured.value), method="worst_case"
    )
    error = ScorerError(name=file.judgements.scorer, calibration=file.ref.sha256, corrected=interval)
    return measured.model_copy(update={"scorer": error})


def measurements(files: Sequence[JudgementFile], level: float) -> Iterator[Measurement]:
    """Agreement of raters and of judges, and how often order and length turn a judge's verdict over."""
    for file in files:
        value = file.judgements
        slice_: dict[str, str | None] = {"scorer": value.scorer}
        if value.raters > 1:
            yield from _raters(value, slice_, level)
        for bias in ("position", "verbosity"):
            pairs = _pairs(value.rows, "swapped" if bias == "position" else "padded")
            if pairs:
                yield _flips(pairs, {**slice_, "bias": bias}, level)
    for number, one in enumerate(files):
        for other in files[number + 1 :]:
            same = one.judgements.transcripts == other.judgements.transcripts
            if same and one.judgements.event == other.judgements.event:
                yield _between(one.judgements, other.judgements, level)


def _pairs(rows: Sequence[JudgedRow], field: str) -> list[tuple[bool, bool]]:
    return [
        (row.said[0], again) for row in rows if (again := getattr(row, field)) is not None and row.said[0] is not None
    ]


def _flips(pairs: Sequence[tuple[bool, bool]], slice_: dict[str, str | None], level: float) -> Measured:
    from cardwright.statistics.intervals import wilson

    flips, n = sum(first != again for first, again in pairs), len(pairs)
    bounds = wilson(flips, n, level)
    assert bounds is not None
    return Measured(
        metric="judge_flip_rate",
        slice=slice_,
        value=flips / n,
        unit="proportion",
        direction="lower_is_better",
        interval=Interval(level=level, lower=bounds.lower, upper=bounds.upper, method="wilson"),
        sampling=Sampling(unit="interaction", units=n, observations=n, design="random"),
        numerator=flips,
        denominator=n,
    )


def _raters(value: Judgements, slice_: dict[str, str | None], level: float) -> Iterator[Measurement]:
    from cardwright.statistics.agreement import cohen_kappa, krippendorff_alpha

    counts = [[sum(one is word for one in row.said) for word in (True, False)] for row in value.rows]
    alpha = krippendorff_alpha(counts, level) if counts else None
    yield _coefficient("krippendorff_alpha", slice_, alpha, level)
    if value.raters == 2:
        table = [[sum(row.said == (a, b) for row in value.rows) for b in (True, False)] for a in (True, False)]
        yield _coefficient("cohen_kappa", slice_, cohen_kappa(table, level) if value.rows else None, level)


def _between(one: Judgements, other: Judgements, level: float) -> Measurement:
    from cardwright.statistics.agreement import cohen_kappa

    said = {row.row: row.happened for row in other.rows}
    pairs = [(row.happened, said.get(row.row)) for row in one.rows]
    table = [[sum(pair == (a, b) for pair in pairs) for b in (True, False)] for a in (True, False)]
    kappa = cohen_kappa(table, level) if any(map(any, table)) else None
    return _coefficient("cohen_kappa", {"scorer": one.scorer, "other": other.scorer}, kappa, level)


def _coefficient(metric: str, slice_: dict[str, str | None], found: object, level: float) -> Measurement:
    from cardwright.statistics.agreement import Agreement

    if not isinstance(found, Agreement):
        reason = "no exchange has two verdicts, or all verdicts are one"
        return Unmeasured(metric=metric, slice=slice_, code="undefined", reason=reason, denominator=0)
    bounds = found.bounds
    return Measured(
        metric=metric,
        slice=slice_,
        value=found.estimate,
        unit="coefficient",
        direction="higher_is_better",
        interval=Interval(level=level, lower=bounds.lower, upper=bounds.upper, method=bounds.method)
        if bounds
        else None,
        denominator=found.units,
    )


def tables(files: Sequence[JudgementFile]) -> tuple[Table, Table]:
    """Who judged, and by which rubric and protocol: a judge's whole prompt, line by line."""
    judged = [file.judgements for file in files]
    return (
        _table(
            "judges",
            "Who judged these exchanges",
            ("scorer", "judged_by", "raters", "version", "judged_on"),
            [(v.scorer, v.judged_by, float(v.raters), v.version, v.judged_on) for v in judged],
        ),
        _table(
            "judges_words",
            "By which words they judged",
            ("scorer", "part", "words"),
            [
                (v.scorer, part, line)
                for v in judged
                for part, text in (("rubric", v.rubric), ("protocol", v.protocol))
                for line in _cells(text)
            ],
        ),
    )


def _table(id_: str, title: str, names: Sequence[str], rows: Sequence[tuple[float | str, ...]]) -> Table:
    columns = tuple(
        TableColumn(name=name, title=name.replace("_", " ").capitalize(), unit="count" if name == "raters" else None)
        for name in names
    )
    return Table(id=id_, title=title, columns=columns, rows=tuple(rows))


def _cells(text: str) -> list[str]:
    """A text as cells of a table, which hold a line of at most 200 characters each."""
    return [part for line in text.splitlines() for part in textwrap.wrap(visible(line), 180)]
