"""The receiver's question in Python: may this dossier's model be used? It answers with a report, or raises.

A pipeline, a notebook or a test asks it before it loads a model, as `cardwright verify` does in a shell. It needs a trust file of
the receiver's own, and refuses whatever it cannot read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

from cardwright.attest import lone_pdf, trust, verify
from cardwright.dossier import contents, store
from cardwright.errors import HandoffRefusedError, IntegrityError
from cardwright.files import disk
from cardwright.policy.policy import Policy


def require(
    dossier: str | PathLike[str],
    *,
    trust_file: str | PathLike[str],
    policy: str | PathLike[str] | Policy | None = None,
    artifact: str | PathLike[str] | None = None,
    trust_pin: str | None = None,
    status: str | PathLike[str] | None = None,
) -> verify.Report:
    """Raise unless a dossier is a release that holds now, by the receiver's own trust file.

    Parameters
    ----------
    dossier
        Its folder, or the PDF of a release.
    trust_file
        Whom the receiver believes; never a file from the dossier.
    policy
        The receiver's policy, by name, path or value; if omitted, the packaged one that the dossier names.
    artifact
        The folder with the subject's files, to compare with what was judged. Without it nothing says that the file that is about
        to be loaded is the one that was released.
    trust_pin
        The SHA-256 that the trust file must have.
    status
        A status statement; if omitted, the one beside the dossier, if any.

    Returns
    -------
    Report
        Every step of the verification.

    Raises
    ------
    HandoffRefusedError
        If a step fails, or the artefact was not compared; names the step.
    EvidenceError
        If a file is missing or is not what it says.

    Examples
    --------
    >>> from cardwright import require
    >>> require("handed-over", trust_file="trust.yaml", artifact=".")  # doctest: +SKIP
    """
    place = Path(dossier)
    believed = trust.read(disk.read_file(Path(trust_file), what="trust file"), where=str(trust_file))
    if trust_pin is not None and trust_pin != believed.sha256:
        raise IntegrityError(
            f"the trust file is not the one that was pinned: it is {believed.sha256}",
            where=str(trust_file),
            do="Ask its owner, out of band.",
        )
    lone = place.is_file()
    files = (
        lone_pdf.files_of(disk.read_file(place, what="PDF"), where=str(place)) if lone else store.read_dossier(place)
    )
    if files is None:
        raise HandoffRefusedError("nobody released this PDF", where=str(place), do="Ask for the release's own.")
    report = verify.verify(
        files,
        where=str(place),
        trust=believed,
        now=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),  # the receiver's clock, which no variable sets
        policy=lambda name: _chosen(name, policy),
        printed=contents.documents_hold,
        artefacts=(lambda names: store.digests(Path(artifact), list(names))) if artifact is not None else None,
        status=store.status_of(place, Path(status) if status is not None else None),
        lone=lone,
    )
    if report.exit_code != 0:
        raise HandoffRefusedError(report.headline, where=str(place), do="`cardwright verify` prints every step.")
    return report


def _chosen(stated: str, given: str | PathLike[str] | Policy | None) -> Policy:
    if isinstance(given, Policy):
        return given
    if isinstance(given, PathLike):  # a path is never the name of a packaged one
        given = str(Path(given).absolute())
    return contents.policy_of(given) if given is not None else contents.packaged_policy(stated)
