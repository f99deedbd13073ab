"""Networks of texts in torch: a folder with the network and its `tokenizer.json`, read without code that nobody has allowed.

The tokenizer is data (Hugging Face's library tokenizers); the network is one of the files that `cardwright.sources.torch_files`
reads. It takes numbers of tokens, int64 of shape (rows, tokens), and gives (rows,) or (rows, classes).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError, SourceError, UsageError
from cardwright.privacy.showing import shown
from cardwright.sources.interface import Model, Task, TextNetwork, TokenizedText
from cardwright.sources.models.batches import is_text
from cardwright.sources.models.interface import ModelReader, ModelRequest, Output
from cardwright.sources.models.outputs import favourable_column, scores_of
from cardwright.sources.models.torch_models import ENDINGS

if TYPE_CHECKING:
    import numpy
    import pyarrow

TOKENIZER = "tokenizer.json"
_LONGEST = 512
"""Tokens of a text at most, if the tokenizer cuts nothing off itself."""
_AT_A_TIME = 64
"""Texts of one length that go through the network together: what bounds memory."""
_MASKS, _PADS, _UNKNOWN = ("[MASK]", "<mask>"), ("[PAD]", "<pad>"), ("[UNK]", "<unk>")


def claims(path: Path) -> bool:
    """Whether a path is a folder with a tokenizer and a file of torch, and none of transformers."""
    if not path.is_dir() or not (path / TOKENIZER).is_file() or (path / "config.json").is_file():
        return False
    return bool(_networks(path))


def _networks(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in ENDINGS and file.is_file())


def load(request: ModelRequest) -> Model:
    """The network of texts in a folder. Its digest is that of the folder, tokenizer and all.

    Raises
    ------
    UnsafeError
        If loading it would run code that nobody has allowed.
    SourceError
        If the folder holds several networks, or a part is damaged.
    UsageError
        If no column of texts is named, or the output does not fit the task.
    """
    from cardwright.sources.torch_files import load_torch

    where, files = request.where, _networks(request.path)
    if len(files) > 1:
        raise SourceError(
            f"the folder holds {len(files)} files of torch, and one is read", where=where, do="Leave the others out."
        )
    if len(request.features) != 1:
        raise UsageError(
            f"the model reads one column of texts, and {len(request.features) or 'none'} are named",
            where=where,
            do="Write `features: [column]` beside `model:`.",
        )
    classes, task = request.classes, request.task
    found: Task = task or ("multiclass" if len(classes) > 2 else "binary" if classes else "regression")
    kind: Output = request.output or ("value" if found == "regression" else "probability")
    if (kind == "value") != (found == "regression"):
        raise UsageError(f"`output: {kind}` does not fit the task {found}", where=where)
    if request.favourable is not None and classes:
        favourable_column(classes, request.favourable, where)
    tokenizer = _tokenizer(request.path / TOKENIZER, where)
    native = load_torch(
        files[0].read_bytes(),
        where,
        module=request.module,
        arguments=request.arguments,
        trust=request.trust,
        base=request.base,
    )
    to_matrix = partial(_texts, request.features[0], where)
    scores = partial(scores_of, task=found, classes=classes, favourable=request.favourable, output=kind, where=where)
    return Model(
        ref=request.ref("torch"),
        framework="torch",
        native=native,
        features=request.features,
        predict=partial(_predict, tokenizer, native, to_matrix, scores, len(classes) if len(classes) > 2 else 1, where),
        to_matrix=to_matrix,
        classes=classes,
        output=kind,
        text=_inside(tokenizer, native),
        mask=next((name for name in _MASKS if tokenizer.token_to_id(name) is not None), None),
    )


def _tokenizer(path: Path, where: str) -> Any:
    try:
        import tokenizers
    except ImportError as exc:
        raise MissingExtraError("tokenizers", "transformers", f"loading {where}") from exc
    try:
        found = tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as exc:  # the library raises bare exceptions
        raise SourceError(
            f"`{TOKENIZER}` is no tokenizer that the installed tokenizers {tokenizers.__version__} reads",
            where=where,
            do=f"Save it again with `tokenizer.save('{TOKENIZER}')`.",
        ) from exc
    if found.truncation is None:
        found.enable_truncation(_LONGEST)
    return found


def _texts(name: str, where: str, batch: pyarrow.RecordBatch) -> list[str]:
    """The texts of the column; a missing one is the empty text."""
    column = batch.column(name)
    if not is_text(column.type):
        raise SourceError(
            f"{shown(name, 'a column whose name is not shown')} holds no texts, and the model reads texts",
            where=where,
            do="Name the column of texts under `features:`.",
        )
    return [text if text is not None else "" for text in column.to_pylist()]


def _predict(
    tokenizer: Any,
    native: Any,
    to_matrix: Callable[[pyarrow.RecordBatch], list[str]],
    scores: Callable[[Any, int], numpy.ndarray[Any, Any]],
    width: int,
    where: str,
    batch: pyarrow.RecordBatch,
) -> numpy.ndarray[Any, Any]:
    """Scores of texts: those of one length together, so that nothing is padded that the tokenizer does not pad itself.

    Parameters
    ----------
    width
        How many numbers a text has, for a batch of none.
    """
    import numpy as np
    import torch

    ids = [one.ids for one in tokenizer.encode_batch(to_matrix(batch))]
    if not ids:
        return scores(np.empty((0, width)), 0)
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    found: list[Any] = [None] * len(ids)
    start = 0
    while start < len(order):
        stop = start
        while stop < min(len(order), start + _AT_A_TIME) and len(ids[order[stop]]) == len(ids[order[start]]):
            stop += 1
        places = order[start:stop]
        try:
            with torch.no_grad():
                out = native(torch.tensor([ids[row] for row in places], dtype=torch.long))
            rows = out.detach().to("cpu", torch.float64).numpy()
            if rows.shape[:1] != (len(places),):
                raise ValueError("not one row of numbers for each text")
        except Exception as exc:  # a module raises what it likes; numbers that it has no vector for are an IndexError
            from cardwright.sources.torch_files import asks_for_a_gpu, gpu_only

            if asks_for_a_gpu(exc):
                raise gpu_only(where) from exc
            raise SourceError(
                f"the model cannot read these texts ({type(exc).__name__})",
                where=where,
                do="Check that the tokenizer in the folder is the model's own, and that the network takes int64 of shape (rows, "
                "tokens), for any number of either or for the length that the tokenizer pads to.",
            ) from exc
        for row, said in zip(places, rows, strict=True):
            found[row] = said
        start = stop
    return scores(np.stack(found), batch.num_rows)


def _inside(tokenizer: Any, native: Any) -> TextNetwork | None:
    """What attributions to tokens need; None for a program whose modules are gone (exported, scripted)."""
    import torch

    if isinstance(native, torch.jit.ScriptModule) or not any(_embeddings(native)):
        return None
    names = (*_MASKS, *_PADS, *_UNKNOWN)
    blanks = tuple(dict.fromkeys(number for name in names if (number := tokenizer.token_to_id(name)) is not None))
    if not blanks:
        return None

    def tokenize(texts: Sequence[str]) -> TokenizedText:
        one = tokenizer.encode(texts[0])
        spans = tuple(
            None if added or stop <= start else (0, start, stop)
            for added, (start, stop) in zip(one.special_tokens_mask, one.offsets, strict=True)
        )
        return TokenizedText(torch.tensor([one.ids], dtype=torch.long), (), spans)

    return TextNetwork(lambda network: _embeddings(network)[0], tokenize, lambda network, ids: network(ids), blanks)


def _embeddings(native: Any) -> list[Any]:
    import torch

    return [module for module in native.modules() if isinstance(module, torch.nn.Embedding)]


READER = ModelReader("torch", f"a folder with {TOKENIZER} and a network of texts (torch)", claims, load)

__all__ = ["READER"]
