"""The answer is the same whoever gives it, and one that does not come is asked for again."""

import io
import subprocess
import sys

import pytest
from tests.documents.test_documents import edition

from cardwright import documents
from cardwright.documents import pdfa


@pytest.fixture(scope="module")
def report():
    return documents.render(edition(), document="evaluation_summary", format="pdf")


@pytest.fixture(scope="module")
def spoilt(report):
    """The same pages, without the metadata that call them PDF/A."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(report)) as file:
        del file.Root.Metadata
        file.save(out)
    return out.getvalue()


@pytest.mark.parametrize("checker", [pdfa.ThisProcess, pdfa.SecondProcess])
def test_a_report_passes_and_a_spoilt_one_does_not_in_either_process(report, spoilt, checker):
    for data, finding in ((report, None), (spoilt, pdfa.first_finding(spoilt))):
        with checker() as asked:
            assert asked.first_finding(data) == finding
    assert finding is not None


def test_a_second_process_that_dies_leaves_no_pdf_unchecked(spoilt):
    with pdfa.SecondProcess() as asked:
        asked.process.kill()
        assert asked.first_finding(spoilt) == pdfa.first_finding(spoilt)


def test_a_process_that_has_loaded_the_allowlist_checks_by_itself_and_another_asks_a_second():
    import pikepdf.pdfa  # noqa: F401

    assert isinstance(pdfa.checker(), pdfa.ThisProcess)
    script = "from cardwright.documents import pdfa; print(type(pdfa.checker()).__name__)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert ran.stdout == "SecondProcess\n"
