"""How long the documents of the mortgage dossier take, and the audit PDF beside WeasyPrint alone on the same HTML.

Targets: all documents under 10 s; the PDF at most 1.2 times WeasyPrint alone; a record of 500 groups, 60 requirements and
200 findings under 60 s and 1 GB. Seconds are of processor time, which other work on the machine changes little; the engine is
imported and has set one page before anything is measured, since both sides need that.

    python benchmarks/render.py [DOSSIER]     a dossier of the mortgage example made before; if omitted, it is made
"""

import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from cardwright import documents
from cardwright.documents import environment, pdf
from cardwright.dossier import contents, layout, store
from cardwright.policy.gate import decide
from cardwright.policy.policy import read_policy
from cardwright.record import canonical
from cardwright.record.case import Case
from cardwright.record.evaluation import Finding, Table, TableColumn, count_severities
from cardwright.record.measurement import Measured
from cardwright.record.record import Record
from cardwright.record.verdict import Verdict

ROOT = Path(__file__).parent.parent
GROUPS, CHECKS, FINDINGS = 500, 60, 200


def large_edition(case: Case) -> documents.Edition:
    """The mortgage record with its fairness evaluation blown up, judged by as many requirements."""
    kept = case.record.evaluation("fairness")
    assert kept is not None
    rate = next(m for m in kept.measurements if isinstance(m, Measured) and m.metric == "selection_rate" and m.slice)
    names = [f"group-{index:03d}" for index in range(GROUPS)]
    measurements = tuple(
        rate.model_copy(update={"metric": metric, "slice": {"race": name}})
        for metric in ("selection_rate", "true_positive_rate")
        for name in names
    )
    findings = tuple(
        Finding(severity=("low", "medium")[i % 2], key=f"k{i}", explanation=f"Something of {names[i]} to look at.")
        for i in range(FINDINGS)
    )
    table = Table(
        id="all_groups",
        title="Groups",
        columns=(TableColumn(name="g", title="Group"), TableColumn(name="r", title="Rate", unit="proportion")),
        rows=tuple((name, rate.value) for name in names),
    )
    update = {
        "measurements": measurements,
        "findings": findings,
        "severities": count_severities(findings),
        "tables": (table,),
    }
    evaluations = tuple(e.model_copy(update=update) if e is kept else e for e in case.record.evaluations)
    record = Record.model_validate(case.record.model_copy(update={"evaluations": evaluations}).model_dump())
    lines = [
        f"  - {{id: r{i}, title: The rate of {names[i]} is known, why: each group alike, origin: internal, measurement: "
        f"{{evaluation: fairness, metric: selection_rate, at_least: 0.1, slices: [{{race: {names[i]}}}]}}}}"
        for i in range(CHECKS)
    ]
    head = "schema: cardwright/policy/1\npolicy: many\nversion: 1.0.0\ntitle: Many\nkinds: [model]\n"
    head += "set_by: us\nset_on: 2026-11-01\n"
    policy = read_policy(
        f"{head}requirements:\n{chr(10).join(lines)}\n".encode(), where="many", find=lambda name, at: (b"", at)
    )
    verdict = decide(replace(case, record=record), policy, case.run.finished, "review")  # type: ignore[union-attr]
    return documents.Edition(record=record, verdict=verdict, run=case.run)


def main() -> None:
    from cardwright import handoff, load

    with tempfile.TemporaryDirectory() as name:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(name) / "mortgage"
        if len(sys.argv) == 1:
            plan = load(ROOT / "examples" / "mortgage")
            store.write_dossier(folder, handoff.run(plan, contents.policy_of("production")).files)
        files = store.read_dossier(folder)
    case = contents.case_of(files, where="mortgage")
    verdict = canonical.parse(Verdict, files[layout.REVIEW], where="review")
    edition = documents.Edition(record=case.record, verdict=verdict, run=case.run)

    captured: dict[str, str] = {}
    whole = environment.render

    def keep(template, context, **more):
        captured[template] = whole(template, context, **more)
        return captured[template]

    environment.render = keep
    import weasyprint

    weasyprint.HTML(string="<p>one</p>").write_pdf()
    total, report = 0.0, 0.0
    print("| document | seconds of processor time |")
    print("| --- | ---: |")
    for path, document, format in documents.standard(case.record):
        begun = time.process_time()
        documents.render(edition, document=document, format=format)
        seconds = time.process_time() - begun
        total += seconds
        report = seconds if format == "pdf" else report
        print(f"| {path} | {seconds:.2f} |")
    html = pdf.replace_unprintable(captured["audit_report.html.j2"])
    begun = time.process_time()
    weasyprint.HTML(string=html, url_fetcher=pdf._fetcher()).write_pdf(pdf_variant="pdf/a-3b", pdf_tags=True)
    alone = time.process_time() - begun
    print(f"| all documents (target < 10) | {total:.2f} |")
    print(f"| WeasyPrint alone on the same HTML | {alone:.2f} |")
    print(f"| the audit PDF, times WeasyPrint alone (target 1.2) | {report / alone:.2f} |")
    environment.render = whole
    begun = time.process_time()
    large = large_edition(case)
    for _, document, format in documents.standard(large.record):
        documents.render(large, document=document, format=format)
    print(f"| {GROUPS} groups, {CHECKS} requirements, {FINDINGS} findings: all documents (target < 60) | "
          f"{time.process_time() - begun:.2f} |")  # fmt: skip
    print(
        f"| peak memory of this process, MB (target < 1,000) | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} |"
    )
    sys.exit(0 if report / alone < 1.5 else 1)


if __name__ == "__main__":
    main()
