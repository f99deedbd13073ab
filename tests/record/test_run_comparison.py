"""Two runs side by side."""

from tests.record.test_run import run

from cardwright.record.run import RunMetric
from cardwright.record.run_comparison import compared


def test_settings_are_compared_by_what_they_say_and_types_are_listed():
    one = run(config={"lr": "0.10", "layers": 2, "old": 1}, seed=1, commit="aaaaaaa", data={"d": "1"})
    two = run(config={"lr": 0.1, "layers": 3, "new": None}, seed=2, commit="aaaaaaa", data={"d": "2"})
    found = compared(one, two)
    assert [(change.key, change.only_in) for change in found.settings] == [
        ("layers", None),
        ("new", "second"),
        ("old", "first"),
    ]
    assert found.types_only == ("lr",)
    assert (found.seed_differs, found.commit_differs, found.data_differ) == (True, False, True)
    assert found.summary == "3 settings differ; the data, the seed differ too"
    assert found.lines()[:4] == [
        "layers: 2 -> 3",
        "new: not set -> null",
        "old: 1 -> not set",
        "lr: the same, of another type",
    ]


def test_what_is_not_recorded_is_not_taken_for_equal():
    found = compared(run(), run())
    assert (found.commit_differs, found.data_differ, found.seed_differs) == (None, None, True)
    assert found.summary == "no settings differ; the seed differs too; of commit and data it cannot be told"
    assert "keeps no settings" in compared(run(config=None), run()).summary


def test_a_metric_without_a_number_has_no_difference():
    one = run(metrics={"f1": RunMetric(value=0.5), "auc": RunMetric(value=0.7)})
    two = run(metrics={"f1": RunMetric(value=0.75), "auc": RunMetric(why="the last value is not a number")})
    assert [(m.metric, m.difference) for m in compared(one, two).metrics] == [("auc", None), ("f1", 0.25)]
    assert compared(one, two).lines() == [
        "metric auc: 0.7 -> unmeasured (cannot be told)",
        "metric f1: 0.5 -> 0.75 (+0.25)",
    ]
