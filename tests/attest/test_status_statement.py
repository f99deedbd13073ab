"""Whose word on a release counts, for how long, and how a dossier contradicts it."""

import pytest
from tests.attest.signers import DAYS, EMPTY, START, ended

from cardwright.attest import keys, status_statement, trust
from cardwright.attest.status_statement import Status
from cardwright.errors import IntegrityError

RELEASED = "d" * 64
ASKED = trust.StatusDemand(max_age_hours=24, issuers="release")
CHAIN = EMPTY.append("run", "record", "0" * 64, START).append("decision", "verdict", "1" * 64, START)


def said(people, **more):
    private, _ = people
    return Status(
        **{
            "subject": "m", "release_sha256": RELEASED, "state": "in_force", "ledger": CHAIN.head, "issued_at": DAYS[9],
            "valid_until": DAYS[11], "person": "Cy", "key": keys.fingerprint(private["Cy"].public_key()), "role": "release",
            **more,
        }
    )  # fmt: skip


def signed(people, *, by="Cy", **more):
    return status_statement.read(status_statement.make(said(people, **more), people[0][by]), where="now.json")


def test_what_was_signed_is_read_with_or_without_the_end_of_its_line(people):
    line = status_statement.make(said(people, state="withdrawn", reason="It failed."), people[0]["Cy"])
    assert status_statement.read(line, where="now.json") == status_statement.read(line + b"\n", where="now.json")
    assert status_statement.read(line, where="now.json").status.reason == "It failed."


@pytest.mark.parametrize("data", [b"", b"{}", b"null\n", b"\xff"])
def test_what_is_no_signed_statement_is_refused_and_its_file_named(data):
    with pytest.raises(IntegrityError, match=r"^now.json"):
        status_statement.read(data, where="now.json")


def test_a_statement_about_another_release_than_it_says_is_refused(people):
    from cardwright.attest import envelope
    from cardwright.record import canonical

    body = {"status": canonical.plain(said(people))}
    line = envelope.seal(envelope.statement(status_statement.TYPE, {"release.json": "e" * 64}, body), people[0]["Cy"])
    with pytest.raises(IntegrityError, match="it names a release other than the one it is about"):
        status_statement.read(line, where="now.json")


def test_a_claim_is_no_status_statement(people):
    from tests.attest.signers import sign_off

    from cardwright.attest import claims

    line = claims.make(sign_off("Cy", people[0]["Cy"]), people[0]["Cy"], CHAIN.head)
    with pytest.raises(IntegrityError, match="not a status statement"):
        status_statement.read(line, where="now.json")


def test_a_fresh_statement_of_the_demanded_role_is_believed(people):
    assert status_statement.doubt(signed(people), people[1], ASKED, DAYS[9]) is None
    assert status_statement.doubt(signed(people), people[1], None, DAYS[11]) is None


@pytest.mark.parametrize(
    ("now", "asked", "why"),
    [
        (DAYS[10], ASKED, None),
        ("2026-11-11T12:00:01Z", ASKED, "asks for one no older than 24 hours"),
        (DAYS[11], None, None),
        ("2026-11-12T12:00:01Z", None, f"it was valid until {DAYS[11]}"),
        (DAYS[8], ASKED, f"it is dated in the future, {DAYS[9]}"),
        (DAYS[9], trust.StatusDemand(max_age_hours=24, issuers="status"), "signed as release; the trust file asks for status"),
    ],
)  # fmt: skip
def test_age_counts_to_the_second_and_is_the_receivers_demand(people, now, asked, why):
    doubt = status_statement.doubt(signed(people), people[1], asked, now)
    assert doubt is None if why is None else why in doubt


@pytest.mark.parametrize(
    ("by", "more", "why"),
    [
        ("Ben", {}, "the signature is not from Cy's key"),
        ("Cy", {"person": "Ben"}, "signed as Ben with the key of Cy"),
        ("Cy", {"role": "status"}, "Cy may not sign as status"),
        ("Cy", {"issued_at": "2026-10-31T00:00:00Z"}, "the key of Cy is not valid on 2026-10-31"),
        ("Cy", {"key": "f" * 64}, "the key ffffffffffff of Cy is not in the trust file"),
    ],
)
def test_a_statement_that_its_key_may_not_make_is_not_believed(people, by, more, why):
    assert status_statement.doubt(signed(people, by=by, **more), people[1], None, DAYS[9]) == why


def test_a_revoked_key_states_nothing_not_even_of_the_day_before(people):
    after = ended(people[1], "Cy", revoked_on=DAYS[10][:10])
    doubt = status_statement.doubt(signed(people), after, None, DAYS[10])
    assert doubt.startswith("the key of Cy was revoked on 2026-11-11")


def test_a_ledger_that_went_on_contradicts_nothing(people):
    longer = CHAIN.append("claim", "withdraw", "2" * 64, DAYS[10])
    assert status_statement.contradiction(said(people), RELEASED, longer) is None


@pytest.mark.parametrize(
    ("release", "chain", "how"),
    [
        ("e" * 64, CHAIN, "it is about another release"),
        (RELEASED, CHAIN.prefix(1), "it knows a ledger of 2 lines, and here are 1: the last ones were left out"),
        (RELEASED, CHAIN.prefix(1).append("run", "record", "9" * 64, START), "it knows another ledger: a line was rewritten"),
    ],
)  # fmt: skip
def test_a_dossier_that_was_cut_or_rewritten_contradicts_it(people, release, chain, how):
    assert status_statement.contradiction(said(people), release, chain) == how
