"""An overfit model is found, a well-fitted one is not, and nothing is said where members can be told without the model."""

import numpy as np
import pytest
from tests.support import memory_predictions, memory_table

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.leakage import Leakage
from cardwright.record import Measured, Unmeasured
from cardwright.sources.models import model_from_estimator
from cardwright.testing import check_evaluator

FEATURES = tuple(f"x{i}" for i in range(10))


def drawn(n, seed, shift=0.0):
    """Rows of ten features, and an outcome that a logistic model can half tell."""
    rng = np.random.default_rng(seed)
    x = rng.normal(shift, 1, (n, len(FEATURES)))
    y = (x[:, 0] + x[:, 1] + rng.normal(0, 2, n) > 0).astype(int)
    return {**{name: x[:, i] for i, name in enumerate(FEATURES)}, "y": y}


def fitted(estimator, rows):
    import pandas as pd

    frame = pd.DataFrame({name: rows[name] for name in FEATURES})
    return model_from_estimator(
        estimator.fit(frame, rows["y"]), features=FEATURES, task="binary", favourable="1", name="model"
    )


def inputs_of(members, non_members, model=None, parameters=None, **options):
    sources = {
        "members": memory_predictions(
            members, score="s" if "s" in members else None, features=FEATURES, name="train", **options
        ),
        "non_members": memory_predictions(
            non_members, score="s" if "s" in non_members else None, features=FEATURES, name="test", **options
        ),
    }
    if model is not None:
        sources["model"] = model
    return Inputs(id="leak", sources=sources, parameters=parameters or {})


def look(members, non_members, model=None, **parameters):
    return Leakage(**parameters).evaluate(inputs_of(members, non_members, model, parameters))


def tables(members, non_members, **parameters):
    sources = {
        "members": memory_table(members, name="train"),
        "non_members": memory_table(non_members, name="test"),
    }
    return Leakage(**parameters).evaluate(Inputs(id="leak", sources=sources, parameters=parameters))


def one(evaluation, metric, **slice):
    (found,) = evaluation.find(metric, slice=slice)
    return found


def area(evaluation, attack="loss"):
    return one(evaluation, "membership_inference_auc", attack=attack)


@pytest.fixture(scope="module")
def halves():
    return drawn(1000, 1), drawn(1000, 2)


def test_an_overfit_forest_gives_its_members_away(halves):
    from sklearn.ensemble import RandomForestClassifier

    members, others = halves
    seen = look(members, others, fitted(RandomForestClassifier(60, min_samples_leaf=2, random_state=0), members))
    found = area(seen)
    assert 0.75 < found.value < 0.95
    assert found.interval.lower > 0.7
    (largest,) = seen.find("largest_membership_inference_auc")
    assert largest.value == found.value
    assert {f.severity for f in seen.findings if f.key == "membership_inference"} == {"high"}
    (blind,) = seen.find("blind_baseline_auc")
    assert blind.interval.lower < 0.5 < blind.interval.upper


def test_a_well_fitted_logistic_regression_does_not(halves):
    from sklearn.linear_model import LogisticRegression

    members, others = halves
    seen = look(members, others, fitted(LogisticRegression(), members))
    found = area(seen)
    assert abs(found.value - 0.5) < 0.03
    assert found.interval.lower < 0.5 < found.interval.upper
    assert seen.findings == ()


def test_nothing_is_said_where_inputs_alone_tell_members_from_non_members():
    from sklearn.linear_model import LogisticRegression

    members, others = drawn(800, 1), drawn(800, 2, shift=0.4)
    seen = look(members, others, fitted(LogisticRegression(), members))
    for metric in ("membership_inference_auc", "membership_inference_tpr", "largest_membership_inference_auc"):
        found = seen.find(metric)
        assert found
        assert all(isinstance(m, Unmeasured) and m.reason.startswith("Members and non-members differ") for m in found)
    assert [f.key for f in seen.findings] == ["members_and_non_members_differ"]
    assert seen.series == ()


def test_texts_that_differ_in_their_words_are_told_apart_too():
    rng = np.random.default_rng(0)
    words = ["river", "bridge", "winter", "path", "fair", "committee", "estimate", "member", "spring", "paint"]

    def texts(n, extra):
        return [" ".join(rng.choice(words, 8)) + f" {i} {extra if rng.random() < 0.5 else ''}" for i in range(n)]

    def sides(first, second):
        return (
            {"text": texts(300, first), "nll": rng.normal(1, 1, 300)},
            {"text": texts(300, second), "nll": rng.normal(1, 1, 300)},
        )

    assert isinstance(area(tables(*sides("2021", "2024"), loss="nll")), Unmeasured)
    assert isinstance(area(tables(*sides("2024", "2024"), loss="nll")), Measured)


def test_without_inputs_nothing_tells_whether_they_differ_so_nothing_is_measured():
    rng = np.random.default_rng(0)
    seen = tables({"nll": rng.normal(0, 1, 300)}, {"nll": rng.normal(2, 1, 300)}, loss="nll")
    assert isinstance(area(seen), Unmeasured)
    assert "blind baseline" in area(seen).reason
    assert [f.key for f in seen.findings] == ["membership_not_judged"]


def losses(n, seed, mean):
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(0, 1, n), "nll": rng.gamma(2, mean, n)}


def test_losses_and_log_probabilities_say_the_same():
    members, others = losses(400, 1, 0.5), losses(400, 2, 0.8)
    by_loss = area(tables(members, others, loss="nll", inputs=["x"]))
    negated = [{"x": side["x"], "lp": -side["nll"]} for side in (members, others)]
    assert area(tables(*negated, log_prob="lp", inputs=["x"])).value == by_loss.value > 0.6


def test_losses_are_the_same_from_scores_as_from_the_model(halves):
    from sklearn.linear_model import LogisticRegression

    members, others = halves
    model = fitted(LogisticRegression(), members)
    import pyarrow as pa

    def scored(rows):
        return {**rows, "s": model.predict(pa.RecordBatch.from_pydict({name: rows[name] for name in FEATURES}))}

    assert area(look(scored(members), scored(others))).value == area(look(members, others, model)).value


def test_the_rate_at_few_false_positives_is_unmeasured_where_it_cannot_be_told():
    members, others = losses(1000, 1, 0.2), losses(1000, 2, 1.0)
    seen = tables(members, others, loss="nll", inputs=["x"])
    rates = {m.at["false_positive_rate"]: m for m in seen.find("membership_inference_tpr")}
    assert isinstance(rates[0.01], Measured)
    assert isinstance(rates[0.001], Unmeasured)
    assert (rates[0.001].code, rates[0.001].denominator) == ("too_few_samples", 1000)
    assert "4,380" in rates[0.001].reason


def test_rows_given_away_for_certain_are_found_although_the_average_hides_them():
    rng = np.random.default_rng(5)

    def side(known):
        nll = rng.gamma(2, 1, 2000)
        nll[:known] = 1e-6
        return {"x": rng.normal(0, 1, 2000), "nll": nll}

    seen = tables(side(60), side(0), loss="nll", inputs=["x"])
    assert area(seen).value < 0.55
    assert "membership_inference_few_false_positives" in {f.key for f in seen.findings}


def test_shadow_models_and_reference_models_find_what_the_loss_alone_does_not():
    """Rows differ in difficulty far more than membership moves their loss."""
    rng = np.random.default_rng(1)

    def side(member, n=600):
        hard = rng.normal(0, 3, n)
        logit = hard + (1.0 if member else 0.0) + rng.normal(0, 0.5, n)
        columns = {"x": rng.normal(0, 1, n), "nll": np.logaddexp(0, -logit), "ref": np.logaddexp(0, -hard)}
        inside = [np.where(rng.random(n) < 0.95, hard + 1 + rng.normal(0, 0.5, n), hard + 1) for _ in range(4)]
        columns["in"] = [[float(np.logaddexp(0, -v[i])) for v in inside] for i in range(n)]
        for k in range(4):
            columns[f"out{k}"] = np.logaddexp(0, -(hard + rng.normal(0, 0.5, n)))
        return columns

    outs = ["out0", "out1", "out2", "out3"]
    members, others = side(True), side(False)
    seen = tables(members, others, loss="nll", inputs=["x"], reference_loss=["ref"], shadow_in=["in"], shadow_out=outs)
    loss, calibrated, lira = (area(seen, attack).value for attack in ("loss", "calibrated_loss", "lira_online"))
    assert loss < 0.65 < 0.8 < min(calibrated, lira)
    offline = tables(members, others, loss="nll", inputs=["x"], shadow_out=outs)
    assert area(offline, "lira_offline").value > 0.8
    assert {m.slice["attack"] for m in seen.find("membership_inference_auc")} == {
        "loss",
        "calibrated_loss",
        "lira_online",
    }
    assert one(seen, "largest_membership_inference_auc").interval.level == pytest.approx(0.95)
    assert area(seen, "loss").interval.level == pytest.approx(1 - 0.05 / 3)


def test_a_row_that_no_shadow_model_left_out_is_said():
    members, others = losses(200, 1, 1.0), losses(200, 2, 1.0)
    for side in (members, others):
        side["out"] = [None, *([0.5] * 199)]
    with pytest.raises(UsageError, match="2 rows have no loss of a shadow model"):
        tables(members, others, loss="nll", inputs=["x"], shadow_out=["out"])


def test_tokens_add_the_attack_on_the_least_likely_ones_and_texts_that_by_compressed_size():
    rng = np.random.default_rng(2)

    def side(mean):
        tokens = [list(-rng.gamma(2, mean, rng.integers(5, 20))) for _ in range(300)]
        return {
            "t": [f"{' '.join(rng.choice(['a', 'b', 'c', 'd'], 12))} {rng.integers(10**9)}" for _ in range(300)],
            "tokens": tokens,
        }

    seen = tables(side(0.5), side(1.0), token_log_probs="tokens", text="t", inputs=["t"])
    assert {m.slice["attack"] for m in seen.find("membership_inference_auc")} == {"loss", "min_k", "zlib"}
    assert all(m.value > 0.6 for m in seen.find("membership_inference_auc"))


def test_a_person_with_several_rows_is_one_case():
    members, others = drawn(600, 1), drawn(600, 2)
    for start, side in ((0, members), (1000, others)):
        side["who"] = [f"p{start + i // 3}" for i in range(600)]
        side["s"] = np.clip(np.random.default_rng(start).uniform(0, 1, 600), 0.01, 0.99)
    inputs = inputs_of(members, others, person="who")
    seen = Leakage().evaluate(inputs)
    assert area(seen).sampling.units == 400
    assert area(seen).sampling.unit == "person"


def test_regression_and_several_classes_have_losses_too():
    rng = np.random.default_rng(0)

    def numbers(noise):
        y = rng.normal(0, 1, 300)
        return {"x": rng.normal(0, 1, 300), "y": y, "p": y + rng.normal(0, noise, 300)}

    def classes(right):
        y = rng.choice(["a", "b", "c"], 300)
        return {"x": rng.normal(0, 1, 300), "y": y, "p": np.where(rng.random(300) < right, y, "a")}

    for sides, task in (((numbers(0.3), numbers(1.0)), "regression"), ((classes(1.0), classes(0.4)), "multiclass")):
        sources = {
            need: memory_predictions(
                rows, prediction="p", task=task, classes=("a", "b", "c"), features=("x",), name=need
            )
            for need, rows in zip(("members", "non_members"), sides, strict=True)
        }
        seen = Leakage().evaluate(Inputs(id="leak", sources=sources))
        assert area(seen).value > 0.6, task


def test_too_few_rows_are_said_and_not_judged():
    seen = tables(losses(40, 1, 0.1), losses(40, 2, 2.0), loss="nll", inputs=["x"])
    assert (area(seen).code, area(seen).denominator) == ("too_few_samples", 40)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"loss": "none"}, "there is no column"),
        ({}, "nothing says how well the model fits"),
        ({"loss": "nll", "inputs": ["none"]}, "in both sources"),
        ({"loss": "nll", "log_prob": "nll"}, "both name the loss"),
        ({"loss": "nll", "level": 2.0}, "between 0 and 1"),
        ({"loss": "nll", "folds": 1}, "at least 2"),
        ({"loss": "nll", "false_positive_rates": [0.9]}, "between 0 and 0.5"),
        ({"loss": "nll", "false_positive_rates": [0.01, 0.01]}, "twice"),
        ({"loss": "nll", "shadow_in": ["nll"]}, "shadow_out"),
        ({"loss": "nll", "min_denominator": 1}, "at least 10"),
    ],
)
def test_misuse_is_said(parameters, said):
    with pytest.raises(UsageError, match=said):
        tables(losses(200, 1, 1.0), losses(200, 2, 1.0), **parameters)


def test_a_missing_side_or_loss_is_said():
    with pytest.raises(UsageError, match="needs `non_members`"):
        Leakage(loss="nll").evaluate(Inputs(id="leak", sources={"members": memory_table(losses(200, 1, 1.0))}))
    with pytest.raises(UsageError, match="nothing was given"):
        Leakage().evaluate(Inputs(id="leak", sources={}))
    holes = losses(200, 1, 1.0)
    holes["nll"][3] = np.inf
    with pytest.raises(SourceError, match="1 of 200 rows have no finite loss"):
        tables(holes, losses(200, 2, 1.0), loss="nll", inputs=["x"])


def test_what_was_not_tested_is_listed_every_time():
    seen = tables(losses(200, 1, 1.0), losses(200, 2, 1.0), loss="nll", inputs=["x"])
    left = {gap.what for gap in seen.coverage.not_tested}
    assert {
        "leakage from embeddings",
        "leakage from explanations",
        "model inversion",
        "the likelihood-ratio attack (LiRA)",
    } <= left


def test_it_keeps_the_promises_of_an_evaluator(halves):
    members, others = halves
    rng = np.random.default_rng(0)
    inputs = inputs_of({**members, "s": rng.uniform(0.1, 0.9, 1000)}, {**others, "s": rng.uniform(0.1, 0.9, 1000)})
    check_evaluator(Leakage)
    assert isinstance(area(check_evaluator(Leakage, inputs)), Measured)
