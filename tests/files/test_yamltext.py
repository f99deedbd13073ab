"""YAML means what it looks like, and errors name the line and the nearest key."""

import pytest

from cardwright.errors import PlanError
from cardwright.files import yamltext
from cardwright.plan.assessment import AssessmentFile

PLAN = b"""schema: cardwright/assessment/1
subject: {kind: model, name: boston, version: 1.0, files: [model.skops]}
sources:
  test:
    predictions: data/test.parquet
    label: approve
    score: p_approve
    threshold: 0.5
    favourable: 1
    sensitive: [race, sex]
evaluate:
  - performance: {source: test}
"""


def read(data: bytes) -> AssessmentFile:
    return yamltext.to_model(AssessmentFile, yamltext.parse(data, where="assessment.yaml"))


def test_a_version_is_taken_as_it_is_written():
    assert read(PLAN).subject.version == "1.0"


def test_words_that_yaml_1_1_reads_as_something_else_stay_words():
    data = yamltext.parse(b"a: no\nb: 2026-11-20\nc: 1:30\non: 0o17\nd: 007\n", where="x").data
    assert data == {"a": "no", "b": "2026-11-20", "c": "1:30", "on": "0o17", "d": "007"}


@pytest.mark.parametrize(
    ("old", "new", "line", "hint"),
    [
        (b"    label:", b"    lable:", "line 6", '"label"'),
        (b"    threshold:", b"    treshold:", "line 8", '"threshold"'),
        (b"evaluate:", b"evalute:", "line 11", '"evaluate"'),
        (b"version: 1.0", b"verson: 1.0", "line 2", '"version"'),
    ],
)
def test_an_unknown_key_names_its_line_and_the_nearest_key(old, new, line, hint):
    with pytest.raises(PlanError) as caught:
        read(PLAN.replace(old, new))
    assert line in str(caught.value)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"a: &x [1, 2]\nb: *x\n", "aliases"),
        (b"a: !!python/object/apply:os.system [ls]\n", "tags"),
        (b"a: 1\na: 2\n", "twice"),
        (b"a: [1,\n", "not YAML"),
        (b"\xff\xfe", "UTF-8"),
        (b"", "empty"),
        (b"- 1\n", "not a mapping"),
        (b"a: " + b"[" * 5000 + b"]" * 5000, "nested"),
        (b"a: 1\n" * 1_000_000, "larger"),
    ],
)
def test_a_file_that_is_no_plan_gives_one_clear_error(data, what):
    with pytest.raises(PlanError, match=what):
        read(data)


def test_a_yaml_bomb_is_refused_before_it_grows():
    bomb = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n".encode() for i in range(8)
    )
    with pytest.raises(PlanError, match="aliases"):
        yamltext.parse(bomb, where="bomb.yaml")


def test_a_key_that_stands_twice_is_named_whole_or_not_at_all():
    key = "k" * 70 + "-zeb.warr@corp-mail.com"
    with pytest.raises(PlanError, match="a key of more than 80 characters stands twice"):
        yamltext.parse(f"{key}: 1\n{key}: 2\n".encode(), where="assessment.yaml")
