"""A receiver is not led back to an older trust file, nor on to one that nobody who administers it has signed."""

import pytest
from tests.attest.witness.logs import OTHER_PEM, PEM

from cardwright.attest import keys, trust, trust_versions
from cardwright.errors import PolicyError, UsageError

SECRET = "correct horse battery staple"
AT, LATER = "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An administrator, somebody else, and three versions of a trust file with their signatures."""
    folder = tmp_path_factory.mktemp("office")
    private, file = {}, trust.empty()
    for name, role in (("Cy", "administrator"), ("Ben", "risk_head")):
        encrypted, request = keys.new(name, (role,), SECRET, AT, "ed25519")
        keys.save(folder / name, encrypted)
        private[name] = keys.open_private(folder / name, SECRET)
        file = trust.enrol(file, request, "2026-11-01", where="request", roles=(role,))
    versions, previous = [], None
    for number in range(3):
        draft = trust.changed(file, where="t", withdraws=tuple(f"role{n}" for n in range(number)))
        made = trust_versions.sign(
            draft, previous, private["Cy"], person="Cy", now=LATER, owner="Bank", expires=None, where="t"
        )
        versions.append(made)
        previous = made[0]
    return private, versions


def state(version):
    return trust_versions.accepted(version[0], version[1], None, now=LATER, where="t")


def test_the_next_version_is_accepted_and_remembered(office):
    _, (first, second, third) = office
    assert [v[0].sequence for v in (first, second, third)] == [1, 2, 3]
    seen = trust_versions.accepted(second[0], second[1], state(first), now=LATER, where="t")
    assert seen == state(second)
    assert trust_versions.accepted(third[0], third[1], seen, now=LATER, where="t") == state(third)
    assert trust_versions.accepted(third[0], None, state(third), now=LATER, where="t") == state(third), "seen before"


def test_an_older_version_than_the_last_one_seen_is_refused(office):
    _, (first, second, _) = office
    with pytest.raises(PolicyError, match="version 1, and version 2 was seen"):
        trust_versions.accepted(first[0], first[1], state(second), now=LATER, where="t")


def test_another_version_of_the_same_number_is_refused(office):
    _, (_, second, _) = office
    other = trust.changed(second[0], where="t", withdraws=("everybody",))
    with pytest.raises(PolicyError, match="not the version 2"):
        trust_versions.accepted(other, second[1], state(second), now=LATER, where="t")


@pytest.mark.parametrize("signature", [None, "the one before", "somebody else's"])
def test_a_next_version_that_no_administrator_has_signed_is_refused(office, signature):
    private, (first, second, _) = office
    ben = next(p for p in first[0].people if p.name == "Ben")
    grabbed = trust.changed(
        first[0],
        where="t",
        people=tuple(p.model_copy(update={"roles": ("administrator",)}) if p is ben else p for p in first[0].people),
    )
    made, line = trust_versions.sign(
        grabbed, grabbed, private["Ben"], person="Ben", now=LATER, owner="Bank", expires=None, where="t"
    )
    made = trust.changed(made, where="t", previous=first[0].sha256) if signature is None else made
    given = {None: None, "the one before": second[1], "somebody else's": line}[signature]
    with pytest.raises(PolicyError):
        trust_versions.accepted(made, given, state(first), now=LATER, where="t")


def test_who_is_no_administrator_signs_no_version(office):
    private, (first, _, _) = office
    with pytest.raises(UsageError, match="may not sign as administrator"):
        trust_versions.sign(
            first[0], first[0], private["Ben"], person="Ben", now=LATER, owner=None, expires=None, where="t"
        )


def test_what_differs_is_shown(office):
    _, (first, second, _) = office
    assert trust_versions.difference(first[0], first[0], today="2026-11-20") == []
    lines = trust_versions.difference(first[0], second[0], today="2026-11-20")
    assert "+ may withdraw others' claims and releases: role0" in lines


@pytest.mark.parametrize(
    "more",
    [
        {"evaluators": (trust.AcceptedCode(name="cardwright", sha256="b" * 64),)},
        {"logs": (trust.Log(name="log", public_key=OTHER_PEM),)},
        {"timestamp_authorities": (trust.TimestampAuthority(name="clock", certificate="another"),)},
        {"pdf_signatures": trust.PdfSignatures(roots=("another",))},
        {"pdf_signatures": trust.PdfSignatures(roots=("root",), required=True)},
        {"pdf_signatures": trust.PdfSignatures(roots=("root",), timestamp=True)},
    ],
)
def test_code_key_or_certificate_that_is_exchanged_under_the_same_name_is_shown(more):
    before = {
        "evaluators": (trust.AcceptedCode(name="cardwright", sha256="a" * 64),),
        "logs": (trust.Log(name="log", public_key=PEM),),
        "timestamp_authorities": (trust.TimestampAuthority(name="clock", certificate="one"),),
        "pdf_signatures": trust.PdfSignatures(roots=("root",)),
    }
    lines = trust_versions.difference(trust.Trust(**before), trust.Trust(**{**before, **more}), today="2026-11-20")
    assert any(line.startswith("+ ") for line in lines), lines
