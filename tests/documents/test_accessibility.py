"""axe-core, in headless Chromium, finds nothing in any HTML document, in the light and in the dark."""

import json
import re
import subprocess
from html import unescape
from pathlib import Path

import pytest
from tests.chromium import CHROMIUM
from tests.documents.test_documents import edition, everything_missing, rich_record
from tests.policy.test_gate import with_record
from tests.strategies import good_case

from cardwright import documents
from cardwright.documents.interface import DOCUMENTS

axe = pytest.importorskip("axe_playwright_python", reason="axe-core comes with the dev extra")
RUN = """<script>axe.run(document, {resultTypes: ["violations"]}).then(result => {
  const out = document.createElement("pre"); out.id = "axe-result";
  out.textContent = JSON.stringify(result.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 200)]));
  document.body.replaceChildren(out); });</script>"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


def violations(html: str, folder: Path, *, dark: bool) -> list:
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page = folder / "page.html"
    page.write_text(html.replace("</body>", f"<script>{script}</script>{RUN}</body>"), encoding="utf-8")
    words = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom"]
    words += ["--blink-settings=preferredColorScheme=0"] if dark else []
    words.append(f"--user-data-dir={folder / 'profile'}")
    for _ in range(2):  # a browser on a busy machine can run out of its time once
        ran = subprocess.run([*words, page.as_uri()], capture_output=True, text=True, timeout=300, check=True)
        found = re.search(r'id="axe-result">(.*?)</pre>', ran.stdout, re.DOTALL)
        if found:
            break
    assert found, "axe-core gave no result"
    return json.loads(unescape(found.group(1)))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("document", sorted(DOCUMENTS))
def test_axe_finds_nothing(document, dark, tmp_path):
    case = with_record(good_case(), rich_record())
    assert (
        violations(documents.render(edition(case), document=document, format="html").decode(), tmp_path, dark=dark)
        == []
    )


def test_axe_finds_nothing_in_a_report_of_what_is_missing(tmp_path):
    case = with_record(good_case(), everything_missing())
    assert (
        violations(
            documents.render(edition(case), document="audit_report", format="html").decode(), tmp_path, dark=False
        )
        == []
    )


def test_axe_finds_nothing_in_german(tmp_path):
    case = with_record(good_case(), rich_record())
    page = documents.render(edition(case, language="de"), document="audit_report", format="html").decode()
    assert violations(page, tmp_path, dark=False) == []


def test_a_fault_would_be_found(tmp_path):
    page = documents.render(edition(), document="model_card", format="html").decode()
    assert [
        name for name, *_ in violations(page.replace("<h1>", "<img src='data:,'><h1>", 1), tmp_path, dark=False)
    ] == ["image-alt"]
