"""Leakage beside its peers: the same scores, counts and parameters given to both, in one run.

    python benchmarks/leakage.py [--rows 20000] [--peers /path/to/python]

scikit-learn computes areas and rates here. anonymeter and dp-accounting want other versions of numpy and attrs than our locks
hold, so they are asked in another interpreter, `--peers`, in which both are installed; without it their column is empty. ART,
privacy-meter and TensorFlow Privacy have no interval and no blind baseline to compare: their attack on given losses is the
threshold whose area scikit-learn gives. A difference above the stated one, and it exits 1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import stats
from sklearn.metrics import roc_auc_score, roc_curve

from cardwright.statistics.membership import attack_auc, likelihood_ratio, rate_at_false_positives
from cardwright.statistics.privacy_loss import epsilon_of_sampled_gaussian
from cardwright.statistics.residual_risk import residual_risk

TRAININGS = ((1.1, 256 / 60000, 14062), (1.0, 0.01, 1000), (2.0, 1.0, 10), (0.7, 0.02, 500))
COUNTS = ((50, 100, 10, 100), (0, 100, 0, 100), (200, 2000, 180, 2000), (1, 50, 0, 40))
PEERS = """
import json, sys, warnings
warnings.simplefilter("ignore")
trainings, counts = json.load(sys.stdin)
from anonymeter.stats.confidence import residual_success, success_rate
from dp_accounting import GaussianDpEvent, PoissonSampledDpEvent
from dp_accounting.rdp import RdpAccountant

def epsilon(noise, rate, steps):
    accountant = RdpAccountant()
    accountant.compose(PoissonSampledDpEvent(rate, GaussianDpEvent(noise)), int(steps))
    return accountant.get_epsilon(1e-5)

def risk(k, n, j, m):
    found = residual_success(success_rate(n, k, 0.95), success_rate(m, j, 0.95)).to_risk()
    return [found.value, *found.ci]

print(json.dumps([[epsilon(*one) for one in trainings], [risk(*one) for one in counts]]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000, help="members, and as many non-members (default 20000)")
    parser.add_argument("--peers", help="a Python in which anonymeter and dp-accounting are installed")
    arguments = parser.parse_args()
    wrong = attacks(arguments.rows)
    peers = asked(arguments.peers)
    wrong += accounting(peers[0] if peers else None)
    wrong += risks(peers[1] if peers else None)
    print(f"\n{wrong} differences above the stated one.")
    return 1 if wrong else 0


def attacks(rows: int) -> int:
    """Areas and rates of the same losses, ours and scikit-learn's; LiRA and its two normal densities."""
    rng = np.random.default_rng(0)
    members, others = -rng.gamma(2, 0.7, rows), -rng.gamma(2, 1.0, rows)
    scores, truth = np.concatenate((members, others)), np.repeat([1, 0], rows)
    ours, seconds = timed(lambda: attack_auc(members, others))
    theirs, sklearn_seconds = timed(lambda: roc_auc_score(truth, scores))
    print(f"{rows} members and as many non-members; areas and rates of the same scores\n")
    print("| number | ours | peer | difference | ours, s | peer, s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    wrong = line("area, scikit-learn", ours.estimate, theirs, seconds, sklearn_seconds, 1e-12)
    false, true, _ = roc_curve(truth, scores, drop_intermediate=False)
    for rate in (0.01, 0.001):
        hit, seconds = timed(lambda rate=rate: rate_at_false_positives(members, others, rate))
        if hit is not None:
            wrong += line(
                f"members found at {rate:g}, scikit-learn",
                hit.estimate,
                float(true[false <= rate].max()),
                seconds,
                0,
                1e-12,
            )
    own, inside, outside = rng.normal(0, 1, rows), rng.normal(1, 1, (rows, 64)), rng.normal(0, 2, (rows, 64))
    found, seconds = timed(lambda: likelihood_ratio(own, inside, outside))
    expected, scipy_seconds = timed(
        lambda: (
            stats.norm.logpdf(own, inside.mean(axis=1), inside.std(axis=1, ddof=1))
            - stats.norm.logpdf(own, outside.mean(axis=1), outside.std(axis=1, ddof=1))
        )
    )
    worst = int(np.abs(found - expected).argmax())
    return wrong + line(
        "LiRA, 64 + 64 shadow models, its formula", found[worst], expected[worst], seconds, scipy_seconds, 1e-9
    )


def accounting(peer: list[float] | None) -> int:
    """Epsilon of DP-SGD at delta 1e-5. Ours takes whole orders alone, so it may lie above, by up to 1 %."""
    print("\n| epsilon at delta 1e-5 | ours | dp-accounting | difference | ours, s | peer, s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    wrong = 0
    for number, (noise, rate, steps) in enumerate(TRAININGS):
        found, seconds = timed(lambda n=noise, r=rate, s=steps: epsilon_of_sampled_gaussian(n, r, s, 1e-5))
        name = f"noise {noise:g}, rate {rate:.4g}, {steps} steps"
        wrong += line(name, found, peer[number] if peer else None, seconds, None, 0.01 * found)
    return wrong


def risks(peer: list[list[float]] | None) -> int:
    """Risk and its bounds, of the same counts of successes."""
    print("\n| risk of k of n, control j of m | ours | anonymeter | difference | ours, s | peer, s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    wrong = 0
    for number, counts in enumerate(COUNTS):
        found, seconds = timed(lambda c=counts: residual_risk(*c))
        ours = (found.risk, found.bounds.lower, found.bounds.upper)
        for place, part in enumerate(("risk", "lower", "upper")):
            name = "{} of {}, {} of {}: ".format(*counts) + part
            wrong += line(name, ours[place], peer[number][place] if peer else None, seconds, None, 1e-12)
    return wrong


def line(name: str, ours: float, peer: float | None, seconds: float, theirs: float | None, most: float) -> int:
    """Print one line; returns 1 if the two differ by more than `most`."""
    told = ("not installed", "") if peer is None else (f"{peer:.9g}", f"{ours - peer:.2g}")
    clock = "" if not theirs else f"{theirs:.3g}"
    print(f"| {name} | {ours:.9g} | {told[0]} | {told[1]} | {seconds:.3g} | {clock} |")
    return int(peer is not None and abs(ours - peer) > most)


def asked(python: str | None) -> list[list] | None:
    """What the peers say, in their own interpreter."""
    if python is None:
        return None
    ran = subprocess.run(
        [python, "-c", PEERS], input=json.dumps([TRAININGS, COUNTS]), capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout)


def timed(work: Callable[[], object]) -> tuple[object, float]:
    started = time.process_time()
    found = work()
    return found, time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())
