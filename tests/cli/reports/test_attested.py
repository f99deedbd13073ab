"""What is attested of a decision: its policy and evidence by digest, nobody's name, and no file but those that were judged."""

import json
import shutil
import subprocess
from dataclasses import replace

import pytest
from tests.policy.test_gate import FAILED, P, with_gap
from tests.strategies import NOW, good_case

from cardwright.cli.reports import attested
from cardwright.errors import IntegrityError, UsageError
from cardwright.policy.gate import decide
from cardwright.record import canonical
from cardwright.record.subject import FileDigest, Reference


def summary_of(case, **more):
    verdict = decide(case, P, NOW, "review").model_copy(update=more)
    return verdict, json.loads(attested.predicate(verdict, case.record.subject, "0.1.0"))


def test_an_allowance_is_a_verification_summary_with_the_policy_and_the_evidence_by_digest():
    case = good_case()
    verdict, said = summary_of(case)
    assert said["verificationResult"] == "PASSED"
    assert said["timeVerified"] == verdict.evaluated_at
    assert said["policy"]["digest"] == {"sha256": verdict.policy.sha256}
    assert said["inputAttestations"][0] == {"uri": "urn:cardwright:record", "digest": {"sha256": case.record.sha256}}
    assert said["resourceUri"].endswith(case.record.subject.identity)
    assert {"verifier", "timeVerified", "resourceUri", "policy", "verificationResult", "verifiedLevels"} <= {*said}


def test_no_level_of_slsa_is_claimed_and_a_policy_that_is_not_for_production_is_told():
    verdict, said = summary_of(good_case())
    assert [level for level in said["verifiedLevels"] if level.startswith("SLSA_")] == ["SLSA_BUILD_LEVEL_UNEVALUATED"]
    levels = {
        for_production: summary_of(
            good_case(), policy=verdict.policy.model_copy(update={"for_production": for_production})
        )[1]["verifiedLevels"][1]
        for for_production in (True, False)
    }
    assert levels == {True: "CARDWRIGHT_HANDOFF_ALLOWED", False: "CARDWRIGHT_ALLOWED_NOT_FOR_PRODUCTION"}
    assert summary_of(with_gap(FAILED))[1]["verifiedLevels"] == ["FAILED"]


def test_nobody_is_named():
    case = good_case()
    claims = tuple(claim.model_copy(update={"person": "Ines Okafor"}) for claim in case.claims)
    assert "Okafor" not in json.dumps(summary_of(replace(case, claims=claims))[1])


def subject(*paths, **more):
    files = tuple(FileDigest(path=path, sha256=canonical.digest(path.encode()), size=1) for path in paths)
    return good_case().record.subject.model_copy(update={"files": files, **more})


def test_every_file_that_was_judged_is_a_line_that_sha256sum_reads(tmp_path):
    of = subject("model.bin", "code/two words.py")
    lines = attested.checksums(of, {file.path: file.sha256 for file in of.files})
    if shutil.which("sha256sum") is None:
        pytest.skip("cross-check needs sha256sum")
    for file in of.files:
        (tmp_path / file.path).parent.mkdir(exist_ok=True)
        (tmp_path / file.path).write_bytes(file.path.encode())
    (tmp_path / "sums").write_bytes(lines)
    done = subprocess.run(["sha256sum", "--check", "--strict", "sums"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("here", [{}, {"model.bin": "f" * 64}])
def test_a_file_that_is_missing_or_another_is_refused(here):
    with pytest.raises(IntegrityError, match="another file"):
        attested.checksums(subject("model.bin"), here)


def test_what_no_line_could_say_is_refused():
    with pytest.raises(UsageError, match="no files"):
        attested.checksums(subject(reference=Reference(provider="Acme", model_id="m")), {})
    of = subject("model.bin")
    odd = of.model_copy(update={"files": (of.files[0].model_copy(update={"path": "a\\b"}),)})
    with pytest.raises(UsageError, match="backslash"):
        attested.checksums(odd, {})
