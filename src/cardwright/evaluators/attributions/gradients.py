"""Integrated gradients of torch networks of rows, counted from the mean of the background (Sundararajan, Taly, Yan 2017)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError
from cardwright.evaluators.attributions.ways import Way
from cardwright.sources.interface import Model

if TYPE_CHECKING:
    import pyarrow


def captum_attributions() -> Any:
    """The module `captum.attr`.

    Raises
    ------
    MissingExtraError
        If captum is not installed.
    """
    try:
        with warnings.catch_warnings():
            # captum imports matplotlib and torch parts that warn about their own future
            warnings.simplefilter("ignore")
            import captum.attr
    except ImportError as exc:
        raise MissingExtraError("captum", "torch", "Explaining a torch model") from exc
    return captum.attr


def explained_output(model: Model, column: int | None, probability: bool, out: Any) -> Any:
    """What is explained of a network's own output, shape (rows,): for the class in `column`, whichever way the network says it.

    Logits become log odds: one column speaks for the second class of two; of several, a class's logit less the logarithm of the
    summed exponentials of the others, so that what pushes all logits alike pushes nothing.
    """
    import torch

    logits, classes = model.output == "logit", len(model.classes)
    if out.ndim == 2 and out.shape[1] > 1:
        chosen = column or 0
        if not logits:
            return out[:, chosen]
        if probability:
            return torch.softmax(out, dim=1)[:, chosen]
        others = torch.cat((out[:, :chosen], out[:, chosen + 1 :]), dim=1)
        return out[:, chosen] - torch.logsumexp(others, dim=1)
    single = out if out.ndim == 1 else out[:, 0]
    if logits and probability:
        single = torch.sigmoid(single)
    if column != 0 or classes != 2:
        return single
    # One column speaks for the second class; what is explained is the first.
    return 1.0 - single if model.output == "probability" or probability else -single


def output_name(model: Model, probability: bool) -> str:
    """What `explained_output` gives, as records call it."""
    if model.output == "logit":
        return "probability" if probability else "log_odds"
    return model.output or "network_output"


def integrated_gradients(
    model: Model,
    rows: pyarrow.RecordBatch,
    background: pyarrow.RecordBatch,
    column: int | None,
    steps: int,
    *,
    probability: bool = False,
) -> Way:
    """Integrated gradients from the mean of the background; the convergence delta is the residual."""
    attributions = captum_attributions()
    import numpy as np
    import torch

    assert model.to_matrix is not None
    to_matrix = model.to_matrix
    x = to_matrix(rows)
    baseline = to_matrix(background).mean(dim=0, keepdim=True)

    def forward(batch: Any) -> Any:
        return explained_output(model, column, probability, model.native(batch))

    def of(batch: pyarrow.RecordBatch) -> Any:
        with torch.no_grad():
            return forward(to_matrix(batch)).double().numpy()

    with torch.no_grad():
        level = float(forward(baseline).double().reshape(-1)[0])

    def attribute(start: int, stop: int) -> tuple[Any, Any]:
        piece = x[start:stop]
        found = attributions.IntegratedGradients(forward).attribute(
            piece, baselines=baseline.expand_as(piece).contiguous(), n_steps=steps, internal_batch_size=max(steps, 4096)
        )
        return found.detach().double().numpy(), np.full(stop - start, level)

    return Way("integrated_gradients", output_name(model, probability), of, attribute)


__all__ = ["captum_attributions", "explained_output", "integrated_gradients", "output_name"]
