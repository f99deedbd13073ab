"""The guide "Add an evaluator" does what it says, with no file beyond those it names."""

import subprocess
import sys

from tests.docs.blocks import environment
from tests.guides import support

PROMISES = """
import pyarrow as pa
from tests.support import inputs_of, memory_table
from cardwright.errors import UsageError
from cardwright.evaluators.empty_text import EmptyText
from cardwright.testing import check_evaluator

done = check_evaluator(EmptyText, inputs_of(memory_table({"text": ["a", "", None, " "]})))
assert [(m.metric, m.numerator, m.denominator) for m in done.measurements] == [("empty_text_rate", 3, 4)], done
nothing = EmptyText().evaluate(inputs_of(memory_table(pa.table({"text": pa.array([], pa.string())}))))
assert [m.code for m in nothing.measurements] == ["undefined"], nothing
try:
    EmptyText(column="txt").evaluate(inputs_of(memory_table({"text": ["a"]})))
except UsageError as exc:
    assert "txt" in str(exc) and exc.do, exc
else:
    raise AssertionError("a column that is not there was read")
"""


def test_the_guide_adds_an_evaluator_that_keeps_every_promise(tmp_path):
    project = support.follow("evaluator", tmp_path, "tests/support.py", "tests/strategies.py")
    (project / "promises.py").write_text(PROMISES, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "promises.py"],
        cwd=project,
        env={**environment(project), "PYTHONPATH": f"{project / 'src'}:{project}"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
