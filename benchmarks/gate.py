"""How long the gate takes: in process, as a process, and over many records.

Targets: `decide` over 60 requirements and 5,000 measurements under 50 ms; 1,000 records under 20 s in one process.
"""

import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.policy.test_gate import policy_of, with_record  # noqa: E402
from tests.strategies import NOW, good_case, good_record  # noqa: E402

from cardwright import decide  # noqa: E402
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
    return with_record(good_case(), record), policy_of(HEAD + "\n".join(lines).encode())


def main() -> None:
    case, policy = large(5_000, 60)
    data = canonical.dumps(case.record)
    times = []
    for _ in range(7):
        begun = time.perf_counter()
        decide(case, policy, NOW)
        times.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    canonical.parse(Record, data, where="record")
    read = time.perf_counter() - begun
    small, asked = large(60, 20)
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


if __name__ == "__main__":
    main()
