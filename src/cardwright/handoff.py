"""The whole story on one page: plan → load → evaluate → assemble → decide → render → write.

Read this first. A value travels, the code stands still: an `Assessment` (what people planned) becomes a `Prepared` (sources open,
plan fixed), then a `Record` (frozen), a `Verdict`, documents, and a dossier on disk. Each step has a module of its own in `run/`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from cardwright.attest import preregistration
from cardwright.documents.figures import Figures, of_record
from cardwright.dossier import contents, layout, store
from cardwright.dossier import links as dossier_links
from cardwright.engines import LOCAL, Engine
from cardwright.errors import UsageError, did_you_mean
from cardwright.plan import derive
from cardwright.plan.assessment import Assessment, load
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy
from cardwright.record import comparison, display
from cardwright.record.case import Case, LinkedDossier
from cardwright.record.provenance import RunFacts
from cardwright.record.record import Record
from cardwright.record.verdict import Verdict
from cardwright.run import assemble, editions, placement, reuse, transcripts
from cardwright.run.evaluating import evaluate
from cardwright.run.prepare import Prepared, Progress, prepare, silent
from cardwright.sources import network


@dataclass(frozen=True)
class Result:
    """What a run results in: the record, the verdict on it, and the files of the dossier; nothing is on the disk until `save`."""

    record: Record
    run: RunFacts
    verdict: Verdict
    files: Mapping[str, bytes]
    """The dossier's files, by path."""
    problems: tuple[str, ...] = ()
    """Each document that could not be made, with the reason; a caller has to show them."""
    taken: tuple[str, ...] = ()
    """What nobody said and `assess` took from the objects, a sentence each; a caller has to show them."""

    def save(self, folder: str | Path, *, supersede: bool = False) -> Path:
        """Write the dossier into a folder, as `cardwright run -o` does.

        Parameters
        ----------
        folder
            Its folder, new or a dossier that nobody has signed.
        supersede
            Archive a signed dossier and replace it.

        Raises
        ------
        StoreError
            If it cannot be written, or something else is there; what was there before is untouched.
        """
        place = Path(folder)
        store.write_dossier(place, self.files, supersede=supersede)
        return place

    def document(self, name: str) -> bytes:
        """A document of the dossier by its file name, e.g. `audit_report.pdf`.

        Raises
        ------
        UsageError
            If the dossier has no such document.
        """
        if name not in self.files:
            made = sorted(one for one in self.files if one.endswith((".md", ".html", ".pdf")) and "/" not in one)
            raise UsageError(f'there is no document "{name}"', do=did_you_mean(name, made))
        return self.files[name]

    def model_card(self, format: Literal["md", "html"] = "html") -> str:
        """The model card as text.

        Raises
        ------
        UsageError
            If the subject is no model, so that there is none.
        """
        return self.document(f"model_card.{format}").decode("utf-8")

    def dataset_card(self, format: Literal["md", "html"] = "html") -> str:
        """The dataset card as text.

        Raises
        ------
        UsageError
            If the dossier has none.
        """
        return self.document(f"dataset_card.{format}").decode("utf-8")

    @property
    def figures(self) -> Figures:
        """What the documents draw: outcomes and limits first, then the figures of each evaluation."""
        return of_record(self.record, self.verdict)

    def __repr__(self) -> str:
        """One line: the whole record has hundreds of thousands of characters."""
        return f"<Result: {self.verdict.headline} record {self.record.sha256[:12]}, {len(self.files)} files>"

    def _repr_html_(self) -> str:
        """The verdict, for a notebook."""
        return display.of_verdict(self.verdict, (*self.taken, *self.problems))


def run(
    assessment: Assessment,
    policy: Policy,
    *,
    now: str | None = None,
    only: tuple[str, ...] = (),
    workers: int = 2,
    engine: Engine = LOCAL,
    say: Callable[[str], None] = lambda sentence: None,
    former: bytes = b"",
    preregistered: bytes = b"",
    previous: reuse.Previous | None = None,
    baseline: Record | None = None,
    links: Mapping[str, Sequence[LinkedDossier]] | None = None,
    kept: Mapping[str, bytes] | None = None,
    keep: Callable[[str, bytes], None] = lambda id_, data: None,
    debug: bool = False,
    progress: Progress = silent,
) -> Result:
    """The main job: from a plan to the files of a dossier. Nothing is written here; `store.write_dossier` does that.

    Parameters
    ----------
    now
        The moment of the verdict, e.g. `2026-11-23T12:00:00Z`; if omitted, the clock's.
    only
        Ids of evaluations to run; the others are *missing* in the record, and block.
    workers
        How many threads count rows.
    engine
        Where rows are counted, e.g. `cardwright.engines.named("local[2]")`; the record has the same bytes on each.
    say
        Called with each sentence that a person has to read before it starts: what an engine reaches, and what it does not count.
    former
        The ledger of the dossier that this one replaces; it is continued, so that every run is counted.
    preregistered
        Signatures of the plan made before the run, one per line; those of another plan are left out.
    previous
        The previous release; its evaluations are taken over if nothing that they rest on has changed.
    baseline
        The record that `relative_to_baseline` compares with; it is kept in the dossier.
    links
        The dossiers that the plan refers to, by role; what is kept of them is in the dossier.
    kept
        What an interrupted run has kept, by evaluation id; taken over on the same condition.
    keep
        Called with the id and the bytes of each finished evaluation, so that an interrupted run can be resumed.
    debug
        Raise an evaluator's error with its traceback instead of recording it.

    Raises
    ------
    EvidenceError
        If a file is missing, truncated, unsafe, or not what the plan says.
    UsageError
        If `only` names an evaluation that the plan does not have.
    """
    prepared, case = _gathered(
        assessment, policy, now=now, only=only, workers=workers, engine=engine, say=say, previous=previous,
        baseline=baseline, links=links or {},
        kept=kept, keep=keep, debug=debug, progress=progress,
    )  # fmt: skip
    moment = now or (case.run.finished if case.run is not None else _clock())
    return finish(
        case, policy, now=moment, former=former, preregistered=preregistered, previous=previous,
        beside=transcripts.kept(prepared, case.record.evaluations), progress=progress,
    )  # fmt: skip


def gather(
    assessment: Assessment,
    policy: Policy,
    *,
    now: str | None = None,
    only: tuple[str, ...] = (),
    workers: int = 2,
    engine: Engine = LOCAL,
    say: Callable[[str], None] = lambda sentence: None,
    previous: reuse.Previous | None = None,
    baseline: Record | None = None,
    links: Mapping[str, Sequence[LinkedDossier]] | None = None,
    kept: Mapping[str, bytes] | None = None,
    keep: Callable[[str, bytes], None] = lambda id_, data: None,
    debug: bool = False,
    progress: Progress = silent,
) -> Case:
    """The evidence alone: from a plan to the case that is judged. For the parameters see `run`."""
    return _gathered(
        assessment, policy, now=now, only=only, workers=workers, engine=engine, say=say, previous=previous,
        baseline=baseline, links=links or {},
        kept=kept, keep=keep, debug=debug, progress=progress,
    )[1]  # fmt: skip


def _gathered(
    assessment: Assessment,
    policy: Policy,
    *,
    now: str | None,
    only: tuple[str, ...],
    workers: int,
    engine: Engine,
    say: Callable[[str], None],
    previous: reuse.Previous | None,
    baseline: Record | None,
    links: Mapping[str, Sequence[LinkedDossier]],
    kept: Mapping[str, bytes] | None,
    keep: Callable[[str, bytes], None],
    debug: bool,
    progress: Progress,
) -> tuple[Prepared, Case]:
    with engine.running() as running:
        for sentence in running.reaches:
            say(sentence)
        prepared = prepare(
            assessment,
            policy,
            baseline_sha256=baseline.sha256 if baseline is not None else None,
            links=dossier_links.links_of(links),
            linked=links,
            opening=running.open_rows,
            progress=progress,
        )
        started = now or _clock()
        standing = reuse.standing(prepared, previous, kept or {}, only=only)
        here = placement.on_this_machine(prepared, only=only) if running.facts is not None else {}
        for sentence in placement.sentences(here) if running.facts is not None else ():
            say(sentence)
        with network.guard() as guard:
            evaluated = evaluate(
                prepared,
                only=only,
                standing={id_: one.evaluation for id_, one in standing.items()},
                finished=reuse.keeper(prepared, started, keep),
                workers=workers,
                debug=debug,
                progress=progress,
            )
        counted_by = running.facts
    before = previous.record.sha256 if previous is not None else None
    linked = {one.record.sha256: one for dossiers in links.values() for one in dossiers}
    record = assemble.record(prepared, evaluated.evaluations, evaluated.gaps, previous_sha256=before, linked=linked)
    facts = assemble.facts(
        record,
        started=started,
        finished=now or _clock(),
        seconds=evaluated.seconds,
        earlier={id_: one.since for id_, one in standing.items()},
        refused=guard.refused,
        repeatable=now is not None,
        plan=assessment.path,
        engine=None if counted_by is None else counted_by.model_copy(update={"on_this_machine": here}),
        fetched=prepared.fetched,
        queried=prepared.queried,
        opened_to=assessment.file.network.allow,
    )
    return prepared, Case(
        record=record,
        plan=prepared.lock,
        run=facts,
        baseline=baseline,
        artefacts={file.path: file.sha256 for file in prepared.subject.files},
        linked=linked,
        kind_files=assessment.kind.files if assessment.kind is not None else {},
    )


def finish(
    case: Case,
    policy: Policy,
    *,
    now: str,
    chosen_by: str = "the plan",
    former: bytes = b"",
    preregistered: bytes = b"",
    previous: reuse.Previous | None = None,
    beside: Mapping[str, bytes] | None = None,
    progress: Progress = silent,
) -> Result:
    """Judge a case and make its documents: everything after evaluation. Each file names only earlier ones (design, 3a).

    `beside` are further files of evidence, by their path in the dossier, such as redacted transcripts.
    """
    progress("decide", 0, None)
    review = decide(case, policy, now, "review", chosen_by=chosen_by)
    verdict = decide(case, policy, now, "release", chosen_by=chosen_by)
    files = layout.evidence_of(case, review)
    if previous is not None:
        files[editions.COMPARISON] = comparison.as_json(reuse.compared(previous, case, review)).encode("utf-8")
    # Documents are made from the files as written, in their order of keys, so that a receiver can make them again.
    made, problems = editions.documents_of(editions.of_files(files, where=case.record.subject.name), progress=progress)
    files |= {**made, **(beside or {})}
    signed = preregistration.taken(preregistered, former, case.record.subject.name, case.record.provenance.plan_sha256)
    files[layout.LEDGER] = signed.chain.append("run", "record", case.record.sha256, now).to_bytes()
    files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
    if signed.lines:
        files[layout.CLAIMS] = signed.lines
    files[layout.VERDICT] = layout.to_json(verdict)
    return Result(record=case.record, run=case.run, verdict=verdict, files=files, problems=problems)  # type: ignore[arg-type]


def assess(
    model: Any = None,
    data: Any = None,
    *,
    label: Any = None,
    sensitive: Any = (),
    training: Any = None,
    policy: str = "production",
    details: Mapping[str, Any] | str | Path | None = None,
    favourable: object = None,
    threshold: float | None = None,
    score: str | None = None,
    prediction: str | None = None,
    query: str | None = None,
    rank: str | None = None,
    score_scale: Mapping[str, Any] | None = None,
    features: Sequence[str] = (),
    weight: str | None = None,
    person: str | None = None,
    strata: Sequence[str] = (),
    unit: str = "row",
    design: str = "unstated",
    task: Literal["binary", "multiclass", "regression", "ranking"] | None = None,
    name: str = "model",
    version: str = "0.1.0",
    title: str | None = None,
    author: str | None = None,
    risk_tier: str | None = None,
    jurisdictions: Sequence[str] | None = None,
    production_intended: bool | None = None,
    evaluate: Sequence[Mapping[str, Any]] = (),
    trusted: Sequence[str] = (),
    seed: int = 0,
    folder: str | Path | None = None,
    now: str | None = None,
    workers: int = 2,
    progress: Progress = silent,
) -> Result:
    """Assess a model, or data, that are held in memory: derive the plan, run it, judge it. The command line's way in one call.

    Parameters
    ----------
    model
        A fitted estimator, a torch module, a function of a frame of features, or the path of a model file. If omitted, `data`
        holds what the model said (`score` or `prediction`); with neither, the data themselves are assessed.
    data
        The rows it is tested on, shape (n, columns): a pandas or polars frame, an Arrow table, a mapping of names to arrays, or a
        matrix, whose columns are then `features`, or x0, x1 and so on.
    label
        Column of the true outcome, or an array of it, shape (n,).
    sensitive
        Columns of sensitive attributes. A mapping names their groups, as in a plan, or holds arrays of shape (n,).
    training
        The rows it was trained on, in the same forms as `data`.
    policy
        A packaged policy by name, or the path of one.
    details
        What only people can say: a mapping of fields (`cardwright schema details`), or the path of a `details.yaml`.
    favourable
        The outcome that is good for the person, as it stands in the data. If omitted, it is taken from the label's name and
        values where these are clear, and otherwise asked for.
    threshold
        Where a score becomes a decision: favourable if score >= threshold. If omitted, 0.5.
    score, prediction
        Without a model: column of the probability of the favourable outcome, or of decisions or predicted values.
    query
        Of a ranking: column whose equal values are candidates for one query. `label` is then how relevant a candidate is, and a
        model gives each candidate a number, the highest first.
    rank
        Of a ranking without a model: column of the position, 1 first, in place of `score`.
    score_scale
        Without a model: the scale of `score`, if it is no probability, as in a plan: `{"unit": "percent"}`.
    features
        Columns that the model reads, in its order; needed where it does not know their names and the data hold others.
    weight, person, strata, unit, design, task
        As in a plan, `sources:`.
    name, version, title, author, risk_tier, jurisdictions, production_intended
        As in a plan, `subject:`.
    evaluate
        Further evaluations, as in a plan: `[{"slices": {"source": "test", "columns": ["region"]}}]`.
    trusted
        Types in the model that a person has looked at and trusts.
    seed
        Every random choice derives from it.
    folder
        Where the derived plan, the rows and the model are kept, so that `cardwright run FOLDER` makes the same dossier. If
        omitted, they are removed at the end.
    now
        The moment of the verdict; if omitted, the clock's.
    workers
        How many threads count rows.
    progress
        Called with what is being done.

    Returns
    -------
    Result
        `.verdict`, `.record`, `.model_card("html")`, `.save(folder)`; what was taken without having been said stands in `.taken`.

    Raises
    ------
    UsageError
        If something cannot be told and nobody said it, or a name is not that of a column.
    EvidenceError
        If the data or the model cannot be read, or the model does not give the same predictions again.

    Examples
    --------
    >>> found = assess(data={"y": [1, 0] * 60, "p": [0.9, 0.2, 0.4, 0.6] * 30, "sex": ["f", "f", "m"] * 40}, label="y", score="p",
    ...     favourable=1, sensitive=["sex"], policy="research", now="2026-11-28T12:00:00Z")
    >>> found.verdict.allowed, found.taken
    (False, ())
    """
    if data is None:
        raise UsageError("there are no rows to assess", where="data", do="Pass the rows that the model is tested on.")
    asked = derive.PlanOptions(
        name=name, version=version, title=title, author=author, policy=policy, label=label, score=score,
        prediction=prediction, query=query, rank=rank, score_scale=score_scale, threshold=threshold, favourable=favourable,
        sensitive=sensitive, strata=strata, features=features, weight=weight, person=person, unit=unit, design=design,
        task=task, risk_tier=risk_tier,
        jurisdictions=jurisdictions, production_intended=production_intended, seed=seed, trusted=trusted, evaluate=evaluate,
    )  # fmt: skip
    chosen = contents.policy_of(policy)
    with tempfile.TemporaryDirectory(prefix="cardwright-") as scratch:
        place = Path(scratch) if folder is None else Path(folder)
        said = Path(details) if isinstance(details, str) else details
        derived = derive.derive(place, asked, model=model, data=data, training=training, details=said)
        result = run(load(derived.plan), chosen, now=now, workers=workers, progress=progress)
    return replace(result, taken=derived.taken)


def _clock() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


__all__ = ["Prepared", "Progress", "Result", "assess", "evaluate", "finish", "gather", "prepare", "run"]
