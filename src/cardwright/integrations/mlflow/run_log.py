"""A dossier as MLflow keeps what belongs to a run: files as artefacts, outcomes as metrics and tags, the card as description.

What was not measured has a tag that says so and no metric: a metric is a number, and 0 would be one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cardwright.errors import SourceError, UsageError
from cardwright.integrations import dossier_log

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "cardwright"
"""The folder of a run's artefacts that holds the dossier."""
NOTE = "mlflow.note.content"
"""The tag that MLflow shows as a run's description."""
LONGEST_NOTE, LONGEST_DESCRIPTION = 8000, 5000
"""Characters of a tag, and of a version's description in a database; MLflow cuts or refuses what is longer."""


@dataclass(frozen=True)
class MlflowLog:
    """What is logged."""

    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    description: str


def log_of(files: Mapping[str, bytes], card: str, *, where: str) -> MlflowLog:
    """What a dossier says, as MLflow keeps it.

    Parameters
    ----------
    files
        The dossier's files.
    card
        The card in Markdown; front matter is left out, and sentences are never cut: a card too long for MLflow is replaced by its
        first words and where the whole stands.
    where
        How errors name the dossier.

    Raises
    ------
    IntegrityError
        If record or verdict are not what they say.
    """
    said = dossier_log.log_of(files, where=where)
    words = {key: value[:LONGEST_DESCRIPTION] for key, value in said.words.items()}
    return MlflowLog(said.numbers, words, _description(card))


def _description(card: str) -> str:
    """A card without its front matter and without pictures, which MLflow has no place for; whole paragraphs only."""
    text = card.partition("\n---\n")[2] if card.startswith("---\n") else card
    parts = [part for part in text.strip().split("\n\n") if not part.lstrip().startswith("![")]
    end = f"The whole dossier is in this run's artefacts, in the folder `{FOLDER}`."
    kept: list[str] = []
    for part in parts:
        if sum(map(len, kept)) + 2 * len(kept) + len(part) + len(end) + 4 > LONGEST_DESCRIPTION:
            break
        kept.append(part)
    return "\n\n".join([*kept, end])


def server_of(uri: str) -> tuple[str, int] | None:
    """Host and port of a tracking server; None for a store on this machine.

    Raises
    ------
    UsageError
        If it holds a password, which would be printed, or is a database, past which nobody guards anything.

    Examples
    --------
    >>> server_of("https://mlflow.example.org"), server_of("http://127.0.0.1:5000")
    (('mlflow.example.org', 443), ('127.0.0.1', 5000))
    """
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https") and parts.hostname:
        if parts.password is not None or parts.username is not None:
            raise UsageError(
                "the address holds a password",
                where="--tracking-uri",
                do="MLflow reads MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
            )
        return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme in ("", "file"):
        return None
    raise UsageError(
        f"a tracking server is not reached by {parts.scheme or 'this'}",
        where="--tracking-uri",
        do="Name the server, e.g. http://127.0.0.1:5000, or a folder.",
    )


def send(client: Any, run_id: str, log: MlflowLog, dossier: Path, version: tuple[str, str] | None) -> None:
    """Log to a run, and describe a registered version.

    Parameters
    ----------
    client
        An `mlflow.MlflowClient`.
    run_id
        The run.
    dossier
        The folder of the dossier.
    version
        Name and number of the registered version that the dossier is of.

    Raises
    ------
    SourceError
        If MLflow refuses or cannot be reached; what it says is given without what it was sent.
    """
    from mlflow.entities import Metric, RunTag
    from mlflow.exceptions import MlflowException

    try:
        moment = client.get_run(run_id).info.start_time
        client.log_artifacts(run_id, str(dossier), FOLDER)
        metrics = [Metric(key, value, moment, 0) for key, value in log.metrics.items()]
        tags = [RunTag(key, value) for key, value in {**log.tags, NOTE: log.description}.items()]
        for start in range(0, len(metrics), 500):
            client.log_batch(run_id, metrics=metrics[start : start + 500])
        for start in range(0, len(tags), 100):
            client.log_batch(run_id, tags=tags[start : start + 100])
        if version is not None:
            client.update_model_version(*version, description=log.description)
            for key, value in log.tags.items():
                client.set_model_version_tag(*version, key, value)
    except MlflowException as exc:
        said = getattr(exc, "error_code", "") or "no code"
        raise SourceError(f"MLflow refuses ({said})", where=f"run {run_id}", do=_what_to_do(said)) from exc
    except OSError as exc:  # requests' errors are of it
        raise SourceError(
            f"MLflow cannot be reached ({type(exc).__name__})",
            where="--tracking-uri",
            do="Check the address and --allow.",
        ) from exc


def _what_to_do(code: str) -> str:
    if code == "RESOURCE_DOES_NOT_EXIST":
        return "Check the ids of the run and of the version: `--run` is the run's id, `--model` NAME/VERSION."
    return "Its log says why."


def version_of(word: str) -> tuple[str, str]:
    """Name and number of a registered version.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> version_of("credit-risk/3")
    ('credit-risk', '3')
    """
    place = PurePosixPath(word.removeprefix("models:/"))
    name, number = str(place.parent), place.name
    if not number.isdigit() or name in (".", "", "/"):
        raise UsageError("not a registered version", where="--model", do="Write it like credit-risk/3.")
    return name, number
