"""What of the data may be shown: names and values in messages, and the values of a column in a profile.

A message about data names a column, a group or a file by `shown`, or by `quoted` if the plan names it, and helps with a misspelt
one by `hint`: a name is repeated only if it has the form of a name and no detector finds anything in it. A file without a header
has a person's record where its names should be, so names are trusted together or not at all (`header_is_trusted`). Text that was
written elsewhere (a library's message, an error of an extension) goes through `masked` before it is printed or kept.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from cardwright.errors import nearest
from cardwright.privacy.patterns import scan_light
from cardwright.record.base import label

SMALL_CELL = 5
"""Counts below this are shown for no value, if the plan sets no other `small_cell`."""

FEW_VALUES = 20
"""A column with more different values is not inferred to be a category."""

NEARLY = 0.75
"""How alike two words are (Ratcliff and Obershelp's ratio) if one is the other, misspelt."""

_WORD = re.compile(r"[^\W\d_][\w.\-/:%#&+]*", re.UNICODE)
_WORDS = re.compile(r"[^\W\d_][\w.\-/:%#&+()]*(?: [\w.\-/:%#&+()]+){0,7}", re.UNICODE)
_PARTICLES = frozenset(["van", "von", "de", "del", "da", "der", "den", "di", "la", "le", "bin", "al", "el", "y", "zu"])
_NUMBER = re.compile(r"[\s(+\-]*[\d.,/:()\-\s%]*\d[\d.,/:()\-\s%]*(?:[eE][+-]?\d+)?|[0-9a-fA-F]{16,}")
_LONG_DIGITS = re.compile(r"\d{6,}")

_HEADS = frozenset({
    "name", "names", "surname", "lastname", "firstname", "forename", "fullname", "nickname", "username", "login", "person",
    "people", "patient", "customer", "client", "employee", "user", "member", "student", "pupil", "teacher", "doctor",
    "physician", "nurse", "applicant", "candidate", "tenant", "guest", "owner", "author", "contact", "email", "mail", "phone",
    "telephone", "mobile", "fax", "address", "street", "city", "town", "village", "postcode", "zip", "zipcode", "birth",
    "birthday", "birthdate", "dob", "ssn", "passport", "iban", "account", "card", "id", "ids", "identifier", "uuid", "guid",
    "key", "token", "password", "secret", "comment", "comments", "note", "notes", "text", "message", "description", "remark",
    "remarks", "diagnosis", "url", "link", "ip",
})  # fmt: skip
"""The last word of a heading that speaks of one person, of a place that finds one, of a secret or of free text."""


@lru_cache(maxsize=65_536)
def kinds(text: str) -> frozenset[str]:
    """Which kinds of personal data or secrets the light detector finds in a text."""
    return frozenset(hit.entity for hit in scan_light(text))


def looks_like_a_person(text: str) -> bool:
    """Whether a text has the form of a person's name: two to four capitalised words in any script, or two to
    four words of a script without capitals. Many a place and category has it too.

    >>> looks_like_a_person("Ada Lovelace"), looks_like_a_person("Home purchase")
    (True, False)
    >>> looks_like_a_person("Иван Петров"), looks_like_a_person("山田 太郎"), looks_like_a_person("купить дом")
    (True, True, False)
    """
    words = unicodedata.normalize("NFC", text).split()
    parts = [word for word in words if word not in _PARTICLES]
    return (
        2 <= len(parts) <= 4
        and words[0] not in _PARTICLES
        and words[-1] not in _PARTICLES
        and all(_is_part_of_a_name(word.removesuffix(",")) for word in parts)
    )


def _is_part_of_a_name(word: str) -> bool:
    """A word that begins with a capital of any script, or with a letter of one that has none (Arabic, Han, Devanagari)."""
    inner = (c.isalnum() or c in "_'’.-" or unicodedata.category(c)[0] == "M" for c in word)  # vowel signs are marks
    return unicodedata.category(word[:1] or " ") in ("Lu", "Lt", "Lo") and all(inner)


def is_name(text: str) -> bool:
    """Whether a text has the form of a column's or a category's name, and nothing in it is personal as far as can be seen.

    >>> [is_name(text) for text in ("applicant_income", "annual income", "+44 7911 123456", "Ada Lovelace", "12.5")]
    [True, True, False, False, False]
    """
    return (
        len(text) <= 64
        and _WORDS.fullmatch(text) is not None
        and _LONG_DIGITS.search(text) is None
        and not looks_like_a_person(text)
        and not kinds(text)
    )


def header_is_trusted(names: Iterable[str]) -> bool:
    """Whether the names of a table's columns can be names: none is empty or a number, and none holds personal data.

    One such name says that the file has no header, and that its first row of data stands there.

    >>> header_is_trusted(["approve", "0.7", "Ada"]), header_is_trusted(["approve", "score", "race"])
    (False, True)
    """
    # Years and positions as headings are distrusted with it; the price is a hint without names.
    return all(name.strip() and not _NUMBER.fullmatch(name) and not kinds(name) for name in names)


def is_a_record(names: Sequence[str]) -> bool:
    """Whether the first line of a file is a row of its data, as far as it can be told from headings.

    Two things tell: a cell that is personal data and nothing else, or a number that is no heading. Numbers are headings if they
    form a series: years, positions, intervals, dates in order. Empty headings tell nothing (an index has one).

    >>> is_a_record(["Ada0", "ada@example.org", "25"]), is_a_record(["smith1", "ada", "1", "19800101"])
    (True, True)
    >>> is_a_record(["", "country", "2019", "2020", "2021"]), is_a_record(["", "0"]), is_a_record(["18-25", "26-40", "41-65"])
    (False, False, False)
    """
    cells = [" ".join(name.split()) for name in names]
    if any(_is_wholly_personal(cell) for cell in cells):
        return True
    places = [position for position, cell in enumerate(cells) if cell and _NUMBER.fullmatch(cell)]
    if not places:
        return not header_is_trusted(cells) and any(looks_like_a_person(cell) for cell in cells)
    return not _are_headings([cells[position] for position in places], alone=not any(_is_wordy(cell) for cell in cells))


def _is_wholly_personal(cell: str) -> bool:
    return any(hit.start == 0 and hit.end == len(cell) for hit in scan_light(cell)) if cell else False


def _is_wordy(cell: str) -> bool:
    return bool(cell) and not _NUMBER.fullmatch(cell)


def _are_headings(numbers: Sequence[str], *, alone: bool) -> bool:
    """Whether numbers in the first line are headings: a series, or what pandas calls a column without a name."""
    if alone and [*numbers] == [str(position) for position in range(len(numbers))]:
        return True
    if len({re.sub(r"\d+", "9", number) for number in numbers}) > 1:
        return False
    parted = [tuple(map(int, re.findall(r"\d+", number)[:3])) for number in numbers]
    rises = parted == sorted(set(parted))
    if all(re.fullmatch(r"(?:1[89]|20|21)\d\d", number) for number in numbers):
        return len(numbers) >= 2 and (rises or parted == sorted(set(parted), reverse=True))
    if all(number.isdigit() for number in numbers):
        steps = {later[0] - former[0] for former, later in pairwise(parted)}
        return (len(numbers) >= 3 and len(steps) == 1 and steps != {0}) or (len(numbers) >= 6 and rises)
    dates = len(parted[0]) == 3
    return len(set(numbers)) == len(numbers) >= (6 if dates else 3) and (rises or dates)


def shown(text: str, otherwise: str = "a value") -> str:
    """A name in quotes if it may be repeated in a message, else other words for it.

    >>> shown("score"), shown("jo.public@example.org", "column 3")
    ('"score"', 'column 3')
    """
    return f'"{label(text)}"' if is_name(text) else otherwise


def quoted(text: str, otherwise: str = "a name") -> str:
    """A word of the plan in quotes, as its author wrote it, unless the light detector finds something in it.

    >>> quoted("Applicant Income"), quoted("jo.public@example.org")
    ('"Applicant Income"', 'a name')
    """
    return otherwise if kinds(text) else f'"{label(text)}"'


def shown_column(name: str, names: Sequence[str]) -> str:
    """A column of a table as a message calls it: by its name if that may be repeated, else by its place.

    >>> shown_column("score", ["label", "score"]), shown_column("Ada Lovelace", ["Ada Lovelace", "0.7"])
    ('"score"', 'column 1')
    """
    by_position = f"column {list(names).index(name) + 1}" if name in names else "a column whose name is not shown"
    return shown(name, by_position) if header_is_trusted(names) else by_position


def hint(word: str, known: Iterable[str], *, columns: bool = False) -> str:
    """A hint to end an error with: the nearest known word, or a list of those that may be shown.

    A name of several words is shown only if it is nearly what was asked for, since no form tells it from a person's. Of columns
    without a header that can be trusted only the number is said.

    >>> hint("lable", ["label", "score"], columns=True)
    'Did you mean "label"?'
    >>> hint("approve", ["+44 7911 123456", "Ada", "0.7"], columns=True)
    'None of the 3 names is shown: the first line may be data and no header.'
    """
    words = sorted(set(known))
    if not words:
        return ""
    if columns and not header_is_trusted(words):
        return f"None of the {len(words)} names is shown: the first line may be data and no header."
    listed = [name for name in words if is_name(name)]
    match = nearest(word, [name for name in listed if _WORD.fullmatch(name)]) or near(word, listed)
    if match is not None:
        return f'Did you mean "{label(match)}"?'
    plain = [label(name) for name in listed if _WORD.fullmatch(name)]
    rest = len(words) - len(plain[:12])
    if not plain:
        return f"None of the {len(words)} names is shown: they may be data."
    return f"Known: {', '.join(plain[:12])}" + (f" and {rest} more." if rest else ".")


def near(word: str, known: Iterable[str]) -> str | None:
    """The known name that is nearly what was asked for, so that showing it says hardly more than the asker knew.

    >>> near("aproved", ["approved", "denied"]), near("yes", ["Ada Lovelace"])
    ('approved', None)
    """
    match = nearest(word, [name for name in known if is_name(name)])
    if match is None:
        return None
    alike = difflib.SequenceMatcher(None, word.casefold(), match.casefold()).ratio()
    return match if alike >= NEARLY else None


def masked(text: str) -> str:
    """A text with everything that the light detector finds replaced by its kind.

    >>> masked("cannot open jo.public@example.org.csv")
    'cannot open <EMAIL_ADDRESS>'
    """
    if not kinds(text):
        return text
    parts: list[str] = []
    done = 0
    for hit in scan_light(text):
        parts += (text[done : hit.start], f"<{hit.entity}>")
        done = hit.end
    return "".join((*parts, text[done:]))


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, masked before it is cut: half an address is none to the detector.

    >>> shortened("zz-jo.public@example.org", 12)
    '<EMAIL_ADDRE'
    """
    return masked(text)[:most]


def speaks_of_a_person(heading: str) -> bool:
    """Whether a column's heading says that its cells name a person, a place that finds one, a secret or free text.

    The last word decides, as it does in English: `patient_id` and `patient` do, `patient_group` does not.

    >>> [speaks_of_a_person(h) for h in ("full_name", "patientId", "customer_segment", "birth_date")]
    [True, True, False, True]
    """
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", heading).casefold().replace("_", " "))
    return bool(words) and (words[-1] in _HEADS or "birth" in words)


def category_values(
    counts: Mapping[str, int],
    *,
    heading: str,
    distinct: int,
    held: int,
    declared: bool,
    identifying: bool,
    least: int = SMALL_CELL,
) -> tuple[tuple[tuple[str, int], ...], str]:
    """Which values of a column may be shown with their counts, and if none, why: the one rule for it.

    A column is shown as a *category* if the plan declares it one (the outcome with its classes, a sensitive attribute with its
    groups) or if this is inferred: at most 20 different values, on average in at least `least` rows, a heading that speaks of
    no person and no free text, no value that has the form of a person's name or is longer than 40 characters. It is never one
    if the plan names it as the person or as a quasi-identifier, declared or not. If a detector finds personal data or a secret
    in any value, no value is shown. Of a category, only values in at least `least` rows are.

    Parameters
    ----------
    counts
        Rows by value, of all values, or of the commonest if there are more than are asked about.
    heading
        The column's name.
    distinct, held
        How many different values there are, and how many rows hold one.
    declared
        Whether the plan says that the column is a category.
    identifying
        Whether the plan names it as the person or as a quasi-identifier.
    least
        The small-cell threshold: `small_cell` of the plan, 5 if it sets none.

    Returns
    -------
    tuple
        The values with their counts, commonest first, and a reason, empty if all of this is shown.

    Examples
    --------
    >>> category_values({"a": 9, "b": 2}, heading="size", distinct=2, held=11, declared=False, identifying=False)
    ((('a', 9),), '')
    >>> category_values({"Ada Lovelace": 9}, heading="who", distinct=1, held=9, declared=False, identifying=False)
    ((), 'not shown: values have the form of names')
    """
    if identifying:
        return (), "not shown: it could tell persons apart"
    if any(kinds(value) for value in counts):
        return (), "not shown: a cell holds personal data or a secret"
    if not declared:
        if distinct > FEW_VALUES:
            many = distinct > 0.5 * held
            return (), "not shown: nearly every row has its own value" if many else "not shown: many values"
        if speaks_of_a_person(heading):
            return (), "not shown: the heading suggests persons or free text"
        if any(len(value) > 40 for value in counts):
            return (), "not shown: values are texts"
        if any(looks_like_a_person(value) for value in counts):
            return (), "not shown: values have the form of names"
        if held < least * distinct:
            return (), f"not shown: fewer than {least} rows to a value"
    common = sorted(((v, n) for v, n in counts.items() if n >= least), key=lambda item: (-item[1], item[0]))
    if not common:
        return (), f"not shown: every value in fewer than {least} rows"
    return tuple(common), ""
