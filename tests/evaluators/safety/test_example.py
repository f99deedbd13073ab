"""What is planted in `examples/assistant` is found, all of it and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.safety import Safety
from cardwright.evaluators.safety.measure import rate_interval
from cardwright.files.yamltext import parse
from cardwright.record.details import read_details
from cardwright.sources.load import load
from cardwright.sources.spec import parse_source

EXAMPLE = Path(__file__).parents[3] / "examples" / "assistant"
EXPECTED = json.loads((EXAMPLE / "expected.json").read_text(encoding="utf-8"))
PLANS = {"1.0.0": "assessment.yaml", "1.1.0": "assessment.hardened.yaml"}


def plan(version):
    text = (EXAMPLE / PLANS[version]).read_bytes()
    return parse(text, where=PLANS[version]).data


def source(version, name):
    return load(parse_source(plan(version)["sources"][name]), name, EXAMPLE)


@pytest.fixture(scope="module", params=sorted(PLANS))
def version(request):
    return request.param


@pytest.fixture(scope="module")
def attacked(version):
    sources = {"source": source(version, "attacks"), "benign": source(version, "benign")}
    return Safety(max_examples=100).evaluate(Inputs("safety", sources))


@pytest.fixture(scope="module")
def watched(version):
    return Safety().evaluate(Inputs("safety-observed", {"source": source(version, "observed")}))


def found(evaluation, table):
    rows = next((t.rows for t in evaluation.tables if t.id == table), ())
    places = {}
    for row in rows:
        places.setdefault(row[1], set()).add(row[0])
    return {category: sorted(ids) for category, ids in places.items()}


def one(evaluation, metric, **slice_):
    (measured,) = evaluation.find(metric, slice=slice_)
    return measured


def test_the_plan_names_this_version(version):
    """Each plan is of its own version, under the policy `assistant`."""
    assert plan(version)["subject"]["version"] == version
    assert plan(version)["policy"] == "assistant"


def test_exactly_the_planted_attacks_succeed(version, attacked):
    """Each planted success by its id, and none of the look-alikes."""
    assert found(attacked, "attack_successes") == EXPECTED[version]["successes"]


def test_the_counts_are_complete(version, attacked):
    """Attempts, prompts, errors and unscored add up."""
    expected = EXPECTED[version]
    assert one(attacked, "attack_success_rate").denominator == expected["attack_prompts"]
    assert one(attacked, "error_rate").denominator == expected["attack_attempts"]
    assert one(attacked, "error_rate").numerator == len(expected["errors"])
    assert one(attacked, "unscored_rate").numerator == len(expected["unscored"])
    prompts = sum(len(ids) for ids in expected["successes"].values())
    assert one(attacked, "attack_success_any_rate").numerator == prompts


def test_exactly_the_planted_refusals_are_over_refusals(version, attacked):
    """By their ids, as the finding lists them."""
    listed = [f.examples for f in attacked.findings if f.key == "over_refusal"]
    ids = sorted(example.split(" · ")[0] for examples in listed for example in examples)
    assert ids == EXPECTED[version]["over_refusals"]
    assert one(attacked, "over_refusal_rate").denominator == EXPECTED[version]["benign"]
    assert one(attacked, "partial_refusal_rate").numerator == len(EXPECTED[version]["partial_refusals"])
    outcomes = [one(attacked, f"{name}_rate").value for name in ("over_refusal", "partial_refusal", "compliance")]
    assert sum(outcomes) == pytest.approx(1), "a scored answer is one of the three"


def test_exactly_the_planted_incident_is_found(version, watched):
    """A leak nobody attacked for is an incident, and no attack success."""
    ids = sorted(id_ for ids in found(watched, "incidents").values() for id_ in ids)
    assert ids == EXPECTED[version]["incidents"]
    assert one(watched, "incident_rate").denominator == EXPECTED[version]["observed"]
    assert one(watched, "attack_success_rate").status == "unmeasured"


def test_the_hardened_version_can_pass_the_policy_and_the_first_cannot():
    """Upper bounds against the limits of `policies/assistant.yaml`."""
    policy = parse((EXAMPLE.parents[1] / "policies" / "assistant.yaml").read_bytes(), where="assistant.yaml").data
    limits = {r["measurement"]["metric"]: r["measurement"] for r in policy["requirements"] if "measurement" in r}
    for version, passes in (("1.0.0", False), ("1.1.0", True)):
        sources = {"source": source(version, "attacks"), "benign": source(version, "benign")}
        evaluation = Safety().evaluate(Inputs("safety", sources))
        for metric in ("attack_success_rate", "over_refusal_rate"):
            measured = one(evaluation, metric)
            assert measured.denominator >= limits[metric]["min_denominator"]
        assert (
            one(evaluation, "attack_success_rate").interval.upper <= limits["attack_success_rate"]["at_most"]
        ) is passes
        assert one(evaluation, "unscored_rate").value <= limits["unscored_rate"]["at_most"]
    assert one(evaluation, "over_refusal_rate").interval.upper <= limits["over_refusal_rate"]["at_most"]


def test_the_details_say_all_that_the_policy_asks(version):
    """People's part is filled in, and no answer is a placeholder."""
    policy = parse((EXAMPLE.parents[1] / "policies" / "assistant.yaml").read_bytes(), where="assistant.yaml").data
    (fields,) = [r["details"]["fields"] for r in policy["requirements"] if "details" in r]
    details = read_details(parse((EXAMPLE / plan(version)["details"]).read_bytes(), where="details.yaml").data)
    assert details.missing(tuple(fields)) == ()


def test_no_secret_of_the_example_comes_out(version, attacked, watched):
    """Neither the staff code nor the planted addresses stand in the evaluations."""
    text = attacked.model_dump_json() + watched.model_dump_json()
    for raw in ("7Q4K", "5M8C", "555-01", "@example.com", "quayside"):
        assert raw.lower() not in text.lower()


def test_the_script_writes_the_committed_bytes(tmp_path):
    """The data are what `make_data.py` makes."""
    for name in ("make_data.py", "prompt.md", "prompt.hardened.md"):
        (tmp_path / name).write_bytes((EXAMPLE / name).read_bytes())
    subprocess.run([sys.executable, str(tmp_path / "make_data.py")], check=True, timeout=60)
    for path in sorted([*tmp_path.glob("data*/*.jsonl"), tmp_path / "expected.json"]):
        assert path.read_bytes() == (EXAMPLE / path.relative_to(tmp_path)).read_bytes(), path.name


@pytest.mark.parametrize(("function", "holes"), [("reply", False), ("reply_1_0", True)])
def test_both_versions_can_be_asked_live(function, holes):
    """The callable target: version 1.0.0 has holes that the probe set finds, 1.1.0 withstands it."""
    live = load(parse_source({"target": f"assistant:{function}", "trust": True}), "live", EXAMPLE)
    evaluation = Safety().evaluate(Inputs("safety", {"source": live}))
    measured = one(evaluation, "attack_success_rate")
    assert (measured.value > 0) is holes
    assert measured.denominator == 180
    assert rate_interval([(1, 0)] * 180, 0.95).upper < 0.05
