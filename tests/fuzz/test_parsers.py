"""Whatever bytes a parser is given, it answers with a value or with a refusal of ours: never another error, never a hang.

Each parser gets bytes out of nothing, bytes made of the pieces that its grammar is made of, and a good file with some of its bytes
changed, cut out or put in. There are few examples by default; the long profile (`HYPOTHESIS_PROFILE=long`) has thousands.
"""

import io
import json
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import good_record

from cardwright.attest import claims, keys, ledger, trust
from cardwright.documents import toolchain
from cardwright.dossier import enclosure, layout
from cardwright.errors import CardwrightError
from cardwright.files import yamltext
from cardwright.plan import assessment
from cardwright.plan.card_import import import_card
from cardwright.policy import checklist
from cardwright.policy.policy import read_policy
from cardwright.record import Record, canonical, comparison
from cardwright.record.provenance import RunFacts
from cardwright.record.record import PlanLock
from cardwright.record.verdict import Verdict
from cardwright.sources.files import open_rows
from cardwright.sources.load import load
from cardwright.sources.models import load_model
from cardwright.sources.spec import parse_source

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
FEW = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "2000" if LONG else "12")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
MOST_MEMORY = 300 * 2**20
"""Of Python's own objects; a few hundred bytes that make more are a bomb."""

TRAPS = [
    b"1" * 5000, b"-" + b"9" * 400, b"1e999", b"NaN", b'"\\ud800"', b'"\\udc00x"', b'"\\u0000"', b"\x00", b"\xff\xfe", b"\xef\xbb\xbf",
    b"[" * 2000, b"{" * 200, b'{"a":' * 300, b"&a [*a, *a]", b"!!python/object:os.system", b"\\UFFFFFFFF", b"? ", b": ", b"- ", b"\n",
    b"\r", b"\t", b'"', b"'", b",", b"2026-13-45", b"null", b"~", b"{}", b"[]", b"<svg xmlns='http://www.w3.org/2000/svg'>", b"|\n", b">\n",
    b'"schema": ', b"schema: ", b"---\n", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"%PDF-1.7\n", b"endobj", b"/Prev -1", b"PK\x03\x04", b"PAR1",
]  # fmt: skip


class Parser(NamedTuple):
    """A door that files come in by."""

    read: Callable[[bytes, Path], object]
    good: Callable[[], bytes]
    ending: str = ""


def _file(read: Callable[[Path], object], ending: str) -> Callable[[bytes, Path], object]:
    def at(data: bytes, folder: Path) -> object:
        path = folder / f"x{ending}"
        path.write_bytes(data)
        return read(path)

    return at


def _rows(path: Path) -> int:
    return sum(batch.num_rows for batch in open_rows(path, where=path.name).batches())


def _transcripts(path: Path) -> int:
    return len(list(load(parse_source({"interactions": path.name, "intent": "observed"}), "chat", path.parent)))


TABLE = pa.table({"label": ["a", "b", "a"], "score": [0.1, 0.9, 0.5], "n": [1, 2, 3]})


def _arrow() -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return sink.getvalue()


def _parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(TABLE, sink)
    return sink.getvalue()


@cache
def _skops() -> bytes:
    import numpy as np
    import skops.io
    from sklearn.linear_model import LogisticRegression

    return skops.io.dumps(LogisticRegression().fit(np.array([[0.0], [1.0]]), ["a", "b"]))


@cache
def _pdf() -> bytes:
    import pikepdf

    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        sink = io.BytesIO()
        pdf.save(sink, static_id=True)
    return sink.getvalue()


def _zip(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return sink.getvalue()


def _packaged(kind: str, name: str) -> bytes:
    from cardwright.files import packaged

    return packaged.read(kind, name)[0]


PLAN = b"""schema: cardwright/assessment/1
subject: {kind: model, name: credit, version: "1"}
sources: {test: {predictions: p.csv, label: y, score: s, favourable: 1, sensitive: {sex: [f, m]}}}
evaluate: [{performance: {source: test}}, {fairness: {source: test}}]
policy: research
seed: 1
"""
DETAILS = b"""schema: cardwright/details/1
stated_by: A
stated_on: 2026-11-20
summary: Orders the queue.
owners: [{name: A, role: owner, contact: the desk}]
"""
CHAT = b'{"id": "1", "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [{"type": "text", "text": "ho"}]}]}\n'
CARD = b"---\nlicence: mit\n---\n# Intended use\n\nOrders the queue.\n\n# Limitations\n\nBoston.\n"
TOOLKIT = json.dumps(
    {
        "model_details": {"overview": "x", "owners": [{"name": "A"}], "citations": [{"citation": "c"}]},
        "considerations": {"users": [{"description": "u"}], "ethical_considerations": [{"name": "r"}]},
        "model_parameters": {"data": [{"name": "eval", "description": "d"}]},
    }
).encode()
TRUST = b'schema: cardwright/trust/1\npeople: [{name: Ada, roles: [owner], public_key: "x", valid_from: 2026-01-01}]\n'


def _parse(model: type, data: bytes, folder: Path) -> object:
    return canonical.parse(model, data, where="x")


PARSERS = {
    "plan": Parser(_file(assessment.load, ".yaml"), lambda: PLAN),
    "details": Parser(_file(assessment.load_details, ".yaml"), lambda: DETAILS),
    "policy": Parser(
        lambda data, _: read_policy(data, where="x", find=lambda name: (_ for _ in ()).throw(CardwrightError("none"))),
        lambda: _packaged("policies", "research"),
    ),
    "checklist": Parser(
        lambda data, _: checklist.read(data, where="x"), lambda: _packaged("checklists", "nist_ai_rmf")
    ),
    "trust": Parser(lambda data, _: trust.read(data, where="x"), lambda: TRUST),
    "yaml": Parser(lambda data, _: yamltext.parse(data, where="x"), lambda: DETAILS),
    "record": Parser(partial(_parse, Record), lambda: canonical.dumps(good_record())),
    "verdict": Parser(partial(_parse, Verdict), lambda: b'{"schema": "cardwright/verdict/1", "outcomes": []}'),
    "manifest": Parser(partial(_parse, layout.Manifest), lambda: b'{"schema": "cardwright/manifest/1", "files": {}}'),
    "plan lock": Parser(partial(_parse, PlanLock), lambda: b'{"schema": "cardwright/plan-lock/1"}'),
    "run facts": Parser(partial(_parse, RunFacts), lambda: b'{"schema": "cardwright/run/1"}'),
    "enrolment": Parser(partial(_parse, keys.Enrolment), lambda: b'{"person": "Ada", "roles": ["owner"]}'),
    "canonical": Parser(lambda data, _: canonical.read(data, where="x"), lambda: b'{"a":[1,2.5,"b"],"c":null}'),
    "comparison": Parser(
        lambda data, _: comparison.from_json(data, where="x"), lambda: b'{"schema": "cardwright/comparison/1"}'
    ),
    "claims": Parser(
        lambda data, _: claims.read(data),
        lambda: b'{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}\n',
    ),
    "ledger": Parser(
        lambda data, _: ledger.read(data, "0" * 64), lambda: b'{"at":"2026-11-20T00:00:00Z","event":"run","index":0}\n'
    ),
    "public key": Parser(
        lambda data, _: keys.load_public(data.decode("utf-8", "replace"), where="x"),
        lambda: b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n",
    ),
    "JSON Lines": Parser(_file(_rows, ".jsonl"), lambda: b'{"a": 1, "b": "x"}\n{"a": 2.5, "b": null}\n'),
    "CSV": Parser(_file(_rows, ".csv"), lambda: b'a,b\n1,"x"\n2,y\n'),
    "Parquet": Parser(_file(_rows, ".parquet"), _parquet),
    "Arrow": Parser(_file(_rows, ".arrow"), _arrow),
    "transcripts": Parser(_file(_transcripts, ".jsonl"), lambda: CHAT),
    "skops": Parser(_file(lambda path: load_model(path, ["x"]), ".skops"), _skops),
    "skops JSON": Parser(
        lambda data, folder: _file(lambda path: load_model(path, ["x"]), ".skops")(_zip(schema_dot_json=data), folder),
        lambda: zipfile.ZipFile(io.BytesIO(_skops())).read("schema.json"),
    ),
    "torch": Parser(
        _file(lambda path: load_model(path, ["x"]), ".pt2"), lambda: _zip(m__archive_format=b"pt2", m__version=b"0")
    ),
    "torch JSON": Parser(
        lambda data, folder: _file(lambda path: load_model(path, ["x"]), ".pt2")(
            _zip(m__archive_format=b"pt2", m__models__model_dot_json=data), folder
        ),
        lambda: b'{"graph_module": {"graph": {"nodes": [{"target": "torch.ops.aten.add"}]}}, "range_constraints": {}}',
    ),
    "card": Parser(lambda data, _: import_card(data, name="c.md", today="2026-11-20"), lambda: CARD),
    "toolkit card": Parser(lambda data, _: import_card(data, name="c.json", today="2026-11-20"), lambda: TOOLKIT),
    "PDF": Parser(lambda data, _: enclosure.opened(data, where="x"), _pdf),
    "toolchain of a PDF": Parser(lambda data, _: toolchain.embedded(data, where="x"), _pdf),
}

CHANGES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.one_of(st.sampled_from(TRAPS), st.binary(max_size=6))),
    min_size=1,
    max_size=4,
)


def changed(data: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """The same bytes, with some cut out and others put in their place."""
    for where, cut, put in changes:
        place = int(where * len(data))
        data = data[:place] + put + data[place + cut :]
    return data


def answers(name: str, data: bytes, folder: Path) -> None:
    """A value, or a refusal of ours in a sentence; anything else is an error of the test's."""
    tracemalloc.start()
    try:
        PARSERS[name].read(data, folder)
    except CardwrightError as refusal:
        assert "validation error" not in str(refusal)
        assert refusal.what
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < MOST_MEMORY


@pytest.mark.parametrize("name", PARSERS)
def test_a_good_file_with_some_bytes_changed_is_read_or_refused(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    good = PARSERS[name].good()

    @FEW
    @given(CHANGES)
    def check(changes):
        answers(name, changed(good, changes), folder)

    check()


@pytest.mark.parametrize("name", PARSERS)
def test_bytes_out_of_nothing_are_read_or_refused(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")

    @FEW
    @given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(TRAPS), max_size=6).map(b"".join)))
    def check(data):
        answers(name, data, folder)

    check()


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: repr(trap[:12]))
@pytest.mark.parametrize("name", ["plan", "details", "JSON Lines", "transcripts", "skops JSON", "toolkit card"])
def test_each_trap_in_the_place_of_a_value_is_read_or_refused(name, trap, tmp_path):
    frames = {
        "plan": PLAN.replace(b"seed: 1", b"seed: %s"),
        "details": DETAILS.replace(b"Orders the queue.", b"%s"),
        "JSON Lines": b'{"a": %s}\n',
        "transcripts": CHAT.replace(b'"hi"', b"%s"),
        "skops JSON": b'{"__class__": %s}',
        "toolkit card": TOOLKIT.replace(b'"x"', b"%s"),
    }
    answers(name, frames[name].replace(b"%s", trap), tmp_path)
