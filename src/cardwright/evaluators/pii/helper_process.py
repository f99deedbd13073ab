"""The other process: a detector that is asked over its standard input and answers over its standard output, a JSON line each.

Run by `helper`, as `python -P -m cardwright.evaluators.pii.helper_process`. It opens no connection and writes no file.
"""

from __future__ import annotations

import json
import os
import sys
from typing import IO, Any

from cardwright.evaluators.pii import engine
from cardwright.sources import network


def serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Make the detector that the first line names, say that it is ready, and answer until the input ends."""
    first = json.loads(asked.readline())
    countries = None if first["countries"] is None else tuple(first["countries"])
    detector = engine.detector(countries, tuple(first["also"]))
    _say(answers, {"ready": True})
    for line in asked:
        _say(answers, _answer(detector, json.loads(line)))


def _answer(detector: engine.Detector, request: dict[str, Any]) -> dict[str, Any]:
    try:
        scanned = detector.scan(request["texts"], request["context"], request["mode"])
    except Exception:  # noqa: BLE001  its words may hold data; the asking process looks at these texts itself and says what failed
        return {"failed": True}
    return {"hits": [[[*hit] for hit in hits] for hits in scanned.hits], "timed_out": scanned.timed_out}


def _say(answers: IO[bytes], value: dict[str, Any]) -> None:
    answers.write(json.dumps(value).encode() + b"\n")
    answers.flush()


def main() -> None:
    """Answer on the standard output of the process, which nothing else of it reaches."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with network.guard():
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
