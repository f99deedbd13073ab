"""From what the plan says about a source to the source: opened, its columns checked, its groups and classes found.

One pass over the columns that play a part finds groups and classes and refuses what no number should be made of: scores
outside [0, 1], missing outcomes, labels that never match `favourable`, a stray dot or blank that makes a second label of one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal, Protocol

from cardwright.errors import SourceError, UsageError
from cardwright.privacy.showing import hint, kinds, quoted
from cardwright.record.provenance import DatasetRef
from cardwright.sources.bands import banded
from cardwright.sources.column_scan import (
    MAX_CLASSES,
    MAX_CODES,
    MAX_GRADE,
    MAX_GROUPS,
    UNKNOWN_WORDS,
    ColumnNumbers,
    ColumnValues,
    DecisionLabels,
    MissingCells,
    QueryCandidates,
    is_integer,
    is_number,
    scan_columns,
    string_columns,
    type_of,
)
from cardwright.sources.copied_rows import open_any
from cardwright.sources.files import FileRows, open_rows
from cardwright.sources.interface import (
    Attribute,
    Calibrated,
    DetectorCalibrated,
    FiledRows,
    Interactions,
    JudgementFile,
    LanguageModel,
    Model,
    NerModels,
    Predictions,
    Rows,
    Source,
    Table,
    Target,
    Task,
    TextClassifier,
    Texts,
    TrackedRuns,
)
from cardwright.sources.refusals import (
    called,
    lookalike,
    refuse_lookalikes,
    refuse_missing,
    refuse_scores,
    refuse_weights,
    require_favourable,
    require_number,
    require_parts,
    require_plain,
)
from cardwright.sources.score_scales import in_words, mapped_threshold, scaled
from cardwright.sources.shape import require_columns
from cardwright.sources.spec import (
    AnySpec,
    CalibrationSpec,
    ClassifierSpec,
    InteractionColumns,
    InteractionsSpec,
    JudgementsSpec,
    LinksSpec,
    ModelSpec,
    NerModelSpec,
    PredictionsOptions,
    PredictionsSpec,
    RowsOptions,
    RunsSpec,
    SensitiveSpec,
    TableOptions,
    TableSpec,
    TargetSpec,
    TextsOptions,
    TextsSpec,
)


class Opening(Protocol):
    """Opens a file of rows, or a version of a table, which errors name by `where`."""

    def __call__(self, path: Path, where: str, version: str | None = None, /) -> FiledRows: ...


def opened_here(path: Path, where: str, version: str | None = None) -> FiledRows:
    """See `open_any`: rows that this machine reads."""
    return open_any(path, where=where, version=version)


def load(
    spec: AnySpec,
    name: str,
    base: Path,
    *,
    predictions: Predictions | None = None,
    opening: Opening = opened_here,
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
    opening
        Opens a file of rows; an engine opens it so that it is counted elsewhere.

    Raises
    ------
    SourceError
        If the file cannot be read as the plan says: file, line or column, and what to do.
    UnsafeError
        If reading it would run code that nobody has said may run.
    MissingExtraError
        If a library is not installed.
    """
    if isinstance(spec, PredictionsSpec):
        rows = _rows(base, spec.predictions, spec, opening)
        return predictions_of(spec, rows, _ref(spec, name, "predictions", spec.predictions, rows))
    if isinstance(spec, TableSpec):
        rows = _rows(base, spec.table, spec, opening)
        return table_of(spec, rows, _ref(spec, name, "table", spec.table, rows))
    if isinstance(spec, TextsSpec):
        rows = _rows(base, spec.texts, spec, opening)
        return texts_of(spec, rows, _ref(spec, name, "texts", spec.texts, rows))
    if isinstance(spec, InteractionsSpec):
        exchanges = _interactions(spec, name, base, opening)
        _require_digest(exchanges.ref.sha256, spec.sha256, spec.interactions, rows=spec.in_database)
        return exchanges
    if isinstance(spec, TargetSpec):
        return _target(spec, name, base)
    if isinstance(spec, CalibrationSpec):
        return _calibration(spec, name, base)
    if isinstance(spec, JudgementsSpec):
        return _judgements(spec, name, base)
    if isinstance(spec, NerModelSpec):
        return _ner_models(spec, name, base)
    if isinstance(spec, ClassifierSpec):
        return _classifier(spec, name, base)
    if isinstance(spec, RunsSpec):
        return _runs(spec, name, base)
    if isinstance(spec, LinksSpec):
        raise SourceError(
            "linked dossiers are no file: the run hands them over", where=name, do="Evaluate it with `cardwright run`."
        )
    return _model(spec, name, base, predictions)


def _rows(base: Path, path: str, spec: PredictionsSpec | TableSpec | TextsSpec, opening: Opening) -> FiledRows:
    rows = opening(base / path, path, spec.version)
    _require_digest(rows.sha256, spec.sha256, path, rows=rows.origin is not None)
    return rows


def _require_digest(found: str, expected: str | None, where: str, *, rows: bool = False) -> None:
    if expected is not None and found != expected:
        if rows:
            raise SourceError(
                "these are not the rows that the plan was made for: their digest is another one",
                where=where,
                do="Ask for those rows, or assess these and write their digest under `sha256:`, or leave `sha256:` out.",
            )
        raise SourceError(
            "this is not the file that the plan was made for: its digest is another one",
            where=where,
            do="Put that file there, or assess this one and write its digest under `sha256:`, or leave `sha256:` out.",
        )


def _calibration(spec: CalibrationSpec, name: str, base: Path) -> Calibrated | DetectorCalibrated:
    from cardwright.sources.calibrations import read_calibration

    return read_calibration(base / spec.calibration, spec.calibration, name, spec.role or name)


def _judgements(spec: JudgementsSpec, name: str, base: Path) -> JudgementFile:
    from cardwright.sources.judgement_files import read_judgements

    return read_judgements(base / spec.judgements, spec.judgements, name, spec.role or name)


def _ner_models(spec: NerModelSpec, name: str, base: Path) -> NerModels:
    from cardwright.sources.ner.opening import open_ner_models

    return open_ner_models(spec, name, base)


def _classifier(spec: ClassifierSpec, name: str, base: Path) -> TextClassifier:
    from cardwright.sources.models import text_classifiers

    return text_classifiers.load(
        base / spec.classifier, spec.positive, spec.threshold, name=name, role=spec.role or name, where=spec.classifier
    )


def _runs(spec: RunsSpec, name: str, base: Path) -> TrackedRuns:
    from cardwright.sources.runs import open_store

    store = open_store(base / spec.runs, spec.runs, spec.format)
    _require_digest(store.sha256, spec.sha256, spec.runs)
    ref = DatasetRef(
        name=name, role=spec.role or name, kind="runs", path=spec.runs, format=store.reader.name, sha256=store.sha256
    )
    return TrackedRuns(ref, store.read)


def _interactions(spec: InteractionsSpec, name: str, base: Path, opening: Opening) -> Interactions:
    from cardwright.sources.interactions import interactions_of, interactions_of_results

    if spec.format is not None:
        return interactions_of_results(spec, base / spec.interactions, name)
    rows = opening(base, spec.interactions) if spec.in_database else _rows_of_interactions(spec, base)
    return interactions_of(spec, rows, _ref(spec, name, "interactions", spec.interactions, rows))


def _rows_of_interactions(spec: InteractionsSpec, base: Path) -> FileRows:
    """Rows of the reader's own; what another tool has written is known by its first look, and the error names the format."""
    from cardwright.sources.results import recognised

    path = base / spec.interactions
    reader = recognised(path) if spec.columns == InteractionColumns() and path.exists() else None
    if reader is not None:
        raise SourceError(
            f"these are results of another tool: {reader.title}",
            where=spec.interactions,
            do=f"Write `format: {reader.name}` beside `interactions:`.",
        )
    return open_rows(path, where=spec.interactions)


def _target(spec: TargetSpec, name: str, base: Path) -> Target:
    from cardwright.sources.target import open_target

    return open_target(spec, name, base)


def _model(spec: ModelSpec, name: str, base: Path, predictions: Predictions | None) -> Model | LanguageModel:
    from cardwright.sources.models import language_models, load_model

    if language_models.claims(base / spec.model):
        return language_models.load(base / spec.model, name=name, role=spec.role or "model", where=spec.model)

    return load_model(
        base / spec.model,
        spec.features or (predictions.features if predictions else ()),
        spec.trusted,
        name=name,
        role=spec.role or "model",
        where=spec.model,
        task=spec.task or (task_of_model(predictions.task) if predictions else None),
        favourable=spec.favourable or (predictions.favourable if predictions else None),
        classes=spec.classes or None,
        output=spec.output,
        module=spec.module,
        arguments=spec.arguments,
        trust=spec.trust,
        base=base,
        columns=tuple(predictions.rows.schema.names) if predictions else (),
    )


def _ref(
    spec: PredictionsSpec | TableSpec | TextsSpec | InteractionsSpec,
    name: str,
    kind: Literal["predictions", "table", "texts", "interactions"],
    path: str,
    rows: FiledRows,
) -> DatasetRef:
    origin = rows.origin
    statement = origin.statement if origin is not None else None
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
        digest_of="rows" if origin is not None else None,
        statement=statement,
        statement_sha256=None if statement is None else hashlib.sha256(statement.encode()).hexdigest(),
        version=origin.version if origin is not None else None,
        subject_version=spec.subject_version,
        released=spec.released,
    )


def predictions_of(spec: PredictionsOptions, rows: Rows, ref: DatasetRef) -> Predictions:
    """Predictions over rows that are open: columns checked, task told, classes and groups found.

    Raises
    ------
    SourceError
    UsageError
        If the task cannot be told and the plan does not say it.
    """
    where = ref.path or ref.name
    rows = banded(spec, rows, where)
    if spec.query is not None:
        return _ranking_of(spec, rows, ref, where)
    require_parts(spec, rows, where, spec.prediction, spec.score, *spec.strata, *spec.features, spec.key)
    threshold, scale = spec.threshold, spec.score_scale
    if scale is not None:
        assert spec.score is not None
        rows = scaled(spec.score, scale, threshold, rows, where)
        ref = ref.model_copy(update={"score_scale": in_words(scale, threshold)})
        threshold = None if threshold is None else mapped_threshold(threshold, scale)
    outcome, said = ColumnValues(MAX_CLASSES, True), ColumnValues(MAX_CLASSES, True)
    scores, weights = ColumnNumbers(0.0, 1.0), ColumnNumbers(0.0, float("inf"))
    groups = {column: ColumnValues(MAX_GROUPS, False) for column in spec.sensitive}
    persons = MissingCells()
    parts: list[tuple[Any, tuple[str, ...]]] = [(outcome, (spec.label,))]
    parts += [(counter, (column,)) for column, counter in groups.items()]
    require_plain(rows, spec.label, "label", where)
    if spec.prediction is not None:
        require_plain(rows, spec.prediction, "prediction", where)
        parts.append((said, (spec.prediction,)))
    if spec.score is not None:
        require_number(rows, spec.score, "score", where)
        parts.append((scores, (spec.score,)))
    if spec.weight is not None:
        parts.append((weights, (spec.weight,)))
    if spec.person is not None:
        parts.append((persons, (spec.person,)))
    decisions: DecisionLabels | None = None
    if spec.score and spec.prediction and threshold is not None and spec.favourable is not None:
        decisions = DecisionLabels(threshold, spec.favourable)
        parts.append((decisions, (spec.prediction, spec.score)))
    scan_columns(rows, parts)

    refuse_missing(outcome.missing, ref.rows, spec.label, "outcome", where)
    refuse_missing(said.missing, ref.rows, spec.prediction, "prediction", where)
    refuse_scores(scores, spec.score, where)
    refuse_weights(weights, spec.weight, where)
    refuse_missing(persons.missing, ref.rows, spec.person, "person", where)
    task = _task(spec, rows, outcome, said, where)
    classes: tuple[str, ...] = ()
    if task == "regression":
        for part, column, values in (("label", spec.label, outcome), ("prediction", spec.prediction, said)):
            if column is not None:
                require_number(rows, column, part, where)
                if not values.finite:
                    raise SourceError(f"{called(column)} holds infinite numbers", where=where, do="Remove them.")
    else:
        classes = _classes(spec, task, outcome, said, where)
    if decisions is not None and decisions.differ:
        raise SourceError(
            f"{decisions.differ} of {decisions.rows} decisions in {called(spec.prediction)} are not those that "
            f"{called(spec.score)} {'<=' if scale is not None and scale.of == 'other' else '>='} {spec.threshold} makes",
            where=where,
            do="Correct `threshold:`, or leave out `threshold:` or `prediction:`.",
        )
    return Predictions(
        ref=ref.model_copy(update={"task": _shown(task, outcome, said)}),
        rows=rows,
        task=task,
        label=spec.label,
        prediction=spec.prediction,
        score=spec.score,
        probability=scale is None or scale.probability,
        threshold=threshold,
        threshold_selected_on=spec.threshold_selected_on,
        favourable=spec.favourable if task == "binary" else None,
        classes=classes,
        sensitive=_attributes(spec, groups, where),
        strata=spec.strata,
        weight=spec.weight,
        unit=spec.unit,
        person=spec.person,
        features=spec.features,
        key=spec.key,
        design=spec.design,
    )


def task_of_model(task: Task) -> Task:
    """What a model has to predict for a task: a ranking is ordered by a number that it gives to each candidate."""
    return "regression" if task == "ranking" else task


def _ranking_of(spec: PredictionsOptions, rows: Rows, ref: DatasetRef, where: str) -> Predictions:
    """A ranking over rows that are open: each candidate's query, relevance, and score or rank."""
    order = spec.score or spec.rank
    assert spec.query is not None and order is not None
    require_parts(spec, rows, where, spec.query, order, *spec.strata, *spec.features, spec.key)
    require_plain(rows, spec.query, "query", where)
    require_number(rows, spec.label, "relevance", where)
    require_number(rows, order, "score" if spec.score else "rank", where)
    grades, finite = ColumnNumbers(0.0, MAX_GRADE), ColumnNumbers(float("-inf"), float("inf"))
    outcome, unit = ColumnValues(MAX_CLASSES, True), ColumnNumbers(0.0, 1.0)
    queries = QueryCandidates()
    groups = {column: ColumnValues(MAX_GROUPS, False) for column in spec.sensitive}
    parts: list[tuple[Any, tuple[str, ...]]] = [(counter, (column,)) for column, counter in groups.items()]
    parts += [(outcome, (spec.label,)), (grades, (spec.label,)), (finite, (order,)), (unit, (order,))]
    scan_columns(rows, [*parts, (queries, (spec.query,))])
    refuse_missing(queries.missing, ref.rows, spec.query, "query", where)
    refuse_missing(grades.missing, ref.rows, spec.label, "relevance", where)
    refuse_missing(finite.missing, ref.rows, order, "score" if spec.score else "rank", where)
    if grades.outside:
        raise SourceError(
            f"{grades.outside} relevances in {called(spec.label)} lie outside 0 to {MAX_GRADE:g}, first in row {grades.first}",
            where=where,
            do="Grade candidates from 0, not relevant, upwards, e.g. 0 to 4; counts and prices are no grades.",
        )
    if finite.outside:
        raise SourceError(f"{called(order)} holds infinite numbers", where=where, do="Remove them.")
    # Two grades beside numbers from 0 to 1 are what decisions about single rows look like as well.
    doubt = not outcome.whole or (len(outcome.counts) <= 2 and spec.score is not None and unit.outside == 0)
    return Predictions(
        ref=ref.model_copy(update={"task": None if doubt or not queries.several else "ranking"}),
        rows=rows,
        task="ranking",
        label=spec.label,
        prediction=order,
        sensitive=_attributes(spec, groups, where),
        strata=spec.strata,
        unit=spec.unit,
        features=spec.features,
        key=spec.key,
        query=spec.query,
        by_rank=spec.rank is not None,
        design=spec.design,
    )


def _task(spec: PredictionsOptions, rows: Rows, outcome: ColumnValues, said: ColumnValues, where: str) -> Task:
    """The task the plan says, else the one that the columns leave no doubt about."""
    if spec.task is not None:
        return spec.task
    if spec.favourable is not None:
        return "binary"
    assert spec.prediction is not None  # a score needs `favourable`, which says the task
    numbers = is_number(type_of(rows, spec.label)) and is_number(type_of(rows, spec.prediction))
    if numbers and not (outcome.whole and said.whole):
        return "regression"
    several = outcome.too_many or said.too_many
    different = len(set(outcome.counts) | set(said.counts))
    if not several and different <= 2:
        raise UsageError(
            f"{called(spec.label)} has {different} different values, so the task may be binary, and then the plan has to say "
            "which value is good for the person",
            where=where,
            do="Write `favourable:` with that value, or `task: multiclass`.",
        )
    if numbers and (several or different > MAX_CODES or not is_integer(rows, spec.label, spec.prediction)):
        raise UsageError(
            f"the whole numbers in {called(spec.label)} and {called(spec.prediction)} may be amounts or codes of classes",
            where=where,
            do="Write `task: regression` or `task: multiclass`.",
        )
    return "multiclass"


def _shown(task: Task, outcome: ColumnValues, said: ColumnValues) -> Task | None:
    """The task if the outcomes bear it out, whatever the plan says; None if they fit another one as well.

    Two outcomes that a plan calls a regression are two outcomes, and whole numbers predicted as whole numbers may be amounts or
    codes of classes.
    """
    several = outcome.too_many or len(outcome.counts) > 2
    if task == "regression":
        return "regression" if several and (outcome.too_many or not (outcome.whole and said.whole)) else None
    return task if several == (task == "multiclass") else None


def _classes(
    spec: PredictionsOptions, task: Task, outcome: ColumnValues, said: ColumnValues, where: str
) -> tuple[str, ...]:
    for column, values in ((spec.label, outcome), (spec.prediction, said)):
        if values.too_many:
            raise SourceError(
                f"{called(column)} has more than {MAX_CLASSES} different values, which are not classes",
                where=where,
                do="Name another column, or write `task: regression`.",
            )
    classes = tuple(sorted(set(outcome.counts) | set(said.counts)))
    if task == "binary":
        assert spec.favourable is not None
        require_favourable(spec.favourable, spec.label, outcome.counts, where)
    refuse_lookalikes(classes, spec.label, where, case=task == "multiclass")
    if task == "binary" and len(classes) > 2:
        predicted = sorted(set(said.counts) - set(outcome.counts))
        also = f" and {called(spec.prediction)}" if predicted else ""
        raise SourceError(
            f"{called(spec.label)}{also} has {len(classes)} different outcomes, and a binary task has two",
            where=where,
            do="Write the same two labels everywhere, or `task: multiclass` without `favourable:`.",
        )
    return classes


def _attributes(spec: RowsOptions, groups: dict[str, ColumnValues], where: str) -> tuple[Attribute, ...]:
    return tuple(_attribute(column, said, groups[column], where) for column, said in spec.sensitive.items())


def _attribute(column: str, said: SensitiveSpec, values: ColumnValues, where: str) -> Attribute:
    if values.too_many:
        raise SourceError(
            f"{called(column)} has more than {MAX_GROUPS} different values, which are not groups",
            where=where,
            do="Put them into groups first (ages into bands, places into regions), or name another column.",
        )
    expected = said.expected
    declared = set(expected or ())
    unknown = set(said.unknown)
    unknown |= {
        name for name in values.counts if " ".join(name.split()).casefold() in UNKNOWN_WORDS and name not in declared
    }
    # A telephone number among the groups is a slip of the data; its row is one whose membership is not known, and is counted so.
    personal = {name for name in values.counts if kinds(name)} if expected is None else set()
    unknown |= personal
    found = set(values.counts) - unknown
    if personal and not found:
        raise SourceError(
            f"{called(column)} holds no groups: its values are personal data or secrets",
            where=where,
            do="Name another column, or put its values into groups first.",
        )
    if expected is None:
        refuse_lookalikes(sorted(found), column, where)
        return Attribute(column, tuple(sorted(found)), tuple(sorted(unknown)))
    stray = sorted(found - declared)
    if stray:
        like = next((other for name in stray if (other := lookalike(name, declared))), None)
        near = f" One differs from {quoted(like)} by a dot, a blank or case alone." if like else ""
        rows = sum(values.counts[name] for name in stray)
        raise SourceError(
            f"{called(column)} holds {len(stray)} values, in {rows} rows, that are declared neither as groups nor as unknown",
            where=where,
            do=f"Add them under `groups:` or `unknown:`.{near}",
        )
    return Attribute(column, tuple(sorted(declared)), tuple(sorted(unknown)))


def table_of(spec: TableOptions, rows: Rows, ref: DatasetRef) -> Table:
    """A table over rows that are open: columns checked, classes and groups found.

    A label may be missing in some rows. A label with more different values than classes can have, or with fractions, has no
    classes.

    Raises
    ------
    SourceError
    """
    where = ref.path or ref.name
    rows = banded(spec, rows, where)
    require_parts(spec, rows, where)
    outcome, weights, persons = ColumnValues(MAX_CLASSES, True), ColumnNumbers(0.0, float("inf")), MissingCells()
    groups = {column: ColumnValues(MAX_GROUPS, False) for column in spec.sensitive}
    parts: list[tuple[Any, tuple[str, ...]]] = [(counter, (column,)) for column, counter in groups.items()]
    if spec.label is not None:
        require_plain(rows, spec.label, "label", where)
        parts.append((outcome, (spec.label,)))
    if spec.weight is not None:
        parts.append((weights, (spec.weight,)))
    if spec.person is not None:
        parts.append((persons, (spec.person,)))
    scan_columns(rows, parts)
    refuse_weights(weights, spec.weight, where)
    refuse_missing(persons.missing, ref.rows, spec.person, "person", where)
    classes = () if outcome.too_many or not outcome.whole else outcome.labels
    if spec.favourable is not None and spec.label is not None:
        require_favourable(spec.favourable, spec.label, outcome.counts, where)
        refuse_lookalikes(classes, spec.label, where)
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
        If a named column is missing or holds no text, or no column does.
    """
    where = ref.path or ref.name
    require_columns(rows.schema.names, [*spec.columns, *([spec.person] if spec.person else [])], where)
    strings = tuple(string_columns(rows.schema))
    for column in spec.columns:
        if column not in strings:
            raise SourceError(
                f"{called(column)} holds {type_of(rows, column)}, not text",
                where=where,
                do=hint(column, strings) or None,
            )
    columns = spec.columns or tuple(column for column in strings if column != spec.person)
    if not columns:
        raise SourceError("no column holds text", where=where, do="Name it as a `table:`, or name another file.")
    return Texts(ref=ref, rows=rows, columns=columns, person=spec.person)
