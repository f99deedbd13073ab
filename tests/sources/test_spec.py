"""What the plan may say about a source: one key names the file, every other key is checked, nothing heavy is imported."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from cardwright.sources.spec import (
    InteractionsSpec,
    ModelSpec,
    PredictionsSpec,
    TableSpec,
    TargetSpec,
    TextsSpec,
    is_loopback_url,
    parse_source,
)

PREDICTIONS = {"predictions": "data/test.parquet", "label": "approve", "score": "p", "favourable": 1}


def refused(**said):
    with pytest.raises(ValidationError) as caught:
        parse_source(said)
    return caught.value.errors(include_url=False)


def test_the_plan_of_the_documentation_is_read():
    """The example of a plan reads as it says."""
    spec = parse_source({**PREDICTIONS, "threshold": 0.5, "sensitive": ["race", "sex"], "unit": "application"})
    assert isinstance(spec, PredictionsSpec)
    assert (spec.predictions, spec.label, spec.score, spec.threshold) == ("data/test.parquet", "approve", "p", 0.5)
    assert spec.favourable == "1"
    assert list(spec.sensitive) == ["race", "sex"]
    assert spec.unit == "application"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"table": "a.csv"}, TableSpec),
        ({"texts": "a.jsonl"}, TextsSpec),
        ({"interactions": "a.jsonl", "intent": "attack"}, InteractionsSpec),
        ({"target": "app.chat:answer", "trust": True}, TargetSpec),
        ({"target": "http://localhost:8000/v1", "model": "local"}, TargetSpec),
        ({"model": "model.skops", "trusted": ["a.B"]}, ModelSpec),
    ],
)
def test_the_key_that_names_the_file_tells_the_kind(said, kind):
    """Which key names the file tells what the source is; reading what was parsed again gives the same."""
    spec = parse_source(said)
    assert type(spec) is kind
    assert parse_source(spec.model_dump()) == spec


@pytest.mark.parametrize("said", [{}, {"label": "x"}, {"table": "a", "texts": "b"}, {"predictions": "a", "model": "m"}])
def test_exactly_one_key_names_the_file(said):
    """No key that names a file, or two of them, are an error that lists them."""
    (error,) = refused(**said)
    assert error["type"] == "source_kind"
    assert "exactly one of `predictions`, `table`, `texts`, `interactions`, `target`, `model`" in error["msg"]


def test_an_unknown_key_is_an_error_at_that_key():
    """A key that does not exist is an error that says where."""
    (error,) = refused(table="a.csv", lable="x")
    assert (error["type"], error["loc"]) == ("extra_forbidden", ("table", "lable"))


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.csv", "a/../../b.csv", "a\\b.csv", ""])
def test_a_path_stays_inside_the_folder(path):
    """A path that leaves the assessment's folder is refused."""
    assert refused(table=path)


@pytest.mark.parametrize(
    ("said", "groups"),
    [
        ("race", {"race": (None, ())}),
        (["race", "sex"], {"race": (None, ()), "sex": (None, ())}),
        ({"race": ["a", "b"]}, {"race": (("a", "b"), ())}),
        (
            {"race": {"groups": [0, 1.0], "unknown": [9]}, "sex": None},
            {"race": (("0", "1"), ("9",)), "sex": (None, ())},
        ),
    ],
)
def test_sensitive_attributes_may_be_said_short_or_long(said, groups):
    """A name, a list, and a mapping to groups say the same with more or less detail; values are labels."""
    spec = parse_source({"table": "a.csv", "sensitive": said})
    assert {name: (part.groups, part.unknown) for name, part in spec.sensitive.items()} == groups


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"score": None}, "name what the model said"),
        ({"favourable": None}, "a `score` needs `favourable:`"),
        ({"score": None, "prediction": "d", "threshold": 0.5}, "a `threshold` needs the column"),
        ({"threshold_selected_on": "validation"}, "needs a `threshold`"),
        ({"task": "regression"}, "belong to a binary task"),
        ({"score": None, "prediction": "d", "favourable": None, "task": "binary"}, "a binary task needs `favourable:`"),
        ({"sensitive": ["approve"]}, 'column "approve" is named both as `label` and as `sensitive`'),
        ({"person": "id", "sensitive": ["id"]}, 'column "id" is named both as `person` and as `sensitive`'),
        ({"score": "approve"}, 'column "approve" is named both as `label` and as `score`'),
        ({"features": ["age", "approve"]}, 'column "approve" is the label, so it cannot be one of the `features`'),
        ({"features": ["age", "age"]}, "`features` lists a column twice"),
        ({"sensitive": ["a", "a"]}, "a column is listed twice"),
        ({"sensitive": {"a": {"groups": ["x"], "unknown": ["x"]}}}, '"x" is declared both as a group and as unknown'),
        ({"sensitive": {"a": []}}, "no groups are declared"),
        ({"sensitive": {"a": ["x", "x"]}}, "a group is declared twice"),
    ],
)
def test_what_cannot_be_meant_is_refused(change, said):
    """Parts that contradict each other are an error that says which."""
    said_in_plan = {key: value for key, value in {**PREDICTIONS, **change}.items() if value is not None}
    assert any(said in error["msg"] for error in refused(**said_in_plan))


def test_a_favourable_label_without_a_label_column_is_refused():
    """A favourable outcome of a table needs the column it is a value of."""
    assert "`label:`" in refused(table="a.csv", favourable=1)[0]["msg"]


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://localhost:8000/v1", True),
        ("http://127.0.0.1/v1", True),
        ("http://127.9.9.9:1/v1", True),
        ("https://[::1]:8000/v1", True),
        ("http://192.168.0.1/v1", False),
        ("http://example.org/v1", False),
        ("http://localhost.example.org/v1", False),
        ("http://127.0.0.1@example.org/v1", False),
        ("http://user:pass@localhost/v1", False),
        ("http://0.0.0.0/v1", False),
        ("ftp://localhost/v1", False),
        ("file:///etc/passwd", False),
        ("http://localhost:99999999/v1", False),
        ("http://[::1/v1", False),
    ],
)
def test_only_this_machine_may_be_asked(url, inside):
    """A URL that is not on loopback is refused, however it is dressed."""
    assert is_loopback_url(url) is inside
    if inside:
        assert parse_source({"target": url, "model": "m"}).is_url
    else:
        assert "only this machine may be asked" in refused(target=url, model="m")[0]["msg"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"target": "http://localhost/v1"}, "a URL needs `model:`"),
        ({"target": "app:f", "model": "m"}, "`model` belongs to a URL"),
        ({"target": "app.py"}, "`package.module:Name`"),
        ({"model": "m.pt", "module": "os.system"}, "`package.module:Name`"),
        ({"model": "m.pt", "arguments": {"n": 1}}, "`arguments` are those of the class"),
        ({"interactions": "a.jsonl", "columns": {"prompt": "x", "response": "x"}}, 'column "x" is named both as'),
        ({"interactions": "a.jsonl", "intent": "evil"}, "'attack', 'benign' or 'observed'"),
    ],
)
def test_targets_models_and_interactions_are_checked(said, words):
    """What cannot be meant about a target, a model or interactions is refused."""
    assert any(words in error["msg"] for error in refused(**said))


def test_nothing_heavy_is_imported():
    """Reading what a plan says, and importing the package, imports no heavy library."""
    code = (
        "import sys, cardwright.sources, cardwright.sources.load, cardwright.sources.models, cardwright.sources.frames;"
        "import cardwright.sources.torch_files, cardwright.sources.target, cardwright.sources.interactions;"
        "from cardwright.sources.spec import parse_source; parse_source({'table': 'a.csv'});"
        "heavy = {'pyarrow', 'numpy', 'pandas', 'torch', 'sklearn', 'skops', 'narwhals', 'polars', 'scipy', 'duckdb'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_gives_every_name_it_lists():
    """Every public name of the package can be imported from it, and no other."""
    import cardwright.sources as sources

    assert all(getattr(sources, name) is not None for name in sources.__all__)
    assert dir(sources) == sources.__all__
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = sources.nonsense


RANKING = {"predictions": "test.csv", "label": "rel", "query": "q", "score": "s"}


def test_a_ranking_is_told_by_its_query_and_its_score_needs_no_favourable_outcome():
    spec = parse_source(RANKING)
    assert (spec.query, spec.score, spec.task, spec.favourable) == ("q", "s", None, None)
    assert parse_source({**RANKING, "task": "ranking", "score": None, "rank": "position"}).rank == "position"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"query": None, "task": "ranking"}, "needs `query:`"),
        ({"query": None, "rank": "r", "score": None, "prediction": "d"}, "`rank` belongs to a ranking"),
        ({"rank": "r"}, "one of them"),
        ({"score": None}, "one of them"),
        ({"task": "binary", "favourable": 1}, "the task is binary"),
        ({"threshold": 0.5}, "a ranking decides nothing"),
        ({"favourable": 1}, "a ranking decides nothing"),
        ({"weight": "w"}, "a query is one case"),
        ({"person": "p"}, "a query is one case"),
        ({"query": "rel"}, "named both"),
        ({"features": ["s"]}, "cannot be one of the `features`"),
    ],
)
def test_a_ranking_that_makes_no_sense_is_refused(said, why):
    (error,) = refused(**{**RANKING, **said})
    assert why in error["msg"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"table": "t", "at": "postgresql://h/d", "version": 3}, "`version` belongs to a table of a lake"),
        ({"table": "t", "at": "s3://b/f", "sql": "SELECT 1"}, "`sql` asks a database"),
        ({"table": "t", "at": "duckdb:///x.duckdb", "sql": " ; "}, "`sql` is empty"),
        ({"runs": "r", "at": "duckdb:///x.duckdb"}, "`runs` are read from files"),
        (
            {"interactions": "t", "at": "duckdb:///x.duckdb", "format": "garak"},
            "`format` belongs to what a tool has written",
        ),
        ({"table": "t", "at": "ftp://h/d"}, "or of a database: postgresql, duckdb, sqlite"),
    ],
)
def test_what_does_not_go_with_a_database_is_refused(said, why):
    with pytest.raises(ValidationError, match=why):
        parse_source(said)
