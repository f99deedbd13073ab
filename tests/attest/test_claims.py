"""Who is believed, and who may take back what: keys, days, other people's evidence, roles."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.attest.signers import AT, DAYS, EMPTY, SECRET, START, Book, ended, sign_off, trusting

from cardwright.attest import claims, keys, ledger, trust
from cardwright.errors import IntegrityError
from cardwright.record import Withdraw
from cardwright.record.claim import Countersign

# ------------------------------------------------------------------------------------------------ dates


@pytest.mark.parametrize("end", [{"revoked_on": "2026-11-20"}, {"valid_until": "2026-11-19"}])
def test_a_key_that_has_ended_counts_for_nothing_on_its_own_word(people, end):
    private, known = people
    book = Book(private)
    book.sign("Ada", DAYS[4])
    (judged,) = book.judged(ended(known, "Ada", **end))
    assert not judged.believed
    assert "nobody else's evidence dates this before then" in judged.why


@pytest.mark.parametrize("end", [{"revoked_on": "2026-11-20"}, {"valid_until": "2026-11-19"}])
@pytest.mark.parametrize(("day", "believed"), [(9, True), (18, True), (19, False), (24, False)])
def test_what_somebody_else_signed_over_in_time_stands(people, end, day, believed):
    private, known = people
    book = Book(private)
    book.sign("Ada", DAYS[4])
    book.sign("Ben", DAYS[day])
    first, second = book.judged(ended(known, "Ada", **end))
    assert (first.believed, second.believed) == (believed, True)


def test_an_expired_keys_backdated_claim_is_not_believed(people):
    """It comes after what somebody else signed in time, and bears an earlier date."""
    private, known = people
    book = Book(private)
    book.sign("Ben", DAYS[9])
    book.sign("Ada", DAYS[4])
    first, second = book.judged(ended(known, "Ada", valid_until="2026-11-19"))
    assert (first.believed, second.believed) == (True, False)


def test_nobody_dates_their_own_claims_with_a_second_key(people, tmp_path):
    private, known = people
    encrypted, request = keys.new("Ada", (), SECRET, START, replaces=private["Ada"])
    keys.save(tmp_path / "second.key", encrypted)
    both = trust.enrol(known, request, "2026-11-10", where="request", roles=())
    ada = both.named("Ada")
    old, new = ada.keys
    people_ = tuple(
        ada.model_copy(update={"keys": (old.model_copy(update={"revoked_on": "2026-11-20"}), new)})
        if p.id == ada.id
        else p
        for p in both.people
    )
    both = trust.changed(both, where="trust.yaml", people=people_)
    book = Book({**private, "Ada": private["Ada"]})
    book.sign("Ada", DAYS[4])
    book.private["Ada"] = keys.open_private(tmp_path / "second.key", SECRET)
    book.sign("Ada", DAYS[14])
    first, second = book.judged(both)
    assert (first.believed, second.believed) == (False, True)


@given(st.lists(st.tuples(st.sampled_from(["Ada", "Ben", "Cy"]), st.integers(0, 20)), min_size=1, max_size=6))
def test_fewer_claims_and_later_evidence_never_make_an_ended_key_count(people, said):
    """Cutting claims off the end can only take evidence away."""
    private, known = people
    book = Book(private)
    for number, (name, day) in enumerate(said):
        book.sign(name, DAYS[day], comment=str(number))
    after = ended(known, "Ada", revoked_on="2026-11-15")
    whole = [one.believed for one in book.judged(after)]
    for length in range(1, len(said)):
        part = claims.believe(
            claims.read(b"".join(book.lines.splitlines(keepends=True)[:length])),
            after,
            book.chain.prefix(length + 1),
            DAYS[-1],
        )
        assert all(
            known_ or not believed for believed, known_ in zip((one.believed for one in part), whole, strict=False)
        )


# ------------------------------------------------------------------------------------------------ withdrawals


def test_only_the_claimant_withdraws_a_claim(people):
    private, known = people
    book = Book(private)
    said = book.sign("Ada", DAYS[4])
    book.add("Ben", DAYS[5], Withdraw, claim=said, reason="r")
    book.add("Ada", DAYS[6], Withdraw, claim=said, reason="r")
    assert [one.believed for one in book.judged(known)] == [True, False, True]


def test_a_role_that_the_trust_file_names_withdraws_for_others_but_lifts_no_rejection(people):
    private, known = people
    known = trust.changed(known, where="trust.yaml", withdraws=("owner",))
    book = Book(private)
    approved, rejected = book.sign("Ben", DAYS[4]), book.sign("Ben", DAYS[5], decision="reject")
    book.add("Ada", DAYS[6], Withdraw, claim=approved, reason="r")
    book.add("Ada", DAYS[7], Withdraw, claim=rejected, reason="r")
    book.add("Ben", DAYS[8], Withdraw, claim=rejected, reason="r")
    judged = book.judged(known)
    assert [one.believed for one in judged] == [True, True, True, False, True]
    assert "lifted by that role alone" in judged[3].why


@pytest.mark.parametrize(("name", "believed"), [("Ada", False), ("Ben", False), ("Cy", True)])
def test_a_release_is_withdrawn_by_its_releaser(people, name, believed):
    private, known = people
    book = Book(private)
    book.add(name, DAYS[4], Withdraw, record_sha256="d" * 64, reason="r")
    releaser = known.named("Cy").id
    assert [one.believed for one in book.judged(known, releaser=releaser)] == [believed]
    assert [one.believed for one in book.judged(known)] == [False], "nothing is released"


def test_a_wrong_claim_is_taken_back_by_its_key_and_counts_against_nobody(people):
    private, known = people
    book = Book(private)
    wrong = book.sign("Ada", DAYS[4], person="Adda")
    judged = book.judged(known)
    assert [(one.believed, one.settled) for one in judged] == [(False, False)]
    book.add("Ben", DAYS[5], Withdraw, claim=wrong, reason="r")
    assert [one.settled for one in book.judged(known)] == [False, False], "it was not Ben's to take back"
    book.add("Ada", DAYS[6], Withdraw, claim=wrong, reason="r")
    judged = book.judged(known)
    assert [(one.believed, one.settled) for one in judged] == [(False, True), (False, False), (True, False)]


# ------------------------------------------------------------------------------------------------ what is signed


def test_an_id_is_never_signed_and_set_when_the_claim_is_believed(people):
    private, known = people
    book = Book(private)
    book.add("Ada", DAYS[4], Countersign, manifest_sha256="a" * 64, head="b" * 64, length=3)
    (signed,) = claims.read(book.lines)
    assert "person_id" not in signed.sealed.body["predicate"]["claim"]
    assert signed.claim.person_id is None
    (judged,) = book.judged(known)
    assert judged.signed.claim.person_id == known.named("Ada").id


def judge(signed, known, chain, now):
    """Whether one claim is believed."""
    (judged,) = claims.believe((signed,), known, chain, now)
    return judged


@pytest.mark.parametrize("name", ["Ada", "Ben"])
def test_a_claim_of_an_enrolled_key_is_believed(signers, name):
    key, request, _ = signers[name]
    line = claims.make(sign_off(name, key), key, EMPTY.head)
    (signed,) = claims.read(line + b"\n")
    assert judge(signed, trusting(request), EMPTY, AT).believed


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"person": "Eve"}, "signed as Eve"),
        ({"role": "risk"}, "may not sign as risk"),
        ({"at": "2026-10-01T00:00:00Z"}, "not valid on"),
    ],
)
def test_a_claim_beyond_what_its_key_may_say_is_not_believed(signers, change, why):
    key, request, _ = signers["Ada"]
    (signed,) = claims.read(claims.make(sign_off("Ada", key, **change), key, EMPTY.head) + b"\n")
    judged = judge(signed, trusting(request), EMPTY, AT)
    assert not judged.believed
    assert why in judged.why


def test_a_claim_in_anothers_name_is_not_believed(signers):
    ada, request, _ = signers["Ada"]
    ben, ben_request, _ = signers["Ben"]
    forged = sign_off("Ada", ada)  # says Ada's fingerprint, signed by Ben
    (signed,) = claims.read(claims.make(forged, ben, EMPTY.head) + b"\n")
    assert not judge(signed, trusting(request, ben_request), EMPTY, AT).believed


@pytest.fixture(scope="module")
def line(signers):
    key = signers["Ada"][0]
    return claims.make(sign_off("Ada", key), key, EMPTY.head) + b"\n"


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_every_flipped_byte_of_a_signed_line_is_seen(signers, line, data):
    _, request, _ = signers["Ada"]
    position = data.draw(st.integers(0, len(line) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(line)
    changed[position] ^= 1 << bit
    try:
        found = claims.read(bytes(changed))
    except IntegrityError:
        return
    assert not all(judge(one, trusting(request), EMPTY, AT).believed for one in found)


def test_a_ledger_that_was_cut_contradicts_what_was_signed(signers):
    key, request, _ = signers["Ada"]
    full = EMPTY
    for i in range(5):
        full = full.append("run", "record", str(i) * 64, AT)
    (signed,) = claims.read(claims.make(sign_off("Ada", key), key, full.head) + b"\n")
    cut = ledger.read(b"".join(full.to_bytes().splitlines(keepends=True)[:3]), "m")
    assert judge(signed, trusting(request), full, AT).believed
    assert "ledger" in judge(signed, trusting(request), cut, AT).why
