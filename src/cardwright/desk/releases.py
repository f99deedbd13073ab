"""The release at the desk: it is decided and made here, shown whole, and signed by the passkey of whoever may release.

The desk holds neither a key nor the subject's files. Whoever releases says which files are at hand, by their digests, and their
passkey signs the statement that names them; the result is the `release.json` that the command line writes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cardwright.attest import admissible, keys, release_statement, releasing, signing, under_review
from cardwright.attest.releasing import RefusedRelease, UnsignedRelease, Witness
from cardwright.attest.trust import RELEASE, Holder
from cardwright.desk import accounts, registry, reviewing
from cardwright.desk.desk_incidents import with_incidents
from cardwright.desk.registry import Arrival, Registry, StoredDossier
from cardwright.documents import toolchain
from cardwright.dossier import layout
from cardwright.errors import StoreError, UsageError
from cardwright.policy import incidents
from cardwright.record import canonical
from cardwright.record.case import Case
from cardwright.record.claim import Releaser
from cardwright.record.verdict import Verdict
from cardwright.run import editions

_LINE = re.compile(r"\\?([0-9a-fA-F]{64}) [ *](.+)")
"""A line of `sha256sum`."""


@dataclass(frozen=True)
class WaitingRelease:
    """A release that waits for its passkey, and the secret by which the answer names it."""

    secret: str
    asked: UnsignedRelease
    holder: Holder


def digests(text: str, paths: tuple[str, ...]) -> dict[str, str]:
    """The digests of the subject's files as `sha256sum` prints them.

    Lines about other files are left out: whoever releases lists the folder that they have. A file is found by its path, or by
    the end of a longer one.

    Raises
    ------
    UsageError
        If a line is none, or two lines give different digests for one file.

    Examples
    --------
    >>> digests("a" * 64 + "  ./files/model.onnx", ("model.onnx",)) == {"model.onnx": "a" * 64}
    True
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        read = _LINE.fullmatch(line.strip())
        if read is None:
            raise UsageError(f"line {number} of the digests is not one of sha256sum", do="Write: DIGEST  PATH.")
        digest, name = read[1].lower(), read[2].removeprefix("./")
        matching = [path for path in paths if name == path or name.endswith(f"/{path}")]
        if matching and found.setdefault(max(matching, key=len), digest) != digest:
            raise UsageError(f"there are two digests of {max(matching, key=len)}", do="Name one folder.")
    return found


def prepare(
    desk: Registry, stored: StoredDossier, person: str, said: Mapping[str, str], now: str
) -> WaitingRelease | RefusedRelease:
    """Decide on everything; where it is allowed, make the final editions and the statement that is to be signed.

    Nothing is written to the dossier, a refusal neither.

    Raises
    ------
    UsageError
        If this person may not release, has no passkey for this desk, or the policy is not at hand.
    IntegrityError
        If a document is not the one that the record gives.
    """
    known = reviewing.trust_of(desk)
    holder = reviewing.signing_passkey(desk, known, person)
    fingerprint = keys.fingerprint(holder.public)
    admissible.signer(known, fingerprint, person, RELEASE, now)
    reviewed = under_review.read(stored.files, where=stored.manifest[:12])
    named, subject = reviewed.review.policy, reviewed.case.record.subject
    policy = desk.policy(named.name)
    if policy.sha256 != named.sha256:
        raise UsageError(
            f"the policy {named.name} of this desk is not the one that the dossier was judged by",
            do="Start the desk with that policy: desk serve --policy FILE.",
        )
    here = digests(said.get("files", ""), tuple(file.path for file in subject.files))
    reviewing.documents_are_the_records(stored)

    def final(files: Mapping[str, bytes], case: Case, verdict: Verdict, releaser: Releaser) -> Mapping[str, bytes]:
        return editions.final(files, case, verdict, releaser, where=stored.manifest[:12])

    asked = releasing.prepared(
        stored.files, reviewed, holder, known, policy,
        now=now, chosen_by=named.chosen_by, artefacts=here, final=final, toolchain=toolchain.facts(),
        incidents=lambda case: with_incidents(desk, case, known, now),
    )  # fmt: skip
    if isinstance(asked, RefusedRelease):
        return asked
    about = {
        "manifest": stored.manifest,
        "state": stored.state,
        "discussed": reviewing.discussed(desk, stored.record),
        "payload": base64.b64encode(asked.payload).decode("ascii"),
        "key": fingerprint,
        # What nobody signs in the end stays in the content store, under no dossier.
        "verdict": desk.contents.put(layout.to_json(asked.verdict)),
        "editions": {path: desk.contents.put(data) for path, data in asked.editions.items()},
    }
    return WaitingRelease(accounts.begin(desk, "release", person, asked.challenge, about, now), asked, holder)


def complete(
    desk: Registry, secret: str, person: str, given: Mapping[str, Any], now: str, *, witness: Witness | None = None
) -> tuple[str, Arrival]:
    """Write the release that somebody's passkey has signed; gives the statement's digest and the dossier's new state.

    Parameters
    ----------
    witness:
        Has a log take the release, and gives its receipt.

    Raises
    ------
    UsageError
        If the challenge was answered already, or too late.
    IntegrityError
        If the answer is no signature of that passkey over what was shown.
    StoreError
        If somebody has signed or commented meanwhile, the trust file is another one, or an incident has become known.
    """
    ceremony = accounts.take(desk, secret, "release", person, now)
    about = ceremony.about
    known = reviewing.trust_of(desk)
    holder = known.holder(about["key"])
    if holder is None or holder.person.id != person:
        raise UsageError("the trust file does not know your passkey any more", do="Ask whoever keeps it.")
    admissible.signer(known, about["key"], person, RELEASE, now)
    line = signing.with_passkey(base64.b64decode(about["payload"]), reviewing.assertion_of(given), holder)
    stored = reviewing.unchanged(desk, about)
    statement = release_statement.read(line)
    kept = desk.contents.files({"verdict": about["verdict"], **about["editions"]})
    asked = UnsignedRelease(
        release=statement.release,
        verdict=canonical.parse(Verdict, kept.pop("verdict"), where=layout.VERDICT),
        editions=kept,
    )
    if statement.release.trust_sha256 != known.sha256:
        raise StoreError("the trust file has changed meanwhile", do="Look at the release again, and sign again.")
    found = with_incidents(desk, under_review.read(stored.files, where=stored.manifest[:12]).case, known, now)
    if incidents.digest_of(found.incidents) != asked.verdict.inputs.incidents_sha256:
        raise StoreError("an incident has arrived meanwhile", do="Look at the release again.")
    changes = releasing.completed(stored.files, asked, line, witness=witness)
    after = {name: data for name, data in {**stored.files, **changes}.items() if data is not None}
    arrival = registry.arrive(
        desk, after, by=person, now=now, after=stored.state,
        unless=lambda connection: reviewing.require_no_comment(connection, stored.record, about),
    )  # fmt: skip
    return statement.sha256, arrival
