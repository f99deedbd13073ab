"""Results of other tools: each reader gives exchanges, and what the tool itself said of them. `docs/results.md` maps the fields.

A tool's verdict is evidence with a scorer's name, whose errors nobody knows until people have labelled a sample of these answers
(`cardwright calibrate`): until then it can fail a requirement and passes none.
"""

from __future__ import annotations

from pathlib import Path

from cardwright.sources.results.agentdojo import AGENTDOJO
from cardwright.sources.results.every_eval_ever import EVERY_EVAL_EVER
from cardwright.sources.results.garak import GARAK
from cardwright.sources.results.helm import HELM
from cardwright.sources.results.inspect_ai import INSPECT_AI
from cardwright.sources.results.interface import Reader, Recorded
from cardwright.sources.results.jailbreakbench import JAILBREAKBENCH
from cardwright.sources.results.langfuse import LANGFUSE
from cardwright.sources.results.lm_eval import LM_EVAL
from cardwright.sources.results.looking import look_at
from cardwright.sources.results.opentelemetry import OPENTELEMETRY
from cardwright.sources.results.phoenix import PHOENIX
from cardwright.sources.results.promptfoo import PROMPTFOO
from cardwright.sources.results.pyrit import PYRIT
from cardwright.sources.results.tau_bench import TAU_BENCH

READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        GARAK, PROMPTFOO, PYRIT, INSPECT_AI, LM_EVAL, HELM, EVERY_EVAL_EVER, JAILBREAKBENCH, AGENTDOJO, TAU_BENCH,
        OPENTELEMETRY, PHOENIX, LANGFUSE,
    )
}  # fmt: skip
"""By the name that a plan writes after `format:`."""


def recognised(path: Path) -> Reader | None:
    """The reader that knows a file or folder as its own; None if none does, or if it cannot be looked at."""
    look = look_at(path)
    return next((reader for reader in READERS.values() if reader.recognises(look)), None) if look is not None else None


__all__ = ["READERS", "Reader", "Recorded", "recognised"]
