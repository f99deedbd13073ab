"""Asks the assistant live, over both wire shapes, and lets the gate judge what came back.

    python examples/assistant/live.py [OUT]

It starts the local server (`server.py`), puts Cardwright's probe set to it twice, `--wire openai` and `--wire anthropic`, runs
`assessment.live.yaml` on the transcripts, and stops the server. OUT, a folder that is not there yet, keeps the dossier.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from server import serve

HERE = Path(__file__).resolve().parent


def cardwright(*words: object, code: int, place: Path) -> None:
    command = [sys.executable, "-m", "cardwright.cli.main", *map(str, words)]
    ran = subprocess.run(command, cwd=place, env=dict(os.environ), capture_output=True, encoding="utf-8", check=False)
    print(ran.stdout, end="")
    if ran.returncode != code:
        sys.exit(f"ended with {ran.returncode}, not {code}:\n{ran.stderr}")


def main(out: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder, serve() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        place = Path(folder) / "assistant"
        shutil.copytree(HERE, place, ignore=shutil.ignore_patterns("__pycache__"))
        (place / "live").mkdir()
        url = f"http://127.0.0.1:{running.server_port}/v1"
        for wire in ("openai", "anthropic"):
            kept = Path("live") / f"{wire}.jsonl"
            cardwright("ask", "--target", url, "--model", "desk", "--wire", wire, "-o", kept, code=0, place=place)
        cardwright("run", "assessment.live.yaml", "-o", "out", "--quiet", code=1, place=place)
        running.shutdown()
        if out is not None:
            shutil.copytree(place / "out", out)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else None)
