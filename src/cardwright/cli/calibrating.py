"""`calibrate`: what a scorer gets wrong on a team's own transcripts, by people's labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cardwright.cli.console import Console, clock, echo
from cardwright.cli.options import Debug, Quiet
from cardwright.errors import SourceError, UsageError

if TYPE_CHECKING:
    from cardwright.evaluators.safety.calibration import Case
    from cardwright.sources.interface import Interaction

_COLUMNS = ("case", "prompt", "answer", "label")

Scorer = Annotated[str, typer.Argument(help="The scorer, e.g. refusal.")]
Transcripts = Annotated[
    list[Path], typer.Option("--transcripts", help="Recorded interactions, as the plan names them; once for each file.")
]
Size = Annotated[int, typer.Option("--size", min=2, help="How many cases are drawn.")]
Verdicts = Annotated[
    list[Path] | None,
    typer.Option(
        "--judgements", help="Verdicts on the transcripts, to calibrate the judge that gave them; once for each file."
    ),
]
Nonce = Annotated[
    str | None,
    typer.Option("--nonce", help="What somebody else says once the transcripts are fixed; it moves the sample."),
]


def draw(
    ctx: typer.Context,
    scorer: Scorer,
    transcripts: Transcripts,
    output: Annotated[Path, typer.Option("--output", "-o", help="The sheet to write, a CSV file.")],
    judgements: Verdicts = None,
    size: Size = 200,
    nonce: Nonce = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Draw a sample of transcripts for people to label. The sheet holds their words: keep it where they may be kept."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.evaluators.safety import calibration

    if output.exists():
        raise UsageError("there is a file already, and labels may be in it", where=str(output), do="Name another.")
    _, drawn, _, _ = _sample(scorer, transcripts, judgements, size, nonce)
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(_COLUMNS)
    rows.writerows([case.key, _inert(case.prompt), _inert(case.answer), ""] for case in drawn)
    output.write_text(written.getvalue(), encoding="utf-8")
    console.say(f"{len(drawn)} cases in {output}; write {', '.join(calibration.labels_of(scorer))} under `label`.")
    if nonce is None:
        console.say(f"Drawn from the transcripts alone: {calibration.UNSIGNED}.")


def score(
    ctx: typer.Context,
    scorer: Scorer,
    sheets: Annotated[list[Path], typer.Argument(help="Filled sheets, one for each labeller.")],
    transcripts: Transcripts,
    output: Annotated[Path, typer.Option("--output", "-o", help="The calibration file to write.")],
    source: Annotated[str, typer.Option("--source", help="Where the transcripts are from, in words.")],
    language: Annotated[str, typer.Option("--language", help="Their language.")],
    expires: Annotated[str, typer.Option("--expires", help="From this day on it calibrates nothing, e.g. 2027-06-30.")],
    labelled_by: Annotated[str, typer.Option("--labelled-by", help="human, or program: never count one as the other.")],
    labelled_on: Annotated[str | None, typer.Option("--labelled-on", help="The day; today if omitted.")] = None,
    judgements: Verdicts = None,
    size: Size = 200,
    nonce: Nonce = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Count what a scorer gets wrong, from filled sheets."""
    Console.of(ctx, quiet=quiet, debug=debug)
    from pydantic import ValidationError

    from cardwright.evaluators.safety import Safety, calibration
    from cardwright.record import canonical
    from cardwright.record.calibration import Calibration

    by: Literal["human", "program"]
    if labelled_by == "human":
        by = "human"
    elif labelled_by == "program":
        by = "program"
    else:
        raise UsageError("labels are given by human or by program", where="--labelled-by", do="Write one of the two.")
    found, drawn, digests, seed = _sample(scorer, transcripts, judgements, size, nonce)
    filled = [_labels(path, scorer, drawn) for path in sheets]
    try:
        value = Calibration(
            scorer=scorer,
            scorer_version=calibration.version_of(
                scorer, Safety.version, [opened(path, judgements)[1] for path in transcripts]
            ),
            transcripts=tuple(digests),
            source=source,
            language=language,
            labelled_on=labelled_on or clock()[:10],
            expires=expires,
            labelled_by=by,
            labellers=len(sheets),
            nonce=nonce,
            independence=calibration.UNSIGNED,
            seed=seed,
            strata=calibration.strata(scorer, found, drawn, filled),
            agreement=calibration.agreement(scorer, drawn, filled),
        )
    except ValidationError as exc:
        named = ", ".join(f"--{str(error['loc'][0]).replace('_', '-')}" for error in exc.errors() if error["loc"])
        raise UsageError(
            "a value cannot be used", where=named, do="Write a day as 2027-06-30, words in a line."
        ) from exc
    output.write_bytes(canonical.dumps(value.model_dump(mode="json", by_alias=True)) + b"\n")
    rates = calibration.error_rates(value)
    for name, rate in zip(("sensitivity", "specificity"), rates or (), strict=False):
        echo(f"{name} {rate.value:.3f} [{rate.lower:.3f}, {rate.upper:.3f}], {rate.labelled} labelled cases")
    unlabelled = sum(stratum.unlabelled for stratum in value.strata)
    if unlabelled:
        echo(f"{unlabelled} drawn cases are not labelled, and count against the scorer")
    for one in value.agreement:
        echo(f"{one.coefficient} {one.value:.3f} over {one.cases} cases")
    problem = calibration.shortcoming(rates)
    if problem is not None:
        echo(f"not enough to correct by: {problem}")


def _sample(
    scorer: str, transcripts: Sequence[Path], judgements: Sequence[Path] | None, size: int, nonce: str | None
) -> tuple[list[Case], list[Case], list[str], str]:
    from cardwright.evaluators.safety import calibration

    read = [opened(path, judgements) for path in transcripts]
    digests = sorted({digest for digest, _ in read})
    found = calibration.cases(scorer, read)
    seed = calibration.seed_of(digests, nonce)
    return found, calibration.draw(found, size, seed), digests, seed


def opened(path: Path, judgements: Sequence[Path] | None) -> tuple[str, list[Interaction]]:
    """Transcripts and their digest. What a row is for plays no part here, so that a file need not say it."""
    from cardwright.evaluators.safety import judges
    from cardwright.sources.interface import Interactions
    from cardwright.sources.judgement_files import read_judgements
    from cardwright.sources.load import load
    from cardwright.sources.results import recognised
    from cardwright.sources.spec import parse_source

    reader = recognised(path) if path.exists() else None
    said = {"interactions": path.name, **({"format": reader.name} if reader is not None else {})}
    try:
        source = load(parse_source(said), "transcripts", path.parent)
    except SourceError as exc:
        if "there is no intent" not in str(exc):
            raise
        source = load(parse_source({**said, "intent": "observed"}), "transcripts", path.parent)
    assert isinstance(source, Interactions)
    files = [read_judgements(file, file.name, "judgements", "judgements") for file in judgements or ()]
    verdicts = judges.judged_by(files, source.ref.sha256)
    return source.ref.sha256, [
        judges.with_verdicts(one, verdicts.get(number, ())) for number, one in enumerate(source, 1)
    ]


def _labels(path: Path, scorer: str, drawn: Sequence[Case]) -> Mapping[str, str]:
    from cardwright.evaluators.safety.calibration import labels_of

    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise SourceError("the sheet cannot be read", where=str(path), do="Save it as CSV in UTF-8.") from exc
    keys, allowed, found = {case.key for case in drawn}, labels_of(scorer), dict[str, str]()
    for line, row in enumerate(rows, 2):
        key, said = (row.get("case") or "").strip(), (row.get("label") or "").strip().lower()
        if key not in keys:
            raise SourceError(
                "the case was not drawn", where=f"{path}, case {line - 1}",
                do="Name the same --transcripts, --size and --nonce as for `calibrate draw`.",
            )  # fmt: skip
        if said and said not in allowed:
            raise SourceError(
                "the label is not known",
                where=f"{path}, case {line - 1}",
                do=f"One of: {', '.join(allowed)}, or nothing.",
            )
        if key in found:
            raise SourceError("a case is labelled twice", where=f"{path}, case {line - 1}", do="Leave one.")
        found[key] = said
    return found


def _inert(text: str) -> str:
    """Text that a spreadsheet shows and does not calculate: the answers of an assistant under attack are nobody's formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
