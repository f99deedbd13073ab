"""Hugging Face folders: a transformer and its tokenizer, read from the disk, without code of their own and without a download."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardwright.errors import CardwrightError, MissingExtraError, SourceError, UnsafeError, UsageError
from cardwright.privacy.showing import shown
from cardwright.record.base import label as as_label
from cardwright.sources.interface import Model, TextNetwork, TokenizedText
from cardwright.sources.json_text import decode
from cardwright.sources.models.batches import is_text
from cardwright.sources.models.interface import ModelReader, ModelRequest, Output
from cardwright.sources.models.outputs import NAME_CLASSES, favourable_column, numbered_classes, scores_of, task_of

if TYPE_CHECKING:
    import numpy
    import pyarrow

_TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
)
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")
_AT_A_TIME = 32
"""Texts that go through the network together: what bounds memory."""


def claims(path: Path) -> bool:
    """Whether a path is a folder."""
    return path.is_dir()


def load(request: ModelRequest) -> Model:
    """The text classifier in a folder with `config.json`, a tokenizer and weights in safetensors.

    Raises
    ------
    UnsafeError
        If its weights are pickled, or it needs code of its own.
    SourceError
        If a part is missing or does not fit, or it is not a classifier of texts.
    """
    where, folder = request.where, request.path
    names = {file.name for file in folder.iterdir() if file.is_file()}
    config = checked_config(folder, names, where)
    require_classifier(config, where)
    torch, transformers = libraries(where)
    tokenizer, native = parts(transformers, "AutoModelForSequenceClassification", folder, where, "to classify")
    labels = _labels(native.config, request)
    if config.get("problem_type") == "multi_label_classification":
        raise SourceError(
            "the model gives a text several labels at once",
            where=where,
            do="Assess one label at a time, from its scores.",
        )
    task = task_of(request.task, labels, where)
    if task == "binary":
        named = bool(request.classes) or not any(name.startswith("LABEL_") for name in labels)
        favourable_column(labels, request.favourable, where, None if named else NAME_CLASSES)
    features = request.features
    if len(features) not in (1, 2):
        raise UsageError(
            f"the model reads one column of texts, or two as a pair, and {len(features) or 'none'} are named",
            where=where,
            do="Write `features: [column]` beside `model:`.",
        )
    output: Output = "value" if task == "regression" else "logit"
    favourable = request.favourable or (labels[1] if task == "binary" else None)
    to_matrix = partial(_texts, features, where)
    return Model(
        ref=request.ref("transformers"),
        framework="transformers",
        native=native,
        features=features,
        predict=partial(
            _predict,
            torch,
            tokenizer,
            native,
            to_matrix,
            partial(scores_of, task=task, classes=labels, favourable=favourable, output=output, where=where),
            where,
        ),
        to_matrix=to_matrix,
        classes=labels,
        output=output,
        text=_text_network(tokenizer, native),
        mask=tokenizer.mask_token,
    )


def _text_network(tokenizer: Any, native: Any) -> TextNetwork | None:
    """What attributions to tokens need; None for a tokenizer that does not say where in the text its tokens are."""
    if not tokenizer.is_fast:
        return None
    names = [name for name in tokenizer.model_input_names if name != "input_ids"]
    blanks = (tokenizer.mask_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.eos_token_id)

    def tokenize(texts: Sequence[str]) -> TokenizedText:
        found = tokenizer(
            *texts,
            truncation=True,
            max_length=_longest(tokenizer, native),
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        spans = tuple(
            None if column is None or stop <= start else (column, start, stop)
            for column, (start, stop) in zip(found.sequence_ids(0), found["offset_mapping"][0].tolist(), strict=True)
        )
        return TokenizedText(found["input_ids"], tuple(found[name] for name in names if name in found), spans)

    def forward(network: Any, ids: Any, *others: Any) -> Any:
        return network(input_ids=ids, **dict(zip(names, others, strict=False))).logits

    known = tuple(dict.fromkeys(blank for blank in blanks if blank is not None))
    return TextNetwork(lambda network: network.get_input_embeddings(), tokenize, forward, known) if known else None


def _longest(tokenizer: Any, native: Any) -> int:
    """How many tokens the network reads."""
    return min(int(tokenizer.model_max_length), int(getattr(native.config, "max_position_embeddings", 512)))


def libraries(where: str) -> tuple[Any, Any]:
    """torch and transformers.

    Raises
    ------
    MissingExtraError
        If one is not installed.
    """
    try:
        import torch
        import transformers
    except ImportError as exc:
        library = "transformers" if "transformers" in str(exc) else "torch"
        raise MissingExtraError(library, "transformers", f"loading {where}") from exc
    return torch, transformers


def checked_config(folder: Path, names: set[str], where: str) -> dict[str, Any]:
    """`config.json`, after a look at what else the folder holds.

    Raises
    ------
    UnsafeError
        If the weights are pickled.
    SourceError
        If a part is missing or no JSON.
    """
    if "config.json" not in names:
        raise SourceError(
            "the folder holds no `config.json`, so it is not a model of Hugging Face's transformers",
            where=where,
            do="Name a folder that `model.save_pretrained` has written, or a model file.",
        )
    try:
        config = decode((folder / "config.json").read_bytes())
    except ValueError as exc:
        raise SourceError("`config.json` is not JSON", where=where, do="Save the model again.") from exc
    if not isinstance(config, dict):
        raise SourceError("`config.json` is not a mapping", where=where, do="Save the model again.")
    if not any(name.endswith(".safetensors") for name in names):
        pickled = sorted(name for name in names if name.endswith(_PICKLED))
        if pickled:
            raise UnsafeError(
                f"the weights are pickled ({as_label(pickled[0])}), and loading them runs whatever code they hold",
                where=where,
                do="Save the model with `model.save_pretrained(folder)`, which writes safetensors.",
            )
        raise SourceError(
            "the folder holds no weights (`*.safetensors`)",
            where=where,
            do="Copy all files that `save_pretrained` wrote.",
        )
    if not names & set(_TOKENIZER):
        raise SourceError(
            "the folder holds no tokenizer",
            where=where,
            do="Save it beside the model: `tokenizer.save_pretrained(folder)`.",
        )
    return config


def architectures(config: dict[str, Any]) -> list[str]:
    """The classes that the configuration names."""
    kinds = config.get("architectures")
    return [str(kind) for kind in kinds] if isinstance(kinds, list) else []


def require_classifier(config: dict[str, Any], where: str) -> None:
    kinds = architectures(config)
    if not any(kind.endswith("ForSequenceClassification") for kind in kinds):
        raise SourceError(
            f"the model is {shown(kinds[0], 'of a kind whose name is not shown') if kinds else 'of no stated kind'}, "
            "and classifiers of texts are read",
            where=where,
            do="Name a model whose `architectures` end with ForSequenceClassification, or record what this one said and "
            "assess that. A language model (ForCausalLM) is read by `leakage`.",
        )


@contextmanager
def reading_texts(who: str, where: str) -> Iterator[None]:
    """While a network reads texts: what it or its tokenizer raises is an error of the folder, told by its kind alone.

    A tokenizer of another model gives numbers that the network has no row for, and each library raises errors of its own.
    """
    try:
        yield
    except CardwrightError:
        raise
    except Exception as exc:
        raise SourceError(
            f"the {who} cannot read these texts ({type(exc).__name__})",
            where=where,
            do="Check that the tokenizer in the folder is the model's own.",
        ) from exc


def parts(transformers: Any, kind: str, folder: Path, where: str, purpose: str) -> tuple[Any, Any]:
    """The tokenizer and the network in a folder, read from the disk alone.

    Raises
    ------
    UnsafeError
        If it needs code of its own.
    SourceError
        If a part cannot be loaded, or weights are missing.
    """
    told = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    try:
        return _loaded(transformers, kind, folder, where, purpose)
    finally:
        transformers.logging.set_verbosity(told)


def require_trained(told: Mapping[str, Any], purpose: str, where: str) -> None:
    """Refuse a model of which weights are absent from its files: the library fills them with random numbers and goes on.

    Parameters
    ----------
    told
        What `from_pretrained(…, output_loading_info=True)` says of the weights.
    purpose
        What it would have been trained for, such as "to find names".

    Raises
    ------
    SourceError
        Says how many weights are absent.
    """
    absent = len(told["missing_keys"]) + len(told["mismatched_keys"])
    if absent:
        raise SourceError(
            f"{absent} of the model's weights are not in its files, so it was never trained {purpose}",
            where=where,
            do="Name the folder of the fine-tuned model.",
        )


def _loaded(transformers: Any, kind: str, folder: Path, where: str, purpose: str) -> tuple[Any, Any]:
    try:
        native, told = getattr(transformers, kind).from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    except Exception as exc:  # the library raises what its parts raise; remote code is a ValueError among others
        if "trust_remote_code" in str(exc) or "custom code" in str(exc):
            raise UnsafeError(
                "the model needs code that comes with it, and that code is not run",
                where=where,
                do="Name a model of an architecture that transformers has itself.",
            ) from exc
        raise SourceError(
            f"transformers {transformers.__version__} cannot load the model ({type(exc).__name__})",
            where=where,
            do="Check that the files are whole and of a version that this one reads.",
        ) from exc
    require_trained(told, purpose, where)
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as exc:  # as above
        raise SourceError(
            f"transformers {transformers.__version__} cannot load the tokenizer ({type(exc).__name__})",
            where=where,
            do="Save it beside the model: `tokenizer.save_pretrained(folder)`.",
        ) from exc
    if len(tokenizer) <= len(set(tokenizer.all_special_tokens)):
        # With its settings alone, transformers makes a tokenizer to which every word is unknown, and goes on.
        raise SourceError(
            "the tokenizer in the folder knows no words: its settings are there, and its vocabulary is not",
            where=where,
            do="Save it beside the model: `tokenizer.save_pretrained(folder)`.",
        )
    return tokenizer, native.to("cpu").eval()


def _labels(config: Any, request: ModelRequest) -> tuple[str, ...]:
    count = int(config.num_labels)
    if count == 1:
        return ()
    if request.classes:
        return numbered_classes(count, request.classes, request.where)
    return tuple(as_label(config.id2label[place]) for place in range(count))


def _texts(names: tuple[str, ...], where: str, batch: pyarrow.RecordBatch) -> list[list[str]]:
    """The texts of each column; a missing one is the empty text."""
    for name in names:
        if not is_text(batch.schema.field(name).type):
            raise SourceError(
                f"{shown(name, 'a column whose name is not shown')} holds no texts, and the model reads texts",
                where=where,
                do="Name the column of texts under `features:`.",
            )
    return [[text if text is not None else "" for text in batch.column(name).to_pylist()] for name in names]


def _predict(
    torch: Any,
    tokenizer: Any,
    native: Any,
    to_matrix: Callable[[pyarrow.RecordBatch], list[list[str]]],
    scores: Callable[[Any, int], numpy.ndarray[Any, Any]],
    where: str,
    batch: pyarrow.RecordBatch,
) -> numpy.ndarray[Any, Any]:
    import numpy as np

    columns = to_matrix(batch)
    longest = _longest(tokenizer, native)
    found = []
    for start in range(0, batch.num_rows, _AT_A_TIME):
        texts = [column[start : start + _AT_A_TIME] for column in columns]
        with reading_texts("model", where), torch.no_grad():
            tokens = tokenizer(*texts, truncation=True, max_length=longest, padding=True, return_tensors="pt")
            found.append(native(**tokens).logits.double().numpy())
    width = int(native.config.num_labels)
    return scores(np.concatenate(found) if found else np.empty((0, width)), batch.num_rows)


READER = ModelReader(
    "transformers", "a folder with config.json, a tokenizer and *.safetensors (Hugging Face)", claims, load
)

__all__ = ["READER", "architectures", "checked_config", "libraries", "parts", "require_classifier"]
