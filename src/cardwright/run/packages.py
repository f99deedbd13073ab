"""Which code made a number: one answer, for provenance and for whether an evaluation of an earlier run still stands."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cardwright.evaluators import registry
from cardwright.files import distributions
from cardwright.record.base import label
from cardwright.record.provenance import CodeDigest

OURS = "cardwright"
_NER_EXTRAS = {
    "spacy": ("ner-spacy",),
    "transformers": ("ner-transformers",),
    "gliner": ("ner-gliner",),
    "several": ("ner-spacy", "ner-transformers", "ner-gliner"),
}
"""The extras that bring the library of a format of models."""


def code() -> tuple[CodeDigest, ...]:
    """Every installed distribution that brings an evaluator, by name, version and the digest of its files; ours among them.

    All of them, not only those that a plan uses: what is installed beside an evaluator can change what it does.
    """
    points: dict[str, list[metadata.EntryPoint]] = {}
    for point in registry.available().values():
        points.setdefault(_name(point), []).append(point)
    return tuple(
        CodeDigest(
            name=label(name),
            version=label(brought[0].dist.version if brought[0].dist is not None else "unknown"),
            sha256=distributions.sha256_of(brought[0].dist, brought[0].module),
            evaluators=tuple(sorted(label(point.name) for point in brought)),
        )
        for name, brought in sorted(points.items())
    )


def packages_of(evaluator: str) -> dict[str, str]:
    """Versions of Python and of every library that could have touched a number of an evaluator.

    These are the evaluator's own distribution, if it is not ours, with all that it requires, directly or indirectly; and the
    extra of ours that the evaluator names, since our readers and counts use it.

    Raises
    ------
    PlanError
        If there is no such evaluator.
    UsageError
        If it cannot be loaded.
    """
    extra = registry.find(evaluator).extra
    distribution = registry.available()[evaluator].dist
    roots = [(OURS, frozenset({extra}))]
    if distribution is not None and canonicalize_name(distribution.name) != OURS:
        roots.append((distribution.name, frozenset()))
    return versions_of(roots)


def packages_of_models(formats: Iterable[str]) -> dict[str, str]:
    """Versions of the libraries that read models of names, by their formats (`spacy`, `gliner`, `several` …)."""
    found = {extra for one in formats for extra in _NER_EXTRAS.get(one, ())}
    return versions_of([(OURS, frozenset(found))]) if found else {}


def versions_of(roots: Iterable[tuple[str, frozenset[str]]]) -> dict[str, str]:
    """Versions of Python, of these distributions with these extras, and of all that they require; ours is left out.

    A requirement that is not installed has touched no number.
    """
    versions: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(roots)
    while waiting:
        name, extras = waiting.pop()
        if (canonicalize_name(name), extras) in seen:
            continue
        seen.add((canonicalize_name(name), extras))
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if canonicalize_name(name) != OURS:
            versions[label(canonicalize_name(distribution.name))] = label(distribution.version)
        waiting += _required(distribution, extras)
    return {"python": platform.python_version(), **dict(sorted(versions.items()))}


def _required(distribution: metadata.Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    ours = canonicalize_name(distribution.name) == OURS
    for line in distribution.requires or ():
        requirement = Requirement(line)
        marker = requirement.marker
        core = marker is None or marker.evaluate({"extra": ""})
        by_extra = marker is not None and any(marker.evaluate({"extra": extra}) for extra in extras)
        # Our own core renders and judges; only what an extra of ours brings can touch a number.
        if (not ours) if core else by_extra:
            yield requirement.name, frozenset(requirement.extras)


def _name(point: metadata.EntryPoint) -> str:
    return canonicalize_name(point.dist.name) if point.dist is not None else point.module.partition(".")[0]
