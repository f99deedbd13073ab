"""What `init` writes, `run` runs: for tables of every shape it leads to a verdict, or says what stands in the way."""

import csv
import datetime
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from cardwright.dossier import store
from cardwright.dossier.contents import policy_of
from cardwright.errors import CardwrightError, PlanError, SourceError, StoreError, UsageError
from cardwright.handoff import gather
from cardwright.plan import scaffold
from cardwright.plan.assessment import load
from cardwright.policy.gate import decide
from cardwright.run.prepare import prepare

NOW = "2026-11-28T12:00:00Z"
NOBODY = lambda question, proposal: None  # noqa: E731


def agreeing(question, proposal):
    """A person who takes every proposal."""
    return proposal


def table(folder, columns, name="x.parquet"):
    path = folder / name
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path)
    return path


def init(folder, source, given=None, *, kind=None, ask=NOBODY, yes=True, force=False):
    return scaffold.init(folder / "new", source, kind, given or {}, ask, yes=yes, force=force)


def plan_of(folder):
    return yaml.safe_load((folder / "new" / "assessment.yaml").read_text(encoding="utf-8").replace(": ?", ': "?"'))


def verdict_of(folder, *, without=()):
    """The verdict of the plan in a folder; what its evaluators could not do is their own word, never a stranger's error."""
    assessment = load(folder / "new")
    policy = policy_of(assessment.file.policy)
    only = tuple(step.id for step in assessment.steps if step.id not in without)
    case = gather(assessment, policy, now=NOW, workers=1, only=only)
    for gap in case.record.not_evaluated:
        assert gap.code != "error" or " raised " not in gap.reason, gap.reason
    return decide(case, policy, NOW, "review")


N = 60
BITS = [n % 2 for n in range(N)]
PROB = [(n * 37 % 100) / 100 for n in range(N)]
AMOUNT = [n * 1.5 + n % 7 for n in range(N)]
SEX = ["f", "m", "m"] * (N // 3)
SHAPES = {
    "scores": {"y": BITS, "p": PROB, "sex": SEX},
    "decisions": {"y_true": BITS, "y_pred": BITS[::-1], "sex": SEX},
    "words": {"income": ["high", "low"] * (N // 2), "predicted_income": ["low", "high"] * (N // 2), "sex": SEX},
    "classes": {"target": SEX, "prediction": SEX[::-1], "gender": BITS},
    "grades": {"target": [n % 5 for n in range(N)], "prediction": [n % 5 for n in range(N)][::-1]},
    "regression": {"target": AMOUNT, "prediction": AMOUNT[::-1], "age": [20 + n for n in range(N)]},
    "ranking": {"qid": [n // 3 for n in range(N)], "relevance": [n % 3 for n in range(N)], "score": AMOUNT},
    "dataset": {"approved": BITS, "race": SEX, "income": AMOUNT},
    "no label": {"a": AMOUNT, "b": SEX},
    "persons": {"approved": BITS, "p_approved": PROB, "patient": [n // 3 for n in range(N)], "sex": SEX},
    "one class": {"y": [1] * N, "p": PROB, "sex": SEX},
    "one row": {"y": [1], "p": [0.5]},
    "ties": {"y": BITS, "p": [0.5, 0.25] * (N // 2), "sex": SEX},
    "groups of one": {"y": BITS, "p": PROB, "sex": ["f"] + ["m"] * (N - 1)},
    "missing": {"y": BITS, "p": PROB, "sex": [None, *SEX[1:]], "z": [None] * N},
    "dates": {"approved": BITS, "on": [datetime.date(2026, 1, 1 + n % 28) for n in range(N)]},
    "aequitas": {"entity_id": list(range(N)), "score": BITS, "label_value": BITS[::-1], "race": SEX},
    "blanks": {
        " income": [" <=50K", " >50K"] * (N // 2),
        " predicted_income": [" >50K", " <=50K"] * (N // 2),
        " sex": SEX,
    },
}


# --- what is asked, guessed and written ----------------------------------------------------------------------------------


def test_every_field_of_rows_and_subject_can_be_answered(tmp_path):
    source = table(tmp_path, {**SHAPES["persons"], "w": [1.0] * N, "region": SEX, "x": AMOUNT, "z": AMOUNT, "d": BITS})
    said = {
        "label": "approved", "prediction": "d", "score": "p_approved", "favourable": "1", "sensitive": "sex", "reference": "sex=m",
        "person": "patient", "weight": "w", "strata": "region", "features": "x, z", "unit": "visit", "design": "random",
        "role": "test", "split": "held out", "filter": "adults", "title": "Loans", "risk_tier": "high", "jurisdictions": "DE, FR",
        "production_intended": "true", "author": "A. Okafor", "seed": "7", "small_cell": "10", "version": "2", "name": "loans",
        "policy": "research", "task": "binary", "licence": "MIT", "supplier": "us", "summary": "Sorts.",
    }  # fmt: skip
    assert init(tmp_path, source, said).open == []
    plan = plan_of(tmp_path)
    rows = plan["sources"]["test"]
    assert (rows["prediction"], rows["score"], "threshold" in rows) == ("d", "p_approved", False)
    assert (rows["person"], rows["weight"], rows["strata"], rows["features"]) == (
        "patient",
        "w",
        ["region"],
        ["x", "z"],
    )
    assert (rows["design"], rows["split"], rows["filter"], rows["unit"]) == ("random", "held out", "adults", "visit")
    assert {"fairness": {"source": "test", "reference": {"sex": "m"}}} in plan["evaluate"]
    assert plan["subject"]["jurisdictions"] == ["DE", "FR"] and plan["subject"]["production_intended"] is True
    assert (plan["author"], plan["seed"], plan["small_cell"]) == ("A. Okafor", 7, 10)
    load(tmp_path / "new")


def test_a_target_that_is_text_is_said_to_be_no_number(tmp_path):
    source = table(tmp_path, {"target": [f"{n}.5 EUR" for n in range(N)], "prediction": AMOUNT, "sex": SEX})
    done = init(tmp_path, source, {"label": "target"}, kind="tabular")
    assert any("target holds text of more than 20 different values" in note for note in done.notes)
    with pytest.raises(UsageError, match="holds text, and a regression predicts numbers"):
        init(tmp_path, source, {"label": "target", "task": "regression"}, kind="tabular", force=True)


def test_a_score_on_another_scale_is_answered_with_its_unit_and_opens(tmp_path):
    rows = {"two_year_recid": [0, 1, 1, 0] * 40, "decile_score": [2, 9, 7, 4] * 40, "race": ["a", "b"] * 80}
    source = table(tmp_path, rows)
    given = {
        "label": "two_year_recid", "favourable": "0", "score": "decile_score", "score_scale": "deciles of other",
        "threshold": "4", "sensitive": "race", "unit": "row", "name": "compas", "policy": "research",
    }  # fmt: skip
    init(tmp_path, source, given)
    told = plan_of(tmp_path)["sources"]["test"]
    assert (told["score_scale"], told["threshold"]) == ({"unit": "deciles", "of": "other"}, 4)
    read = prepare(load(tmp_path / "new"), policy_of("research")).sources["test"]
    assert (read.threshold, read.probability) == (0.65, False)
    with pytest.raises(UsageError, match='Did you mean "deciles'):
        init(tmp_path, source, given | {"score_scale": "decile"}, force=True)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("desgin", "random", 'Did you mean "design"'),
        ("design", "rnadom", 'Did you mean "random"? Accepted: census, random, stratified, adversarial, unstated.'),
        ("task", "clustering", "Accepted: binary, multiclass, regression."),
        ("label", "aproved", 'Did you mean "approved"'),
        ("favourable", "2", "is not among the 2 values"),
        ("threshold", "half", "is not a number"),
        ("threshold", "nan", "is not a number"),
        ("bands", "50,30", "rising numbers"),
        ("bands", "30", "no place for it"),
        ("reference", "sex", "--set reference=race=white"),
        ("reference", "sex=x", 'has no group "x"'),
        ("reference", "race=m", "is not a sensitive attribute"),
        ("policy", "produciton", 'Did you mean "production"'),
        ("production_intended", "maybe", "Accepted: true, false."),
        ("persons", "none", "persons_reason"),
        ("name", "Loans of 2026", "would not be valid"),
        ("sensitive", "free", "more than 200 different values"),
    ],
)
def test_a_mistake_names_the_nearest_and_what_is_accepted_and_writes_nothing(tmp_path, key, value, why):
    many = {"approved": BITS * 5, "p_approved": PROB * 5, "sex": SEX * 5, "free": [f"text {n}" for n in range(5 * N)]}
    source = table(tmp_path, {**many, "age": [20 + n % 60 for n in range(5 * N)]})
    said = {"sensitive": "sex, age" if value == "50,30" else "sex"} | {key: value}
    with pytest.raises(CardwrightError) as refused:
        init(tmp_path, source, said)
    assert why in str(refused.value)
    assert refused.value.exit_code == 2
    assert not (tmp_path / "new" / "assessment.yaml").exists()


def test_headings_with_blanks_commas_and_quotes_are_answered_as_people_write_them(tmp_path):
    source = table(tmp_path, {" y ": BITS, "p, raw": PROB, 'the "sex"': SEX, "Race": SEX})
    said = {"label": "Y", "score": "p, raw", "favourable": "1", "sensitive": '"the ""sex""", race'}
    assert init(tmp_path, source, said).open == []
    rows = plan_of(tmp_path)["sources"]["test"]
    assert (rows["label"], rows["score"], rows["sensitive"]) == (" y ", "p, raw", ['the "sex"', "Race"])
    assert verdict_of(tmp_path, without=("pii",)).allowed is False


def test_a_column_of_few_numbers_has_bands_only_where_somebody_says_where_they_begin(tmp_path):
    ages = [(17.5, 22.0, 32.0, 42.0)[n % 4] for n in range(N)]
    source = table(tmp_path, {"approved": BITS, "p_approved": PROB, "age": ages, "sex": SEX})
    init(tmp_path, source, {"sensitive": "sex, age"})
    assert plan_of(tmp_path)["sources"]["test"]["sensitive"] == ["sex", "age"]
    init(tmp_path, source, {"sensitive": "sex, age", "bands": "30, 40"}, force=True)
    banded = {"sex": {}, "age_band": {"column": "age", "bands": [30, 40]}}
    assert plan_of(tmp_path)["sources"]["test"]["sensitive"] == banded


def test_ages_are_proposed_as_bands_and_reach_the_fairness_evaluation(tmp_path):
    source = table(tmp_path, {"approved": BITS, "p_approved": PROB, "age": [20 + n % 60 for n in range(N)], "sex": SEX})
    done = init(tmp_path, source)
    assert any(note.startswith("taken  bands: 25, 35, 45, 55, 65, 75 (decades") for note in done.notes)
    bands = {"sex": {}, "age_band": {"column": "age", "bands": [25, 35, 45, 55, 65, 75]}}
    assert plan_of(tmp_path)["sources"]["test"]["sensitive"] in (bands, dict(reversed(bands.items())))
    (groups,) = [
        a.groups
        for a in prepare(load(tmp_path / "new"), policy_of("research")).sources["test"].sensitive
        if a.name == "age_band"
    ]
    assert "under 25" in groups and "75 and over" in groups
    init(tmp_path, source, {"bands": "40"}, force=True)
    assert plan_of(tmp_path)["sources"]["test"]["sensitive"]["age_band"]["bands"] == [40]


def test_a_line_whose_right_answer_is_none_says_that_it_can_go(tmp_path):
    init(tmp_path, table(tmp_path, SHAPES["persons"]), {"favourable": "1"})
    text = (tmp_path / "new" / "assessment.yaml").read_text()
    assert (
        "    person: ?      # the column that names the person whose rows belong together; delete this line if every row"
        in text
    )
    with pytest.raises(PlanError, match="or delete the line if there is none"):
        load(tmp_path / "new")
    (tmp_path / "new" / "assessment.yaml").write_text(
        "".join(line for line in text.splitlines(True) if "person:" not in line)
    )
    load(tmp_path / "new")


def test_the_kind_is_among_what_is_said_to_be_guessed(tmp_path):
    done = init(tmp_path, table(tmp_path, SHAPES["dataset"]))
    assert done.notes[0].startswith("guess  kind: dataset")
    assert "say --kind: tabular, llm, ranking" in done.notes[0]


@pytest.mark.parametrize(
    "line",
    ["Ada Lovelace,0.7", "ada1,lovelace,1,18151210", "Ada0,ada0@quiggle-mail.com,25,1980-01-01"],
)
def test_a_first_line_of_data_is_refused_and_not_repeated(line, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(f"{line}\n{line}\n")
    with pytest.raises(SourceError, match="the first line looks like data") as refused:
        init(tmp_path, path)
    assert "ada" not in str(refused.value).casefold()


# --- where the evidence stays --------------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    """What is more than a thousand bytes is large."""
    monkeypatch.setattr(store, "COPIED", 1000)


def test_a_large_file_is_linked_and_named_by_its_digest_and_another_in_its_place_is_refused(tmp_path, small):
    source = table(tmp_path, SHAPES["dataset"])
    before = source.read_bytes()
    done = init(tmp_path, source)
    linked = tmp_path / "new" / "data" / "x.parquet"
    assert linked.is_symlink() and linked.resolve() == source.resolve()
    assert any(note.startswith(f"linked {linked}") for note in done.notes)
    assert verdict_of(tmp_path, without=("pii",)).allowed is False
    table(tmp_path, SHAPES["scores"])
    with pytest.raises(SourceError, match="its digest is another one"):
        prepare(load(tmp_path / "new"), policy_of("dataset"))
    source.write_bytes(before)
    prepare(load(tmp_path / "new"), policy_of("dataset"))
    (tmp_path / "new" / "assessment.yaml").unlink()
    (tmp_path / "other").mkdir()
    with pytest.raises(StoreError, match="exists already"):
        init(tmp_path, table(tmp_path / "other", SHAPES["persons"]), {"favourable": "1"})


def test_a_small_file_takes_the_place_of_a_link_and_not_of_what_it_points_to(tmp_path, monkeypatch):
    source = table(tmp_path, SHAPES["dataset"])
    monkeypatch.setattr(store, "COPIED", 1000)
    init(tmp_path, source)
    before = source.read_bytes()
    monkeypatch.setattr(store, "COPIED", 10**9)
    (tmp_path / "small").mkdir()
    init(tmp_path, table(tmp_path / "small", {"a": [1, 2]}), force=True)
    assert source.read_bytes() == before
    assert not (tmp_path / "new" / "data" / "x.parquet").is_symlink()


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("kind", ["tabular", "dataset"])
def test_a_folder_of_parquet_files_with_partitions_runs(tmp_path, monkeypatch, large, kind):
    monkeypatch.setattr(store, "COPIED", 10 if large else 10**9)
    pq.write_to_dataset(pa.table({**SHAPES["scores"], "approved": BITS}), tmp_path / "rows", partition_cols=["sex"])
    (tmp_path / "rows" / "_SUCCESS").write_text("")
    said = {"label": "approved", "favourable": "1", **({"score": "p"} if kind == "tabular" else {})}
    assert init(tmp_path, tmp_path / "rows", said, kind=kind).open == []
    assert verdict_of(tmp_path, without=("pii",)).allowed is False
    (source,) = plan_of(tmp_path)["sources"].values()
    assert source["sensitive"] == ["sex"]
    assert ("sha256" in source) == large


# --- tables of every shape ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_what_init_proposes_runs_to_a_verdict(tmp_path, shape):
    """A person who takes every proposal has a verdict; what is not proposed is answered as anybody would."""
    source = table(tmp_path, SHAPES[shape])
    done = init(tmp_path, source, ask=agreeing, yes=False)
    if done.open:
        label = next(iter(SHAPES[shape].values()))
        answers = {"sensitive": "none", "person": "none", "label": "none", "favourable": str(label[0])}
        said = {key: answers[key] for key in done.open}
        done = init(tmp_path, source, said, ask=agreeing, yes=False, force=True)
    assert done.open == []
    assert verdict_of(tmp_path).allowed in (True, False)


NAMES = [
    "y", "label", "target", "y_true", "y_pred", "prediction", "p", "score", "p_churn", "churn", "default", "sex", "age", "race",
    "patient", "customer_id", "query_id", "relevance", "rank", "weight", "date", " label", "sex ", "größe", "ＡＢ", "a,b", 'q"t',
    "x: y", "# c", "- d", "?", "yes", "null", "1e5", "é", "日本", "a\tb", "col.with.dots", "Region ", "response", "prompt",
]  # fmt: skip


def values(rows):
    """The cells of a column: of every type, constant, empty, with few or many values, some missing."""
    cells = st.one_of(
        st.just(st.integers(0, 1)),
        st.just(st.integers(-3, 90)),
        st.just(st.integers(-(2**53), 2**53)),
        st.just(st.floats(0, 1)),
        st.just(st.floats(allow_nan=True, allow_infinity=True, width=64)),
        st.just(st.sampled_from(["a", "b"])),
        st.just(st.sampled_from(["yes", "no", "?", "", " yes", "unknown", "007", "1"])),
        st.just(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)),
        st.just(st.booleans()),
        st.just(st.dates(datetime.date(1950, 1, 1), datetime.date(2030, 1, 1))),
        st.just(st.lists(st.integers(0, 3), max_size=2)),
    )
    column = cells.flatmap(lambda cell: st.lists(cell, min_size=rows, max_size=rows))
    constant = cells.flatmap(lambda cell: cell.map(lambda one: [one] * rows))
    holes = st.lists(st.integers(0, 9).map(lambda n: n == 0), min_size=rows, max_size=rows)
    missing = st.tuples(column, holes).map(
        lambda two: [None if hole else cell for cell, hole in zip(*two, strict=True)]
    )
    return st.one_of(column, column, constant, missing, st.just([None] * rows))


@st.composite
def tables(draw):
    """Tables of every shape: names with blanks, marks, unicode and duplicates, columns of every type, few rows."""
    rows = draw(st.sampled_from([1, 2, 3, 12, 40]))
    names = draw(st.lists(st.sampled_from(NAMES) | st.text(min_size=1, max_size=6), min_size=1, max_size=6))
    return names, [draw(values(rows)) for _ in names]


def written(folder, names, columns, kind):
    """The table as a file, or None where the writer itself cannot."""
    if kind == "csv":
        path = folder / "x.csv"
        with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
            out = csv.writer(file)
            out.writerow(names)
            out.writerows(["" if cell is None else cell for cell in row] for row in zip(*columns, strict=True))
        return path
    path = folder / "x.parquet"
    try:
        pq.write_table(pa.Table.from_arrays([pa.array(column) for column in columns], names=names), path)
    except (pa.ArrowException, UnicodeEncodeError):
        return None
    return path


LONG = settings().max_examples > 1000


@settings(
    max_examples=settings().max_examples if LONG else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tables(), st.sampled_from(["csv", "parquet"]), st.sampled_from([None, "tabular", "dataset", "ranking"]))
def test_any_table_leads_to_a_verdict_or_to_a_sentence_that_says_why_not(shape, form, kind):
    folder = Path(tempfile.mkdtemp())
    try:
        source = written(folder, *shape, form)
        if source is None:
            return
        try:
            done = init(folder, source, kind=kind, ask=agreeing, yes=False)
        except CardwrightError as exc:
            event(f"init refuses: {exc.what[:40]}")
            assert exc.what
            return
        if done.open:
            event("open")
            with pytest.raises(PlanError, match="not answered yet"):
                load(folder / "new")
            return
        assessment = load(folder / "new")  # what is written is a plan, whatever the names
        try:
            prepare(assessment, policy_of(assessment.file.policy))
        except CardwrightError as exc:
            event(f"run refuses: {exc.what[:40]}")  # which the command says when it has written the plan
            return
        event("verdict")
        assert verdict_of(folder, without=("pii",)).allowed in (
            True,
            False,
        )  # which takes two seconds, whatever the rows
    finally:
        shutil.rmtree(folder)


def test_a_table_of_a_database_is_looked_at_and_named_where_it_is(tmp_path):
    duckdb = pytest.importorskip("duckdb", reason="DuckDB files need the tabular extra")
    (tmp_path / "new" / "data").mkdir(parents=True)
    with duckdb.connect(str(tmp_path / "new" / "data" / "lending.duckdb")) as rows:
        rows.execute("CREATE SCHEMA credit")
        rows.execute(
            "CREATE TABLE credit.scored AS SELECT i AS id, i % 2 AS approved, (i * 37 % 100) / 100.0 AS score, "
            "CASE WHEN i % 3 = 0 THEN 'f' ELSE 'm' END AS sex FROM range(300) AS t(i)"
        )
    given = {"label": "approved", "score": "score", "favourable": "1", "threshold": "0.5"}
    at = "duckdb:///data/lending.duckdb"
    done = scaffold.init(tmp_path / "new", Path("credit.scored"), None, given, NOBODY, yes=True, at=at)
    source = plan_of(tmp_path)["sources"]["test"]
    assert (source["predictions"], source["at"]) == ("credit.scored", at)
    assert "network" not in plan_of(tmp_path)
    assert not (tmp_path / "new" / "data" / "credit.scored").exists()
    assert "looked at the rows of credit.scored, which stay in their database" in done.notes


@pytest.mark.parametrize(
    ("at", "table", "kind", "error", "why"),
    [
        ("duckdb:///x.duckdb", None, None, UsageError, "which table is not said"),
        ("s3://loans/", "a.csv", None, UsageError, "only databases are looked at"),
        ("postgresql://a:s3cr3t@h/d", "t", None, UsageError, "holds a password"),
        ("duckdb:///x.duckdb", "t", None, SourceError, "there is no such file"),
    ],
)
def test_a_database_that_cannot_be_looked_at_is_refused_and_nothing_is_written(tmp_path, at, table, kind, error, why):
    with pytest.raises(error, match=why) as refused:
        scaffold.init(tmp_path / "new", Path(table) if table else None, kind, {}, NOBODY, yes=True, at=at)
    assert "s3cr3t" not in str(refused.value)
    assert not (tmp_path / "new" / "assessment.yaml").exists()


def test_the_host_of_a_database_is_opened_by_the_plan_that_names_it():
    opened = {at: scaffold._InDatabase.of(at, Path("t")).opened for at in (
        "postgresql://db.example.org/d", "postgresql://[2001:db8::1]:6000/d", "postgresql://127.0.0.1/d",
        "postgresql:///d?host=/run/postgresql", "sqlite:///x.sqlite",
    )}  # fmt: skip
    assert [*opened.values()] == ["db.example.org:5432", "[2001:db8::1]:6000", "", "", ""]
