"""Whom a receiver believes: people by id, with several keys each, and no two who could be taken for one another."""

import pytest
from tests.attest.signers import trusting
from tests.attest.witness.logs import OTHER_PEM, PEM

from cardwright.attest import keys, trust
from cardwright.errors import IntegrityError, PolicyError

SECRET = "correct horse battery staple"
AT = "2026-11-01T00:00:00Z"


def request(person, roles=("owner",), **more):
    return keys.new(person, roles, SECRET, AT, "ed25519", **more)[1]


def private(encrypted, tmp_path, name):
    keys.save(tmp_path / name, encrypted)
    return keys.open_private(tmp_path / name, SECRET)


@pytest.fixture(scope="module")
def known():
    """Ada the owner."""
    return trust.enrol(trust.empty(), request("Ada"), "2026-11-01", where="request", roles=("owner",))


def test_only_the_roles_that_the_administrator_types_are_granted(known):
    asked = request("Ben", ("owner", "risk_head", "release"))
    after = trust.enrol(known, asked, "2026-11-02", where="request", roles=("risk_head",))
    assert [(person.id, person.roles) for person in after.people] == [("ada", ("owner",)), ("ben", ("risk_head",))]


@pytest.mark.parametrize("name", ["ADA", "Ada ", " a d a", "\u0410da", "\uff21da", "A\u0501a"])
def test_a_name_that_can_be_taken_for_one_that_is_enrolled_is_not_enrolled(known, name):
    with pytest.raises(PolicyError, match="can be taken for"):
        trust.enrol(known, request(name, id="somebody-else"), "2026-11-02", where="request", roles=("owner",))


@pytest.mark.parametrize("id", ["ada", "a.d.a".replace(".", ""), "ada"])
def test_an_id_stands_for_one_person(known, id):
    with pytest.raises(PolicyError, match='the id "ada" can be taken for "ada"'):
        trust.enrol(known, request("Eve", id=id), "2026-11-02", where="request", roles=("owner",))


def test_a_person_is_known_by_every_one_of_their_keys(known, tmp_path):
    encrypted, asked = keys.new("Ben", ("risk_head",), SECRET, AT)
    old = private(encrypted, tmp_path, "old")
    known = trust.enrol(known, asked, "2026-11-01", where="request", roles=("risk_head",))
    encrypted, handover = keys.new("Ben", (), SECRET, AT, replaces=old)
    new = private(encrypted, tmp_path, "new")
    after = trust.enrol(known, handover, "2026-11-20", where="request", roles=())
    held = [after.holder(keys.fingerprint(key.public_key())) for key in (old, new)]
    assert {holder.person.id for holder in held} == {"ben"}
    assert [(h.key.valid_from, h.key.valid_until) for h in held] == [("2026-11-01", "2026-11-20"), ("2026-11-20", None)]
    assert held[1].key.replaces == keys.fingerprint(old.public_key())
    assert held[1].person.roles == ("risk_head",)
    assert trust.read(trust.to_yaml(after), where="trust.yaml") == after


def test_nobody_hands_over_somebody_elses_key(known, tmp_path):
    encrypted, asked = keys.new("Ben", ("risk_head",), SECRET, AT)
    ben = private(encrypted, tmp_path, "ben")
    after = trust.enrol(known, asked, "2026-11-01", where="request", roles=("risk_head",))
    _, handover = keys.new("Ben", (), SECRET, AT, replaces=ben)
    stranger = private(keys.new("Eve", ("owner",), SECRET, AT)[0], tmp_path, "eve")
    forged = handover.model_copy(update={"old_proof": keys.sign(stranger, handover.signed).hex()})
    with pytest.raises(IntegrityError, match="proof does not hold"):
        trust.enrol(after, forged, "2026-11-20", where="request", roles=())
    other = keys.new("Ada", (), SECRET, AT, replaces=ben)[1]
    with pytest.raises(PolicyError, match="signed as Ada with the key of Ben"):
        trust.enrol(after, other, "2026-11-20", where="request", roles=())
    revoked = trust.revoke(after, keys.fingerprint(ben.public_key()), "2026-11-10", "Stolen.", where="trust.yaml")
    with pytest.raises(PolicyError, match="revoked or has expired"):
        trust.enrol(revoked, handover, "2026-11-20", where="request", roles=())


OLD = """\
schema: cardwright/trust/1
people:
{people}
policies: []
"""


def entry(name, roles):
    pem = "\n".join(f"      {line}" for line in request(name).public_key.strip().splitlines())
    return f"  - name: {name}\n    roles: [{roles}]\n    valid_from: 2026-11-01\n    public_key: |\n{pem}"


def test_a_file_of_version_1_is_read_as_what_it_says():
    text = OLD.format(people="\n".join([entry("Ada", "owner"), entry("Ben", "risk_head"), entry("Ada", "owner")]))
    old = trust.read(text.encode(), where="trust.yaml")
    assert [(p.id, p.name, p.roles, len(p.keys)) for p in old.people] == [
        ("ada", "Ada", ("owner",), 2),
        ("ben", "Ben", ("risk_head",), 1),
    ]
    assert trust.to_yaml(old).splitlines()[1] == b"schema: cardwright/trust/2"


def test_two_keys_of_one_name_with_other_roles_are_not_guessed_at():
    text = OLD.format(people="\n".join([entry("Ada", "owner"), entry("ada", "risk_head")]))
    with pytest.raises(PolicyError, match="two keys with different roles"):
        trust.read(text.encode(), where="trust.yaml")


def test_one_key_under_two_ids_is_an_error(signers):
    _, request, _ = signers["Ada"]
    known = trusting(request)
    twice = (known.people[0], known.people[0].model_copy(update={"id": "eve", "name": "Eve"}))
    with pytest.raises(ValueError, match="one key is one person"):
        trust.Trust(people=twice)
    with pytest.raises(PolicyError, match="enrolled already"):
        trust.enrol(known, request, "2026-11-02", where="request", roles=("owner",))


def test_a_trust_file_survives_the_round_trip(signers):
    known = trusting(signers["Ada"][1], signers["Ben"][1])
    known = trust.Trust(
        people=known.people,
        policies=(trust.AcceptedPolicy(name="production", sha256="a" * 64, subjects=("bo*",)),),
        evaluators=(trust.AcceptedCode(name='cardwright "ours"', sha256="b" * 64),),
        logs=(
            trust.Log(
                name="log.example.org",
                public_key=PEM,
                cosigners=(trust.LogCosigner(name="b.example/w1", public_key=OTHER_PEM),),
                cosigned_by=1,
            ),
        ),
        timestamp_authorities=(trust.TimestampAuthority(name="clock", certificate="line one\nline two\n"),),
        pdf_signatures=trust.PdfSignatures(roots=("line one\nline two\n",), required=True),
    )
    assert trust.read(trust.to_yaml(known), where="trust.yaml") == known


def test_a_cosigner_is_somebody_else_than_the_log_and_than_the_other_cosigners():
    one = trust.LogCosigner(name="a", public_key=OTHER_PEM)
    with pytest.raises(ValueError, match="it is nobody else"):
        trust.Log(name="log", public_key=PEM, cosigners=(one.model_copy(update={"public_key": PEM + "\n"}),))
    with pytest.raises(ValueError, match="it is nobody else"):
        trust.Log(name="log", public_key=PEM, cosigners=(one, one.model_copy(update={"name": "b"})))
    with pytest.raises(ValueError, match="2 cosigners are asked for, and 1 are named"):
        trust.Log(name="log", public_key=PEM, cosigners=(one,), cosigned_by=2)
    assert trust.Log(name="log", public_key=PEM, cosigners=(one,)).demanded == 1
    assert trust.Log(name="log", public_key=PEM, cosigners=(one,), cosigned_by=0).demanded == 0


@pytest.mark.parametrize(
    ("subject", "tier", "accepted"), [("boston", "high", True), ("boston", None, False), ("chicago", "high", False)]
)
def test_a_policy_is_accepted_for_named_subjects_and_tiers_only(subject, tier, accepted):
    policy = trust.AcceptedPolicy(name="p", sha256="a" * 64, subjects=("bo*",), risk_tiers=("high",))
    assert trust.Trust(policies=(policy,)).accepts("a" * 64, subject, tier) == accepted


def test_an_enrolment_request_that_was_changed_is_refused(signers):
    _, request, _ = signers["Ada"]
    with pytest.raises(IntegrityError, match="proof"):
        trust.enrol(
            trust.Trust(),
            request.model_copy(update={"roles": ("owner", "risk_head")}),
            "2026-11-01",
            where="r",
            roles=("owner",),
        )


@pytest.mark.parametrize("granted", [(), ("Big Role",)])
def test_a_key_for_no_role_is_not_enrolled_whatever_was_asked_for(granted):
    _, request = keys.new("Eve", ("owner",), SECRET, AT)
    with pytest.raises(PolicyError, match=r"^request: roles: "):
        trust.enrol(trust.Trust(), request, "2026-11-01", where="request", roles=granted)
