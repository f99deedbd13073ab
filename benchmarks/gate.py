"""How long the gate and `verify` take: in process, as a process, and over many records.

Targets: over 60 requirements and 5,000 measurements, `decide` under 50 ms and `cardwright gate` under 0.6 s; 1,000 records under
20 s in one process; `cardwright verify` of the mortgage dossier, released with two waivers, under 1 s without re-rendering.

    python benchmarks/gate.py [FOLDER]      FOLDER keeps the released dossier, which takes two minutes to make, for another time

A process is started again and again, in turns with `python -c pass`, and the least counts: what other work on the machine adds
is no property of the program. The column beside it says how many times the least `python -c pass` that is.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "examples"), str(ROOT / "examples/mortgage")]
COMMAND = [sys.executable, "-m", "cardwright.cli.main"]
REPEATS = 15

from tests.policy.test_gate import policy_of, with_record  # noqa: E402
from tests.strategies import NOW, good_case, good_record  # noqa: E402

from cardwright import decide  # noqa: E402
from cardwright.dossier import layout, store  # noqa: E402
from cardwright.record import Record, canonical  # noqa: E402

HEAD = b"""schema: cardwright/policy/1
policy: p
version: 1.0.0
title: t
kinds: [model]
set_by: us
set_on: 2026-11-01
requirements:
"""


def large(groups: int, requirements: int):
    """A case with so many measurements, and a policy with so many requirements."""
    record = good_record()
    first = record.evaluations[0]
    one = first.measurements[0]
    many = tuple(one.model_copy(update={"slice": {"race": f"group-{i:04d}"}}) for i in range(groups))
    evaluation = first.model_copy(update={"measurements": (*many, *first.measurements[3:])})
    record = Record.model_validate(
        record.model_copy(update={"evaluations": (evaluation, *record.evaluations[1:])}).model_dump()
    )
    rule = "measurement: {{evaluator: fairness, metric: true_positive_rate, at_least: 0.3, slices: [{{race: group-{0:04d}}}]}}"
    lines = [
        f"  - {{id: r{i}, title: Rate {i} holds, why: it should hold, origin: internal, {rule.format(i)}}}"
        for i in range(requirements)
    ]
    return with_record(good_case(), record), HEAD + "\n".join(lines).encode()


class Released(Exception):
    """The example has come as far as it is needed."""


def released(place: Path) -> None:
    """The mortgage example carried as far as its release, as `examples/mortgage/handoff.py` does."""
    import handoff

    from desk import Desk

    class UpToTheRelease(Desk):
        def done(self, what: str) -> None:
            if "ALLOWED" in what:
                raise Released

    try:
        handoff.carry(UpToTheRelease(place, handoff.EXAMPLE, handoff.PEOPLE))
    except Released:
        return


def least(commands: dict[str, list[str]]) -> dict[str, float]:
    """The least seconds of each command, all of them run in turns; one that fails to run ends everything."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(REPEATS):
        for name, words in commands.items():
            begun = time.perf_counter()
            ran = subprocess.run(words, capture_output=True, encoding="utf-8", check=False)
            seconds[name].append(time.perf_counter() - begun)
            if ran.returncode > 1 or ("verify" in name and ran.returncode):
                sys.exit(f"{name} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    return {name: min(taken) for name, taken in seconds.items()}


def processes(place: Path) -> None:
    case, policy = large(5_000, 60)
    files = {
        name: canonical.dumps(part)
        for name, part in ((layout.RECORD, case.record), (layout.PLAN, case.plan), (layout.RUN, case.run))
    }
    store.write_dossier(place / "large", {**files, layout.MANIFEST: layout.to_json(layout.manifest_of(files))})
    (place / "large.yaml").write_bytes(policy)
    if not (place / "dossier-1.0.0" / layout.FINAL).is_file():
        released(place)
    mortgage, own = place / "repository/mortgage", place / "dossier-1.0.0"
    trusted = ["--trust", place / "trust.yaml", "--artifact", mortgage, "--policy", mortgage / "release_policy.yaml"]
    asked = {
        "`python -c pass`": [sys.executable, "-c", "pass"],
        "`cardwright gate`, 60 requirements, 5,000 measurements (target 0.6)": [
            *COMMAND, "gate", place / "large", "--policy", place / "large.yaml",
        ],
        "`cardwright gate`, the mortgage dossier": [*COMMAND, "gate", own, "--policy", "production"],
        "`cardwright verify`, the mortgage dossier, all steps passed (target 1)": [*COMMAND, "verify", own, *trusted],
    }  # fmt: skip
    before = os.getloadavg()[0]
    took = least({name: [str(word) for word in words] for name, words in asked.items()})
    base = next(iter(took.values()))
    print(
        f"\n{os.cpu_count()} cores, load {before:.1f} before and {os.getloadavg()[0]:.1f} after; least of {REPEATS}\n"
    )
    print("| whole process | seconds | × python |\n| --- | ---: | ---: |")
    for name, seconds in took.items():
        print(f"| {name} | {seconds:.3f} | {seconds / base:.1f} |")


def main() -> None:
    case, text = large(5_000, 60)
    policy = policy_of(text)
    data = canonical.dumps(case.record)
    times = []
    for _ in range(7):
        begun = time.perf_counter()
        decide(case, policy, NOW)
        times.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    canonical.parse(Record, data, where="record")
    read = time.perf_counter() - begun
    small, rules = large(60, 20)
    asked = policy_of(rules)
    text = canonical.dumps(small.record)
    begun = time.perf_counter()
    for _ in range(1_000):
        canonical.parse(Record, text, where="record")
        decide(small, asked, NOW)
    many = time.perf_counter() - begun
    print("| what | seconds |\n| --- | ---: |")
    print(f"| decide, 60 requirements, 5,000 measurements, best of 7 (target 0.05) | {min(times):.4f} |")
    print(f"| the first time in a process | {times[0]:.4f} |")
    print(f"| reading that record, {len(data) / 1e6:.1f} MB | {read:.3f} |")
    print(f"| 1,000 records of 60 measurements read and judged (target 20) | {many:.1f} |")
    with tempfile.TemporaryDirectory(prefix="cardwright-bench-") as place:
        processes(Path(sys.argv[1] if len(sys.argv) > 1 else place).resolve())


if __name__ == "__main__":
    main()
