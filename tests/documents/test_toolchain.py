"""Every PDF states what it was made with; another toolchain is told from this one, and a missing subsetter is stated."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.documents.test_documents import edition

from cardwright import __version__, documents
from cardwright.documents import tagged_text, toolchain
from cardwright.errors import IntegrityError
from cardwright.files import packaged

ROOT = Path(__file__).parent.parent.parent


def test_the_facts_name_what_shapes_bytes_and_nothing_of_the_machine():
    facts = toolchain.facts()
    assert {"weasyprint", "pydyf", "pango", "harfbuzz", "subsetter", "fontconfig", "freetype", "qpdf", "zlib"} <= {
        *facts
    }
    assert facts["cardwright"] == __version__
    assert facts["python"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert facts["subsetter"].split()[0] in ("harfbuzz-subset", "fonttools")
    for name, data in packaged.fonts().items():
        assert facts[f"font {name}"] == f"sha256 {hashlib.sha256(data).hexdigest()}"
    assert list(facts) == sorted(facts)
    assert "unknown" not in " ".join(facts.values())


def test_somebodys_own_templates_are_part_of_the_toolchain(tmp_path):
    (tmp_path / "model_card.md.j2").write_text("mine")
    mine = toolchain.facts(tmp_path)
    assert mine["templates"] != toolchain.facts()["templates"]
    (tmp_path / "notes.txt").write_text("no template")
    assert toolchain.facts(tmp_path) == mine


def test_a_pdf_holds_the_facts_it_was_made_with():
    data = documents.render(edition(), document="audit_report", format="pdf")
    assert toolchain.embedded(data, where="report.pdf") == toolchain.facts()
    other = documents.render(edition(), document="audit_report", format="pdf", made_with={"pango": "1.56.3"})
    assert toolchain.embedded(other, where="report.pdf") == {"pango": "1.56.3"}
    left_out = {"where": "report.pdf", "leave_out": toolchain.ATTACHMENT}
    assert tagged_text.difference(tagged_text.read(data, **left_out), tagged_text.read(other, **left_out)) is None


def test_differences_name_each_fact_with_both_versions():
    here = {"pango": "1.56.3", "subsetter": "harfbuzz-subset 10.2.0", "zlib": "1.3"}
    made = {"pango": "1.50.12", "subsetter": "harfbuzz-subset 10.2.0", "cairo\u202e": "1"}
    assert toolchain.differences(made, here) == (
        "cairo\\u202e 1, here not stated",
        "pango 1.50.12, here 1.56.3",
        "zlib not stated, here 1.3",
    )
    assert toolchain.differences(here, here) == ()
    assert toolchain.differences(None, here) == ("it does not state what it was made with",)


def test_what_is_no_pdf_has_no_toolchain():
    with pytest.raises(IntegrityError, match="not a PDF"):
        toolchain.embedded(b"nothing", where="report.pdf")


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="hides a library from the loader of Linux")
def test_without_harfbuzz_subset_a_pdf_is_made_that_says_so_and_reads_the_same(tmp_path):
    """In processes in which the library cannot be loaded, and every warning of the import is an error."""
    script = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.documents.test_documents import edition
from cardwright import documents
sys.stdout.buffer.write(documents.render(edition(), document="audit_report", format="pdf"))
"""
    (tmp_path / "libharfbuzz-subset.so.0").write_text("not a library")
    hidden = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    command = [sys.executable, "-W", "error::DeprecationWarning", "-c", script, str(ROOT)]
    one, again = (subprocess.run(command, capture_output=True, check=True, env=hidden).stdout for _ in range(2))
    assert one == again, "the moment it is made at does not show"
    facts = toolchain.embedded(one, where="report.pdf")
    assert facts["subsetter"].startswith("fonttools ")
    here = documents.render(edition(), document="audit_report", format="pdf")
    left_out = {"where": "report.pdf", "leave_out": toolchain.ATTACHMENT}
    assert tagged_text.difference(tagged_text.read(one, **left_out), tagged_text.read(here, **left_out)) is None
    if toolchain.facts()["subsetter"].startswith("harfbuzz"):
        assert one != here
        assert [each.split()[0] for each in toolchain.differences(facts, toolchain.facts())] == ["subsetter"]
    assert json.dumps(dict(facts))  # values only
