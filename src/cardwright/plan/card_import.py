"""An existing card as `details.yaml`: a Hugging Face card (Markdown with YAML at its head), or Model Card Toolkit JSON.

Only what people wrote is taken. Numbers of a card are not evidence here: they are measured again. What is a placeholder stays
unanswered, and what has no place is listed, so that nothing is lost without a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from cardwright.errors import SourceError
from cardwright.record.base import is_placeholder, visible
from cardwright.record.details import FIELDS
from cardwright.sources.json_text import decode

MOST = 2 * 1024 * 1024
"""A card that is larger holds something else."""
_LONGEST = 19_000

_HEADINGS = {
    "model description": "summary", "model summary": "summary", "dataset description": "summary", "dataset summary": "summary",
    "description": "summary", "overview": "summary",
    "direct use": "intended_use", "intended use": "intended_use", "intended uses": "intended_use", "uses": "intended_use",
    "intended uses & limitations": "intended_use", "downstream use": "users", "intended users": "users",
    "out-of-scope use": "out_of_scope", "out-of-scope uses": "out_of_scope",
    "bias, risks, and limitations": "limitations", "limitations": "limitations", "limitations and bias": "limitations",
    "recommendations": "recommendations", "training data": "training_data", "training procedure": "training_procedure",
    "testing data": "evaluation_data", "evaluation data": "evaluation_data", "testing data, factors & metrics": "evaluation_data",
    "environmental impact": "environmental_impact", "citation": "citation", "bibtex": "citation",
    "curation rationale": "motivation", "motivation": "motivation", "dataset structure": "composition",
    "data collection and processing": "collection", "source data": "collection", "annotation process": "annotation_protocol",
    "personal and sensitive information": "sensitive_attributes",
}  # fmt: skip
"""Headings of the Hub's templates to the fields they answer."""

_DATASET_ONLY = {"uses": "dataset_uses", "direct use": "dataset_uses", "intended use": "dataset_uses"}


@dataclass(frozen=True)
class Imported:
    """What was made of a card."""

    details: bytes
    """`details.yaml`."""
    taken: tuple[str, ...]
    """Fields that have an answer now."""
    left: tuple[str, ...]
    """What has no place in the details, in words: headings, keys."""


def import_card(data: bytes, *, name: str, today: str) -> Imported:
    """The details that an existing card answers.

    Parameters
    ----------
    name
        The card's file name; it stands in `stated_by`.
    today
        The day, for `stated_on`.

    Raises
    ------
    SourceError
        If it is neither a Markdown card nor Model Card Toolkit JSON, or is larger than 2 MB.
    """
    if len(data) > MOST:
        raise SourceError("larger than 2 MB", where=name, do="A card is text; name the card itself.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise SourceError(f"not UTF-8 at byte {exc.start}", where=name, do="Save it as UTF-8.") from exc
    answers, left = _toolkit(text, name) if text.lstrip().startswith("{") else _markdown(text, name)
    imported: dict[str, Any] = {}
    for field in FIELDS:
        answer = answers.get(field)
        if isinstance(answer, str):
            clean = visible(answer.strip(), keep="\n\t")[:_LONGEST]
            if not is_placeholder(clean):
                imported[field] = clean
        elif answer:
            kept = [{k: visible(str(v)) for k, v in entry.items() if not is_placeholder(str(v))} for entry in answer]
            if any(kept):
                imported[field] = [entry for entry in kept if entry]
    head = {"schema": "cardwright/details/1", "stated_by": f"imported from {visible(name)[:80]}", "stated_on": today}
    note = "# Taken from an existing card. Read every answer, correct it, and say who states it.\n"
    body = yaml.safe_dump({**head, **imported}, sort_keys=False, allow_unicode=True, width=100)
    return Imported(details=(note + body).encode("utf-8"), taken=tuple(imported), left=tuple(dict.fromkeys(left)))


def _markdown(text: str, name: str) -> tuple[dict[str, Any], list[str]]:
    left: list[str] = []
    front: Any = {}
    header = re.match(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(\r?\n|$)", text, re.DOTALL)
    if header:
        try:
            front = yaml.safe_load(header.group(1)) or {}
        except (
            yaml.YAMLError,
            ValueError,
            TypeError,
            OverflowError,
            RecursionError,
        ) as exc:  # `2026-13-45` is a ValueError
            raise SourceError("the YAML at its head is not valid", where=name, do="Fix it or remove it.") from exc
        text = text[header.end() :]
    if not isinstance(front, dict):
        raise SourceError("the YAML at its head is not a mapping", where=name, do="Fix it or remove it.")
    left += [f"{key} (at its head)" for key in map(str, front)]
    dataset = any(key in front for key in ("task_categories", "dataset_info", "configs", "size_categories"))
    parts = re.split(r"(?m)^(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$", re.sub(r"(?s)<!--.*?-->", "", text))
    if len(parts) == 1 and not front:
        raise SourceError("neither headings nor YAML at its head", where=name, do="Name a model card or dataset card.")
    answers: dict[str, str] = {}
    for _, heading, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        plain = re.sub(r"[*_`]", "", heading).strip().lower().rstrip(":")
        plain = re.sub(r"^[^\w]+|\s*[\[(].*?[\])]$", "", plain)
        field = (_DATASET_ONLY.get(plain) if dataset else None) or _HEADINGS.get(plain)
        content = body.strip()
        if not content:
            continue
        if field is None or field not in FIELDS:
            left.append(f"section {visible(heading.strip())}")
        else:
            answers[field] = f"{answers[field]}\n\n{content}" if field in answers else content
    return answers, left


def _toolkit(text: str, name: str) -> tuple[dict[str, Any], list[str]]:
    try:
        card = decode(text)
    except ValueError as exc:
        raise SourceError("not valid JSON", where=name, do="Name a Model Card Toolkit file.") from exc
    if not isinstance(card, dict) or not isinstance(card.get("model_details"), dict):
        raise SourceError("no Model Card Toolkit file: it has no model_details", where=name)
    details, considerations = card["model_details"], _mapping(card.get("considerations"))
    answers: dict[str, Any] = {"summary": str(details.get("overview") or "")}
    answers["owners"] = [
        {"name": owner.get("name") or "", "contact": owner.get("contact") or ""}
        for owner in _listed(details.get("owners"))
        if isinstance(owner, dict)
    ]
    for field, key in (
        ("users", "users"),
        ("limitations", "limitations"),
        ("recommendations", "tradeoffs"),
        ("intended_use", "use_cases"),
    ):
        answers[field] = "\n".join(f"- {text}" for text in _described(considerations.get(key)))
    answers["risks"] = [
        {"risk": str(risk.get("name") or ""), "mitigation": str(risk.get("mitigation_strategy") or "")}
        for risk in _listed(considerations.get("ethical_considerations"))
        if isinstance(risk, dict)
    ]
    answers["citation"] = "\n".join(
        str(c.get("citation")) for c in _listed(details.get("citations")) if isinstance(c, dict) and c.get("citation")
    )
    for data in _listed(_mapping(card.get("model_parameters")).get("data")):
        if isinstance(data, dict) and data.get("description"):
            field = "evaluation_data" if "eval" in str(data.get("name")).lower() else "training_data"
            answers[field] = f"{answers.get(field, '')}\n{data['description']}".strip()
    left = [f"model_details.{key}" for key in details if key not in ("overview", "owners", "citations", "name")]
    left += [
        key for key in card if key not in ("model_details", "considerations", "schema_version", "model_parameters")
    ]
    return answers, left


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _described(items: Any) -> list[str]:
    return [
        str(item.get("description")) for item in _listed(items) if isinstance(item, dict) and item.get("description")
    ]
