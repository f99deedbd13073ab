"""What a dossier becomes in MLflow: numbers that were measured, words for everything, and no number for what was not."""

import json

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from cardwright.errors import IntegrityError, UsageError
from cardwright.integrations.mlflow import run_log


@pytest.fixture(scope="module")
def files(refused_once):
    return {path.relative_to(refused_once / "out").as_posix(): path.read_bytes()
            for path in (refused_once / "out").rglob("*") if path.is_file()}  # fmt: skip


def test_every_requirement_has_its_outcome_as_a_tag_and_only_what_was_measured_a_number(files):
    log = run_log.log_of(files, "# Loans\n", where="out")
    verdict = json.loads(files["verdict.json"])
    tags = {
        key.removeprefix("cardwright.requirement."): value for key, value in log.tags.items() if "requirement." in key
    }
    assert tags == {one["requirement"]: one["status"] for one in verdict["outcomes"]}
    assert log.tags["cardwright.decision"] == "refused"
    assert log.tags["cardwright.released"] == "no"
    assert log.metrics["cardwright.allowed"] == 0.0
    assert log.metrics["cardwright.requirement.ranking.limit"] == 0.99
    assert log.metrics["cardwright.requirement.ranking.value"] < 0.99
    assert not [key for key in log.metrics if key.startswith("cardwright.requirement.owner")]


def test_the_card_is_the_description_without_front_matter_and_pictures(files):
    card = "---\nlicense: mit\n---\n\n# Loans\n\n![limits](limits.svg)\n\nScores applications.\n"
    said = run_log.log_of(files, card, where="out").description
    assert said.startswith("# Loans\n\nScores applications.\n\n")
    assert "limits.svg" not in said


def test_a_card_too_long_for_mlflow_ends_at_a_paragraph_and_says_where_the_whole_is(files):
    said = run_log.log_of(
        files, "\n\n".join(f"Paragraph {n}: {'word ' * 200}." for n in range(20)), where="out"
    ).description
    assert len(said) <= run_log.LONGEST_DESCRIPTION
    assert all(part.endswith(".") for part in said.split("\n\n"))
    assert said.endswith("in the folder `cardwright`.")


def test_a_record_that_is_not_one_is_refused(files):
    with pytest.raises(IntegrityError):
        run_log.log_of({**files, "record.json": b"{}"}, "", where="out")


@pytest.mark.parametrize(
    "uri", ["https://me:secret@example.org", "postgresql://db/mlflow", "sqlite:///mlflow.db", "databricks://x"]
)
def test_an_address_that_holds_a_password_or_is_no_server_is_refused_without_being_shown(uri):
    with pytest.raises(UsageError) as refused:
        run_log.server_of(uri)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("word", ["loans", "loans/", "/3", "loans/champion", "loans@champion"])
def test_a_version_is_a_name_and_a_number(word):
    with pytest.raises(UsageError, match="not a registered version"):
        run_log.version_of(word)
