"""A release statement names everything that is released by digest, and is refused where it names anything else."""

import hashlib

import pytest
from tests.attest.signers import AT, EMPTY

from cardwright.attest import envelope, keys, release_statement
from cardwright.attest.release_statement import Release
from cardwright.errors import IntegrityError
from cardwright.record import FileDigest, Subject, canonical

SUBJECT = Subject(
    kind="model", name="m", version="1", files=(FileDigest(path="model.bin", sha256="f" * 64, size=7),), licence="MIT"
)
FINAL = {"final/b.html": b"<p>", "final/a.md": b"# A\n"}


def release(key, **more):
    return Release(
        **{
            "subject": release_statement.subject_of(SUBJECT), "record_sha256": "0" * 64, "plan_sha256": "1" * 64, "policy": "pilot",
            "policy_sha256": "2" * 64, "manifest_sha256": "3" * 64, "verdict_sha256": "4" * 64,
            "documents": release_statement.documents_of(FINAL), "claims": ("5" * 64, "6" * 64), "ledger": EMPTY.head,
            "trust_sha256": "7" * 64, "issued_at": AT, "person": "Ada", "key": keys.fingerprint(key.public_key()), **more,
        }
    )  # fmt: skip


def test_final_documents_stand_by_path_with_digest_and_size():
    listed = [(entry.path, entry.sha256, entry.size) for entry in release_statement.documents_of(FINAL)]
    assert listed == [
        ("final/a.md", hashlib.sha256(b"# A\n").hexdigest(), 4),
        ("final/b.html", hashlib.sha256(b"<p>").hexdigest(), 3),
    ]
    assert release_statement.documents_of({}) == ()


def test_a_renamed_file_is_another_subject():
    renamed = SUBJECT.model_copy(update={"files": (FileDigest(path="other.bin", sha256="f" * 64, size=7),)})
    one, other = (release_statement.subject_of(subject) for subject in (SUBJECT, renamed))
    assert (one.files[0].path, other.files[0].path) == ("model.bin", "other.bin")
    assert one.identity_sha256 == SUBJECT.identity != other.identity_sha256


def test_a_statement_is_read_as_it_was_signed_and_named_by_what_is_signed(signers):
    key = signers["Ada"][0]
    data = release_statement.make(release(key), key)
    read = release_statement.read(data)
    assert read.release == release(key)
    assert read.sha256 == hashlib.sha256(read.sealed.payload).hexdigest()
    assert read.sealed.signed_by(key.public_key())
    assert not read.sealed.signed_by(signers["Ben"][0].public_key())


def test_everything_released_is_a_subject_of_the_statement(signers):
    key = signers["Ada"][0]
    assert release_statement.read(release_statement.make(release(key), key)).sealed.subjects == {
        "record.json": "0" * 64, "plan.lock.json": "1" * 64, "policy": "2" * 64, "manifest.json": "3" * 64,
        "verdict.json": "4" * 64, "final/a.md": hashlib.sha256(b"# A\n").hexdigest(),
        "final/b.html": hashlib.sha256(b"<p>").hexdigest(), "subject/model.bin": "f" * 64,
    }  # fmt: skip


def test_what_is_unknown_is_left_out_and_never_a_null(signers):
    key = signers["Ada"][0]
    sealed = release_statement.read(release_statement.make(release(key, plan_sha256=None), key)).sealed
    assert "plan.lock.json" not in sealed.subjects
    assert {"plan_sha256", "valid_until", "toolchain"}.isdisjoint(sealed.body["predicate"]["release"])


@pytest.mark.parametrize(
    "change",
    [
        lambda subjects: {name: digest for name, digest in subjects.items() if name != "final/a.md"},
        lambda subjects: {**subjects, "final/c.md": "a" * 64},
        lambda subjects: {**subjects, "verdict.json": "a" * 64},
    ],
    ids=["one left out", "one added", "another digest"],
)
def test_a_statement_that_names_other_subjects_than_it_releases_is_refused(signers, change):
    key = signers["Ada"][0]
    honest = release_statement.read(release_statement.make(release(key), key)).sealed
    body = envelope.statement(
        release_statement.TYPE, change(honest.subjects), {"release": canonical.plain(release(key))}
    )
    with pytest.raises(IntegrityError, match=r"^release.json: it names subjects other than those it releases"):
        release_statement.read(envelope.seal(body, key))


@pytest.mark.parametrize("predicate", [{}, {"release": None}, {"release": {"subject": "m"}}])
def test_another_signed_statement_is_no_release(signers, predicate):
    body = envelope.statement(release_statement.TYPE, {"record.json": "0" * 64}, predicate)
    with pytest.raises(IntegrityError, match="not a release statement"):
        release_statement.read(envelope.seal(body, signers["Ada"][0]))
