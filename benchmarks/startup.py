"""How long the command line takes to start, as whole processes, beside `python -c pass`.

Targets: `cardwright --help` under 0.3 s, `cardwright gate` on the mortgage record under 0.6 s.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
REPEATS = 7


def best(words: list[str]) -> float:
    """The median of several runs, in seconds; the first, which fills the caches, is not counted."""
    seconds = []
    for _ in range(REPEATS + 1):
        begun = time.perf_counter()
        subprocess.run(words, capture_output=True, check=False)
        seconds.append(time.perf_counter() - begun)
    return sorted(seconds[1:])[REPEATS // 2]


def main() -> None:
    command = [sys.executable, "-m", "cardwright.cli.main"]
    with tempfile.TemporaryDirectory() as folder:
        dossier = Path(folder) / "mortgage"
        done = subprocess.run(
            [*command, "run", str(ROOT / "examples/mortgage/assessment.yaml"), "-o", str(dossier), "--quiet"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode > 1:
            sys.exit(done.stderr)
        rows = [
            ("python -c pass", [sys.executable, "-c", "pass"], None),
            ("cardwright --help", [*command, "--help"], 0.3),
            ("cardwright gate (mortgage)", [*command, "gate", str(dossier)], 0.6),
            ("cardwright todo (mortgage)", [*command, "todo", str(dossier)], None),
        ]
        base = None
        print("| command | seconds | × python | target |")
        print("| --- | ---: | ---: | ---: |")
        for name, words, target in rows:
            seconds = best(words)
            base = base or seconds
            print(f"| `{name}` | {seconds:.3f} | {seconds / base:.1f} | {f'< {target}' if target else ''} |")


if __name__ == "__main__":
    main()
