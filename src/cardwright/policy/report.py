"""A verdict for the terminal and for other programs: text a person can act on, and JSON."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Mapping, Sequence

from cardwright.policy.judging import next_actions
from cardwright.record import canonical
from cardwright.record.verdict import Blank, Closer, NextAction, Outcome, Verdict

GROUPS: tuple[tuple[Closer, str], ...] = (
    ("command", "A command closes these"),
    ("data", "More or other data closes these"),
    ("words", "A person's words close these"),
    ("signature", "A signature closes these"),
    ("decision", "A decision closes these: change it, or ask for a waiver"),
)
"""Who closes what is open, in the order in which it is quickest."""


def in_words(action: NextAction, places: Mapping[str, str] | None = None) -> str:
    """A next action for a person: a command after `$`, quoted for the shell, or what to edit.

    Parameters
    ----------
    places:
        What belongs in the blanks, e.g. the path of the plan under `plan`. What is not among them stays as a word in capitals.

    >>> print(in_words(next_actions.RUN, {"plan": "my plan.yaml"}))
    $ cardwright run 'my plan.yaml'
    >>> print(in_words(next_actions.edit_details("owners", "summary")))
    edit details.yaml: owners, summary
    """
    known = {"details": "details.yaml", **(places or {})}

    def word(part: str | Blank) -> str:
        # A word that nobody filled in stays bare: in quotes it would look like a value.
        if isinstance(part, Blank):
            return shlex.quote(known[part.blank]) if part.blank in known else part.blank.upper()
        return shlex.quote(part)

    if action.kind == "command":
        return "$ " + " ".join(word(part) for part in action.argv)
    assert action.file is not None
    return f"edit {word(action.file)}: {', '.join(action.fields)}"


def as_json(verdict: Verdict) -> str:
    """The verdict as canonical JSON, in one line."""
    return canonical.dumps(verdict).decode("utf-8")


def _wrap(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False) or [
        indent
    ]


def as_text(verdict: Verdict, *, width: int = 80, everything: bool = False) -> str:
    """The verdict as plain lines: the decision first, then what stands in the way and what closes it."""
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in verdict.counts.items())
    lines = [
        verdict.headline,
        f"policy {verdict.policy.name} {verdict.policy.version} ({verdict.policy.sha256[:12]}), "
        f"chosen by {verdict.policy.chosen_by}",
        f"{len(verdict.outcomes)} requirements: {counts}",
    ]
    if verdict.valid_until is not None:
        lines.append(f"valid until {verdict.valid_until}")
    if verdict.advisory:
        lines.append("ADVISORY: asked for advice only; a receiver refuses this verdict")
    shown: Sequence[Outcome] = verdict.blocking
    for outcome in shown:
        lines += ["", *_outcome(outcome, width)]
    advice = [o for o in verdict.outcomes if o.level == "advise" and o.status not in ("passed", "not_applicable")]
    if advice:
        lines += ["", "Advice, which does not block:"]
        for outcome in advice:
            lines += _outcome(outcome, width)
    for outcome in verdict.outcomes:
        if outcome.waived is not None:
            lines += _wrap(
                f"{outcome.label} waived: {outcome.status} ({outcome.explanation}) until {outcome.waived.expires}, "
                f"by {outcome.waived.approved_by}",
                width,
                "",
            )
    if everything:
        rest = [o for o in verdict.outcomes if o not in shown and o not in advice]
        if rest:
            lines += ["", "The others:"]
            for outcome in rest:
                lines += _outcome(outcome, width)
    for item in verdict.outstanding:
        lines.append(f"outstanding: {item.role} signs for {item.meaning}")
    return "\n".join(lines)


def _outcome(outcome: Outcome, width: int) -> list[str]:
    lines = _wrap(f"{outcome.label}  {outcome.status.replace('_', ' ').upper()}  {outcome.title}", width, "")
    lines += _wrap(outcome.explanation, width, "      ")
    if outcome.standing is not None:
        source = f"{outcome.citation} " if outcome.citation is not None else ""
        lines += _wrap(f"{source}[{outcome.origin}; {outcome.standing.words}]", width, "      ")
    if outcome.remedy is not None:
        lines += _wrap(f"→ {outcome.remedy}", width, "      ")
    return lines


def todo(
    verdict: Verdict,
    *,
    places: Mapping[str, str] | None = None,
    width: int = 80,
    most: int = 5,
    closed_by: str | None = None,
) -> str:
    """What is open, grouped by who closes it; the first few, with what to do next. See `in_words` for `places`."""
    open_ones = [o for o in verdict.blocking if closed_by is None or o.closed_by == closed_by]
    outstanding = verdict.outstanding if closed_by in (None, "signature") else ()
    total = len(open_ones) + len(outstanding)
    if not total:
        return "Nothing is open." if closed_by is None else f"Nothing is open for {closed_by}."
    order = [key for key, _ in GROUPS]
    ranked = sorted(open_ones, key=lambda o: order.index(o.closed_by) if o.closed_by in order else len(order))
    shown = ranked[:most]
    signing = outstanding[: max(0, most - len(shown))]
    listed = len(shown) + len(signing)
    lines = [f"{total} open; the first {listed}:" if total > listed else f"{total} open:"]
    for key, title in GROUPS:
        group = [o for o in shown if o.closed_by == key]
        rest = sum(o.closed_by == key for o in ranked) - len(group)
        if not group and not rest:
            continue
        lines += ["", title + (f" ({rest} more)" if rest else "")]
        for outcome in group:
            lines += _wrap(
                f"{outcome.label}  {outcome.requirement}: {outcome.status}. {outcome.explanation}", width, "  "
            )
            if outcome.remedy is not None:
                lines += _wrap(f"→ {outcome.remedy}", width, "    ")
            for action in outcome.next:
                text = in_words(action, places)
                # A command is never wrapped, so that it can be copied as it stands.
                lines += [f"    {text}"] if action.kind == "command" else _wrap(text, width, "    ")
            if outcome.command is not None:
                lines += _wrap(f"({outcome.command})", width, "    ")
    for item in signing:
        action = next_actions.sign_off(item.role, item.meaning)
        lines += ["", f"  {item.role} signs for {item.meaning}", f"    {in_words(action, places)}"]
    if total > listed:
        lines += ["", "See the others with --all."]
    return "\n".join(lines)
