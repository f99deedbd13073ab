"""Old versions of a file are read as the current one; a newer one is refused by name."""

import json

import pytest
from tests.strategies import good_record

from cardwright.attest import trust
from cardwright.cli import schemas
from cardwright.dossier import layout, migrations
from cardwright.dossier.migrations import migrate
from cardwright.errors import EvidenceError, IntegrityError
from cardwright.files import disk, packaged
from cardwright.record import canonical

RECORD = layout.to_json(good_record())


def version(number, format="record", **more):
    return canonical.dumps({"schema": f"cardwright/{format}/{number}", **more})


def test_version_one_is_current_and_its_bytes_are_kept():
    found = migrate(RECORD, where="record.json")
    assert found.already_current
    assert canonical.dumps(found.document) == RECORD
    assert found.original_sha256 == good_record().sha256


def test_steps_lead_from_version_to_version_in_order():
    steps = {
        ("record", 1): lambda old: {**old, "path": [*old["path"], "1 to 2"]},
        ("record", 2): lambda old: {**old, "path": [*old["path"], "2 to 3"]},
    }
    original = version(1, path=[])
    found = migrate(original, where="r", steps=steps, current={"record": 3})
    assert found.document == {"schema": "cardwright/record/3", "path": ["1 to 2", "2 to 3"]}
    assert (found.before, found.after) == (1, 3)
    assert found.original_sha256 == canonical.digest(original)
    from_two = migrate(version(2, path=[]), where="r", steps=steps, current={"record": 3})
    assert from_two.document["path"] == ["2 to 3"]


def test_a_step_that_is_not_there_is_an_error():
    with pytest.raises(EvidenceError, match="nothing leads from cardwright/record/1 to 2"):
        migrate(version(1), where="r", steps={}, current={"record": 2})


def test_a_newer_version_is_refused_with_both_versions_named():
    with pytest.raises(EvidenceError, match=r"cardwright/record/7.*reads up to cardwright/record/1"):
        migrate(version(7), where="r")


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b"[]",
        b'"cardwright/record/1"',
        b'{"schema": 1}',
        b'{"schema": "cardwright/record/0"}',
        b'{"schema": "cardwright/record/01"}',
        b'{"schema": "cardwright/record/-1"}',
        b'{"schema": "cardwright/recrd/1"}',
        b'{"schema": "cardwright/record/1", "schema": "cardwright/record/1"}',
        b'{"schema": "cardwright/record/1"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"schema": "cardwright/record/1", "x": NaN}',
    ],
)
def test_what_is_no_file_of_ours_is_refused(data):
    with pytest.raises(IntegrityError):
        migrate(data, where="r")


def test_every_json_format_that_is_written_has_its_version_here():
    told = {name: schemas.model_of(name).model_fields["schema_"].default for name in migrations.CURRENT}
    assert told == {name: f"cardwright/{name}/{number}" for name, number in migrations.CURRENT.items()}


def test_the_command_says_that_it_is_current_and_writes_nothing(cli, tmp_path):
    disk.write_file(tmp_path / "record.json", RECORD)
    ran = cli("migrate", tmp_path / "record.json")
    assert (ran.code, "already current" in ran.out) == (0, True)
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


def test_the_command_refuses_a_newer_version_and_what_does_not_fit_its_schema(cli, tmp_path):
    disk.write_file(tmp_path / "new.json", version(2))
    ran = cli("migrate", tmp_path / "new.json")
    assert ran.code == 3
    assert "cardwright/record/2" in ran.err
    disk.write_file(tmp_path / "odd.json", json.dumps({**json.loads(RECORD), "extra": 1}).encode())
    assert cli("migrate", tmp_path / "odd.json").code == 3
    assert cli("migrate", tmp_path / "none.json").code == 3


def test_migrate_prints_the_old_and_the_new_digest_of_a_policy(cli, tmp_path):
    data, _ = packaged.read("policies", "dataset_research")
    disk.write_file(tmp_path / "policy.yaml", data)
    ran = cli("migrate", tmp_path / "policy.yaml")
    (told,) = [one for one in migrations.packaged_digests() if one.name == "dataset_research"]
    assert (ran.code, told.before in ran.out, told.now in ran.out) == (0, True, True)


def test_migrate_names_what_a_trust_file_accepts_by_an_old_digest(cli, tmp_path):
    (told,) = [one for one in migrations.packaged_digests() if one.name == "assistant_research"]
    own = trust.AcceptedPolicy(name="our-own", sha256="a" * 64)
    accepted = trust.AcceptedPolicy(name="assistant_research", sha256=told.before)
    disk.write_file(tmp_path / "trust.yaml", trust.to_yaml(trust.Trust(policies=(own, accepted))))
    before = (tmp_path / "trust.yaml").read_bytes()
    ran = cli("migrate", tmp_path / "trust.yaml")
    assert f"assistant_research: {told.before} is {told.now} now" in ran.out
    assert "our-own" in ran.out
    assert (tmp_path / "trust.yaml").read_bytes() == before, "whom to believe is the receiver's to say"


OLD_TRUST = b"schema: cardwright/trust/1\npeople: []\npolicies:\n  - {name: our-own, sha256: " + b"a" * 64 + b"}\n"


def test_migrate_writes_a_trust_file_of_version_1_beside_it_in_the_current_version(cli, tmp_path):
    disk.write_file(tmp_path / "trust.yaml", OLD_TRUST)
    ran = cli("migrate", tmp_path / "trust.yaml")
    assert ran.code == 0, ran
    assert "cardwright/trust/2, was cardwright/trust/1" in ran.out
    written = (tmp_path / "trust.2.yaml").read_bytes()
    assert b"schema: cardwright/trust/2\n" in written
    assert trust.read(written, where="w") == trust.read(OLD_TRUST, where="w")
    assert (tmp_path / "trust.yaml").read_bytes() == OLD_TRUST
    assert cli("migrate", tmp_path / "trust.yaml", "-o", tmp_path / "trust.yaml").code == 2
    again = cli("migrate", tmp_path / "trust.2.yaml", "-o", tmp_path / "more.yaml")
    assert (again.code, "already current" in again.out) == (0, True)
    assert not (tmp_path / "more.yaml").exists()


def test_migrate_says_that_it_writes_nothing_for_a_policy(cli, tmp_path):
    data, _ = packaged.read("policies", "dataset_research")
    disk.write_file(tmp_path / "policy.yaml", data)
    ran = cli("migrate", tmp_path / "policy.yaml", "-o", tmp_path / "other.yaml")
    assert ran.code == 2
    assert not (tmp_path / "other.yaml").exists()
