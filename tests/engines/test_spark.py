"""What Spark says of a failure is said in words of our own; the rest needs Spark: tests/integrations/spark."""

import sys

import pytest

from cardwright.engines.spark import Spark, _on_this_machine, refusal
from cardwright.errors import EngineError, MissingExtraError


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "PythonException: ModuleNotFoundError: No module named 'cardwright'",
            "an executor has no Python package cardwright",
        ),
        ("[PYTHON_VERSION_MISMATCH] Python in worker has different version", "another Python"),
        ("java.io.IOException: Permission denied: user=x, path=/secret", "permission was refused"),
        ("java.io.FileNotFoundException: File file:/data/Jane does not exist", "a file is gone"),
        (
            "[FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH] Column [ssn]",
            "do not all have the same columns and types",
        ),
        ('Cannot run program "python3": error=2', "no Python to run"),
        ("Job 3 cancelled because SparkContext was shut down", "the cluster went away"),
        ("Total size of serialized results is bigger than spark.driver.maxResultSize", "larger than the driver takes"),
        ("Anything else: Jane Doe", "a job of Spark has failed (RuntimeError)"),
    ],
)
def test_a_failure_is_told_by_its_kind_with_what_to_do_and_without_data(said, words):
    found = refusal(RuntimeError(said), "test.parquet")
    assert isinstance(found, EngineError)
    assert words in found.what and found.do and found.where == "test.parquet"
    assert not {"Jane", "ssn", "secret"} & {*str(found).replace("/", " ").split()}


@pytest.mark.parametrize(
    ("master", "here"),
    [
        ("local[2]", True), ("local-cluster[2,1,512]", True), ("spark://127.0.0.1:7077", True), ("spark://localhost:7077", True),
        ("spark://127.0.0.1.example.org:7077", False), ("spark://10.0.0.1:7077", False), ("yarn", False), ("spark", False),
    ],
)  # fmt: skip
def test_a_master_is_of_this_machine_if_nothing_of_it_stands_elsewhere(master, here):
    assert _on_this_machine(master) is here


def test_without_pyspark_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(MissingExtraError, match="pyspark") as caught, Spark("local[2]").running():
        pass
    assert "[spark]" in str(caught.value)
