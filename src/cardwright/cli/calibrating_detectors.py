"""`calibrate pii`: what the detector of personal data finds and misses, on texts in which somebody has marked it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cardwright.cli.console import Console, clock, echo
from cardwright.cli.options import Debug, Quiet, require_new_file, require_nothing_personal
from cardwright.errors import UsageError

if TYPE_CHECKING:
    from cardwright.record.detector_calibration import KindErrors, SpanAgreement
    from cardwright.record.measurement import Interval
    from cardwright.sources.interface import NerModel

_BY = ("human", "generator", "program")


def pii(
    ctx: typer.Context,
    labels: Annotated[Path, typer.Option("--labels", help="Marked texts: JSON Lines or a JSON list.")],
    source: Annotated[str, typer.Option("--source", help="Where texts and marks are from, in words.")],
    language: Annotated[str, typer.Option("--language", help="Their language.")],
    labelled_by: Annotated[str, typer.Option("--labelled-by", help="human, generator or program: who marked.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The calibration file to write.")] = None,
    ner_model: Annotated[
        list[str] | None,
        typer.Option("--ner-model", help="A model of names: a folder or an installed package; once for each."),
    ] = None,
    countries: Annotated[
        str | None, typer.Option("--countries", help="As the plan names them, e.g. uk,de; if omitted, the default.")
    ] = None,
    meaning: Annotated[
        list[str] | None,
        typer.Option("--map", help="LABEL=KIND, or LABEL= to leave a label out; once for each."),
    ] = None,
    threshold: Annotated[
        list[str] | None, typer.Option("--threshold", help="KIND=SCORE, as in the plan; once for each.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Count what the detector of personal data finds and misses."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from pydantic import ValidationError

    from cardwright.evaluators.pii import Pii, calibration, engine
    from cardwright.files import disk
    from cardwright.privacy.showing import masked
    from cardwright.record import canonical
    from cardwright.record.base import label as as_label
    from cardwright.record.detector_calibration import DetectorCalibration
    from cardwright.sources.calibrations import is_calibration
    from cardwright.sources.digests import sha256_of
    from cardwright.sources.labelled_spans import read_marked_texts

    by = _by(labelled_by)
    require_nothing_personal(source=source, language=language)
    if output is not None:
        require_new_file(output, read=[labels], replaces=lambda path: is_calibration(path, "detector-calibration"))
    marked_texts = read_marked_texts(labels, labels.name)
    texts = calibration.distinct(marked_texts, labels.name)
    chosen = None if countries is None else [code.strip() for code in countries.split(",") if code.strip()]
    detector = engine.detector(chosen)
    models: tuple[NerModel, ...] = ()
    if ner_model:
        from cardwright.sources.ner import ner_models

        models = ner_models(*ner_model).models
    known = calibration.looked_for(detector, models)
    own = {label: kind or None for label, kind in _pairs(meaning, "--map")}
    said = calibration.meanings((span.label for one in texts for span in one.spans), own, known)
    scores = {kind: _score(kind, score, known) for kind, score in _pairs(threshold, "--threshold")}
    kinds = tuple(calibration.errors(calibration.compared(texts, said, detector, models, scores)))
    left = sorted({as_label(masked(label)) for label, kind in said.items() if kind is None})
    try:
        value = DetectorCalibration(
            detector_version=Pii.version,
            countries=detector.countries,
            models=tuple(sorted(model.sha256 for model in models)),
            thresholds=scores,
            labels_sha256=sha256_of(labels),
            texts=len(texts),
            source=source,
            language=language,
            made_on=clock()[:10],
            labelled_by=by,
            kinds=kinds,
            other_labels=tuple(left),
        )
    except ValidationError as exc:
        named = ", ".join(f"--{str(error['loc'][0]).replace('_', '-')}" for error in exc.errors() if error["loc"])
        raise UsageError("a value cannot be used", where=named, do="Write words in a line.") from exc
    for kind in kinds:
        echo(_line(kind))
    marked = {kind.entity for kind in kinds}
    echo(f"{len(texts)} marked texts, {sum(len(one.spans) for one in texts)} marks")
    if copies := len(marked_texts) - len(texts):
        echo(f"copies of an earlier text, which were left out: {copies}")
    if left:
        echo(f"labels that stand for no kind, and were left out: {', '.join(left)}")
    unseen = sorted({kind for kind in said.values() if kind is not None} - set(known))
    if unseen:
        echo(f"kinds that nothing looks for: {', '.join(unseen)}")
    console.say(f"kinds that nobody marked, and of which nothing is known: {len(set(known) - marked)} of {len(known)}")
    if output is not None:
        disk.write_file(output, canonical.dumps(value.model_dump(mode="json", by_alias=True)) + b"\n")
        console.say(f"{output}: name it in the plan, `calibration:` under `sources:` and beside `pii`.")


def _by(word: str) -> Literal["human", "generator", "program"]:
    if word == "human":
        return "human"
    if word == "generator":
        return "generator"
    if word == "program":
        return "program"
    raise UsageError(f"marks are from one of: {', '.join(_BY)}", where="--labelled-by", do="Write one of these.")


def _pairs(said: Sequence[str] | None, option: str) -> list[tuple[str, str]]:
    pairs = [one.partition("=") for one in said or ()]
    if any(not name or not equals for name, equals, _ in pairs):
        raise UsageError("it has the form NAME=VALUE", where=option, do=f"Write for example `{option} NAME=VALUE`.")
    return [(name, value) for name, _, value in pairs]


def _score(kind: str, score: str, known: Sequence[str]) -> float:
    try:
        value = float(score)
    except ValueError:
        value = -1.0
    if kind not in known or not 0 < value <= 1:
        raise UsageError(
            "a threshold is of a kind that is looked for, above 0 and at most 1",
            where="--threshold",
            do="Write for example `--threshold PERSON=0.7`.",
        )
    return value


def _line(kind: KindErrors) -> str:
    one: SpanAgreement = kind.overlap
    exact = (
        f"exactly: recall {_ratio(kind.exact.found, kind.marked)}, precision {_ratio(kind.exact.right, kind.reported)}"
    )
    return (
        f"{kind.entity}: recall {_share(one.found, kind.marked, one.recall)}, precision "
        f"{_share(one.right, kind.reported, one.precision)}; {exact}"
    )


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "undefined"


def _share(part: int, whole: int, bounds: Interval | None) -> str:
    between = f" [{bounds.lower:.3f}, {bounds.upper:.3f}]" if bounds is not None else ""
    return f"{_ratio(part, whole)}{between} ({part} of {whole})"
