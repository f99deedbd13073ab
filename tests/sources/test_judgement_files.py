"""A file of verdicts is read into a source, and anything else is named."""

import pytest

from cardwright.errors import SourceError
from cardwright.record import canonical
from cardwright.record.judgements import JudgedRow, Judgements
from cardwright.sources.load import load
from cardwright.sources.spec import parse_source

HELD = Judgements(
    scorer="people", version="1", event="refusal", judged_by="human", transcripts="0" * 64, rubric="r", protocol="p",
    judged_on="2026-11-01", raters=2, rows=(JudgedRow(row=1, said=(True, None)),),
)  # fmt: skip


def test_a_file_is_read_with_its_digest(tmp_path):
    """And the number of rows it judges."""
    (tmp_path / "v.json").write_bytes(canonical.dumps(HELD.model_dump(mode="json", by_alias=True)))
    source = load(parse_source({"judgements": "v.json"}), "verdicts", tmp_path)
    assert source.judgements == HELD
    assert (source.ref.kind, source.ref.rows, source.ref.name) == ("judgements", 1, "verdicts")


@pytest.mark.parametrize("text", ["{}", "[", '{"schema": "cardwright/judgements/1"}'])
def test_another_file_is_refused_with_how_to_make_one(tmp_path, text):
    """Not an internal error."""
    (tmp_path / "v.json").write_text(text)
    with pytest.raises(SourceError, match="cardwright judge"):
        load(parse_source({"judgements": "v.json"}), "verdicts", tmp_path)
