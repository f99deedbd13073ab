"""From a model of texts to what a card may print: which words push its output, how far, and whether the explanation holds.

A text holds persons. No word is printed that few texts use, and none that is not used in lower case by enough of them: a name is
written with a capital or occurs in few texts. What is not printed is counted, with its share of the attribution.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cardwright.errors import UsageError
from cardwright.evaluators.attributions.association import Association, association_bounds, measured_association
from cardwright.evaluators.attributions.budget import TimeBudget
from cardwright.evaluators.attributions.options import AttributionsOptions
from cardwright.evaluators.attributions.report import quality_findings
from cardwright.evaluators.attributions.student import student_interval
from cardwright.evaluators.attributions.text_evidence import text_evidence
from cardwright.evaluators.attributions.texts import ExplainedTexts, Words, explain_texts, text_rows
from cardwright.evaluators.interface import Inputs
from cardwright.privacy.showing import kinds
from cardwright.record.base import label
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    Finding,
    NotTested,
    Scanned,
    Table,
    TableColumn,
    count_severities,
)
from cardwright.record.measurement import Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Model, Predictions

if TYPE_CHECKING:
    import numpy
    import pyarrow

LONGEST_WORD = 20
"""Letters of the longest word that is printed: what is longer is a code more often than a word."""
WITHOUT_CAPITALS = 4
"""Where no text has a capital, names look like words: so many times as many texts have to use one."""


@dataclass(frozen=True)
class WordEffect:
    """One word over all explained texts that use it."""

    word: str
    values: numpy.ndarray[Any, Any]
    """By text, the sum over its occurrences, shape (texts,)."""
    places: tuple[int, ...]
    """Which texts they are."""


@dataclass(frozen=True)
class Effects:
    """The words that may be printed, the strongest first, and what is not printed."""

    shown: tuple[WordEffect, ...]
    rare: int
    """Words in too few texts."""
    other: int
    """Words with digits or capitals, long words, and what a detector of personal data finds something in."""
    whole: float
    """The sum of all absolute effects, text by text and word by word."""

    @property
    def printed_share(self) -> float:
        """Which share of the absolute effects falls on words that may be printed; 0 if there are none."""
        import numpy as np

        return sum(float(np.abs(one.values).sum()) for one in self.shown) / self.whole if self.whole else 0.0


def effects_of(
    texts: Sequence[tuple[str, ...]],
    parts: Sequence[Words],
    values: Sequence[Any],
    least: int,
    persons: Sequence[object] | None = None,
) -> Effects:
    """The effect of each word over the texts that use it, split into what may be printed and what may not.

    Parameters
    ----------
    texts, parts, values
        By row: its texts, the places of its words, and their attributions.
    least
        In how many texts, or of how many persons, a word has to stand in lower case.
    persons
        By row: whose text it is, if that is known.
    """
    import numpy as np

    sums: dict[str, dict[int, float]] = {}
    lower: dict[str, set[object]] = {}
    capitals = any(c.isupper() for row in texts for text in row for c in text)
    for row, (own, here, effects) in enumerate(zip(texts, parts, values, strict=True)):
        for (place, start, stop), value in zip(here, effects, strict=True):
            word = own[place][start:stop].strip()
            folded = word.casefold()
            if not folded:
                continue
            by_row = sums.setdefault(folded, {})
            by_row[row] = by_row.get(row, 0.0) + float(value)
            if word.islower() or not any(c.isalnum() for c in word):
                lower.setdefault(folded, set()).add(row if persons is None else persons[row])
    shown, rare, other, whole = [], 0, 0, 0.0
    for word, by_row in sorted(sums.items()):
        found = np.array(list(by_row.values()))
        whole += float(np.abs(found).sum())
        signs = not any(c.isalnum() for c in word)
        enough = least if signs or capitals else WITHOUT_CAPITALS * least
        harmless = len(word) <= LONGEST_WORD and not any(c.isdigit() for c in word) and not kinds(word)
        if len(lower.get(word, ())) >= enough and harmless:
            shown.append(WordEffect(word, found, tuple(by_row)))
        elif len(by_row) < least:
            rare += 1
        else:
            other += 1
    shown.sort(key=lambda one: (-float(np.abs(one.values).sum()), one.word))
    return Effects(tuple(shown), rare, other, whole)


def assess_texts(
    options: AttributionsOptions,
    inputs: Inputs,
    model: Model,
    source: Predictions,
    rows: pyarrow.RecordBatch,
    total: int,
    column: int | None,
    others: int,
    persons: Sequence[object] | None,
    clock: Callable[[], float] = time.monotonic,
) -> Evaluation:
    """The evaluation of a model of texts; `rows` were chosen of `total`, `others` classes are not explained."""
    budget, probability = TimeBudget.of(options.seconds, clock), options.explained_output == "probability"
    wanted = text_rows(model, rows)
    method = options.method
    if method not in ("auto", "integrated_gradients", "text_masker"):
        raise UsageError(
            f"attributions: `method: {method}` explains tables, and the model reads texts",
            do="Leave `method` out, or write `integrated_gradients` or `text_masker`.",
        )

    def explained_from(blank: int, texts: Sequence[tuple[str, ...]], share: float) -> ExplainedTexts:
        return explain_texts(
            model,
            texts,
            method=method,
            column=column,
            steps=options.steps,
            probability=probability,
            blank=blank,
            budget=budget.part(share),
        )

    first = explained_from(0, wanted, 0.5)
    done = len(first.values)
    inputs.progress(1, 3)
    texts, rows = wanted[:done], rows.slice(0, done)
    persons = None if persons is None else persons[:done]
    again = explained_from(1, texts, 0.5) if options.seeds > 1 and budget.left > 0 else None
    inputs.progress(2, 3)
    effects = effects_of(texts, first.words, first.values, inputs.small_cell, persons)
    sampling = Sampling(unit=source.unit, units=done, observations=done, design="random")
    measurements: list[Measurement] = [
        *(m for one in effects.shown[: options.top] for m in _word(one, effects, options, source, first.output)),
        *_printed(effects, sampling),
        *_additivity(first),
        *_stability(options, first, again, texts),
        *text_evidence(
            model,
            first,
            texts,
            column=column,
            level=options.level,
            unit=source.unit,
            seed=inputs.seed,
            steps=options.steps,
            probability=probability,
            budget=budget,
        ),
        *_not_of_texts(),
    ]
    inputs.progress(3, 3)
    proxies = _proxies(options, effects, rows, source)
    listed = [one for at, one in enumerate(proxies) if at < options.top or one[2].value >= options.proxy_association]
    measurements += [
        measured_association(found, {"word": word, "attribute": name}, level=options.level, unit=source.unit, n=done)
        for word, name, found in listed
    ]
    measurements.append(_proxy_share(options, effects, proxies, source))
    findings = [*quality_findings(measurements), *_findings(options, proxies)]
    tokens = _tokens(first, texts, effects, inputs.small_cell, persons)
    cut = sum(first.cut)
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question="Which words drive the model's output, and does the explanation hold?",
        method=_method(options, first, done, total, model, column, others, inputs.small_cell),
        limits=(
            "An attribution says what the model used, not what causes the outcome.",
            "Words work together: one number for a word is a mean over the texts that use it, whatever stands beside it.",
            "Texts with words left out need not occur: what the model says of them is how it works, not how it will be used.",
            "Names that many texts write in lower case look like words, and no list of names is complete.",
        ),
        measurements=tuple(measurements),
        findings=tuple(findings),
        severities=count_severities(findings),
        tables=(
            *_table("top_words", "Words by the sum of their absolute effects", effects, options, first.output),
            *(_table("top_tokens", "Tokens of these words", tokens, options, first.output) if tokens else ()),
        ),
        coverage=Coverage(
            scanned=(Scanned(what="texts", scanned=done, total=total),),
            not_tested=(
                NotTested(what="explanations of individual texts", why="a text is personal data of whoever wrote it"),
                NotTested(
                    what=f"{effects.rare} words in fewer than {inputs.small_cell} texts, and {effects.other} with capitals, "
                    "digits or another form of a name",
                    why="they may name somebody; their share of the attribution is measured, and they are not printed",
                ),
                *((NotTested(what=f"the ends of {cut} texts", why="the model reads no further"),) if cut else ()),
                *(
                    (NotTested(what=f"{len(wanted) - done} of {len(wanted)} texts", why="the time budget was used up"),)
                    if done < len(wanted)
                    else ()
                ),
                *((NotTested(what=f"the other {others} classes", why="one class was explained"),) if others else ()),
                NotTested(what="whether people understand the explanation", why="that needs people"),
            ),
        ),
        completeness="partial" if done < len(wanted) else "complete" if done == total else "sampled",
    )


def _method(
    options: AttributionsOptions,
    first: ExplainedTexts,
    done: int,
    total: int,
    model: Model,
    column: int | None,
    others: int,
    least: int,
) -> str:
    ways = {
        "integrated_gradients": "Captum's integrated gradients of the embeddings of their tokens, from the same text of blank "
        f"tokens, in {options.steps} steps (Sundararajan, Taly, Yan 2017)",
        "text_masker": "SHAP's Text masker and Partition explainer, which leave out words and groups of words (Owen's values)",
    }
    second = (
        "SHAP's Text masker"
        if first.method == "integrated_gradients" and len(model.features) == 1
        else "leaving out one word"
    )
    why = f"Not taken: {'; '.join(first.passed_over)}. " if first.passed_over else ""
    of_class = f"The class explained is {model.classes[column]}. " if others and column is not None else ""
    return (
        f"{done} of {total} texts, chosen by a keyed hash, were explained by {ways[first.method]}, in the output space "
        f"{first.output}. {why}{of_class}Attributions of tokens are summed by the word that they are part of, those of a word "
        f"over its occurrences in a text; a word's effect is the mean over the texts that use it, with Student's interval. Words "
        f"are printed if at least {least} texts (or persons, if the source names them) use them in lower case, if they have no "
        f"digits, and if no detector of personal data finds anything in them; in texts without any capital {WITHOUT_CAPITALS} "
        f"times as many are needed. The ranking is compared over two blank tokens. Whether it holds is asked of the model: "
        f"words are left out in the order of their attributions and in a random one (deletion and insertion), or at random "
        f"(infidelity); row by row, the ranking is compared with that of {second} (Spearman's rho), and with that of the network "
        f"whose weights are shuffled. A word's presence is compared with each sensitive attribute (Cramér's V, without its bias)."
    )


def _word(
    one: WordEffect, effects: Effects, options: AttributionsOptions, source: Predictions, output: str
) -> list[Measurement]:
    import numpy as np

    here, n = {"word": label(one.word)}, len(one.values)
    sampling = Sampling(unit=source.unit, units=n, observations=n, design="random")
    absolute = np.abs(one.values)
    pairs = (("mean_absolute_attribution", absolute), ("mean_attribution", one.values))
    return [
        *(
            Measured(
                metric=metric,
                slice=here,
                value=float(values.mean()),
                unit=output,
                direction="neither",
                interval=student_interval(values, options.level),
                sampling=sampling,
                denominator=n,
            )
            for metric, values in pairs
        ),
        Measured(
            metric="attribution_share",
            slice=here,
            value=float(absolute.sum()) / effects.whole if effects.whole else 0.0,
            unit="share",
            direction="neither",
            sampling=sampling,
        ),
    ]


_FLAT = "All attributions are zero: the output does not depend on any word."


def _printed(effects: Effects, sampling: Sampling) -> list[Measurement]:
    metric = "printed_words_attribution_share"
    if not effects.whole:
        return [Unmeasured(metric=metric, code="undefined", reason=_FLAT)]
    return [Measured(metric=metric, value=effects.printed_share, unit="share", direction="neither", sampling=sampling)]


def _additivity(first: ExplainedTexts) -> list[Measurement]:
    import numpy as np

    metrics = ("additivity_residual_max", "additivity_residual_p99")
    spread, n = float(np.ptp(first.outputs)), len(first.outputs)
    if spread <= 0:
        why = f"The output is the same for all {n} texts."
        return [Unmeasured(metric=metric, code="undefined", reason=why) for metric in metrics]
    values = (first.residuals.max(), np.quantile(first.residuals, 0.99))
    return [
        Measured(metric=m, value=float(v) / spread, unit="ratio", direction="lower_is_better", denominator=n)
        for m, v in zip(metrics, values, strict=True)
    ]


def _stability(
    options: AttributionsOptions,
    first: ExplainedTexts,
    again: ExplainedTexts | None,
    texts: Sequence[tuple[str, ...]],
) -> list[Measurement]:
    """Spearman's correlation of the words' mean absolute effects between two blank tokens, over all words, printed or not."""
    from scipy.stats import spearmanr

    metric = "attribution_rank_stability"
    if again is None:
        why = "One blank token was compared; two are needed."
        return [Unmeasured(metric=metric, code="too_few_samples", reason=why)]
    shared = len(again.values)
    one, other = (_means(texts[:shared], e.words[:shared], e.values[:shared]) for e in (first, again))
    words = sorted(one)
    if len(words) < 3 or len(set(one.values())) < 2 or len(set(other.values())) < 2:
        return [Unmeasured(metric=metric, code="undefined", reason="Fewer than three words have a ranking.")]
    found = float(spearmanr([one[w] for w in words], [other[w] for w in words]).statistic)
    return [
        Measured(metric=metric, value=found, unit="correlation", direction="higher_is_better", denominator=len(words))
    ]


def _means(texts: Sequence[tuple[str, ...]], parts: Sequence[Words], values: Sequence[Any]) -> Mapping[str, float]:
    found: dict[str, list[float]] = {}
    for own, here, effects in zip(texts, parts, values, strict=True):
        for (place, start, stop), value in zip(here, effects, strict=True):
            found.setdefault(own[place][start:stop].casefold(), []).append(abs(float(value)))
    return {word: sum(several) / len(several) for word, several in found.items()}


def _not_of_texts() -> list[Measurement]:
    why = "The model reads texts: no column of it is an attribute, and what a text says of a person is not one cell."
    return [
        Unmeasured(metric=metric, code="not_applicable", reason=why)
        for metric in ("sensitive_attribution_share", "counterfactual_flip_rate", "counterfactual_change")
    ]


def _proxies(
    options: AttributionsOptions, effects: Effects, rows: pyarrow.RecordBatch, source: Predictions
) -> list[tuple[str, str, Association]]:
    """The words that may be printed, with how closely their presence goes with each sensitive attribute, the closest first."""
    import numpy as np
    import pyarrow as pa

    found = []
    for attribute, one in itertools.product(source.sensitive, effects.shown):
        there = np.full(rows.num_rows, "absent")
        there[list(one.places)] = "present"
        strength = association_bounds(pa.array(there), rows.column(attribute.name), attribute.unknown, options.level)
        if strength is not None:
            found.append((one.word, attribute.name, strength))
    return sorted(found, key=lambda item: (-item[2].value, item[0], item[1]))


def _proxy_share(
    options: AttributionsOptions,
    effects: Effects,
    proxies: Sequence[tuple[str, str, Association]],
    source: Predictions,
) -> Measurement:
    import numpy as np

    metric = "proxy_attribution_share"
    if not source.sensitive:
        return Unmeasured(metric=metric, code="not_applicable", reason="The plan names no sensitive attribute.")
    if not effects.whole:
        return Unmeasured(metric=metric, code="undefined", reason=_FLAT)
    near = {word for word, _, found in proxies if found.value >= options.proxy_association}
    share = sum(float(np.abs(one.values).sum()) for one in effects.shown if one.word in near) / effects.whole
    return Measured(
        metric=metric,
        value=share,
        unit="share",
        direction="lower_is_better",
        at={"association": options.proxy_association},
    )


def _findings(options: AttributionsOptions, proxies: Sequence[tuple[str, str, Association]]) -> list[Finding]:
    """Of many words the closest is close by chance, so that a finding rests on the lower bound."""
    near = [(word, attribute) for word, attribute, found in proxies if found.lower >= options.proxy_association]
    if not near:
        return []
    listed = ", ".join(f"{label(word)} with {label(attribute)}" for word, attribute in near)
    return [
        Finding(
            severity="medium",
            key="proxy_words",
            explanation=f"Words that drive the output go with a sensitive attribute: {listed}.",
        )
    ]


def _tokens(
    first: ExplainedTexts,
    texts: Sequence[tuple[str, ...]],
    effects: Effects,
    least: int,
    persons: Sequence[object] | None,
) -> Effects | None:
    """The effects of tokens inside of words that may be printed; None if every such word is one token, or none is known."""
    may = {one.word for one in effects.shown}
    kept_parts, kept_values, several = [], [], False
    for own, words, tokens, values in zip(texts, first.words, first.tokens, first.token_values, strict=True):
        parts, numbers = [], []
        for token, value in zip(tokens, values, strict=True):
            word = next((w for w in words if w[0] == token[0] and w[1] < token[2] and token[1] < w[2]), None)
            if word is not None and own[word[0]][word[1] : word[2]].casefold() in may:
                parts.append(token)
                numbers.append(float(value))
                several = several or (token[2] - max(token[1], word[1])) < word[2] - word[1]
        kept_parts.append(tuple(parts))
        kept_values.append(numbers)
    return effects_of(texts, kept_parts, kept_values, least, persons) if several else None


def _table(name: str, title: str, effects: Effects, options: AttributionsOptions, output: str) -> tuple[Table, ...]:
    import numpy as np

    rows: list[tuple[Any, ...]] = []
    for one in effects.shown[: options.top]:
        bounds = student_interval(one.values, options.level)
        share = float(np.abs(one.values).sum()) / effects.whole if effects.whole else None
        lower, upper = (None, None) if bounds is None else (bounds.lower, bounds.upper)
        rows.append((label(one.word), len(one.values), float(one.values.mean()), lower, upper, share))
    if not rows:
        return ()
    columns = (
        TableColumn(name="word", title="Word" if name == "top_words" else "Token"),
        TableColumn(name="texts", title="Texts", unit="count"),
        TableColumn(name="mean", title=f"Mean effect, with its sign ({output.replace('_', ' ')})", unit=output),
        TableColumn(name="lower", title="Lower bound", unit=output),
        TableColumn(name="upper", title="Upper bound", unit=output),
        TableColumn(name="share", title="Share", unit="share"),
    )
    return (Table(id=name, title=title, columns=columns, rows=tuple(rows)),)


__all__ = ["Effects", "WordEffect", "assess_texts", "effects_of"]
