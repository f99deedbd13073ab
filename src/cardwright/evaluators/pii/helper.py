"""A second process beside the detector of this one, so that both cores look for personal data.

Python runs one thread at a time, so threads do not help. Texts are cut into pieces: this process takes them from the front, the
helper from the back, and what is found is put together in the order of the texts. Where a piece was looked at changes nothing,
and where the helper does not start, or stops, this process looks at everything itself.

The helper is a process of its own and no fork: it shares no lock, no connection to DuckDB and no thread of torch, it imports no
script of the user's (as `multiprocessing` would), and it works in a notebook.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from cardwright.evaluators.pii.engine import LONG, DetectedHits, Detector, Mode
from cardwright.privacy.patterns import Hit

WORTH = 100_000
"""Cells from which a helper is worth the seconds that it takes to start."""

PIECE = 250
"""Texts of one piece."""

_FEW = 4 * PIECE
"""Fewer texts than this are looked at here."""


class SharedDetector:
    """`Detector.scan` on two processes; made by `shared`."""

    def __init__(self, detector: Detector, process: subprocess.Popen[bytes] | None) -> None:
        self.detector = detector
        self._process = process
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self.helped = 0
        """Texts that the helper has looked at."""
        if process is not None:
            threading.Thread(target=self._begin, daemon=True).start()

    def __reduce__(self) -> tuple[Any, ...]:
        return self.detector.__reduce__()  # the helper stays here

    def scan(self, texts: Sequence[str], context: Sequence[str] = (), mode: Mode = "fast") -> DetectedHits:
        """See `Detector.scan`."""
        if len(texts) < _FEW or not self._ready.is_set():
            return self.detector.scan(texts, context, mode)
        with self._lock:
            pieces = deque(range(0, len(texts), PIECE))
            pieces_done: dict[int, DetectedHits] = {}
            other = threading.Thread(
                target=self._help, args=(texts, tuple(context), mode, pieces, pieces_done), daemon=True
            )
            other.start()
            while (start := _taken(pieces.popleft)) is not None:
                pieces_done[start] = self.detector.scan(texts[start : start + PIECE], context, mode)
            other.join()
            for start in range(0, len(texts), PIECE):  # what the helper took and did not answer
                if start not in pieces_done:
                    pieces_done[start] = self.detector.scan(texts[start : start + PIECE], context, mode)
        every = [pieces_done[start] for start in sorted(pieces_done)]
        return DetectedHits(
            tuple(hits for one in every for hits in one.hits),
            sum(one.timed_out for one in every),
            sum(one.windowed for one in every),
        )

    def _begin(self) -> None:
        """Say which detector is wanted, and wait until it is there."""
        detector = self.detector
        if self._ask({"countries": detector.countries, "also": detector.also}) == {"ready": True}:
            self._ready.set()

    def _help(
        self,
        texts: Sequence[str],
        context: tuple[str, ...],
        mode: Mode,
        pieces: deque[int],
        pieces_done: dict[int, DetectedHits],
    ) -> None:
        """Give pieces to the helper until none is left."""
        while (start := _taken(pieces.pop)) is not None:
            asked = list(texts[start : start + PIECE])
            answer = self._ask({"texts": asked, "context": context, "mode": mode})
            hits = answer.get("hits") if answer is not None else None
            if answer is None or hits is None or len(hits) != len(asked):
                self._ready.clear()
                return
            here = tuple(tuple(Hit(*hit) for hit in one) for one in hits)
            pieces_done[start] = DetectedHits(here, int(answer["timed_out"]), sum(len(text) > LONG for text in asked))
            self.helped += len(asked)

    def _ask(self, value: dict[str, Any]) -> dict[str, Any] | None:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return None
        try:
            process.stdin.write(json.dumps(value).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or b"null")
        except (OSError, ValueError):
            return None
        return answer if isinstance(answer, dict) else None


def _taken(take: Any) -> int | None:
    """The next piece; None if none is left."""
    with suppress(IndexError):
        return int(take())
    return None


@contextmanager
def shared(detector: Detector, *, workers: int, cells: int | None, worth: int = WORTH) -> Iterator[SharedDetector]:
    """The detector with a helper beside it where that is worth its start; the helper ends with the block.

    Parameters
    ----------
    workers
        How many processes may be used.
    cells
        How many cells there are to look at; None where that is not known.
    worth
        Cells from which a helper is started.
    """
    process = _started() if workers > 1 and (os.cpu_count() or 1) > 1 and (cells or 0) >= worth else None
    try:
        yield SharedDetector(detector, process)
    finally:
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what was written and not read
                        pipe.close()


def _started() -> subprocess.Popen[bytes] | None:
    if not sys.executable:
        return None
    # -P: a file that lies beside the data and is called like a library must not be imported.
    paths = os.pathsep.join(path for path in sys.path if path)
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "cardwright.evaluators.pii.helper_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
        )
    except OSError:
        return None


__all__ = ["PIECE", "SharedDetector", "shared"]
