"""Put a record together: everything planned, everything found, everything said. The same input gives the same bytes."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from cardwright import __version__
from cardwright.privacy.screening import screen
from cardwright.record import canonical, filling
from cardwright.record.case import LinkedDossier
from cardwright.record.evaluation import Evaluation
from cardwright.record.provenance import DatasetRef, EngineFacts, FetchedObject, Provenance, QueriedRows, RunFacts
from cardwright.record.record import NotEvaluated, Record
from cardwright.run import crosscheck, packages
from cardwright.run.prepare import Prepared


def record(
    prepared: Prepared,
    evaluations: Sequence[Evaluation],
    gaps: Sequence[NotEvaluated],
    *,
    previous_sha256: str | None = None,
    linked: Mapping[str, LinkedDossier] | None = None,
) -> Record:
    """The record of a plan's evaluations.

    Parameters
    ----------
    gaps
        Planned evaluations that gave no result, and why.
    previous_sha256
        The record that this one follows, if the plan names a previous release.
    linked
        The dossiers that the plan refers to, by the digest of their record: fields of its kind are filled from them.

    Raises
    ------
    PersonalDataError
        If anything in it would carry personal data or a secret; names the field, never the value.
    """
    lock = prepared.lock
    datasets = tuple(sorted((source.ref for source in prepared.sources.values()), key=lambda ref: ref.name))
    versions = _versions(evaluations, datasets)
    code = packages.code()
    # What a second run on the same input repeats, and nothing else: no clock, no host. So equal runs have equal ids and bytes.
    run: dict[str, JsonValue] = {
        "plan": lock.sha256,
        "datasets": [dataset.sha256 for dataset in datasets],
        "commit": prepared.commit,
        "packages": dict(versions),
        "code": [one.sha256 for one in code],
        "tool": __version__,
    }
    made = Record(
        title=lock.title,
        subject=lock.subject,
        context=lock.context,
        provenance=Provenance(
            run_id=canonical.sha256(run)[:16],
            commit=prepared.commit,
            dirty=prepared.dirty,
            plan_sha256=lock.sha256,
            datasets=datasets,
            seed=lock.seed,
            packages=versions,
            code=code,
            tool=f"cardwright {__version__}",
            author=lock.author,
            previous_sha256=previous_sha256,
        ),
        planned=lock.planned,
        evaluations=tuple(evaluations),
        not_evaluated=tuple(gaps),
        details=prepared.assessment.details,
        small_cell=prepared.assessment.file.small_cell,
        document=lock.document,
        links=lock.links,
        filled=filling.filled(
            lock.document, lock.links, {digest: one.record for digest, one in (linked or {}).items()}
        ),
    )
    screen(made, what="the record")  # each piece was screened before; this leaves no other way in
    return made


def _versions(evaluations: Sequence[Evaluation], datasets: tuple[DatasetRef, ...]) -> dict[str, str]:
    """Versions of the libraries that the evaluations and the readers of their sources used."""
    used = [packages.packages_of(evaluator) for evaluator in sorted({one.evaluator for one in evaluations})]
    if any(dataset.format == "torch" for dataset in datasets):
        used.append(packages.versions_of([(packages.OURS, frozenset({"torch"}))]))
    used.append(
        packages.packages_of_models(
            dataset.format for dataset in datasets if dataset.kind in ("ner_model", "classifier")
        )
    )
    return {name: version for one in (packages.versions_of([]), *used) for name, version in one.items()}


def facts(
    record: Record,
    *,
    started: str,
    finished: str,
    seconds: Mapping[str, float],
    earlier: Mapping[str, str],
    refused: tuple[str, ...],
    repeatable: bool,
    plan: Path | None = None,
    engine: EngineFacts | None = None,
    fetched: tuple[FetchedObject, ...] = (),
    queried: tuple[QueriedRows, ...] = (),
    opened_to: tuple[str, ...] = (),
) -> RunFacts:
    """What differs between two runs of the same input, kept beside the record.

    Parameters
    ----------
    earlier
        By evaluation that was not run again: when the run that made it began.
    repeatable
        Leave out what no second run could repeat, durations, the platform and the plan's path, because the moment was given.
    plan
        Where the plan is, as it was given.
    engine
        What counted rows, if it was not this machine.
    fetched, queried, opened_to
        Files and rows that lay elsewhere, and what the plan opened for them.
    """
    return RunFacts(
        run_id=record.provenance.run_id,
        record_sha256=record.sha256,
        started=started,
        finished=finished,
        seconds={} if repeatable else dict(seconds),
        platform="" if repeatable else platform.platform(),
        python=platform.python_version(),
        earlier=dict(sorted(earlier.items())),
        plan=_below(plan) if plan is not None and not repeatable else None,
        cross_checks=crosscheck.with_fairlearn(record),
        refused_connections=refused,
        engine=engine,
        fetched=fetched,
        queried=queried,
        opened_to=opened_to,
    )


def _below(path: Path) -> str | None:
    """A path as it was given, if it lies below the working folder: any other could tell of the machine."""
    text = path.as_posix()
    told = not path.is_absolute() and ".." not in path.parts and "\\" not in text and text.isprintable()
    return text if told and len(text) <= 400 else None
