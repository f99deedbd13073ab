"""In a window as wide as a telephone nothing sticks out, and a card says its summary first, whatever was evaluated."""

import json
import re
import subprocess
from html import unescape
from pathlib import Path

import pytest
from tests.chromium import CHROMIUM
from tests.documents.test_documents import edition, rich_record
from tests.policy.test_gate import with_record
from tests.strategies import good_case

from cardwright import documents

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

WIDTH = 390
MEASURE = """<script>addEventListener("load", () => { const root = document.documentElement; const out = document.createElement("pre");
  out.id = "measured"; out.textContent = JSON.stringify({window: root.clientWidth, page: root.scrollWidth, height: root.scrollHeight,
  over: [...document.querySelectorAll("td, th")].filter(cell => cell.scrollWidth > cell.clientWidth + 1).length});
  document.body.append(out); });</script>"""
FRAME = """<body style="margin: 0"><iframe id="f" src="inner.html" width="390" height="800" style="border: 0"></iframe><script>
  const wait = setInterval(() => { const inner = document.getElementById("f").contentDocument.getElementById("measured");
  if (inner) { clearInterval(wait); const out = document.createElement("pre"); out.id = "told"; out.textContent = inner.textContent;
  document.body.append(out); } }, 50);</script></body>"""
"""A window of headless Chromium is at least 500 pixels wide; a frame in it is as narrow as it is asked to be."""


def measured(html: str, folder: Path, width: int = WIDTH) -> dict[str, int]:
    (folder / "inner.html").write_text(html.replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")
    (folder / "frame.html").write_text(FRAME.replace('"390"', f'"{width}"'), encoding="utf-8")
    words = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--dump-dom"]
    words += ["--virtual-time-budget=30000", f"--user-data-dir={folder / 'profile'}", (folder / "frame.html").as_uri()]
    for _ in range(2):  # a browser on a busy machine can run out of its time once
        ran = subprocess.run(words, capture_output=True, text=True, timeout=300, check=True)
        found = re.search(r'id="told">(.*?)</pre>', ran.stdout, re.DOTALL)
        if found:
            break
    assert found, "nothing was measured"
    return json.loads(unescape(found.group(1)))


def page(document: str) -> str:
    case = with_record(good_case(), rich_record())
    return documents.render(edition(case), document=document, format="html").decode()


@pytest.mark.parametrize("document", sorted(documents.DOCUMENTS))
def test_nothing_sticks_out_of_a_narrow_window(document, tmp_path):
    found = measured(page(document), tmp_path)
    assert found["page"] == found["window"] <= WIDTH
    assert found["over"] == 0, "no word of a table runs into the next column"


def test_something_that_sticks_out_would_be_found(tmp_path):
    wide = page("model_card").replace("<h1>", '<p style="width: 500px">wide</p><h1>', 1)
    found = measured(wide, tmp_path)
    assert found["page"] > found["window"]


def test_folded_evaluations_add_little_to_the_height_of_a_card(tmp_path):
    folded = page("model_card")
    opened = folded.replace('<details class="evaluation">', '<details class="evaluation" open>')
    (tmp_path / "open").mkdir()
    heights = measured(folded, tmp_path)["height"], measured(opened, tmp_path / "open")["height"]
    assert heights[0] < 0.8 * heights[1]


@pytest.mark.parametrize("width", [WIDTH, 1280])
def test_what_a_notebook_shows_of_a_value_scrolls_by_itself_and_widens_no_page(width, tmp_path):
    pytest.importorskip("numpy", reason="the case of these tests needs the tabular extra")
    from tests.policy.test_gate import NOW, P

    from cardwright.documents.figures import of_record
    from cardwright.policy.gate import decide
    from cardwright.record.comparison import Side, compare

    record = rich_record()
    case = with_record(good_case(), record)
    verdict = decide(case, P, NOW)
    fewer = record.model_copy(update={"evaluations": record.evaluations[:1]})
    values = [
        record, verdict, *verdict.outcomes[:3], *record.evaluations, *record.evaluations[0].findings[:2], record.details,
        record.subject, record.provenance, case, P, compare(Side(record=record), Side(record=fewer)),
        of_record(record, verdict),
    ]  # fmt: skip
    shown = "".join(f"<section>{value._repr_html_()}</section>" for value in values)
    found = measured(f"<!doctype html><html><body>{shown}</body></html>", tmp_path, width)
    assert found["page"] == found["window"] <= width
    assert found["over"] == 0
