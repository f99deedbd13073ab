"""An attribute is guessed more often of those that an overfit model was trained on; nothing is said where the sides differ."""

import numpy as np
import pytest
from tests.evaluators.leakage.support import keys, one
from tests.support import memory_predictions

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.leakage import Leakage
from cardwright.record import Unmeasured
from cardwright.sources.models import model_from_estimator

FEATURES = ("a", "b", "ill")


def drawn(n, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    return {
        "a": rng.normal(shift, 1, n),
        "b": rng.normal(0, 1, n),
        "ill": rng.integers(0, 3, n),
        "y": rng.integers(0, 2, n),
    }


def look(estimator, members, others, **parameters):
    import pandas as pd

    frame = pd.DataFrame({name: members[name] for name in FEATURES})
    model = model_from_estimator(estimator.fit(frame, members["y"]), features=FEATURES, task="binary", favourable="1")
    sources = {
        "members": memory_predictions(members, features=FEATURES, name="train"),
        "non_members": memory_predictions(others, features=FEATURES, name="test"),
        "model": model,
    }
    return Leakage(**parameters).evaluate(Inputs(id="leak", sources=sources, parameters=parameters))


def test_an_overfit_tree_tells_the_attribute_of_its_members():
    from sklearn.ensemble import RandomForestClassifier

    seen = look(
        RandomForestClassifier(30, max_features=None, random_state=0), drawn(500, 1), drawn(500, 2), attributes=["ill"]
    )
    inside = one(seen, "attribute_inference_accuracy", attribute="ill", rows="members")
    outside = one(seen, "attribute_inference_accuracy", attribute="ill", rows="non-members")
    assert inside.value > outside.value + 0.05
    assert one(seen, "attribute_inference_difference", attribute="ill").interval.lower > 0
    assert keys(seen)["attribute_inference"].where == "ill"


def test_a_well_fitted_model_tells_no_more_of_members_than_of_others():
    from sklearn.linear_model import LogisticRegression

    seen = look(LogisticRegression(), drawn(500, 1), drawn(500, 2), attributes=["ill"])
    assert one(seen, "attribute_inference_difference", attribute="ill").interval.lower < 0
    assert "attribute_inference" not in keys(seen)


def test_sides_that_differ_leave_it_unmeasured():
    from sklearn.linear_model import LogisticRegression

    seen = look(LogisticRegression(), drawn(500, 1), drawn(500, 2, shift=1.0), attributes=["ill"])
    assert isinstance(one(seen, "attribute_inference_difference", attribute="ill"), Unmeasured)


@pytest.mark.parametrize(("attribute", "said"), [("a", "different values"), ("y", "not among the model's features")])
def test_what_cannot_be_tried_is_said(attribute, said):
    from sklearn.linear_model import LogisticRegression

    with pytest.raises(UsageError, match=said):
        look(LogisticRegression(), drawn(200, 1), drawn(200, 2), attributes=[attribute])
