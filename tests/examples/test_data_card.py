"""The data card over the dossier of the census extract: what it prints is what the linked record holds, labelling included."""

import html

import pytest

pytest.importorskip("pyarrow", reason="examples need the extras")

from tests.docs.blocks import copied

from cardwright.dossier import contents, store


def test_every_number_of_the_data_card_is_the_census_records(tmp_path, cli):
    project = copied(tmp_path, "examples")
    assert (
        cli("run", project / "examples" / "census_extract" / "assessment.yaml", "-o", project / "out" / "census").code
        == 1
    )
    ran = cli("run", project / "examples" / "census_extract" / "data_card", "-o", tmp_path / "card")
    # Everything is answered or filled; a signature is all that is missing.
    assert (ran.code, "1 missing" in ran.out) == (1, True), ran
    case = contents.case_of(store.read_dossier(tmp_path / "card"), where="card")
    census = contents.case_of(store.read_dossier(project / "out" / "census"), where="census").record
    page = html.unescape((tmp_path / "card" / "data_card.html").read_text("utf-8"))
    sections = dict(part.split('"', 1) for part in page.split('id="field-')[1:])
    shares = census.evaluation("data_profile").find("group_share", slice={"race": "black"})
    assert f"{shares[0].value:.3f}" in sections["attribute-distribution"]
    assert f"{census.evaluation('data_profile').find('row_count')[0].value:,.0f}" in sections["snapshot"]
    assert census.details.answers["data_collection_timeframe"].text in " ".join(sections["data-sources"].split())
    assert "not required, as Labelled is by machines" in sections["annotators"]
    assert {link.record_sha256 for link in case.record.links} == {census.sha256}
    numbers = [one for field in case.record.filled for one in field.entries if one.measurement is not None]
    assert len(numbers) > 20
    for one in numbers:
        _, evaluations, n, _, m = one.at.split("/")
        assert (evaluations, census.evaluations[int(n)].measurements[int(m)]) == ("evaluations", one.measurement)
