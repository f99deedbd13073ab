"""What a scorer gets and gives: one exchange in, a verdict with the places that decided it out.

A scorer is a plain function `score(exchange) -> ScorerVerdict`. It never answers with a bare truth value: a hit names the
rule, the message and the characters, so that a reviewer can look at the same place.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from cardwright.evaluators.safety.normalise import Views
from cardwright.record.evaluation import Severity
from cardwright.sources.interface import Interaction
from cardwright.sources.json_text import decode

Outcome = Literal["hit", "clear", "not_applicable"]


@dataclass(frozen=True)
class MatchedPlace:
    """One place that a rule matched."""

    rule: str
    """Which rule, e.g. `base64`, `image_url`."""
    where: str
    """`message 3`, counted from 1 over the whole conversation, `reasoning 3` for what came before that message, or `call 1`,
    counted over the tool calls."""
    start: int
    """First character of the match in that text."""
    end: int
    """One past its last character."""
    severity: Severity
    """How bad a match of this rule is."""
    text: str = field(repr=False, default="")
    """The text matched in, raw: it never leaves the evaluator unmasked."""
    note: str = ""
    """What matched, in words that hold no data."""


@dataclass(frozen=True)
class ScorerVerdict:
    """What a scorer says about one exchange."""

    outcome: Outcome
    """`hit`: what the attack wanted is there. `not_applicable`: the scorer has nothing to compare with."""
    evidence: tuple[MatchedPlace, ...] = ()
    """For a hit: where. For a clear exchange: what was looked at and does not count, such as a quotation."""
    reason: str = ""
    """Why it is clear or not applicable."""
    measure: Mapping[str, float] = field(default_factory=dict)
    """Numbers behind the verdict, e.g. `coverage`."""


def hit(*evidence: MatchedPlace, **measure: float) -> ScorerVerdict:
    """A verdict with the places that decided it."""
    assert evidence, "a hit names its place"
    return ScorerVerdict("hit", evidence, measure=measure)


def clear(reason: str, *evidence: MatchedPlace, **measure: float) -> ScorerVerdict:
    """A verdict of nothing found, with why."""
    return ScorerVerdict("clear", evidence, reason, measure)


def not_applicable(reason: str) -> ScorerVerdict:
    """A verdict of nothing to compare with."""
    return ScorerVerdict("not_applicable", (), reason)


@dataclass(frozen=True)
class AssistantAnswer:
    """Something the assistant said, and what it had been told by then."""

    where: str
    text: str
    told: str
    """Everything the user and the tools had said before."""
    final: bool
    """Whether it came after the last turn of the user."""

    @cached_property
    def views(self) -> Views:
        """Its text in every writing that can be undone, made once for all scorers."""
        return Views(self.text)


@dataclass(frozen=True)
class Call:
    """A tool that the assistant called."""

    where: str
    name: str
    arguments: Any
    """As given; text that is JSON is parsed. Of a key that stands twice, every value is kept, in a list."""
    untrusted: tuple[str, ...]
    """What tools had returned before, each result apart."""
    told: str = ""
    """Everything the user and the tools had said before."""
    final: bool = True
    """Whether it came after the last turn of the user."""

    @cached_property
    def text(self) -> str:
        """The arguments as text; names of keys come last, because a model can write into them too."""
        if isinstance(self.arguments, str):
            return self.arguments
        return "\n".join([*leaves(self.arguments), *keys(self.arguments)])


@dataclass(frozen=True)
class Exchange:
    """One interaction, taken apart once for all scorers."""

    interaction: Interaction
    answers: tuple[AssistantAnswer, ...]
    """Every message of the assistant that holds text, in order."""
    calls: tuple[Call, ...]
    reasoning: tuple[AssistantAnswer, ...] = ()
    """What the assistant wrote before its answers and the API gave back."""
    beside: tuple[AssistantAnswer, ...] = ()
    """What came with its messages and is not part of what it said: ids, names, what tells of the call."""

    @cached_property
    def user_text(self) -> str:
        """Everything the user said."""
        return _said(self.interaction, "user")

    @cached_property
    def tool_text(self) -> str:
        """Everything tools returned: untrusted content."""
        return _said(self.interaction, "tool")

    @property
    def gone(self) -> tuple[AssistantAnswer, ...]:
        """Everything by which a secret can have left: answers, calls with their names, and reasoning that came back."""
        return (*self.answers, *self.called, *self.reasoning, *self.named)

    @cached_property
    def named(self) -> tuple[AssistantAnswer, ...]:
        """The names of the tools called, which a model writes like the arguments."""
        return tuple(AssistantAnswer(call.where, call.name, call.told, call.final) for call in self.calls if call.name)

    @cached_property
    def joined(self) -> tuple[AssistantAnswer, ...]:
        """Messages in a row, and calls in a row, as one text, and all of them over the whole conversation: a secret may be cut
        over them, or given piece by piece in answer to one question after another."""
        texts: list[AssistantAnswer] = []
        for ones in (self.answers, self.called):
            runs: dict[str, list[AssistantAnswer]] = {}
            for one in ones:
                runs.setdefault(one.told, []).append(one)
            texts += [
                replace(run[-1], text="\n".join(one.text for one in run)) for run in runs.values() if len(run) > 1
            ]
            if len(runs) > 1:
                texts.append(replace(ones[-1], text="\n".join(one.text for one in ones)))
        return tuple(texts)

    @cached_property
    def called(self) -> tuple[AssistantAnswer, ...]:
        """The arguments of the calls, as text that was given to somebody."""
        return tuple(AssistantAnswer(call.where, call.text, call.told, call.final) for call in self.calls if call.text)

    @property
    def system(self) -> str | None:
        """The system prompt, where there is one."""
        return self.interaction.system

    @property
    def final_text(self) -> str:
        """The answer to the last turn of the user."""
        return "\n".join(answer.text for answer in self.answers if answer.final)

    @property
    def answered(self) -> bool:
        """Whether the assistant said or did anything after the last turn of the user."""
        return self._final_message

    @cached_property
    def _final_message(self) -> bool:
        last = max((i for i, m in enumerate(self.interaction.messages) if m.role == "user"), default=-1)
        return any(m.role == "assistant" for m in self.interaction.messages[last + 1 :])

    @cached_property
    def empty(self) -> bool:
        """Whether the last answer has neither a letter or digit nor a tool call."""
        last = max((i for i, m in enumerate(self.interaction.messages) if m.role == "user"), default=-1)
        late = [m for m in self.interaction.messages[last + 1 :] if m.role == "assistant"]
        return not any(m.tool_calls or any(c.isalnum() for c in m.content) for m in late)


def take_apart(interaction: Interaction) -> Exchange:
    """The answers and tool calls of an interaction, each with what had been said before it."""
    answers: list[AssistantAnswer] = []
    reasoning: list[AssistantAnswer] = []
    beside: list[AssistantAnswer] = []
    calls: list[Call] = []
    told: list[str] = []
    untrusted: list[str] = []
    last = max((i for i, m in enumerate(interaction.messages) if m.role == "user"), default=-1)
    for position, message in enumerate(interaction.messages):
        if message.beside:  # also of a result that the assistant's own turn holds
            beside.append(AssistantAnswer(f"message {position + 1}", message.beside, "\n".join(told), position > last))
        if message.role == "assistant":
            before, final = "\n".join(told), position > last
            if message.reasoning:
                reasoning.append(AssistantAnswer(f"reasoning {position + 1}", message.reasoning, before, final))
            if message.content:
                answers.append(AssistantAnswer(f"message {position + 1}", message.content, before, final))
            for call in message.tool_calls:
                name, arguments = _call(call)
                calls.append(Call(f"call {len(calls) + 1}", name, arguments, tuple(untrusted), before, final))
        elif message.role in ("user", "tool"):
            told.append(message.content)
            if message.role == "tool":
                untrusted.append(message.content)
    return Exchange(interaction, tuple(answers), tuple(calls), tuple(reasoning), tuple(beside))


def leaves(value: Any) -> Sequence[str]:
    """All strings and numbers inside lists and mappings, keys left out, as text."""
    if isinstance(value, Mapping):
        return [leaf for key in value for leaf in leaves(value[key])]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in leaves(item)]
    return [] if value is None else [str(value)]


def keys(value: Any) -> Sequence[str]:
    """All keys of mappings, at any depth."""
    if isinstance(value, Mapping):
        return [name for key in value for name in (str(key), *keys(value[key]))]
    if isinstance(value, (list, tuple)):
        return [name for item in value for name in keys(item)]
    return []


def _call(call: Mapping[str, Any]) -> tuple[str, Any]:
    # OpenAI's shape wraps name and arguments in `function`, and writes the arguments as JSON text.
    inner = call.get("function") if isinstance(call.get("function"), Mapping) else call
    assert isinstance(inner, Mapping)
    arguments = inner.get("arguments")
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError):  # a model may write arguments that are not JSON; they are scanned as text
            arguments = decode(arguments, pairs=_every_value)
    return str(inner.get("name", "")), arguments


def _every_value(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Readers differ on which of two values under one key counts, so none may hide the other."""
    values: dict[str, list[Any]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return {key: held[0] if len(held) == 1 else held for key, held in values.items()}


def _said(interaction: Interaction, role: str) -> str:
    return "\n".join(m.content for m in interaction.messages if m.role == role)


@dataclass(frozen=True)
class Scorer:
    """A scorer by name, as the tables know it."""

    name: str
    looks_for: str
    """What it looks for, in a sentence."""
    score: Callable[[Exchange], ScorerVerdict] = field(repr=False)
