"""`log`: a dossier sent to the tool in which a team tracks its models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cardwright.cli.console import Console, echo
from cardwright.cli.options import Debug, Quiet
from cardwright.errors import MissingExtraError, UsageError


def log_mlflow(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    run: Annotated[str, typer.Option("--run", help="The id of the MLflow run that trained the model.")],
    tracking_uri: Annotated[
        str,
        typer.Option(
            "--tracking-uri", envvar="MLFLOW_TRACKING_URI", help="The tracking server, e.g. http://127.0.0.1:5000."
        ),
    ],
    model: Annotated[
        str | None, typer.Option("--model", help="Also describe this registered version, e.g. credit-risk/3.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow", help="Another host:port that may be reached, e.g. an artefact store (may be repeated)."
        ),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Log a dossier to an MLflow run.

    Its files become artefacts, the outcomes of its requirements metrics and tags, and the short card the description. Nothing but
    the tracking server and what --allow names is reached.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from importlib.util import find_spec

    if find_spec("mlflow") is None:
        raise MissingExtraError("mlflow", "mlflow", "logging to MLflow")
    from cardwright.cli.rendering import edition_of
    from cardwright.documents import exports
    from cardwright.dossier import store
    from cardwright.integrations.mlflow import run_log
    from cardwright.sources import network

    server = run_log.server_of(tracking_uri)
    version = run_log.version_of(model) if model is not None else None
    files = store.read_dossier(dossier)
    card = next(iter(exports.files(edition_of(dossier, "internal"), exports.SHORT).values())).decode("utf-8")
    log = run_log.log_of(files, card, where=str(dossier))
    open_to = [*([server] if server is not None else []), *map(network.destination, allow or ())]
    for host, port in open_to:
        console.say(f"Reaching {host}:{port}")
    with network.guard(allowed=open_to) as held:
        from mlflow import MlflowClient

        run_log.send(MlflowClient(tracking_uri=tracking_uri), run, log, dossier, version)
    for place in held.refused:
        echo(f"not reached, since nobody has allowed it: {place}", err=True)
    console.say(f"Logged to run {run}: {len(files)} files, {len(log.metrics)} metrics, {len(log.tags)} tags")
    if version is not None:
        console.say(f"Described {'/'.join(version)}")


def log_wandb(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    project: Annotated[str, typer.Option("--project", help="The W&B project that it is meant for.")],
    run: Annotated[
        str | None, typer.Option("--run", help="The id of the run that it belongs to; a new one if omitted.")
    ] = None,
    directory: Annotated[
        Path, typer.Option("--dir", help="The folder that W&B's own folder `wandb` is in, or is made in.")
    ] = Path(),
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Log a dossier as an offline run of W&B.

    Its files become an artefact, the outcomes of its requirements the summary, and the short card the notes. Nothing is sent:
    `wandb sync` does that.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from importlib.util import find_spec

    if find_spec("wandb") is None:
        raise MissingExtraError("wandb", "wandb", "logging to W&B")
    from cardwright.cli.rendering import edition_of
    from cardwright.documents import exports
    from cardwright.dossier import store
    from cardwright.integrations import dossier_log, wandb_log
    from cardwright.sources import network

    wandb_log.require_id(project, "--project")
    if run is not None:
        wandb_log.require_id(run, "--run")
    if directory.exists() and not directory.is_dir():
        raise UsageError("it is a file", where=f"--dir {directory}", do="Name a folder.")
    files = store.read_dossier(dossier)
    log = dossier_log.log_of(files, where=str(dossier))
    card = next(iter(exports.files(edition_of(dossier, "internal"), exports.SHORT).values())).decode("utf-8")
    with network.guard():
        place = wandb_log.write(log, dossier, card, folder=directory, project=project, run_id=run)
    console.say(f"Logged {len(files)} files, {len(log.numbers)} numbers and {len(log.words)} words to {place}")
    console.say(f"Nothing was sent. To send it: wandb sync{f' --id {run}' if run is not None else ''} {place}")
