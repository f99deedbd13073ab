"""A dossier as W&B keeps it: an offline folder with the dossier as an artefact and the outcomes as the run's summary.

Always offline. W&B sends through a process of its own, which the guard over Python's sockets cannot see; so nothing is sent from
here, and `wandb sync FOLDER` is what a person calls when they want it sent.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError, UsageError
from cardwright.integrations.dossier_log import DossierLog

TYPE = "cardwright-dossier"
"""The artefact's type, as W&B lists it."""
JOB = "assessment"
"""The run's type of job."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def require_id(word: str, option: str) -> None:
    """Refuse what W&B would take for another path or refuse with words of its own.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> require_id("3f8a1c2d", "--run")
    """
    if not _ID.fullmatch(word):
        raise UsageError("not a name that W&B takes", where=option, do="Letters, digits, `_`, `.` and `-`, up to 64.")


def key_of(key: str) -> str:
    """A key of a dossier's log as W&B writes and groups it: parts with `/` between them, the requirement's own name untouched.

    Examples
    --------
    >>> key_of("cardwright.requirement.min.auc.value"), key_of("cardwright.allowed")
    ('cardwright/requirement/min.auc/value', 'cardwright/allowed')
    """
    return re.sub(r"(?<=.)\.(value|limit|distance)$", r"/\1", re.sub(r"^cardwright\.(requirements?\.)?", _slashes, key))


def _slashes(found: re.Match[str]) -> str:
    return found[0].replace(".", "/")


def write(log: DossierLog, dossier: Path, card: str, *, folder: Path, project: str, run_id: str | None = None) -> Path:
    """Write an offline run, and return its folder.

    Parameters
    ----------
    log
        What the dossier says.
    dossier
        Its folder; W&B reads the files there when they are sent, so it stays where it is until then.
    card
        The card in Markdown: the run's notes.
    folder
        Where W&B's folder `wandb` is, or is made.
    project
        The project that it is sent to.
    run_id
        The run that it belongs to, such as the one that trained the model; a new one if omitted.

    Raises
    ------
    SourceError
        If W&B cannot write it.
    """
    import wandb

    settings = wandb.Settings(
        mode="offline",
        silent=True,
        console="off",
        # Nothing of this machine: the dossier has its own record of how its numbers were made.
        host="",
        disable_git=True,
        disable_code=True,
        save_code=False,
        x_disable_meta=True,
        x_disable_stats=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
    )
    artefact: Any = wandb.Artifact(re.sub(r"[^\w.-]", "-", f"{log.subject}-dossier"), type=TYPE)
    for path in sorted(one for one in dossier.rglob("*") if one.is_file()):
        # Immutable: referred to where it is, no copy in a cache of W&B's own.
        artefact.add_file(
            str(path.resolve()), name=path.relative_to(dossier).as_posix(), policy="immutable", skip_cache=True
        )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with wandb.init(
            dir=str(folder),
            project=project,
            # A run that exists keeps its name, its type and its tags.
            job_type=JOB if run_id is None else None,
            name=log.subject if run_id is None else None,
            tags=["cardwright"] if run_id is None else None,
            id=run_id,
            notes=card,
            settings=settings,
        ) as run:
            run.summary.update({key_of(key): value for key, value in {**log.numbers, **log.words}.items()})
            run.log_artifact(artefact)
            return Path(run.settings.sync_dir)
    except (wandb.Error, OSError) as exc:
        raise SourceError(
            f"W&B cannot write its offline run ({type(exc).__name__})",
            where=str(folder),
            do="Check that the folder can be written, and that wandb runs here.",
        ) from exc
