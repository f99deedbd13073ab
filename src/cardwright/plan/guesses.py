"""What the columns of a file may be, by their names and values, and why; pure functions of a look at them.

A guess is *sure* only if nobody would answer otherwise. A wrong label makes every number wrong, and looks the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from cardwright.evaluators.rows.case_names import could_name_cases
from cardwright.plan.looking import ColumnSeen

Said = Literal["score", "decision", "value"]
"""What a model's column holds: a probability, a decision (a class), or a predicted number."""

_LABEL = re.compile(
    r"^(y|label|target|outcome|class|y_true|ground_?truth|truth|actual|response|label_value)$"
    r"|label|target|outcome|approv|hired|default|churn|fraud|admit|readmi|income|survived|recid",
    re.I,
)
_SCORE = re.compile(r"score|prob|^p_|^p$|_p$|proba|risk|confidence|likelihood|y_hat|yhat", re.I)
_PREDICTION = re.compile(r"pred|decision|y_pred|yhat|y_hat|classified|predicted", re.I)
_SENSITIVE = re.compile(
    r"race|ethnic|(?<![a-z])sex(?![a-z])|gender|age_?(band|group|range|cat|bracket|bucket)|nationalit|religio|disab|marital"
    r"|pregnan|veteran|orientation|caste|citizen|native_?country|country_?of_?birth|foreign_?(worker|born)|personal_?status",
    re.I,
)
_AGE = re.compile(r"(^|[^a-z])age(s|_?(years|yrs|in_?years))?$|^age[^a-z]", re.I)
_AGE_WORDS = re.compile(r"(stage|page|wage|image|usage|mileage|language|average|percentage|message|village)", re.I)
_ID = re.compile(
    r"(^|_)(id|uuid|key|index|application|applicant|customer|person|patient|user|case|row)(_?(id|no|nr|number))?$", re.I
)
_TURNED = re.compile(
    r"default|risk|fraud|den(?:y|ied|ial)|churn|reject|fail|readmi|delinq|recid|(?:^|_)bad(?:_|$)", re.I
)
"""Words of a column whose probability may be that of the bad outcome: only a person can say which way it points."""
_GOOD = re.compile(r"approv|hired|accept|admit|grant|pass|success|survived|paid|select|eligible", re.I)
_BAD = re.compile(r"reject|default|churn|fraud|denied|deny|refus|fail|readmi|delinq|recid", re.I)
_WEIGHT = re.compile(
    r"(sample|survey|sampling|design|final|person)_?(weight|wt|wgt)s?$|^(fnlwgt|pwgtp|finalwgt|wtfinl|perwt)$", re.I
)
_TEXT_COLUMNS = {"prompt", "response", "messages", "completion", "answer", "question"}
_QUERY = re.compile(
    r"(^|_)(query|queries|qid|q_?id|search|srch|impression|request|user|session|topic)s?(_?(id|no|nr))?$", re.I
)
_RELEVANCE = re.compile(
    r"relevan|^rel(_|$)|grade|judge?ment|click|gain|^label$|^target$|^booked$|^purchased$|^rating$", re.I
)
_RANK = re.compile(r"(^|_)(rank|position|pos)(_|$)", re.I)

_CODE = re.compile(r"(?=[^ ]*\d)[^ ]{3,40}")
"""A word with a digit in it and no blank: an identifier's form."""
_NEAR_KEY = 0.2
"""From this share of different values on, a column of codes that repeats some may name persons."""

FEW_BANDED = 0.05
"""The smallest share of rows that a proposed band of ages has."""
_DECADES = (25.0, 35.0, 45.0, 55.0, 65.0, 75.0)


@dataclass(frozen=True)
class Guess:
    """What a column is taken for, and why."""

    value: str
    why: str
    sure: bool


@dataclass(frozen=True)
class SaidPair:
    """A column of true outcomes, and the column of what a model said of them."""

    truth: ColumnSeen
    said: ColumnSeen
    how: Said


# --- names of columns ---------------------------------------------------------------------------------------------------

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FUSED = {
    "yhat": ("y", "hat"),
    "ypred": ("y", "pred"),
    "ytrue": ("y", "true"),
    "ytest": ("y", "true"),
    "yprob": ("y", "prob"),
}
_SAID = frozenset({
    "pred", "preds", "predicted", "prediction", "predictions", "predict", "proba", "prob", "probs", "probability",
    "probabilities", "score", "scores", "hat", "forecast", "forecasted", "fitted", "estimated", "estimate", "estimation",
    "decision", "decided", "classified", "output", "model",
})  # fmt: skip
_TRUE = frozenset({"true", "truth", "actual", "actuals", "observed", "real", "gt", "ground", "value"})
_GENERIC = frozenset({(), ("y",), ("label",), ("labels",), ("target",), ("outcome",), ("class",), ("response",)})


def _words(name: str) -> tuple[str, ...]:
    found: list[str] = []
    for word in re.split(r"[^a-z0-9]+", _CAMEL.sub("_", name.strip()).lower()):
        found += _FUSED.get(word, (word,) if word else ())
    return tuple(found)


def said_of(name: str) -> tuple[str, ...] | None:
    """What a column's name says a model predicted, as words; None if it does not speak of a model.

    >>> [said_of(name) for name in ("predicted_income", "p_churn", "y_pred", "Score", "income")]
    [('income',), ('churn',), (), (), None]
    """
    words = _words(name)
    marked = [word in _SAID for word in words]
    if words and words[0] == "p" and (len(words) > 1 or len(name.strip()) == 1):
        marked[0] = True
    if words and words[-1] == "p" and len(words) > 1:
        marked[-1] = True
    if not any(marked):
        return None
    rest = tuple(word for word, mark in zip(words, marked, strict=True) if not mark)
    return () if rest in _GENERIC else rest


def _truth_of(name: str) -> tuple[str, ...]:
    words = _words(name)
    rest = tuple(word for word in words if word not in _TRUE)
    if words == ("value",):
        return words
    return () if rest in _GENERIC else rest


def fits(truth: ColumnSeen, said: ColumnSeen) -> Said | None:
    """How one column can be what a model said of the outcomes in another; None if it cannot."""
    if truth.distinct <= 2 and truth.whole and said.probability:
        return "score"
    if truth.classes and said.classes:
        values = set(said.values)
        if values <= set(truth.values) or (truth.type == said.type == "string" and values & set(truth.values)):
            return "decision"
    if truth.number and said.number and truth.distinct > 2:
        return "value"
    return None


def pairs(columns: Sequence[ColumnSeen]) -> list[SaidPair]:
    """Columns whose names say that one is a model's word on the other: `x` and `predicted_x`, `y_true` and `y_pred`."""
    found = []
    for said in columns:
        stem = said_of(said.name)
        if stem is None:
            continue
        for truth in columns:
            if truth is said or said_of(truth.name) is not None or _truth_of(truth.name) != stem:
                continue
            how = fits(truth, said)
            if how is not None:
                found.append(SaidPair(truth, said, how))
    return found


# --- what the file is ---------------------------------------------------------------------------------------------------


def guess_kind(columns: Sequence[ColumnSeen]) -> Guess:
    """What the file is: a model's predictions, a ranking, a dataset, or exchanges with an assistant."""
    names = {column.name.lower() for column in columns}
    if "messages" in names or len(names & _TEXT_COLUMNS) >= 2:
        return Guess("llm", "columns of prompts and answers", True)
    if not columns:
        return Guess("tabular", "there is no file to look at", True)
    ranking = guess_ranking(columns)
    if ranking is not None:
        return Guess("ranking", f"{ranking.order} orders the candidates of each {ranking.query}", False)
    matched = pairs(columns)
    if matched:
        return Guess("tabular", f"{matched[0].said.name} is a model's word on {matched[0].truth.name}", True)
    scored = [c for c in columns if c.probability and _SCORE.search(c.bare)]
    decided = [c for c in columns if c.classes and (_PREDICTION.search(c.bare) or said_of(c.name) == ())]
    values = [c for c in columns if c.number and _PREDICTION.search(c.bare)]
    for one in (*scored, *decided, *values):
        return Guess("tabular", f"{one.name} reads as what a model said", False)
    off = [c for c in columns if c.number and re.search(r"score|prob", c.name, re.I) and (c.greatest or 0) > 1]
    more = ""
    if off:
        span = f"{off[0].least:g} to {off[0].greatest:g}"
        more = f"; {off[0].name} is not a probability, since it goes from {span} (say its scale with `score_scale`)"
    return Guess("dataset", f"no column reads as what a model said{more}", False)


@dataclass(frozen=True)
class RankingColumns:
    """The columns of a ranking."""

    query: str
    relevance: str
    order: str
    ranked: bool
    """Whether `order` holds ranks, the first best, and not scores, the highest best."""


def guess_ranking(columns: Sequence[ColumnSeen]) -> RankingColumns | None:
    """The columns of candidates for queries; None unless a query that repeats, relevance, and a score or rank are all there."""
    query = next(
        (c for c in columns if _QUERY.search(c.bare) and c.repeats and c.distinct > 1 and not c.fraction), None
    )
    explicit = query is not None and re.search(r"quer|qid|search|srch|impression|topic", query.bare, re.I) is not None
    if query is None:
        return None
    rest = [c for c in columns if c is not query]
    grade = next(
        (c for c in rest if _RELEVANCE.search(c.bare) and c.number and (c.least or 0) >= 0 and c.distinct <= 32), None
    )
    if grade is None or not (explicit or re.search(r"relevan|^rel(_|$)", grade.bare, re.I)):
        return None
    rest = [c for c in rest if c is not grade and c.number]
    score = next((c for c in rest if said_of(c.name) is not None or _SCORE.search(c.bare)), None)
    if score is not None:
        return RankingColumns(query.name, grade.name, score.name, False)
    rank = next((c for c in rest if _RANK.search(c.bare)), None)
    return RankingColumns(query.name, grade.name, rank.name, True) if rank is not None else None


# --- what each column is ------------------------------------------------------------------------------------------------


def guess_label(columns: Sequence[ColumnSeen]) -> Guess | None:
    """The column of true outcomes."""
    matched = pairs(columns)
    if matched:
        truths = {pair.truth.name for pair in matched}
        first = matched[0]
        return Guess(first.truth.name, f"{first.said.name} is a model's word on it", len(truths) == 1)
    free = [
        c
        for c in columns
        if not _SENSITIVE.search(c.bare)
        and not _PREDICTION.search(c.bare)
        and not _ID.search(c.bare)
        and c.distinct >= 1
    ]
    few = [c for c in free if 2 <= c.distinct <= 20 and c.whole]
    named = [c for c in few if _LABEL.search(c.bare) and said_of(c.name) is None]
    exact = [c for c in named if c.distinct == 2] or named
    if exact:
        one = exact[0]
        sure = len(exact) == 1 and (one.distinct == 2 or _truth_of(one.name) == ())
        return Guess(one.name, f"its name, and {one.distinct} values", sure)
    amounts = [c for c in free if c.number and _truth_of(c.name) == () and said_of(c.name) is None]
    if amounts:
        return Guess(amounts[0].name, "its name", len(amounts) == 1)
    two = [c for c in few if c.distinct == 2 and said_of(c.name) is None]
    return Guess(two[0].name, "it has two values", False) if two else None


def guess_task(label: ColumnSeen | None, said: ColumnSeen | None = None) -> Guess | None:
    """What is predicted, by the outcomes and what a model said of them; None if nothing is known of them."""
    if label is None or label.distinct == 0:
        return None
    both = [label] if said is None or said.probability else [label, said]
    if any(c.number and not c.whole for c in both):
        return Guess("regression", "numbers with fractions", True)
    distinct = max(c.distinct for c in both)
    if all(c.number for c in both) and distinct > 2:
        if distinct > 20:
            return Guess("regression", f"{distinct} different numbers", True)
        return Guess("multiclass", "a few whole numbers, which may be classes or amounts", False)
    return Guess("multiclass", f"{distinct} classes", True) if distinct > 2 else Guess("binary", "two outcomes", True)


def guess_score(columns: Sequence[ColumnSeen], label: ColumnSeen | None) -> Guess | None:
    """The column of the probability of the favourable outcome; never sure if its name speaks of a bad one."""
    matched = [p for p in pairs(columns) if p.how == "score" and (label is None or p.truth.name == label.name)]
    rest = [c for c in columns if label is None or c.name != label.name]
    guess = (
        Guess(matched[0].said.name, f"its name, beside {matched[0].truth.name}", len(matched) == 1) if matched else None
    )
    guess = guess or _first(
        rest,
        lambda c: c.probability and bool(_SCORE.search(c.bare)),
        "numbers between 0 and 1, and its name",
        sure=True,
    )
    if guess is not None and _TURNED.search(guess.value):
        return Guess(
            guess.value, f"{guess.why}; it may be the probability of the bad outcome: then store 1 - it first", False
        )
    return guess


def guess_unnamed_score(columns: Sequence[ColumnSeen]) -> Guess | None:
    """A column that holds probabilities by its values alone."""
    return _first(columns, lambda c: c.unit_interval, "numbers between 0 and 1", sure=False)


def guess_prediction(columns: Sequence[ColumnSeen], label: ColumnSeen | None) -> Guess | None:
    """The column of the model's decisions, or of the numbers it predicted."""
    matched = [p for p in pairs(columns) if p.how != "score" and (label is None or p.truth.name == label.name)]
    if matched:
        return Guess(matched[0].said.name, f"its name, beside {matched[0].truth.name}", len(matched) == 1)
    rest = [c for c in columns if label is None or c.name != label.name]
    fitting = [c for c in rest if label is None or fits(label, c) in ("decision", "value")]
    named = [c for c in fitting if _PREDICTION.search(c.bare) or (said_of(c.name) == () and not c.probability)]
    return Guess(named[0].name, "its name", len(named) == 1) if named else None


def guess_person(columns: Sequence[ColumnSeen]) -> Guess | None:
    """The column whose equal values are one person: one that is named so, or a column of codes, that repeats."""
    repeated = [c for c in columns if c.repeats and (c.whole or not c.number)]
    named = [c for c in repeated if could_name_cases(c.name, c.distinct)]
    keys = [c for c in repeated if c.distinct > 20 and _ID.search(c.bare)]
    codes = [
        c
        for c in repeated
        if c.type == "string"
        and c.distinct > 20
        and c.distinct >= _NEAR_KEY * c.counted
        and all(map(_CODE.fullmatch, c.values))
    ]
    found = named or keys or codes
    if not found:
        return None
    one = found[0]
    return Guess(
        one.name,
        f"{one.distinct} values in {one.counted} rows, so rows of one value may not be independent",
        False,
    )


def guess_weight(columns: Sequence[ColumnSeen]) -> Guess | None:
    """The column of survey weights; never sure, and nothing of a column called `weight`, which may be kilograms."""
    return _first(
        columns, lambda c: c.number and (c.least or 0) >= 0 and bool(_WEIGHT.search(c.bare)), "its name", sure=False
    )


def guess_favourable(seen: ColumnSeen | None) -> Guess | None:
    """Which of two outcomes is good for the person, by the column's name and its values; None if nothing says."""
    if seen is None or seen.distinct != 2:
        return None
    values = set(seen.values)
    if values == {"0", "1"}:
        if _GOOD.search(seen.bare):
            return Guess("1", f"1 reads as the good outcome of {seen.name}", True)
        if _BAD.search(seen.bare) or _TURNED.search(seen.bare):
            # Never sure: a wrong guess turns the sign of every gap, and looks the same.
            return Guess("0", f"1 reads as the bad outcome of {seen.name}", False)
        return Guess("1", "1 is often the good outcome", False)
    good = [value for value in seen.values if _GOOD.search(value) or value.lower() in ("yes", "true", "good")]
    return Guess(good[0], "it reads as the good outcome", len(good) == 1) if good else None


def guess_sensitive(columns: Sequence[ColumnSeen]) -> Guess | None:
    """The columns of groups: by their names, if they have 2 to 30 values, and ages."""
    names = [c.name for c in columns if (_SENSITIVE.search(c.bare) and 2 <= c.distinct <= 30) or is_age(c)]
    return Guess(listed(names), "by their names", True) if names else None


def is_age(seen: ColumnSeen) -> bool:
    """Whether a column holds ages in years, by its name and its numbers."""
    return (
        seen.number
        and _AGE.search(seen.bare) is not None
        and _AGE_WORDS.search(seen.bare) is None
        and seen.distinct > 10
        and seen.least is not None
        and seen.greatest is not None
        and seen.least >= 0
        and 15 < seen.greatest <= 130
    )


def guess_bands(seen: ColumnSeen) -> tuple[float, ...]:
    """Where bands of a column of numbers could begin: at decades of age, or at quartiles; each band has 5 % of the rows."""
    total = sum(rows for _, rows in seen.numbers)
    if not total or seen.distinct < 3:
        return ()
    edges = _DECADES if is_age(seen) else _quartiles(seen, total)
    kept: list[float] = []
    for edge in edges:
        low = kept[-1] if kept else float("-inf")
        here = sum(rows for number, rows in seen.numbers if low <= number < edge)
        above = sum(rows for number, rows in seen.numbers if number >= edge)
        if here >= FEW_BANDED * total and above >= FEW_BANDED * total:
            kept.append(edge)
    return tuple(kept)


def _quartiles(seen: ColumnSeen, total: int) -> tuple[float, ...]:
    found: list[float] = []
    passed = 0
    for number, rows in seen.numbers:
        if len(found) < 3 and passed >= (len(found) + 1) * total / 4:
            found.append(number)
        passed += rows
    return tuple(found)


def listed(names: Sequence[str]) -> str:
    """Names of columns as one answer; one with a comma, a quote or a blank at its end is quoted.

    >>> listed(["sex", "age, years"])
    'sex, "age, years"'
    """
    return ", ".join(
        '"' + name.replace('"', '""') + '"' if "," in name or '"' in name or name != name.strip() else name
        for name in names
    )


def _first(columns: Sequence[ColumnSeen], test: Callable[[ColumnSeen], bool], why: str, *, sure: bool) -> Guess | None:
    candidates = [column for column in columns if test(column)]
    return Guess(candidates[0].name, why, sure and len(candidates) == 1) if candidates else None


__all__ = [
    "Guess",
    "RankingColumns",
    "SaidPair",
    "fits",
    "guess_bands",
    "guess_favourable",
    "guess_kind",
    "guess_label",
    "guess_person",
    "guess_prediction",
    "guess_ranking",
    "guess_score",
    "guess_sensitive",
    "guess_task",
    "guess_unnamed_score",
    "guess_weight",
    "is_age",
    "listed",
    "pairs",
    "said_of",
]  # fmt: skip
