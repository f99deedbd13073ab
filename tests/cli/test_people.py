"""What people say on the command line: what cannot be said is refused, and nothing is signed."""

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.support import by, in_days, sign

MONTH = in_days(30)


def bytes_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("waive", "request", "rankin", "--reason", "r", "--controls", "c", "--expires", MONTH), 'Did you mean "ranking"?'),
        (("waive", "request", "owner", "--reason", "r", "--controls", "c", "--expires", MONTH), 'no requirement "owner"'),
        (("waive", "request", "performance", "--reason", "r", "--controls", "c", "--expires", MONTH), "there is nothing to waive"),
        (("waive", "request", "ranking", "--reason", "r", "--controls", "c", "--expires", "2026-02-30"), "--expires is not a day"),
        (("waive", "request", "ranking", "--reason", "r", "--controls", "c", "--expires", "soon"), "--expires is not a day"),
        (("waive", "approve", "ffffffff"), "names no claim"),
        (("sign-off", "--decision", "approve", "--meaning", "approval", "--answers", "ffffffff"), "names no claim"),
        (("sign-off", "--decision", "approve", "--meaning", "approval", "--comment", "a\u202eb"), "hidden character U+202E"),
        (("withdraw", "--reason", "r", "--claim", "ffffffff"), "names no claim"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused_and_nothing_is_signed(cli, desk, words, says):
    count = 2 if words[0] == "waive" else 1
    before = bytes_of(desk)
    ran = cli(*words[:count], desk / "out", *words[count:], *by(desk, "Ada"))
    assert (ran.code, "Signed" in ran.out) == (2, False)
    assert says in ran.err
    assert bytes_of(desk) == before


@pytest.mark.parametrize(
    "words",
    [
        ("attest",),
        ("attest", "out", "responsible_ai_minimum", "consulted"),
        ("attest", "out", "--plan", "files/assessment.yaml"),
        ("attest", "--plan", "files/assessment.yaml", "--statement", "Met."),
        ("attest", "out", "responsible_ai_minimum", "consulted", "--statement", "Met.", "-o", "out"),
    ],
)
def test_words_that_do_not_go_together_are_a_usage_error(cli, desk, monkeypatch, words):
    monkeypatch.chdir(desk)
    ran = cli(*words, "--key", "Ben.key", "--as", "Ben", "--role", "risk_head")
    assert ran.code == 2, ran
    assert sorted(p.name for p in desk.glob("*.plan.jsonl")) == []


def test_the_wrong_passphrase_signs_nothing(cli, desk, monkeypatch):
    monkeypatch.setenv("CARDWRIGHT_PASSPHRASE", "another passphrase")
    assert sign(cli, desk, "Ada", "owner", "approve", "responsibility").code == 2
    assert not (desk / "out" / "claims.jsonl").exists()


def test_what_somebody_attested_is_in_the_coverage_of_a_checklist_for_whoever_trusts_them(cli, desk, monkeypatch):
    words = ("--key", desk / "Ada.key", "--as", "Ada", "--role", "owner", "--trust", desk / "trust.yaml")
    said = (
        "attest",
        desk / "out",
        "responsible_ai_minimum",
        "consulted",
        "--statement",
        "Two groups were asked in May.",
    )
    assert cli(*said, *words).code == 0
    asked = ("checklist", "coverage", desk / "out")
    assert ", 1 attested," in cli(*asked, "--trust", desk / "trust.yaml").out
    report = (
        "render",
        desk / "out",
        "--document",
        "responsible_ai_report",
        "--format",
        "html",
        "-o",
        desk / "rai.html",
    )
    assert cli(*report, "--trust", desk / "trust.yaml").code == 0
    assert "Two groups were asked in May." in (desk / "rai.html").read_text()
    monkeypatch.delenv("CARDWRIGHT_TRUST", raising=False)
    nobody = cli(*asked)
    assert ", 0 attested," in nobody.out
    assert "1 claims not counted" in nobody.err
