"""What every value of a record is made of: the base class, and the strings and numbers that may occur in one.

A record travels from an evaluator to a PDF that somebody signs. So its values are frozen, closed (an unknown key is an
error), free of NaN, and each string says in the JSON Schema which of four sorts it is: a pattern-validated *term*, or
*free text*, a *label* from the data, or a masked *example*. Only the last three can hold personal data.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, Strict

from cardwright.record import display


class Value(BaseModel):
    """A frozen, closed value without NaN."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
        protected_namespaces=(),
        populate_by_name=True,
        serialize_by_alias=True,
        defer_build=True,  # validators are built when they are first used: importing costs a third
    )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy, with the fields in `update` changed.

        A value may keep what it has computed from its fields, such as its digest. pydantic would carry that along, and a changed
        copy would have the digest of the original; here a copy starts without it.

        Raises
        ------
        TypeError
            If `update` names something that is not a field; pydantic would accept it silently.
        """
        fields = type(self).model_fields.keys()
        if update is not None and not update.keys() <= fields:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(update.keys() - fields))}")
        copied = super().model_copy(update=update, deep=deep)
        for kept in copied.__dict__.keys() - fields:
            del copied.__dict__[kept]
        return copied

    def _repr_html_(self) -> str:
        """What a notebook shows; a value with a table of its own says so itself."""
        return display.of_value(self)


# Characters that change how the text around them is shown (bidirectional overrides and isolates), or are not shown at all.
_HIDDEN = {
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    0x200B,
    0x200E,
    0x200F,
    0x2060,
    0xFEFF,
    *range(0xE0000, 0xE0080),
}


def _is_hidden(character: str, allowed: str) -> bool:
    if character in allowed:
        return False
    return ord(character) in _HIDDEN or unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"}


def visible(text: str, *, keep: str = "") -> str:
    r"""The same text with every hidden character written out, so that what is read is what is there.

    Control characters, lone surrogates, unassigned code points, zero-width characters and bidirectional overrides become
    their escapes; characters in `keep` stay.

    >>> visible("ab\u202ec")
    'ab\\u202ec'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c if not _is_hidden(c, keep) else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text
    )


def _refuse_hidden(allowed: str) -> AfterValidator:
    def check(text: str) -> str:
        if text.isascii() and text.isprintable():
            return text
        for position, character in enumerate(text):
            if _is_hidden(character, allowed):
                name = f"U+{ord(character):04X}"
                raise ValueError(f"holds the hidden character {name} at position {position}; write it out or remove it")
        return text

    return AfterValidator(check)


MAX_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8785 section 3.2.2.3)."""


def _plain_zero(number: float) -> float:
    return 0.0 if number == 0 else number  # JSON in canonical form has no -0, so neither has a record


Number = Annotated[float, Strict(), Field(allow_inf_nan=False), AfterValidator(_plain_zero)]
"""A finite number, never a string, never rounded."""

Count = Annotated[int, Strict(), Field(ge=0, le=MAX_INTEGER)]
"""How many of something there are."""

Flag = Annotated[bool, Strict()]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest, 64 lower-case hexadecimal digits."""

Term = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:+/@=%()\[\]-]{0,159}$")]
"""A word of a controlled vocabulary: a metric, an evaluator, a unit, a version."""

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,79}$")]
"""A short name that people type and refer to: lower-case letters, digits, `_`, `.` and `-`."""


def _real(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("no such day or time") from None
    return text


Timestamp = Annotated[
    str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"), AfterValidator(_real)
]
"""A moment in UTC, to the second, e.g. `2026-11-23T13:04:05Z`."""

Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_real)]
"""A calendar day, e.g. `2026-11-23`."""


def _inside(path: str) -> str:
    if path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError("a path stays inside its folder: not absolute, no `..`, no empty part")
    return path


RelativePath = Annotated[
    str, Field(max_length=400, pattern=r"^[^\x00-\x1f\\]+$"), _refuse_hidden(""), AfterValidator(_inside)
]
"""A path inside the assessment's folder, with `/`; never absolute, never with `..`."""

FreeText = Annotated[
    str, Field(max_length=20_000, json_schema_extra={"x-cardwright": "free_text"}), _refuse_hidden("\n\t")
]
"""Words of a person or of an evaluator, shown as they are, escaped; scanned for personal data."""

Label = Annotated[str, Field(max_length=200, json_schema_extra={"x-cardwright": "label"}), _refuse_hidden("")]
"""A name that comes from the data: of a column, a group, a category."""

Example = Annotated[str, Field(max_length=2_000, json_schema_extra={"x-cardwright": "example"}), _refuse_hidden("\n\t")]
"""A masked excerpt of the data. The evaluator masks it; a record never holds the raw value."""


def _sorted_mapping(mapping: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(mapping.items())) if len(mapping) > 1 else mapping


Slice = Annotated[
    dict[Label, Label | None],
    AfterValidator(_sorted_mapping),
    PlainSerializer(_sorted_mapping, return_type=dict[str, str | None]),
]
"""Which rows: `{attribute: value}`. Several are an intersection, none is all rows; `null` is unknown membership."""


def label(value: object) -> str:
    """A value from the data as a label: composed (NFC), hidden characters written out, and at most 200 characters long.

    Numbers without a fraction lose it (`1.0` and `1` are one group); truth values are `true` and `false`. A longer label is cut
    and ends with a digest of the whole, so that two labels that differ after the cut stay two.

    >>> label(1.0), label(True), label("a\\tb"), label("e\\u0301") == "\\u00e9"
    ('1', 'true', 'a\\\\tb', True)
    """
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float) and value.is_integer() and abs(value) <= MAX_INTEGER:
        text = str(int(value))
    else:
        text = str(value)
    text = visible(text if text.isascii() else unicodedata.normalize("NFC", text))
    if len(text) <= 200:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{text[:184]}... {digest}"


_ESCAPES = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
_LOOK_LATIN = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u03bf\u03b1\u03bd\u03c1\u03b9\u0131",
    "aeopcyxijshdqwoavpii",
)


def look_latin(text: str) -> str:
    """A text in lower case, with the Cyrillic, Greek and Turkish letters that look like Latin ones as these.

    >>> look_latin("n\\u0430me")
    'name'
    """
    return text.casefold().translate(_LOOK_LATIN)


def skeleton(text: str) -> str:
    """What a label looks like: two labels of one skeleton are hard or impossible to tell apart on a page.

    Compatibility forms are folded (NFKC), case, blanks, hidden characters and their escapes are left out, and the Cyrillic, Greek
    and Turkish letters that look like Latin ones become these. After Unicode Technical Standard 39, section 4, for its commonest
    letters; it is for pointing out, never for merging.

    >>> skeleton("Female\\u200b") == skeleton("female"), skeleton("\\u0410da") == skeleton("Ada"), skeleton("a") == skeleton("b")
    (True, True, False)
    """
    folded = look_latin(unicodedata.normalize("NFKC", _ESCAPES.sub("", text)))
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf" and not _is_hidden(c, ""))


_PLACEHOLDER = re.compile(
    r"""^[\s\W_]*(?:
        (?:to\s*be|t\.?b\.?)
        \s*(?:d\.?|determined|defined|done|added|announced|completed|confirmed|c\.?|a\.?)
        | todo | fixme | xxx+ | n\s*/?\s*a | none\s+yet | not\s+yet | unknown | placeholder | fill\s+(?:me|this)\s+in
        | your\s+text\s+here | (?:more\s+)?information\s+needed | lorem\s+ipsum\b.* | asdf+ | test | see\s+above | same
        | \.\.\. | \?+ | -+
    )[\s\W_]*$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def is_placeholder(text: str, *prompts: str) -> bool:
    """Whether a text says nothing: empty, "TBD", "?", "[More Information Needed]", or a copy of its own prompt.

    >>> is_placeholder("  TBD. "), is_placeholder("[More Information Needed]"), is_placeholder("Loan officers, to rank files.")
    (True, True, False)
    """
    folded = " ".join(text.split()).casefold()
    if not folded or not any(character.isalnum() for character in folded):
        return True
    if any(folded == " ".join(prompt.split()).casefold() for prompt in prompts):
        return True
    return _PLACEHOLDER.match(folded) is not None
