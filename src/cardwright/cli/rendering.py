"""`render`, `export`, `import-card` and `checklist`: the record in words that others read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardwright.cli.console import Console, clock, width
from cardwright.cli.options import (
    Debug,
    DocumentFormat,
    Out,
    Quiet,
    ReaderGroup,
)
from cardwright.errors import UsageError

if TYPE_CHECKING:
    from cardwright import documents


def render(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder, or a record.json.")],
    document: Annotated[
        str,
        typer.Option(
            "--document",
            "-d",
            help="model_card, dataset_card, audit_report, evaluation_summary, responsible_ai_report, handoff_package or "
            "bias_audit_summary.",
        ),
    ] = "model_card",
    format: Annotated[DocumentFormat, typer.Option("--format", "-f", help="How to write it.")] = DocumentFormat.HTML,
    output: Out = None,
    templates: Annotated[
        Path | None, typer.Option("--templates", help="A folder whose templates replace ours.")
    ] = None,
    page_size: Annotated[str, typer.Option("--page-size", help="A4 or Letter.")] = "A4",
    language: Annotated[str, typer.Option("--language", help="en or de.")] = "en",
    audience: Annotated[
        ReaderGroup,
        typer.Option("--audience", help="Who reads it; what they may not see is left out of the record inside, too."),
    ] = ReaderGroup.INTERNAL,
    checklist: Annotated[
        list[str] | None,
        typer.Option("--checklist", help="A checklist of the responsible-AI report, by name or path; may be repeated."),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make one document of a dossier or a record."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright import documents
    from cardwright.dossier import layout, store
    from cardwright.dossier.contents import case_of, coverage_of
    from cardwright.files import disk
    from cardwright.record import canonical
    from cardwright.record.record import Record
    from cardwright.record.verdict import Verdict

    run = verdict = None
    if dossier.is_file():
        record = canonical.parse(Record, disk.read_file(dossier, what="record"), where=str(dossier))
    else:
        files = store.read_dossier(dossier)
        case = case_of(files, where=str(dossier))
        record, run = case.record, case.run
        if layout.REVIEW in files:
            verdict = canonical.parse(Verdict, files[layout.REVIEW], where=str(dossier / layout.REVIEW))
    edition = documents.Edition(
        record=record,
        verdict=verdict,
        run=run,
        templates_dir=templates,
        page_size=page_size,
        language=language,
        audience=audience.value,
        coverage=coverage_of(record, tuple(checklist or ())) if document == "responsible_ai_report" else (),
    )
    data = documents.render(edition, document=document, format=format.value)
    suffix = {"markdown": "md"}.get(format.value, format.value)
    path = output or Path(f"{document}.{suffix}")
    disk.write_file(path, data)
    console.say(f"{path}: {len(data):,} bytes")


class ExportFormat(StrEnum):
    """Another system's format."""

    CYCLONEDX = "cyclonedx"
    CROISSANT = "croissant"
    MCT = "mct"
    HF = "hf"


def export(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder, or a record.json.")],
    format: Annotated[ExportFormat, typer.Option("--format", "-f", help="Another system's format.")],
    output: Out = None,
    audience: Annotated[ReaderGroup, typer.Option("--audience", help="Who reads it.")] = ReaderGroup.INTERNAL,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the record in another system's format, held against its official schema."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright import documents
    from cardwright.documents import exports
    from cardwright.documents.audience import edition_for
    from cardwright.files import disk

    edition = edition_for(_edition(dossier, audience))
    if format is ExportFormat.HF:
        data = documents.render(
            _edition(dossier, audience),
            document="dataset_card" if edition.record.subject.kind == "dataset" else "model_card",
            format="markdown",
        )
        name = "README.md"
    else:
        data = exports.export(edition, format.value)
        name = f"{edition.record.subject.name}.{exports.FORMATS[format.value][2]}"
    path = output or Path(name)
    disk.write_file(path, data)
    console.say(f"{path}: {len(data):,} bytes")


def _edition(dossier: Path, audience: ReaderGroup) -> documents.Edition:
    """What a dossier, or a record alone, has to say."""
    from cardwright import documents
    from cardwright.dossier import layout, store
    from cardwright.dossier.contents import case_of
    from cardwright.files import disk
    from cardwright.record import canonical
    from cardwright.record.record import Record
    from cardwright.record.verdict import Verdict

    if dossier.is_file():
        record = canonical.parse(Record, disk.read_file(dossier, what="record"), where=str(dossier))
        return documents.Edition(record=record, audience=audience.value)
    files = store.read_dossier(dossier)
    case = case_of(files, where=str(dossier))
    verdict = (
        canonical.parse(Verdict, files[layout.REVIEW], where=str(dossier / layout.REVIEW))
        if layout.REVIEW in files
        else None
    )
    return documents.Edition(record=case.record, verdict=verdict, run=case.run, audience=audience.value)


def import_card(
    ctx: typer.Context,
    card: Annotated[Path, typer.Argument(help="A Hugging Face card (Markdown), or Model Card Toolkit JSON.")],
    output: Out = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Take what people wrote in an existing card over into a details.yaml; numbers are not taken."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.files import disk
    from cardwright.plan import card_import

    found = card_import.import_card(disk.read_file(card, what="card"), name=card.name, today=clock()[:10])
    path = output or Path("details.yaml")
    if path.exists():
        raise UsageError("it is there already, and holds somebody's words", where=str(path), do="Name another -o.")
    disk.write_file(path, found.details)
    console.say(f"{path}: {len(found.taken)} answers taken: {', '.join(found.taken) or 'none'}")
    if found.left:
        typer.echo(f"no place for: {', '.join(found.left)}", err=True)


def checklist_list(quiet: Quiet = False, debug: Debug = False) -> None:
    """Name the checklists that are packaged."""
    from cardwright.dossier.contents import checklist_of
    from cardwright.files import packaged

    for name in packaged.names("checklists"):
        found = checklist_of(name)
        typer.echo(f"{name:<26} {len(found.items):>3} items  {found.title} (as of {found.as_of}, {found.status})")


def checklist_show(
    name: Annotated[str, typer.Argument(help="A checklist by name or path.")],
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Print the items of a checklist."""
    from cardwright.dossier.contents import checklist_of

    found = checklist_of(name)
    typer.echo(f"{found.title}, {found.version}: {found.source} (mark {found.source_mark}, as of {found.as_of})")
    for item in found.items:
        typer.echo(f"{item.clause:<10} {item.id}: {item.requirement}")


def checklist_coverage(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder, or a record.json.")],
    name: Annotated[str, typer.Option("--checklist", help="A checklist by name or path.")] = "responsible_ai_minimum",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say which items have evidence, which a person attests, and which are missing. Exit code 1 while any is missing."""
    from cardwright.dossier import layout, store
    from cardwright.dossier.contents import checklist_of
    from cardwright.files import disk
    from cardwright.policy import checklist
    from cardwright.record import canonical
    from cardwright.record.record import Record

    data = disk.read_file(dossier, what="record") if dossier.is_file() else store.read_dossier(dossier)[layout.RECORD]
    found = checklist.coverage(checklist_of(name), canonical.parse(Record, data, where=str(dossier)))
    typer.echo(checklist.as_text(found, width=width()))
    raise typer.Exit(1 if found.counts["missing"] else 0)
