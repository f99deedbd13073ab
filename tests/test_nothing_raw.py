"""Nothing raw, ever: values that are planted in every place that input has are found in no output.

A planted value is a name of two words, an e-mail address, a telephone number or an IBAN; each carries a mark that nothing else has,
so a search for the marks finds any of them. What the plan's author writes as a name of a person (who answers, who owns) is no raw
value: there only what has a form is planted. One run holds more than ten thousand values at once; a fault of the input, of which
there can be one at a time, is tried with one value of each kind.
"""

import io
import json
import logging
import random
import re
import zipfile

import pytest
import yaml

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.conftest import command
from tests.small_plan import DETAILS, PLAN, write_csv, write_plan

ROWS = 2_500
"""Four values of its own in each row: ten thousand in all."""
MARKS = re.compile(rb"Qzx|qzx\d|7911 9\d|79119\d{5}(?![0-9a-f])|9999 9999 0000|999999990000\d")
GIVEN = ("Ada", "Grace", "Alan", "Edsger", "Barbara")


def name(n: int) -> str:
    return f"{GIVEN[n % 5]} Qzx{''.join(chr(97 + int(d)) for d in str(n))}"


def address(n: int) -> str:
    return f"qzx{n}@example.org"


def phone(n: int) -> str:
    return f"+44 7911 9{n % 100_000:05d}"


def iban(n: int) -> str:
    account = f"999999990000{n % 1_000_000:06d}"
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


FORMS = (address, phone, iban)
"""What has a form, so that a detector knows it."""
KINDS = (name, *FORMS)

WIDE = """
  table: {table: data.csv, label: approved, person: patient}
  before: {table: data.csv, label: approved, person: patient}
  notes: {texts: data.csv, columns: [notes]}
  chat: {interactions: chat.jsonl, intent: observed}
evaluate:
  - data_profile: {source: table}
  - overlap: {training: before, source: table}
  - pii: {source: notes}
  - pii: {source: table, id: pii-of-the-table}
  - safety: {source: chat}
  - slices: {source: test, columns: [ward]}
"""


def wide_rows(rows: int = ROWS):
    rng = random.Random(1)
    for i in range(rows):
        p = rng.random()
        yield {
            "id": i,
            "approved": int(rng.random() < p),
            "p": f"{p:.6f}",
            "sex": phone(i) if i == 7 else "f" if i % 2 else "m",
            "ward": f"w{i % 4}",
            "patient": name(i % 5),  # common, as a person's column in a hospital's table is
            "nurse_on_duty": name(rows + i % 3),
            "contact_of_kin": address(i),
            "remarks": f"call {phone(i)}",
            "account": iban(i),
            "notes": f"{name(i)} <{address(i)}> paid from {iban(i)}",
            "size": address(i) if i == 11 else "ab"[i % 2],
            f"tel {phone(1)}": i % 3,
        }


def write_wide(folder):
    write_plan(folder, PLAN.replace("evaluate:\n", WIDE.lstrip("\n")).replace("unit: application", "person: patient"))
    write_csv(folder / "data.csv", wide_rows())
    said = (
        f'{{"prompt": "I am {name(n)}, {phone(n)}", "response": "Hello {name(n)}, {address(n)}"}}' for n in range(40)
    )
    (folder / "chat.jsonl").write_text("\n".join(said) + "\n")


def outputs(folder) -> bytes:
    """Every byte that a folder of outputs shows, compressed ones unpacked."""
    import pikepdf

    from cardwright.documents import tagged_text

    found = b""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        found += path.as_posix().encode() + b"\n"
        data = path.read_bytes()
        if data.startswith(b"%PDF"):
            said = tagged_text.read(data, where=path.name)
            words = (said.text, *said.margins, *said.links, *said.attached, *(word for _, word in said.described))
            found += "\n".join(words).encode()
            with pikepdf.open(io.BytesIO(data)) as file:
                for thing in file.objects:
                    if isinstance(thing, pikepdf.Stream) and thing.get("/Type") in ("/EmbeddedFile", "/Metadata"):
                        found += thing.read_bytes()
        elif data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                found += b"".join(archive.read(member) for member in archive.namelist())
        else:
            found += data
    return found


def clean(*texts: str | bytes) -> None:
    for text in texts:
        data = text.encode() if isinstance(text, str) else text
        seen = MARKS.search(data)
        assert seen is None, data[max(0, seen.start() - 120) : seen.end() + 60]


def test_ten_thousand_planted_values_stand_in_no_record_document_export_message_or_log(tmp_path, cli, caplog):
    write_wide(tmp_path)
    planted = {
        found.group()
        for found in re.finditer(r"\w+ Qzx\w+|qzx[^>\s,]+|\+44 7911 \d+|DE\d{20}", (tmp_path / "data.csv").read_text())
    }
    assert len(planted) >= 10_000
    out = tmp_path / "out"
    with caplog.at_level(logging.DEBUG):
        ran = cli("run", tmp_path, "-o", out, "--debug")
        clean(ran.out, ran.err)
        assert (out / "record.json").is_file(), ran.err
        record = json.loads((out / "record.json").read_bytes())
        assert {e["evaluator"] for e in record["evaluations"]} >= {"data_profile", "overlap", "pii", "safety", "slices"}
        assert not record["not_evaluated"]
        clean(outputs(out))
        for words in SPOKEN:
            told = cli(*(str(word).format(out=out, plan=tmp_path) for word in words))
            assert told.code in (0, 1), told.err
            clean(told.out, told.err)
        clean(*(path.read_bytes() for path in tmp_path.glob("out.exported*") if path.is_file()))
        for audience in ("public", "downstream", "regulator"):
            told = cli("render", out, "--audience", audience, "-o", tmp_path / audience)
            clean(told.out, told.err, outputs(tmp_path / audience))
    clean(caplog.text)


SPOKEN = (
    *(("export", "{out}", "--format", f, "-o", "{out}.exported") for f in ("hf", "croissant", "cyclonedx", "mct")),
    *(("gate", "{out}", "--own-policy", "--format", f) for f in ("text", "json", "junit", "sarif", "github")),
    ("todo", "{out}"),
    ("diff", "{out}", "{out}"),
    ("checklist", "coverage", "{out}"),
)
"""What reads a dossier and speaks."""


def headerless(folder, value):
    (folder / "data.csv").write_text(f"{value},0.5,1,{phone(1)}\n{value},0.4,0,{phone(2)}\n")


def cells(folder, column, value, rows=3):
    table = [*wide_rows(60)]
    for row in table[:rows]:
        row[column] = value
    write_csv(folder / "data.csv", table)


def heading(folder, *headings):
    lines = (folder / "data.csv").read_text().splitlines()
    (folder / "data.csv").write_text("\n".join([",".join(headings), *lines[1:]]) + "\n")


def plan(folder, old, new):
    text = (folder / "assessment.yaml").read_text()
    assert old in text
    (folder / "assessment.yaml").write_text(text.replace(old, new, 1))


def json_lines(folder, line):
    (folder / "data.jsonl").write_text(line + "\n")
    plan(folder, "data.csv", "data.jsonl")


DATA_FAULTS = {
    "a file without a header": headerless,
    "a header of one value": heading,
    "two columns of one name": lambda f, v: heading(f, "id", v, v, "sex"),
    "a label in place of another": lambda f, v: cells(f, "approved", v),
    "labels that look alike": lambda f, v: [cells(f, "approved", v), plan(f, "favourable: 1", "favourable: 7")],
    "every label": lambda f, v: [cells(f, "approved", v, 60), plan(f, "favourable: 1", "favourable: 7")],
    "a score": lambda f, v: cells(f, "p", v),
    "a group": lambda f, v: [cells(f, "sex", v), plan(f, "[sex]", "{sex: [f, m]}")],
    "all groups": lambda f, v: [cells(f, "sex", v, 60), plan(f, "[sex]", "{sex: [f, m]}")],
    "a row that is too long": lambda f, v: (f / "data.csv").write_text(f"id,approved,p,sex\n1,1,0.5,{v},{v}\n"),
    "a quote that is never closed": lambda f, v: (f / "data.csv").write_text(f'id,approved,p,sex\n1,1,0.5,"{v}\n'),
    "a broken line of JSON": lambda f, v: json_lines(f, f'{{"approved": "{v}", '),
    "a key twice": lambda f, v: json_lines(f, f'{{"{v}": 1, "{v}": 2}}'),
    "a line that is a text": lambda f, v: json_lines(f, f'"{v}"'),
    "a column that is not there": lambda f, v: [heading(f, "id", v, "p", "sex"), plan(f, "score: p", "score: q")],
    "a sensitive column of many values": lambda f, v: [cells(f, "sex", v), plan(f, "[sex]", "[contact_of_kin]")],
    "a person that is missing": lambda f, v: plan(f, "unit: application", "person: nobody"),
    "a favourable outcome in other quotes": lambda f, v: [cells(f, "approved", f"'{v}'"), plan(f, "favourable: 1", 'favourable: "x"')],
}  # fmt: skip


def refused(cli, folder) -> None:
    """The command says what is wrong, with an exit code of a fault of input, and repeats nothing: with `--debug` neither."""
    for more in ((), ("--debug",)):
        ran = cli("evaluate", folder, "-o", folder / "record.json", *more)
        clean(ran.out, ran.err)
        assert ran.code not in (0, 4), ran.err


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("fault", DATA_FAULTS)
def test_a_fault_of_the_data_is_told_without_the_data(fault, kind, tmp_path, cli):
    DATA_FAULTS[fault](write_plan(tmp_path), kind(4711))
    refused(cli, tmp_path)


def leaves(value, path=()):
    """The paths of every scalar and of every key of a file, a key's with a mark at its end."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key, KEY)
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    else:
        yield path


KEY = "(the key)"
PLACES = [
    *(("assessment.yaml", path) for path in leaves(yaml.safe_load(PLAN.replace("evaluate:\n", WIDE.lstrip("\n"))))),
    *(("details.yaml", path) for path in leaves(yaml.safe_load(DETAILS))),
]


def planted_at(value, path, word):
    """A copy of a file's content with a word in one place of it."""
    (first, *rest) = path
    if rest == [KEY]:
        return {word if key == first else key: inner for key, inner in value.items()}
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[first] = planted_at(value[first], rest, word) if rest else word
    return changed


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wide")
    write_wide(folder)
    write_csv(folder / "data.csv", wide_rows(60))
    assert (
        command("evaluate", folder, "-o", folder / "record.json").code == 0
    )  # else every fault would be told in its stead
    return folder


@pytest.mark.parametrize(
    ("file", "path"), PLACES, ids=lambda part: part if isinstance(part, str) else ".".join(map(str, part))
)
def test_whatever_place_of_plan_or_details_holds_it_is_told_without_it(file, path, wide, cli, tmp_path):
    """The author of a plan names contacts on purpose: `contact` of `owners` is the one field that may hold an address."""
    before = (wide / file).read_text()
    try:
        for kind in FORMS:
            word = kind(4711)
            (wide / file).write_text(yaml.safe_dump(planted_at(yaml.safe_load(before), path, word), sort_keys=False))
            for more in ((), ("--debug",)):
                ran = cli("evaluate", wide, "-o", tmp_path / "record.json", *more)
                clean(ran.out, ran.err)
                assert ran.code != 4, ran.err
            if (tmp_path / "record.json").exists() and path[-1] != "contact":
                clean((tmp_path / "record.json").read_bytes())
    finally:
        (wide / file).write_text(before)
