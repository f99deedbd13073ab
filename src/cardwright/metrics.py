"""Group metrics as plain functions with scikit-learn's signature, each returning a measurement instead of a bare number.

A notebook can use one without the rest: no plan, no record. Arrays, lists, pandas, polars and Arrow objects are taken; pandas
objects whose indices differ are an error, because rows would meet strangers. What has no value is `Unmeasured`, with the reason.

>>> demographic_parity_ratio([1, 0, 1, 0], [1, 1, 1, 0], sensitive_features=["a", "a", "b", "b"], min_denominator=2).value
0.5
>>> found = equal_opportunity_difference([1, 0, 0, 0], [1, 1, 1, 0], sensitive_features=["a", "a", "b", "b"], min_denominator=1)
>>> found.status, found.reason
('unmeasured', '1 of 2 groups of sensitive have this number, from at least 1 rows with the favourable outcome; a gap needs two.')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from cardwright.errors import MissingExtraError
from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.impact_ratio import check_impact_ratio_table, check_impact_ratio_tables
from cardwright.evaluators.interface import Inputs, run_tally
from cardwright.record.display import of_measurements
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.frames import predictions_from_arrays

try:
    import numpy as np

    from cardwright.evaluators.fairness.measure import single_gap
except ImportError as exc:
    raise MissingExtraError(exc.name or "numpy", "tabular", "computing metrics of arrays") from exc

if TYPE_CHECKING:
    from cardwright.sources.interface import Predictions

Kind = Literal["difference", "ratio"]


class Measurements(tuple[Measured | Unmeasured, ...]):
    """Measurements, which a notebook shows as one table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return of_measurements(self)


class GapMetric(Protocol):
    """A gap between groups, from arrays.

    Parameters
    ----------
    y_true
        True outcomes, shape (n,).
    y_pred
        Decisions, shape (n,).
    sensitive_features
        Group of each row, shape (n,); of several columns the gap is taken over their intersections. A missing value is unknown
        membership: counted and disclosed, never a group of the gap.
    pos_label
        The favourable outcome.
    sample_weight
        Weights, shape (n,); intervals then rest on the linearised variance of a weighted rate, and there is no test.
    person
        Who each row is about, shape (n,): rows of one person are one independent case. Intervals use the spread between persons,
        and there is no test.
    strata
        What is held equal, as one array or a frame of columns: groups are compared within strata only, weighted over them as
        Mantel and Haenszel. Of differences of one rate, without weights and persons.
    min_denominator
        Cases that a group needs below the line of the rate to enter. A smaller one is excluded, and the result names it.
    level
        Confidence level of the interval, which holds for all pairs of groups at once.
    seed
        What the shuffles of the test are derived from.

    Returns
    -------
    Measured
        With interval, p-value, the groups compared of all, those excluded and why.
    Unmeasured
        `too_few_samples` where fewer than two groups have enough cases; `undefined` where there are no two groups, or the
        ratio would be 0/0.

    Raises
    ------
    UsageError
        If arrays are not equally long, or pandas objects have different indices.
    SourceError
        If outcomes are missing, or `pos_label` is not one of them.
    """

    def __call__(
        self,
        y_true: Any,
        y_pred: Any,
        *,
        sensitive_features: Any,
        pos_label: Any = 1,
        sample_weight: Any = None,
        person: Any = None,
        strata: Any = None,
        min_denominator: int = 20,
        level: float = 0.95,
        seed: int = 0,
    ) -> Measured | Unmeasured: ...


_EXAMPLE = """{what}

    Parameters, shapes, returns, what is undefined, and errors: see `GapMetric`.

    Examples
    --------
    >>> y_true, y_pred = [1, 1, 0, 0, 1, 1, 1, 0], [1, 0, 1, 0, 1, 1, 0, 0]
    >>> round({name}(y_true, y_pred, sensitive_features=list("aaaabbbb"), min_denominator=1).value, 4)
    {value}
    """


def _gap(stem: str, kind: Kind, what: str, value: float) -> GapMetric:
    """The function of a gap, by its stem in `cardwright.evaluators.fairness.plan.GAPS`; `value` is that of its example."""

    def metric(
        y_true: Any,
        y_pred: Any,
        *,
        sensitive_features: Any,
        pos_label: Any = 1,
        sample_weight: Any = None,
        person: Any = None,
        strata: Any = None,
        min_denominator: int = 20,
        level: float = 0.95,
        seed: int = 0,
    ) -> Measured | Unmeasured:
        source = _predictions(
            y_true,
            y_pred,
            sensitive_features=sensitive_features,
            pos_label=pos_label,
            sample_weight=sample_weight,
            person=person,
            strata=strata,
        )
        evaluator = Fairness(min_denominator=min_denominator, level=level, depth=len(source.sensitive))
        inputs = Inputs("metric", {"source": source}, seed=seed)
        return single_gap(evaluator, inputs, run_tally(evaluator, inputs), stem, kind)

    metric.__name__ = metric.__qualname__ = f"{stem}_{kind}"
    metric.__doc__ = _EXAMPLE.format(what=what, name=metric.__name__, value=value)
    return metric


def _predictions(
    y_true: Any,
    y_pred: Any = None,
    *,
    sensitive_features: Any,
    pos_label: Any,
    sample_weight: Any,
    person: Any,
    strata: Any,
    **options: Any,
) -> Predictions:
    return predictions_from_arrays(
        _labels(y_true),
        None if y_pred is None else _labels(y_pred),
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        person=person,
        strata=strata,
        name="arrays",
        favourable=int(pos_label) if isinstance(pos_label, bool) else pos_label,
        **options,
    )


def _labels(values: Any) -> Any:
    """Truth values as 0 and 1, as scikit-learn has them; anything else as it is."""
    if isinstance(values, (list, tuple)) and values and isinstance(values[0], (bool, np.bool_)):
        values = np.asarray(values)
    kind = str(getattr(values, "dtype", getattr(values, "type", ""))).lower()
    if kind not in ("bool", "boolean"):
        return values
    if hasattr(values, "astype"):
        return values.astype("int8" if kind == "bool" else "Int8")  # pandas' nullable truth values keep their gaps
    return np.asarray(values).astype("int8")


demographic_parity_difference = _gap(
    "demographic_parity",
    "difference",
    "The highest minus the lowest selection rate among groups (Dwork et al., 2012).",
    0.0,
)
demographic_parity_ratio = _gap(
    "demographic_parity",
    "ratio",
    "The lowest over the highest selection rate among groups, also adverse impact ratio (29 CFR 1607.4(D)).",
    1.0,
)
equal_opportunity_difference = _gap(
    "equal_opportunity",
    "difference",
    "The highest minus the lowest true positive rate among groups (Hardt, Price and Srebro, 2016).",
    0.1667,
)
equal_opportunity_ratio = _gap(
    "equal_opportunity", "ratio", "The lowest over the highest true positive rate among groups.", 0.75
)
equalized_odds_difference = _gap(
    "equalized_odds",
    "difference",
    "The larger of the gaps of true and of false positive rates among groups (Hardt, Price and Srebro, 2016).",
    0.5,
)
equalized_odds_ratio = _gap(
    "equalized_odds", "ratio", "The smaller of the ratios of true and of false positive rates among groups.", 0.0
)
predictive_parity_difference = _gap(
    "predictive_parity",
    "difference",
    "The highest minus the lowest positive predictive value among groups (Chouldechova, 2017).",
    0.5,
)
predictive_parity_ratio = _gap(
    "predictive_parity", "ratio", "The lowest over the highest positive predictive value among groups.", 0.5
)
false_positive_rate_difference = _gap(
    "false_positive_rate",
    "difference",
    "The highest minus the lowest false positive rate among groups, also predictive equality.",
    0.5,
)
false_positive_rate_ratio = _gap(
    "false_positive_rate", "ratio", "The lowest over the highest false positive rate among groups.", 0.0
)
false_negative_rate_difference = _gap(
    "false_negative_rate", "difference", "The highest minus the lowest false negative rate among groups.", 0.1667
)
false_negative_rate_ratio = _gap(
    "false_negative_rate", "ratio", "The lowest over the highest false negative rate among groups.", 0.6667
)
accuracy_difference = _gap("accuracy", "difference", "The highest minus the lowest accuracy among groups.", 0.25)
accuracy_ratio = _gap("accuracy", "ratio", "The lowest over the highest accuracy among groups.", 0.6667)


def group_metrics(
    y_true: Any,
    y_pred: Any = None,
    *,
    sensitive_features: Any,
    y_score: Any = None,
    threshold: float | None = None,
    pos_label: Any = 1,
    sample_weight: Any = None,
    person: Any = None,
    strata: Any = None,
    min_denominator: int = 20,
    depth: int = 2,
    level: float = 0.95,
    seed: int = 0,
) -> Measurements:
    """Every number that the fairness evaluation has: per group, per intersection, and every gap between groups.

    Parameters
    ----------
    y_score
        Probabilities of the favourable outcome, shape (n,): ranking and calibration by group.
    threshold
        Where decisions are made of scores, if `y_pred` is not given: favourable where score >= threshold.
    depth
        How many columns of `sensitive_features` are crossed.

    Others, shapes, what is undefined, and errors: see `GapMetric`.

    Examples
    --------
    >>> y_true, y_pred = [1, 1, 0, 0, 1, 1, 1, 0], [1, 0, 1, 0, 1, 1, 0, 0]
    >>> found = group_metrics(y_true, y_pred, sensitive_features=list("aaaabbbb"), min_denominator=1)
    >>> [(one.slice, one.value, one.denominator) for one in found if one.metric == "selection_rate"]
    [({}, 0.5, 8.0), ({'sensitive': 'a'}, 0.5, 4.0), ({'sensitive': 'b'}, 0.5, 4.0)]
    """
    source = _predictions(
        y_true,
        y_pred,
        sensitive_features=sensitive_features,
        pos_label=pos_label,
        sample_weight=sample_weight,
        person=person,
        strata=strata,
        y_score=y_score,
        threshold=threshold,
    )
    evaluator = Fairness(min_denominator=min_denominator, depth=depth, level=level)
    return Measurements(evaluator.evaluate(Inputs("group_metrics", {"source": source}, seed=seed)).measurements)


__all__ = [
    "GapMetric",
    "accuracy_difference",
    "accuracy_ratio",
    "check_impact_ratio_table",
    "check_impact_ratio_tables",
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equal_opportunity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "false_negative_rate_difference",
    "false_negative_rate_ratio",
    "false_positive_rate_difference",
    "false_positive_rate_ratio",
    "group_metrics",
    "predictive_parity_difference",
    "predictive_parity_ratio",
]
