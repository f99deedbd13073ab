"""A post-release check compares the released model on other rows, tells Prometheus, and drafts the incident."""

from datetime import UTC, datetime

import pytest

pytest.importorskip("numpy", reason="statistics need the tabular extra")

from tests.documents.test_monitoring import proportion, record_of

from cardwright.errors import UsageError
from cardwright.record.evaluation import Input
from cardwright.record.subject import FileDigest
from cardwright.run import watching

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def measured(k, rows="a", **subject):
    """A record of one number on rows of this digest."""
    record = record_of("p", proportion(k, 1000))
    (evaluation,) = record.evaluations
    source = Input(need="source", name="test", role="test", sha256=rows * 64, rows=1000)
    found = record.model_copy(update={"evaluations": (evaluation.model_copy(update={"inputs": (source,)}),)})
    return found.model_copy(update={"subject": found.subject.model_copy(update=subject)}) if subject else found


def test_the_same_rows_are_nothing_new():
    with pytest.raises(UsageError, match="these are the rows of the release"):
        watching.check(measured(900), measured(850), rate=0.05)


def test_another_model_is_not_compared():
    other = measured(900, "b", files=(FileDigest(path="m", sha256="c" * 64, size=1),))
    with pytest.raises(UsageError, match="another model than the release"):
        watching.check(measured(900), other, rate=0.05)


@pytest.mark.parametrize("rate", [0.0, 1.0, -1.0])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(UsageError, match="must lie between 0 and 1"):
        watching.check(measured(900), measured(850, "b"), rate=rate)


def test_the_worst_comes_first_and_the_rate_of_false_alarms_is_stated():
    lines = list(watching.lines(watching.check(measured(900), measured(800, "b"), rate=0.05)))
    assert lines[0].startswith("1 of 1 numbers have moved")
    assert lines[1].startswith("  ALARM M-001 accuracy (all): 0.9 at the release, 0.8 now (p < 0.0001)")
    assert "at most 5.0% of checks" in lines[-1]


def test_metrics_are_in_prometheuss_text_format():
    check = watching.check(measured(900), measured(800, "b"), rate=0.05)
    text = watching.metrics(check, at=NOW, valid_until="2027-01-31").decode()
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    by_name = {name.partition("{")[0]: float(value) for name, value in samples.items()}
    assert by_name["cardwright_watch_alarm"] == 1.0
    assert by_name["cardwright_watch_value"] == 0.8
    assert by_name["cardwright_watch_timestamp_seconds"] == NOW.timestamp()
    assert by_name["cardwright_release_valid_until_timestamp_seconds"] == datetime(2027, 1, 31, tzinfo=UTC).timestamp()
    assert all(f"# TYPE {name} gauge" in text for name in by_name)


def test_the_parser_of_prometheuss_own_library_reads_them():
    parser = pytest.importorskip("prometheus_client.parser")
    check = watching.check(measured(900), measured(800, "b"), rate=0.05)
    text = watching.metrics(check, at=NOW).decode()
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    (sample,) = families["cardwright_watch_value"].samples
    assert (sample.value, sample.labels["metric"], sample.labels["rows"]) == (0.8, "accuracy", "all")
    assert all(family.type == "gauge" for family in families.values())


def test_a_label_cannot_break_out_of_its_quotes():
    assert watching._labels({"rows": 'a"} 1\nx \\'}) == 'rows="a\\"} 1\\nx \\\\"'


def test_a_number_that_was_not_measured_has_no_value_and_alarms():
    fresh = measured(800, "b")
    (evaluation,) = fresh.evaluations
    empty = fresh.model_copy(update={"evaluations": (evaluation.model_copy(update={"measurements": ()}),)})
    text = watching.metrics(watching.check(measured(900), empty, rate=0.05), at=NOW).decode()
    assert "cardwright_watch_value{" not in text
    assert "cardwright_watch_alarm" in text


def test_an_incident_is_drafted_only_if_something_moved():
    moved = watching.check(measured(900), measured(800, "b"), rate=0.05)
    answers = watching.incident_answers(moved, at=NOW)
    assert answers["status"] == "open"
    assert "accuracy (all): 0.9 at the release, 0.8 now" in answers["what_happened"]
    still = watching.check(measured(900), measured(898, "b"), rate=0.05)
    with pytest.raises(UsageError, match="nothing has moved"):
        watching.incident_answers(still, at=NOW)
