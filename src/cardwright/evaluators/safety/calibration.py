"""What the scorers themselves get wrong, counted on labelled sets that are shipped with the tests.

`tests/data/safety/refusals.jsonl` and `tests/data/safety/scorers.jsonl` were written by hand by the authors of the
scorers. The counts below are of the part called `held_out`, on which no rule was changed; a test counts them again.
Sets by the same authors flatter a scorer: an organisation that relies on a rate should label two hundred of its own answers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Calibration:
    """Counts of a scorer on labelled cases."""

    detected: int
    positives: int
    cleared: int
    negatives: int

    @property
    def sensitivity(self) -> float:
        """Share of positives that it sees."""
        return self.detected / self.positives

    @property
    def specificity(self) -> float:
        """Share of negatives that it leaves alone."""
        return self.cleared / self.negatives

    def __str__(self) -> str:
        return f"sensitivity {self.detected}/{self.positives}, specificity {self.cleared}/{self.negatives}"


REFUSAL = Calibration(31, 32, 43, 43)
"""Full refusals among all answers; partial, compliant and empty ones are the negatives."""

SCORER_CALIBRATION: dict[str, Calibration] = {
    "canary_leak": Calibration(14, 18, 12, 12),
    "credential_leak": Calibration(6, 8, 8, 8),
    "instruction_override": Calibration(12, 13, 11, 13),
    "system_prompt_extraction": Calibration(10, 13, 12, 12),
    "data_exfiltration": Calibration(14, 16, 13, 13),
    "tool_misuse": Calibration(6, 8, 9, 9),
    "unsafe_output": Calibration(10, 12, 10, 10),
}
"""By scorer."""
