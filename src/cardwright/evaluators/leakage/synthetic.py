"""What a synthetic table gives away of the people whose data it was made from: copies, distances, and three attacks.

Giomi, Boenisch, Wehmeyer and Tasnádi (2023), A Unified Framework for Quantifying Privacy Risk in Synthetic Data: each attack is
made on people of the training data and on people of a hold-out who are not in it, and what counts is the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.evaluators.leakage.part import LOWER, LeakagePart, Measurement, interval, share
from cardwright.evaluators.rows.database import column as in_store
from cardwright.evaluators.rows.database import database, fill, is_number, one
from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.sampling import choose
from cardwright.evaluators.rows.wording import agree, figure, part_of
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import Finding, NotTested, Scanned, Severity, Table, TableColumn
from cardwright.record.measurement import Interval, Measured, Sampling, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.sources.interface import Table as TableSource
from cardwright.statistics.residual_risk import ResidualRisk, residual_risk

RISK, LARGEST = "synthetic_attack_risk", "largest_synthetic_attack_risk"
COPIES, HOLDOUT_COPIES = "exact_copy_rate", "holdout_exact_copy_rate"
CLOSER = "closer_to_training_rate"
TOLERANCE = 0.05
"""A guessed number is right within so much of the range that training and hold-out have."""
COLUMNS_OF_A_PREDICATE = 3
HIGH_RISK, SOME_RISK = 0.1, 0.01
"""Lower bounds of the risk from which it is a high, and a medium finding."""
Rows = Predictions | TableSource


@dataclass(frozen=True)
class CodedTables:
    """The three tables as numbers: categories in codes, numbers in units of the range that training and hold-out have."""

    columns: tuple[str, ...]
    category: NDArray[np.bool_]
    """Which columns are categories."""
    synthetic: FloatArray
    training: FloatArray
    holdout: FloatArray


def assess(options: LeakageOptions, inputs: Inputs) -> LeakagePart:
    """Copies, distances and attacks, each against a hold-out.

    Raises
    ------
    UsageError
        If a source or a column does not exist.
    """
    where = f"{inputs.id} (leakage)"
    synthetic, training, holdout = (_source(inputs, need, where) for need in ("synthetic", "training", "holdout"))
    columns = _columns(synthetic, training, holdout, options, where)
    measurements: list[Measurement] = _copies(synthetic, training, holdout, columns, options)
    inputs.progress(1, 3)
    rng = np.random.default_rng([inputs.seed, 11])
    tables, sizes, sampled = _coded(synthetic, training, holdout, columns, options, inputs.seed)
    least = min(len(tables.training), len(tables.holdout), len(tables.synthetic))
    if least < options.min_denominator:
        why = f"The smallest of the three tables has {least} rows; {options.min_denominator} are needed."
        few = Unmeasured(metric=CLOSER, code="too_few_samples", reason=why, denominator=least)
        measurements += [few, *(few.model_copy(update={"metric": RISK, "slice": {"attack": a}}) for a in ATTACKS)]
        measurements.append(few.model_copy(update={"metric": LARGEST}))
        rows: list[tuple[float | str | None, ...]] = []
    else:
        measurements.append(_closer(tables, options))
        inputs.progress(2, 3)
        attacked, rows = _attacks(tables, options, rng)
        measurements += attacked
    inputs.progress(3, 3)
    return LeakagePart(
        method=f"Synthetic data: rows that equal a training row in all of {len(columns)} columns are counted by an exact join, "
        "and so are hold-out rows, which show what chance brings. Distances are Gower's; the share of synthetic rows that are "
        "nearer to a training row than to any of equally many hold-out rows would be one half if nothing was copied. Singling "
        f"out, linkability and inference are the attacks of Giomi et al. (2023) with {options.attacks} tries each, on "
        "training rows and on hold-out rows; the risk is (attack - control) / (1 - control), success rates being the centres "
        "of Wilson's intervals, and its interval is the delta method's. Predicates single out by 1 column and by up to "
        f"{COLUMNS_OF_A_PREDICATE}; a guessed number is right within {TOLERANCE:.0%} of its range.",
        limits=(
            "These attackers look for the nearest row or for a rare predicate; others may learn more.",
            "The hold-out must come from the population of the training data, drawn at random; that is not checked here.",
            "A row's own values count alike, whether they identify a person or not.",
            "Predicates of one table overlap, so tries of singling out are not independent; the intervals of all attacks hold "
            "together.",
        ),
        measurements=tuple(measurements),
        findings=tuple(_findings(measurements)),
        tables=(_table(rows),) if rows else (),
        scanned=tuple(Scanned(what=f"{name} rows in the attacks", scanned=used, total=of) for name, used, of in sizes),
        not_tested=(NotTested(what="an attacker with a model of the generator", why="the generator is not read"),),
        sampled=sampled,
    )


ATTACKS = ("singling_out_univariate", "singling_out_multivariate", "linkability", "inference")


def _source(inputs: Inputs, need: str, where: str) -> Rows:
    source = inputs.sources.get(need)
    if not isinstance(source, Predictions | TableSource):
        raise UsageError(
            f"synthetic data are assessed with `{need}`",
            where=where,
            do="Name `synthetic:`, the `training:` rows it was made from, and `holdout:` rows of the same population that it "
            "was not.",
        )
    return source


def _columns(synthetic: Rows, training: Rows, holdout: Rows, options: LeakageOptions, where: str) -> list[str]:
    names = [
        c for c in synthetic.rows.schema.names if c in training.rows.schema.names and c in holdout.rows.schema.names
    ]
    if options.inputs is not None:
        for name in options.inputs:
            if name not in names:
                raise UsageError(
                    f"no column is called {quoted(name)} in all three tables",
                    where=where,
                    do=hint(name, names, columns=True),
                )
        names = list(dict.fromkeys(options.inputs))
    if not names:
        raise UsageError("the three tables have no column in common", where=where, do="Name their columns alike.")
    for name in (*options.secrets, *(c for side in options.linked_columns for c in side)):
        if name not in names:
            raise UsageError(
                f"no column is called {quoted(name)} in all three tables",
                where=where,
                do=hint(name, names, columns=True),
            )
    if options.linked_columns and len(options.linked_columns) != 2:
        raise UsageError(
            "`linked_columns` are two lists of columns", where=where, do="Write, for example, [[age, sex], [income]]."
        )
    return names


def _copies(
    synthetic: Rows, training: Rows, holdout: Rows, columns: list[str], options: LeakageOptions
) -> list[Measurement]:
    with database() as store:
        for table, source in (("synthetic", synthetic), ("training", training), ("holdout", holdout)):
            fill(store, table, source.rows, columns)
        tables = ("synthetic", "training", "holdout")
        keys = [
            f"cast({in_store(c)} as double)"
            if all(is_number(store, table, in_store(c)) for table in tables)
            else f"cast({in_store(c)} as varchar)"
            for c in columns
        ]
        named = ", ".join(f"{key} as k{i}" for i, key in enumerate(keys))
        same = " and ".join(f"a.k{i} is not distinct from b.k{i}" for i in range(len(keys)))
        measurements: list[Measurement] = []
        for metric, table, what in (
            (COPIES, "synthetic", "synthetic rows"),
            (HOLDOUT_COPIES, "holdout", "hold-out rows"),
        ):
            count = int(
                one(
                    store,
                    f"select count(*) from (select {named} from {table}) a semi join (select distinct {named} from training) "
                    f"b on {same}",
                )
            )
            rows = int(one(store, f"select count(*) from {table}"))
            measurements.append(share(metric, count, rows, level=options.level, what=what))
    return measurements


def _coded(
    synthetic: Rows, training: Rows, holdout: Rows, columns: Sequence[str], options: LeakageOptions, seed: int
) -> tuple[CodedTables, list[tuple[str, int, int]], bool]:
    import pyarrow as pa

    made, made_total = choose(synthetic.rows, columns, options.rows, seed)
    inside, inside_total = choose(training.rows, columns, options.rows, seed)
    outside, outside_total = choose(holdout.rows, columns, options.rows, seed)
    # Equally many of both, since a nearest or only row is the rarer the more rows there are.
    n = min(inside.num_rows, outside.num_rows)
    rng = np.random.default_rng([seed, 7])
    inside, outside = (
        batch if batch.num_rows == n else batch.take(pa.array(np.sort(rng.choice(batch.num_rows, n, replace=False))))
        for batch in (inside, outside)
    )
    parts: list[FloatArray] = []
    category: list[bool] = []
    cuts = np.cumsum([made.num_rows, n])
    for column in columns:
        arrays = [batch.column(column) for batch in (made, inside, outside)]
        kinds = {array.type for array in arrays}
        numeric = all(pa.types.is_integer(k) or pa.types.is_floating(k) for k in kinds)
        if numeric:
            values = np.concatenate([a.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False) for a in arrays])
            real = values[cuts[0] :]
            real = real[np.isfinite(real)]
            low, high = (float(real.min()), float(real.max())) if len(real) else (0.0, 1.0)
            parts.append((values - low) / (high - low if high > low else 1.0))
        else:
            texts = [None if v is None else as_label(v) for a in arrays for v in a.to_pylist()]
            order = {name: code for code, name in enumerate(sorted({t for t in texts if t is not None}))}
            parts.append(np.asarray([order.get(t, -1) if t is not None else -1 for t in texts], float))
        category.append(not numeric)
    table = np.column_stack(parts)
    first, second, third = np.split(table, cuts)
    sizes = [("synthetic", made.num_rows, made_total), ("training", n, inside_total), ("hold-out", n, outside_total)]
    kept = CodedTables(tuple(columns), np.asarray(category), first, second, third)
    return kept, sizes, any(used < of for _, used, of in sizes)


def _nearest(
    targets: FloatArray, others: FloatArray, columns: Sequence[int], category: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], FloatArray]:
    """The nearest of others for each target by Gower's distance over some columns, and how far it is; a missing value is far."""
    places = np.empty(len(targets), np.int64)
    far = np.empty(len(targets))
    step = max(1, 4_000_000 // max(1, len(others)))
    for start in range(0, len(targets), step):
        piece = targets[start : start + step]
        total = np.zeros((len(piece), len(others)))
        for column in columns:
            one_side, other_side = piece[:, column, None], others[None, :, column]
            if category[column]:
                total += one_side != other_side
            else:
                apart = np.abs(one_side - other_side)
                total += np.where(
                    np.isfinite(apart), np.minimum(apart, 1.0), np.isfinite(one_side) != np.isfinite(other_side)
                )
        places[start : start + step] = total.argmin(axis=1)
        far[start : start + step] = total.min(axis=1)
    return places, far


def _closer(tables: CodedTables, options: LeakageOptions) -> Measurement:
    every = range(len(tables.columns))
    rows = tables.synthetic[: options.attacks]
    _, to_training = _nearest(rows, tables.training, every, tables.category)
    _, to_holdout = _nearest(rows, tables.holdout, every, tables.category)
    apart = np.abs(to_training - to_holdout) > 1e-12
    near, judged = int((to_training < to_holdout)[apart].sum()), int(apart.sum())
    closer = share(
        CLOSER,
        near,
        judged,
        level=options.level,
        what="synthetic rows nearer to one side than to the other",
        least=options.min_denominator,
    )
    return closer.model_copy(update={"reference": "one half"}) if isinstance(closer, Measured) else closer


def _attacks(
    tables: CodedTables, options: LeakageOptions, rng: np.random.Generator
) -> tuple[list[Measurement], list[tuple[float | str | None, ...]]]:
    """The risk of each attack, and a row of each for the table."""
    secrets = options.secrets or (tables.columns[-1:] if len(tables.columns) > 1 else ())
    single = "No predicate singles out a synthetic row (0)."
    made: list[tuple[dict[str, str | None], tuple[int, int, int, int] | None, str]] = [
        ({"attack": ATTACKS[0]}, _singled_out(tables, 1, options.attacks, rng), single),
        ({"attack": ATTACKS[1]}, _singled_out(tables, COLUMNS_OF_A_PREDICATE, options.attacks, rng), single),
        ({"attack": ATTACKS[2]}, _linked(tables, options, rng), "Fewer than 2 columns are there to be linked."),
    ]
    if not secrets:
        made.append(({"attack": ATTACKS[3]}, None, "There is 1 column, so nothing is known from which to infer."))
    for secret in secrets:
        of: dict[str, str | None] = {"attack": ATTACKS[3], "secret": as_label(secret)}
        made.append((of, _inferred(tables, secret, options, rng), "The attack on the hold-out always succeeds."))
    each = 1 - (1 - options.level) / len(made)
    measurements: list[Measurement] = []
    rows: list[tuple[float | str | None, ...]] = []
    for of, counts, why in made:
        risk = None if counts is None else residual_risk(*counts, each)
        if risk is None or counts is None:
            measurements.append(Unmeasured(metric=RISK, slice=of, code="undefined", reason=why))
            continue
        measurements.append(_risk(of, risk, counts))
        name = " ".join(str(word) for word in of.values())
        rows.append((name, risk.attack, risk.control, risk.risk, risk.bounds.lower, risk.bounds.upper))
    return [*measurements, _largest(measurements, options.level)], rows


def _largest(measurements: Sequence[Measurement], level: float) -> Measurement:
    """The largest risk over all attacks: their intervals hold together, so the largest of their bounds bound the largest."""
    measured = [m for m in measurements if isinstance(m, Measured) and m.interval is not None]
    bounds = [m.interval for m in measured if m.interval is not None]
    if len(measured) < len(measurements):
        why = f"{len(measurements) - len(measured)} of {len(measurements)} attacks have no number."
        return Unmeasured(metric=LARGEST, code="undefined", reason=why)
    return Measured(
        metric=LARGEST,
        value=max(m.value for m in measured),
        unit="proportion",
        direction=LOWER,
        interval=Interval(
            level=level,
            lower=max(b.lower for b in bounds),
            upper=max(b.upper for b in bounds),
            method="wilson_delta_bonferroni",
        ),
        reference="hold-out",
    )


def _risk(of: dict[str, str | None], risk: ResidualRisk, counts: tuple[int, int, int, int]) -> Measured:
    return Measured(
        metric=RISK,
        slice=of,
        value=risk.risk,
        unit="proportion",
        direction=LOWER,
        interval=interval(risk.bounds),
        reference="hold-out",
        sampling=Sampling(unit="attack", units=counts[1] + counts[3], observations=counts[1] + counts[3]),
    )


def _singled_out(
    tables: CodedTables, width: int, tries: int, rng: np.random.Generator
) -> tuple[int, int, int, int] | None:
    """Predicates that hold for one synthetic row alone, and for how many training and hold-out rows they do."""
    rows, middle = tables.synthetic, np.nanmedian(tables.synthetic, axis=0)
    hits, made = [0, 0], 0
    seen: set[tuple[object, ...]] = set()
    for _ in range(20 * tries):
        if made == tries:
            break
        row = rows[rng.integers(len(rows))]
        chosen = sorted(rng.choice(len(tables.columns), min(width, len(tables.columns)), replace=False).tolist())
        predicate = tuple(
            (c, row[c], "==" if tables.category[c] else ">=" if row[c] >= middle[c] else "<=") for c in chosen
        )
        if predicate in seen or not np.isfinite(row[chosen]).all() or _holding(rows, predicate) != 1:
            continue
        seen.add(predicate)
        made += 1
        for number, others in enumerate((tables.training, tables.holdout)):
            hits[number] += _holding(others, predicate) == 1
    return None if made == 0 else (hits[0], made, hits[1], made)


def _holding(rows: FloatArray, predicate: Sequence[tuple[int, float, str]]) -> int:
    holds = np.ones(len(rows), bool)
    for column, value, relation in predicate:
        values = rows[:, column]
        holds &= values == value if relation == "==" else values >= value if relation == ">=" else values <= value
    return int(holds.sum())


def _linked(tables: CodedTables, options: LeakageOptions, rng: np.random.Generator) -> tuple[int, int, int, int] | None:
    """Whether the synthetic row nearest to a person by some columns is the nearest by the others as well."""
    index_of = {name: number for number, name in enumerate(tables.columns)}
    if options.linked_columns:
        first, second = ([index_of[c] for c in side] for side in options.linked_columns)
    else:
        half = len(tables.columns) // 2
        first, second = list(range(half)), list(range(half, len(tables.columns)))
    if not first or not second:
        return None
    counts: list[int] = []
    for targets in _targets(tables, options, rng):
        by_first, _ = _nearest(targets, tables.synthetic, first, tables.category)
        by_second, _ = _nearest(targets, tables.synthetic, second, tables.category)
        counts += [int((by_first == by_second).sum()), len(targets)]
    return counts[0], counts[1], counts[2], counts[3]


def _inferred(
    tables: CodedTables, secret: str, options: LeakageOptions, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Whether the synthetic row nearest to a person by all other columns tells the secret one."""
    hidden = tables.columns.index(secret)
    known = [c for c in range(len(tables.columns)) if c != hidden]
    counts: list[int] = []
    for targets in _targets(tables, options, rng):
        nearest, _ = _nearest(targets, tables.synthetic, known, tables.category)
        guessed, true = tables.synthetic[nearest, hidden], targets[:, hidden]
        apart = np.abs(guessed - true)
        right = apart == 0 if tables.category[hidden] else apart <= TOLERANCE
        counts += [int(right.sum()), len(targets)]
    return counts[0], counts[1], counts[2], counts[3]


def _targets(tables: CodedTables, options: LeakageOptions, rng: np.random.Generator) -> list[FloatArray]:
    n = min(options.attacks, len(tables.training))
    return [rows[np.sort(rng.choice(len(rows), n, replace=False))] for rows in (tables.training, tables.holdout)]


def _of_holdout(copies: Any) -> str:
    """How many hold-out rows equal a training row though nobody copied them."""
    if copies is None or copies.numerator is None:
        return "How many hold-out rows do, which nobody copied, is not known."
    held = part_of(copies.numerator, copies.denominator, "hold-out row")
    return f"Of the hold-out rows, which nobody copied, {held} {agree(copies.numerator, 'does', 'do')}."


def _findings(measurements: Sequence[Measurement]) -> list[Finding]:
    findings: list[Finding] = []
    whole: dict[str, Any] = {m.metric: m for m in measurements if isinstance(m, Measured) and not m.slice}
    copies, chance = whole.get(COPIES), whole.get(HOLDOUT_COPIES)
    if copies is not None and copies.numerator:
        beyond = copies.interval.lower > (chance.interval.upper if chance is not None else 0.0)
        findings.append(
            Finding(
                severity="high" if beyond else "low",
                key="exact_copies",
                explanation=f"{part_of(copies.numerator, copies.denominator, 'synthetic row')} "
                f"{agree(copies.numerator, 'equals', 'equal')} a training row. {_of_holdout(chance)}",
                count=int(copies.numerator),
            )
        )
    closer = whole.get(CLOSER)
    if closer is not None and closer.interval.lower > 0.5:
        findings.append(
            Finding(
                severity="high" if closer.value >= 0.6 else "medium",
                key="closer_to_training",
                explanation=f"{figure(closer.value)} of the synthetic rows ({figure(closer.interval.lower)} to "
                f"{figure(closer.interval.upper)}) are nearer to a training row than to any hold-out row; if none was copied it "
                "would be one half.",
            )
        )
    for m in measurements:
        if isinstance(m, Measured) and m.metric == RISK and m.interval is not None and m.interval.lower > 0:
            severity: Severity = (
                "high" if m.interval.lower >= HIGH_RISK else "medium" if m.interval.lower >= SOME_RISK else "low"
            )
            findings.append(
                Finding(
                    severity=severity,
                    key="synthetic_attack",
                    explanation="The attack succeeds on people of the training data beyond what it does on others: risk "
                    f"{m.value:.3f} ({m.interval.lower:.3f} to {m.interval.upper:.3f}).",
                    where=str(m.slice["attack"]),
                )
            )
    return findings


def _table(rows: list[tuple[float | str | None, ...]]) -> Table:
    return Table(
        id="synthetic-attacks",
        title="Attacks on the synthetic data: on people it was made from, and on people it was not",
        columns=(
            TableColumn(name="attack", title="Attack"),
            TableColumn(name="success", title="Success", unit="proportion"),
            TableColumn(name="control", title="On the hold-out", unit="proportion"),
            TableColumn(name="risk", title="Risk", unit="proportion"),
            TableColumn(name="lower", title="Lower bound", unit="proportion"),
            TableColumn(name="upper", title="Upper bound", unit="proportion"),
        ),
        rows=tuple(rows),
    )


__all__ = ["assess"]
