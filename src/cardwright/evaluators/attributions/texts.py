"""Attributions of texts to their words and tokens: from the inside of a network, or by leaving out parts of the text.

A network whose embeddings and tokens are known is explained by Captum's LayerIntegratedGradients from a text of blank tokens; any
other model of texts by SHAP's Text masker, which leaves out words and groups of words (Owen's values). Both give one number for
each word of each text.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cardwright.errors import UsageError
from cardwright.evaluators.attributions.budget import TimeBudget
from cardwright.evaluators.attributions.gradients import captum_attributions, explained_output, output_name
from cardwright.evaluators.attributions.ways import shap_library
from cardwright.sources.interface import Model, TextNetwork
from cardwright.sources.models.batches import is_text

if TYPE_CHECKING:
    import numpy
    import pyarrow

TEXT_METHODS = ("auto", "integrated_gradients", "text_masker")
LEFT_OUT = "..."
"""What stands for a word that is left out, if the model has no word of its own for that; SHAP's own."""
FEWEST_WORDS = 3
"""With fewer words in a cell, on average, one column of words is a category and no text."""
MASKED_TIMES = 500
"""So often SHAP's masker asks the model of one text, at most; its own default."""
MASKED_AT_ONCE = 64
"""So many versions of a text are asked together: a pipeline takes longer to be called than to read them."""
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")

Words = tuple[tuple[int, int, int], ...]
"""Where the words of a row's texts are: the place of the text, the first character, and the one after the last."""


@dataclass(frozen=True)
class ExplainedTexts:
    """Attributions of some texts."""

    method: str
    """`integrated_gradients` or `text_masker`."""
    output: str
    """What is explained: `log_odds`, `probability` or `value`."""
    words: tuple[Words, ...]
    """Of each row the words that the model reads."""
    values: tuple[numpy.ndarray[Any, Any], ...]
    """Of each row the attributions of its words, shape (words,)."""
    tokens: tuple[Words, ...]
    """Of each row its tokens; empty if the method knows none."""
    token_values: tuple[numpy.ndarray[Any, Any], ...]
    """Of each row the attributions of its tokens, shape (tokens,)."""
    base: numpy.ndarray[Any, Any]
    """The output of a text that says nothing, shape (rows,)."""
    outputs: numpy.ndarray[Any, Any]
    """The model's output, shape (rows,)."""
    cut: tuple[bool, ...]
    """Of each row whether the model reads not all of its words."""
    passed_over: tuple[str, ...] = ()
    """Why the way that comes first was not taken."""

    @property
    def residuals(self) -> numpy.ndarray[Any, Any]:
        """|output - base - sum of attributions|, shape (rows,); what falls on tokens without a word counts as explained."""
        import numpy as np

        sums = [
            (tokens if len(tokens) else words).sum()
            for words, tokens in zip(self.values, self.token_values, strict=True)
        ]
        return np.asarray(np.abs(self.outputs - self.base - np.array(sums)))


def reads_texts(model: Model, rows: pyarrow.RecordBatch) -> bool:
    """Whether a model reads texts, of which each word may matter, and not categories."""
    if model.framework == "transformers" or model.text is not None:
        return True
    if len(model.features) != 1 or not is_text(rows.schema.field(model.features[0]).type):
        return False
    if model.framework == "torch":
        return True  # a network of rows reads numbers
    cells = [text for text in rows.column(model.features[0]).to_pylist() if text]
    return bool(cells) and sum(len(text.split()) for text in cells) >= FEWEST_WORDS * len(cells)


def words_of(texts: Sequence[str]) -> Words:
    """The words and signs of a row's texts.

    >>> words_of(["It's late."])
    ((0, 0, 4), (0, 5, 9), (0, 9, 10))
    """
    return tuple((place, *found.span()) for place, text in enumerate(texts) for found in _WORD.finditer(text))


def text_rows(model: Model, rows: pyarrow.RecordBatch) -> list[tuple[str, ...]]:
    """The texts of each row; a missing one is the empty text."""
    columns = [rows.column(name).to_pylist() for name in model.features]
    return [tuple(text if text is not None else "" for text in row) for row in zip(*columns, strict=True)]


def output_of(
    model: Model, column: int | None, probability: bool
) -> tuple[str, Callable[[Sequence[Sequence[str]]], numpy.ndarray[Any, Any]]]:
    """What is explained, and that output of any rows of texts, shape (rows,): log odds of a network of logits."""
    import numpy as np
    import pyarrow as pa

    name = output_name(model, probability) if model.output is not None else "probability" if model.classes else "value"

    def of(texts: Sequence[Sequence[str]]) -> Any:
        columns = [pa.array([row[place] for row in texts], pa.string()) for place in range(len(model.features))]
        out = np.asarray(model.predict(pa.RecordBatch.from_arrays(columns, names=list(model.features))), dtype=float)
        if out.ndim == 2:
            out = out[:, column or 0]
        if name != "log_odds":
            return out
        chance = np.clip(out, 1e-15, 1 - 1e-15)
        return np.log(chance) - np.log1p(-chance)

    return name, of


def without(texts: Sequence[str], words: Words, taken: Sequence[bool], mask: str) -> tuple[str, ...]:
    """A row's texts in which the words that are taken are left out, each a blank word of the model in its place.

    >>> without(["not so bad"], words_of(["not so bad"]), [True, False, False], "[MASK]")
    ('[MASK] so bad',)
    """
    found = list(texts)
    for (place, start, stop), gone in sorted(zip(words, taken, strict=True), reverse=True):
        if gone:
            found[place] = found[place][:start] + mask + found[place][stop:]
    return tuple(found)


def explain_texts(
    model: Model,
    rows: Sequence[tuple[str, ...]],
    *,
    method: str,
    column: int | None,
    steps: int,
    probability: bool = False,
    blank: int = 0,
    budget: TimeBudget | None = None,
) -> ExplainedTexts:
    """Attributions of rows of texts: of all of them, or of the first for which there was time.

    Parameters
    ----------
    column
        The class that is explained, by its position in the model's output; None for regression.
    blank
        From which of the model's blank tokens it is counted, the best being 0.

    Raises
    ------
    UsageError
        If the method does not fit the model.
    MissingExtraError
        If captum or shap is not installed.
    """
    if method not in TEXT_METHODS:
        raise UsageError(
            f'no method for texts is called "{method}"', do=f"Known: {', '.join(TEXT_METHODS)}; leave `method` out."
        )
    budget = budget or TimeBudget()
    if model.text is not None and method != "text_masker":
        return _from_inside(model, model.text, rows, column, steps, probability, blank, budget)
    why = "its tokens or embeddings are not known"
    if method == "integrated_gradients":
        raise UsageError(f"integrated gradients cannot explain the model: {why}", do="Leave `method` out.")
    passed_over = () if method == "text_masker" else (f"integrated_gradients: {why}",)
    return _by_masking(model, rows, column, probability, blank, budget, passed_over)


def _from_inside(
    model: Model,
    network: TextNetwork,
    rows: Sequence[tuple[str, ...]],
    column: int | None,
    steps: int,
    probability: bool,
    blank: int,
    budget: TimeBudget,
) -> ExplainedTexts:
    import numpy as np
    import torch

    def forward(ids: Any, *others: Any) -> Any:
        return explained_output(model, column, probability, network.forward(model.native, ids, *others))

    gradients = captum_attributions().LayerIntegratedGradients(forward, network.embeddings(model.native))
    nothing = network.blanks[min(blank, len(network.blanks) - 1)]
    read, values, tokens, token_values, bases, outputs, cut = [], [], [], [], [], [], []
    for start, stop in budget.pieces(len(rows)):
        for texts in rows[start:stop]:
            one = network.tokenize(texts)
            said = torch.tensor([[span is not None for span in one.spans]])
            reference = torch.where(said, torch.full_like(one.ids, nothing), one.ids)
            with torch.no_grad():
                bases.append(float(forward(reference, *one.others).double().reshape(-1)[0]))
                outputs.append(float(forward(one.ids, *one.others).double().reshape(-1)[0]))
            found = gradients.attribute(one.ids, baselines=reference, additional_forward_args=one.others, n_steps=steps)
            by_token = found.detach().double().sum(dim=-1).reshape(-1).numpy()
            words, of_token = _words_of_tokens(texts, one.spans)
            by_word = np.zeros(len(words))
            for place, value in zip(of_token, by_token, strict=True):
                if place is not None:
                    by_word[place] += value
            here = [span is not None for span in one.spans]
            read.append(words)
            values.append(by_word)
            tokens.append(tuple(span for span in one.spans if span is not None))
            token_values.append(by_token[here])
            cut.append(len(words) < len(words_of(texts)))
    return ExplainedTexts(
        "integrated_gradients",
        output_name(model, probability),
        tuple(read),
        tuple(values),
        tuple(tokens),
        tuple(token_values),
        np.array(bases),
        np.array(outputs),
        tuple(cut),
    )


def _words_of_tokens(
    texts: Sequence[str], spans: Sequence[tuple[int, int, int] | None]
) -> tuple[Words, list[int | None]]:
    """The words that have a token, and for each token the word that it belongs to; None for blanks and added tokens."""
    words = words_of(texts)
    found: list[int | None] = []
    for span in spans:
        owner = None
        if span is not None:
            owner = next(
                (i for i, w in enumerate(words) if w[0] == span[0] and w[1] < span[2] and span[1] < w[2]), None
            )
        found.append(owner)
    kept = sorted({place for place in found if place is not None})
    at = {place: new for new, place in enumerate(kept)}
    return tuple(words[place] for place in kept), [None if place is None else at[place] for place in found]


def _by_masking(
    model: Model,
    rows: Sequence[tuple[str, ...]],
    column: int | None,
    probability: bool,
    blank: int,
    budget: TimeBudget,
    passed_over: tuple[str, ...],
) -> ExplainedTexts:
    import numpy as np

    if len(model.features) != 1:
        raise UsageError(
            "pairs of texts are explained by integrated gradients alone, and the model's tokens or embeddings are not known",
            do="Name a model with a fast tokenizer, or one column of texts.",
        )
    shap = shap_library()
    name, of = output_of(model, column, probability)
    mask = LEFT_OUT if blank or model.mask is None else model.mask

    def tokenizer(text: str, **_: Any) -> dict[str, Any]:
        spans = [(start, stop) for _, start, stop in words_of([text])]
        return {"input_ids": [text[start:stop] for start, stop in spans], "offset_mapping": spans}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as `shap_library` says
        masker = shap.maskers.Text(tokenizer, mask_token=mask, collapse_mask_token=False)
        explainer = shap.PartitionExplainer(lambda texts: of([(str(text),) for text in texts]), masker)
    words, values, bases = [], [], []
    for start, stop in budget.pieces(len(rows)):
        for (text,) in rows[start:stop]:
            here = words_of([text])
            words.append(here)
            if not here:
                values.append(np.zeros(0))
                bases.append(float(of([(text,)])[0]))
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = explainer([text], max_evals=MASKED_TIMES, batch_size=MASKED_AT_ONCE, silent=True)
            values.append(np.asarray(found.values[0], dtype=float).reshape(-1)[: len(here)])
            bases.append(float(np.ravel(found.base_values)[0]))
    n = len(words)
    none: tuple[Any, ...] = (np.zeros(0),) * n
    return ExplainedTexts(
        "text_masker",
        name,
        tuple(words),
        tuple(values),
        ((),) * n,
        none,
        np.array(bases),
        of(rows[:n]),
        (False,) * n,
        passed_over,
    )


__all__ = [
    "TEXT_METHODS",
    "ExplainedTexts",
    "explain_texts",
    "output_of",
    "reads_texts",
    "text_rows",
    "without",
    "words_of",
]
