"""`verify` at the receiver's: two answers about a moment, what is broken and what is unproven, and what bad input gets."""

import contextlib
import io
import json
import os
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.support import PEOPLE, POLICY, SECRET, by, enclosed_anew, enrol, withdraws
from tests.conftest import Ran
from tests.small_plan import DETAILS, PLAN, rows, write_csv

from cardwright.attest import keys, release_statement, under_review
from cardwright.attest import trust as trusting
from cardwright.attest import verify as verifying
from cardwright.dossier import contents, layout, store
from cardwright.errors import CardwrightError
from cardwright.policy.gate import decide
from cardwright.record import canonical
from cardwright.record.verdict import Verdict

RUN, ASKED, SIGNED, RELEASED = (f"2026-11-{day}T12:00:00Z" for day in (10, 11, 12, 13))
LATER = "2026-11-20T12:00:00Z"
WAIVED_UNTIL = "2026-12-10"
AFTER = "2026-12-11T00:00:00Z"


def cardwright(now, *words):
    """A command at a moment."""
    from cardwright.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    epoch = int(datetime.fromisoformat(now).astimezone(UTC).timestamp())
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setenv("SOURCE_DATE_EPOCH", str(epoch))  # the run's
        patch.setenv(
            "CARDWRIGHT_TRUST",
            str(next((w.parent for w in words if isinstance(w, Path) and w.name == "out"), Path()) / "trust.yaml"),
        )
        for module in ("keyring", "people", "releasing", "judging", "printing"):
            patch.setattr(f"cardwright.cli.{module}.clock", lambda: now)
        patch.setenv("CARDWRIGHT_PASSPHRASE", "correct horse battery staple")
        patch.setenv("CI", "1")
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
    return Ran(stopped.value.code or 0, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A dossier released on the 13th with a waiver until 10 December; its files, keys, policy and trust file."""
    desk = tmp_path_factory.mktemp("released")
    files = desk / "files"
    files.mkdir()
    (files / "assessment.yaml").write_text(PLAN.replace("policy: research", "policy: pilot.yaml"))
    (files / "pilot.yaml").write_text(POLICY)
    (files / "details.yaml").write_text(DETAILS)
    (files / "model.bin").write_bytes(b"weights")
    write_csv(files / "data.csv", rows())

    def done(now, *words, code=0):
        ran = cardwright(now, *words)
        assert ran.code == code, ran
        return ran.out

    for name, roles in PEOPLE.items():
        enrol(lambda *words: cardwright(RUN, *words), desk, name, roles)
    withdraws(desk, "risk_head")
    done(RUN, "keys", "accept", files / "pilot.yaml", "--trust", desk / "trust.yaml")
    done(RUN, "run", files, "-o", desk / "out", code=1)
    terms = ["--reason", "A pilot of ten files.", "--controls", "Each file is read twice.", "--expires", WAIVED_UNTIL]
    asked = done(ASKED, "waive", "request", desk / "out", "ranking", *terms, *by(desk, "Ada"))
    id = asked.split("Requested: ")[1].split()[0]
    done(ASKED, "waive", "approve", desk / "out", id[:12], *by(desk, "Ben"))
    for name, meaning in (("Ada", "authorship"), ("Ada", "responsibility"), ("Ben", "approval")):
        done(SIGNED, "sign-off", desk / "out", "--decision", "approve", "--meaning", meaning, *by(desk, name))
    done(SIGNED, "countersign", desk / "out", *by(desk, "Ada"))
    words = ["--artifact", files, "--policy", files / "pilot.yaml", "--key", desk / "Cy.key", "--as", "Cy"]
    done(RELEASED, "release", desk / "out", *words)
    return desk


@pytest.fixture
def desk(made, tmp_path):
    """A copy of it that a test may change."""
    shutil.copytree(made, tmp_path / "desk")
    return tmp_path / "desk"


def verify(desk, now, *more, trusted=True):
    words = ["--artifact", desk / "files", "--policy", desk / "files" / "pilot.yaml", *more]
    return cardwright(now, "verify", desk / "out", *(["--trust", desk / "trust.yaml"] if trusted else []), *words)


def answers(ran):
    said = json.loads(ran.out)
    return said["allowed_then"], said["valid_now"], ran.code


# ------------------------------------------------------------------------------------- allowed then? valid now?


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        (RELEASED, LATER, ("yes", "yes", 0)),
        ("2026-11-14", LATER, ("yes", "yes", 0)),
        (SIGNED, LATER, ("no", "yes", 1)),  # everybody had signed, and nothing had been released
        ("2026-10-01", LATER, ("no", "yes", 1)),
        (LATER, AFTER, ("yes", "no", 1)),  # the waiver has ended since
        (AFTER, LATER, ("no", "yes", 1)),  # it will have ended by then
    ],
)
def test_allowed_then_and_valid_now_are_answered_apart(desk, then, now, expected):
    assert answers(verify(desk, now, "--as-of", then, "--format", "json")) == expected


def test_the_two_answers_are_printed_with_their_moments(desk):
    ran = verify(desk, AFTER, "--as-of", LATER)
    assert f"allowed then ({LATER})? yes\nvalid now ({AFTER})? no\nREFUSED at step 9, now:" in ran.out
    assert "13 then        passed     ALLOWED WITH 1 WAIVER" in ran.out
    assert "12 rerender" not in ran.out
    assert "allowed then" not in verify(desk, LATER).out


def test_what_was_allowed_before_it_was_withdrawn_was_allowed_then_and_is_not_valid_now(desk):
    words = ["--reason", "It failed in the pilot.", *by(desk, "Ben")]
    assert cardwright(LATER, "withdraw", desk / "out", *words).code == 0
    now = "2026-11-25T12:00:00Z"
    assert answers(verify(desk, now, "--as-of", RELEASED, "--format", "json")) == ("yes", "no", 1)
    assert answers(verify(desk, now, "--as-of", LATER, "--format", "json")) == ("no", "no", 1)


def test_the_release_of_a_dossier_that_was_superseded_is_not_this_ones(desk):
    words = ["-o", desk / "out", "--supersede"]
    assert cardwright("2026-11-15T12:00:00Z", "run", desk / "files", *words).code == 1
    then, now, code = answers(verify(desk, LATER, "--as-of", RELEASED, "--format", "json"))
    assert (then, now, code) == ("no", "no", 1)
    text = verify(desk, LATER, "--as-of", RELEASED).out
    assert "13 then        failed     nothing had been released" in text


def test_without_a_trust_file_neither_question_is_answered(desk):
    ran = verify(desk, LATER, "--as-of", RELEASED, "--format", "json", trusted=False)
    assert answers(ran) == ("not judged", "not judged", 1)


def test_a_dossier_that_is_broken_was_not_allowed_either(desk):
    (desk / "files" / "model.bin").write_bytes(b"weightz")
    assert answers(verify(desk, LATER, "--as-of", RELEASED, "--format", "json")) == ("no", "no", 3)


# ------------------------------------------------------------------------------------- exit codes: 3 broken, 1 unproven


def test_an_artefact_with_other_bytes_is_a_wrong_digest_and_its_verdict_still_follows(desk):
    (desk / "files" / "model.bin").write_bytes(b"weightz")
    ran = verify(desk, LATER)
    assert ran.code == 3
    assert "REFUSED at step 10, artefact: model.bin is not the file that was evaluated" in ran.out
    assert " 8 replay      passed" in ran.out
    assert " 9 now         failed" in ran.out


def test_an_artefact_that_is_not_at_hand_is_unproven(desk):
    (desk / "files" / "model.bin").unlink()
    ran = verify(desk, LATER)
    assert ran.code == 1
    assert "10 artefact    failed     model.bin is missing" in ran.out


def test_an_artefact_that_nobody_looked_at_is_unproven(desk):
    words = ["--trust", desk / "trust.yaml", "--policy", desk / "files" / "pilot.yaml"]
    ran = cardwright(LATER, "verify", desk / "out", *words)
    assert ran.code == 1
    assert "10 artefact    not judged" in ran.out


def test_a_folder_of_artefacts_that_is_not_there_is_exit_code_3(desk):
    words = ["--trust", desk / "trust.yaml", "--artifact", desk / "nowhere"]
    ran = cardwright(LATER, "verify", desk / "out", *words)
    assert (ran.code, ran.out) == (3, "")
    assert "no such folder" in ran.err


# ------------------------------------------------------------------------------------- advice is no decision


def rewritten(desk, verdict_of):
    """The dossier with another verdict, released anew by whoever may: what a dishonest releaser can make."""
    files = store.read_dossier(desk / "out")
    read = under_review.read(files, where="out")
    stored = canonical.parse(Verdict, files[layout.VERDICT], where="verdict")
    verdict = verdict_of(read, stored)
    chain = read.chain.prefix(len(read.chain.entries) - 3)
    assert [entry.event for entry in read.chain.entries[-3:]] == ["decision", "release", "release"]
    chain = chain.append("decision", "verdict", verdict.sha256, stored.evaluated_at)
    chain = chain.append("release", "verdict", verdict.sha256, stored.evaluated_at)
    said = read.release.release.model_copy(update={"verdict_sha256": verdict.sha256, "ledger": chain.head})
    sealed = release_statement.make(said, keys.open_private(desk / "Cy.key", SECRET))
    chain = chain.append("release", "statement", release_statement.read(sealed).sha256, said.issued_at)
    (desk / "out" / layout.VERDICT).write_bytes(layout.to_json(verdict))
    (desk / "out" / layout.RELEASE).write_bytes(sealed)
    (desk / "out" / layout.LEDGER).write_bytes(chain.to_bytes())
    files = enclosed_anew(store.read_dossier(desk / "out"))
    (desk / "out" / layout.FINAL / "audit_report.pdf").write_bytes(files[f"{layout.FINAL}audit_report.pdf"])


def read_claims(read, desk):
    trust = trusting.read((desk / "trust.yaml").read_bytes(), where="trust.yaml")
    return under_review.judged_case(read, trust, None, LATER)[0].claims


def decided(desk, read, stored, **changed):
    from dataclasses import replace

    policy = contents.policy_of(str(desk / "files" / "pilot.yaml"))
    case = replace(
        read.case,
        claims=read_claims(read, desk),
        trust_sha256=stored.inputs.trust_sha256,
        artefacts={"model.bin": canonical.digest(b"weights")},
        **changed,
    )
    return decide(case, policy, stored.evaluated_at, "release", chosen_by=stored.policy.chosen_by)


def test_the_same_verdict_rewritten_verifies(desk):
    """What the next test does to the dossier is refused for the advice, and for nothing else."""
    before = (desk / "out" / layout.VERDICT).read_bytes()
    rewritten(desk, lambda read, stored: decided(desk, read, stored))
    assert (desk / "out" / layout.VERDICT).read_bytes() == before
    assert verify(desk, LATER).code == 0


def test_an_advisory_decision_is_refused(desk):
    rewritten(desk, lambda read, stored: decided(desk, read, stored, advisory=True))
    ran = verify(desk, LATER, "--as-of", RELEASED)
    assert ran.code == 1
    assert "REFUSED at step 11, release: the verdict is advisory" in ran.out
    assert "13 then        failed     the verdict is advisory" in ran.out
    failed = [line for line in ran.out.splitlines() if line[:2].strip().isdigit() and " failed " in line]
    assert [line.split()[1] for line in failed] == ["release", "then"]


def test_a_verdict_by_other_rules_is_not_called_forged_and_not_believed_either(desk):
    rewritten(desk, lambda read, stored: decided(desk, read, stored).model_copy(update={"semantics": "0"}))
    ran = verify(desk, LATER)
    assert ran.code == 1
    assert "decided by version 0 of the gate's rules" in " ".join(ran.out.split())


# ------------------------------------------------------------------------------------- clocks, keys, trust


def test_nothing_that_is_dated_in_the_future_is_believed(desk):
    ran = verify(desk, "2026-11-12T11:00:00Z")
    assert ran.code == 1
    assert " 6 signatures  failed" in ran.out
    assert f"dated in the future, {SIGNED}" in ran.out
    assert "11 release     failed     the verdict is dated in the future" in ran.out


def test_clocks_that_lie_a_few_minutes_apart_are_no_future(desk):
    assert verify(desk, RELEASED.replace("12:00:00", "11:56:00")).code == 0
    assert verify(desk, RELEASED.replace("12:00:00", "11:54:00")).code == 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("valid_until: 2026-11-11", "is not valid on 2026-11-12"),
        ("revoked_on: 2026-11-12", "was revoked on 2026-11-12"),
    ],
)
def test_a_key_that_had_expired_or_is_revoked_signs_nothing(desk, line, why):
    text = (desk / "trust.yaml").read_text()
    assert text.count("valid_from: 2026-11-10\n") == 3
    (desk / "trust.yaml").write_text(
        text.replace("valid_from: 2026-11-10\n", f"valid_from: 2026-11-10\n        {line}\n", 1)
    )
    ran = verify(desk, LATER)
    assert ran.code == 1
    assert why in ran.out


def test_a_trust_file_with_one_key_for_two_people_is_invalid(desk):
    text = (desk / "trust.yaml").read_text()
    first = text[text.index("  - id:") : text.index("  - id:", text.index("  - id:") + 1)]
    twice = first.replace('"ada"', '"eve"').replace('"Ada"', '"Eve"')
    (desk / "trust.yaml").write_text(text.replace("policies:", twice + "policies:"))
    ran = verify(desk, LATER)
    assert (ran.code, ran.out) == (2, "")
    assert "one key is one person" in ran.err


@pytest.mark.parametrize(
    "text", [b"", b"people: [", b"\xff\xfe", b"schema: cardwright/trust/3\n", b"schema: cardwright/trust/1\nextra: 1\n"]
)
def test_a_trust_file_that_is_none_is_invalid(desk, text):
    (desk / "trust.yaml").write_bytes(text)
    ran = verify(desk, LATER)
    assert (ran.code, ran.out) == (2, "")
    assert "trust.yaml" in ran.err


# ------------------------------------------------------------------------------------- what bad input gets


@pytest.mark.parametrize("name", ["claims.jsonl", "ledger.jsonl", "trust.yaml", "verdict.json", "manifest.json"])
@pytest.mark.parametrize(
    "data", [b"", b"\xff\n", b'{"a":1}\n', b"null\n", b"[" * 50_000 + b"\n", b'{"a":1,"a":2}\n', b"\x00" * 100]
)
def test_a_damaged_file_is_refused_with_one_error_that_names_it(desk, name, data):
    place = desk / name if name == "trust.yaml" else desk / "out" / name
    place.write_bytes(data)
    ran = verify(desk, LATER)
    assert ran.code == (2 if name == "trust.yaml" else 3)
    beside = {"ledger.jsonl": "claims.jsonl"} if not data else {}  # claims that no ledger tells of
    assert beside.get(name, name) in ran.out + ran.err
    assert "internal error" not in ran.err


# ------------------------------------------------------------------------------------------------ tampering


MUTATIONS = int(os.environ.get("CARDWRIGHT_MUTATIONS", "330"))
"""How many changes of a released dossier are tried."""


@pytest.fixture
def receiver(released):
    """A released dossier as bytes, and what its receiver does with it: (files, verify)."""
    desk = released
    files = store.read_dossier(desk / "out")
    trust = trusting.read((desk / "trust.yaml").read_bytes(), where="trust.yaml")
    policy = contents.policy_of(str(desk / "files" / "pilot.yaml"))
    now = canonical.parse(Verdict, files[layout.VERDICT], where="verdict").evaluated_at

    def verify(changed):
        try:
            held = store.hold(changed, where="dossier")
            report = verifying.verify(
                held,
                where="dossier",
                trust=trust,
                now=now,
                policy=lambda name: policy,
                printed=contents.documents_hold,
                artefacts=lambda names: store.digests(desk / "files", list(names)),
            )
        except CardwrightError as exc:
            return exc.exit_code
        return report.exit_code

    return files, verify


def flip_byte(files, rng):
    name = rng.choice(sorted(files))
    data = bytearray(files[name])
    place = rng.randrange(len(data))
    data[place] ^= 1 << rng.randrange(8)
    return {**files, name: bytes(data)}, f"a bit of byte {place} of {name}"


def cut(files, rng):
    name = rng.choice(sorted(files))
    place = rng.randrange(len(files[name]))
    return {**files, name: files[name][:place]}, f"{name} cut at {place}"


def add(files, rng):
    name = rng.choice(sorted(files))
    more = rng.choice([b"\n", b" ", b"{}", b"\x00", files[name][-40:]])
    return {**files, name: files[name] + more}, f"{more!r} at the end of {name}"


def delete(files, rng):
    name = rng.choice(sorted(files))
    return {other: data for other, data in files.items() if other != name}, f"{name} left out"


def swap(files, rng):
    a, b = rng.sample(sorted(files), 2)
    return {**files, a: files[b], b: files[a]}, f"{a} and {b} swapped"


def rename(files, rng):
    name = rng.choice(sorted(files))
    rest = {other: data for other, data in files.items() if other != name}
    return {**rest, f"{name}.bak": files[name]}, f"{name} renamed"


def bring(files, rng):
    name = rng.choice(["note.txt", "final/more.md", "evidence/more.json", "claims.jsonl.1", "Record.json"])
    return {**files, name: b"{}"}, f"{name} added"


def lines(files, rng):
    name = rng.choice([layout.CLAIMS, layout.LEDGER])
    have = files[name].splitlines(keepends=True)
    way = rng.choice(["drop", "swap", "twice", "move"])
    place = rng.randrange(len(have))
    if way == "drop":
        del have[place]
    elif way == "twice":
        have.insert(place, have[rng.randrange(len(have))])
    elif way == "swap":
        other = (place + 1 + rng.randrange(len(have) - 1)) % len(have)
        have[place], have[other] = have[other], have[place]
    else:
        have.append(have.pop(rng.randrange(len(have) - 1)))
    return {**files, name: b"".join(have)}, f"{way} line {place} of {name}"


WAYS = (flip_byte, flip_byte, flip_byte, cut, add, delete, swap, rename, bring, lines, lines)


def test_every_change_of_a_released_dossier_is_refused(receiver):
    files, verify = receiver
    assert verify(files) == 0
    rng = random.Random(20261123)
    passed = []
    for number in range(MUTATIONS):
        changed, what = WAYS[number % len(WAYS)](files, rng)
        if changed != files and verify(changed) == 0:
            passed.append(what)
    assert passed == []


def test_every_byte_that_no_manifest_covers_is_covered_by_something_else(receiver):
    """The files beside the manifest: a bit of some of their bytes, and of each byte of the last lines of the ledger."""
    files, verify = receiver
    rng = random.Random(1)
    passed = []
    for name in (layout.LEDGER, layout.VERDICT, layout.MANIFEST, layout.CLAIMS, layout.RELEASE):
        data = files[name]
        for place in rng.sample(range(len(data)), min(len(data), MUTATIONS // 10)):
            spoilt = bytearray(data)
            spoilt[place] ^= 1 << rng.randrange(8)
            if verify({**files, name: bytes(spoilt)}) == 0:
                passed.append((name, place, data[max(0, place - 20) : place + 20]))
    assert passed == []
