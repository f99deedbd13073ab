"""GitHub: only our own commands reach the runner, within its limits, and the summary counts what does not fit."""

import re

from hypothesis import given
from tests.cli.reports.support import WAIVED, checks, nasty, outcome, raw_checks, runner_commands

from cardwright.cli.reports import github


def unescaped(command):
    """A workflow command read as the runner reads it: kind, properties, message."""
    kind, rest = re.fullmatch(r"::(\w+) (.*)", command).groups()
    properties, message = rest.split("::", 1)

    def plain(text):
        for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            text = text.replace(code, character)
        return text

    return kind, {k: plain(v) for k, v in (p.split("=", 1) for p in properties.split(","))}, plain(message)


@given(raw_checks)
def test_only_our_own_commands_reach_the_runner(some):
    lines = github.commands(some).split("\n")
    assert len(lines) == 1 + sum(check.state in ("refused", "error", "advice", "waived") for check in some.checks)
    for line in lines:
        kind, properties, message = unescaped(line)
        assert kind in ("error", "warning", "notice")
        assert set(properties) == {"title", "file"}
        assert len(message.encode()) <= 4096
    assert all("\r" not in line for line in lines)


@given(nasty)
def test_harmless_text_holds_no_command(text):
    assert runner_commands(github.harmless(text)) == []


def test_no_more_than_ten_of_each_kind_and_the_rest_is_counted():
    many = [outcome(n, "missing") for n in range(1, 31)]
    many += [outcome(n, "missing", level="advise") for n in range(31, 61)]
    many += [outcome(n, "missing", waived=WAIVED) for n in range(61, 91)]
    lines = [unescaped(line) for line in github.commands(checks(*many)).split("\n")]
    kinds = [kind for kind, _, _ in lines]
    assert (kinds.count("error"), kinds.count("warning"), kinds.count("notice")) == (10, 10, 9)
    assert "21 more are in the job summary" in lines[0][2]


def test_a_long_explanation_is_cut_between_characters():
    *_, line = github.commands(checks(outcome(1, "failed", text="ü" * 9_000))).split("\n")
    assert len(unescaped(line)[2].encode()) <= 4096


def test_the_summary_puts_what_is_in_the_way_first_and_counts_what_does_not_fit():
    many = [outcome(n, "passed") for n in range(1, 5_000)] + [outcome(5_000, "missing", text="x" * 500)]
    data = github.summary(checks(*many), room=50_000)
    text = data.decode()
    assert len(data) <= 50_000
    rows = [line for line in text.split("\n") if line.startswith("| ") and "R\\-" in line]
    assert rows[0].startswith("| ✗ ")
    left = int(re.search(r"(\d+) of 5000 requirements do not fit", text).group(1))
    assert left + len(rows) == 5_000


def test_a_summary_that_does_not_fit_at_all_is_left_out_as_a_whole():
    assert github.summary(checks(outcome(1, "passed")), room=10) == b""


@given(raw_checks)
def test_the_summary_holds_no_markup_of_a_record(some):
    text = github.summary(some).decode()
    table = [line for line in text.split("\n") if line.startswith("| ")][2:]
    assert len(table) == len(some.checks)
    for row in table:
        bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", row).replace("<br>", "")
        assert bare.count("|") == 5
        assert not set(bare) & set("<>[]`*_@") - {"|"}
