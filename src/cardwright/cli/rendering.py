"""`render`, `export`, `import-card` and `checklist`: the record in words that others read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from cardwright.cli.console import Console, clock, echo, stated_moment, width, write
from cardwright.cli.options import (
    CHECKLIST,
    SIGSTORE,
    AudienceOption,
    Debug,
    OneOf,
    Out,
    PolicyOption,
    Quiet,
    WhoseAnswersOption,
    document_formats,
    documents_known,
    documents_listed,
    exports_known,
    languages,
    nearest_and_all,
    page_sizes,
)
from cardwright.errors import UsageError

if TYPE_CHECKING:
    from cardwright import documents
    from cardwright.record.claim import Claim


def render(
    ctx: typer.Context,
    dossier: Annotated[
        Path | None,
        typer.Argument(metavar="[DOSSIER]", help="A dossier's folder, or a record.json.", show_default=False),
    ] = None,
    document: Annotated[
        str,
        typer.Option(
            "--document",
            "-d",
            parser=OneOf("document", documents_known, more=" Or that of its own kind; `list` explains all."),
            metavar="NAME",
            help="The kind of document.",
        ),
    ] = "model_card",
    format: Annotated[
        str,
        typer.Option(
            "--format", "-f", parser=OneOf("format", document_formats), metavar="FORMAT", help="The file format."
        ),
    ] = "html",
    output: Out = None,
    templates: Annotated[
        Path | None, typer.Option("--templates", help="A folder whose templates replace ours.")
    ] = None,
    page_size: Annotated[
        str,
        typer.Option(
            "--page-size", parser=OneOf("page size", page_sizes), metavar="SIZE", help="The page size of a PDF."
        ),
    ] = "A4",
    language: Annotated[
        str,
        typer.Option(
            "--language",
            parser=OneOf("language", languages),
            metavar="LANGUAGE",
            help="The language of a document's fixed words.",
        ),
    ] = "en",
    audience: AudienceOption = "internal",
    checklist: Annotated[
        list[str] | None,
        typer.Option(
            "--checklist",
            parser=CHECKLIST,
            metavar="CHECKLIST",
            help="A checklist for the responsible-AI report (may be repeated).",
        ),
    ] = None,
    details: Annotated[
        Path | None,
        typer.Option("--details", help="A details.yaml in place of the dossier's answers: a draft, judged anew."),
    ] = None,
    policy: PolicyOption = None,
    trust: WhoseAnswersOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make one document of a dossier or a record.

    `--document list` lists all documents and says what each is for.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright import documents
    from cardwright.dossier.contents import coverage_of
    from cardwright.files import disk, kinds

    if document == "list":
        echo(documents_listed())
        return
    known = [*documents_known(), *kinds.names()]
    # A misspelt name is refused before a dossier is looked for; one of a house's own kind only that dossier knows.
    if document not in known and not (dossier is not None and dossier.exists() and document == _kind_of(dossier)):
        hint = nearest_and_all(document, documents_known(), more=kinds.names())
        raise UsageError(
            f'no document is called "{document}"', do=f"{hint} `cardwright render --document list` explains all."
        )
    if dossier is None:
        raise UsageError(
            "name a dossier", do="cardwright render DOSSIER --document NAME; `--document list` lists them."
        )
    if details is not None:
        edition = replace(_draft_of(dossier, details, policy), audience=cast(Any, audience))
    elif policy is not None:
        raise UsageError(
            "a document shows the decision that its dossier holds",
            where="--policy",
            do="Judge it with `cardwright gate DOSSIER --policy …`, or name the answers of a draft with --details.",
        )
    else:
        edition = edition_of(dossier, audience, trust)
    if checklist:
        edition = replace(edition, coverage=coverage_of(edition.record, tuple(checklist), edition.claims))
    edition = replace(edition, templates_dir=templates, page_size=page_size, language=language)
    data = documents.render(edition, document=document, format=cast(Any, format))
    suffix = {"markdown": "md"}.get(format, format)
    path = output or Path(f"{document}.{suffix}")
    disk.write_file(path, data)
    console.say(f"{path}: {len(data):,} bytes")


def _draft_of(dossier: Path, details: Path, policy: str | None) -> documents.Edition:
    """The dossier's evidence with the answers of a file: what `preview` shows."""
    from cardwright.cli.previewing import Source

    if not dossier.is_dir():
        raise UsageError(
            "answers of a file are shown with a dossier's evidence", where=str(dossier), do="Name the dossier's folder."
        )
    return Source(dossier, details, policy).edition()


def _kind_of(dossier: Path) -> str | None:
    """The kind of document that a dossier is of; None if it is of none."""
    document = edition_of(dossier, "internal").record.document
    return document.definition.kind if document is not None else None


def export(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder, or a record.json.")],
    format: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            parser=OneOf("format", exports_known),
            metavar="FORMAT",
            help="The other system's format; sigstore is of a release.",
        ),
    ],
    output: Out = None,
    audience: AudienceOption = "internal",
    trust: WhoseAnswersOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the record in another system's format.

    The file is checked against the official schema, where that system has one. `sigstore` writes the signed release as a bundle
    for cosign, with the public key beside it, if the release holds by --trust.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.documents import exports
    from cardwright.files import disk

    if format == SIGSTORE:
        _export_release(console, dossier, output, trust)
        return
    (name, data), *beside = exports.files(edition_of(dossier, audience, trust), format).items()
    path = output or Path(name)
    for place, content in ((path, data), *((path.parent / one, more) for one, more in beside)):
        disk.write_file(place, content)
        console.say(f"{place}: {len(content):,} bytes")


def _export_release(console: Console, dossier: Path, output: Path | None, trust: Path | None) -> None:
    from cardwright.attest import sigstore_bundle
    from cardwright.cli.keyring import trust_file
    from cardwright.dossier import store
    from cardwright.files import disk

    if trust is None:
        raise UsageError(
            "a release is exported by whoever believes it", do="Name your trust file: --trust; its key is written too."
        )
    files = store.read_dossier(dossier)
    bundle = sigstore_bundle.of_release(files, trust_file(trust), where=str(dossier), now=clock())
    path = output or Path("release.sigstore.json")
    for place, content in ((path, bundle.data), (path.with_suffix(".pub"), bundle.public_key)):
        disk.write_file(place, content)
        console.say(f"{place}: {len(content):,} bytes")
    console.say(f"cosign's --type: {bundle.predicate_type}; {len(bundle.subjects)} digests are attested")


def edition_of(dossier: Path, audience: str, trust: Path | None = None) -> documents.Edition:
    """What a dossier says as it stands, or a record alone; what it leaves out of people's signatures goes to standard error."""
    from cardwright import documents
    from cardwright.cli.keyring import trust_file
    from cardwright.dossier import store
    from cardwright.files import disk
    from cardwright.record import canonical
    from cardwright.record.record import Record
    from cardwright.run import editions

    if dossier.is_file():
        record = canonical.parse(Record, disk.read_file(dossier, what="record"), where=str(dossier))
        return documents.Edition(record=record, audience=cast(Any, audience))
    files = store.read_dossier(dossier)
    whom = trust_file(trust) if trust is not None else None
    edition, notes = editions.as_it_stands(files, where=str(dossier), now=stated_moment() or clock(), trust=whom)
    for note in notes:
        echo(note, err=True)
    return replace(edition, audience=cast(Any, audience))


def import_card(
    ctx: typer.Context,
    card: Annotated[Path, typer.Argument(help="A Hugging Face card (Markdown), or Model Card Toolkit JSON.")],
    output: Out = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Take over what people wrote in an existing card.

    It is written to a details.yaml; numbers are not taken over.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.files import disk
    from cardwright.plan import card_import

    found = card_import.import_card(
        disk.read_file(card, what="card"), name=card.name, today=(stated_moment() or clock())[:10]
    )
    path = output or Path("details.yaml")
    if path.exists():
        raise UsageError("the file exists and holds somebody's words", where=str(path), do="Choose another -o.")
    disk.write_file(path, found.details)
    console.say(f"{path}: {len(found.taken)} answers taken: {', '.join(found.taken) or 'none'}")
    if found.left:
        write(f"no place for: {', '.join(found.left)}", err=True)


def checklist_list(quiet: Quiet = False, debug: Debug = False) -> None:
    """List the packaged checklists."""
    from cardwright.dossier.contents import checklist_of
    from cardwright.files import packaged

    for name in packaged.names("checklists"):
        found = checklist_of(name)
        write(f"{name:<26} {len(found.items):>3} items  {found.title} (as of {found.as_of}, {found.status})")


def checklist_show(
    name: Annotated[str, typer.Argument(parser=CHECKLIST, metavar="CHECKLIST", help="The checklist.")],
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Print the items of a checklist."""
    from cardwright.dossier.contents import checklist_of

    found = checklist_of(name)
    write(f"{found.title}, {found.version}: {found.source} (mark {found.source_mark}, as of {found.as_of})")
    for item in found.items:
        write(f"{item.clause:<10} {item.id}: {item.requirement}")


def checklist_coverage(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder, or a record.json.")],
    name: Annotated[
        str, typer.Option("--checklist", parser=CHECKLIST, metavar="CHECKLIST", help="The checklist.")
    ] = "responsible_ai_minimum",
    trust: WhoseAnswersOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List items with evidence, items people attest, and gaps.

    Exit code 1 while an item is missing.
    """
    from cardwright.cli.judging import with_claims
    from cardwright.dossier import store
    from cardwright.dossier.contents import case_of, checklist_of
    from cardwright.files import disk
    from cardwright.policy import checklist
    from cardwright.record import canonical
    from cardwright.record.record import Record

    if dossier.is_file():
        record = canonical.parse(Record, disk.read_file(dossier, what="record"), where=str(dossier))
        claims: tuple[Claim, ...] = ()
    else:
        files = store.read_dossier(dossier)
        case, doubts = with_claims(case_of(files, where=str(dossier)), files, dossier, trust, clock())
        for doubt in doubts:
            echo(doubt, err=True)
        record, claims = case.record, case.claims
    found = checklist.coverage(checklist_of(name), record, claims)
    write(checklist.as_text(found, width=width()))
    raise typer.Exit(1 if found.counts["missing"] else 0)
