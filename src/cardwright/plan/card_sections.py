"""What stands under which label in a Markdown card: sections, labelled items of lists, bold labels in prose, two-column tables.

Cards are written in a few shapes. The Hub's template has headings; the paper that proposed model cards has bulleted labels
("**Primary intended uses**: …"); vendors write tables whose first column is the label. All of them become passages: the headings
above, the label if there is one, and the text.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from markdown_it.token import Token

_LABEL = re.compile(
    r"""[ \t]*(?:[-*+][ \t]+)?                     # the mark of a list
    (?:
        (?P<mark>\*\*|__)(?P<bold>[^*_\n|:：]{2,80}?)[ \t]*[:：]?(?P=mark)[ \t]*[:：]?
      | (?P<plain>[^*_\n|:：]{2,80}?)[ \t]*[:：]
    )
    [ \t]*(?P<rest>.*)""",
    re.VERBOSE | re.DOTALL,
)
_BOLD_LINE = re.compile(r"\s*(\*\*|__)[^*_\n]{2,80}\1[ \t]*[:：]?\s*")
_BOLD_LABEL = re.compile(r"[ \t]*(\*\*|__)[^*_\n]{2,80}?(?:[:：]\1|\1[ \t]*[:：])")
_TRAILING = (
    " of the model", " of this model", " du modèle", " del modelo", " do modelo", " des modells", " del modello",
)  # fmt: skip
_LEADING = ("primary ", "main ", "the ", "model ", "our ")


@dataclass(frozen=True)
class Passage:
    """A piece of a card that stands under one label."""

    headings: tuple[str, ...]
    """The headings above it, the outermost first."""
    label: str | None
    """A bold or bulleted label, or the first cell of a table's row."""
    text: str
    """The Markdown below or after it."""


_JOINT = re.compile(r"\s*,\s*|\s+(?:and|or|y|e|et|und|dan)\s+|[与和及、]")
"""Between the parts of a heading that names several things."""


@dataclass(frozen=True)
class Labels:
    """Which field a label answers."""

    model: dict[str, str]
    dataset: dict[str, str]
    measured: frozenset[str]
    elsewhere: frozenset[str]
    weak: frozenset[str]

    def field(self, label: str, *, dataset: bool) -> str | None:
        """The field of `details.yaml`, if the label is known.

        >>> labels().field("3. Out-of-Scope Use Cases [optional]", dataset=False)
        'out_of_scope'
        """
        whole = self._field(_forms(label), dataset=dataset)
        if whole is not None or self.is_measured(label) or self.is_elsewhere(label):
            return whole
        # "Runtime and intended use": of several things, the first that has a field; all of the text goes there.
        parts = (self._field((part,), dataset=dataset) for part in _JOINT.split(fold(label)))
        return next((part for part in parts if part is not None), None)

    def _field(self, forms: tuple[str, ...], *, dataset: bool) -> str | None:
        for folded in forms:
            found = (self.dataset.get(folded) if dataset else None) or self.model.get(folded)
            if found is not None:
                return found
        return None

    def is_measured(self, label: str) -> bool:
        """Whether numbers stand under it, which are measured again instead."""
        return any(folded in self.measured for folded in _forms(label))

    def is_elsewhere(self, label: str) -> bool:
        """Whether it is a fact of the plan, or a link."""
        return any(folded in self.elsewhere for folded in _forms(label))

    def is_weak(self, label: str) -> bool:
        """Whether a known heading above it says more than the label does."""
        return fold(label) in self.weak

    def is_known(self, label: str) -> bool:
        """Whether the label means something to these tables."""
        return (
            any(self.field(label, dataset=dataset) is not None for dataset in (False, True))
            or self.is_measured(label)
            or self.is_elsewhere(label)
        )


@cache
def labels() -> Labels:
    """The labels of `card_labels.yaml`."""
    table = yaml.safe_load(pkgutil.get_data(__package__ or "", "card_labels.yaml") or b"")
    return Labels(
        model={label: field for field, known in table["model"].items() for label in known},
        dataset={label: field for field, known in table["dataset"].items() for label in known},
        measured=frozenset(table["measured"]),
        elsewhere=frozenset(table["elsewhere"]),
        weak=frozenset(table["weak"]),
    )


def passages(text: str) -> Iterator[Passage]:
    """Every passage of a Markdown text, in its order. No text is left out: what has no heading has none in `headings`."""
    from markdown_it import MarkdownIt

    # The parser's lines: Python's `splitlines` would end one at a form feed or U+2028 as well.
    text = re.sub(r"\r\n?", "\n", text)
    lines = [f"{line}\n" for line in text.split("\n")]
    above: list[tuple[int, str]] = []
    bold: str | None = None
    for block in _blocks(MarkdownIt("commonmark").enable("table").parse(text)):
        first = block[0]
        assert first.map is not None  # every block of the outermost level has its lines
        raw = "".join(lines[first.map[0] : first.map[1]])
        heading = _heading(block, raw)
        if heading is not None:
            level, title = heading
            above = [(deep, one) for deep, one in above if deep < level] + [(level, title)]
            bold = None
            continue
        path = tuple(one for _, one in above)
        if first.type == "paragraph_open":
            if (alone := _alone(raw)) is not None:
                bold = alone
                continue
            line, more, below = raw.partition("\n")
            if more and below.strip() and (alone := _alone(line)) is not None and _BOLD_LINE.fullmatch(line):
                bold = alone
                yield Passage(path, bold, below)
                continue
            if _BOLD_LINE.fullmatch(raw):
                bold = None  # another label, which means nothing here: what stood under the former one has ended
        for label, piece in _pieces(block, raw, lines):
            yield Passage(path, label if label is not None else bold, piece)


def fold(label: str) -> str:
    """A label as the table writes it.

    >>> fold("**3.1 Bias, Risks & Limitations:**")
    'bias risks and limitations'
    """
    plain = re.sub(r"<[^>]*>|[*_`]", " ", label).casefold().replace("&amp;", "&").replace("&", " and ")
    plain = re.sub(r"\[[^\]]*\]|\([^)]*\)", " ", plain)
    plain = re.sub(r"[-/–—]", " ", plain)
    plain = re.sub(r"^[\W\d_]+|[\W_]+$|[,.;:!?“”\"]", " ", plain)
    return " ".join(plain.split())


def _forms(label: str) -> tuple[str, ...]:
    folded = fold(label)
    shorter = next((folded.removeprefix(word) for word in _LEADING if folded.startswith(word)), folded)
    alone = next((folded.removesuffix(word) for word in _TRAILING if folded.endswith(word)), folded)
    return (folded, shorter, alone)


def _blocks(tokens: list[Token]) -> Iterator[list[Token]]:
    """The tokens of each block of the outermost level."""
    block: list[Token] = []
    for token in tokens:
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield block
            block = []


def _heading(block: list[Token], raw: str) -> tuple[int, str] | None:
    if block[0].type == "heading_open":
        return int(block[0].tag[1]), block[1].content.strip()
    if block[0].type == "html_block":
        tag = re.fullmatch(r"\s*<h([1-6])[^>]*>(.*?)</h\1>\s*", raw, re.DOTALL | re.IGNORECASE)
        if tag is not None:
            return int(tag.group(1)), " ".join(re.sub(r"<[^>]*>", " ", tag.group(2)).split())
    return None


def _alone(raw: str) -> str | None:
    """The label of a paragraph that is nothing but a known label in bold or before a colon, which cards use as a heading."""
    found = re.fullmatch(r"\s*(?:\*\*|__)([^*_\n]{2,80})(?:\*\*|__)[ \t]*[:：]?\s*", raw)
    found = found or re.fullmatch(r"\s*([^*_\n:：]{2,80})[:：]\s*", raw)
    return found.group(1).strip() if found is not None and labels().is_known(found.group(1)) else None


def _pieces(block: list[Token], raw: str, lines: list[str]) -> Iterator[tuple[str | None, str]]:
    """A block as labelled pieces, or as one piece without a label."""
    kind = block[0].type
    pieces: list[tuple[str | None, str]] = [(None, raw)]
    if kind in ("bullet_list_open", "ordered_list_open"):
        pieces = []
        for token in block:
            if token.type == "list_item_open" and token.level == 1 and token.map is not None:
                item = "".join(lines[token.map[0] : token.map[1]])
                pieces.append(_labelled(item) or (None, item))
    elif kind == "paragraph_open":
        pieces = _lines(raw)
    elif kind == "table_open":
        rows = _rows(block)
        if all(len(row) == 2 for row in rows) and any(_answers(row[0]) for row in rows):
            pieces = [(row[0], row[1]) for row in rows if any(cell.strip() for cell in row)]
    unlabelled = ""
    for label, piece in pieces:
        if label is None:
            unlabelled += piece
            continue
        if unlabelled.strip():
            yield None, unlabelled
        unlabelled = ""
        yield label, piece
    if unlabelled.strip():
        yield None, unlabelled


def _lines(raw: str) -> list[tuple[str | None, str]]:
    """A paragraph whose lines may each begin with a label."""
    pieces: list[tuple[str | None, str]] = []
    for line in raw.splitlines(keepends=True):
        labelled = _labelled(line)
        # A bold label that means nothing here ends the one before it all the same.
        if labelled is not None or not pieces or (pieces[-1][0] is not None and _BOLD_LABEL.match(line)):
            pieces.append(labelled or (None, line))
        else:
            label, text = pieces[-1]
            pieces[-1] = (label, text + line)
    return pieces


def _labelled(text: str) -> tuple[str, str] | None:
    """`**Label**: text` or `Label: text`, where the label is known."""
    found = _LABEL.fullmatch(text)
    if found is None:
        return None
    label = (found.group("bold") or found.group("plain")).strip()
    return (label, _dedented(found.group("rest"))) if labels().is_known(label) else None


def _dedented(text: str) -> str:
    first, *others = text.split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in others if line.strip()), default=0)
    return "\n".join([first, *(line[indent:] for line in others)])


def _answers(label: str) -> bool:
    return any(labels().field(label, dataset=dataset) is not None for dataset in (False, True))


def _rows(block: list[Token]) -> list[list[str]]:
    rows: list[list[str]] = []
    for token in block:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token.content)
    return rows
