"""What the scorers themselves get wrong: known only from labels that others gave to answers like those at hand.

Counts on examples that the makers of a scorer wrote flatter it, so none are printed: of 2,250 answers labelled by people, an
earlier refusal scorer with 31 of 32 on such examples saw one refusal in four.
"""

from __future__ import annotations

NOT_CALIBRATED = "not corrected: not calibrated on answers like these"
"""What stands in place of a correction, and of an error rate."""
