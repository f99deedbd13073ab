"""An existing card as `details.yaml`: a Hugging Face card (Markdown with YAML at its head), or Model Card Toolkit JSON.

Only what people wrote is taken. Results of a card are not evidence here: they are measured again. What is a placeholder stays
unanswered, and what has no field is kept as a remark and listed, so that nothing is lost without a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from cardwright.errors import SourceError
from cardwright.plan import card_html, card_sections, own_card
from cardwright.record.base import is_placeholder, visible
from cardwright.record.details import FIELDS
from cardwright.sources.json_text import decode

MOST = 2 * 1024 * 1024
"""A larger card holds something else."""
_LONGEST = 19_000

_FRONT = {
    "base_model": ("base_model", ""),
    "language": ("languages", ""),
    "languages": ("languages", ""),
    "datasets": ("training_data", "Datasets named at the head of the card: "),
    "co2_eq_emissions": ("environmental_impact", "Emissions in g CO2 equivalent, as the card states them: "),
    "annotations_creators": ("annotation_protocol", "Annotations: "),
    "source_datasets": ("collection", "Sources: "),
}  # fmt: skip
"""Keys at the head of the Hub's cards, the field that each answers, and the words before its value."""
_BOILERPLATE = re.compile(
    r"""Use\ the\ code\ below\ to\ get\ started\ with\ the\ model\.
    | Users\ (?:\([^)]*\)\ )?should\ be\ made\ aware\ of\ the\ risks,\ biases\ and\ limitations\ of\ the\ (?:model|dataset)\.
    | More\ information\ needed\ for\ further\ recommendations\.
    | Carbon\ emissions\ can\ be\ estimated\ using\ the\ \[Machine\ Learning\ Impact\ calculator\][^\n]*
    | <\/?(?:details|summary)[^>]*>(?:\s*Click\ to\ expand\s*<\/summary>)?
    | \{\{[^}]*\bdefault\([^}]*\}\}
    | \[(?:insert|add|enter|fill\ in|your)\b[^\]]*\](?!\()
    | You\ can\ embed\ local\ or\ remote\ images\ using\ `[^`]*`
    | \#\ You\ can\ include\ sample\ code\ which\ will\ be\ formatted
    | Provide\ examples\ of\ latent\ issues\ and\ potential\ remediations\.
    | Describe\ the\ data\ you\ used\ to\ train\ the\ model\.
    | If\ you\ initialized\ it\ with\ pre-trained\ weights,\ add\ a\ link\ to\ the\ pre-trained\ model\ card[^\n]*
    | Preprocessing,\ hardware\ used,\ hyperparameters\.\.\.
    | ^[*_]This\ section\ (?:addresses|describes|identifies|includes|provides)\b[^*_\n]*[*_][ \t]*$
    | ^[*_]It\ is\ useful\ for\ (?:anyone|people)\ who\b[^*_\n]*[*_][ \t]*$
    | <a\b[^>]*>\s*<img\b[^>]*>\s*</a> | <img\b[^>]*>
    | !\[[^\]]*\]\([^)]*\)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
"""Sentences of the Hub's templates that nobody wrote, marks of a template that was not filled, and pictures."""
_ASIDE = re.compile(r"(?m)^[ \t]*[*_][^*_\n]+[.!)][*_][ \t]*$")
"""A line in italics about the names below it ("ordered by the time that they gave"): nobody's name."""
_MEASURED_KEYS = ("model-index", "metrics", "eval_results")
_DATASET_KEYS = ("task_categories", "dataset_info", "configs", "size_categories", "annotations_creators", "pretty_name")


@dataclass(frozen=True)
class Imported:
    """The result of importing a card."""

    details: bytes
    """`details.yaml`."""
    taken: tuple[str, ...]
    """Fields that have an answer now."""
    left: tuple[str, ...]
    """What has no field, by its heading or key. Its text stands in `details` as remarks; results are measured again."""


def import_card(data: bytes, *, name: str, today: str) -> Imported:
    """The details that an existing card answers.

    Parameters
    ----------
    name
        The card's file name, for `stated_by`.
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
    read = _toolkit(text, name) if text.lstrip().startswith("{") else _markdown(text, name)
    imported: dict[str, Any] = {}
    for field in (*FIELDS, *(name for name in read.answers if name not in FIELDS)):  # the others are a kind's own
        answer = read.answers.get(field)
        if isinstance(answer, str):
            clean = visible(answer.strip(), keep="\n\t")[:_LONGEST]
            if not is_placeholder(clean):
                imported[field] = clean
        elif answer:
            kept = [
                {k: visible(" ".join(str(v).split())) for k, v in entry.items() if not is_placeholder(str(v))}
                for entry in answer
            ]
            if any(kept):
                imported[field] = [entry for entry in kept if entry]
    head = {"schema": "cardwright/details/1", "stated_by": f"imported from {visible(name)[:80]}", "stated_on": today}
    note = "# Taken from an existing card. Read every answer, correct it, and say who states it.\n"
    body = yaml.safe_dump({**head, **imported}, sort_keys=False, allow_unicode=True, width=100)
    return Imported(
        details=(note + body + _remarks(read.kept)).encode("utf-8"),
        taken=tuple(imported),
        left=tuple(dict.fromkeys(read.left)),
    )


@dataclass(frozen=True)
class _Read:
    """A card as it was read."""

    answers: dict[str, Any]
    left: list[str]
    kept: list[tuple[str, str]]


def _remarks(kept: list[tuple[str, str]]) -> str:
    """What has no field, as remarks below the details: to be read, moved or deleted by whoever states them."""
    if not kept:
        return ""
    lines = [
        "",
        "# ---- What the card says besides. Nothing reads it: move what belongs to an answer, delete the rest.",
    ]
    for label, text in kept:
        # Every line break that YAML knows ends a remark, so each is one here.
        shown = [visible(line, keep="\t") for line in text.splitlines() if line.strip()]
        lines += ["#", f"# [{visible(label)}]", *(f"#   {line}" for line in shown)]
    return "\n".join(lines) + "\n"


def _markdown(text: str, name: str) -> _Read:
    front, text = _head(text, name)
    if own_card.is_own(front):
        return _own(front, text)
    text = card_html.as_markdown(re.sub(r"(?s)<!--.*?-->", "", text))
    found = list(card_sections.passages(text))
    if not front and not any(passage.headings or passage.label for passage in found):
        raise SourceError("neither headings nor YAML at its head", where=name, do="Name a model card or dataset card.")
    known = card_sections.labels()
    dataset = any(key in front for key in _DATASET_KEYS) or any(
        card_sections.fold(title).startswith(("dataset card", "dataset summary"))
        for passage in found
        for title in passage.headings
    )
    answers: dict[str, Any] = {}
    left: list[str] = []
    kept: list[tuple[str, str]] = []
    title = next((passage.headings[:1] for passage in found if passage.headings), ())
    placed = [(passage, *_place(passage, known, dataset=dataset)) for passage in found]
    if all(field != "summary" or not _without_placeholders(one.text).strip() for one, field, _, _ in placed):
        # What stands below the title says what it is.
        placed = [
            (one, "summary", "", "")
            if why == "unknown" and one.label is None and one.headings in ((), title)
            else (one, field, under, why)
            for one, field, under, why in placed
        ]
    for passage, field, under, why in placed:
        content = _without_placeholders(passage.text).strip()
        if not content:
            continue
        where = passage.label or (passage.headings[-1] if passage.headings else "before the first heading")
        if field is None:
            left.append(f"section {_bare(where)}")
            if why != "measured":
                path = [*passage.headings, *([passage.label] if passage.label else [])]
                kept.append((" / ".join(map(_bare, path)) or where, content))
        elif FIELDS[field].columns:
            asides = _ASIDE.findall(content) if field == "owners" else []
            if asides:
                kept.append((" / ".join(passage.headings), "\n".join(asides)))
            answers[field] = _entries(
                field, answers.get(field, []), passage, _ASIDE.sub("", content).strip() if asides else content
            )
        else:
            words = f"{under}{content}"
            answers[field] = f"{answers[field]}\n\n{words}" if field in answers else words
    for key, value in front.items():
        entry = _FRONT.get(str(key))
        said = _plain(value)
        if entry is None or not said:
            left.append(f"{key} (at its head)")
            if said and key not in _MEASURED_KEYS:
                kept.append((f"{key} (at its head)", said))
        elif entry[0] not in answers:
            answers[entry[0]] = entry[1] + said
        elif said.casefold() not in str(answers[entry[0]]).casefold():
            # The text below says it in other words. Where the head's are a list of their own, both are the answer.
            if entry[1]:
                answers[entry[0]] = f"{answers[entry[0]]}\n\n{entry[1]}{said}"
            else:
                left.append(f"{key} (at its head)")
                kept.append((f"{key} (at its head)", said))
    return _Read(answers, left, kept)


def _own(front: dict[str, Any], text: str) -> _Read:
    """A card of ours: its head is made from the record, and so are its results."""
    card = own_card.read(text)
    left = [f"section {name}" for name in (*card.computed, *(label for label, _ in card.rest))]
    by = [("Who answered, as the card says", "\n".join(f"{title}: {who}" for title, who in card.said_by))]
    return _Read(
        dict(card.answers),
        [*left, *(f"{key} (at its head)" for key in front)],
        [*card.rest, *(by if card.said_by else ())],
    )


def _head(text: str, name: str) -> tuple[dict[str, Any], str]:
    """The YAML at a card's head, and the rest."""
    header = re.match(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(\r?\n|$)", text, re.DOTALL)
    if header is None:
        return {}, text
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
    if not isinstance(front, dict):
        raise SourceError("the YAML at its head is not a mapping", where=name, do="Fix it or remove it.")
    return front, text[header.end() :]


def _place(
    passage: card_sections.Passage, known: card_sections.Labels, *, dataset: bool
) -> tuple[str | None, str, str]:
    """The field that a passage answers, the labels between it and the heading that says so, and why there is none.

    The innermost label that is known decides. Labels below it stay in the text, so that "Hardware: 8 GPUs" keeps its word.
    """
    labels = [*passage.headings, *([passage.label] if passage.label is not None else [])]
    below: list[str] = []
    for depth in range(len(labels) - 1, -1, -1):
        label, above = labels[depth], labels[:depth]
        if known.is_weak(label) and any(_decides(one, label, known, dataset=dataset) for one in above):
            below.append(_bare(label))
            continue
        field = known.field(label, dataset=dataset)
        if field is not None:
            if depth >= len(passage.headings) and _says_more(label, field, above, known, dataset=dataset):
                below.append(_bare(label))
            return field, "".join(f"**{one}** " for one in reversed(below)), ""
        if known.is_measured(label):
            return None, "", "measured"
        if known.is_elsewhere(label):
            return None, "", "elsewhere"
        below.append(_bare(label))
    return None, "", "unknown"


_USES = ("intended_use", "users", "out_of_scope")
_MAKING = ("training_data", "training_procedure", "evaluation_data", "architecture", "compute", "base_model")


def _decides(heading: str, label: str, known: card_sections.Labels, *, dataset: bool) -> bool:
    """Whether a heading says what is below it: all but a summary does, under which facts of every kind are listed.

    Nothing below "Uses" is about how it was made, whatever the levels of the headings say; data below "Training" are its data.
    """
    field, own = known.field(heading, dataset=dataset), known.field(label, dataset=dataset)
    if (field in _USES and own in _MAKING) or (field, own) == ("training_procedure", "training_data"):
        return False
    return known.is_known(heading) and field != "summary"


def _says_more(label: str, field: str, above: list[str], known: card_sections.Labels, *, dataset: bool) -> bool:
    """Whether a label says what of its field it is about, since a heading above, in other words, says which field it is."""
    headings = [one for one in above if known.field(one, dataset=dataset) == field]
    words = {word for one in headings for word in card_sections.fold(one).split()}
    return bool(headings) and words.isdisjoint(card_sections.fold(label).split())


def _bare(label: str) -> str:
    return re.sub(r"[*_]", "", label).strip().rstrip(":")


def _without_placeholders(text: str) -> str:
    """The text without lines that hold a label and no answer, as the Hub's blank template has them."""
    kept = []
    for line in _BOILERPLATE.sub("", text).splitlines():
        answer = re.sub(r"^[ \t]*(?:[-*+][ \t]+)?(?:\*\*[^*]{1,80}(?::\*\*|\*\*[ \t]*:))?[ \t]*", "", line)
        if not line.strip() or not is_placeholder(answer):
            kept.append(line)
    return "\n".join(kept)


def _entries(
    field: str, so_far: list[dict[str, str]], passage: card_sections.Passage, content: str
) -> list[dict[str, str]]:
    """The text as entries of a field that has several: a risk for each item of a list, an owner, or how they are reached."""
    items = [
        re.sub(r"^[-*+][ \t]+", "", one).strip() for one in re.split(r"(?m)^(?=[-*+][ \t]+)", content) if one.strip()
    ]
    if field == "owners" and len(items) == 1 and all(len(line) < 80 for line in items[0].splitlines()):
        items = [line.strip() for line in items[0].splitlines() if line.strip()]  # a name a line
    if field != "owners":
        return [*so_far, *({FIELDS[field].columns[0]: item} for item in items)]
    label = card_sections.fold(passage.label or passage.headings[-1])
    if any(word in label for word in ("contact", "question")):
        whole = "; ".join(items)
        return [{**so_far[0], "contact": whole}, *so_far[1:]] if so_far else [{"contact": whole}]
    return [*so_far, *({"name": item, "role": passage.label or passage.headings[-1]} for item in items)]


def _plain(value: Any) -> str:
    """A value of the head in words: a list with commas, a mapping as `key: value`."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {said}" for key, entry in value.items() if (said := _plain(entry)))
    if isinstance(value, list):
        return ", ".join(said for entry in value if (said := _plain(entry)))
    return "" if value is None or is_placeholder(str(value)) else str(value)


def _toolkit(text: str, name: str) -> _Read:
    try:
        card = decode(text)
    except ValueError as exc:
        raise SourceError("not valid JSON", where=name, do="Name a Model Card Toolkit file.") from exc
    if not isinstance(card, dict) or not isinstance(card.get("model_details"), dict):
        raise SourceError("not a Model Card Toolkit file: it has no model_details", where=name)
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
    return _Read(answers, left, [])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _described(items: Any) -> list[str]:
    return [
        str(item.get("description")) for item in _listed(items) if isinstance(item, dict) and item.get("description")
    ]
