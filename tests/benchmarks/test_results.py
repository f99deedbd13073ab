"""What the benchmarks measured is kept as data, and the page is made from it."""

import importlib.util
import json
from pathlib import Path

# Loaded from its file: a folder on `sys.path` would let a benchmark's name stand in for a library's, as `coverage` once did.
_SPEC = importlib.util.spec_from_file_location(
    "benchmark_results", Path(__file__).parents[2] / "benchmarks" / "results.py"
)
assert _SPEC is not None and _SPEC.loader is not None
results = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(results)


def test_the_page_is_what_the_results_make():
    expected = results.page(json.loads(results.RESULTS.read_text(encoding="utf-8")))
    assert results.PAGE.read_text(encoding="utf-8") == expected, "run `python benchmarks/results.py`"


def test_every_result_says_when_and_at_which_commit_it_was_measured():
    for name, run in json.loads(results.RESULTS.read_text(encoding="utf-8")).items():
        assert {"date", "commit", "cores", "load", "python"} == set(run["measured"]), name


def test_what_is_kept_of_a_table_reads_back_as_it_was_printed():
    printed = "Best of three.\n| what | seconds | note |\n| --- | ---: | --- |\n| one | 0.280 | < 0.3 |\n| two | 26,195 |  |\nTarget: met."
    parts = results.tables(printed)
    assert parts[1]["rows"] == [
        ["one", {"number": 0.28, "shown": "0.280"}, "< 0.3"],
        ["two", {"number": 26195, "shown": "26,195"}, ""],
    ]
    measured = {"date": "2026-11-28", "commit": "abcdef0", "cores": 2, "load": None, "python": "3.11"}
    page = results.page({"one.py": {"title": "", "measured": measured, "parts": parts}})
    assert "".join(page.split("Python 3.11.\n")[1].split()) == "".join(printed.split())


def test_a_new_run_takes_the_place_of_the_former_one_of_the_same_benchmark_alone():
    before = json.loads(results.RESULTS.read_text(encoding="utf-8"))
    measured = {"date": "2026-11-28", "commit": "abcdef0", "cores": 2, "load": 0.1, "python": "3.11"}
    after = results.record("gate.py", "the gate", "| a |\n| --- |\n| 1 |", measured)
    assert after["gate.py"]["parts"] == [{"columns": ["a"], "numbers": [False], "rows": [[1]]}]
    assert {name: run for name, run in after.items() if name != "gate.py"} == {
        name: run for name, run in before.items() if name != "gate.py"
    }
