"""What would run code is known before it runs; the rest needs Spark: tests/integrations/spark."""

import pytest

from cardwright.engines.spark_queries import _RUNS_CODE, _without_strings


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("select reflect('java.lang.System', 'exit', 0)", True),
        ("select Java_Method ('java.lang.System', 'exit', 0)", True),
        ("select try_reflect('a', 'b')", True),
        ("+- ScriptTransformation cat, [a#1]", True),
        ("select 'reflect(x)' as t, `java_method(`, \"reflect(\" from t", False),
        ("select reflected(a), transform(b, x -> x + 1) from t -- reflect", False),
    ],
)
def test_what_runs_code_is_known_in_the_text_and_in_the_plan(text, code):
    assert bool(_RUNS_CODE.search(_without_strings(text))) is code
