"""The reference pages, made from the code: file formats, evaluators, commands, policies, checklists, public names.

Nothing on them is listed by hand, so nothing can be forgotten there. Each function returns the Markdown of one page.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from pydantic import BaseModel

import cardwright
from cardwright.cli import schemas
from cardwright.cli.main import app
from cardwright.evaluators import registry
from cardwright.files import packaged, yamltext

PEOPLES = ("assessment", "details", "policy", "checklist", "trust")
"""Formats that people write, in the order in which they meet them; every other is written by the program."""


def every() -> dict[str, str]:
    """Every page by its file name."""
    return {
        "index.md": _index(),
        **{f"{name}.md": file_format(name) for name in schemas.FORMATS},
        "evaluators.md": evaluators(),
        "commands.md": commands(),
        "packaged.md": packaged_files(),
        "api.md": api(),
    }


def _index() -> str:
    written = [name for name in PEOPLES if name in schemas.FORMATS]
    made = [name for name in schemas.FORMATS if name not in written]
    return "\n".join(
        [
            "# Reference",
            "",
            "Made from the code when this site is built.",
            "",
            *_toctree("Files that people write", written),
            *_toctree("Evaluators, commands, policies", ["evaluators", "commands", "packaged"]),
            *_toctree("Python", ["api"]),
            *_toctree("Files that the program writes", made),
        ]
    )


def _toctree(caption: str, names: list[str]) -> list[str]:
    return ["```{toctree}", f":caption: {caption}", ":maxdepth: 1", "", *names, "```", ""]


# ------------------------------------------------------------------------------------------------ file formats


def file_format(name: str) -> str:
    """One file format: each key with its type, its default and what it means, from the JSON Schema."""
    schema = json.loads(schemas.of(name))
    lines = [f"# `{name}`", "", _prose(schema.get("description", "")), ""]
    lines += [
        f"The JSON Schema of this format is [`{name}.schema.json`](../schemas/{name}.schema.json), and "
        f"`cardwright schema {name}` prints it. Unknown keys are errors.",
        "",
    ]
    model = schemas.model_of(name)
    models = {"The file": model, **schemas.reached(model)}
    lines += _keys(schema, "The file", models)
    for title, definition in sorted(schema.get("$defs", {}).items()):
        if definition.get("properties"):
            lines += _keys(definition, title, models)
        elif "enum" in definition:
            lines += [f"## {title}", "", _prose(definition.get("description", "")), "", _values(definition["enum"]), ""]
    return "\n".join(lines)


def _keys(schema: Mapping[str, Any], title: str, models: Mapping[str, type[BaseModel]]) -> list[str]:
    required = set(schema.get("required", ()))
    model = models.get(title)
    # In the order in which the model states them, which is the order of a reader; the schema itself is sorted.
    order = [field.alias or key for key, field in model.model_fields.items()] if model is not None else []
    rows = [
        (
            f"`{key}`",
            _type(value),
            "required" if key in required else _default(value),
            _prose(value.get("description", "")),
        )
        for key, value in sorted(
            schema.get("properties", {}).items(),
            key=lambda item: order.index(item[0]) if item[0] in order else len(order),
        )
    ]
    text = schema.get("description", "") if title != "The file" else ""
    head = [f"## {title}", "", *([_prose(text), ""] if text else [])]
    return [*head, *_table(("key", "type", "if omitted", "meaning"), rows), ""] if rows else head


def _type(value: Mapping[str, Any]) -> str:
    if "$ref" in value:
        title = value["$ref"].rsplit("/", 1)[-1]
        if title == "JsonValue":
            return "any value"
        return f"[{title}](#{title.lower()})" if not title.startswith("_") else title
    for word in ("anyOf", "oneOf", "allOf"):
        if word in value:
            return " or ".join(dict.fromkeys(_type(part) for part in value[word]))
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return _values(value["enum"])
    kind = value.get("type", "any")
    if kind == "array":
        inner = value.get("items") or {"anyOf": value.get("prefixItems", [{}])}
        return f"list of {_type(inner)}"
    if kind == "object":
        if "properties" in value:
            return "mapping with " + ", ".join(f"`{key}`" for key in value["properties"])
        inner = value.get("additionalProperties") or next(iter(value.get("patternProperties", {}).values()), None)
        return f"mapping to {_type(inner)}" if isinstance(inner, Mapping) and inner else "mapping"
    bounds = [
        f"{sign} {value[word]}"
        for word, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
        if word in value
        and abs(value[word]) < 2**53 - 1  # the largest whole number that JSON holds everywhere says nothing
    ]
    if value.get("format"):
        kind = value["format"]
    return " ".join([{"null": "null", "string": "text"}.get(kind, str(kind)), *bounds])


def _values(values: list[object]) -> str:
    return " · ".join(f"`{value}`" for value in values)


def _default(value: Mapping[str, Any]) -> str:
    if "default" not in value:
        return "–"
    default = value["default"]
    return (
        "–"
        if default is None
        else "empty"
        if default in ([], {}, "")
        else f"`{json.dumps(default, ensure_ascii=False)}`"
    )


# ------------------------------------------------------------------------------------------------ evaluators


def evaluators() -> str:
    """Every evaluator that is installed: what it asks, what it needs, its options, its method and its limits."""
    lines = [
        "# Evaluators",
        "",
        "Each entry of `evaluate:` in a plan names one of these, its inputs and its options. `id` names the evaluation "
        "if a plan has several of one evaluator; `target` names the part of a system that it is about.",
        "",
    ]
    for name, point in registry.available().items():
        if not point.value.startswith("cardwright."):
            continue  # another package's evaluator has a page in that package
        cls = registry.find(name)
        module = inspect.getmodule(cls)
        package = __import__("importlib").import_module(point.value.partition(":")[0])
        summary, described = _numpydoc(inspect.getdoc(cls) or "")
        lines += [f"## `{name}`", "", _prose(summary), ""]
        face = (package.__doc__ or getattr(module, "__doc__", "") or "").strip().split("\n\n")[0]
        if face and face != summary:
            lines += [_prose(face), ""]
        lines += [f"Version {cls.version}; extra `{cls.extra}`.", ""]
        rows = [
            (
                f"`{need.name}`",
                ", ".join(kind.__name__ for kind in need.types),
                "–" if need.optional else "required",
                _prose(need.help),
            )
            for need in cls.needs
        ]
        lines += [*_table(("input", "takes", "if omitted", "what it is"), rows), ""]
        options = registry.parameters(cls)
        rows = [
            (f"`{option}`", _annotation(parameter), _python_default(parameter), _prose(described.get(option, "")))
            for option, parameter in options.items()
        ]
        if rows:
            lines += [*_table(("option", "type", "if omitted", "what it does"), rows), ""]
        limits = described.get("Limits") or described.get("Notes")
        if limits:
            lines += ["**Limits.** " + _prose(limits), ""]
    return "\n".join(lines)


def undescribed_options() -> list[str]:
    """Options of our evaluators that the class docstring does not describe: the reference would be silent about them."""
    return [
        f"{name}.{option}"
        for name, point in registry.available().items()
        if point.value.startswith("cardwright.")
        for option in registry.parameters(registry.find(name))
        if option not in _numpydoc(inspect.getdoc(registry.find(name)) or "")[1]
    ]


def _numpydoc(text: str) -> tuple[str, dict[str, str]]:
    """The summary of a numpydoc docstring; its parameters by name, and its other sections by title."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", text, flags=re.MULTILINE)
    described: dict[str, str] = {}
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        if title != "Parameters":
            described[title] = body.strip()
            continue
        for found in re.finditer(r"^(\w[\w, ]*)(?: *:.*)?\n((?:[ \t]+.*\n?|\n)+)", body + "\n", flags=re.MULTILINE):
            for name in found[1].split(","):
                described[name.strip()] = inspect.cleandoc("\n" + found[2])
    return parts[0].strip(), described


def _annotation(parameter: inspect.Parameter) -> str:
    text = (
        parameter.annotation if isinstance(parameter.annotation, str) else getattr(parameter.annotation, "__name__", "")
    )
    text = text.replace(" | None", "")
    for pattern, words in (
        (r"Sequence\[(.+)\]", "list of {}"),
        (r"tuple\[(.+), \.\.\.\]", "list of {}"),
        (r"Mapping\[str, (.+)\]", "mapping to {}"),
    ):
        found = re.fullmatch(pattern, text)
        if found:
            return words.format(_word(found[1]))
    return _word(text)


def _word(text: str) -> str:
    found = re.fullmatch(r"(?:Sequence|tuple)\[(\w+)(?:, \.\.\.)?\]", text)
    if found:
        return f"lists of {_word(found[1])}"
    return {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}.get(
        text, f"`{text}`" if text else ""
    )


def _python_default(parameter: inspect.Parameter) -> str:
    if parameter.default is inspect.Parameter.empty:
        return "required"
    default = parameter.default
    if default is None:
        return "–"
    return f"`{json.dumps(list(default) if isinstance(default, tuple) else default, ensure_ascii=False, default=str)}`"


# ------------------------------------------------------------------------------------------------ commands


def commands() -> str:
    """Every command with its arguments and options, from the command line itself."""
    lines = [
        "# Commands",
        "",
        "Exit codes: 0 allowed · 1 refused or unproven · 2 usage, plan or policy invalid · 3 evidence unreadable, or a digest, "
        "signature or chain is wrong · 4 internal error · 5 nothing to check.",
        "",
    ]
    for words, command in _commands(typer.main.get_command(app()), ("cardwright",)):
        lines += [f"## `{' '.join(words)}`", "", _prose(command.help or ""), ""]
        rows = []
        for parameter in command.params:
            if parameter.name == "help" or getattr(parameter, "hidden", False):
                continue
            names = (
                ", ".join(parameter.opts)
                if parameter.param_type_name == "option"
                else (parameter.metavar or parameter.name or "").upper()
            )
            rows.append((f"`{names}`", _click_default(parameter), _prose(getattr(parameter, "help", None) or "")))
        if rows:
            lines += [*_table(("argument or option", "if omitted", "meaning"), rows), ""]
    return "\n".join(lines)


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if not inner:
        yield words, command
        return
    for name, part in inner.items():
        yield from _commands(part, (*words, name))


def _click_default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    default = parameter.default
    if default is None or default is False or default == () or callable(default):
        return "–"
    return f"`{getattr(default, 'value', default)}`"


# ------------------------------------------------------------------------------------------------ packaged files


def packaged_files() -> str:
    """The packaged policies with their requirements, and the packaged checklists."""
    from cardwright.dossier.contents import policy_of
    from cardwright.policy.checklist import Checklist

    lines = ["# Packaged policies and checklists", "", "## Policies", ""]
    for name in packaged.names("policies"):
        policy = policy_of(name)
        lines += [
            f"### `{name}`",
            "",
            f"{_prose(policy.title)}. Version {policy.version}; SHA-256 `{policy.sha256}`.",
            "",
        ]
        rows = [(f"`{r.id}`", str(r.level), _prose(r.title), str(r.origin)) for r in policy.requirements]
        lines += [*_table(("requirement", "level", "what it asks", "origin"), rows), ""]
    lines += ["## Checklists", ""]
    rows = []
    for name in packaged.names("checklists"):
        data, where = packaged.read("checklists", name)
        checklist = yamltext.to_model(Checklist, yamltext.parse(data, where=where))
        rows.append(
            (
                f"`{name}`",
                _prose(checklist.title),
                str(len(checklist.items)),
                str(checklist.as_of),
                str(checklist.status),
            )
        )
    lines += [*_table(("checklist", "title", "items", "as of", "status"), rows), ""]
    return "\n".join(lines)


# ------------------------------------------------------------------------------------------------ public names


def api() -> str:
    """The public names, the metrics and the statistics, from their docstrings."""
    from cardwright import metrics, statistics

    lines = [
        "# Python API",
        "",
        "The public names of `cardwright`. A name that is not here can change in any release.",
        "",
    ]
    lines += ["```{eval-rst}"]
    for name in cardwright.__all__:
        value = getattr(cardwright, name)
        if inspect.isclass(value):
            lines += [f".. autoclass:: cardwright.{name}", "   :members:", ""]
        elif callable(value):
            lines += [f".. autofunction:: cardwright.{name}", ""]
    lines += ["```", "", "## Metrics", "", _prose((metrics.__doc__ or "").split(">>>")[0].strip()), ""]
    names = sorted(
        name
        for name, value in vars(metrics).items()
        if not name.startswith("_") and callable(value) and _is_of(value, metrics)
    )
    lines += _table(
        ("function", "what it measures"), [(f"`{name}`", _prose(_first(vars(metrics)[name]))) for name in names]
    )
    lines += ["", "## Statistics", "", _prose((statistics.__doc__ or "").split("=====")[0].strip()), ""]
    for module in sorted(path.stem for path in packaged_modules(statistics)):
        lines += ["```{eval-rst}", f".. automodule:: cardwright.statistics.{module}", "   :members:", "```", ""]
    return "\n".join(lines)


def packaged_modules(package: Any) -> list[Any]:
    """The files of a package, its face left out."""
    from pathlib import Path

    return [path for path in Path(package.__file__).parent.glob("*.py") if path.stem != "__init__"]


def _is_of(value: Any, module: Any) -> bool:
    return (not inspect.isclass(value) and getattr(value, "__module__", "").startswith("cardwright")) or getattr(
        value, "__module__", ""
    ) == module.__name__


def _first(value: Any) -> str:
    return (inspect.getdoc(value) or "").split("\n\n")[0]


# ------------------------------------------------------------------------------------------------ Markdown


def _prose(text: str) -> str:
    """Text of a docstring on one line, as Markdown: angle brackets and dollar signs are meant as they look."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(
        part if index % 2 else part.replace("<", "&lt;").replace("*", r"\*") for index, part in enumerate(parts)
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"

    return [line(head), line(tuple("---" for _ in head)), *(line(row) for row in rows)]
