"""Annex IV over the mortgage dossier: what it prints is what the linked record holds, and what that does not say is asked for."""

import html

import pytest

pytest.importorskip("pyarrow", reason="examples need the extras")

from cardwright.dossier import contents, store
from cardwright.record import canonical


def test_every_number_of_the_technical_documentation_is_the_mortgage_records(mortgage_once, tmp_path, cli):
    ran = cli("run", mortgage_once / "examples" / "mortgage" / "annex_iv", "-o", tmp_path / "annex_iv")
    assert ran.code == 1
    assert "security_measures, standards_applied" in " ".join((ran.out + ran.err).split())
    case = contents.case_of(store.read_dossier(tmp_path / "annex_iv"), where="annex_iv")
    (linked,) = case.linked.values()
    mortgage = contents.case_of(store.read_dossier(mortgage_once / "out" / "mortgage"), where="mortgage").record
    assert linked.record == mortgage
    page = html.unescape((tmp_path / "annex_iv" / "annex_iv_technical_documentation.html").read_text("utf-8"))
    whole = canonical.plain(mortgage)
    numbers = 0
    for field in case.record.filled:
        for entry in field.entries:
            there = whole
            for part in entry.at.split("/")[1:]:
                there = there[int(part)] if isinstance(there, list) else there[part]
            if entry.measurement is not None and entry.measurement.status == "measured":
                assert there == canonical.plain(entry.measurement)
                numbers += 1
            elif entry.answer is not None:
                assert there == canonical.plain(entry.answer)
    assert numbers > 60
    accuracy = mortgage.evaluation("performance-test").find("accuracy")[0].value
    tests = page.split('id="field-tests"', 1)[1].split("</section>", 1)[0]
    assert f"{accuracy:.3f}" in tests
    assert "race = black" in page.split('id="field-for-persons"', 1)[1].split("</section>", 1)[0]
