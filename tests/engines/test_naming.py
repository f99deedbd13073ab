"""A word names an engine, or is refused with those that do."""

import pytest

from cardwright.engines.naming import named
from cardwright.engines.spark import Spark
from cardwright.errors import UsageError


@pytest.mark.parametrize(
    "word",
    [
        "local[2]",
        "local[*]",
        "local[2,3]",
        "local-cluster[2,1,1024]",
        "spark://h:7077",
        "yarn",
        "k8s://https://h:1",
        "spark",
    ],
)
def test_a_master_of_spark_is_taken_as_it_is(word):
    assert named(word) == Spark(word)


@pytest.mark.parametrize(
    "word", ["", "Local", "local[0]", "ray", "spark://user:secret@host:7077", "spark://h 1", "http://h"]
)
def test_anything_else_is_refused_without_being_repeated(word):
    with pytest.raises(UsageError, match="this names no engine") as caught:
        named(word, where="assessment.yaml: engine")
    assert caught.value.where == "assessment.yaml: engine"
    assert "secret" not in str(caught.value)


def test_spark_connect_is_refused_by_what_it_lacks():
    with pytest.raises(UsageError, match="Spark Connect"):
        named("sc://host:15002")
