"""What an attestation of the gate's decision says: the predicate, and of which files it is.

The predicate is SLSA's verification summary, the in-toto predicate for "somebody verified this by that policy". It claims no
level of SLSA, and names nobody: attestations of public repositories stand in a public log. The subjects are the files at hand
that were judged, in the form of `sha256sum`; a decision is attested of no other file.

Source: SLSA, verification summary v1; GitHub's `actions/attest`, inputs `predicate-path` and `subject-checksums`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from cardwright.errors import IntegrityError, UsageError
from cardwright.record.subject import Subject
from cardwright.record.verdict import Verdict

PREDICATE_TYPE = "https://slsa.dev/verification_summary/v1"
PREDICATE, SUBJECTS = "predicate.json", "subjects.sha256"


def predicate(verdict: Verdict, subject: Subject, version: str) -> bytes:
    """The verification summary of a decision, as JSON.

    Parameters
    ----------
    version
        Cardwright's.
    """
    policy = verdict.policy
    said = {
        "verifier": {"id": "urn:cardwright:gate", "version": {"cardwright": version}},
        "timeVerified": verdict.evaluated_at,
        "resourceUri": f"urn:cardwright:subject:sha256:{subject.identity}",
        "policy": {"uri": f"urn:cardwright:policy:{policy.name}:{policy.version}", "digest": {"sha256": policy.sha256}},
        "inputAttestations": [
            {"uri": f"urn:cardwright:{name}", "digest": {"sha256": digest}}
            for name, digest in (
                ("record", verdict.inputs.record_sha256),
                ("plan", verdict.inputs.plan_sha256),
                ("claims", verdict.inputs.claims_sha256),
                ("trust", verdict.inputs.trust_sha256),
            )
            if digest is not None
        ],
        "verificationResult": "PASSED" if verdict.allowed else "FAILED",
        "verifiedLevels": _levels(verdict),
        "slsaVersion": "1.0",
    }
    return json.dumps(said, indent=2).encode("utf-8") + b"\n"


def _levels(verdict: Verdict) -> list[str]:
    """Levels of our own: SLSA's say how an artefact was built, which nobody has looked at here."""
    if not verdict.allowed:
        return ["FAILED"]
    for_production = verdict.policy.for_production and not verdict.advisory
    allowed = "CARDWRIGHT_HANDOFF_ALLOWED" if for_production else "CARDWRIGHT_ALLOWED_NOT_FOR_PRODUCTION"
    return ["SLSA_BUILD_LEVEL_UNEVALUATED", allowed]


def checksums(subject: Subject, here: Mapping[str, str]) -> bytes:
    """The files that were judged, a line each, if exactly these are at hand.

    Parameters
    ----------
    here
        SHA-256 of the subject's files as they are now, by path.

    Raises
    ------
    UsageError
        If the subject has no files, e.g. a hosted model, or a path that `sha256sum` would write otherwise.
    IntegrityError
        If a file is missing, or is another than the one that was judged.
    """
    if not subject.files:
        raise UsageError("the subject has no files that an attestation could be of", do="Leave out --attestation.")
    for file in subject.files:
        if re.search(r"[\\\r\n]", file.path):
            raise UsageError("a file's path has a backslash or a line break in it", do="Rename the file.")
        if here.get(file.path) != file.sha256:
            raise IntegrityError(
                "it is missing, or another file than the one that was judged",
                where=file.path,
                do="Name the folder of what was judged: --artifact.",
            )
    return "".join(f"{file.sha256}  {file.path}\n" for file in subject.files).encode("utf-8")
