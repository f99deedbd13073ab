"""`power`: how many cases show the smallest effect that matters, before anything is run."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from cardwright.cli.console import Console, echo, echo_json
from cardwright.cli.options import Debug, Quiet, TextOrJson
from cardwright.errors import MissingExtraError, UsageError


class PowerFor(StrEnum):
    """What is compared."""

    PROPORTIONS = "proportions"
    PAIRED = "paired"
    MEANS = "means"
    SEEDS = "seeds"


class SpendingName(StrEnum):
    """How alpha is spent over several looks."""

    OBRIEN_FLEMING = "obrien-fleming"
    POCOCK = "pocock"


_NEEDS = {
    PowerFor.PROPORTIONS: ("baseline", "effect"),
    PowerFor.PAIRED: ("discordant", "effect"),
    PowerFor.MEANS: ("sd", "effect"),
    PowerFor.SEEDS: ("sd", "effect"),
}
_UNITS = {
    PowerFor.PROPORTIONS: "cases in each of two groups",
    PowerFor.PAIRED: "cases that both models predict",
    PowerFor.MEANS: "cases in each of two groups",
    PowerFor.SEEDS: "seeds of each of two configurations, paired",
}


def power(
    ctx: typer.Context,
    comparison: Annotated[
        PowerFor,
        typer.Argument(help="proportions, paired (two models on the same cases), means or seeds.", show_choices=False),
    ],
    effect: Annotated[float, typer.Option("--effect", help="The smallest difference that matters.")],
    baseline: Annotated[
        float | None, typer.Option("--baseline", help="proportions: the baseline's proportion.")
    ] = None,
    discordant: Annotated[
        float | None, typer.Option("--discordant", help="paired: share of cases on which only one of the two is right.")
    ] = None,
    sd: Annotated[
        float | None,
        typer.Option("--sd", help="means: standard deviation of cases; seeds: of differences between paired seeds."),
    ] = None,
    target: Annotated[float, typer.Option("--power", help="The chance to show it.")] = 0.8,
    alpha: Annotated[float, typer.Option("--alpha", help="The chance of a false finding.")] = 0.05,
    one_sided: Annotated[bool, typer.Option("--one-sided", help="Test one direction alone.")] = False,
    cluster_size: Annotated[float, typer.Option("--cluster-size", help="Cases of a cluster, on average.")] = 1.0,
    correlation: Annotated[
        float, typer.Option("--correlation", help="How alike cases of a cluster are, 0 to 1.")
    ] = 0.0,
    looks: Annotated[
        str | None,
        typer.Option(
            "--looks", help="Shares of the data at which you look, e.g. 0.5,1; the boundary of each is printed."
        ),
    ] = None,
    spending: Annotated[
        SpendingName, typer.Option("--spending", help="obrien-fleming or pocock.")
    ] = SpendingName.OBRIEN_FLEMING,
    format: Annotated[TextOrJson, typer.Option("--format", help="text or json.")] = TextOrJson.TEXT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say how many cases show the smallest effect."""
    Console.of(ctx, quiet=quiet, debug=debug)
    try:
        import scipy  # noqa: F401
    except ImportError as exc:
        raise MissingExtraError(exc.name or "scipy", "tabular", "planning a size") from exc
    from cardwright.statistics import power as sizes
    from cardwright.statistics import sequential

    given = {"baseline": baseline, "discordant": discordant, "sd": sd, "effect": effect}
    missing = [name for name in _NEEDS[comparison] if given[name] is None]
    unused = [
        name for name in ("baseline", "discordant", "sd") if given[name] is not None and name not in _NEEDS[comparison]
    ]
    if missing or unused:
        raise UsageError(
            f"{comparison.value} needs --{' and --'.join(_NEEDS[comparison])}"
            + (f", and takes no --{unused[0]}" if unused else ""),
            where=f"--{(missing or unused)[0]}",
            do="Say it, or leave the other out.",
        )
    sided = {"power": target, "alpha": alpha, "two_sided": not one_sided}
    try:
        if comparison is PowerFor.PROPORTIONS:
            assert baseline is not None
            found = sizes.two_proportions(baseline, baseline + effect, **sided)  # type: ignore[arg-type]
        elif comparison is PowerFor.PAIRED:
            assert discordant is not None
            found = sizes.paired_proportions((discordant + effect) / 2, (discordant - effect) / 2, **sided)  # type: ignore[arg-type]
        else:
            assert sd is not None
            found = sizes.means(effect, sd, paired=comparison is PowerFor.SEEDS, **sided)  # type: ignore[arg-type]
        factor = sizes.design_effect(cluster_size, correlation)
        planned = _shares(looks)
        steps = sequential.boundaries(planned, alpha, spending.value.replace("-", "_")) if planned else ()  # type: ignore[arg-type]
    except ValueError as exc:
        raise UsageError(str(exc), where="power", do="Correct the option.") from exc
    if found is None:
        raise UsageError(
            "no size of up to 10 million cases shows this effect"
            if effect
            else "an effect of 0 cannot be shown by any number of cases",
            where="--effect",
            do="Name a larger effect, the smallest that would change the decision.",
        )
    clustered = sizes.clustered(found.cases, factor)
    if format is TextOrJson.JSON:
        answer = {
            "comparison": comparison.value, "cases": clustered, "cases_if_independent": found.cases, "design_effect": factor,
            "method": found.method, "power": found.power, "alpha": alpha, "looks": [asdict(step) for step in steps],
        }  # fmt: skip
        echo_json(json.dumps(answer, indent=1))
        return
    echo(f"{clustered} {_UNITS[comparison]}")
    if factor > 1:
        echo(f"  {found.cases} if they were independent; design effect {factor:.3g}")
    echo(f"  power {found.power:.3f} at alpha {alpha:g} ({found.method}, {'one' if one_sided else 'two'}-sided)")
    for step in steps:
        echo(
            f"  look at {step.information:.0%}: stop where |z| >= {step.boundary:.3f} (p <= {step.nominal_p:.4g}); "
            f"alpha spent {step.spent:.4g}"
        )
    if steps:
        echo("  These boundaries are two-sided; declare the looks in the plan before the first of them.")


def _shares(looks: str | None) -> tuple[float, ...]:
    if looks is None:
        return ()
    try:
        return tuple(float(share) for share in looks.split(","))
    except ValueError:
        raise UsageError(
            "shares are numbers with commas between them", where="--looks", do="Write `--looks 0.5,1`."
        ) from None
