"""Attacks on a release, each with what it ends in. Whoever attacks can write every file, and holds keys of people who may not release."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.attest.support import SECRET, as_made, by, countersign, enclosed_anew, release, sign, verify

from cardwright.attest import claims, keys, ledger, release_statement, under_review
from cardwright.attest import trust as trusting
from cardwright.attest import verify as verifying
from cardwright.dossier import contents, enclosure, layout, store
from cardwright.errors import CardwrightError
from cardwright.record import canonical
from cardwright.record.claim import SignOff

EXAMPLES = 5_000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 100


def trusted(cli, desk, *more):
    return verify(cli, desk, "--trust", desk / "trust.yaml", *more)


def rewrite(desk, files):
    """Write files into the dossier as they are, as whoever can write there does."""
    shutil.rmtree(desk / "out")
    for name, data in files.items():
        path = desk / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def rechained(files, keep):
    """The ledger without the entries that `keep` refuses, chained anew, and the claims that it still tells of."""
    subject = canonical.loads(files[layout.RECORD])["subject"]["name"]
    chain = ledger.read(files[layout.LEDGER], subject)
    again = ledger.Ledger(subject=subject)
    for entry in chain.entries:
        if keep(entry):
            again = again.append(entry.event, entry.kind, entry.digest, entry.at)
    told = {entry.digest for entry in again.entries}
    lines = files.get(layout.CLAIMS, b"").splitlines(keepends=True)
    left = [line for line in lines if claims.read(line)[0].sealed.id in told]
    return {**files, layout.LEDGER: again.to_bytes(), layout.CLAIMS: b"".join(left)}


# ------------------------------------------------------------------------------------------------ the release statement


def test_an_allowed_dossier_that_nobody_has_released_is_refused(cli, released):
    files = store.read_dossier(released / "out")
    files = {name: data for name, data in files.items() if name != layout.RELEASE and not name.startswith(layout.FINAL)}
    rewrite(released, rechained(files, lambda entry: entry.event != "release"))
    ran = trusted(cli, released)
    assert ran.code == 1, ran
    assert "nobody has released it: there is no release statement" in ran.out


def test_a_release_statement_that_is_taken_out_is_missed(cli, released):
    (released / "out" / "release.json").unlink()
    ran = trusted(cli, released)
    assert ran.code == 3
    assert "its statement is missing" in ran.out


@pytest.mark.parametrize("name", ["audit_report.pdf", "model_card.md", "model_card.html"])
def test_a_final_document_that_is_deleted_is_missed(cli, released, name):
    (released / "out" / "final" / name).unlink()
    ran = trusted(cli, released)
    assert ran.code == 3
    assert f"final/{name}: the released document is missing" in ran.out


def test_a_final_pdf_that_is_replaced_by_another_of_the_same_record_is_refused(cli, released):
    final = released / "out" / "final" / "audit_report.pdf"
    enclosed = enclosure.opened(final.read_bytes(), where="final").files
    other = (released / "out" / "audit_report.pdf").read_bytes()
    for data, why in (
        (other, "what was enclosed in it is missing"),
        (enclosure.enclose(other, enclosed), "not the document that was released"),
    ):
        final.write_bytes(data)
        ran = trusted(cli, released)
        assert ran.code == 3
        assert why in ran.out


def test_a_document_that_nobody_released_is_refused_among_the_final_ones(cli, released):
    # It prints the record's digest, as every document does.
    shutil.copy(released / "out" / "final" / "model_card.html", released / "out" / "final" / "more.html")
    ran = trusted(cli, released)
    assert ran.code == 3
    assert "final/more.html: not the document that was released" in ran.out


def restated(files, private, person):
    """A release statement over whatever is here, signed with some key, and the ledger made to fit."""
    kept = rechained(files, lambda entry: (entry.event, entry.kind) != ("release", "statement"))
    subject = canonical.loads(files[layout.RECORD])["subject"]["name"]
    chain = ledger.read(kept[layout.LEDGER], subject)
    said = release_statement.read(files[layout.RELEASE]).release
    again = said.model_copy(
        update={
            "manifest_sha256": canonical.digest(files[layout.MANIFEST]),
            "verdict_sha256": canonical.digest(files[layout.VERDICT]),
            "record_sha256": canonical.digest(files[layout.RECORD]),
            "documents": release_statement.documents_of(as_made(files)),
            "claims": tuple(e.digest for e in chain.here if e.event == "claim"),
            "ledger": chain.head,
            "person": person,
            "key": keys.fingerprint(private.public_key()),
        }
    )
    sealed = release_statement.make(again, private)
    told = chain.append("release", "statement", release_statement.read(sealed).sha256, said.issued_at)
    return enclosed_anew({**kept, layout.RELEASE: sealed, layout.LEDGER: told.to_bytes()})


def test_a_release_by_an_enrolled_person_without_the_role_is_refused(cli, released):
    ben = keys.open_private(released / "Ben.key", SECRET)
    rewrite(released, restated(store.read_dossier(released / "out"), ben, "Ben"))
    ran = trusted(cli, released)
    assert ran.code == 1, ran
    assert "Ben may not sign as release" in ran.out
    assert release(cli, released, name="Ben").code == 2


def test_a_release_by_a_stranger_is_refused_under_whatever_name(cli, released):
    encrypted, _ = keys.new("Cy", ("release",), SECRET, "2026-11-01T00:00:00Z")
    keys.save(released / "stranger.key", encrypted)
    stranger = keys.open_private(released / "stranger.key", SECRET)
    rewrite(released, restated(store.read_dossier(released / "out"), stranger, "Cy"))
    ran = trusted(cli, released)
    assert ran.code == 1, ran
    assert "who released it, is not in the trust file" in ran.out


def test_whoever_made_the_dossier_does_not_release_it_even_with_the_role(cli, desk):
    path = desk / "trust.yaml"
    path.write_text(path.read_text().replace("roles: [owner]", "roles: [owner, release]"))
    for name, role, meaning in (("Ada", "owner", "authorship"), ("Ada", "owner", "responsibility")):
        assert sign(cli, desk, name, role, "approve", meaning).code == 0
    files = store.read_dossier(desk / "out")
    reviewed = under_review.read(files, where="out")
    trust = trusting.read(path.read_bytes(), where="trust.yaml")
    case, _ = under_review.judged_case(reviewed, trust, None, "2099-01-01T00:00:00Z")
    policy = contents.policy_of(str(desk / "files" / "pilot.yaml"))
    (ada,) = (holder for holder in trust.holders().values() if holder.person.name == "Ada")
    approval = next(r for r in policy.requirements if r.id == "risk")
    passed = reviewed.review.model_copy(
        update={
            "outcomes": (
                *reviewed.review.outcomes,
                reviewed.review.outcomes[0].model_copy(update={"requirement": approval.id, "status": "passed"}),
            )
        }
    )
    why = under_review.lacking(case, policy, passed, reviewed.chain, ada)
    assert why == "Ada wrote the plan or made the dossier, and does not release it"


# ------------------------------------------------------------------------------------------------ before anybody signs


def test_a_document_with_a_script_in_it_that_is_swapped_before_signing_is_not_signed(cli, desk):
    files = store.read_dossier(desk / "out")
    card = files["model_card.html"].replace(b"</body>", b"<script>alert(1)</script></body>")
    files = {**files, "model_card.html": card}
    files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
    rewrite(desk, files)
    ran = sign(cli, desk, "Ben", "risk_head", "approve", "approval")
    assert ran.code == 3, ran
    assert "model_card.html: not what the record gives" in ran.err
    assert not (desk / "out" / "claims.jsonl").exists()
    refused = release(cli, desk)
    assert refused.code == 3
    assert "model_card.html" in refused.err


@pytest.mark.parametrize("change", ["left out", "added"])
def test_a_document_that_is_left_out_or_added_before_signing_is_not_signed(cli, desk, change):
    files = store.read_dossier(desk / "out")
    if change == "left out":
        del files["audit_report.pdf"]
    else:
        files["summary.html"] = files["model_card.html"]
    files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
    rewrite(desk, files)
    ran = sign(cli, desk, "Ben", "risk_head", "approve", "approval")
    assert ran.code == 3
    assert ("audit_report.pdf" if change == "left out" else "summary.html") in ran.err


# ------------------------------------------------------------------------------------------------ what came afterwards


def test_a_withdrawal_that_is_cut_off_is_seen_by_a_status_statement(cli, released):
    before = store.read_dossier(released / "out")
    assert trusted(cli, released).code == 0
    gone = cli("withdraw", released / "out", "--reason", "It failed.", *by(released, "Ben"))
    assert gone.code == 0, gone
    stated = cli("status-statement", released / "out", *by(released, "Cy", "status"), "-o", released / "now.json")
    assert stated.code == 0, stated
    assert "withdrawn as of" in stated.out
    rewrite(released, before)
    blind = trusted(cli, released)
    assert blind.code == 0
    assert "withdrawals after" in blind.out
    ran = trusted(cli, released, "--status", released / "now.json")
    assert ran.code == 3, ran
    assert "the last ones were left out" in ran.out


def test_a_rejection_that_came_after_the_approvals_is_seen_by_whoever_countersigned(cli, released):
    """Cut out of the middle, the countersignature names another head."""
    files = store.read_dossier(released / "out")
    reviewed = under_review.read(files, where="out")
    last = next(one for one in reviewed.signed if one.claim.kind == "countersign")
    assert under_review.common_head(reviewed.chain) == ledger.Head(head=last.claim.head, length=last.claim.length)
    dropped = next(one.sealed.id for one in reviewed.signed if isinstance(one.claim, SignOff))
    rewrite(released, rechained(files, lambda entry: entry.digest != dropped))
    assert trusted(cli, released).code == 3


def test_without_the_status_that_the_trust_file_demands_a_release_is_refused(cli, released):
    path = released / "trust.yaml"
    path.write_text(path.read_text().replace("people:", "status: {max_age_hours: 24, issuers: status}\npeople:", 1))
    ran = trusted(cli, released)
    assert ran.code == 1
    assert "asks for a status statement by status, no older than 24 hours" in ran.out
    stated = cli("status-statement", released / "out", *by(released, "Cy", "status"))
    assert stated.code == 0
    ran = trusted(cli, released)
    assert ran.code == 0, ran
    assert "14 status      passed     not withdrawn as of" in ran.out
    ran = cli("status-statement", released / "out", *by(released, "Ben", "risk_head"), "-o", released / "b.json")
    assert ran.code == 0
    ran = trusted(cli, released, "--status", released / "b.json")
    assert ran.code == 1
    assert "signed as risk_head; the trust file asks for status" in ran.out


# ------------------------------------------------------------------------------------------------ who may say what


def test_nobody_withdraws_what_somebody_else_said(cli, desk):
    rejected = sign(cli, desk, "Ben", "risk_head", "reject", "approval").out.split("Signed: ")[1].split()[0]
    ran = cli("withdraw", desk / "out", "--claim", rejected, "--reason", "r", *by(desk, "Ada"))
    assert ran.code == 2, ran
    assert "lifted by that role alone" in ran.err
    forced(desk, "Ada", "owner", {"claim": rejected, "reason": "r"})
    reviewed = under_review.read(store.read_dossier(desk / "out"), where="out")
    trust = trusting.read((desk / "trust.yaml").read_bytes(), where="trust.yaml")
    judged = claims.believe(reviewed.signed, trust, reviewed.chain, "2099-01-01T00:00:00Z")
    assert [one.believed for one in judged] == [True, False]
    assert cli("withdraw", desk / "out", "--claim", rejected, "--reason", "r", *by(desk, "Ben")).code == 0


def forced(desk, name, role, said):
    """A withdrawal that no command would sign, put there by hand."""
    from cardwright.record.claim import Withdraw

    private = keys.open_private(desk / f"{name}.key", SECRET)
    files = store.read_dossier(desk / "out")
    reviewed = under_review.read(files, where="out")
    claim = Withdraw(
        person=name, key=keys.fingerprint(private.public_key()), role=role, at="2026-11-24T00:00:00Z",
        record_sha256=reviewed.case.record.sha256, **said,
    )  # fmt: skip
    claim = claim.model_copy(update={"at": reviewed.chain.entries[-1].at})
    line = claims.make(claim, private, reviewed.chain.head)
    (signed,) = claims.read(line + b"\n")
    chain = reviewed.chain.append("claim", claim.kind, signed.sealed.id, claim.at)
    rewrite(desk, {**files, layout.CLAIMS: files[layout.CLAIMS] + line + b"\n", layout.LEDGER: chain.to_bytes()})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("attest", "no_such_list", "foo", "--statement", "s"), "no checklist is called"),
        (("attest", "eu_ai_act", "no-such-item", "--statement", "s"), 'has no item "no-such-item"'),
        (("sign-off", "--decision", "approve", "--meaning", "approval", "--as", "Donald Duck"), "not of"),
        (("sign-off", "--decision", "approve", "--meaning", "approval", "--role", "king"), "may not sign as king"),
        (("countersign", "--as", "Ben"), "Take that person's own key"),
    ],
)
def test_nonsense_is_not_signed(cli, desk, words, says):
    command, *rest = words
    who = ["--key", desk / "Ada.key"]
    who += [] if "--as" in rest else ["--as", "Ada"]
    who += [] if "--role" in rest else ["--role", "owner"]
    ran = cli(command, desk / "out", *rest, *who)
    assert ran.code == 2, ran
    assert says in ran.err
    assert not (desk / "out" / "claims.jsonl").exists()


# ------------------------------------------------------------------------------------------------ clocks


@pytest.mark.parametrize("epoch", ["0", "4102444800"])
def test_no_variable_of_the_environment_is_the_receivers_clock(cli, released, monkeypatch, epoch):
    before = trusted(cli, released)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert (trusted(cli, released).code, before.code) == (0, 0)
    words = ["gate", released / "out", "--policy", released / "files" / "pilot.yaml", "--artifact", released / "files"]
    ran = cli(*words, "--trust", released / "trust.yaml", "--format", "json")
    assert ran.code == 0, ran
    assert json.loads(ran.out)["evaluated_at"][:4] not in ("1970", "2100")


# ------------------------------------------------------------------------------------------------ dates and code


@pytest.mark.parametrize("name", ["started", "finished", "earlier"])
def test_the_dates_that_the_verdict_reads_are_covered_by_what_is_signed(cli, released, name):
    """Evidence that is old is made young again, and every manifest sealed anew."""
    files = store.read_dossier(released / "out")
    facts = canonical.loads(files[layout.RUN])
    other = {"performance": "2020-01-01T00:00:00Z"} if name == "earlier" else "2020-01-01T00:00:00Z"
    changed = {**files, layout.RUN: canonical.dumps({**facts, name: other})}
    rewrite(released, {**changed, layout.MANIFEST: layout.to_json(layout.manifest_of(changed))})
    ran = trusted(cli, released)
    assert ran.code == 3, ran
    assert "it releases a manifest other than the one here" in ran.out


def test_nothing_that_a_case_is_made_of_stands_outside_of_what_is_signed():
    read = (layout.RECORD, layout.PLAN, layout.RUN, layout.BASELINE, layout.REVIEW)
    assert [name for name in read if layout.outside(name)] == []


def evaluators(desk, *accepted):
    """Have the trust file accept these distributions alone."""
    path = desk / "trust.yaml"
    lines = "".join(f"  - {{name: {name}, sha256: {sha256}}}\n" for name, sha256 in accepted)
    path.write_text(path.read_text() + f"evaluators:\n{lines}")


def test_a_record_made_with_code_that_the_receiver_does_not_accept_is_refused_by_its_name(cli, released):
    record = canonical.loads(store.read_dossier(released / "out")[layout.RECORD])
    made_by = {code["name"]: code["sha256"] for code in record["provenance"]["code"]}
    ran = trusted(cli, released)
    assert ran.code == 0, ran
    for name, sha256 in made_by.items():
        assert re.search(f"evaluators of {re.escape(name)} .*: {sha256}", ran.out)
    evaluators(released, *made_by.items())
    assert trusted(cli, released).code == 0
    before = (released / "trust.yaml").read_text()
    for accepted, says in (("0" * 64, "other files than those accepted"), (None, "not in the trust file")):
        (released / "trust.yaml").write_text(before.split("evaluators:")[0])
        evaluators(released, ("cardwright" if accepted else "acme", "0" * 64))
        ran = trusted(cli, released)
        assert ran.code == 1, ran
        assert "REFUSED at step 16, evaluators: the evaluators of cardwright" in ran.out
        assert says in ran.out


# ------------------------------------------------------------------------------------------------ everything rewritten


@pytest.fixture(scope="module")
def target(released_once, tmp_path_factory):
    """The released dossier, its receiver's verification, and the keys that an insider has."""
    files = store.read_dossier(released_once / "out")
    trust = trusting.read((released_once / "trust.yaml").read_bytes(), where="trust.yaml")
    policy = contents.policy_of(str(released_once / "files" / "pilot.yaml"))
    now = release_statement.read(files[layout.RELEASE]).release.issued_at
    encrypted, _ = keys.new("Cy", ("release",), SECRET, now)
    folder: Path = tmp_path_factory.mktemp("attacker")
    keys.save(folder / "stranger.key", encrypted)
    private = {
        "Ada": keys.open_private(released_once / "Ada.key", SECRET),
        "Ben": keys.open_private(released_once / "Ben.key", SECRET),
        "Cy": keys.open_private(folder / "stranger.key", SECRET),
    }

    def code(changed):
        try:
            report = verifying.verify(
                store.hold(dict(changed), where="dossier"),
                where="dossier",
                trust=trust,
                now=now,
                policy=lambda name: policy,
                printed=contents.documents_hold,
                artefacts=lambda names: store.digests(released_once / "files", list(names)),
            )
        except CardwrightError as exc:
            return exc.exit_code
        return report.exit_code

    return files, private, code


def _drop(files, private, draw):
    """Leave out some lines of the ledger, with their claims."""
    count = files[layout.LEDGER].count(b"\n")
    gone = draw(st.sets(st.integers(1, max(1, count - 1)), min_size=1, max_size=3))
    return rechained(files, lambda entry: entry.seq not in gone)


def _truncate(files, private, draw):
    """Cut the ledger off."""
    count = files[layout.LEDGER].count(b"\n")
    keep = draw(st.integers(1, max(1, count - 1)))
    return rechained(files, lambda entry: entry.seq < keep)


def _number(files, private, draw):
    """Another number in the record, resealed."""
    text = files[layout.RECORD]
    places = [n for n in range(len(text)) if text[n : n + 1] in b"123456789" and text[n - 2 : n] == b"0."]
    if not places:
        return files
    place = draw(st.sampled_from(places))
    digit = draw(st.sampled_from([d for d in b"123456789" if d != text[place]]))
    return {**files, layout.RECORD: text[:place] + bytes([digit]) + text[place + 1 :]}


def _verdict(files, private, draw):
    """Another moment, or other words, in the verdict, told by the ledger as if it had been so."""
    text = files[layout.VERDICT]
    old = canonical.digest(text)
    said = canonical.loads(text)
    at = said["evaluated_at"]
    said["evaluated_at"] = draw(st.sampled_from([at[:-2] + "0Z", at[:-4] + "01Z", at]))
    said["headline"] = draw(st.sampled_from([said["headline"], "ALLOWED"]))
    new = canonical.dumps(said)
    lines = files[layout.LEDGER].replace(old.encode(), canonical.digest(new).encode())
    return relinked({**files, layout.VERDICT: new, layout.LEDGER: lines})


def relinked(files):
    """The chain made to hold again over lines that were changed."""
    subject = canonical.loads(files[layout.RECORD])["subject"]["name"]
    again = ledger.Ledger(subject=subject)
    for line in files[layout.LEDGER].splitlines():
        entry = canonical.loads(line)
        again = again.append(entry["event"], entry["kind"], entry["digest"], entry["at"])
    return {**files, layout.LEDGER: again.to_bytes()}


def _document(files, private, draw):
    """Another final document, or none."""
    names = sorted(name for name in files if name.startswith(layout.FINAL))
    if not names:
        return files
    name = draw(st.sampled_from(names))
    if draw(st.booleans()):
        return {other: data for other, data in files.items() if other != name}
    reviewed = files.get(name.removeprefix(layout.FINAL))
    return {**files, name: reviewed if reviewed is not None else b""}


def _unreleased(files, private, draw):
    """No release statement, and a ledger that tells of none."""
    files = {name: data for name, data in files.items() if name != layout.RELEASE}
    if draw(st.booleans()):
        files = {name: data for name, data in files.items() if not name.startswith(layout.FINAL)}
    return rechained(files, lambda entry: entry.event != "release")


def _forged(files, private, draw):
    """A further approval, by somebody who does not hold the key."""
    name, role = draw(st.sampled_from([("Ben", "risk_head"), ("Ada", "owner"), ("Cy", "release")]))
    signer = private[draw(st.sampled_from(["Ada", "Ben", "Cy"]))]
    subject = canonical.loads(files[layout.RECORD])["subject"]["name"]
    chain = ledger.read(files[layout.LEDGER], subject)
    at = chain.entries[-1].at
    claim = SignOff(
        person=name, key=keys.fingerprint(signer.public_key()), role="king" if draw(st.booleans()) else role, at=at,
        decision="approve", meaning="approval", manifest_sha256="0" * 64,
    )  # fmt: skip
    line = claims.make(claim, signer, chain.head)
    (signed,) = claims.read(line + b"\n")
    chain = chain.append("claim", "sign_off", signed.sealed.id, at)
    return {**files, layout.CLAIMS: files.get(layout.CLAIMS, b"") + line + b"\n", layout.LEDGER: chain.to_bytes()}


def _restate(files, private, draw):
    """The release signed again over what is here, by somebody who may not."""
    if layout.RELEASE not in files:
        return files
    name = draw(st.sampled_from(["Ada", "Ben", "Cy"]))
    return restated(files, private[name], draw(st.sampled_from(["Cy", name])))


ATTACKS = (_drop, _truncate, _number, _verdict, _document, _unreleased, _restate)


@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_changed_and_chained_and_sealed_anew_is_refused(target, data):
    """No attack needs to guess a digest: each is followed by making every chain and manifest hold again."""
    files, private, code = target
    changed = files
    for attack in data.draw(st.lists(st.sampled_from(ATTACKS), min_size=1, max_size=3)):
        changed = attack(changed, private, data.draw)
        changed = {**changed, layout.MANIFEST: layout.to_json(layout.manifest_of(changed))}
    if data.draw(st.booleans()):
        changed = _restate(changed, private, data.draw)
    assume(changed != files)  # not one of the examples that are counted
    assert code(changed) != 0


@given(data=st.data())
@settings(max_examples=max(50, EXAMPLES // 10), deadline=None, suppress_health_check=list(HealthCheck))
def test_a_claim_that_is_added_with_a_key_that_may_not_say_it_is_refused(target, data):
    files, private, code = target
    changed = _forged(files, private, data.draw)
    added = claims.read(changed[layout.CLAIMS])[-1].claim
    honest = {"Ada": "owner", "Ben": "risk_head"}
    if honest.get(added.person) == added.role and added.key == keys.fingerprint(private[added.person].public_key()):
        return  # their own word, about another manifest: it counts for nothing, and harms nothing
    assert code(changed) != 0


def test_the_released_dossier_itself_is_verified(target):
    files, _, code = target
    assert code(files) == 0


def test_a_countersignature_by_one_who_has_not_seen_the_end_does_not_count(cli, desk):
    for name, role, meaning in (("Ada", "owner", "authorship"), ("Ada", "owner", "responsibility")):
        assert sign(cli, desk, name, role, "approve", meaning).code == 0
    assert countersign(cli, desk, "Ada").code == 0
    assert sign(cli, desk, "Ben", "risk_head", "approve", "approval").code == 0
    reviewed = under_review.read(store.read_dossier(desk / "out"), where="out")
    seen = under_review.countersigners(reviewed.chain, [one.claim for one in reviewed.signed])
    assert {claim.person for claim in seen} == {"Ben"}
