"""Torch models from files, without running what an attacker put into them.

Three kinds of file are told apart by their content:

- `torch.export` (`.pt2`). `torch.export.load` says of itself that it must not be given data from strangers: it falls back
  to unrestricted pickle, evaluates strings as sympy expressions, compiles `guards_code` with `exec` and maps native libraries.
  So the archive is screened first, part by part, against a list of what is allowed, and only a new archive made of the
  screened parts is handed to torch: no pickle at all, expressions of integers and symbols, operators of `aten` that touch no
  file.
- TorchScript (`.pt`, `.ts`). Its unpickler builds no Python objects, and its programs cannot call Python. They are programs
  all the same, in a small language of tensors, which run when the model predicts and, for modules with `__setstate__`, while it
  loads. The few operators that touch files, and classes of native extensions, are refused.
- A state dict, read with `weights_only=True`, for a class that the plan names with `module:` and trusts with `trust: true`.

Anything else is a pickle, and is refused.
"""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.errors import MissingExtraError, SourceError, UnsafeError
from cardwright.sources.json_text import decode
from cardwright.sources.target import import_trusted

MAX_UNPACKED = 16 * 2**30
"""The largest size of all parts of an archive together, unpacked."""


def torch_library(where: str) -> Any:
    """The library torch, or an error that says how to install it."""
    try:
        import torch
    except ImportError as exc:
        raise MissingExtraError("torch", "torch", f"loading {where}") from exc
    return torch


def load_torch(
    raw: bytes,
    where: str,
    *,
    module: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    trust: bool = False,
    base: Path | None = None,
) -> Any:
    """The torch module in the bytes of a file, on the CPU, in evaluation mode.

    Parameters
    ----------
    raw
        The bytes whose digest was taken.
    where
        How errors name the file.
    module, arguments
        For a state dict: `package.module:Class` and what it is made with.
    trust
        Whether a person has said that the code of `module` may run.
    base
        The folder from which `module` may be imported.

    Raises
    ------
    UnsafeError
        If loading would run code.
    SourceError
        If the file is cut off, or is not one of the three kinds.
    """
    torch = torch_library(where)
    names = _members(raw, where)
    if module is not None:
        return _from_state_dict(torch, raw, where, module, arguments or {}, trust, base or Path())
    if names is None:
        raise _not_safe(where)
    inner = {_inner(name) for name in names}
    if "models/model.json" in inner or "archive_format" in inner:
        return _from_export(torch, raw, where)
    if "constants.pkl" in inner and any(name.startswith("code/") for name in inner):
        return _from_script(torch, raw, where)
    if "data.pkl" in inner:
        raise _not_safe(where)
    raise SourceError("this is not a torch file", where=where, do="Save the model with torch.export.save.")


def _not_safe(where: str) -> UnsafeError:
    return UnsafeError(
        "this is a pickle: a state dict, or a whole module saved with torch.save, and loading the latter runs code",
        where=where,
        do="Save the model with torch.export.save, or name the class of a state dict with `module: package.module:Class`.",
    )


def _members(raw: bytes, where: str) -> list[str] | None:
    """The names of a zip archive's parts; None if it is not a zip (torch's files from before 1.6)."""
    if not raw.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as exc:
        raise SourceError(
            "the file is damaged or cut off", where=where, do="Copy or save the model once more."
        ) from exc
    if not parts or min(part.header_offset for part in parts) != 0:
        # Sample inputs are an archive inside the archive, and what is left of a cut file can end with them.
        raise SourceError("the file is damaged or cut off", where=where, do="Copy or save the model once more.")
    names = [part.filename for part in parts]
    if len(set(names)) != len(names):
        raise UnsafeError("two parts of the archive have the same name", where=where, do="Save the model once more.")
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise UnsafeError(f"the archive unpacks to more than {MAX_UNPACKED // 2**30} GiB", where=where)
    return names


def _inner(name: str) -> str:
    """A part's name below the archive's own folder."""
    return name.partition("/")[2]


def _parts(raw: bytes, where: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return {part.filename: archive.read(part) for part in archive.infolist() if not part.is_dir()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as exc:
        raise SourceError(
            "the file is damaged or cut off", where=where, do="Copy or save the model once more."
        ) from exc


def _archive(parts: Mapping[str, bytes]) -> io.BytesIO:
    """A new archive of the parts that were looked at, so that torch can see no others."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    out.seek(0)
    return out


# --- torch.export --------------------------------------------------------------------------------------------------------

_CONFIGS = ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json")
_SAMPLE = "data/sample_inputs/model.pt"
_ALLOWED = re.compile(
    r"""archive_format | archive_version | version | byteorder | \.data/(?:version|serialization_id)
      | models/model\.json
      | data/weights/(?:weight_\d+ | model_weights_config\.json)
      | data/constants/(?:tensor_\d+ | model_constants_config\.json)
      | data/sample_inputs/model\.pt
    """,
    re.VERBOSE,
)
_ACCELERATORS = ("cuda", "mps", "xpu", "hip")
_PAYLOAD = re.compile(r"weight_\d+|tensor_\d+")

# Operators on tensors; of all that aten has, `from_file` alone touches a file. Python's operators and `math` on sizes.
_OPERATOR = re.compile(
    r"""torch\.ops\.(?:aten|prims)\.(?!from_file\b)[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*
      | _operator\.(?:add|sub|mul|truediv|floordiv|mod|pow|neg|pos|abs|and_|or_|not_|eq|ne|lt|le|gt|ge|getitem)
      | math\.(?:ceil|floor|trunc|sqrt|log|exp|pow)
      | torch\.sym_(?:int|float|max|min|not|sum|ite|sqrt)
    """,
    re.VERBOSE,
)

# What sympy prints for sizes: `Symbol('s77', positive=True, integer=True)`, `Add(Integer(1), Symbol('s0', …))`. sympify evaluates
# the string, so it must not hold anything that could be a call to something else.
_SYMBOL = r"[a-z]{1,3}\d{1,6}"
_EXPRESSION = re.compile(
    rf"""(?: (?:Symbol|Integer|Rational|Float|Add|Mul|Pow|Max|Min|Mod|PythonMod|FloorDiv|CleanDiv|CeilDiv|ModularIndexing|Where
             |IntTrueDiv|ToFloat|TruncToInt|Eq|Ne|Lt|Le|Gt|Ge|And|Or|Not|Equality|Unequality|StrictLessThan|LessThan
             |StrictGreaterThan|GreaterThan|true|false|True|False|None
             |positive|nonnegative|negative|integer|real|nonzero|zero|finite|precision)\b
        | '{_SYMBOL}' | {_SYMBOL}\b | \d+(?:\.\d+)? | [()+*/,=<> -] )*""",
    re.VERBOSE,
)
_CONTAINERS = {"builtins.tuple", "builtins.list", "builtins.dict", None}


def _from_export(torch: Any, raw: bytes, where: str) -> Any:
    screened = screen_export(_parts(raw, where), where)
    try:
        program = torch.export.load(_archive(screened))
        # Guards are strings that torch would compile; the screen has emptied them, and they are not asked for.
        module = program.module(check_guards=False)
    except Exception as exc:  # torch raises whatever its parsers meet in a damaged file
        raise SourceError(
            f"torch.export cannot load the file ({type(exc).__name__})",
            where=where,
            do=f"Save it once more with the installed torch {torch.__version__}.",
        ) from exc
    return module.to("cpu")


def screen_export(parts: Mapping[str, bytes], where: str) -> dict[str, bytes]:
    """The parts of a `.pt2` archive that loading needs, each checked against what is allowed; sample inputs and guards emptied.

    Raises
    ------
    UnsafeError
        If a part is not on the list, holds a pickle, or says something that torch would evaluate.
    """

    def refuse(what: str) -> UnsafeError:
        return UnsafeError(
            f"{what}, and loading that can run code",
            where=where,
            do="Export a plain module of tensors with torch.export.save, or record its predictions and leave the model out.",
        )

    screened: dict[str, bytes] = {}
    for name, content in sorted(parts.items()):
        inner = _inner(name)
        if not _ALLOWED.fullmatch(inner):
            raise refuse("the archive holds a part that a plain export has not")
        screened[name] = content
    for name in list(screened):
        inner = _inner(name)
        if inner == _SAMPLE:
            screened[name] = b""
        elif inner in _CONFIGS:
            config = _json(screened[name], where)
            for payload in (config.get("config") or {}).values():
                if payload.get("use_pickle") is not False or not _PAYLOAD.fullmatch(str(payload.get("path_name"))):
                    raise refuse("the archive holds a pickled weight")
            _to_cpu(config)
            screened[name] = json.dumps(config).encode()
        elif inner == "models/model.json":
            program = _json(screened[name], where)
            for what in _unusual(program):
                raise refuse(what)
            program["guards_code"] = []
            _to_cpu(program)
            screened[name] = json.dumps(program).encode()
    return screened


def _to_cpu(program: dict[str, Any]) -> None:
    """Every device that the archive names becomes the CPU: what was exported on a GPU has the same weights and operators."""
    for owner, key, value in [*_walk(program)]:
        if key in ("device", "as_device") and isinstance(value, dict) and value.get("type") in _ACCELERATORS:
            owner[key] = {"type": "cpu", "index": None}


def _json(content: bytes, where: str) -> dict[str, Any]:
    try:
        value = decode(content)
    except ValueError as exc:
        raise SourceError("the file is damaged", where=where, do="Save the model once more.") from exc
    if not isinstance(value, dict):
        raise SourceError("the file is damaged", where=where, do="Save the model once more.")
    return value


def _unusual(program: dict[str, Any]) -> Iterator[str]:
    """What in a serialised graph torch would evaluate, import or call, other than sizes and operators on tensors."""
    for key in program.get("range_constraints") or {}:
        if not re.fullmatch(_SYMBOL, key):
            yield "the graph holds a constraint on something that is not a symbol"
    for owner, key, value in _walk(program):
        if key == "expr_str" and not (isinstance(value, str) and _EXPRESSION.fullmatch(value)):
            yield "the graph holds an expression that is not arithmetic on sizes"
        elif key in ("target", "as_operator") and isinstance(value, str) and not _OPERATOR.fullmatch(value):
            if key == "target" and "name" in owner and "inputs" not in owner:
                continue  # the name of a buffer that an output goes to, not of an operator
            yield "the graph calls an operator that is not one of the usual ones on tensors"
        elif key in ("in_spec", "out_spec") and isinstance(value, str):
            if any(kind not in _CONTAINERS for kind in _spec_types(value)):
                yield "the graph takes or gives a container that is not a tuple, list or dict"
        elif key in ("custom_obj_values", "treespec_namedtuple_fields") and value:
            yield "the graph holds objects that are not tensors"
        elif key == "metadata" and isinstance(value, dict):
            value.clear()  # stack traces and names of modules: torch looks them up, the numbers do not need them


def _walk(value: Any) -> Iterator[tuple[dict[str, Any], str, Any]]:
    if isinstance(value, dict):
        for key in list(value):
            yield value, key, value[key]
            yield from _walk(value[key])
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item)


def _spec_types(text: str) -> Iterator[Any]:
    try:
        spec = decode(text)
    except ValueError:
        yield text
        return
    for _, key, value in _walk(spec):
        if key == "type":
            yield value


# --- TorchScript ---------------------------------------------------------------------------------------------------------

_TOUCHES_FILES = re.compile(
    rb"\b(?:torch|ops\.aten)\.(?:save|load|from_file)\b|\b__torch__\.torch\.classes\b|\bops\.(?!prim\b|aten\b)\w+"
)


def _from_script(torch: Any, raw: bytes, where: str) -> Any:
    parts = _parts(raw, where)
    for name, content in sorted(parts.items()):
        if _inner(name).startswith("code/") and name.endswith(".py") and _TOUCHES_FILES.search(content):
            raise UnsafeError(
                "the TorchScript program reads or writes files, or calls a native extension",
                where=where,
                do="Export the module without them.",
            )
    try:
        with warnings.catch_warnings():
            # torch would rather have its users on torch.export; files that are there still have to be read.
            warnings.filterwarnings("ignore", message=".*torch.jit.load.* is deprecated", category=DeprecationWarning)
            module = torch.jit.load(_archive(parts), map_location="cpu")
    except Exception as exc:  # torch raises whatever its parsers meet in a damaged file
        if asks_for_a_gpu(exc):
            raise gpu_only(where) from exc
        raise SourceError(
            f"TorchScript cannot load the file ({type(exc).__name__})",
            where=where,
            do=f"Save it once more with the installed torch {torch.__version__}.",
        ) from exc
    return module.eval()


def asks_for_a_gpu(error: Exception) -> bool:
    """Whether torch failed because the program names a device that this machine, or this build of torch, does not have."""
    return bool(re.search(r"\b(?:cuda|nvidia|gpu|mps)\b", str(error), re.IGNORECASE))


def gpu_only(where: str) -> SourceError:
    """What is said of a model that runs on a GPU alone; models are run on the CPU here."""
    return SourceError(
        "the program itself asks for a GPU, and models run on the CPU here",
        where=where,
        do='Load it where it was made, move it with `model.to("cpu")`, and export it again from there.',
    )


# --- state dicts ---------------------------------------------------------------------------------------------------------


def _from_state_dict(
    torch: Any, raw: bytes, where: str, module: str, arguments: Mapping[str, Any], trust: bool, base: Path
) -> Any:
    import pickle

    if not trust:
        raise UnsafeError(
            f'loading this state dict imports and runs the code of "{module}", and nobody has said that it may',
            where=where,
            do="Read the code first; then add `trust: true` beside `module:`.",
        )
    try:
        state = torch.load(io.BytesIO(raw), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as exc:
        raise UnsafeError(
            "the file holds more than weights, and loading the rest would run code",
            where=where,
            do="Save `model.state_dict()`, not the model, or use torch.export.save.",
        ) from exc
    except Exception as exc:  # torch raises whatever its parsers meet in a damaged file
        raise SourceError(
            f"torch cannot load the file ({type(exc).__name__})", where=where, do="Save the state dict once more."
        ) from exc
    if not isinstance(state, Mapping):
        raise SourceError("the file holds no state dict", where=where, do="Save `model.state_dict()`.")
    maker, _ = import_trusted(module, base, where)
    try:
        made = maker(**arguments)
    except Exception as exc:  # a person's class can raise anything
        raise SourceError(
            f'making "{module}" raised {type(exc).__name__}', where=where, do="Check `arguments:` in the plan."
        ) from exc
    if not isinstance(made, torch.nn.Module):
        raise SourceError(f'"{module}" makes no torch module', where=where, do="Name a class of torch.nn.Module.")
    try:
        made.load_state_dict(state)
    except RuntimeError as exc:
        raise SourceError(
            f'the weights do not fit "{module}"', where=where, do="Check the class and `arguments:` in the plan."
        ) from exc
    return made.to("cpu").eval()
