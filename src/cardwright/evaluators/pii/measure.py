"""Where personal data and secrets are in tables, texts and interactions; how much of it, and where nobody could look."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, cast

from pydantic import JsonValue

from cardwright.errors import MissingExtraError, UsageError, did_you_mean
from cardwright.evaluators.interface import Inputs, TallyEvaluator, run_tally
from cardwright.evaluators.pii import engine, helper, report, words
from cardwright.evaluators.pii.columns import PARTS, Plan, Survey, SurveyTally, eligible, kind_of, of_texts, plan
from cardwright.evaluators.pii.languages import countries_of_languages, languages_of
from cardwright.evaluators.pii.names import kinds_of
from cardwright.evaluators.pii.options import PiiOptions
from cardwright.evaluators.pii.planted import planted_results
from cardwright.evaluators.pii.tally import PiiTally, Scan, ScanSettings, tally_cells
from cardwright.privacy.patterns import Hit
from cardwright.privacy.showing import shortened
from cardwright.record.evaluation import Evaluation, count_severities
from cardwright.sources.interface import (
    DetectorCalibrated,
    Interaction,
    Interactions,
    NerModel,
    NerModels,
    Predictions,
    Table,
    Texts,
)

_AT_ONCE = 512
_FIRST = 300
"""The language is told by this many first rows."""


def _tallies(scan: Survey | Scan) -> TallyEvaluator[Any]:
    """A pass as what `run_tally` takes, which asks it for its columns and tallies alone."""
    return cast(TallyEvaluator[Any], scan)


_EXAMPLE = {
    "entities": "EMAIL_ADDRESS, PHONE_NUMBER",
    "columns": "notes",
    "countries": "us, de",
    "ner_model": "models/names",
}


def _require_libraries() -> None:
    for library in ("pyarrow", "numpy", "scipy"):
        try:
            __import__(library)
        except ImportError as exc:
            raise MissingExtraError(library, "text", "looking for personal data") from exc


def _nothing(detector: engine.Detector, settings: ScanSettings, chosen: Plan) -> PiiTally:
    return tally_cells(detector, settings, 0, [of_texts(name, []) for name, _ in chosen.read])


def _check(detector: engine.Detector, tally: PiiTally) -> words.SelfCheck:
    """Cells that both engines looked at, and on how many they differ."""
    pairs = [*tally.with_hits.payloads, *tally.without.payloads]
    differing = 0
    for text, context in pairs:
        fast = detector.scan([text], context, "fast").hits
        differing += fast != detector.scan([text], context, "stock").hits
    return words.SelfCheck(len(pairs), differing)


def _chosen_rows(total: int, size: int, key: bytes) -> Any:
    """The numbers of a random sample of rows, ascending: those with the smallest keyed hashes."""
    import numpy as np

    from cardwright.statistics.sampling import BottomK

    sample: BottomK[None] = BottomK(size)
    for start in range(0, total, 1 << 20):
        sample += BottomK.of(np.arange(start, min(total, start + (1 << 20))), lambda place: None, size, key)
    return np.array(sorted(number for _, number, _ in sample.entries), np.int64)


def _tally_sample(inputs: Inputs, source: Table | Predictions | Texts, scan: Scan) -> PiiTally | None:
    """The tally over a random sample of the rows."""
    import numpy as np
    import pyarrow as pa

    assert scan.settings.sample is not None
    total = source.ref.rows
    if total is None:
        total = sum(batch.num_rows for batch in source.rows.batches([scan.plan.read[0][0]]))
    wanted = _chosen_rows(total, scan.settings.sample, scan.settings.key)
    result: PiiTally | None = None
    start = 0
    for batch in source.rows.batches(scan.columns(inputs)):
        within = wanted[np.searchsorted(wanted, start) : np.searchsorted(wanted, start + batch.num_rows)] - start
        start += batch.num_rows
        if len(within):
            one = scan.tally(inputs, batch.take(pa.array(within)))
            result = one if result is None else result + one
        inputs.progress(start, total)
    return result


def _tally_interactions(
    inputs: Inputs,
    source: Interactions,
    detector: engine.Detector | helper.SharedDetector,
    settings: ScanSettings,
    parts: Sequence[str],
) -> PiiTally:
    wanted: frozenset[int] | None = None
    if settings.sample is not None:
        total = source.ref.rows if source.ref.rows is not None else sum(1 for _ in source.read())
        wanted = frozenset(_chosen_rows(total, settings.sample, settings.key).tolist())
    stream = (one for number, one in enumerate(source.read()) if wanted is None or number in wanted)
    result = tally_cells(detector, settings, 0, [of_texts(part, []) for part in parts])
    while batch := list(islice(stream, _AT_ONCE)):
        result += _tally_exchanges(detector, settings, batch, parts)
        inputs.progress(result.rows, source.ref.rows if wanted is None else len(wanted))
    return result


def _part(interaction: Interaction, part: str) -> str | None:
    """The words of one part of an interaction; None where it has none."""
    roles = {"system": ("system",), "prompt": ("user", "tool"), "response": ("assistant",)}
    if part == "tool_calls":
        texts = [
            json.dumps(call, ensure_ascii=False, sort_keys=True, default=str)
            for message in interaction.messages
            for call in message.tool_calls
        ]
    else:
        texts = [message.content for message in interaction.messages if message.role in roles[part] and message.content]
    return "\n".join(texts) or None


def _tally_exchanges(
    detector: engine.Detector | helper.SharedDetector,
    settings: ScanSettings,
    batch: Sequence[Interaction],
    parts: Sequence[str],
) -> PiiTally:
    texts = {part: [_part(one, part) for one in batch] for part in PARTS}
    columns = [of_texts(part, texts[part]) for part in parts]
    hits_of: dict[str, list[tuple[Hit, ...]]] = {}
    tally = tally_cells(detector, settings, len(batch), columns, hits_of)
    if "response" not in parts:
        return tally
    places = columns[list(parts).index("response")].places.tolist()
    origins: dict[str, dict[str, int]] = {"prompt": {}, "system": {}, "nowhere": {}}
    new_rows, new_entity_rows = 0, dict[str, int]()
    for number, index in enumerate(places):
        if index < 0 or not hits_of["response"][index]:
            continue
        response = texts["response"][number] or ""
        known = {part: _bare(texts[part][number] or "") for part in ("prompt", "system")}
        new = set()
        for hit in hits_of["response"][index]:
            value = _bare(response[hit.start : hit.end])
            origin = next((part for part, known_texts in known.items() if value in known_texts), "nowhere")
            origins[origin][hit.entity] = origins[origin].get(hit.entity, 0) + 1
            if origin != "prompt":
                new.add(hit.entity)
        new_rows += bool(new)
        for name in new:
            new_entity_rows[name] = new_entity_rows.get(name, 0) + 1
    return replace(tally, origins=origins, new_rows=new_rows, new_entity_rows=dict(sorted(new_entity_rows.items())))


def _bare(text: str) -> str:
    """Letters and digits alone, in lower case: an address or a number stays the same however it is set out."""
    return re.sub(r"[\W_]+", "", text.casefold())


def assess(options: PiiOptions, inputs: Inputs) -> Evaluation:
    """See `Pii.evaluate`."""
    _require_libraries()
    _check_types(options)
    source = inputs.sources["source"]
    inputs = _with_models(options, inputs)
    for need, kind in (("ner_model", NerModels), ("calibration", DetectorCalibrated)):
        if not isinstance(inputs.sources.get(need), (kind, type(None))):
            raise UsageError(
                f"pii: {need} is another kind of source",
                where=inputs.id,
                do="Name what `cardwright calibrate pii` has written."
                if need == "calibration"
                else "Name models of names.",
            )
    languages = languages_of(_first_texts(source))
    also = countries_of_languages(languages) if options.countries is None else ()
    detector = engine.detector(options.countries, also)
    settings = replace(settings_of(options, detector, inputs), languages=languages)
    # 1. What is read: the schema says it, and for columns of numbers a first pass.
    if isinstance(source, Interactions):
        parts = _parts(options)
        chosen = Plan(tuple((part, "text") for part in parts), (), dict.fromkeys(parts, ()))
    elif isinstance(source, (Table, Predictions, Texts)):
        chosen = _plan(options, inputs, source, detector)
    else:
        raise UsageError(
            f"pii does not read a {type(source).__name__}", where=inputs.id, do="Give rows, texts or interactions."
        )
    if not chosen.read:
        return _evaluation(options, inputs, report.not_applicable(detector, settings, chosen, source))
    # 2. Find, and 3. look at some of it again with the stock engine; where they differ, it does everything.
    tally = _tally(options, inputs, source, detector, settings, chosen)
    checked = _check(detector, tally)
    if checked.differing:
        settings = replace(settings, mode="stock")
        tally = _tally(options, inputs, source, detector, settings, chosen)
    beside = report.Beside(
        planted=planted_results(
            [text for text, _ in (*tally.with_hits.payloads, *tally.without.payloads)],
            detector,
            settings.models,
            settings.thresholds,
            settings.entities,
            digest=source.ref.sha256,
            size=options.planted,
        ),
        asked=options.planted > 0,
        calibration=inputs.get("calibration", DetectorCalibrated).calibration
        if "calibration" in inputs.sources
        else None,
        version=options.version,
    )
    return _evaluation(options, inputs, report.conclude(detector, settings, chosen, tally, checked, source, beside))


def _with_models(options: PiiOptions, inputs: Inputs) -> Inputs:
    """Inputs that hold the models which the evaluator itself was told of, as a plan's hold those of the plan."""
    if options.ner_model is None or "ner_model" in inputs.sources:
        return inputs
    from cardwright.sources.ner import ner_models

    named = (options.ner_model,) if isinstance(options.ner_model, str) else tuple(options.ner_model)
    return replace(inputs, sources={**inputs.sources, "ner_model": ner_models(*named)})


def _models(inputs: Inputs) -> tuple[NerModel, ...]:
    return inputs.get("ner_model", NerModels).models if "ner_model" in inputs.sources else ()


def _first_texts(source: object) -> Iterator[str]:
    """Texts of the first rows or interactions, by which the language is told."""
    import pyarrow as pa

    if isinstance(source, Interactions):
        for one in islice(source.read(), _FIRST):
            yield from (message.content for message in one.messages if message.content)
    elif isinstance(source, (Table, Predictions, Texts)):
        names = [name for name in source.rows.schema.names if kind_of(source.rows.schema.field(name).type) == "text"]
        batches = iter(source.rows.batches(names)) if names else iter(())
        first = next(batches, None)
        columns = (
            [column.cast(pa.string()).to_pylist() for column in first.slice(0, _FIRST).columns]
            if first is not None
            else []
        )
        if hasattr(batches, "close"):
            batches.close()  # a stream that stays open keeps its batch in memory
        yield from (text for column in columns for text in column if text)


def _evaluation(options: PiiOptions, inputs: Inputs, reported: report.PiiReport) -> Evaluation:
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters) or _parameters(options),
        binding=inputs.binding,
        question=words.QUESTION,
        method=reported.method,
        limits=reported.limits,
        measurements=reported.measurements,
        findings=reported.findings,
        severities=count_severities(reported.findings),
        tables=reported.tables,
        coverage=reported.coverage,
        completeness=reported.completeness,
        not_applicable=reported.not_applicable,
    )


def _parameters(options: PiiOptions) -> dict[str, JsonValue]:
    return {
        "entities": None if options.entities is None else list(options.entities),
        "thresholds": None if options.thresholds is None else dict(options.thresholds),
        "columns": None if options.columns is None else list(options.columns),
        "countries": None if options.countries is None else list(options.countries),
        "sample": options.sample,
        "engine": options.engine,
        "ner_model": options.ner_model
        if options.ner_model is None or isinstance(options.ner_model, str)
        else list(options.ner_model),
        "planted": options.planted,
        "max_examples": options.max_examples,
        "level": options.level,
    }


def _check_types(options: PiiOptions) -> None:
    for name in ("entities", "columns", "countries", "ner_model"):
        value = getattr(options, name)
        if name == "ner_model" and isinstance(value, str):
            continue
        if value is not None and (isinstance(value, str) or not all(isinstance(word, str) for word in value)):
            raise UsageError(f"pii: {name} is a list of words", do=f"Write, for example, `{name}: [{_EXAMPLE[name]}]`.")
    for name, least in (("sample", 1), ("planted", 0), ("max_examples", 0)):
        value = getattr(options, name)
        if name == "sample" and value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise UsageError(f"pii: {name} must be a whole number of at least {least}", do=f"Correct `{name}`.")
    if isinstance(options.level, bool) or not isinstance(options.level, (int, float)) or not 0 < options.level < 1:
        raise UsageError("pii: level must lie between 0 and 1", do="Write, for example, `level: 0.95`.")
    if options.engine not in ("fast", "stock"):
        raise UsageError("pii: engine is `fast` or `stock`", do="Leave it out for `fast`.")
    if options.thresholds is not None and not isinstance(options.thresholds, Mapping):
        raise UsageError(
            "pii: thresholds map kinds to scores", do="Write, for example, `thresholds: {PHONE_NUMBER: 0.4}`."
        )


def settings_of(options: PiiOptions, detector: engine.Detector, inputs: Inputs) -> ScanSettings:
    thresholds = dict(options.thresholds or {})
    models = _models(inputs)
    known = tuple(sorted({*detector.entities, *kinds_of(models)}))
    for name in (*(options.entities or ()), *thresholds):
        if name not in known:
            raise UsageError(
                f'no installed recogniser or named model finds "{shortened(str(name), 40)}"',
                where="pii",
                do=did_you_mean(str(name), known),
            )
    for name, score in thresholds.items():
        if isinstance(score, bool) or not isinstance(score, (int, float)) or not 0 < score <= 1:
            raise UsageError(
                f"pii: the threshold of {name} is a score above 0 and at most 1", do="Correct `thresholds`."
            )
    if options.entities is not None and not options.entities:
        raise UsageError("pii: entities names no kind", do="Leave it out to look for all kinds.")
    wanted = known if options.entities is None else tuple(sorted(set(options.entities)))
    return ScanSettings(
        entities=wanted,
        thresholds=thresholds,
        max_examples=options.max_examples,
        key=hashlib.blake2b(f"pii:{inputs.seed}".encode(), digest_size=32).digest(),
        mode="stock" if options.engine == "stock" else "fast",
        level=float(options.level),
        sample=options.sample,
        models=models,
    )


def _parts(options: PiiOptions) -> tuple[str, ...]:
    for part in options.columns or ():
        if part not in PARTS:
            raise UsageError(
                f'an interaction has no part "{shortened(part, 40)}"',
                where="pii: columns",
                do=did_you_mean(part, PARTS),
            )
    return PARTS if options.columns is None else tuple(part for part in PARTS if part in set(options.columns))


def _plan(options: PiiOptions, inputs: Inputs, source: Table | Predictions | Texts, detector: engine.Detector) -> Plan:
    wanted = options.columns
    if wanted is None and isinstance(source, Texts):
        wanted = source.columns
    kinds = eligible(source.rows.schema, wanted)
    numbers = tuple(name for name, kind in kinds.items() if kind in ("whole", "real"))
    survey = run_tally(_tallies(Survey(numbers)), inputs) if numbers else SurveyTally()
    return plan(source.rows.schema, kinds, survey or SurveyTally(), wanted, detector.context_words)


def _tally(
    options: PiiOptions, inputs: Inputs, source: Any, detector: engine.Detector, settings: ScanSettings, chosen: Plan
) -> PiiTally:
    rows = source.ref.rows if options.sample is None else options.sample
    cells = None if rows is None else rows * len(chosen.read)
    with helper.shared(detector, workers=inputs.workers, cells=cells) as both:
        if isinstance(source, Interactions):
            return _tally_interactions(inputs, source, both, settings, [name for name, _ in chosen.read])
        scan = Scan(both, settings, chosen, options.columns is not None)
        if options.sample is None:
            return run_tally(_tallies(scan), inputs, here=bool(settings.models)) or _nothing(detector, settings, chosen)
        return _tally_sample(inputs, source, scan) or _nothing(detector, settings, chosen)
