"""Personal data found per second: presidio's own engine beside the fast one, on the same documents in the same run.

    python benchmarks/pii.py [--documents 2000] [--seed 0]

Every finding of both is compared; one difference, and it exits 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence

from cardwright.evaluators.pii import engine, fast, presidio

Findings = list[tuple[object, ...]]
LEVELS = ("INFO", "INFO", "INFO", "WARN", "ERROR", "DEBUG")
ACTIONS = (
    "user logged in", "request finished", "cache refreshed", "order shipped", "retry scheduled", "job queued for worker",
    "session closed", "payment accepted", "file uploaded", "page rendered in",
)  # fmt: skip
HOSTS = ("example.com", "mail.example.org", "shop.example.net")
_PROSE = """
the committee agreed that the river path should stay open in winter and that the old bridge be painted before the spring fair
although several members would rather have waited for the estimate
"""
PROSE = _PROSE.split()


def log_line(rng: random.Random) -> str:
    """A line as services write them; four in ten hold personal data."""
    words = [
        f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}T{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:00Z",
        rng.choice(LEVELS),
        f"req={rng.getrandbits(32):08x}",
        rng.choice(ACTIONS),
        f"{rng.randint(1, 900)} ms",
    ]
    if rng.random() < 0.4:
        words.append(personal(rng))
    return " ".join(words)


def cell(rng: random.Random) -> str:
    """A cell as tables have them; most are no personal data."""
    kinds: tuple[Callable[[], str], ...] = (
        lambda: str(rng.randint(10**6, 10**7 - 1)),
        lambda: str(rng.randint(10**8, 10**9 - 1)),
        lambda: f"user{rng.randint(1, 999_999)}@{rng.choice(HOSTS)}",
        lambda: f"{rng.randint(200, 989)}-555-{rng.randint(100, 9999):04d}",
        lambda: f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
        lambda: rng.choice(("Leeds", "Bonn", "Oslo", "Lyon")),
        lambda: " ".join(rng.choice(PROSE) for _ in range(12)),
        lambda: f"{rng.getrandbits(128):032x}",
    )
    return rng.choice(kinds)()


def personal(rng: random.Random) -> str:
    kinds: tuple[Callable[[], str], ...] = (
        lambda: f"mail=user{rng.randint(1, 9999)}@{rng.choice(HOSTS)}",
        lambda: f"phone {rng.randint(200, 989)}-555-{rng.randint(100, 9999):04d}",
        lambda: f"from {rng.randint(1, 223)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
        lambda: f"card 4{''.join(rng.choice('0123456789') for _ in range(15))}",
        lambda: f"ssn {rng.randint(100, 600)}-{rng.randint(11, 99)}-{rng.randint(1000, 9999)}",
        lambda: f"see https://{rng.choice(HOSTS)}/a/{rng.randint(1, 999)}",
    )
    return rng.choice(kinds)()


def prose(rng: random.Random) -> str:
    return " ".join(rng.choice(PROSE) for _ in range(28)) + "."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=2000, help="documents of each kind (default 2000)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    n = arguments.documents
    everywhere = tuple(presidio.by_country())
    default, world = presidio.analyzer(), presidio.analyzer(everywhere)
    workloads: tuple[tuple[str, object, list[str]], ...] = (
        ("log lines, 4 in 10 with personal data", default, [log_line(rng) for _ in range(n)]),
        (
            f"the same, recognisers of {len(everywhere)} countries",
            world,
            [log_line(rng) for _ in range(max(n // 4, 1))],
        ),
        ("prose without digits", default, [prose(rng) for _ in range(n)]),
        (
            "pages of 25 log lines",
            default,
            ["\n".join(log_line(rng) for _ in range(25)) for _ in range(max(n // 40, 1))],
        ),
        ("cells of a table: ids, telephone numbers, days, codes", default, [cell(rng) for _ in range(n)]),
        ("one document of 1,000 log lines", default, ["\n".join(log_line(rng) for _ in range(1000))]),
    )
    print(", ".join(f"{name} {version}" for name, version in engine.versions().items()))
    print(
        "\n| documents | n | characters | stock, docs/s | fast, docs/s | fast without RE2, docs/s | ratio | differing |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    differing = 0
    for name, analyzer, documents in workloads:
        differing += compare(name, analyzer, documents)
    print(f"\n{differing} documents with a different finding.")
    return 1 if differing else 0


def compare(name: str, analyzer: object, documents: Sequence[str]) -> int:
    """Print one line; returns how many documents have other findings."""
    quick, plain = fast.FastAnalyzer(analyzer), fast.FastAnalyzer(analyzer, use_re2=False)
    expected, stock_seconds = timed(lambda text: analyzer.analyze(text, language="en"), documents)  # type: ignore[attr-defined]
    found, seconds = timed(quick.analyze, documents)
    others, plain_seconds = timed(plain.analyze, documents)
    differing = sum(not a == b == c for a, b, c in zip(expected, found, others, strict=True))
    n, characters = len(documents), sum(map(len, documents)) // len(documents)
    print(
        f"| {name} | {n} | {characters} | {n / stock_seconds:.3g} | {n / seconds:.3g} | {n / plain_seconds:.3g} "
        f"| {stock_seconds / seconds:.1f} | {differing} |"
    )
    return differing


def timed(
    analyze: Callable[[str], list[object]], documents: Sequence[str]
) -> tuple[list[list[tuple[object, ...]]], float]:
    """Findings of each document, and the processor's seconds for all, after what is made once was made on others."""
    rng = random.Random(-1)
    for _ in range(60):
        analyze(log_line(rng))
    started = time.process_time()
    results = [analyze(text) for text in documents]
    seconds = max(time.process_time() - started, 1e-9)
    return [sorted((r.entity_type, r.start, r.end, r.score) for r in found) for found in results], seconds  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
