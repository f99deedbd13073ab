"""Many dossiers in one table: what each says of itself, what expires, and what cannot be read."""

import json
from datetime import UTC, datetime

import pytest
from tests.cli.reports.support import WAIVED, outcome, verdict
from tests.strategies import good_case

from cardwright.dossier import layout, store
from cardwright.dossier.contents import policy_of
from cardwright.errors import UsageError
from cardwright.policy.gate import decide
from cardwright.record.verdict import Outstanding
from cardwright.run import status

NOW = 1795435200  # 2026-11-23T12:00:00Z


def dossier(folder, *outcomes, name="loans", version="1.0.0", valid_until=None, claims=b"", outstanding=()):
    """A dossier of small parts, with a verdict of these outcomes."""
    case = good_case()
    subject = case.record.subject.model_copy(update={"name": name, "version": version})
    record = case.record.model_copy(update={"subject": subject})
    plan = case.plan.model_copy(update={"subject": subject})
    files = {layout.RECORD: layout.to_json(record), layout.PLAN: layout.to_json(plan)}
    said = verdict(*outcomes) if outcomes else None
    if said is not None:
        inputs = said.inputs.model_copy(update={"record_sha256": record.sha256})
        said = said.model_copy(update={"inputs": inputs, "valid_until": valid_until, "outstanding": outstanding})
        files[layout.VERDICT] = layout.to_json(said)
    files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
    store.write_dossier(folder, files)
    return folder


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    moment = datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    monkeypatch.setattr("cardwright.cli.dossiers.clock", lambda: moment)


def rows(cli, *words):
    return json.loads(cli("status", *words, "--format", "json").out)["dossiers"]


def test_a_table_of_many_models_fits_eighty_columns(cli, tmp_path):
    dossier(tmp_path / "a", outcome(1, "passed"), name="a" * 60, version="2026.11.23-rc.1+build")
    dossier(tmp_path / "b", *[outcome(n, "missing") for n in range(1, 9)], outstanding=(
        Outstanding(role="owner", meaning="approval", requirement="r9"),
    ))  # fmt: skip
    dossier(tmp_path / "deep" / "c", outcome(1, "failed", waived=WAIVED), valid_until="2026-12-20")
    ran = cli("status", tmp_path)
    assert ran.code == 0
    assert max(len(line) for line in ran.out.splitlines()) <= 80
    assert "missing: r1 missing, r2 missing, r3 missing and 5 more" in ran.out
    assert "to sign: owner" in ran.out
    assert "waived: r1 until 2026-12-20" in ran.out
    assert ran.out.splitlines()[-1] == "3 dossiers: 3 draft"


def test_json_says_the_same_in_full(cli, tmp_path):
    dossier(tmp_path / "a", outcome(1, "failed", waived=WAIVED), outcome(2, "passed"), name="a" * 60)
    (row,) = rows(cli, tmp_path)
    assert row["name"] == "a" * 60
    assert row["decision"] == "allowed"
    assert row["waivers"] == [{"requirement": "r1", "expires": "2026-12-20"}]
    assert row["missing"] == []


@pytest.mark.parametrize(
    ("valid_until", "within", "code"),
    [("2026-12-07", "14d", 1), ("2026-12-08", "14d", 0), ("2026-11-22", "0d", 1), ("2026-12-07", "2w", 1), (None, "9999d", 0)],
)  # fmt: skip
def test_what_expires_within_so_many_days_fails_the_build(cli, tmp_path, valid_until, within, code):
    dossier(tmp_path / "a", outcome(1, "passed"), valid_until=valid_until)
    ran = cli("status", tmp_path, "--expiring", within)
    assert ran.code == code, ran
    assert ("expire" in ran.out.split("dossiers:")[1]) is (code == 1) or valid_until == "2026-11-22"


def test_what_has_expired_is_expired_and_a_refused_one_expires_nobody(cli, tmp_path):
    dossier(tmp_path / "a", outcome(1, "passed"), valid_until="2026-11-22", name="a")
    dossier(tmp_path / "b", outcome(1, "failed"), valid_until="2026-11-22", name="b")
    assert [row["state"] for row in rows(cli, tmp_path)] == ["expired", "draft"]
    assert [row["expiring"] for row in rows(cli, tmp_path, "--expiring", "1d")] == [True, False]


@pytest.mark.parametrize("name", ["record.json", "manifest.json", "plan.lock.json", "verdict.json"])
def test_an_unreadable_dossier_is_a_row_that_says_so_and_exit_code_3(cli, tmp_path, name):
    dossier(tmp_path / "good", outcome(1, "passed"), name="good")
    bad = dossier(tmp_path / "bad", outcome(1, "passed"), name="bad")
    (bad / name).write_bytes((bad / name).read_bytes()[:-20])
    ran = cli("status", tmp_path)
    assert ran.code == 3
    assert "unreadable" in ran.out
    assert "good" in ran.out
    assert len(rows(cli, tmp_path)) == 2


def test_a_verdict_of_another_record_is_not_shown_as_this_ones(cli, tmp_path):
    dossier(tmp_path / "a", outcome(1, "passed"))
    dossier(tmp_path / "b", outcome(1, "failed"), version="2")
    (tmp_path / "b" / "verdict.json").write_bytes((tmp_path / "a" / "verdict.json").read_bytes())
    ran = cli("status", tmp_path / "b")
    assert ran.code == 3
    assert "another record" in " ".join(ran.out.split())


def test_a_dossier_without_its_manifest_is_not_passed_over(cli, tmp_path):
    dossier(tmp_path / "a", outcome(1, "passed"))
    (tmp_path / "a" / "manifest.json").unlink()
    assert cli("status", tmp_path).code == 3


def test_no_dossier_is_nothing_to_check(cli, tmp_path):
    assert cli("status", tmp_path).code == 5
    assert cli("status", tmp_path / "none").code == 3


def test_a_span_that_is_none_is_a_usage_error(cli, tmp_path):
    dossier(tmp_path / "a", outcome(1, "passed"))
    for span in ("14", "d", "-1d", "14 days", ""):
        assert cli("status", tmp_path, f"--expiring={span}").code == 2
    with pytest.raises(UsageError):
        status.days("1y")


def test_an_archived_dossier_is_superseded(cli, tmp_path):
    dossier(tmp_path / "1.0.0.superseded-0123456789ab", outcome(1, "passed"), valid_until="2026-11-01")
    (row,) = rows(cli, tmp_path, "--expiring", "14d")
    assert (row["state"], row["expiring"]) == ("superseded", False)


def test_a_dossier_without_a_verdict_is_a_draft_that_says_what_is_missing(cli, tmp_path):
    dossier(tmp_path / "a")
    (row,) = rows(cli, tmp_path)
    assert (row["decision"], row["state"]) == ("-", "draft")
    assert row["missing"]


def test_the_decision_is_that_of_the_gate(cli, tmp_path):
    case = good_case()
    found = decide(case, policy_of("production"), "2026-11-23T12:00:00Z")
    files = {layout.RECORD: layout.to_json(case.record), layout.VERDICT: layout.to_json(found)}
    row = status.row(files, "a", "2026-11-23")
    assert row.decision == found.decision
    assert row.missing == tuple(f"{o.requirement} {o.status}" for o in found.blocking)


def test_a_dossier_behind_a_link_is_not_passed_over_and_a_circle_ends(cli, tmp_path):
    dossier(tmp_path / "elsewhere" / "a", outcome(1, "passed"))
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a").symlink_to(tmp_path / "elsewhere" / "a")
    (tmp_path / "here" / "circle").symlink_to(tmp_path / "here")
    assert len(rows(cli, tmp_path / "here")) == 1
