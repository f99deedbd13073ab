"""Live assistants: a Python callable that a person trusts, or an OpenAI-compatible URL on this machine."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError, UnsafeError, UsageError, did_you_mean
from cardwright.record.provenance import DatasetRef
from cardwright.sources.digests import sha256_of
from cardwright.sources.interface import Message, Target
from cardwright.sources.json_text import decode
from cardwright.sources.messages import messages_of
from cardwright.sources.spec import TargetSpec, is_loopback_url

MAX_ANSWER = 16 * 1024 * 1024
"""The longest answer of a URL that is read, in bytes."""


def open_target(spec: TargetSpec, name: str, base: Path) -> Target:
    """The assistant that the plan names.

    Raises
    ------
    UnsafeError
        Where it is Python code and the plan does not say `trust: true`.
    SourceError
        Where the code cannot be imported.
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
        )
    if not spec.trust:
        raise UnsafeError(
            f'asking "{spec.target}" imports and runs its code, and nobody has said that it may',
            where=f"sources.{name}",
            do="Read the code first; then add `trust: true` beside `target:`.",
        )
    ask, digest = import_trusted(spec.target, base, f"sources.{name}")
    if not callable(ask):
        raise SourceError(f'"{spec.target}" is not a function', where=f"sources.{name}")
    return target_from_callable(ask, name=name, role=spec.role or name, description=spec.target, sha256=digest)


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
        Digest of its code; of its bytecode and constants where it is not given.
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
) -> Target:
    """An OpenAI-compatible URL on this machine as a target; its digest is that of URL, model and settings.

    Raises
    ------
    UsageError
        Where the URL is not on this machine.
    """
    if not is_loopback_url(url):
        raise UsageError(
            "only this machine may be asked, and the URL points elsewhere",
            where=name,
            do="Serve the assistant on localhost, or record its answers and assess those.",
        )
    settings = {"model": model, "temperature": temperature, "url": url}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    ref = DatasetRef(name=name, role=role, kind="model", format="openai", sha256=digest)
    return Target(
        ref=ref,
        ask=partial(_ask_url, _completions(url), model, temperature, timeout, name),
        description=f"{model} at {url}, declared, not hashed",
    )


def sha256_of_callable(function: Any, said: str) -> str:
    """Digest of the file that defines a callable, where there is one; else of the name it goes by."""
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
        Where it cannot be imported, or has no such name.
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


def _plain(message: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        said["tool_calls"] = [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {
                    "name": call["name"],
                    "arguments": json.dumps(call["arguments"], ensure_ascii=False, sort_keys=True),
                },
            }
            for number, call in enumerate(message.tool_calls)
        ]
    return said


def _ask_callable(ask: Callable[[list[dict[str, Any]]], Any], name: str, messages: Sequence[Message]) -> Message:
    try:
        answer = ask([_plain(message) for message in messages])
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


def _completions(url: str) -> str:
    """The endpoint: what is given, or `/chat/completions` below it."""
    bare = url.rstrip("/")
    return bare if bare.endswith("/chat/completions") else f"{bare}/chat/completions"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect may lead off the machine, so none is followed."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _ask_url(
    url: str, model: str, temperature: float, timeout: float, name: str, messages: Sequence[Message]
) -> Message:
    body = {"model": model, "temperature": temperature, "messages": [_plain(message) for message in messages]}
    request = urllib.request.Request(  # noqa: S310  http(s) on loopback only, checked when the target was made
        url, json.dumps(body).encode(), {"Content-Type": "application/json", "Accept": "application/json"}
    )
    # No proxy of the environment: it would carry a loopback request away.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(request, timeout=timeout) as response:
            raw = response.read(MAX_ANSWER + 1)
    except urllib.error.HTTPError as exc:
        exc.close()
        raise SourceError(f"the server answered with status {exc.code}", where=name) from exc
    except OSError as exc:
        reason = getattr(exc, "reason", exc)
        raise SourceError(
            f"the server did not answer ({type(reason).__name__})", where=name, do="Check that it is running."
        ) from exc
    if len(raw) > MAX_ANSWER:
        raise SourceError(f"the answer is longer than {MAX_ANSWER // 2**20} MiB", where=name)
    try:
        choice = decode(raw)["choices"][0]
        message = {**choice["message"], "finish_reason": choice.get("finish_reason")}
    except (ValueError, KeyError, IndexError, TypeError) as exc:
        raise SourceError(
            "the answer is not a chat completion", where=name, do="Name an OpenAI-compatible endpoint."
        ) from exc
    return _answer(message, name)
