"""Live assistants: a Python callable that a person trusts, or a URL on this machine in OpenAI's or Anthropic's shape."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError, UnsafeError, UsageError, did_you_mean
from cardwright.record.provenance import DatasetRef
from cardwright.sources.asking import Line, ask
from cardwright.sources.digests import sha256_of
from cardwright.sources.interface import Budget, Message, Target
from cardwright.sources.messages import messages_of
from cardwright.sources.spec import TargetSpec, is_loopback_url
from cardwright.sources.wires import WIRES, Settings, WireName, plain


def open_target(spec: TargetSpec, name: str, base: Path) -> Target:
    """The assistant that the plan names.

    Raises
    ------
    UnsafeError
        If it is Python code and the plan does not say `trust: true`.
    SourceError
        If the code cannot be imported.
    """
    if spec.is_url:
        assert spec.model is not None  # the plan's model refuses a URL without one
        return target_from_url(
            spec.target,
            spec.model,
            name=name,
            role=spec.role or name,
            temperature=spec.temperature,
            timeout=spec.timeout,
            wire=spec.wire,
            stream=spec.stream,
            max_tokens=spec.max_tokens,
            retries=spec.retries,
            concurrency=spec.concurrency,
            budget=Budget(spec.budget_seconds, spec.budget_tokens, spec.cost_per_million),
        )
    if not spec.trust:
        raise UnsafeError(
            f'asking "{spec.target}" imports and runs its code, and nobody has said that it may',
            where=f"sources.{name}",
            do="Read the code first; then add `trust: true` beside `target:`.",
        )
    function, digest = import_trusted(spec.target, base, f"sources.{name}")
    if not callable(function):
        raise SourceError(f'"{spec.target}" is not a function', where=f"sources.{name}")
    return target_from_callable(function, name=name, role=spec.role or name, description=spec.target, sha256=digest)


def target_from_callable(
    ask: Callable[[list[dict[str, Any]]], Any],
    *,
    name: str = "target",
    role: str = "target",
    description: str = "",
    sha256: str | None = None,
) -> Target:
    """A Python callable as a target.

    Parameters
    ----------
    ask
        Takes the conversation so far, `[{"role": …, "content": …}, …]`, and returns the answer: a string, or a message
        `{"content": …, "tool_calls": […]}` in the OpenAI shape.
    sha256
        Digest of its code; if omitted, of its bytecode and constants.
    """
    said = description or f"{getattr(ask, '__module__', '')}:{getattr(ask, '__qualname__', type(ask).__name__)}"
    ref = DatasetRef(
        name=name, role=role, kind="model", format="callable", sha256=sha256 or sha256_of_callable(ask, said)
    )
    return Target(ref=ref, ask=partial(_ask_callable, ask, name), description=said)


def target_from_url(
    url: str,
    model: str,
    *,
    name: str = "target",
    role: str = "target",
    temperature: float = 0.0,
    timeout: float = 60.0,
    wire: WireName = "openai",
    stream: bool = False,
    max_tokens: int = 4096,
    retries: int = 6,
    concurrency: int = 8,
    budget: Budget = Budget(),  # noqa: B008  a frozen value
    pause: Callable[[float], None] = time.sleep,
) -> Target:
    """A URL on this machine as a target; its digest is that of URL, model and settings.

    Parameters
    ----------
    wire
        `openai` (chat completions) or `anthropic` (messages).
    pause
        What waits between two attempts, in seconds.

    Raises
    ------
    UsageError
        If the URL is not on this machine.
    """
    if not is_loopback_url(url):
        raise UsageError(
            "only this machine may be asked, and the URL points elsewhere",
            where=name,
            do="Serve the assistant on localhost, or record its answers and assess those.",
        )
    said = {"model": model, "temperature": temperature, "url": url}
    if wire != "openai":
        said |= {"wire": wire, "max_tokens": max_tokens}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    ref = DatasetRef(name=name, role=role, kind="model", format=wire, sha256=digest)
    shape = WIRES[wire]
    settings = Settings(model, temperature, max_tokens, stream)
    line = Line(shape.endpoint(url), shape, settings, name, timeout, retries, pause)
    return Target(
        ref=ref,
        ask=partial(ask, line),
        description=f"{model} at {url}, declared, not hashed",
        ask_with_tools=partial(ask, line),
        concurrency=concurrency,
        budget=budget,
    )


def sha256_of_callable(function: Any, said: str) -> str:
    """Digest of the file that defines a callable, where there is one; else of its name."""
    inner = function.func if isinstance(function, partial) else function
    module = sys.modules.get(getattr(inner, "__module__", None) or type(inner).__module__)
    file = getattr(module, "__file__", None)
    if file and Path(file).is_file():
        return sha256_of(Path(file))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


@contextmanager
def _importable(base: Path) -> Iterator[None]:
    """The plan's folder as a place to import from, for as long as the import takes."""
    folder = str(base.resolve())
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(folder)


def import_trusted(path: str, base: Path, where: str) -> tuple[Any, str]:
    """Import `module:name` beside the plan or installed, and the digest of the module's file. **This runs its code.**

    The caller has made sure that a person has said that it may.

    Raises
    ------
    SourceError
        If it cannot be imported, or has no such name.
    """
    module_name, _, attribute = path.partition(":")
    try:
        with _importable(base):
            module = importlib.import_module(module_name)
    except ModuleNotFoundError as exc:
        raise SourceError(
            f'there is no module "{exc.name}"', where=where, do="Put it beside the plan, or install it."
        ) from exc
    except Exception as exc:  # a person's code can raise anything while it is imported
        raise SourceError(f'importing "{module_name}" raised {type(exc).__name__}', where=where) from exc
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise SourceError(
                f'"{module_name}" has no "{part}"',
                where=where,
                do=did_you_mean(part, [known for known in dir(found) if not known.startswith("_")]) or None,
            )
        found = getattr(found, part)
    return found, sha256_of_callable(found, path)


def _ask_callable(ask: Callable[[list[dict[str, Any]]], Any], name: str, messages: Sequence[Message]) -> Message:
    try:
        answer = ask(plain(messages))
    except Exception as exc:  # whatever an assistant raises is its error, counted by who asks
        raise SourceError(f"the assistant raised {type(exc).__name__}", where=name) from exc
    return _answer(answer, name)


def _answer(answer: Any, name: str) -> Message:
    if isinstance(answer, Message):
        return answer
    if isinstance(answer, str):
        return Message("assistant", answer)
    if not isinstance(answer, Mapping):
        raise SourceError(
            f"the assistant answered with {type(answer).__name__}",
            where=name,
            do='Return a string, or {"content": …, "tool_calls": […]}.',
        )
    # The assistant's own words are the last message; what its API's tools returned comes before them.
    found = messages_of([{**answer, "role": "assistant"}])
    return next((message for message in reversed(found) if message.role == "assistant"), found[-1])
