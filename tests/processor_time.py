"""Which tests cost how much: `pytest -p tests.processor_time` prints the thirty that take the most processor time, and all of it.

Processor time, and not time: of this process and of those that it started and waited for. Without xdist, whose workers are
processes of their own.
"""

import os

import pytest

SPENT: dict[str, float] = {}


def _now():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    before = _now()
    try:
        return (yield)
    finally:
        SPENT[item.nodeid] = _now() - before


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("processor time")
    for test in sorted(SPENT, key=SPENT.get, reverse=True)[:30]:
        terminalreporter.write_line(f"{SPENT[test]:7.1f} s  {test}")
    terminalreporter.write_line(f"{_now():7.1f} s  together, imports and collection included")
