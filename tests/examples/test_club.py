"""The club's table is refused for what it holds, and mended by what is left out, made coarser and justified."""

import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="the example needs the extras")
pytest.importorskip("presidio_analyzer", reason="the example needs the text extra")

from tests.examples.test_runs import committed, statuses

HERE = Path(__file__).parents[2] / "examples" / "club"


@pytest.fixture(scope="module")
def prepare():
    spec = importlib.util.spec_from_file_location("club_prepare", HERE / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def k_anonymity(out):
    record = json.loads((out / "record.json").read_bytes())
    (found,) = [m for e in record["evaluations"] for m in e["measurements"] if m["metric"] == "k_anonymity"]
    return found["value"]


@pytest.mark.parametrize(
    ("plan", "open_ones", "least", "most"),
    [
        ("assessment.raw.yaml", {"personal-data": "failed", "re-identification": "failed"}, 1, 1),
        ("assessment.without_names.yaml", {"personal-data": "failed", "re-identification": "failed"}, 1, 1),
        ("assessment.yaml", {"personal-data": "missing"}, 5, 1_200),
    ],
)
def test_each_state_ends_as_the_readme_says(cli, tmp_path, plan, open_ones, least, most):
    folder = committed(tmp_path, "club")
    ran = cli("run", folder / plan, "-o", tmp_path / "out", "--quiet")
    assert ran.code == 1, ran
    assert statuses((tmp_path / "out" / "verdict.json").read_bytes()) == {**open_ones, "approval": "missing"}
    assert least <= k_anonymity(tmp_path / "out") <= most


def test_the_committed_tables_are_what_the_script_makes(prepare, tmp_path):
    prepare.main(["--out", str(tmp_path)])
    made = {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (HERE / "data").iterdir()}
    assert len(made) == 3


def test_what_names_a_person_is_in_the_first_table_alone(prepare):
    first = (HERE / "data" / "members.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert {*prepare.NAMING} < {*first}
    for name in ("members_without_names.csv", "members_in_bands.csv"):
        text = (HERE / "data" / name).read_text(encoding="utf-8")
        assert "@" not in text
        assert not {*prepare.NAMING} & {*text.splitlines()[0].split(",")}
