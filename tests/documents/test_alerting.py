"""A release's limits as rules for Prometheus and a dashboard for Grafana."""

import json
import shutil
import subprocess

import pytest
import yaml

pytest.importorskip("numpy", reason="statistics need the tabular extra")

from tests.documents.test_monitoring import proportion, record_of

from cardwright.documents import alerting
from cardwright.errors import UsageError
from cardwright.record.details import Answer

HOSTILE = '{{ query `up` }} and $labels \n"quoted"'


def release():
    record = record_of(
        "p", proportion(900, 1000, denominator=1000.0), proportion(40, 1000, of_class="x", denominator=1000.0)
    )
    answers = {**record.details.answers, "monitoring": Answer(text=HOSTILE, stated_by="Ada", stated_on="2026-11-20")}
    return record.model_copy(update={"details": record.details.model_copy(update={"answers": answers})})


def test_each_number_has_its_limits_and_silence_is_an_alert():
    (group,) = alerting.rules(release(), most_days=3)["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert names[:3] == ["CardwrightNumberMoved", "CardwrightNotMeasured", "CardwrightReleaseExpires"]
    assert names[3:] == ["CardwrightOnlineBelowLimit", "CardwrightOnlineAboveLimit"] * 2
    assert "absent(" in group["rules"][1]["expr"]
    assert str(3 * 86400) in group["rules"][1]["expr"]
    limits = alerting.limits_of(release())
    assert repr(limits.rows[0].below) in group["rules"][3]["expr"]


def test_a_number_whose_cases_nobody_knows_has_no_limit_for_others_numbers():
    (group,) = alerting.rules(record_of("p", proportion(900, 1000)))["groups"]
    assert [rule["alert"] for rule in group["rules"]] == [
        "CardwrightNumberMoved",
        "CardwrightNotMeasured",
        "CardwrightReleaseExpires",
    ]


def test_what_people_wrote_is_no_template_of_prometheus():
    for rule in alerting.rules(release())["groups"][0]["rules"]:
        said = rule["annotations"].get("monitoring")
        if said is not None:
            assert said.startswith('{{ "{{" }} query')


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)")
def test_prometheus_itself_reads_the_rules(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump(alerting.rules(release()), sort_keys=False), encoding="utf-8")
    ran = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)")
def test_prometheus_raises_what_it_should_and_nothing_else(tmp_path):
    """Its own unit tests of rules, over series that it makes: moved, silent, below the limit on too few and on enough cases."""
    record = release()
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(alerting.rules(record), sort_keys=False), encoding="utf-8")
    one = f'record="{record.sha256[:16]}", measurement="M-001"'
    whole = f'{{record="{record.sha256[:16]}"}}'
    tests = [
        _fires(
            {f"cardwright_watch_alarm{{{one}}}": "1", f"cardwright_watch_timestamp_seconds{whole}": "0"},
            "CardwrightNumberMoved",
            1,
        ),
        _fires(
            {f"cardwright_watch_alarm{{{one}}}": "0", f"cardwright_watch_timestamp_seconds{whole}": "0"},
            "CardwrightNumberMoved",
            0,
        ),
        _fires({}, "CardwrightNotMeasured", 1),
        _fires({f"cardwright_watch_timestamp_seconds{whole}": "0"}, "CardwrightNotMeasured", 0),
        _fires(
            {f"cardwright_online_value{{{one}}}": "0.5", f"cardwright_online_cases{{{one}}}": "10"},
            "CardwrightOnlineBelowLimit",
            0,
        ),
        _fires(
            {f"cardwright_online_value{{{one}}}": "0.5", f"cardwright_online_cases{{{one}}}": "1000"},
            "CardwrightOnlineBelowLimit",
            1,
        ),
    ]
    body = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    ran = subprocess.run(
        ["promtool", "test", "rules", "tests.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout


def _fires(series, alert, count):
    """Whether an alert is up after a minute, as an expression over Prometheus's own series of alerts."""
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": f"{value}x2"} for name, value in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{alert}"}}) or vector(0)',
                "eval_time": "1m",
                "exp_samples": [{"labels": "{}", "value": count}],
            }
        ],
    }


def test_the_dashboard_shows_each_number_between_its_limits():
    board = json.loads(alerting.as_json(alerting.dashboard(release())))
    series = [panel for panel in board["panels"] if panel["type"] == "timeseries"]
    assert [panel["title"].split()[0] for panel in series] == ["M-001", "M-002"]
    limits = alerting.limits_of(release()).rows[0]
    steps = series[0]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [step["value"] for step in steps] == [None, limits.below, limits.above]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    text = next(panel for panel in board["panels"] if panel["type"] == "text")
    assert text["options"]["mode"] == "code", "what people wrote is shown as it is, and never as HTML"
    assert board["__inputs"][0]["pluginId"] == "prometheus"


def test_panels_do_not_overlap():
    board = alerting.dashboard(release())
    places = [panel["gridPos"] for panel in board["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_without_an_interval_there_is_nothing_to_watch():
    bare = record_of("p", proportion(900, 1000).model_copy(update={"interval": None}))
    with pytest.raises(UsageError, match="no number of this record carries an interval"):
        alerting.rules(bare)
