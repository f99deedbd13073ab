"""What documents print of robustness: words, findings and tables."""

from __future__ import annotations

from cardwright.evaluators.robustness.drops import (
    BY_TASK,
)
from cardwright.evaluators.robustness.options import RobustnessOptions
from cardwright.evaluators.robustness.predict import (
    ANSWERS,
    BY,
    SAMPLE,
    Measurement,
    RobustnessSetting,
    TriedPerturbation,
)
from cardwright.evaluators.rows.slice_sample import Cuts, SlicePart
from cardwright.evaluators.rows.wording import figure, part_of
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import (
    Finding,
    Table,
    TableColumn,
)
from cardwright.record.measurement import Measured


def method(options: RobustnessOptions, setting: RobustnessSetting, agreed: int, cuts: list[Cuts], drift: bool) -> str:
    size = setting.sample.batch.num_rows
    task = setting.sample.source.task
    threshold = setting.sample.source.threshold
    decided = ""
    if task == "binary":
        decided = f"Decisions are made at {0.5 if threshold is None else threshold:g}. "
    intervals = (
        "Student's paired interval"
        if task == "regression"
        else "Tango's interval and McNemar's test for accuracy, both outcomes' put together (MOVER) for balanced accuracy, "
        "paired DeLong for ROC AUC"
    )
    if task == "ranking":
        intervals = "Student's interval over queries, each of which counts once"
    elif not setting.truth.plain:
        intervals = "linearised intervals with cases as clusters, as rows are weighted or clustered"
    numeric = f"Numbers were cut: {'; '.join(as_label(cut.how) for cut in cuts)}. " if cuts else ""
    drifted = (
        "The drifted sample has other rows, and its difference an interval for two independent samples. "
        if drift
        else ""
    )
    return (
        f"{size} of {setting.sample.total} rows were predicted by the model as they are (it agrees with the file on {agreed} of "
        f"{size}) and again after each perturbation, drawn with seed {setting.seed} and the perturbation's name; the two are "
        f"compared row by row: {intervals}. {decided}Noise is Gaussian, in standard deviations of the feature in these "
        "rows; values are removed independently of each other; units multiply a feature; categories are shuffled "
        "among the rows drawn, or replaced by one that the model has not seen. "
        "The largest drop, and the worst group's, have intervals at the Bonferroni level. "
        f"Slices are compared with the rest of the rows, unperturbed. {numeric}{drifted}"
    ).strip()


def drop_findings(
    tried: list[TriedPerturbation], measurements: list[Measurement], agreed: int, setting: RobustnessSetting
) -> list[Finding]:
    findings: list[Finding] = []
    size = setting.sample.batch.num_rows
    if agreed != size:
        findings.append(
            Finding(
                severity="medium",
                key="model_differs_from_file",
                explanation=f"The model's predictions differ from the file's for {part_of(size - agreed, size, 'row')}, "
                "so that its robustness is not that of the predictions assessed elsewhere.",
                count=size - agreed,
            )
        )
    findings += [
        Finding(
            severity="low",
            key=f"refuses_{one.perturbation.kind}",
            explanation=f"{one.refused} Whether that is intended is for people to say; callers have to be ready for it.",
            where=one.perturbation.name,
        )
        for one in tried
        if one.refused is not None
    ]
    main = setting.measures[setting.main].metric
    for m in measurements:
        if not isinstance(m, Measured) or m.metric != main.name or m.interval is None or m.interval.lower <= 0:
            continue
        if set(m.slice) == {BY} or set(m.slice) == {SAMPLE}:
            what = f"Under {m.slice[BY]}" if BY in m.slice else f"On {m.slice[SAMPLE]}"
            findings.append(
                Finding(
                    severity="low",
                    key="drop",
                    explanation=f"{what} the model is worse: {main.title.lower()} {figure(m.value)} "
                    f"({figure(m.interval.lower)} to {figure(m.interval.upper)}).",
                    where=next(iter(m.slice.values())),
                )
            )
    return findings


def _side(m: Measurement | None, side: str) -> float | None:
    if not isinstance(m, Measured) or m.interval is None:
        return None
    return float(getattr(m.interval, side))


def _value(m: Measurement | None) -> float | None:
    return m.value if isinstance(m, Measured) else None


def _covered(measurements: list[Measurement], attribute: str) -> str:
    """Over how many of its groups the worst is taken, where it is not all of them."""
    groups = [m.groups for m in measurements if m.across == (attribute,) and m.groups is not None]
    least = min((g.compared for g in groups), default=0)
    expected = max((g.expected for g in groups), default=0)
    return f" ({least} of {expected} groups)" if least < expected else ""


def drop_tables(
    tried: list[TriedPerturbation], measurements: list[Measurement], setting: RobustnessSetting, parts: list[SlicePart]
) -> tuple[Table, ...]:
    by_key = {(m.metric, tuple(m.slice.items()), m.across): m for m in measurements}
    main = setting.measures[setting.main].metric
    answer = ANSWERS[setting.sample.source.task]
    worse = "Increase" if main.name.endswith("_increase") else "Drop"
    attributes = [as_label(a.name) for a in setting.sample.source.sensitive]
    rows: list[tuple[float | str | None, ...]] = []
    for one in tried:
        slice = ((BY, one.perturbation.name),)
        drop, flips = by_key.get((main.name, slice, ())), by_key.get((answer.name, slice, ()))
        worst = [by_key.get((f"worst_group_{main.name}", slice, (name,))) for name in attributes]
        rows.append(
            (
                one.perturbation.name,
                one.perturbation.unit.replace("_", " "),
                float(len(one.perturbation.columns)),
                _value(drop),
                _side(drop, "lower"),
                _side(drop, "upper"),
                _value(flips),
                *(_value(m) for m in worst),
            )
        )
    found: list[Table] = []
    if rows:
        found.append(
            Table(
                id="perturbations",
                title="The same rows before and after each perturbation, bounds of each alone; those of the largest are adjusted",
                columns=(
                    TableColumn(name="perturbation", title="Perturbation"),
                    TableColumn(name="intensity", title="Unit of its number"),
                    TableColumn(name="columns", title="Columns", unit="count"),
                    TableColumn(name="drop", title=main.title, unit=main.unit),
                    TableColumn(name="lower", title="Lower bound", unit=main.unit),
                    TableColumn(name="upper", title="Upper bound", unit=main.unit),
                    TableColumn(name="flips", title=answer.title, unit=answer.unit),
                    *(
                        TableColumn(
                            name=f"worst_{number}",
                            title=f"{worse}, worst group of {name}{_covered(measurements, name)}",
                            unit=main.unit,
                        )
                        for number, name in enumerate(attributes)
                    ),
                ),
                rows=tuple(rows),
            )
        )
    metric = next(iter(BY_TASK[setting.sample.source.task].values())).metric
    compared: list[tuple[float | str | None, ...]] = []
    names = [part.slice for part in parts]
    for m in measurements:
        if m.metric == metric.name and (m.slice in names or set(m.slice) == {SAMPLE}):
            ((where, value),) = m.slice.items()
            compared.append(
                (
                    where,
                    "unknown" if value is None else value,
                    None if m.sampling is None else float(m.sampling.observations),
                    _value(m),
                    _side(m, "lower"),
                    _side(m, "upper"),
                )
            )
    if compared:
        found.append(
            Table(
                id="other-rows",
                title="Slices compared with the rest of the rows, and other samples with this one, unperturbed",
                columns=(
                    TableColumn(name="column", title="Column"),
                    TableColumn(name="slice", title="Slice"),
                    TableColumn(name="rows", title="Rows", unit="count"),
                    TableColumn(name="drop", title=metric.title, unit=metric.unit),
                    TableColumn(name="lower", title="Lower bound", unit=metric.unit),
                    TableColumn(name="upper", title="Upper bound", unit=metric.unit),
                ),
                rows=tuple(compared),
            )
        )
    return tuple(found)
