"""A release is signed only where everything is decided and nothing lacks; a status statement says what became of it since."""

import pytest
from tests.attest.support import SECRET, by, signed_by_all, waive

from cardwright.attest import keys, release_statement, releasing, status_statement, under_review
from cardwright.attest import trust as trusting
from cardwright.attest.reproduction import Reproduction
from cardwright.dossier import contents, enclosure, layout, store
from cardwright.errors import IntegrityError, NothingToCheckError, UsageError

REPRODUCED = Reproduction()


def of(desk, name="Cy"):
    trust = trusting.read((desk / "trust.yaml").read_bytes(), where="trust.yaml")
    return keys.open_private(desk / f"{name}.key", SECRET), trust


def last_moment(desk):
    return under_review.read(store.read_dossier(desk / "out"), where="out").chain.entries[-1].at


def released_by(desk, final, *, person="Cy", made=REPRODUCED, **more):
    private, trust = of(desk, person)
    return releasing.release(
        desk / "out",
        private,
        trust,
        contents.policy_of(str(desk / "files" / "pilot.yaml")),
        person=person,
        now=last_moment(desk),
        chosen_by="the plan",
        artefacts=store.digests(desk / "files", ["model.bin"]),
        again=lambda files, where, claims: made,
        final=final,
        **more,
    )


def never(files, case, verdict, releaser):
    raise AssertionError("nothing is released, so no final edition is made")


def test_a_refusal_is_written_down_with_its_decision_and_releases_nothing(desk):
    before = store.read_dossier(desk / "out")
    done = released_by(desk, never)
    after = store.read_dossier(desk / "out")
    assert (done.statement, done.lacking, done.verdict.allowed) == (None, None, False)
    assert {name for name in after if after[name] != before.get(name)} == {layout.LEDGER, layout.VERDICT}
    (line,) = under_review.read(after, where="out").chain.entries[len(before[layout.LEDGER].splitlines()) :]
    assert (line.event, line.digest) == ("decision", done.verdict.sha256)


def test_whoever_does_not_hold_the_role_releases_nothing(desk):
    before = store.read_dossier(desk / "out")
    with pytest.raises(UsageError, match="Ben may not sign as release"):
        released_by(desk, never, person="Ben")
    assert store.read_dossier(desk / "out") == before


@pytest.mark.parametrize("made", [None, Reproduction(changed=(("model_card.md", "its text differs"),))])
def test_documents_that_cannot_be_made_again_are_not_released(desk, made):
    before = store.read_dossier(desk / "out")
    with pytest.raises(IntegrityError):
        released_by(desk, never, made=made)
    assert store.read_dossier(desk / "out") == before


def test_the_final_editions_are_named_as_made_and_pdfs_alone_are_enclosed_and_sealed(cli, desk):
    assert waive(cli, desk).code == 0
    signed_by_all(cli, desk)
    pdf = store.read_dossier(desk / "out")["audit_report.pdf"]
    sealed = []

    def seal(data):
        sealed.append(data)
        return data

    editions = {"final/audit_report.pdf": pdf, "final/model_card.md": b"# M\n"}
    done = released_by(desk, lambda files, case, verdict, releaser: editions, seal=seal, toolchain={"weasyprint": "70"})
    files = store.read_dossier(desk / "out")
    said = release_statement.read(files[layout.RELEASE])
    assert done.statement == said.sha256
    assert said.release.documents == release_statement.documents_of(editions)
    assert said.release.toolchain == {"weasyprint": "70"}
    assert {name: data for name, data in files.items() if name.startswith(layout.FINAL)} == {
        "final/audit_report.pdf": sealed[0],
        "final/model_card.md": b"# M\n",
    }
    assert len(sealed) == 1
    assert enclosure.opened(sealed[0], where="final").document == pdf
    events = [(entry.event, entry.kind) for entry in under_review.read(files, where="out").chain.entries[-3:]]
    assert events == [("decision", "verdict"), ("release", "verdict"), ("release", "statement")]
    assert said.release.ledger.length == len(files[layout.LEDGER].splitlines()) - 1  # it cannot name its own line


# ------------------------------------------------------------------------------------------------ status


def stated(desk, **more):
    private, trust = of(desk)
    files = more.pop("files", None) or store.read_dossier(desk / "out")
    asked = {"person": "Cy", "role": "status", "now": last_moment(desk), "hours": 24, "where": "out", **more}
    return status_statement.read(releasing.status(files, private, trust, **asked), where="now.json").status


def test_what_nobody_released_has_no_status(desk):
    with pytest.raises(NothingToCheckError, match=r"nobody has released this dossier.*cardwright release"):
        stated(desk)


def test_a_release_that_nobody_withdrew_is_in_force_for_the_hours_that_are_vouched_for(released):
    said = stated(released, now="2099-12-31T12:00:00Z", hours=36)
    assert (said.state, said.reason, said.valid_until) == ("in_force", None, "2100-01-02T00:00:00Z")
    reviewed = under_review.read(store.read_dossier(released / "out"), where="out")
    assert (said.release_sha256, said.ledger) == (reviewed.release.sha256, reviewed.chain.head)


def test_a_withdrawal_is_stated_with_its_reason(cli, released):
    assert cli("withdraw", released / "out", "--reason", "It failed.", *by(released, "Ben")).code == 0
    said = stated(released)
    assert (said.state, said.reason) == ("withdrawn", "It failed.")


def test_a_role_that_is_not_granted_states_nothing(released):
    with pytest.raises(UsageError, match="Cy may not sign as risk_head"):
        stated(released, role="risk_head")


def test_a_ledger_that_was_cut_behind_the_release_gets_no_statement(released):
    files = store.read_dossier(released / "out")
    lines = files[layout.LEDGER].splitlines(keepends=True)
    with pytest.raises(IntegrityError, match="the ledger is not the one that was released"):
        stated(released, files={**files, layout.LEDGER: b"".join(lines[:-2])})
