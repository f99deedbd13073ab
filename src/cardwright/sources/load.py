"""From what the plan says about a source to the source: opened, its columns checked, its groups and classes found.

One pass over the columns that play a part finds groups and classes and refuses what no number should be made of: scores
outside [0, 1], missing outcomes, labels that never match `favourable`, a stray dot or blank that makes a second label of one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cardwright.errors import SourceError, UsageError, did_you_mean, nearest
from cardwright.record.base import label as as_label
from cardwright.record.provenance import DatasetRef
from cardwright.sources.files import FileRows, open_rows
from cardwright.sources.interface import (
    Attribute,
    Interactions,
    Model,
    Predictions,
    Rows,
    Source,
    Table,
    Target,
    Task,
    Texts,
)
from cardwright.sources.shape import coded_batches, require_columns
from cardwright.sources.spec import (
    InteractionsSpec,
    ModelSpec,
    PredictionsOptions,
    PredictionsSpec,
    RowsOptions,
    SensitiveSpec,
    TableOptions,
    TableSpec,
    TargetSpec,
    TextsOptions,
    TextsSpec,
)

if TYPE_CHECKING:
    import pyarrow

MAX_GROUPS = 200
"""The largest number of values of a sensitive attribute; more are a name or a number, not groups."""

MAX_CLASSES = 1000
"""The largest number of classes."""

MAX_CODES = 20
"""Whole numbers with more different values than this may be amounts as well as classes, so the plan has to say which."""

UNKNOWN_WORDS = frozenset(
    {
        "", "#n/a", "#na", "<na>", "?", "information not provided", "missing", "n/a", "na", "nan", "not known",
        "not provided", "not reported", "not stated", "null", "prefer not to answer", "prefer not to say", "undisclosed",
        "unknown", "unspecified",
    }
)  # fmt: skip
"""Words that say that membership is not known, whatever their case and the blanks around them. A plan that declares one of
them as a group is obeyed. `none` and `other` are not among them: they can be groups."""


def load(
    spec: PredictionsSpec | TableSpec | TextsSpec | InteractionsSpec | TargetSpec | ModelSpec,
    name: str,
    base: Path,
    *,
    predictions: Predictions | None = None,
) -> Source:
    """Open a source of the plan.

    Parameters
    ----------
    spec
        What the plan says about it.
    name
        Its key under `sources:`.
    base
        The folder of the plan; every path is inside it.
    predictions
        For a model: what it predicted, which says its features, its task and the favourable outcome where the plan does not.

    Raises
    ------
    SourceError
        Where the file cannot be read as the plan says: file, line or column, and what to do.
    UnsafeError
        Where reading it would run code that nobody has said may run.
    MissingExtraError
        Where a library is not installed.
    """
    if isinstance(spec, PredictionsSpec):
        rows = open_rows(base / spec.predictions, where=spec.predictions)
        return predictions_of(spec, rows, _ref(spec, name, "predictions", spec.predictions, rows))
    if isinstance(spec, TableSpec):
        rows = open_rows(base / spec.table, where=spec.table)
        return table_of(spec, rows, _ref(spec, name, "table", spec.table, rows))
    if isinstance(spec, TextsSpec):
        rows = open_rows(base / spec.texts, where=spec.texts)
        return texts_of(spec, rows, _ref(spec, name, "texts", spec.texts, rows))
    if isinstance(spec, InteractionsSpec):
        return _interactions(spec, name, base)
    if isinstance(spec, TargetSpec):
        return _target(spec, name, base)
    return _model(spec, name, base, predictions)


def _interactions(spec: InteractionsSpec, name: str, base: Path) -> Interactions:
    from cardwright.sources.interactions import interactions_of

    rows = open_rows(base / spec.interactions, where=spec.interactions)
    return interactions_of(spec, rows, _ref(spec, name, "interactions", spec.interactions, rows))


def _target(spec: TargetSpec, name: str, base: Path) -> Target:
    from cardwright.sources.target import open_target

    return open_target(spec, name, base)


def _model(spec: ModelSpec, name: str, base: Path, predictions: Predictions | None) -> Model:
    from cardwright.sources.models import load_model

    return load_model(
        base / spec.model,
        spec.features or (predictions.features if predictions else ()),
        spec.trusted,
        name=name,
        role=spec.role or "model",
        where=spec.model,
        task=spec.task or (predictions.task if predictions else None),
        favourable=spec.favourable or (predictions.favourable if predictions else None),
        classes=spec.classes or None,
        output=spec.output,
        module=spec.module,
        arguments=spec.arguments,
        trust=spec.trust,
        base=base,
    )


def _ref(
    spec: PredictionsSpec | TableSpec | TextsSpec | InteractionsSpec,
    name: str,
    kind: Literal["predictions", "table", "texts", "interactions"],
    path: str,
    rows: FileRows,
) -> DatasetRef:
    return DatasetRef(
        name=name,
        role=spec.role or name,
        split=spec.split,
        kind=kind,
        path=path,
        format=rows.format,
        sha256=rows.sha256,
        rows=rows.num_rows,
        columns=rows.columns,
        filter=spec.filter,
    )


# --- what the rows say ---------------------------------------------------------------------------------------------------


class _Values:
    """The different values of a column, as labels with their counts, up to a limit."""

    def __init__(self, limit: int, blank_is_missing: bool) -> None:
        self.limit = limit
        self.blank_is_missing = blank_is_missing
        self.counts: dict[str, int] = {}
        self.missing = 0
        self.too_many = False
        self.whole = True
        self.finite = True

    def see(self, array: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_floating(array.type):
            array = pc.if_else(pc.is_nan(array), None, array)
            self._see_numbers(array)
        self.missing += array.null_count
        if self.too_many:
            return
        counted = _counted(array)
        if len(counted) > self.limit:
            self.too_many = True
            return
        for value, count in counted:
            name = as_label(value)
            if self.blank_is_missing and not name.strip():
                self.missing += count
                continue
            self.counts[name] = self.counts.get(name, 0) + count
        self.too_many = len(self.counts) > self.limit

    def _see_numbers(self, array: Any) -> None:
        import pyarrow.compute as pc

        finite = array.filter(pc.fill_null(pc.is_finite(array), False))
        self.finite = self.finite and len(finite) == len(array) - array.null_count
        if self.whole and len(finite):
            self.whole = bool(pc.all(pc.equal(finite, pc.floor(finite))).as_py())

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(sorted(self.counts))


_SPAN = 64
"""Whole numbers this near to each other are counted in a table of so many places."""


def _counted(array: Any) -> list[tuple[Any, int]]:
    """The different values of a column that are not missing, and how many rows have each."""
    import numpy as np
    import pyarrow as pa

    present = array.drop_null() if array.null_count else array
    if pa.types.is_dictionary(array.type):
        values = present.dictionary.to_pylist()
        counts = np.bincount(present.indices.to_numpy(zero_copy_only=False), minlength=len(values)).tolist()
        found: dict[Any, int] = {}  # a dictionary may hold a value twice, and values that no row has
        for value, count in zip(values, counts, strict=True):
            if count and value is not None:
                found[value] = found.get(value, 0) + count
        return list(found.items())
    if pa.types.is_integer(array.type) and len(present):
        whole = present.to_numpy(zero_copy_only=False)
        least, most = int(whole.min()), int(whole.max())
        if most - least < _SPAN:
            counts = np.bincount((whole - whole.min()).astype(np.int64)).tolist()
            return [(least + place, count) for place, count in enumerate(counts) if count]
    counted = present.value_counts()
    return list(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))


class _Numbers:
    """Whether the numbers of a column are there, finite, and inside bounds."""

    def __init__(self, lower: float, upper: float) -> None:
        self.lower = lower
        self.upper = upper
        self.missing = 0
        self.outside = 0
        self.first: int | None = None
        self.rows = 0

    def see(self, array: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        numbers = array if pa.types.is_floating(array.type) else array.cast(pa.float64(), safe=False)
        present = pc.fill_null(pc.invert(pc.is_nan(numbers)), False)
        inside = pc.and_(pc.greater_equal(numbers, self.lower), pc.less_equal(numbers, self.upper))
        wrong = pc.and_(present, pc.invert(pc.fill_null(pc.and_(inside, pc.is_finite(numbers)), True)))
        self.missing += len(array) - (pc.sum(present).as_py() or 0)
        found = pc.sum(wrong).as_py() or 0
        if found and self.first is None:
            self.first = self.rows + pc.index(wrong, True).as_py() + 1
        self.outside += found
        self.rows += len(array)


class _Missing:
    """How many cells of a column are missing."""

    def __init__(self) -> None:
        self.missing = 0

    def see(self, array: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self.missing += array.null_count
        if pa.types.is_floating(array.type):
            self.missing += pc.sum(pc.is_nan(array)).as_py() or 0


class _Decisions:
    """Whether the supplied decisions are the ones that the threshold makes of the scores."""

    def __init__(self, threshold: float, favourable: str) -> None:
        self.threshold = threshold
        self.favourable = favourable
        self.differ = 0
        self.rows = 0

    def see(self, prediction: Any, score: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        unique = pc.unique(prediction)
        if len(unique) > MAX_CLASSES:
            return  # refused as classes already
        favoured = [value for value in unique.to_pylist() if value is not None and as_label(value) == self.favourable]
        said = pc.is_in(prediction, value_set=pa.array(favoured, type=prediction.type))
        made = pc.greater_equal(score.cast(pa.float64(), safe=False), self.threshold)
        self.differ += pc.sum(pc.not_equal(said, made)).as_py() or 0
        self.rows += len(prediction)


def _scan(rows: Rows, parts: Iterable[tuple[Any, tuple[str, ...]]]) -> None:
    """Hand every batch of the columns to those that count them, in one pass: one thread reads, another counts."""
    counters = list(parts)
    columns = sorted({column for _, names in counters for column in names})
    if not columns:
        return
    few = {names[0] for counter, names in counters if isinstance(counter, _Values)}
    others = {column for counter, names in counters if not isinstance(counter, _Values) for column in names}

    def see(batch: Any) -> None:
        for counter, names in counters:
            counter.see(*(batch.column(name) for name in names))

    with ThreadPoolExecutor(1) as pool:
        under_way: deque[Future[None]] = deque()
        for batch in coded_batches(rows, columns, sorted(few - others)):
            under_way.append(pool.submit(see, batch))
            if len(under_way) > _AHEAD:
                under_way.popleft().result()
        for future in under_way:
            future.result()


_AHEAD = 4
"""Batches that are read before the first of them is counted."""


def _type(rows: Rows, column: str) -> pyarrow.DataType:
    return rows.schema.field(column).type


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _require_number(rows: Rows, column: str, part: str, where: str) -> None:
    if not _is_number(_type(rows, column)):
        raise SourceError(
            f'column "{column}" holds {_type(rows, column)}, and `{part}` needs numbers',
            where=where,
            do="Name a column of numbers, or write its numbers plainly: a decimal point, no blanks, no units.",
        )


def _require_plain(rows: Rows, column: str, part: str, where: str) -> None:
    import pyarrow as pa

    kind = _type(rows, column)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        raise SourceError(
            f'column "{column}" holds {kind}, and `{part}` needs single values',
            where=where,
            do="Name a column of words, numbers or truth values.",
        )


# --- predictions ---------------------------------------------------------------------------------------------------------


def predictions_of(spec: PredictionsOptions, rows: Rows, ref: DatasetRef) -> Predictions:
    """Predictions over rows that are open: columns checked, task told, classes and groups found.

    Raises
    ------
    SourceError
    UsageError
        Where the task cannot be told and the plan does not say it.
    """
    where = ref.path or ref.name
    _require_parts(spec, rows, where, spec.prediction, spec.score, *spec.strata, *spec.features)
    outcome, said = _Values(MAX_CLASSES, True), _Values(MAX_CLASSES, True)
    scores, weights = _Numbers(0.0, 1.0), _Numbers(0.0, float("inf"))
    groups = {column: _Values(MAX_GROUPS, False) for column in spec.sensitive}
    persons = _Missing()
    parts: list[tuple[Any, tuple[str, ...]]] = [(outcome, (spec.label,))]
    parts += [(counter, (column,)) for column, counter in groups.items()]
    _require_plain(rows, spec.label, "label", where)
    if spec.prediction is not None:
        _require_plain(rows, spec.prediction, "prediction", where)
        parts.append((said, (spec.prediction,)))
    if spec.score is not None:
        _require_number(rows, spec.score, "score", where)
        parts.append((scores, (spec.score,)))
    if spec.weight is not None:
        parts.append((weights, (spec.weight,)))
    if spec.person is not None:
        parts.append((persons, (spec.person,)))
    decisions: _Decisions | None = None
    if spec.score and spec.prediction and spec.threshold is not None and spec.favourable is not None:
        decisions = _Decisions(spec.threshold, spec.favourable)
        parts.append((decisions, (spec.prediction, spec.score)))
    _scan(rows, parts)

    _refuse_missing(outcome.missing, ref.rows, spec.label, "outcome", where)
    _refuse_missing(said.missing, ref.rows, spec.prediction, "prediction", where)
    _refuse_scores(scores, spec.score, where)
    _refuse_weights(weights, spec.weight, where)
    _refuse_missing(persons.missing, ref.rows, spec.person, "person", where)
    task = _task(spec, rows, outcome, said, where)
    classes: tuple[str, ...] = ()
    if task == "regression":
        for part, column, values in (("label", spec.label, outcome), ("prediction", spec.prediction, said)):
            if column is not None:
                _require_number(rows, column, part, where)
                if not values.finite:
                    raise SourceError(f'column "{column}" holds infinite numbers', where=where, do="Remove them.")
    else:
        classes = _classes(spec, task, outcome, said, where)
    if decisions is not None and decisions.differ:
        raise SourceError(
            f'{decisions.differ} of {decisions.rows} decisions in column "{spec.prediction}" are not those that '
            f'"{spec.score}" >= {spec.threshold} makes',
            where=where,
            do="Correct `threshold:`, or leave out `threshold:` or `prediction:`.",
        )
    return Predictions(
        ref=ref,
        rows=rows,
        task=task,
        label=spec.label,
        prediction=spec.prediction,
        score=spec.score,
        threshold=spec.threshold,
        threshold_selected_on=spec.threshold_selected_on,
        favourable=spec.favourable if task == "binary" else None,
        classes=classes,
        sensitive=_attributes(spec, groups, where),
        strata=spec.strata,
        weight=spec.weight,
        unit=spec.unit,
        person=spec.person,
        features=spec.features,
        design=spec.design,
    )


def _require_parts(spec: RowsOptions, rows: Rows, where: str, *others: str | None) -> None:
    wanted = [spec.label, *spec.sensitive, spec.weight, spec.person, *others]
    require_columns(rows.schema.names, [column for column in wanted if column is not None], where)
    for column in spec.sensitive:
        _require_plain(rows, column, "sensitive", where)
    if spec.weight is not None:
        _require_number(rows, spec.weight, "weight", where)


def _refuse_missing(missing: int, total: int | None, column: str | None, part: str, where: str) -> None:
    if column is not None and missing:
        raise SourceError(
            f'{missing} of {total} rows have no {part}: column "{column}" is empty there',
            where=where,
            do="Leave such rows out and say so with `filter:`, or fill them from their source.",
        )


def _refuse_scores(scores: _Numbers, column: str | None, where: str) -> None:
    if column is None:
        return
    _refuse_missing(scores.missing, scores.rows, column, "score", where)
    if scores.outside:
        raise SourceError(
            f'{scores.outside} of {scores.rows} scores in column "{column}" lie outside [0, 1], first in row {scores.first}',
            where=where,
            do="A score is the probability of the favourable outcome: map logits or points to probabilities first.",
        )


def _refuse_weights(weights: _Numbers, column: str | None, where: str) -> None:
    if column is None:
        return
    _refuse_missing(weights.missing, weights.rows, column, "weight", where)
    if weights.outside:
        raise SourceError(
            f'{weights.outside} weights in column "{column}" are negative or infinite, first in row {weights.first}',
            where=where,
            do="A weight is a number of 0 or more.",
        )


def _task(spec: PredictionsOptions, rows: Rows, outcome: _Values, said: _Values, where: str) -> Task:
    """The task the plan says, else the one that the columns leave no doubt about."""
    if spec.task is not None:
        return spec.task
    if spec.favourable is not None:
        return "binary"
    assert spec.prediction is not None  # a score needs `favourable`, which says the task
    numbers = _is_number(_type(rows, spec.label)) and _is_number(_type(rows, spec.prediction))
    if numbers and not (outcome.whole and said.whole):
        return "regression"
    several = outcome.too_many or said.too_many
    different = len(set(outcome.counts) | set(said.counts))
    if not several and different <= 2:
        raise UsageError(
            f'column "{spec.label}" has {different} different values, so the task may be binary, and then the plan has to say '
            "which value is good for the person",
            where=where,
            do="Write `favourable:` with that value, or `task: multiclass`.",
        )
    if numbers and (several or different > MAX_CODES or not _is_integer(rows, spec.label, spec.prediction)):
        raise UsageError(
            f'the whole numbers in columns "{spec.label}" and "{spec.prediction}" may be amounts or codes of classes',
            where=where,
            do="Write `task: regression` or `task: multiclass`.",
        )
    return "multiclass"


def _is_integer(rows: Rows, *columns: str) -> bool:
    import pyarrow as pa

    return all(pa.types.is_integer(_type(rows, column)) for column in columns)


def _classes(spec: PredictionsOptions, task: Task, outcome: _Values, said: _Values, where: str) -> tuple[str, ...]:
    for column, values in ((spec.label, outcome), (spec.prediction, said)):
        if values.too_many:
            raise SourceError(
                f'column "{column}" has more than {MAX_CLASSES} different values, which are no classes',
                where=where,
                do="Name another column, or write `task: regression`.",
            )
    classes = tuple(sorted(set(outcome.counts) | set(said.counts)))
    if task == "binary":
        assert spec.favourable is not None
        _require_favourable(spec.favourable, spec.label, outcome.labels, where)
    _refuse_lookalikes(classes, spec.label, where, case=task == "multiclass")
    if task == "binary" and len(classes) > 2:
        predicted = sorted(set(said.counts) - set(outcome.counts))
        also = f' and "{spec.prediction}"' if predicted else ""
        raise SourceError(
            f'column "{spec.label}"{also} has {len(classes)} different outcomes, and a binary task has two',
            where=where,
            do="Write the same two labels everywhere, or `task: multiclass` without `favourable:`.",
        )
    return classes


def _require_favourable(favourable: str, column: str, labels: Sequence[str], where: str) -> None:
    if favourable in labels:
        return
    match = _lookalike(favourable, labels) or nearest(favourable, labels)
    hint = f'The nearest is "{match}".' if match else did_you_mean(favourable, labels) if len(labels) <= 4 else ""
    if favourable in ("true", "false"):
        hint += " YAML reads yes, no, on and off as true and false: write such a word in quotes."
    raise SourceError(
        f'the favourable outcome "{favourable}" is none of the {len(labels)} values of column "{column}"',
        where=where,
        do=f"Write `favourable:` as it stands in the data. {hint}".strip(),
    )


def _bare(text: str, *, case: bool = False) -> str:
    bare = " ".join(text.split()).rstrip(".")
    return bare if case else bare.casefold()


def _lookalike(word: str, labels: Iterable[str]) -> str | None:
    return next((label for label in labels if label != word and _bare(label) == _bare(word)), None)


def _refuse_lookalikes(labels: Sequence[str], column: str, where: str, *, case: bool = False) -> None:
    """Two labels that differ by a dot, a blank or (unless `case` tells labels apart) case are one label, written twice."""
    first: dict[str, str] = {}
    for name in labels:
        other = first.setdefault(_bare(name, case=case), name)
        if other != name:
            raise SourceError(
                f'column "{column}" holds both "{other}" and "{name}", which differ by a dot, a blank or case alone',
                where=where,
                do="Write one label for one outcome.",
            )


# --- groups --------------------------------------------------------------------------------------------------------------


def _attributes(spec: RowsOptions, groups: dict[str, _Values], where: str) -> tuple[Attribute, ...]:
    return tuple(_attribute(column, said, groups[column], where) for column, said in spec.sensitive.items())


def _attribute(column: str, said: SensitiveSpec, values: _Values, where: str) -> Attribute:
    if values.too_many:
        raise SourceError(
            f'column "{column}" has more than {MAX_GROUPS} different values, which are no groups',
            where=where,
            do="Put them into groups first (ages into bands, places into regions), or name another column.",
        )
    declared = set(said.groups or ())
    unknown = set(said.unknown)
    unknown |= {
        name for name in values.counts if " ".join(name.split()).casefold() in UNKNOWN_WORDS and name not in declared
    }
    found = set(values.counts) - unknown
    if said.groups is None:
        _refuse_lookalikes(sorted(found), column, where)
        return Attribute(column, tuple(sorted(found)), tuple(sorted(unknown)))
    stray = sorted(found - declared)
    if stray:
        like = next((other for name in stray if (other := _lookalike(name, declared))), None)
        near = f' One differs from "{like}" by a dot, a blank or case alone.' if like else ""
        rows = sum(values.counts[name] for name in stray)
        raise SourceError(
            f'column "{column}" holds {len(stray)} values, in {rows} rows, that are declared neither as groups nor as unknown',
            where=where,
            do=f"Add them under `groups:` or `unknown:`.{near}",
        )
    return Attribute(column, tuple(sorted(declared)), tuple(sorted(unknown)))


# --- tables and texts ----------------------------------------------------------------------------------------------------


def table_of(spec: TableOptions, rows: Rows, ref: DatasetRef) -> Table:
    """A table over rows that are open: columns checked, classes and groups found.

    A label may be missing in some rows. A label with more different values than classes can have, or with fractions, has no
    classes.

    Raises
    ------
    SourceError
    """
    where = ref.path or ref.name
    _require_parts(spec, rows, where)
    outcome, weights, persons = _Values(MAX_CLASSES, True), _Numbers(0.0, float("inf")), _Missing()
    groups = {column: _Values(MAX_GROUPS, False) for column in spec.sensitive}
    parts: list[tuple[Any, tuple[str, ...]]] = [(counter, (column,)) for column, counter in groups.items()]
    if spec.label is not None:
        _require_plain(rows, spec.label, "label", where)
        parts.append((outcome, (spec.label,)))
    if spec.weight is not None:
        parts.append((weights, (spec.weight,)))
    if spec.person is not None:
        parts.append((persons, (spec.person,)))
    _scan(rows, parts)
    _refuse_weights(weights, spec.weight, where)
    _refuse_missing(persons.missing, ref.rows, spec.person, "person", where)
    classes = () if outcome.too_many or not outcome.whole else outcome.labels
    if spec.favourable is not None and spec.label is not None:
        _require_favourable(spec.favourable, spec.label, outcome.labels, where)
        _refuse_lookalikes(classes, spec.label, where)
    return Table(
        ref=ref,
        rows=rows,
        label=spec.label,
        favourable=spec.favourable,
        classes=classes,
        sensitive=_attributes(spec, groups, where),
        weight=spec.weight,
        unit=spec.unit,
        person=spec.person,
        design=spec.design,
    )


def texts_of(spec: TextsOptions, rows: Rows, ref: DatasetRef) -> Texts:
    """Texts over rows that are open.

    Raises
    ------
    SourceError
        Where a named column is missing or holds no text, or no column does.
    """
    where = ref.path or ref.name
    require_columns(rows.schema.names, [*spec.columns, *([spec.person] if spec.person else [])], where)
    strings = tuple(_string_columns(rows.schema))
    for column in spec.columns:
        if column not in strings:
            raise SourceError(
                f'column "{column}" holds {_type(rows, column)}, not text',
                where=where,
                do=did_you_mean(column, strings),
            )
    columns = spec.columns or tuple(column for column in strings if column != spec.person)
    if not columns:
        raise SourceError("no column holds text", where=where, do="Name it as a `table:`, or name another file.")
    return Texts(ref=ref, rows=rows, columns=columns, person=spec.person)


def _string_columns(schema: Any) -> Iterator[str]:
    import pyarrow as pa

    return (f.name for f in schema if pa.types.is_string(f.type))
