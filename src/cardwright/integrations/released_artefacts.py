"""Whether exactly these files are released: the question that a registry of models asks before it lets one be served.

The asker hashes what would be loaded, and gives every file of it. A release answers for them only if its subject has the same
files, no fewer and no more: a file that nobody has judged can be code that runs when the model is loaded. Whatever cannot be
read, found or compared allows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cardwright.attest import claims, release_statement, trust, verify
from cardwright.attest.release_statement import ReleasedSubject, SignedRelease
from cardwright.attest.trust import RELEASE, Trust
from cardwright.desk.client import DeskClient
from cardwright.dossier import contents, layout, store
from cardwright.errors import CardwrightError, IntegrityError
from cardwright.files import disk
from cardwright.policy.policy import Policy
from cardwright.record import canonical
from cardwright.record.base import label as as_label
from cardwright.record.verdict import Verdict

Files = Mapping[str, str]
"""SHA-256 of every file of an artefact, by its path inside the artefact."""

WRITTEN_ON_DOWNLOAD = frozenset({"registered_model_meta"})
"""Files that a client writes into a model that it downloads, and that the registry's own copy has not. A subject may have them:
what is served has fewer files than were judged, and none beside them."""


@dataclass(frozen=True)
class ReleaseAnswer:
    """Whether these files may be used, and why."""

    allowed: bool
    reason: str
    """One sentence."""
    subject: str | None = None
    """Name and version of what was released, if a release of these files was found."""
    release: str | None = None
    """Digest of its signed release statement."""
    valid_until: str | None = None
    """The day on which the first thing that the release rests on expires; None if nothing does."""


def same_files(subject: ReleasedSubject, files: Files) -> str | None:
    """Why the files of a subject are not these; None if they are.

    A subject's paths begin at the folder of its plan, an artefact's at the artefact: the same beginning may stand before all.

    Examples
    --------
    >>> loans = ReleasedSubject(kind="model", name="loans", version="1", identity_sha256="0" * 64, files=[
    ...     {"path": "model/MLmodel", "sha256": "a" * 64}, {"path": "model/model.pkl", "sha256": "b" * 64}])
    >>> same_files(loans, {"MLmodel": "a" * 64, "model.pkl": "b" * 64}) is None
    True
    >>> same_files(loans, {"MLmodel": "a" * 64, "model.pkl": "c" * 64})
    'the release of loans 1 is of another model.pkl'
    >>> same_files(loans, {"MLmodel": "a" * 64, "model.pkl": "b" * 64, "code/loader.py": "d" * 64})
    'code/loader.py is not among the files that the release of loans 1 is of'
    """
    of = f"the release of {subject.name} {subject.version} is of"
    judged = {file.path: file.sha256 for file in subject.files}
    if not files or not judged:
        return f"{of} no files" if files else "it has no files"
    differences = [_difference(judged, start, files, of) for start in _starts(judged, files)]
    return None if None in differences else differences[0]


def _starts(judged: Files, files: Files) -> list[str]:
    """What may stand before every path of an artefact in a subject: the folder that it was kept in beside the plan."""
    first = min(files)
    return [path.removesuffix(first) for path in judged if path == first or path.endswith(f"/{first}")] or [""]


def _as_judged(subject: ReleasedSubject, files: Files) -> Files:
    """The digests that were found, by the paths of the subject."""
    judged = {file.path: file.sha256 for file in subject.files}
    start = next(one for one in _starts(judged, files) if _difference(judged, one, files, "") is None)
    beside = {path: sha256 for path, sha256 in judged.items() if path.removeprefix(start) in WRITTEN_ON_DOWNLOAD}
    return {**beside, **{f"{start}{path}": sha256 for path, sha256 in files.items()}}


def _difference(judged: Files, start: str, files: Files, of: str) -> str | None:
    here = {f"{start}{path}": sha256 for path, sha256 in files.items()}
    added = sorted(here.keys() - judged.keys())
    if added:
        others = f" and {len(added) - 1} more files are" if len(added) > 1 else " is"
        return f"{as_label(added[0].removeprefix(start))}{others} not among the files that {of}"
    changed = sorted(path for path in here if here[path] != judged[path])
    if changed:
        others = f" and {len(changed) - 1} more files" if len(changed) > 1 else ""
        return f"{of} another {as_label(changed[0].removeprefix(start))}{others}"
    missing = sorted(judged.keys() - here.keys() - {f"{start}{name}" for name in WRITTEN_ON_DOWNLOAD})
    return f"{of} {as_label(missing[0])}, too, which is not here" if missing else None


@dataclass(frozen=True)
class ReleaseFolder:
    """Released dossiers in a folder, believed by a trust file of whoever asks."""

    folder: Path
    """Dossiers are looked for in it and below it."""
    trust: Path
    """Read anew for every question, so that a revocation counts at once."""
    pin: str | None = None
    """The SHA-256 that the trust file must have."""
    policies: Mapping[str, Policy] = field(default_factory=dict)
    """Policies that are not packaged, by name."""

    def ask(self, files: Files, *, name: str | None, hint: str | None, now: str) -> ReleaseAnswer:
        """Whether a release of exactly these files holds now.

        Parameters
        ----------
        name
            The subject that is meant, if only one of that name may be used here.
        hint
            Not used: what is in the folder is looked through.
        now
            The asker's clock.
        """
        del hint
        try:
            believed = _believed(self.trust, self.pin)
            found, near = self._of(files, name)
            if not found:
                return ReleaseAnswer(False, near or "there is no release of these files")
            # The latest word counts: an older release of the same files, or a copy of one, brings back nothing that has ended.
            latest = max(_judged_at(held) for _, held, _ in found)
            answers = [
                _answer(report.exit_code == 0, report.headline, released)
                for place, held, released in found
                if _judged_at(held) == latest
                for report in [self._verified(place, held, files, released, believed, now)]
            ]
        except CardwrightError as exc:  # what cannot be read allows nothing
            return ReleaseAnswer(False, f"it could not be judged: {exc}")
        return next((one for one in answers if not one.allowed), answers[0])

    def _of(
        self, files: Files, name: str | None
    ) -> tuple[list[tuple[Path, Mapping[str, bytes], SignedRelease]], str | None]:
        """The released dossiers of these files, and why one that shares a file with them is not one."""
        found: list[tuple[Path, Mapping[str, bytes], SignedRelease]] = []
        near: str | None = None
        for place in store.find_dossiers([self.folder]):
            if not (place / layout.RELEASE).is_file():
                continue
            signed = release_statement.read(disk.read_file(place / layout.RELEASE), where=str(place / layout.RELEASE))
            subject = signed.release.subject
            differs = same_files(subject, files)
            if differs is None and name is not None and subject.name != name:
                near = f"these files are released as {subject.name}, and {name} is meant here"
            elif differs is None:
                found.append((place, store.read_dossier(place), signed))
            elif near is None and {file.sha256 for file in subject.files} & {*files.values()}:
                near = differs
        return found, near

    def _verified(
        self,
        place: Path,
        held: Mapping[str, bytes],
        files: Files,
        released: SignedRelease,
        believed: Trust,
        now: str,
    ) -> verify.Report:
        at_hand = _as_judged(released.release.subject, files)
        return verify.verify(
            held,
            where=str(place),
            trust=believed,
            now=now,
            policy=lambda stated: self.policies.get(stated) or contents.packaged_policy(stated),
            printed=contents.documents_hold,
            artefacts=lambda names: {path: at_hand[path] for path in names if path in at_hand},
            status=store.status_of(place),
        )


@dataclass(frozen=True)
class ReleasesOfDesk:
    """A review desk, which keeps the dossiers and answers for them."""

    client: DeskClient
    trust: Path
    """Whose releases count here, beside what the desk itself believes."""
    pin: str | None = None

    def ask(self, files: Files, *, name: str | None, hint: str | None, now: str) -> ReleaseAnswer:
        """See `ReleaseFolder.ask`. `hint` names the subject by its identity; it is not believed: the release that the desk gives
        for it has to be of exactly these files, and signed by somebody whom the trust file lets release.
        """
        if hint is None:
            return ReleaseAnswer(False, "nobody has said which subject to ask the desk about")
        try:
            believed = _believed(self.trust, self.pin)
            said = self.client.decision(hint)
            if said.get("allowed") is not True or not isinstance(said.get("release"), str):
                return ReleaseAnswer(False, f"the desk refuses: {said.get('reason') or 'it gives no release'}")
            released = release_statement.read(said["release"].encode("utf-8"), where="the desk's release")
            doubt = _doubt(released, believed, now)
            subject = released.release.subject
            differs = same_files(subject, files)
            if differs is None and subject.identity_sha256 != hint:
                differs = "the desk answers with the release of another subject"
            if differs is None and name is not None and subject.name != name:
                differs = f"these files are released as {subject.name}, and {name} is meant here"
        except CardwrightError as exc:
            return ReleaseAnswer(False, f"it could not be judged: {exc}")
        if differs is not None or doubt is not None:
            return ReleaseAnswer(False, differs or doubt or "")
        return _answer(True, str(said.get("reason")), released)


Releases = ReleaseFolder | ReleasesOfDesk
"""Who knows of releases."""

Clock = Callable[[], str]
"""Gives now, as `2026-11-29T12:00:00Z`."""


def _believed(place: Path, pin: str | None) -> Trust:
    believed = trust.read(disk.read_file(place, what="trust file"), where=str(place))
    if pin is not None and pin != believed.sha256:
        raise IntegrityError(
            f"the trust file is not the one that was pinned: it is {believed.sha256}",
            where=str(place),
            do="Ask its owner, out of band.",
        )
    return believed


def _doubt(signed: SignedRelease, believed: Trust, now: str) -> str | None:
    """Why the signature under a release statement does not count here; None if it does."""
    said = signed.release
    holder = believed.holder(said.key)
    if holder is None:
        return f"the key {said.key[:12]} of whoever released it is not in the trust file"
    barred = holder.disowns(signed.sealed) or holder.barred(RELEASE, said.issued_at[:10])
    barred = barred or claims.too_late(holder, now, [])
    if barred is not None:
        return f"the release is not believed: {barred}"
    if said.valid_until is not None and now[:10] > said.valid_until:
        return f"the release was valid until {said.valid_until}"
    return None


def _judged_at(held: Mapping[str, bytes]) -> str:
    return canonical.parse(Verdict, held[layout.VERDICT], where=layout.VERDICT).evaluated_at


def _answer(allowed: bool, reason: str, released: SignedRelease) -> ReleaseAnswer:
    subject = released.release.subject
    return ReleaseAnswer(
        allowed, reason, f"{subject.name} {subject.version}", released.sha256, released.release.valid_until
    )
