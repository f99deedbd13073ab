"""`calibrate`: what a scorer gets wrong on a team's own transcripts, by people's labels.

`commit`, `nonce`, `draw`, `label` and `score`, in this order, each by whoever it is for: the author commits, somebody else draws,
others label, anybody counts. `draw` and `score` alone calibrate too, on a sample that is the author's own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cardwright.cli.console import Console, clock, echo
from cardwright.cli.keyring import KeyOption, PersonOption, RoleOption, TrustOption, opened_key, trust_file
from cardwright.cli.options import Debug, Quiet, require_new_file, require_nothing_personal
from cardwright.errors import IntegrityError, SourceError, UsageError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from cardwright.evaluators.safety.calibration import CaseList, ScoredCase
    from cardwright.record.drawn_sample import SampleChain
    from cardwright.sources.interface import Interaction, TextClassifier

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
Classifier = Annotated[
    Path | None,
    typer.Option("--classifier", help="A folder of transformers, to calibrate the scorer toxicity_classifier."),
]
Positive = Annotated[
    list[str] | None,
    typer.Option("--positive", help="With --classifier: a label of its that means yes; once for each."),
]
Threshold = Annotated[
    float, typer.Option("--threshold", min=0.0, max=1.0, help="With --classifier: the score from which on it says yes.")
]
Nonce = Annotated[
    str | None,
    typer.Option("--nonce", help="Any word; it moves a sample that is drawn without a chain."),
]
Source = Annotated[str | None, typer.Option("--source", help="Where the transcripts are from, in words.")]
Language = Annotated[str | None, typer.Option("--language", help="Their language, or languages: en, de.")]
Expires = Annotated[
    str | None,
    typer.Option(
        "--expires", help="From this day on it calibrates nothing, e.g. 2027-06-30; 400 days after the labels at most."
    ),
]
ChainArgument = Annotated[Path, typer.Argument(help="The chain that `calibrate commit` began.")]
ChainOption = Annotated[
    Path | None,
    typer.Option("--chain", help="A chain with somebody else's nonce, which draws in place of --size and --nonce."),
]


def commit(
    ctx: typer.Context,
    scorer: Scorer,
    transcripts: Transcripts,
    output: Annotated[Path, typer.Option("--output", "-o", help="The chain to begin, a JSON file.")],
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    trust: TrustOption,
    judgements: Verdicts = None,
    classifier: Classifier = None,
    positive: Positive = None,
    threshold: Threshold = 0.5,
    size: Size = 200,
    labellers: Annotated[
        int, typer.Option("--labellers", min=1, help="How many people will label; none can be left out later.")
    ] = 2,
    source: Source = None,
    language: Language = None,
    expires: Expires = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Commit rows and what a scorer says of them, before a draw."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from pydantic import ValidationError

    from cardwright.attest import sampling
    from cardwright.record import drawn_sample
    from cardwright.record.drawn_sample import SampleChain, SampleCommitment

    said = _named(source, language, expires)
    _require_days(said["expires"], clock()[:10], "today")
    if output.exists():
        raise UsageError(
            "there is a chain already, and others may have signed it", where=str(output), do="Name another."
        )
    require_new_file(output)
    read = _read(scorer, transcripts, VerdictGivers(judgements, classifier, positive, threshold))
    _require_languages(said["language"], read.found)
    private, signer = _signer(key, trust, person, role)
    outcomes = drawn_sample.packed([case.flagged for case in read.found.cases])
    try:
        commitment = SampleCommitment(
            **signer,
            **said,
            scorer=scorer,
            scorer_version=read.version,
            transcripts=read.digests,
            rows=read.found.rows,
            outcomes=drawn_sample.outcomes_digest(outcomes),
            cases=len(read.found.cases),
            size=size,
            labellers=labellers,
        )
    except ValidationError as exc:
        raise _unusable(exc) from exc
    _write(output, SampleChain(commitment=sampling.sign(commitment, private), outcomes=outcomes))
    console.say(
        f"{commitment.cases} cases committed in {output}; somebody else draws: cardwright calibrate nonce {output}"
    )


def nonce(
    ctx: typer.Context,
    chain: ChainArgument,
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    trust: TrustOption,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Sign a fresh random number for a commitment: it draws the sample. For somebody other than the author."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import sampling
    from cardwright.record.drawn_sample import SampleNonce

    begun = _chain(chain)
    if begun.nonce is not None:
        raise UsageError(
            f"{begun.nonce.person} has drawn it already",
            where=str(chain),
            do="Whoever draws again draws until it suits.",
        )
    _believed(begun, trust, chain)
    private, signer = _signer(key, trust, person, role)
    commitment = begun.commitment
    if signer["key"] == commitment.key:
        raise UsageError(
            "whoever committed the rows does not draw from them", where="--key", do="Somebody else signs the nonce."
        )
    console.say(_over(begun))
    drawing = SampleNonce(**signer, commitment=commitment.sha256, nonce=sampling.fresh_nonce())
    _write(chain, begun.model_copy(update={"nonce": sampling.sign(drawing, private)}))
    console.say(f"{commitment.size} of {commitment.cases} cases for the scorer {commitment.scorer} are drawn by it.")


def draw(
    ctx: typer.Context,
    scorer: Scorer,
    transcripts: Transcripts,
    output: Annotated[Path, typer.Option("--output", "-o", help="The sheet to write, a CSV file.")],
    judgements: Verdicts = None,
    classifier: Classifier = None,
    positive: Positive = None,
    threshold: Threshold = 0.5,
    chain: ChainOption = None,
    size: Size = 200,
    nonce: Nonce = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Draw a sample of transcripts for people to label. The sheet holds their words: keep it where they may be kept."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.files import disk
    from cardwright.record.calibration import UNSIGNED
    from cardwright.record.drawn_sample import labels_of

    if output.exists():
        raise UsageError("there is a file already, and labels may be in it", where=str(output), do="Name another.")
    require_new_file(output)
    beside = VerdictGivers(judgements, classifier, positive, threshold)
    drawn = _sample(scorer, transcripts, beside, chain, size, nonce).drawn
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(_COLUMNS)
    rows.writerows([case.key, _inert(case.prompt), _inert(case.answer), ""] for case in drawn)
    disk.write_file(output, written.getvalue().encode("utf-8"))
    console.say(f"{len(drawn)} cases in {output}; write {', '.join(labels_of(scorer))} under `label`.")
    if chain is None:
        console.say(f"The sample is {UNSIGNED}. `calibrate commit` begins one that somebody else draws.")


def label(
    ctx: typer.Context,
    sheet: Annotated[Path, typer.Argument(help="The sheet that you have filled.")],
    chain: ChainArgument,
    labelled_by: Annotated[str, typer.Option("--labelled-by", help="human, or program: never count one as the other.")],
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    trust: TrustOption,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Sign the labels of a filled sheet, into the chain that drew it."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import sampling
    from cardwright.record import drawn_sample
    from cardwright.record.drawn_sample import SampleLabels

    drawn = _drawn(chain)
    assert drawn.nonce is not None
    _believed(drawn, trust, chain)
    private, signer = _signer(key, trust, person, role)
    if any(one.key == signer["key"] for one in drawn.labels):
        raise UsageError("this key has labelled already", where=str(chain), do="Each labeller signs once.")
    planned = drawn.commitment.labellers
    if planned is not None and len(drawn.labels) >= planned:
        raise UsageError(
            f"all {planned} who were to label have done so", where=str(chain), do="Commit anew with more --labellers."
        )
    console.say(_over(drawn))
    names = {name for name, _ in drawn_sample.cases_of(drawn)}
    said = {name: word for name, word in _labels(sheet, drawn.commitment.scorer, names).items() if word}
    labels = SampleLabels(**signer, nonce=drawn.nonce.sha256, labelled_by=_by(labelled_by), labels=said)
    _write(chain, drawn.model_copy(update={"labels": (*drawn.labels, sampling.sign(labels, private))}))
    console.say(f"{len(said)} of {len(names)} cases labelled by {labels.person}, signed in {chain}.")


def score(
    ctx: typer.Context,
    scorer: Scorer,
    transcripts: Transcripts,
    output: Annotated[Path, typer.Option("--output", "-o", help="The calibration file to write.")],
    sheets: Annotated[
        list[Path] | None, typer.Argument(help="Filled sheets, one for each labeller; none with --chain.")
    ] = None,
    labelled_by: Annotated[
        str | None, typer.Option("--labelled-by", help="human, or program; with --chain as it was signed.")
    ] = None,
    labelled_on: Annotated[
        str | None,
        typer.Option("--labelled-on", help="The day; today if omitted, with --chain that of the signed labels."),
    ] = None,
    source: Source = None,
    language: Language = None,
    expires: Expires = None,
    judgements: Verdicts = None,
    classifier: Classifier = None,
    positive: Positive = None,
    threshold: Threshold = 0.5,
    chain: ChainOption = None,
    size: Size = 200,
    nonce: Nonce = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Count what a scorer gets wrong, from labels."""
    Console.of(ctx, quiet=quiet, debug=debug)
    from pydantic import ValidationError

    from cardwright.evaluators.safety import calibration
    from cardwright.files import disk
    from cardwright.record.calibration import LONGEST_DAYS, SIGNED, UNSIGNED, Calibration, agreement_of
    from cardwright.record.drawn_sample import labels_of
    from cardwright.sources.calibrations import is_calibration

    require_nothing_personal(nonce=nonce)
    named = [*transcripts, *(judgements or ()), *(sheets or ()), *([chain] if chain is not None else ())]
    require_new_file(output, read=named, replaces=lambda path: is_calibration(path, "calibration"))
    own = _named(source, language, expires) if chain is None else None
    beside = VerdictGivers(judgements, classifier, positive, threshold)
    sample = _sample(scorer, transcripts, beside, chain, size, nonce)
    filled, by = _given(scorer, sample, sheets or [], labelled_by)
    if sample.chain is None:
        said, day = own or {}, labelled_on or clock()[:10]
    else:
        said, day = _signed(sample.chain, labelled_on, source=source, language=language, expires=expires)
    _require_languages(said["language"], sample.read.found)
    try:
        value = Calibration(
            **said,
            scorer=scorer,
            scorer_version=sample.read.version,
            transcripts=sample.read.digests,
            labelled_on=day,
            labelled_by=by,
            labellers=len(filled),
            nonce=nonce,
            independence=UNSIGNED if sample.chain is None else SIGNED,
            seed=sample.seed,
            strata=calibration.strata(scorer, sample.read.found, sample.drawn, filled),
            agreement=agreement_of(filled, [case.key for case in sample.drawn]),
            chain=sample.chain,
            positive_label=labels_of(scorer)[0] if sample.chain is not None else None,
        )
    except ValidationError as exc:
        raise _unusable(exc) from exc
    if sample.chain is None:
        _require_days(value.expires, value.labelled_on, "the labels")
    disk.write_file(output, value.file_bytes)
    rates = calibration.error_rates(value)
    for name, rate in zip(("sensitivity", "specificity"), rates or (), strict=False):
        echo(f"{name} {rate.value:.3f} [{rate.lower:.3f}, {rate.upper:.3f}], {rate.labelled} labelled cases")
    unlabelled = sum(stratum.unlabelled for stratum in value.strata)
    if unlabelled:
        echo(f"{unlabelled} drawn cases are not labelled, and count against the scorer")
    for one in value.agreement:
        echo(f"{one.coefficient} {one.value:.3f} over {one.cases} cases")
    problem = calibration.shortcoming(value)
    if problem is not None:
        echo(f"not enough to correct by: {problem}")
    if value.valid_until < value.expires:
        echo(f"it calibrates nothing from {value.valid_until} on, {LONGEST_DAYS} days after its labels")


def _named(source: str | None, language: str | None, expires: str | None) -> dict[str, str]:
    """What has to be said of transcripts by whoever begins."""
    said = {"source": source, "language": language, "expires": expires}
    missing = [f"--{name}" for name, value in said.items() if value is None]
    if missing:
        raise UsageError(
            "a calibration says of what transcripts it is, and until when",
            where=", ".join(missing),
            do="Name where they are from, their languages, and the day from which it calibrates nothing.",
        )
    require_nothing_personal(source=source, language=language)
    return {name: value for name, value in said.items() if value is not None}


def _signed(chain: SampleChain, labelled_on: str | None, **again: str | None) -> tuple[dict[str, str], str]:
    """What the commitment says of its transcripts, and the day of the labels; what is named again has to be the same."""
    from cardwright.record import calibration

    day, told = calibration.labelled_on(chain), chain.commitment
    signed = {"source": told.source, "language": told.language, "expires": told.expires, "labelled_on": day}
    for name, value in {**again, "labelled_on": labelled_on}.items():
        if value is not None and signed[name] is not None and value != signed[name]:
            raise UsageError(
                "others have signed over another value",
                where=f"--{name.replace('_', '-')}",
                do="Leave the option out: the chain has the value. `calibrate commit` begins anew with another.",
            )
    return _named(*(signed[name] or again[name] for name in ("source", "language", "expires"))), day


def _require_days(expires: str, since: str, what: str) -> None:
    """Refuse a last day that is none, or later than the gate goes by."""
    from datetime import date

    from cardwright.record.calibration import LONGEST_DAYS

    try:
        days = (date.fromisoformat(expires) - date.fromisoformat(since)).days
    except ValueError:
        raise UsageError("there is no such day", where="--expires", do="Write a day as 2027-06-30.") from None
    if not 0 < days <= LONGEST_DAYS:
        raise UsageError(
            f"a calibration says nothing later than {LONGEST_DAYS} days after its labels, and something for a day at least",
            where="--expires",
            do=f"Name a day within {LONGEST_DAYS} days of {what}.",
        )


def _require_languages(language: str, found: CaseList) -> None:
    spoken = {part.strip().lower() for part in language.split(",")}
    strange = sorted({one.lower() for one in found.languages} - spoken)
    if strange:
        raise UsageError(
            f"the transcripts are in {', '.join(strange)} too", where="--language", do="Name every language."
        )


def _unusable(exc: ValidationError) -> UsageError:
    options = ", ".join(f"--{str(error['loc'][0]).replace('_', '-')}" for error in exc.errors() if error["loc"])
    return UsageError("a value cannot be used", where=options, do="Write a day as 2027-06-30, words in a line.")


def _over(chain: SampleChain) -> str:
    """What whoever signs next signs over."""
    told = chain.commitment
    of = f"{told.cases} cases for the scorer {told.scorer} {told.scorer_version}, committed by {told.person}"
    if told.source is None:
        return f"You sign over {of}."
    return f"You sign over {of}: {told.source}; language {told.language}; expires {told.expires}."


# --- files and signers ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _ReadTranscripts:
    found: CaseList
    digests: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class _DrawnSample:
    read: _ReadTranscripts
    drawn: list[ScoredCase]
    seed: str
    chain: SampleChain | None


@dataclass(frozen=True)
class VerdictGivers:
    """Who else gives verdicts on transcripts: files of them, and a classifier."""

    judgements: Sequence[Path] | None = None
    classifier: Path | None = None
    positive: Sequence[str] | None = None
    threshold: float = 0.5

    def opened(self) -> TextClassifier | None:
        """The classifier, loaded; None where none is named."""
        if self.classifier is None:
            if self.positive:
                raise UsageError("no classifier is named", where="--positive", do="Name its folder: --classifier.")
            return None
        from cardwright.sources.models import text_classifiers

        if not 0 < self.threshold < 1:
            raise UsageError("the threshold lies between 0 and 1", where="--threshold", do="Write, for example, 0.5.")
        return text_classifiers.load(self.classifier, self.positive or (), self.threshold, where=str(self.classifier))


def _read(scorer: str, transcripts: Sequence[Path], beside: VerdictGivers) -> _ReadTranscripts:
    from cardwright.evaluators.safety import Safety, calibration, toxicity

    classifier = beside.opened()
    read = [
        (digest, [toxicity.judged(one, classifier) for one in rows])
        for digest, rows in (opened(path, beside.judgements) for path in transcripts)
    ]
    found = calibration.cases(scorer, read)
    version = calibration.version_of(scorer, Safety.version, [interactions for _, interactions in read])
    return _ReadTranscripts(found, tuple(sorted({digest for digest, _ in read})), version)


def _sample(
    scorer: str,
    transcripts: Sequence[Path],
    beside: VerdictGivers,
    chain: Path | None,
    size: int,
    nonce: str | None,
) -> _DrawnSample:
    from cardwright.evaluators.safety import calibration
    from cardwright.record import drawn_sample

    read = _read(scorer, transcripts, beside)
    if chain is None:
        seed = calibration.seed_of(read.found.rows, nonce)
        return _DrawnSample(read, calibration.draw(read.found, size, seed), seed, None)
    if nonce is not None:
        raise UsageError("a chain has a nonce of its own", where="--nonce", do="Leave out --nonce, or --chain.")
    signed = _drawn(chain)
    assert signed.nonce is not None
    told = signed.commitment
    here = (scorer, read.version, read.digests, read.found.rows)
    outcomes = drawn_sample.packed([case.flagged for case in read.found.cases])
    if (told.scorer, told.scorer_version, told.transcripts, told.rows) != here or outcomes != signed.outcomes:
        raise SourceError(
            "these are not the transcripts, or not what the scorer said of them, that were committed", where=str(chain),
            do="Name the same scorer and --transcripts as for `calibrate commit`; another version of the scorer begins anew.",
        )  # fmt: skip
    seed = drawn_sample.seed_from(told.sha256, signed.nonce.nonce)
    return _DrawnSample(read, calibration.draw(read.found, told.size, seed), seed, signed)


def _given(
    scorer: str, sample: _DrawnSample, sheets: Sequence[Path], labelled_by: str | None
) -> tuple[list[Mapping[str, str]], Literal["human", "program"]]:
    """The labels of each labeller, and who labelled."""
    if sample.chain is None:
        if not sheets or labelled_by is None:
            raise UsageError(
                "nobody's labels are named", where="SHEETS", do="Name the filled sheets and --labelled-by, or --chain."
            )
        names = {case.key for case in sample.drawn}
        return [_labels(path, scorer, names) for path in sheets], _by(labelled_by)
    if sheets or labelled_by is not None:
        raise UsageError(
            "the labels of a chain are those that were signed into it",
            where="SHEETS",
            do="Leave out sheets and --labelled-by; `calibrate label` signs a sheet.",
        )
    if not sample.chain.labels:
        raise UsageError("nobody has labelled yet", where="--chain", do="cardwright calibrate label SHEET CHAIN")
    human = all(one.labelled_by == "human" for one in sample.chain.labels)
    return [one.labels for one in sample.chain.labels], "human" if human else "program"


def _by(word: str) -> Literal["human", "program"]:
    if word == "human":
        return "human"
    if word == "program":
        return "program"
    raise UsageError("labels are given by human or by program", where="--labelled-by", do="Write one of the two.")


def _signer(key: Path, trust: Path, person: str, role: str) -> tuple[Any, dict[str, Any]]:
    """The private key, and what a statement says of who signs it."""
    from cardwright.attest import admissible, keys

    private, now = opened_key(key), clock()
    fingerprint = keys.fingerprint(private.public_key())
    holder = admissible.signer(trust_file(trust), fingerprint, person, role, now)
    return private, {"person": holder.person.name, "key": fingerprint, "role": role, "at": now}


def _believed(chain: SampleChain, trust: Path, path: Path) -> None:
    """Refuse to sign after a step that nobody known has signed: the next signature would lend it a weight that it has not."""
    from cardwright.attest import sampling

    known, now = trust_file(trust), clock()
    for one in (chain.commitment, chain.nonce):
        why = sampling.doubt(one, known, now) if one is not None else None
        if one is not None and why is not None:
            raise IntegrityError(
                f"the {one.kind} is not believed: {why}",
                where=str(path),
                do="Take the copy that was signed, and enrol its signer's key in the trust file.",
            )


def _chain(path: Path) -> SampleChain:
    from cardwright.files import disk
    from cardwright.record import canonical, drawn_sample
    from cardwright.record.drawn_sample import SampleChain

    value = canonical.parse(SampleChain, disk.read_file(path, what="chain"), where=str(path))
    broken = drawn_sample.flaw(value)
    if broken is not None:
        raise IntegrityError(f"the chain does not hold: {broken}", where=str(path), do="Take the copy that was signed.")
    return value


def _drawn(path: Path) -> SampleChain:
    value = _chain(path)
    if value.nonce is None:
        raise UsageError(
            "nobody has drawn yet", where=str(path), do=f"Somebody else signs: cardwright calibrate nonce {path}"
        )
    return value


def _write(path: Path, chain: SampleChain) -> None:
    from cardwright.files import disk
    from cardwright.record import canonical

    disk.write_file(path, canonical.dumps(chain) + b"\n")


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


def _labels(path: Path, scorer: str, names: set[str]) -> Mapping[str, str]:
    from cardwright.record.drawn_sample import labels_of

    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise SourceError("the sheet cannot be read", where=str(path), do="Save it as CSV in UTF-8.") from exc
    allowed, found = labels_of(scorer), dict[str, str]()
    for line, row in enumerate(rows, 2):
        key, said = (row.get("case") or "").strip(), (row.get("label") or "").strip().lower()
        if key not in names:
            raise SourceError(
                "the case was not drawn", where=f"{path}, case {line - 1}",
                do="Name what `calibrate draw` was given: --transcripts, and --chain, or --size and --nonce.",
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
