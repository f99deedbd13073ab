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
from collections.abc import Iterable, Iterator, Sequence
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
           "az": ("adlfs", "azure"), "hdfs": ("fsspec", "hdfs"), "webhdfs": ("fsspec and requests", "hdfs")}  # fmt: skip
_METADATA = ("169.254.169.254", "metadata.google.internal", "169.254.170.2")
"""Where a cloud's libraries look for a workload's identity, whether there is one or not."""
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
    place = f"{at.rstrip('/')}/{path}"
    with explained(path, allowed):
        store = opened_store(at, path, allowed)
        found = list(store.listed(place, path))
        return tuple(_fetched(store, one, at, path, folder, name) for one in found)


def opened_store(at: str, path: str, allowed: Destinations) -> _Web | _Store:
    """What reads from an address, inside `explained`.

    Raises
    ------
    MissingExtraError
        If its library is not installed.
    """
    return _Web() if urlsplit(at).scheme in ("http", "https") else _Store.of(at, path, allowed)


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


class ClosedWayError(OSError):
    """A client would go where nothing is open, and was asked before it tries."""


def _require_open(host: str, port: int, allowed: Destinations) -> None:
    if not network.is_loopback(host) and (host, port) not in set(allowed):
        raise ClosedWayError(f"{host}:{port}")


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
            refused = (str(exc),) if isinstance(exc, ClosedWayError) else held.refused
            raise _why(exc, path, refused, closed, do) from None


def _why(exc: Exception, path: str, refused: Sequence[str], closed: str = _CLOSED, do: str = _OPEN) -> SourceError:
    probed = [place for place in refused if place.startswith(_METADATA)]
    if len(refused) > len(probed):
        places = ", ".join(place for place in refused if place not in probed)
        return SourceError(f"{closed} {places}", where=path, do=do)
    status = next((code for name in ("code", "status_code") if isinstance(code := getattr(exc, name, None), int)), None)
    if isinstance(exc, PermissionError) or status in (401, 403) or "Credentials" in type(exc).__name__:
        return SourceError(
            "the store refuses to let it be read",
            where=path,
            do="Check the credentials of the environment, and their rights to list and to read." + _identity(probed),
        )
    if isinstance(exc, FileNotFoundError) or status == 404:
        return SourceError("there is no such object", where=path, do="Check `at`, the bucket, and the path.")
    if type(exc).__name__ == "FileExpired":
        return SourceError(
            "it has changed while it was fetched", where=path, do="Run again while nothing writes to it."
        )
    return SourceError(
        f"it cannot be fetched ({type(exc).__name__}{f' {status}' if status is not None else ''})",
        where=path,
        do="Check that its server answers, and run again." + _identity(probed),
    )


def _identity(probed: Sequence[str]) -> str:
    """What to do if credentials are those of a machine in a cloud."""
    return f" If this machine's identity is to give credentials, allow {probed[0]} and its port, 80." if probed else ""


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
    def of(cls, at: str, path: str, allowed: Destinations) -> _Store:
        scheme = urlsplit(at).scheme
        library, extra = _EXTRAS.get(scheme, ("fsspec", "s3"))
        if scheme == "hdfs":
            # Hadoop's client opens its sockets outside Python, where no guard sees them.
            parts = urlsplit(at)
            _require_open(parts.hostname or "", parts.port or 8020, allowed)
        try:
            anew = {"use_listings_cache": False, "skip_instance_cache": True}  # nothing of an earlier run's listing
            if scheme == "gs":
                # What gcsfs registers under `gs` asks for the kind of bucket by gRPC, whose sockets no guard sees.
                from gcsfs.core import GCSFileSystem

                system = GCSFileSystem(**anew)
                going = str(system.base)
            else:
                import fsspec

                kind = fsspec.get_filesystem_class(scheme)
                system = kind(**{**kind._get_kwargs_from_urls(at), **anew})  # the server, where the address names one
                going = str(system.service_client.url) if extra == "azure" else ""
        except ImportError as exc:
            raise MissingExtraError(library, extra, f"reading {path} from {scheme}://") from exc
        if going:
            # These clients try again for minutes what the guard refuses, so they are asked before where they are going.
            server = urlsplit(going)
            port = server.port or (80 if server.scheme == "http" else 443)
            _require_open(server.hostname or "", port, allowed)
        return cls(system)

    def listed(self, place: str, path: str) -> Iterable[_Found]:
        key = self._system._strip_protocol(place)
        try:
            info = self._system.info(key)  # `isfile` would say no where it may not look
        except FileNotFoundError:
            info = {"type": "directory"}  # which a store of objects has none of, only prefixes
        if info.get("type") == "file":
            yield _found(info, "")
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
    """The objects below a prefix, page by page, and no further than needed: fsspec's own listing is of whole folders at once."""
    kind = set((system.protocol,) if isinstance(system.protocol, str) else system.protocol)
    if "s3" in kind:
        return _of_s3(system, key)
    if "gs" in kind:
        return _of_gs(system, key)
    if "abfs" in kind:
        return _of_azure(system, key)
    return (one for _, _, files in system.walk(key, detail=True) for one in files.values())


def _of_s3(system: Any, key: str) -> Iterable[Any]:
    bucket, _, prefix = key.partition("/")
    words: dict[str, Any] = {"Bucket": bucket, "Prefix": _below(prefix)}
    while True:
        page = system.call_s3("list_objects_v2", **words)
        for one in page.get("Contents", ()):
            yield {"name": f"{bucket}/{one['Key']}", "size": one["Size"], "ETag": one["ETag"], "type": "file"}
        if not page.get("IsTruncated"):
            return
        words["ContinuationToken"] = page["NextContinuationToken"]


def _of_gs(system: Any, key: str) -> Iterable[Any]:
    bucket, _, prefix = key.partition("/")
    words: dict[str, Any] = {"prefix": _below(prefix), "maxResults": 1000}
    while True:
        page = system.call("GET", "b/{}/o", bucket, json_out=True, **words)
        for one in page.get("items", ()):
            yield {**one, "name": f"{bucket}/{one['name']}", "type": "file"}
        if not page.get("nextPageToken"):
            return
        words["pageToken"] = page["nextPageToken"]


def _of_azure(system: Any, key: str) -> Iterable[Any]:
    from fsspec.asyn import sync

    container, _, prefix = key.partition("/")

    async def first() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        async with system.service_client.get_container_client(container) as client:
            async for one in client.list_blobs(name_starts_with=_below(prefix), include=["metadata"]):
                if (one.metadata or {}).get("hdi_isfolder") == "true":
                    continue  # how a hierarchical account writes a folder
                found.append({"name": f"{container}/{one.name}", "size": one.size, "etag": one.etag, "type": "file"})
                if len(found) > MAX_OBJECTS:
                    break
        return found

    found: list[dict[str, Any]] = sync(system.loop, first)
    return found


def _below(prefix: str) -> str:
    """The prefix of what lies in a folder; of a whole bucket, none."""
    return f"{prefix.strip('/')}/" if prefix.strip("/") else ""


def _found(info: Any, inside: str) -> _Found:
    size = info.get("size")
    stamp = info.get("ETag") or info.get("etag") or info.get("md5Hash") or info.get("mtime") or info.get("LastModified")
    stamp = stamp or info.get("modificationTime")
    version = info.get("VersionId") or info.get("generation")
    return _Found(
        str(info["name"]),
        inside,
        int(size) if size is not None else None,
        str(stamp).strip('"') if stamp else None,
        str(version) if version and version != "null" else None,
    )
