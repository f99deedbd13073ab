"""Releasing on the command line: what stands in the way is said, and one way of asking an authority is named."""

from datetime import datetime, timedelta

import pytest
from tests.attest.support import by, release

from cardwright.attest import status_statement
from cardwright.dossier import layout, store

pytest.importorskip("pyhanko", reason="timestamps need the pades extra")
pytest.importorskip("pyarrow", reason="sources need the tabular extra")


def test_one_way_of_asking_is_named(cli, released, tmp_path):
    assert cli("timestamp", released / "out").code == 2
    both = cli("timestamp", released / "out", "--query", tmp_path / "q", "--reply", tmp_path / "a")
    assert both.code == 2
    nowhere = cli("timestamp", released / "out", "--authority", "http://127.0.0.1:9/")
    assert nowhere.code == 2
    assert "gives no timestamp" in nowhere.err


def test_a_refusal_releases_nothing_and_says_its_verdict(cli, desk):
    ran = release(cli, desk)
    assert ran.code == 1, ran
    assert ran.out.startswith("You sign over:")
    assert "REFUSED" in ran.out
    assert not (desk / "out" / "release.json").exists()


def test_whoever_releases_hears_over_what_they_sign_and_of_a_seal_that_has_no_certificate(cli, desk):
    ran = release(cli, desk, "--pades-timestamps", "http://127.0.0.1:9/")
    assert ran.code == 2
    assert "--pades-timestamps is nothing without --pades-cert" in ran.err
    assert not (desk / "out" / "release.json").exists()


def test_a_certificate_that_cannot_be_opened_stops_everything_before_it_is_decided(cli, desk, monkeypatch):
    (desk / "org.p12").write_bytes(b"no certificate")
    monkeypatch.setenv("CARDWRIGHT_PADES_PASSPHRASE", "secret")
    before = (desk / "out" / "ledger.jsonl").read_bytes()
    ran = release(cli, desk, "--pades-cert", desk / "org.p12")
    assert ran.code in (2, 3), ran
    assert (desk / "out" / "ledger.jsonl").read_bytes() == before


def test_what_nobody_released_has_no_status(cli, desk):
    ran = cli("status-statement", desk / "out", *by(desk, "Cy", "status"))
    assert ran.code == 5, ran
    assert "nobody has released this dossier" in ran.err
    assert not [path for path in desk.iterdir() if "status" in path.name]


def test_a_status_is_written_beside_the_dossier_unless_a_file_is_named(cli, released):
    ran = cli("status-statement", released / "out", *by(released, "Cy", "status"), "--hours", 2)
    assert ran.code == 0, ran
    path = layout.status_beside(released / "out")
    said = status_statement.read(path.read_bytes(), where="status").status
    assert ran.out.startswith(f"{path}: in force as of {said.issued_at}, until {said.valid_until}")
    hours = datetime.fromisoformat(said.valid_until) - datetime.fromisoformat(said.issued_at)
    assert hours == timedelta(hours=2)
    named = cli(
        "status-statement", released / "out", *by(released, "Cy", "status"), "-o", released / "now.json", "--quiet"
    )
    assert (named.code, named.out) == (0, "")
    assert (released / "now.json").exists()


@pytest.mark.parametrize("hours", [0, 24 * 366 + 1])
def test_nobody_vouches_for_no_time_or_for_years(cli, released, hours):
    ran = cli("status-statement", released / "out", *by(released, "Cy", "status"), "--hours", hours)
    assert ran.code == 2
    assert not layout.status_beside(released / "out").exists()


def test_a_question_for_an_authority_is_a_file_that_changes_nothing(cli, released):
    before = store.read_dossier(released / "out")
    ran = cli("timestamp", released / "out", "--query", released / "q.tsq")
    assert ran.code == 0, ran
    assert f"a ledger of {len(before[layout.LEDGER].splitlines())} lines" in ran.out
    assert (released / "q.tsq").read_bytes()
    assert store.read_dossier(released / "out") == before
