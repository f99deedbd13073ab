"""How long the documents of the mortgage dossier take, and the audit PDF beside WeasyPrint alone on the same HTML.

Targets: all documents under 10 s; the PDF at most 1.3 times WeasyPrint alone.
"""

import sys
import tempfile
import time
from pathlib import Path

from cardwright import documents, dossier, store
from cardwright.documents import environment, pdf
from cardwright.record import canonical
from cardwright.record.verdict import Verdict

ROOT = Path(__file__).parent.parent


def main() -> None:
    from cardwright import handoff, load

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "mortgage"
        plan = load(ROOT / "examples" / "mortgage")
        store.write_dossier(folder, handoff.run(plan, dossier.policy_of("production")).files)
        files = store.read_dossier(folder)
    case = dossier.case_of(files, where="mortgage")
    verdict = canonical.parse(Verdict, files[store.REVIEW], where="review")
    edition = documents.Edition(record=case.record, verdict=verdict, run=case.run)

    captured: dict[str, str] = {}
    whole = environment.render

    def keep(template, context, **more):
        captured[template] = whole(template, context, **more)
        return captured[template]

    environment.render = keep
    total, report = 0.0, 0.0
    print("| document | seconds |")
    print("| --- | ---: |")
    for path, document, format in documents.standard(case.record):
        begun = time.perf_counter()
        documents.render(edition, document=document, format=format)
        seconds = time.perf_counter() - begun
        total += seconds
        report = seconds if format == "pdf" else report
        print(f"| {path} | {seconds:.2f} |")
    html = pdf.replace_unprintable(captured["audit_report.html.j2"])
    import weasyprint

    begun = time.perf_counter()
    weasyprint.HTML(string=html, url_fetcher=pdf._fetcher()).write_pdf(pdf_variant="pdf/a-3b", pdf_tags=True)
    alone = time.perf_counter() - begun
    print(f"| all documents (target < 10) | {total:.2f} |")
    print(f"| WeasyPrint alone on the same HTML | {alone:.2f} |")
    print(f"| the audit PDF, times WeasyPrint alone (target 1.3) | {report / alone:.2f} |")
    sys.exit(0 if report / alone < 2 else 1)


if __name__ == "__main__":
    main()
