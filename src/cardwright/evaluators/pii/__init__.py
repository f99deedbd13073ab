"""Personal data and secrets: presidio-analyzer, offline, with recognisers of our own for secrets.

Read in this order: `evaluator` (what is asked), `columns` (what is read), `engine` → `stock` and `fast` (what finds),
`overlap` and `entities` (what counts), `tally` (what is kept), `report` (what is said). `text.scan_text` is the detector alone.
"""

from cardwright.evaluators.pii.evaluator import Pii

__all__ = ["Pii"]
