"""Whatever is changed in a signed dossier shows: any byte, any file, any line, any name."""

import os
import random

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from cardwright.attest import trust as trusting
from cardwright.attest import verify as verifying
from cardwright.dossier import contents, layout, store
from cardwright.errors import CardwrightError

MUTATIONS = int(os.environ.get("CARDWRIGHT_MUTATIONS", "330"))


@pytest.fixture
def receiver(released):
    """A released dossier as bytes, and what its receiver does with it: (files, verify)."""
    desk = released
    files = store.read_dossier(desk / "out")
    trust = trusting.read((desk / "trust.yaml").read_bytes(), where="trust.yaml")
    policy = contents.policy_of(str(desk / "files" / "pilot.yaml"))
    now = store_time(files)

    def verify(changed):
        try:
            held = store.hold(changed, where="dossier")
            report = verifying.verify(
                held,
                where="dossier",
                trust=trust,
                now=now,
                policy=lambda name: policy,
                printed=contents.documents_hold,
                artefacts=lambda names: store.digests(desk / "files", list(names)),
            )
        except CardwrightError as exc:
            return exc.exit_code
        return report.exit_code

    return files, verify


def store_time(files):
    from cardwright.record import canonical
    from cardwright.record.verdict import Verdict

    return canonical.parse(Verdict, files[layout.VERDICT], where="verdict").evaluated_at


def flip_byte(files, rng):
    name = rng.choice(sorted(files))
    data = bytearray(files[name])
    place = rng.randrange(len(data))
    data[place] ^= 1 << rng.randrange(8)
    return {**files, name: bytes(data)}, f"a bit of byte {place} of {name}"


def cut(files, rng):
    name = rng.choice(sorted(files))
    place = rng.randrange(len(files[name]))
    return {**files, name: files[name][:place]}, f"{name} cut at {place}"


def add(files, rng):
    name = rng.choice(sorted(files))
    more = rng.choice([b"\n", b" ", b"{}", b"\x00", files[name][-40:]])
    return {**files, name: files[name] + more}, f"{more!r} at the end of {name}"


def delete(files, rng):
    name = rng.choice(sorted(files))
    return {other: data for other, data in files.items() if other != name}, f"{name} left out"


def swap(files, rng):
    a, b = rng.sample(sorted(files), 2)
    return {**files, a: files[b], b: files[a]}, f"{a} and {b} swapped"


def rename(files, rng):
    name = rng.choice(sorted(files))
    rest = {other: data for other, data in files.items() if other != name}
    return {**rest, f"{name}.bak": files[name]}, f"{name} renamed"


def bring(files, rng):
    name = rng.choice(["note.txt", "final/more.md", "evidence/more.json", "claims.jsonl.1", "Record.json"])
    return {**files, name: b"{}"}, f"{name} added"


def lines(files, rng):
    name = rng.choice([layout.CLAIMS, layout.LEDGER])
    have = files[name].splitlines(keepends=True)
    way = rng.choice(["drop", "swap", "twice", "move"])
    place = rng.randrange(len(have))
    if way == "drop":
        del have[place]
    elif way == "twice":
        have.insert(place, have[rng.randrange(len(have))])
    elif way == "swap":
        other = (place + 1 + rng.randrange(len(have) - 1)) % len(have)
        have[place], have[other] = have[other], have[place]
    else:
        have.append(have.pop(rng.randrange(len(have) - 1)))
    return {**files, name: b"".join(have)}, f"{way} line {place} of {name}"


WAYS = (flip_byte, flip_byte, flip_byte, cut, add, delete, swap, rename, bring, lines, lines)


def test_every_change_of_a_released_dossier_is_refused(receiver):
    files, verify = receiver
    assert verify(files) == 0
    rng = random.Random(20261123)
    passed = []
    for number in range(MUTATIONS):
        changed, what = WAYS[number % len(WAYS)](files, rng)
        if changed != files and verify(changed) == 0:
            passed.append(what)
    assert passed == []


def test_every_byte_that_no_manifest_covers_is_covered_by_something_else(receiver):
    """The files beside the manifest: a bit of some of their bytes, and of each byte of the last lines of the ledger."""
    files, verify = receiver
    rng = random.Random(1)
    passed = []
    for name in (layout.LEDGER, layout.VERDICT, layout.MANIFEST, layout.CLAIMS, layout.RELEASE):
        data = files[name]
        for place in rng.sample(range(len(data)), min(len(data), MUTATIONS // 10)):
            spoilt = bytearray(data)
            spoilt[place] ^= 1 << rng.randrange(8)
            if verify({**files, name: bytes(spoilt)}) == 0:
                passed.append((name, place, data[max(0, place - 20) : place + 20]))
    assert passed == []
