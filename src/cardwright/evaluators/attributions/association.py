"""How closely a feature goes with an attribute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cardwright.record.base import label


def association(feature: Any, attribute: Any, unknown: Sequence[str] = ()) -> float | None:
    """How closely a feature goes with an attribute, 0 to 1, on rows where both are known.

    The correlation ratio (eta) for numbers, Cramér's V for categories, each corrected for bias: 300 rows of noise over 60 ages
    have a plain eta of about 0.45. None with fewer than ten rows or one group, or where every row is its own group.

    Parameters
    ----------
    unknown
        Values of the attribute, as labels, that mean "not known", besides missing ones and NaN.

    Source: Kelley (1935), PNAS 21(9), epsilon squared; Bergsma (2013), Journal of the Korean Statistical Society 42(3).
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    codes = attribute.dictionary_encode()
    named = pa.array([v is not None and v == v and label(v) not in unknown for v in codes.dictionary.to_pylist()])  # noqa: PLR0124  NaN
    known = pc.and_(pc.is_valid(feature), pc.fill_null(named.take(codes.indices), False))
    if pa.types.is_floating(feature.type):
        known = pc.and_(known, pc.fill_null(pc.invert(pc.is_nan(feature)), False))
    feature, attribute = feature.filter(known), attribute.filter(known)
    groups = np.unique(
        np.asarray(attribute.dictionary_encode().indices.to_numpy(zero_copy_only=False)), return_inverse=True
    )[1]
    if len(groups) < 10 or len(set(groups.tolist())) < 2:
        return None
    if (pa.types.is_floating(feature.type) or pa.types.is_integer(feature.type)) and len(pc.unique(feature)) > 2:
        values = np.asarray(feature.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float)
        total = float(((values - values.mean()) ** 2).sum())
        if total == 0:
            return 0.0
        between = sum(
            float((groups == g).sum()) * (float(values[groups == g].mean()) - float(values.mean())) ** 2
            for g in sorted(set(groups.tolist()))
        )
        n, k = len(groups), int(groups.max()) + 1
        if n <= k:
            return None
        return float(np.sqrt(max(0.0, 1 - max(0.0, 1 - between / total) * (n - 1) / (n - k))))
    places = np.unique(
        np.asarray(feature.dictionary_encode().indices.to_numpy(zero_copy_only=False)), return_inverse=True
    )[1]
    table = np.zeros((int(places.max()) + 1, int(groups.max()) + 1))
    np.add.at(table, (places, groups), 1)
    n = len(groups)
    if min(table.shape) < 2:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    chi2 = float(((table - expected) ** 2 / expected).sum())
    height, width = table.shape
    phi2 = max(0.0, chi2 / n - (height - 1) * (width - 1) / (n - 1))
    smaller = min(height - (height - 1) ** 2 / (n - 1), width - (width - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(phi2 / smaller, 1.0))) if smaller > 0 else None
