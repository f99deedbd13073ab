"""What bad input gets: one clear error that names the file, the right exit code, nothing written, no traceback."""

import json
import re

import pytest
from tests.strategies import good_case

from cardwright.dossier import layout, store
from cardwright.record import canonical

NOW = 1795435200  # 2026-11-23T12:00:00Z
RECORD = canonical.dumps(good_case().record)


def saying(**update) -> bytes:
    return canonical.dumps({**json.loads(RECORD), **update})


def numbers(text: bytes) -> bytes:
    changed = re.sub(rb'"value":[0-9.]+', b'"value":' + text, RECORD, count=1)
    assert changed != RECORD
    return changed


BAD = {
    "cut off": (RECORD[: len(RECORD) // 2], "not JSON"),
    "empty": (b"", "not JSON"),
    "not UTF-8": (RECORD.replace(b'"title"', b'"ti\xfftle"', 1), "not UTF-8 at byte"),
    "UTF-16": (RECORD.decode().encode("utf-16"), "not UTF-8 at byte 0"),
    "with a byte order mark": (b"\xef\xbb\xbf" + RECORD, "not JSON"),
    "a key twice": (b'{"title":"other",' + RECORD[1:], 'the key "title" appears twice'),
    "NaN": (numbers(b"NaN"), "NaN is not a JSON number"),
    "an infinity": (numbers(b"1e999"), "finite number"),
    "a number as text": (numbers(b'"0.9"'), "valid number"),
    "five thousand digits": (numbers(b"1" * 5000), "too many digits"),
    "deep lists": (b"[" * 100_000, "nested too deeply"),
    "deep objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deeply"),
    "of a newer version": (saying(schema="cardwright/record/2"), "it is cardwright/record/2, and this cardwright reads up to cardwright/record/1"),
    "of another format": (saying(schema="cardwright/plan-lock/1"), "it is a cardwright/plan-lock/1, not a cardwright/record/1"),
    "of no format": (saying(schema=7), "schema:"),
    "a list": (b"[]", "valid dictionary"),
    "with an unknown key": (saying(extra=1), "extra"),
    "of a hundred megabytes": (b'{"a":"' + b"x" * (100 * 2**20) + b'"}', "larger than 64 MB"),
    "hidden characters": (saying(title="a\u202eb"), "hidden character U\\+202E"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOW))


def dossier(folder, record: bytes):
    """A dossier whose manifest is in order, around a record that is not."""
    case = good_case()
    files = {layout.RECORD: record, layout.PLAN: canonical.dumps(case.plan), layout.RUN: canonical.dumps(case.run)}
    files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
    store.write_dossier(folder, files)
    return folder


def test_the_record_that_the_others_are_made_of_is_read(cli, tmp_path):
    ran = cli("gate", dossier(tmp_path / "out", RECORD), "--policy", "research")
    assert (ran.code, ran.err) == (1, "")


@pytest.mark.parametrize("what", BAD)
def test_a_bad_record_gives_one_clear_error_and_writes_nothing(cli, tmp_path, what):
    data, says = BAD[what]
    out = dossier(tmp_path / "out", data)
    before = sorted(tmp_path.rglob("*"))
    for words in (("gate", out, "--policy", "research"), ("render", out, "-o", tmp_path / "card.md")):
        ran = cli(*words)
        assert (ran.code, ran.out) == (3, "")
        assert re.search(says, ran.err), ran.err
        assert "out/record.json" in ran.err
        assert ran.err.count("\n") == 1
        assert "Traceback" not in ran.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_of_the_dossier_that_is_not_canonical_is_named_by_verify(cli, tmp_path):
    """The manifest fits, and any JSON reader would read the same; verify says that somebody has rewritten it."""
    out = dossier(tmp_path / "out", json.dumps(json.loads(RECORD)).encode())
    ran = cli("verify", out)
    assert ran.code == 3
    assert "2 canonical   failed     record.json: not in canonical form" in ran.out


@pytest.mark.parametrize("chain", [("a",), ("a", "b"), ("a", "b", "c")])
def test_policies_that_extend_one_another_in_a_circle_are_refused(cli, tmp_path, chain):
    for name, base in zip(chain, (*chain[1:], chain[0]), strict=True):
        (tmp_path / f"{name}.yaml").write_text(
            f"schema: cardwright/policy/1\npolicy: {name}\nversion: 1.0.0\ntitle: t\nextends: {base}.yaml\nkinds: [model]\n"
            "set_by: us\nset_on: 2026-11-01\n"
        )
    ran = cli("gate", dossier(tmp_path / "out", RECORD), "--policy", tmp_path / "a.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "it extends itself" in ran.err


def test_a_policy_of_a_newer_version_says_so(cli, tmp_path):
    (tmp_path / "p.yaml").write_text("schema: cardwright/policy/7\npolicy: p\n")
    ran = cli("gate", dossier(tmp_path / "out", RECORD), "--policy", tmp_path / "p.yaml")
    assert ran.code == 2
    assert "cardwright/policy/7" in ran.err


@pytest.mark.parametrize(
    ("kinds", "when"), [("[dataset]", ""), ("[model]", ", applies_when: {kind: [dataset]}")], ids=["of another kind", "none applies"]
)  # fmt: skip
def test_a_policy_of_which_nothing_applies_ends_with_5(cli, tmp_path, kinds, when):
    (tmp_path / "p.yaml").write_text(
        f"schema: cardwright/policy/1\npolicy: p\nversion: 1.0.0\ntitle: t\nkinds: {kinds}\nset_by: us\nset_on: 2026-11-01\n"
        f"requirements:\n  - {{id: a, title: t, why: w, origin: internal, age: {{max_days: 30}}{when}}}\n"
    )
    ran = cli("gate", dossier(tmp_path / "out", RECORD), "--policy", tmp_path / "p.yaml")
    assert (ran.code, ran.out) == (5, "")
    assert ran.err.count("\n") == 1
