"""The scaffold of a document: a plan, and the questions of its kind as a file to fill in, each with a helpful answer."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cardwright.errors import UsageError
from cardwright.evaluators import registry
from cardwright.files import kinds, packaged, yamltext
from cardwright.files.kinds import KindFolder
from cardwright.plan.editor_hints import hint
from cardwright.policy.judging.kind_of_document import minimum_fields_of
from cardwright.record.detail_fields import FIELDS, FieldSpec
from cardwright.record.kind import KindDefinition, KindField
from cardwright.sources.interface import Dossiers

PLAN, DETAILS = "assessment.yaml", "details.yaml"
DOSSIER = "dossier"
"""Where the example of a kind is run to, beside its plan: examples of other kinds that refer to it look for it there."""
_EXAMPLE_DOSSIER = re.compile(rf"\.\./\.\./([a-z][a-z0-9_]+)/{kinds.EXAMPLE}/{DOSSIER}")
COUNTED = "counted"
"""The role of dossiers that are counted, and the name of the source that they are."""


@dataclass(frozen=True)
class NewDocument:
    """What is to be written."""

    files: Mapping[str, str]
    """Texts by file name, in the order in which they are filled in."""
    policy: str
    """The policy that the plan asks for."""


def new(
    kind: KindFolder,
    directory: Path,
    *,
    own: Path | None = None,
    answers: Mapping[str, str] = MappingProxyType({}),
    links: Mapping[str, Path] = MappingProxyType({}),
) -> NewDocument:
    """The plan and the questions of a kind, for a folder.

    Parameters
    ----------
    directory
        Where they will stand: paths in the plan start there.
    own
        The folder of a house's own kinds, if the kind is from there: the plan names it.
    answers
        What is known already, by field; a person completes it.
    links
        Dossiers that it refers to, by role.

    Raises
    ------
    UsageError
        If the kind has no policy, so that nothing could judge what is made with it.
    """
    files = {DETAILS: details_text(kind.definition, answers), PLAN: plan_text(kind, directory, own, links)}
    return NewDocument(files=files, policy=_policy(kind, directory))


def _policy(kind: KindFolder, directory: Path) -> str:
    name = kind.definition.kind
    if kind.own_policy is not None:
        return _between(directory, kind.own_policy)
    if name in packaged.names("policies"):
        return name
    raise UsageError(
        f"the kind {name} has no policy, so nothing could judge its documents",
        where=str(kind.path),
        do="Add policy.yaml to its folder.",
    )


def _between(directory: Path, place: Path) -> str:
    """A path from the folder of the plan, as plans have it: with `/`, and never a bare name, which would be a packaged one."""
    path = Path(os.path.relpath(place.absolute(), directory.absolute())).as_posix()
    return path if "/" in path else f"./{path}"


def plan_text(
    kind: KindFolder, directory: Path, own: Path | None = None, links: Mapping[str, Path] = MappingProxyType({})
) -> str:
    """The plan of a document of a kind; what nobody can know yet is `?`."""
    definition = kind.definition
    subject = definition.subject
    lines = [
        hint("assessment"),
        f"# {definition.title}: {definition.summary}",
        "schema: cardwright/assessment/1",
        "subject:",
        f"  kind: {subject}",
        f"  name: {_name(directory)}",
        '  version: "1"',
        f"  title: {_quoted(definition.title)}",
    ]
    if subject == "work":
        lines += [
            "  about: ?  # the name of the model, dataset or system that it is about; delete the line if there is none"
        ]
    else:
        lines += ["  files: [?]  # or `reference:` or `components:`"]
    lines += [f"document: {definition.kind}"]
    if own is not None and not kind.packaged:
        lines += [f"kinds: {_between(directory, own)}"]
    lines += ["author: ?", f"details: {DETAILS}"]
    counts = any(_counts_dossiers(name) for name in definition.evaluates)
    if definition.links or counts:
        lines += ["links:"]
        for link in definition.links:
            if link.role in links:
                lines += [f"  {link.role}: {_between(directory, links[link.role])}"]
                continue
            needed = "required" if link.required else "delete the line if there is none"
            lines += [f"  {link.role}: ?  # the folder of a dossier of kind {link.kind}; {needed}. {link.why}"]
    if counts:
        lines += [
            f"  {COUNTED}: [?]  # folders of the dossiers that are counted",
            "sources:",
            f"  {COUNTED}: {{links: {COUNTED}}}",
            "  runs: {runs: ?}  # the runs, as `cardwright runs import` has written them, or a store",
            "evaluate:",
            *(f"  - {name}: {{source: {COUNTED}, runs: runs}}" for name in definition.evaluates),
        ]
    elif definition.evaluates or subject != "work":
        named = definition.evaluates or ("?",)
        lines += ["sources:", "  evidence: ?", "evaluate:"]
        lines += [f"  - {name}: {{source: evidence}}" for name in named]
    lines += [f"policy: {_policy(kind, directory)}", ""]
    return "\n".join(lines)


def _counts_dossiers(evaluator: str) -> bool:
    """Whether an evaluator reads other dossiers: then the plan links to them."""
    if evaluator not in registry.available():
        return False  # a house's own kind can name an evaluator that is not installed here
    return any(Dossiers in need.types for need in registry.find(evaluator).needs)


def _name(directory: Path) -> str:
    """The folder's name as an identifier."""
    return re.sub(r"[^a-z0-9_-]+", "-", directory.absolute().name.lower()).strip("-_") or "document"


@dataclass(frozen=True)
class KindExample:
    """The filled-in example of a kind."""

    folder: str
    """Where it belongs below the folder that examples are written to: `data_card/example`."""
    files: Mapping[str, bytes]
    """Its files by name."""


def examples(kind: KindFolder) -> tuple[KindExample, ...]:
    """The example of a packaged kind after those that it refers to: in this order they can be run.

    Raises
    ------
    UsageError
        If the kind has no example, or is a house's own, whose example is where the house keeps it.
    """
    if not kind.packaged:
        raise UsageError(
            f"the example of {kind.definition.kind} is in a folder of your own",
            do=f"Run {kind.path / kinds.EXAMPLE} where it is.",
        )
    made: dict[str, KindExample] = {}
    _add_example(kind, made)
    return tuple(made.values())


def _add_example(kind: KindFolder, made: dict[str, KindExample]) -> None:
    name = kind.definition.kind
    files = kinds.example(kind)
    if PLAN not in files:
        raise UsageError(
            f"the kind {name} has no example", do=f"Write a document of your own: cardwright new {name} DIR"
        )
    plan = yamltext.parse(files[PLAN], where=f"{name}/{kinds.EXAMPLE}/{PLAN}").data
    links = plan.get("links") if isinstance(plan, dict) else None
    for linked in links.values() if isinstance(links, dict) else ():
        for path in linked if isinstance(linked, list) else [linked]:
            other = _EXAMPLE_DOSSIER.fullmatch(str(path))
            if other is not None and other[1] not in made:
                _add_example(kinds.find(other[1]), made)
    made[name] = KindExample(f"{name}/{kinds.EXAMPLE}", files)


def details_text(definition: KindDefinition, answers: Mapping[str, str] = MappingProxyType({})) -> str:
    """The questions of a kind as `details.yaml`, empty: what is asked, a helpful answer, a common one that does not help."""
    lines = [
        hint("details"),
        "schema: cardwright/details/1",
        "stated_by:  # who answers, where an answer does not say so itself",
        "stated_on:  # when, e.g. 2026-11-28",
    ]
    section = ""
    minimum = minimum_fields_of(definition)
    for field in definition.fields:
        if field.section != section:
            section = field.section
            lines += ["", f"# ---- {section}"]
        lines += _question(
            field.spec,
            _needed(field, minimum),
            field.choices,
            answers.get(field.field),
            _linked(field, definition, minimum),
        )
    shared = [name for name in dict.fromkeys([*definition.shared, *minimum]) if name in FIELDS]
    if shared:
        lines += ["", "# ---- asked of every document"]
    for name in shared:
        lines += _question(FIELDS[name], "required" if name in minimum else "", ())
    return "\n".join([*lines, ""])


def _needed(field: KindField, minimum: tuple[str, ...]) -> str:
    if field.required == "always" or field.field in minimum:
        return "required"
    when = [f"{name} is {' or '.join(values)}" for name, values in field.required_when.items()]
    return f"required if {', or '.join(when)}" if when else ""


def _linked(field: KindField, definition: KindDefinition, minimum: tuple[str, ...]) -> str:
    """What a linked dossier does for a question: whoever fills it in need not copy what that dossier holds."""
    rules = [rule for rule in field.filled_from if rule.fills and field.field not in minimum] or field.filled_from
    if not rules:
        return ""
    named = [role for rule in rules for role in rule.roles or (link.role for link in definition.links)]
    roles = " or ".join(dict.fromkeys(named))
    if any(rule.fills for rule in rules) and field.field not in minimum:
        return f"Where a linked {roles} knows it, its dossier answers: then leave this empty, or add to it."
    return f"What a linked {roles} knows of it is shown beside your answer."


def _question(
    spec: FieldSpec, needed: str, choices: tuple[str, ...], answer: str | None = None, linked: str = ""
) -> list[str]:
    said = [f"{spec.title}{f' ({needed})' if needed else ''}, answered by {spec.who}. {spec.question}"]
    if linked:
        said.append(linked)
    if choices:
        said.append(f"One of: {', '.join(choices)}.")
    said += [f"Helpful: {spec.good}", f"Not helpful: {spec.bad}"]
    comments = [line for text in said for line in textwrap.wrap(text, 116, break_on_hyphens=False)]
    empty = [f"{spec.name}:" if answer is None else f"{spec.name}: {_quoted(answer)}"]
    if spec.columns:
        first, *others = (
            f"{column}:{'  # may be left out' if column in spec.optional else ''}" for column in spec.columns
        )
        empty += [f"#  - {first}", *(f"#    {other}" for other in others)]
    return ["", *(f"# {line}" for line in comments), *empty]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
