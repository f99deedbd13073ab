"""The room that templates run in: sandboxed, strict, escaping by default.

It is the only place where numbers are rounded.

Everything that comes from a record is hostile text. HTML templates escape it by Jinja's autoescape; Markdown templates by a
`finalize` that escapes every value that is not marked as safe. Hidden characters are written out in both.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    DictLoader,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    nodes,
)
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from cardwright.documents import audience, former, kind_templates
from cardwright.documents.interface import KIND
from cardwright.documents.language import ENGLISH, Language, method_words, singular, words
from cardwright.errors import TemplateError, did_you_mean
from cardwright.files import packaged
from cardwright.record.base import visible
from cardwright.record.evaluation import Finding
from cardwright.record.measurement import Interval, Measured, Unmeasured
from cardwright.record.verdict import STATUSES, Standing, Verdict

NARROW = "\u202f"  # narrow no-break space, between a number and its sign
MINUS = "\u2212"


def number(
    value: float | None,
    unit: str | None = None,
    say: Language = ENGLISH,
    like: float = 0.0,
    limits: Sequence[float] = (),
) -> str:
    """A number for people, never in powers of ten.

    Three decimals for shares, differences and ratios; whole for counts; else as many decimals as give four figures.

    Parameters
    ----------
    like
        The largest number that it stands beside: both get the same decimals.
    limits
        What requirements compare it with: it gets as many more decimals as show on which side of each it lies, as in the
        gate's sentences.

    >>> number(0.14997, "proportion"), number(0.14997, "proportion", limits=[0.15])
    ('0.150', '0.14997')
    """
    if value is None:
        return "—"
    if unit in ("count", "rows", "columns") or (unit is None and float(value).is_integer() and abs(value) < 1e15):
        decimals = 0 if float(value).is_integer() else 1
    elif unit in SHARES or max(abs(value), abs(like)) < 1:
        if 0 < abs(value) < 0.0005 and not any(0 <= math.copysign(1.0, value) * limit < 0.001 for limit in limits):
            return say.digits("<0.001" if value > 0 else ">-0.001").replace("-", MINUS)
        decimals = 3
    else:
        decimals = max(0, 3 - math.floor(math.log10(max(abs(value), abs(like)))))
    enough = next((n for n in range(decimals, 18) if all(_sides(value, n, limit) for limit in limits)), None)
    text = f"{value:,.{enough}f}" if enough is not None else f"{Decimal(repr(value)):f}"
    return say.digits(text).replace("-", MINUS)


def _sides(value: float, decimals: int, limit: float) -> bool:
    """Whether a number with so many decimals lies on the side of a limit on which it lies itself."""
    told = float(f"{value:.{decimals}f}")
    return (told > limit) == (value > limit) and (told < limit) == (value < limit)


SHARES = ("proportion", "difference", "ratio", "share", "probability", "correlation")
"""Units of numbers about 1, which have three decimals."""


def general(value: float, say: Language = ENGLISH) -> str:
    """A number as it was written, such as a limit: as few digits as identify it, and no powers of ten."""
    text = f"{Decimal(f'{value:.9g}'):f}"
    return say.digits(text.rstrip("0").rstrip(".") if "." in text else text)


def percent(value: float, say: Language = ENGLISH) -> str:
    """A rate for prose, in percent with two figures: `0.33 %`."""
    return f"{say.digits(f'{100 * value:.2g}')} %"


def interval(
    bounds: Interval | None, unit: str | None = None, say: Language = ENGLISH, limits: Sequence[float] = ()
) -> str:
    """`0.656 to 0.755`, or a dash; `limits` as of `number`."""
    if bounds is None:
        return "—"
    widest = max(abs(bounds.lower), abs(bounds.upper))
    lower, upper = (number(bound, unit, say, widest, limits) for bound in (bounds.lower, bounds.upper))
    return say.text("{lower} to {upper}", lower=lower, upper=upper)


def value(m: Measured, say: Language = ENGLISH, limits: Sequence[float] = ()) -> str:
    """The number of a measurement, with the decimals of its interval; `limits` as of `number`."""
    bounds = m.interval
    widest = max(abs(bounds.lower), abs(bounds.upper)) if bounds is not None else 0.0
    return number(m.value, m.unit, say, widest, limits)


FEW = 0.01
"""Below this share a count says more than three decimals, which may round to none."""


def counted_value(m: Measured, say: Language = ENGLISH, limits: Sequence[float] = ()) -> str:
    """`1 of 1,194` for a small share of whole cases, whose decimals would hide how many; else as `value`."""
    whole = m.unit == "proportion" and m.numerator is not None and m.numerator == int(m.numerator)
    if whole and m.denominator is not None and m.value < FEW:
        return say.text("{n} of {total}", n=number(m.numerator, say=say), total=number(m.denominator, say=say))
    return value(m, say, limits)


def measured(m: Measured | Unmeasured, say: Language = ENGLISH) -> str:
    """A measurement in a phrase: value, interval with its level, and what was counted; or why there is none."""
    if isinstance(m, Unmeasured):
        return say.text("not measured: {reason}", reason=m.reason)
    parts = []
    if m.interval is not None:
        level = f"{general(m.interval.level * 100, say)}{NARROW}%"
        parts.append(say.text("{level} interval {bounds}", level=level, bounds=interval(m.interval, m.unit, say)))
    if m.numerator is not None and m.denominator is not None:
        parts.append(say.text("{n} of {total}", n=number(m.numerator, say=say), total=number(m.denominator, say=say)))
    elif m.denominator is not None:
        parts.append(f"n = {number(m.denominator, say=say)}")
    if m.groups is not None:
        parts.append(say.text("over {n} of {total} groups", n=m.groups.compared, total=m.groups.expected))
    return value(m, say) + (f" ({'; '.join(parts)})" if parts else "")


def sentence(text: str) -> str:
    """The same text with a capital at its start."""
    return text[:1].upper() + text[1:]


def slice_words(slice_: dict[str, str | None], say: Language = ENGLISH) -> str:
    """`race = black, sex = unknown`; `all rows` for the empty slice."""
    if not slice_:
        return say.text("all rows")
    return ", ".join(
        f"{attribute} = {say.text('unknown') if value is None else value}" for attribute, value in slice_.items()
    )


def headline(verdict: Verdict, say: Language = ENGLISH) -> str:
    """The decision in a line: as the gate wrote it in English, by the same counts in another language."""
    if say.catalogue is None:
        return verdict.headline
    if not verdict.allowed:
        counts = Counter(outcome.status for outcome in verdict.blocking)
        parts = ", ".join(
            f"{counts[status]} {say.term_of(status, counts[status])}" for status in STATUSES if counts[status]
        )
        total = counts.total()
        key = (
            "REFUSED: 1 requirement in the way ({parts})"
            if total == 1
            else "REFUSED: {n} requirements in the way ({parts})"
        )
        return say.text(key, n=total, parts=parts)
    text = say.text("ALLOWED")
    waived = [outcome.waived for outcome in verdict.outcomes if outcome.waived is not None and outcome.level == "block"]
    if waived:
        key = "ALLOWED WITH 1 WAIVER until {day}" if len(waived) == 1 else "ALLOWED WITH {n} WAIVERS until {day}"
        text = say.text(key, n=len(waived), day=min(waiver.expires for waiver in waived))
    if verdict.outstanding:
        many = len(verdict.outstanding)
        key = "on the evidence; 1 sign-off outstanding" if many == 1 else "on the evidence; {n} sign-offs outstanding"
        text += " " + say.text(key, n=many)
    return text if verdict.policy.for_production else f"{text}; {say.text('NOT FOR PRODUCTION')}"


def standing(where: Standing, say: Language = ENGLISH) -> str:
    """Where a requirement's source stands; see `Standing.words`."""
    if say.catalogue is None:
        return where.words
    since = say.text("since {day}", day=where.effective) if where.effective is not None else None
    parts = [say.term(where.status)]
    if where.status == "superseded":
        parts = [say.text("superseded on {day}", day=where.superseded)]
        parts += [say.text("effective from {day}", day=where.effective)] if since else []
    elif where.status == "proposed":
        parts += [say.text("to be effective from {day}", day=where.effective)] if since else []
    elif where.status == "rescission_proposed":
        parts = [" ".join(filter(None, (say.term("in_force"), since))), say.text("its rescission proposed")]
    elif since:
        parts = [f"{parts[0]} {since}"]
    if where.superseded is not None and where.status != "superseded":
        parts.append(say.text("until {day}", day=where.superseded))
    as_of = say.text("as of {day}", day=where.as_of)
    return f"{', '.join(parts)} ({as_of})" + (f": {where.note}" if where.note is not None else "")


def short(digest: str | None) -> str:
    """The first twelve digits of a digest."""
    return "—" if digest is None else digest[:12]


def clip(text: str, most: int) -> str:
    """The text, cut at a word with an ellipsis where it is longer than a summary holds."""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0].rstrip(",;:") + " …"


_SENTENCE_END = re.compile(r"(?<=[a-z0-9)%\"”]{3}[.!?])\s+(?=[A-Z0-9(\"“])|\s*\n+\s*")
"""Between two sentences, and not after "Art." or "No."."""


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, in their order."""
    return [one for one in _SENTENCE_END.split(text.strip()) if one]


def whole(text: str, most: int) -> str:
    """The first sentences of a text, as many as a summary holds and at least one, each whole; `[…]` tells that more follow."""
    if len(text) <= most:
        return text
    first, *others = sentences(text) or [text]
    for count, one in enumerate(others):
        if len(first) + len(one) >= most:
            return first + " […]" if others[count:] else first
        first += f" {one}"
    return first


def unstopped(text: str) -> str:
    """A sentence without its full stop, for what follows in the same one."""
    return text.rstrip(". ")


def counts(finding: Finding) -> bool:
    """Whether a finding's sentence says its count itself, as a number of its own."""
    return (
        finding.count is not None
        and re.search(rf"(?<![\d.,]){finding.count:,}(?![\d]|[.,]\d)", finding.explanation) is not None
    )


def moment(text: str) -> str:
    """`2026-11-23T13:04:05Z` as `2026-11-23 13:04 UTC`."""
    return f"{text[:10]} {text[11:16]} UTC"


_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~$=])")


def markdown_text(value: Any) -> Markup:
    """A value as Markdown that shows as that value: markup, HTML, links, tables and headings inside it stay text."""
    if isinstance(value, Markup):
        return value
    text = (
        visible("" if value is None else str(value), keep="\n\t")
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
    )
    lines = []
    for line in text.split("\n"):
        escaped = _MARKDOWN.sub(r"\\\1", re.sub(r"^[ \t]{2,}", " ", line))
        # At the start of a line these open a list or a rule; `www.` and `http:` would become links.
        escaped = re.sub(r"^(?:[-+>](?=\s|$)|\.(?=\.)|\d+[.)](?=\s|$)|-{3,})", _escape_last, escaped)
        lines.append(re.sub(r"(?i)\b(https?|ftp|mailto|file)(:)", r"\1&#58;", escaped).replace("www.", "www&#46;"))
    return Markup("<br>".join(lines))  # noqa: S704  escaped above


def _escape_last(match: re.Match[str]) -> str:
    return match.group(0)[:-1] + "\\" + match.group(0)[-1]


def paragraphs(text: str) -> Markup:
    """Prose of a person as HTML paragraphs and bullet lists; everything in it is escaped."""
    out: list[str] = []
    for block in re.split(r"\n\s*\n", visible(text, keep="\n\t").strip()):
        lines = block.split("\n")
        if all(line.lstrip().startswith("- ") for line in lines):
            items = "".join(f"<li>{prose(line.lstrip()[2:])}</li>" for line in lines)
            out.append(f"<ul>{items}</ul>")
        else:
            out.append(f"<p>{'<br>'.join(prose(line) for line in lines)}</p>")
    return Markup("".join(out))  # noqa: S704  escaped above


def prose(text: str) -> Markup:
    """A sentence as HTML, with names that stand between backticks as code; everything in it is escaped."""
    parts = _joined(visible(text, keep="\n\t")).split("`")
    if len(parts) % 2 == 0:  # a backtick without its other
        return escape("`".join(parts))
    said = [escape(part) if place % 2 == 0 else f"<code>{escape(part)}</code>" for place, part in enumerate(parts)]
    return Markup("".join(said))  # noqa: S704  escaped piece by piece


def _joined(text: str) -> str:
    """A number and its percent sign stay in one line."""
    return re.sub(r"(?<=\d) (?=%)", "\u00a0", text)


_LONG = re.compile(r"\S{36,}")
_BROKEN_ATTRIBUTE = re.compile(r'="[^"<>]*(?:<wbr>[^"<>]*)+"')
"""A place to break, inside the value of an attribute: no line is broken there, and what is read there is a name or a sentence.
Nobody's words look like one: quotation marks in them are escaped."""
_DIGEST = re.compile(r"[0-9a-f]{40,64}")


def _break_long(match: re.Match[str]) -> str:
    """Places to break in a word that no column could hold; digests stay whole, for those who search for them."""
    word = match.group(0)
    if _DIGEST.fullmatch(word):
        return str(escape(word))
    return "<wbr>".join(str(escape(word[i : i + 18])) for i in range(0, len(word), 18))


def _visible(value: Any) -> Any:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    text = _joined(visible(value, keep="\n\t"))
    if not _LONG.search(text):
        return text
    out, at = [], 0
    for match in _LONG.finditer(text):
        out += [str(escape(text[at : match.start()])), _break_long(match)]
        at = match.end()
    return Markup("".join(out) + str(escape(text[at:])))  # noqa: S704  escaped piece by piece


def _anchor(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()


_FILTERS: dict[str, Callable[..., Any]] = {
    "words": words,
    "method_words": method_words,
    "sentence": sentence,
    "short": short,
    "clip": clip,
    "whole": whole,
    "unstopped": unstopped,
    "moment": moment,
    "counts": counts,
    "paragraphs": paragraphs,
    "prose": prose,
    "anchor": _anchor,
}

_SPOKEN: dict[str, Callable[..., Any]] = {
    "number": number,
    "general": general,
    "percent": percent,
    "interval": interval,
    "value": value,
    "counted_value": counted_value,
    "measured": measured,
    "slice": slice_words,
    "headline": headline,
    "standing": standing,
}
"""Filters that read otherwise in another language."""


CHOSEN_BY = ("the plan", "the command line")
"""Who chose the policy, as verdicts say it."""


def _fixed_values(say: Language) -> dict[str, str]:
    """What records and verdicts say in our own words, in the language: the record inside stays as it is."""
    translations = {words: say.text(words) for words in (audience.NOBODY, audience.TOO_FEW, former.RELEASE, *CHOSEN_BY)}
    for status in STATUSES:
        for ending in audience.WITHHELD:
            translations[audience.withheld(status, ending)] = f"{sentence(say.term(status))}. {say.text(ending)}"
    return translations


def _digest_span(value: str) -> Markup:
    return Markup(f'<span class="digest">{escape(value)}</span>')  # noqa: S704  escaped


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, in which a template of a kind of document is looked at before it is compiled."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        return kind_templates.checked(tree, name) if name is not None and name.startswith(KIND) else tree


@cache
def make(markdown: bool, own: Path | None, say: Language = ENGLISH) -> ImmutableSandboxedEnvironment:
    """The environment for HTML or for Markdown templates; it keeps the templates it has compiled."""
    return _made(markdown, own, say, {})


def _made(markdown: bool, own: Path | None, say: Language, kind: Mapping[str, bytes]) -> ImmutableSandboxedEnvironment:
    shown: Callable[[Any], Any] = markdown_text if markdown else _visible
    fixed = _fixed_values(say) if say.catalogue is not None else {}

    def finalize(value: Any) -> Any:
        return shown(fixed.get(value, value) if isinstance(value, str) else value)

    def t(key: str, **values: Any) -> Any:
        # The words are ours or the house's, like the templates; what is filled in is escaped like every value.
        if key in say.foreign:
            return shown(say.pattern(key))
        key = singular(key, values)
        said = Markup(say.pattern(key))  # noqa: S704
        return Markup(say.fill(key, said, {name: finalize(value) for name, value in values.items()}))  # noqa: S704

    environment = _Environment(
        # `kind/NAME` is a template of the record's kind, from the dossier and from nowhere else. `cardwright/NAME` is
        # always ours, so that a house's own NAME can extend it and replace one block.
        loader=ChoiceLoader(
            [
                DictLoader(
                    {f"{KIND}{name}": _decoded(data, name) for name, data in kind.items() if name.endswith(".j2")}
                ),
                FileSystemLoader(packaged.template_folders(own)),
                PrefixLoader({"cardwright": FileSystemLoader(packaged.template_folders())}),
            ]
        ),
        autoescape=not markdown,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(_FILTERS)
    environment.filters.update({name: partial(filter_, say=say) for name, filter_ in _SPOKEN.items()})
    environment.filters.update({"term": say.term, "inner": say.inner, "digest": _digest_span})
    environment.globals["t"] = t
    if kind:
        # One budget for all loops of this document: nothing of it is kept for the next.
        environment.filters["counted"] = partial(kind_templates.counted, budget=iter(range(kind_templates.STEPS)))
    if markdown:
        environment.filters["safe"] = Markup
    return environment


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise TemplateError(f"not UTF-8 at byte {exc.start}", where=name) from exc


def render(
    template: str,
    context: dict[str, Any],
    *,
    markdown: bool,
    own: Path | None = None,
    say: Language = ENGLISH,
    kind: Mapping[str, bytes] | None = None,
) -> str:
    """A template filled in.

    Parameters
    ----------
    kind
        Templates of the record's kind of document by name, called `kind/NAME`; nothing compiled of them is kept.

    Raises
    ------
    TemplateError
        If it is missing, is not valid, names something unknown (with the nearest), does what templates may not, or has
        words that the catalogue of the language does not hold.
    """
    apart = bool(kind) or bool(say.foreign)
    environment = _made(markdown, own, say, kind or {}) if apart else make(markdown, own, say)
    try:
        page = environment.get_template(template).render(context)
        return page if markdown else _BROKEN_ATTRIBUTE.sub(lambda found: found[0].replace("<wbr>", ""), page)
    except TemplateNotFound as exc:
        raise TemplateError(
            f"there is no template {exc.name}", do=did_you_mean(str(exc.name), environment.list_templates())
        ) from exc
    except TemplateSyntaxError as exc:
        raise TemplateError(f"not a valid template: {exc.message}", where=f"{exc.name}, line {exc.lineno}") from exc
    except UndefinedError as exc:
        message = exc.message or ""
        name = re.search(r"'([^']+)'(?: is undefined)?$", message)
        known = list(context) if "is undefined" in message else []
        raise TemplateError(
            message, where=template, do=did_you_mean(name.group(1), known) if name and known else None
        ) from exc
    except SecurityError as exc:
        raise TemplateError(
            "the template does what templates may not", where=template, do="Templates only show values."
        ) from exc
    except RecursionError as exc:
        raise TemplateError("the template calls itself without end", where=template) from exc
