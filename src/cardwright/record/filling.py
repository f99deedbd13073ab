"""Fill the fields of a document from the dossiers that it refers to: a pure function, which whoever receives it repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from cardwright.record.evaluation import SEVERITIES, Evaluation
from cardwright.record.filled import Fact, FilledEntry, FilledField, FilledFrom
from cardwright.record.kind import DocumentKind, RecordLink
from cardwright.record.measurement import Measured, Measurement
from cardwright.record.record import Record


def filled(
    document: DocumentKind | None, links: Iterable[RecordLink], records: Mapping[str, Record]
) -> tuple[FilledField, ...]:
    """What the linked records say about the fields of a document, field by field.

    Parameters
    ----------
    records
        The linked records by digest. One that is not there, or is not the one of its digest, fills nothing.
    """
    if document is None:
        return ()
    found: list[FilledField] = []
    for field in document.definition.fields:
        for link in links if field.filled_from else ():
            record = records.get(link.record_sha256)
            if record is None or record.sha256 != link.record_sha256:
                continue
            entries, more, fills = _of_rules(field.filled_from, link.role, record)
            if entries:
                found.append(
                    FilledField(
                        field=field.field,
                        role=link.role,
                        record_sha256=link.record_sha256,
                        entries=entries,
                        more=more,
                        fills=fills,
                    )
                )
    return tuple(found)


def evidenced(fields: Iterable[FilledField]) -> frozenset[str]:
    """The fields whose question a linked record answers."""
    return frozenset(one.field for one in fields if one.fills)


def _of_rules(rules: tuple[FilledFrom, ...], role: str, record: Record) -> tuple[tuple[FilledEntry, ...], int, bool]:
    """The entries of all rules, how many more there are, and whether one of a rule that fills is evidence."""
    shown: dict[tuple[str, str | None], FilledEntry] = {}
    more: set[tuple[str, str | None]] = set()
    fills = False
    for rule in rules:
        if rule.roles and role not in rule.roles:
            continue
        entries = list(_entries(rule, record))
        # The same number may answer two rules of a field; it is shown once.
        shown |= {(one.at, one.name): one for one in entries[: rule.most]}
        more |= {(one.at, one.name) for one in entries[rule.most :]}
        fills = fills or (rule.fills and any(one.says_something for one in entries[: rule.most]))
    return tuple(shown.values()), len(more - shown.keys()), fills


def _entries(rule: FilledFrom, record: Record) -> Iterator[FilledEntry]:
    for name in rule.answers:
        if record.provided(name):
            yield FilledEntry(at=f"/details/answers/{name}", name=name, answer=record.details.answers[name])
    if rule.metrics:
        yield from _numbers(rule, record)
    for fact in rule.facts:
        yield from _facts(fact, record)


def _numbers(rule: FilledFrom, record: Record) -> Iterator[FilledEntry]:
    before: set[object] = set()
    for number, evaluation in enumerate(record.evaluations):
        if is_of_another(evaluation, record):
            continue
        matching = [
            (place, m)
            for place, m in enumerate(evaluation.measurements)
            if any(fnmatchcase(m.metric, pattern) for pattern in rule.metrics) and _is_over(m, rule.over)
        ]
        for place, m in _ends(matching) if rule.over == "groups" else matching:
            # Two evaluations of the same rows may have the same number.
            same = (m.key, m.value, m.denominator) if isinstance(m, Measured) else (evaluation.id, m.key)
            if same not in before:
                before.add(same)
                at = f"/evaluations/{number}/measurements/{place}"
                yield FilledEntry(at=at, evaluation=evaluation.id, measurement=m)


def is_of_another(evaluation: Evaluation, record: Record) -> bool:
    """Whether an evaluation is about another model than the subject: a baseline or a challenger beside it."""
    if not record.subject.hashed:
        return False
    bound = evaluation.binding.model_sha256 if evaluation.binding is not None else None
    about = [source for source in evaluation.inputs if source.role != "model"]
    if bound is not None:
        return bool(about) and bound not in record.subject.digests
    return bool(evaluation.inputs) and all(source.role == "baseline" for source in evaluation.inputs)


def _is_over(m: Measurement, over: str) -> bool:
    if over == "gaps":
        return bool(m.across) and not m.slice
    return not m.across and bool(m.slice) == (over == "groups")


def _ends(matching: list[tuple[int, Measurement]]) -> Iterator[tuple[int, Measurement]]:
    """The groups with the lowest and the highest value, for each metric and the attributes that the groups are of.

    Rows of unknown membership are no group (`Groups.unknown`), so they are neither the best nor the worst of one.
    """
    families: dict[tuple[object, ...], list[tuple[int, Measured]]] = {}
    for place, m in matching:
        if isinstance(m, Measured) and None not in m.slice.values():
            of = (m.metric, tuple(m.slice), m.given, m.of_class, str(m.at))
            families.setdefault(of, []).append((place, m))
    for members in families.values():
        ordered = sorted(members, key=lambda one: (one[1].value, one[0]))
        yield ordered[0]
        if len(ordered) > 1:
            yield ordered[-1]


def _facts(fact: Fact, record: Record) -> Iterator[FilledEntry]:
    if fact == "subject":
        yield FilledEntry(at="/subject", name=fact, fact=_subject(record))
    elif fact == "software":
        of = record.provenance
        known = {"tool": of.tool, "commit": of.commit, "run": of.run_id, "plan_sha256": of.plan_sha256}
        yield FilledEntry(at="/provenance", name=fact, fact=_known(known))
    elif fact == "datasets":
        for place, data in enumerate(record.provenance.datasets):
            if data.kind != "model":
                said = {"name": data.name, "role": data.role, "rows": data.rows, "sha256": data.sha256}
                yield FilledEntry(at=f"/provenance/datasets/{place}", name=fact, fact=_known(said))
    elif fact == "evaluations":
        for place, evaluation in enumerate(record.evaluations):
            yield FilledEntry(at=f"/evaluations/{place}", name=fact, fact=_evaluation(evaluation))
        for place, gap in enumerate(record.not_evaluated):
            said = {"evaluation": gap.id, "question": gap.reason, "completeness": gap.code}
            yield FilledEntry(at=f"/not_evaluated/{place}", name=fact, fact=_known(said))
    elif fact == "not_tested":
        for place, evaluation in enumerate(record.evaluations):
            for row, one in enumerate(evaluation.coverage.not_tested):
                at = f"/evaluations/{place}/coverage/not_tested/{row}"
                said = {"evaluation": evaluation.id, "what": one.what, "why": one.why}
                yield FilledEntry(at=at, name=fact, fact=_known(said))
    else:
        yield from _findings(record)


def _findings(record: Record) -> Iterator[FilledEntry]:
    """Findings from medium on, the gravest first; where there are none the document says nothing of them."""
    found = [
        (finding, f"/evaluations/{place}/findings/{row}", evaluation.id)
        for place, evaluation in enumerate(record.evaluations)
        for row, finding in enumerate(evaluation.findings)
        if SEVERITIES.index(finding.severity) >= SEVERITIES.index("medium")
    ]
    for finding, at, evaluation in sorted(found, key=lambda one: -SEVERITIES.index(one[0].severity)):
        said = {"severity": finding.severity, "evaluation": evaluation, "finding": finding.explanation}
        yield FilledEntry(at=at, name="findings", fact=_known(said))


def _subject(record: Record) -> dict[str, int | str]:
    subject = record.subject
    return _known(
        {
            "name": subject.name,
            "version": subject.version,
            "supplier": subject.supplier,
            "licence": subject.licence,
            "released": subject.released,
            "summary": subject.summary,
            "files": len(subject.files) or None,
            "identity": subject.identity,
        }
    )


def _evaluation(evaluation: Evaluation) -> dict[str, int | str]:
    return _known(
        {
            "evaluation": evaluation.id,
            "question": evaluation.question,
            "completeness": evaluation.completeness,
            "findings": len(evaluation.findings),
        }
    )


def _known(parts: Mapping[str, int | str | None]) -> dict[str, int | str]:
    return {name: part for name, part in parts.items() if part is not None}
