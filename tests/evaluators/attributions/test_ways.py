"""What every way gives is checked by sums that nobody else computes."""

import numpy as np
import pytest

from cardwright.evaluators.attributions.ways import Explained, shap_library, without_names


def test_the_residual_is_what_base_and_attributions_leave_of_the_output():
    values, base, outputs = np.array([[1.0, 2.0], [0.5, 0.0]]), np.array([1.0, 1.0]), np.array([4.0, 1.0])
    found = Explained("linear", "value", values, base, outputs, lambda batch: outputs)
    assert found.residuals.tolist() == [0.0, 0.5]


def test_shap_is_imported_without_the_warnings_of_what_it_imports():
    pytest.importorskip("shap")
    assert hasattr(shap_library(), "TreeExplainer")


def test_only_the_warning_of_missing_names_is_silenced():
    import warnings

    with pytest.warns(UserWarning, match="something else"), without_names():
        warnings.warn("X does not have valid feature names, but it was fitted with some", UserWarning, stacklevel=1)
        warnings.warn("something else", UserWarning, stacklevel=1)
