"""The parameters and the source of an audit, compared with each other before anything is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from cardwright.errors import UsageError
from cardwright.evaluators.impact_ratio.options import ImpactRatioOptions
from cardwright.evaluators.impact_ratio.tables import Audit
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.layout import Layout
from cardwright.privacy.showing import hint
from cardwright.record.base import is_placeholder
from cardwright.sources.interface import Predictions, Table
from cardwright.statistics.intervals import check_level

UNDER_TWO_PERCENT = "under_two_percent"


def plan(options: ImpactRatioOptions, inputs: Inputs) -> Audit:
    """The parameters and the source, held against each other.

    Raises
    ------
    UsageError
    """
    where = f"{inputs.id} (impact_ratio)"
    source = inputs.sources["source"]
    source = source if isinstance(source, Table) else inputs.get("source", Predictions)
    if isinstance(source, Predictions) and source.task == "regression":
        raise UsageError(
            "a regression selects nobody",
            where=where,
            do="Give decisions, or scores between 0 and 1, and `favourable:`.",
        )
    if source.weight is not None:
        raise UsageError(
            "6 RCNY 5-301 counts applicants, and these rows are weighted",
            where=where,
            do="Name a source without `weight:`.",
        )
    level = options.level
    if not isinstance(level, (int, float)) or isinstance(level, bool) or not 0 < level < 1:
        raise UsageError("`level` must lie between 0 and 1", where=where, do="Write `level: 0.95`, for example.")
    check_level(level)
    layout = _layout(options, source, inputs.seed, where)
    rates = _rates(options, source, layout, where)
    if options.median_of not in ("full_sample", "known"):
        raise UsageError("`median_of` is `full_sample` or `known`", where=where)
    exclude = _exclude(options, layout, where)
    justification = options.justification
    if justification is not None and not isinstance(justification, str):
        raise UsageError("`justification` is a sentence", where=where)
    if exclude is not None and (justification is None or is_placeholder(justification)):
        raise UsageError(
            "a category is left out without a justification, which 6 RCNY 5-301(d) asks for",
            where=where,
            do="Write the auditor's reason as `justification:`, or take `exclude:` out.",
        )
    return Audit(source, layout, rates, options.median_of, exclude, justification, level)


def _layout(options: ImpactRatioOptions, source: Predictions | Table, seed: int, where: str) -> Layout:
    """How applicants are counted: by category and decision; what came of them afterwards plays no part."""
    named = {attribute.name: attribute for attribute in source.sensitive}
    asked = options.attributes
    if asked is not None and not (_is_list(asked) and asked and all(isinstance(name, str) for name in asked)):
        raise UsageError("`attributes` is a list of sensitive attributes", where=where)
    if not named:
        raise UsageError(
            f'the source "{source.ref.name}" names no sensitive attribute, so there are no categories',
            where=where,
            do="Add `sensitive: [sex, race]` to the source.",
        )
    for name in asked or ():
        if name not in named:
            raise UsageError(f'`attributes` names "{name}", no sensitive attribute', where=where, do=hint(name, named))
    chosen = tuple(named[name] for name in dict.fromkeys(asked)) if asked is not None else source.sensitive
    if isinstance(source, Predictions):
        return replace(Layout.of(replace(source, sensitive=chosen, strata=()), seed=seed), label=None)
    if source.label is None or source.favourable is None:
        raise UsageError(
            f'the table "{source.ref.name}" does not say who was selected',
            where=where,
            do="Add `label:` and `favourable:` to the source: the column of decisions, and what it holds for those selected.",
        )
    # What a table of past applicants has as its label is the decision.
    plain = Layout.of(replace(source, sensitive=chosen), seed=seed)
    return replace(plain, kind="binary", prediction=source.label, label=None, missing_label="refuse")


def _rates(
    options: ImpactRatioOptions, source: Predictions | Table, layout: Layout, where: str
) -> Literal["selection", "scoring"]:
    asked = options.rates
    if asked not in (None, "selection", "scoring"):
        raise UsageError("`rates` is `selection` or `scoring`", where=where)
    if asked == "selection" and not layout.decides:
        raise UsageError(
            f'the source "{source.ref.name}" has neither decisions nor a threshold, so nobody is selected',
            where=where,
            do="Add `prediction:` or `threshold:` to the source, or write `rates: scoring`.",
        )
    if asked == "scoring" and (isinstance(source, Table) or source.score is None):
        raise UsageError(
            f'the source "{source.ref.name}" has no scores',
            where=where,
            do="Add `score:` to the source, or write `rates: selection`.",
        )
    return "scoring" if asked == "scoring" or not layout.decides else "selection"


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _exclude(options: ImpactRatioOptions, layout: Layout, where: str) -> str | tuple[Mapping[str, str], ...] | None:
    asked = options.exclude
    if asked is None:
        return None
    if isinstance(asked, str) or not _is_list(asked):
        if asked != UNDER_TWO_PERCENT:
            raise UsageError(
                f"`exclude` is `{UNDER_TWO_PERCENT}` or a list of categories",
                where=where,
                do="Write a category as `{sex: female}`, or `{sex: female, race: native}` of the crossed table.",
            )
        return UNDER_TWO_PERCENT
    groups = {attribute.name: attribute.groups for attribute in layout.attributes}
    for category in asked:
        if not isinstance(category, Mapping) or len(category) not in (1, len(groups)):
            raise UsageError(
                "`exclude` lists categories of one attribute, or of all of them crossed",
                where=where,
                do="Write `{sex: female}`, or `{sex: female, race: native}`.",
            )
        for name, group in category.items():
            if name not in groups:
                raise UsageError(
                    f'`exclude` names "{name}", no attribute of the tables',
                    where=where,
                    do=hint(name, groups),
                )
            if group not in groups[name]:
                raise UsageError(
                    f'`exclude` names a category that "{name}" does not have',
                    where=where,
                    do=hint(str(group), groups[name]),
                )
    return tuple({name: category[name] for name in groups if name in category} for category in asked) or None


__all__ = ["plan"]
