"""`push_to_hub`: the card of a release, with its metadata and results, as one commit to the Hugging Face Hub.

1. verify      the dossier is a release that holds now, by the trust file of whoever pushes; or they call it a draft
2. make        the short card, its picture, the whole card and the audit report, as the audience may see them
3. look        what the repository holds: a card that somebody else wrote stays, and files of the subject have to be those judged
4. send        one commit upon the state that was looked at

Without an allowance for the Hub's host it ends after 2, and nothing was sent. The token is huggingface_hub's own business
(`HF_TOKEN`, `hf auth login`): it is no argument here, and no answer of the Hub is repeated.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os import PathLike, path
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import yaml

from cardwright import documents
from cardwright.attest import trust as trusting
from cardwright.documents.interface import Audience
from cardwright.dossier import layout, store
from cardwright.errors import HandoffRefusedError, MissingExtraError, SourceError, UsageError
from cardwright.files import disk
from cardwright.policy.policy import Policy
from cardwright.record.base import label as as_label
from cardwright.record.display import Shown
from cardwright.record.subject import FileDigest
from cardwright.run import editions
from cardwright.run.require import require
from cardwright.sources import network as guarding

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDPOINT = "https://huggingface.co"
"""The Hub, unless another is named."""
MARK = "cardwright"
"""The key at the head of a card that says who made it."""
_REPOSITORY = re.compile(r"[A-Za-z0-9](?:[\w.-]*\w)?/[A-Za-z0-9](?:[\w.-]*\w)?")
_LONGEST_REPOSITORY = 96
_SAID: Mapping[int, tuple[str, str]] = {
    401: ("the Hub does not know who asks", "Log in: `hf auth login`, or set HF_TOKEN."),
    403: ("the Hub does not let this token write there", "Take a token with write access to the repository."),
    404: ("there is no such repository, or this token may not see it", "Make it first: `hf repos create ORG/NAME`."),
    409: ("the repository is being changed by somebody else", "Push again."),
    412: ("the repository was changed after it was looked at", "Push again: it is looked at anew."),
    429: ("the Hub asks for patience", "Push again later."),
}


@dataclass(frozen=True)
class HubResult(Shown):
    """A number at the head of the card, as the Hub lists it."""

    task: str
    dataset: str
    metric: str
    value: float


@dataclass(frozen=True)
class HubPush(Shown):
    """What is pushed, exactly; and, once it was sent, where it is."""

    repository: str
    repository_type: Literal["model", "dataset"]
    revision: str
    pull_request: bool
    draft: bool
    """Whether it is pushed without a release, because somebody said so."""
    standing: str
    """What verification said, or that nothing was verified."""
    message: str
    """The commit's first line."""
    description: str
    """The rest of the commit's message: digests of what the card rests on."""
    files: Mapping[str, bytes]
    """Every file of the commit, by its path in the repository."""
    metadata: Mapping[str, Any]
    """What stands at the head of the card."""
    results: tuple[HubResult, ...]
    """The results among the metadata."""
    notes: tuple[str, ...] = ()
    """What whoever pushes should know."""
    sent: str | None = None
    """The address of the commit or of the pull request; None where nothing was sent."""

    def __repr__(self) -> str:
        """One line: the files have hundreds of thousands of characters."""
        sent = f"sent to {self.sent}" if self.sent is not None else "nothing sent"
        return f"<HubPush: {self.message!r}, {len(self.files)} files for {self.repository}, {sent}>"

    def as_json(self) -> dict[str, Any]:
        """The payload as JSON types: the card whole, of each file digest and size."""
        return {
            "repository": self.repository,
            "repository_type": self.repository_type,
            "revision": self.revision,
            "pull_request": self.pull_request,
            "draft": self.draft,
            "standing": self.standing,
            "message": self.message,
            "description": self.description,
            "files": [
                {"path": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
                for name, data in self.files.items()
            ],
            "card": self.files["README.md"].decode("utf-8"),
            "metadata": dict(self.metadata),
            "results": [vars(one) for one in self.results],
            "notes": list(self.notes),
            "sent": self.sent,
        }


def push_to_hub(
    dossier: str | PathLike[str],
    repository: str,
    *,
    trust_file: str | PathLike[str] | None = None,
    artifact: str | PathLike[str] | None = None,
    policy: str | PathLike[str] | Policy | None = None,
    draft: bool = False,
    audience: Audience = "public",
    revision: str = "main",
    pull_request: bool = False,
    replace_card: bool = False,
    network: Iterable[str] = (),
    endpoint: str = ENDPOINT,
) -> HubPush:
    """Push the card of a release to the Hugging Face Hub, or make exactly what would be pushed.

    Parameters
    ----------
    dossier
        Its folder.
    repository
        `ORG/NAME`. It exists already; a dataset's is a dataset repository.
    trust_file, artifact, policy
        As `cardwright.require` takes them: only a release that holds now is pushed.
    draft
        Push what is not released; the commit says so in its first word, and the card has its own state.
    audience
        Whose edition: what a public one leaves out is named in it.
    revision
        The branch.
    pull_request
        Open a pull request instead of committing to the branch.
    replace_card
        Overwrite a card that Cardwright has not made.
    network
        Hosts that may be reached, each as `host:port`; among them the Hub's. Without any, nothing is sent. Large files go to a
        host that the Hub names; it is reached only if it is here, too.
    endpoint
        Another Hub.

    Returns
    -------
    HubPush
        Card, metadata, results, files and commit message; `sent` says where it is, if it was sent.

    Raises
    ------
    HandoffRefusedError
        If the dossier is not a release that holds now, the repository holds other files than those judged, or its card is
        somebody else's.
    UsageError
        If a name, host or endpoint is not one.
    SourceError
        If the Hub refuses or cannot be reached.

    Examples
    --------
    >>> from cardwright import push_to_hub
    >>> push_to_hub("governance/loans/1.0.0", "acme/loans", trust_file="trust.yaml", artifact=".")  # doctest: +SKIP
    <HubPush: 'Card of loans 1.0.0: released under policy production', 4 files for acme/loans, nothing sent>
    """
    _require_repository(repository)
    allowed = [guarding.destination(word) for word in network]
    place = Path(dossier)
    if allowed:
        _require_host(endpoint, allowed)
    if draft:
        standing = "DRAFT: nothing was verified"
    elif trust_file is None:
        raise UsageError(
            "whose release counts is not said",
            where="push_to_hub",
            do="Name your trust file (--trust), or call it a draft (--draft).",
        )
    else:
        report = require(place, trust_file=trust_file, policy=policy, artifact=artifact)
        standing = report.headline
    push = _payload(place, repository, standing, draft=draft, audience=audience, trust_file=trust_file)
    push = replace(push, revision=revision, pull_request=pull_request)
    if not allowed:
        return push
    folder = Path(artifact) if artifact is not None else None
    return _send(push, _subject_files(place), folder, allowed, endpoint, replace_card=replace_card)


def _payload(
    place: Path,
    repository: str,
    standing: str,
    *,
    draft: bool,
    audience: Audience,
    trust_file: str | PathLike[str] | None,
) -> HubPush:
    files = store.read_dossier(place)
    whom = None
    if trust_file is not None:
        whom = trusting.read(disk.read_file(Path(trust_file), what="trust file"), where=str(trust_file))
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    edition, notes = editions.as_it_stands(files, where=str(place), now=now, trust=whom)
    record = edition.record
    if record.document is not None:
        raise UsageError(
            f"a {record.document.definition.kind} is a document of its own and no card",
            where=str(place),
            do="Push the dossier of the model or the dataset that it is about.",
        )
    edition = replace(edition, audience=audience)
    of_data = record.subject.kind == "dataset"
    card = "dataset_card" if of_data else "model_card"
    made = {
        **documents.publication(edition),
        f"{card}.html": documents.render(edition, document=card, format="html"),
        "audit_report.pdf": documents.render(edition, document="audit_report", format="pdf"),
    }
    metadata = yaml.safe_load(made["README.md"].partition(b"---\n")[2].partition(b"\n---\n")[0])
    subject = f"{record.subject.name} {as_label(record.subject.version)}"
    policy = f" under policy {edition.verdict.policy.name}" if edition.verdict is not None else ""
    message = f"DRAFT, not released: card of {subject}" if draft else f"Card of {subject}: released{policy}"
    said = {
        "record sha256": record.sha256,
        "subject identity": record.subject.identity,
        "manifest sha256": hashlib.sha256(files[layout.MANIFEST]).hexdigest() if layout.MANIFEST in files else None,
        "release statement sha256": hashlib.sha256(files[layout.RELEASE]).hexdigest()
        if layout.RELEASE in files and not draft
        else None,
        "audience": audience,
    }
    return HubPush(
        repository=repository,
        repository_type="dataset" if of_data else "model",
        revision="main",
        pull_request=False,
        draft=draft,
        standing=standing,
        message=message,
        description="\n".join(f"{key}: {value}" for key, value in said.items() if value is not None),
        files=made,
        metadata=metadata,
        results=tuple(_results(metadata)),
        notes=notes,
    )


def _results(metadata: Mapping[str, Any]) -> Iterator[HubResult]:
    for index in metadata.get("model-index", ()):
        for entry in index["results"]:
            for metric in entry["metrics"]:
                yield HubResult(entry["task"]["type"], entry["dataset"]["name"], metric["type"], metric["value"])


def _require_repository(name: str) -> None:
    if not _REPOSITORY.fullmatch(name) or len(name) > _LONGEST_REPOSITORY or "--" in name or ".." in name:
        raise UsageError("not a repository of the Hub", where=as_label(name), do="Write it like acme/loans.")


def _require_host(endpoint: str, allowed: list[tuple[str, int]]) -> None:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise UsageError("the address of the Hub is not one", where="endpoint", do=f"Write it like {ENDPOINT}.")
    if parts.scheme == "http" and not guarding.is_loopback(parts.hostname):
        raise UsageError("the token would be sent where others can read it", where="endpoint", do="Take https.")
    host = (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    if host not in allowed:
        raise UsageError(
            "the Hub's host is not among those that may be reached",
            where="network",
            do=f"Add {host[0]}:{host[1]}.",
        )


def _subject_files(place: Path) -> tuple[FileDigest, ...]:
    return editions.of_files(store.read_dossier(place), where=str(place)).record.subject.files


def _send(
    push: HubPush,
    judged: tuple[FileDigest, ...],
    artifact: Path | None,
    allowed: list[tuple[str, int]],
    endpoint: str,
    *,
    replace_card: bool,
) -> HubPush:
    try:
        from huggingface_hub import CommitOperationAdd, HfApi
        from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]
    except ImportError as exc:
        raise MissingExtraError("huggingface_hub", "hub", "pushing to the Hub") from exc
    disable_progress_bars()
    api = HfApi(endpoint=endpoint)
    with told(allowed):
        info: Any = api.repo_info(
            push.repository, repo_type=push.repository_type, revision=push.revision, files_metadata=True
        )
    there = {one.rfilename: one for one in info.siblings or ()}
    if "README.md" in there and not replace_card and not _is_ours(info.card_data):
        raise HandoffRefusedError(
            "its card was written by somebody else",
            where=push.repository,
            do="Take over its answers with `cardwright import-card`, then push with --replace-card.",
        )
    notes = [*push.notes, *_compared(judged, there, artifact, push.repository)]
    with told(allowed):
        # From memory, files go by HTTP, which the guard sees; from the disk they would go through hf_xet, which it does not.
        added = [CommitOperationAdd(name, io.BytesIO(data)) for name, data in push.files.items()]
        done = api.create_commit(
            push.repository,
            added,
            commit_message=push.message,
            commit_description=push.description,
            repo_type=push.repository_type,
            revision=push.revision,
            create_pr=push.pull_request,
            parent_commit=info.sha,
        )
    return replace(push, notes=tuple(notes), sent=done.pr_url or done.commit_url)


def _is_ours(card: Any) -> bool:
    return card is not None and isinstance(card.get(MARK), Mapping)


def _compared(judged: tuple[FileDigest, ...], there: Mapping[str, Any], artifact: Path | None, where: str) -> list[str]:
    """Notes on files of the subject that the repository has not, or that could not be compared.

    Raises
    ------
    HandoffRefusedError
        If it has another file under the name of one that was judged.
    """
    common = path.commonpath([PurePosixPath(one.path).parent.as_posix() for one in judged]) if judged else ""
    notes: list[str] = []
    for one in judged:
        name = one.path if one.path in there else PurePosixPath(one.path).relative_to(common).as_posix()
        held = there.get(name)
        if held is None:
            notes.append(f"{as_label(name)} is not in the repository: the card speaks of a file that is not there")
        elif held.lfs is not None:
            _require_same(held.lfs.sha256 == one.sha256, name, where)
        elif artifact is not None:
            data = disk.read_file(artifact / one.path, what="file of the subject")
            if hashlib.sha256(data).hexdigest() != one.sha256:
                _require_same(False, name, where)
            _require_same(held.blob_id == _git_blob(data), name, where)
        else:
            notes.append(f"{as_label(name)} was not compared: the Hub has no SHA-256 of it, and no artefact was given")
    return notes


def _require_same(same: bool, name: str, where: str) -> None:
    if not same:
        raise HandoffRefusedError(
            f"the repository holds another {as_label(name)} than the one that was judged",
            where=where,
            do="Push the files that were judged first.",
        )


def _git_blob(data: bytes) -> str:
    """How Git names a file, and the Hub one that is not in LFS."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@contextmanager
def told(allowed: list[tuple[str, int]]) -> Iterator[None]:
    """Under the guard, with what goes wrong in our words: the Hub's own could repeat what it was sent.

    Parameters
    ----------
    allowed
        Hosts and ports that may be reached, and nothing beside them.

    Raises
    ------
    SourceError
    """
    from huggingface_hub import errors

    status_errors: Any = errors.HfHubHTTPError
    transport_errors: Any = errors.HTTPError  # type: ignore[attr-defined]
    held = None
    try:
        with guarding.guard(allow_loopback=False, allowed=allowed) as held:
            yield
    except errors.OfflineModeIsEnabled as exc:
        raise SourceError(
            "huggingface_hub is told to stay offline", where="HF_HUB_OFFLINE", do="Unset it for this push."
        ) from exc
    except status_errors as exc:
        status = exc.response.status_code
        said, do = _SAID.get(status, (f"the Hub refuses (status {status})", "Its status page may say why."))
        raise SourceError(said, where="the Hub", do=do) from exc
    except (transport_errors, OSError, RuntimeError) as exc:  # the last where a file could not be uploaded
        refused = held.refused if held is not None else ()
        if refused:
            raise SourceError(
                f"not reached, since nobody has allowed it: {', '.join(refused)}",
                where="network",
                do="Large files go there; add it as host:port, if you trust it.",
            ) from exc
        if isinstance(exc, RuntimeError):
            raise SourceError("a file could not be uploaded", where="the Hub", do="Push again later.") from exc
        raise SourceError(
            f"the Hub cannot be reached ({type(exc).__name__})", where="the Hub", do="Check its address."
        ) from exc
    except ValueError as exc:  # the Hub has found its metadata wrong
        raise SourceError(
            "the Hub does not accept the card's metadata", where="README.md", do="Look at them: without --network."
        ) from exc
