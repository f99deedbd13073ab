"""The door in Python makes the dossier that the command line makes, and shows itself in a notebook."""

import json
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import cardwright
from cardwright.errors import UsageError

NOW, EPOCH = "2026-11-28T12:00:00Z", "1795867200"


@pytest.fixture(scope="module")
def assessed(tmp_path_factory):
    """A result, and the folder in which its plan was kept."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"income": rng.normal(3, 1, 160), "sex": np.where(np.arange(160) % 2, "f", "m")})
    frame["approved"] = (frame["income"] + rng.normal(0, 0.5, 160) > 3).astype(int)
    model = LogisticRegression().fit(frame[["income"]], frame["approved"])
    kept = tmp_path_factory.mktemp("kept")
    result = cardwright.assess(
        model=model, data=frame, label="approved", sensitive=["sex"], policy="research", folder=kept, now=NOW
    )
    return result, kept


def test_the_dossier_has_the_bytes_of_the_one_that_run_makes_of_the_kept_plan(assessed, cli, tmp_path, monkeypatch):
    result, kept = assessed
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    assert cli("run", kept, "-o", tmp_path / "dossier").code == 1
    for name, data in result.files.items():
        assert (tmp_path / "dossier" / name).read_bytes() == data, name


def test_a_saved_result_is_a_dossier_that_the_gate_reads(assessed, cli, tmp_path):
    result, _ = assessed
    saved = result.save(tmp_path / "mine")
    assert cli("gate", saved, "--policy", "research").code == 1
    assert json.loads((saved / "record.json").read_text())["title"] == "model 0.1.0"


def test_a_result_and_a_verdict_are_one_line_at_the_prompt(assessed):
    result, _ = assessed
    for text in (repr(result), repr(result.verdict), str(result.verdict)):
        assert "\n" not in text
        assert len(text) < 250
        assert "refused" in text.lower()


def test_a_notebook_shows_what_was_taken_and_every_requirement_with_what_blocks_first(assessed):
    result, _ = assessed
    html = result._repr_html_()
    parser = HTMLParser()
    parser.feed(html)
    parser.close()
    assert "threshold: 0.5" in html
    first = result.verdict.blocking[0]
    assert html.index(first.title) < min(html.index(o.title) for o in result.verdict.outcomes if o.status == "passed")
    assert result.verdict._repr_html_().count("<tr>") == len(result.verdict.outcomes) + 1


def test_a_verdict_in_a_notebook_is_inert_whatever_its_texts_hold(assessed):
    result, _ = assessed
    hostile = result.verdict.model_copy(update={"headline": "<script>alert(1)</script>"})
    assert "<script>" not in hostile._repr_html_()


def test_cards_are_texts_and_a_document_that_is_not_there_is_named_with_the_nearest(assessed):
    result, _ = assessed
    assert result.model_card("html").startswith("<!doctype html>")
    assert result.model_card("md").startswith("---")
    with pytest.raises(UsageError, match=r"audit_report\.pdf"):
        result.document("audit_report.pfd")


def test_without_rows_there_is_nothing_to_assess():
    with pytest.raises(UsageError, match="no rows to assess"):
        cardwright.assess(label="y")


def test_a_folder_that_is_not_named_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data = {"y": [1, 0] * 30, "p": [0.9, 0.2, 0.4, 0.6] * 15}
    cardwright.assess(data=data, label="y", score="p", favourable=1, policy="research", now=NOW)
    assert not list(tmp_path.glob("cardwright*"))
