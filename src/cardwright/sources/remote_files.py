"""Files that lie elsewhere: an object store or a web server, fetched once into a private folder and then read like any others.

One pass over the network and no more: evaluation reads the copy, so two passes cannot see two versions, and what was evaluated
has one digest. What the object was (its ETag, its version, its size) is asked before and after; if that differs, it is refused.

Credentials are the environment's (`AWS_ACCESS_KEY_ID`, a profile, a workload's identity): they stand in no plan, and what a store
answers is never shown, since it can repeat them. While a file is fetched, this machine and what the plan allows can be reached,
and nothing else. Object stores are read through fsspec; `http` and `https` by the standard library.
"""

from __future__ import annotations

import hashlib
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

from cardwright.errors import CardwrightError, MissingExtraError, SourceError
from cardwright.record.base import label as as_label
from cardwright.record.provenance import FetchedObject
from cardwright.sources import network

BLOCK = 4 * 1024 * 1024
"""How much of an object is in memory while it is fetched."""
MAX_OBJECTS = 10_000
"""How many objects a folder may hold; a longer listing ends there."""
SECONDS = 60.0
"""How long a server may be silent."""
_EXTRAS = {"s3": ("s3fs", "s3"), "gs": ("gcsfs", "gcs"), "abfs": ("adlfs", "azure"), "abfss": ("adlfs", "azure"),
           "az": ("adlfs", "azure")}  # fmt: skip
Destinations = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class _Found:
    """An object as its store lists it."""

    key: str
    """How the store names it."""
    inside: str
    """Its path below what was asked for; empty if it is that itself."""
    size: int | None
    etag: str | None
    version: str | None

    @property
    def stamp(self) -> tuple[int | None, str | None, str | None]:
        """What tells it from a later one."""
        return self.size, self.etag, self.version


def fetch(at: str, path: str, folder: Path, *, name: str, allowed: Destinations = ()) -> tuple[FetchedObject, ...]:
    """Fetch a file, or all files of a folder, to the same path below `folder`.

    Parameters
    ----------
    at
        The folder that the plan's path starts from, e.g. `s3://loans/2026/`.
    path
        The path in the plan.
    folder
        A private folder, which gets the copy.
    name
        The source, as run facts name it.
    allowed
        Hosts and ports beyond this machine that the plan opens.

    Returns
    -------
    tuple of FetchedObject
        What was fetched, with its digest.

    Raises
    ------
    SourceError
        If it is not there, may not be read, is in a place that the plan does not open, changes meanwhile, or the disk is full.
    MissingExtraError
        If the store's library is not installed.
    """
    scheme = urlsplit(at).scheme
    place = f"{at.rstrip('/')}/{path}"
    if scheme == "hdfs":
        _require_open(at, path, allowed)
    with explained(path, allowed):
        store = opened_store(scheme, path)
        found = list(store.listed(place, path))
        return tuple(_fetched(store, one, at, path, folder, name) for one in found)


def opened_store(scheme: str, path: str) -> _Web | _Store:
    """What reads from places of a scheme.

    Raises
    ------
    MissingExtraError
        If its library is not installed.
    """
    return _Web() if scheme in ("http", "https") else _Store.of(scheme, path)


def stays_inside(path: str) -> bool:
    """Whether the name of an object is a path below the folder that it is fetched to: a store takes any name, and gives it back.

    Examples
    --------
    >>> [stays_inside(one) for one in ("a/b.csv", "../b.csv", "/etc/passwd", "a/../../b", "a\\\\b", "")]
    [True, False, False, False, False, False]
    """
    parts = path.split("/")
    return not any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts)


def fetched(store: _Web | _Store, one: _Found, at: str, folder: Path) -> FetchedObject:
    """Fetch one object of a listing to its path below a folder; see `fetch`."""
    return _fetched(store, one, at, "", folder, "place")


def _require_open(at: str, path: str, allowed: Destinations) -> None:
    """Ask for the allowance by the address itself: Hadoop's client opens its sockets outside Python, where no guard sees them."""
    parts = urlsplit(at)
    host, port = parts.hostname or "", parts.port or 8020
    if not network.is_loopback(host) and (host, port) not in set(allowed):
        raise _why(OSError(), path, [f"{host}:{port}"])


def _fetched(store: _Web | _Store, one: _Found, at: str, path: str, folder: Path, name: str) -> FetchedObject:
    if one.inside and not stays_inside(one.inside):
        raise SourceError("the name of an object leads out of its folder", where=path, do="Rename it in the store.")
    inside = PurePosixPath(path) / one.inside if one.inside else PurePosixPath(path)
    target = folder / inside
    if one.size is not None and one.size > shutil.disk_usage(folder).free:
        raise SourceError(
            f"it has {one.size:,} bytes, and the folder for temporary files has less room",
            where=path,
            do="Name a larger one with TMPDIR.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with store.opened(one) as source, target.open("wb") as copy:
        while block := source.read(BLOCK):
            digest.update(block)
            copy.write(block)
            size += len(block)
    after = store.again(one)
    if after.stamp != one.stamp or (one.size is not None and size != one.size):
        raise SourceError(
            "it has changed while it was fetched", where=inside.as_posix(), do="Run again while nothing writes to it."
        )
    return FetchedObject(
        source=name,
        place=as_label(f"{at.rstrip('/')}/{inside.as_posix()}"),
        sha256=digest.hexdigest(),
        size=size,
        etag=as_label(one.etag) if one.etag else None,
        version=as_label(one.version) if one.version else None,
    )


_CLOSED = "the plan opens no way to"
_OPEN = "Write `network: {allow: [host:port]}` in the plan if it is meant, with that host and its port, e.g. :443."


@contextmanager
def explained(path: str, allowed: Destinations, *, closed: str = _CLOSED, do: str = _OPEN) -> Iterator[None]:
    """Hold the guard, and turn whatever a store's library raises into what is wrong here and what to do.

    Its words are not carried on: they can hold signatures, keys and the names of others' objects.

    Parameters
    ----------
    closed, do
        What is said of a way that is closed, and how it is opened.
    """
    with network.guard(allowed=allowed) as held:
        try:
            yield
        except CardwrightError:
            raise
        except Exception as exc:  # noqa: BLE001  whatever a store's library raises
            if isinstance(exc, urllib.error.HTTPError):
                exc.close()
            raise _why(exc, path, held.refused, closed, do) from None


def _why(exc: Exception, path: str, refused: Sequence[str], closed: str = _CLOSED, do: str = _OPEN) -> SourceError:
    if refused:
        return SourceError(f"{closed} {', '.join(refused)}", where=path, do=do)
    status = getattr(exc, "code", None)
    if isinstance(exc, PermissionError) or status in (401, 403) or "Credentials" in type(exc).__name__:
        return SourceError(
            "the store refuses to let it be read",
            where=path,
            do="Check the credentials of the environment, and their rights to list and to read.",
        )
    if isinstance(exc, FileNotFoundError) or status == 404:
        return SourceError("there is no such object", where=path, do="Check `at`, the bucket, and the path.")
    if type(exc).__name__ == "FileExpired":
        return SourceError(
            "it has changed while it was fetched", where=path, do="Run again while nothing writes to it."
        )
    return SourceError(
        f"it cannot be fetched ({type(exc).__name__}{f' {status}' if isinstance(status, int) else ''})",
        where=path,
        do="Check that its server answers, and run again.",
    )


class _NotWhereItPoints(urllib.request.HTTPRedirectHandler):
    """Where a server points to is not where the plan points to."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


class _Web:
    """`http` and `https`: one file at a time, since there is no listing."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(_NotWhereItPoints, urllib.request.ProxyHandler({}))

    def listed(self, place: str, path: str) -> Iterable[_Found]:
        yield self._head(place)

    def again(self, one: _Found) -> _Found:
        return self._head(one.key)

    def _head(self, place: str) -> _Found:
        asked = urllib.request.Request(_quoted(place), method="HEAD")  # noqa: S310  the plan's own scheme
        with self._opener.open(asked, timeout=SECONDS) as answer:
            size = answer.headers.get("Content-Length")
            stamp = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
            return _Found(place, "", int(size) if size and size.isdigit() else None, stamp, None)

    @contextmanager
    def opened(self, one: _Found) -> Iterator[BinaryIO]:
        asked = urllib.request.Request(_quoted(one.key), headers={"Accept-Encoding": "identity"})  # noqa: S310
        with self._opener.open(asked, timeout=SECONDS) as answer:
            yield answer


def _quoted(place: str) -> str:
    parts = urlsplit(place)
    return parts._replace(path=quote(parts.path, safe="/%:@!$&'()*+,;=~")).geturl()


class _Store:
    """An object store, by fsspec."""

    def __init__(self, system: Any) -> None:
        self._system = system

    @classmethod
    def of(cls, scheme: str, path: str) -> _Store:
        library, extra = _EXTRAS.get(scheme, ("fsspec", "s3"))
        try:
            import fsspec

            # Nothing is taken from an earlier run's listing.
            return cls(fsspec.filesystem(scheme, use_listings_cache=False, skip_instance_cache=True))
        except ImportError as exc:
            raise MissingExtraError(library, extra, f"reading {path} from {scheme}://") from exc

    def listed(self, place: str, path: str) -> Iterable[_Found]:
        key = self._system._strip_protocol(place)
        if self._system.isfile(key):
            yield _found(self._system.info(key), "")
            return
        count = 0
        for info in _bounded(self._system, key):
            if info.get("type") == "directory" or str(info["name"]).endswith("/"):
                continue
            count += 1
            if count > MAX_OBJECTS:
                raise SourceError(
                    f"the folder holds more than {MAX_OBJECTS:,} objects; the listing ended there",
                    where=path,
                    do="Name a smaller folder, or write its rows to fewer files.",
                )
            yield _found(info, str(info["name"]).removeprefix(f"{key.rstrip('/')}/"))
        if not count:
            raise FileNotFoundError(key)

    def again(self, one: _Found) -> _Found:
        return _found(self._system.info(one.key), one.inside)

    @contextmanager
    def opened(self, one: _Found) -> Iterator[BinaryIO]:
        with self._system.open(one.key, "rb", block_size=BLOCK, cache_type="readahead") as source:
            yield source


def _bounded(system: Any, key: str) -> Iterable[Any]:
    """The objects below a prefix. fsspec lists whole folders at once, so S3 is asked page by page, and no further than needed."""
    ask: Callable[..., Any] | None = getattr(system, "call_s3", None)
    if ask is None:
        yield from system.find(key, detail=True).values()
        return
    bucket, _, prefix = key.partition("/")
    words: dict[str, Any] = {"Bucket": bucket, "Prefix": f"{prefix.rstrip('/')}/"}
    while True:
        page = ask("list_objects_v2", **words)
        for one in page.get("Contents", ()):
            yield {"name": f"{bucket}/{one['Key']}", "size": one["Size"], "ETag": one["ETag"], "type": "file"}
        if not page.get("IsTruncated"):
            return
        words["ContinuationToken"] = page["NextContinuationToken"]


def _found(info: Any, inside: str) -> _Found:
    size = info.get("size")
    stamp = info.get("ETag") or info.get("etag") or info.get("md5Hash") or info.get("mtime") or info.get("LastModified")
    version = info.get("VersionId") or info.get("generation")
    return _Found(
        str(info["name"]),
        inside,
        int(size) if size is not None else None,
        str(stamp).strip('"') if stamp else None,
        str(version) if version and version != "null" else None,
    )
