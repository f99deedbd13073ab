"""Safety of an assistant: attacks on its instructions, secrets and tools, and refusals of harmless questions.

========================  ====================================================================================
`evaluator`               `Safety`: counts, intervals, findings, tables
`interface`               what a scorer gets and gives
`taxonomy`                categories, the scorers that decide in each, public lists
`normalise`               writings of a secret, undone, with positions
`leak` … `output`         one file for each kind of scorer
`refusal`                 refusal, partial refusal, compliance, empty
`probes`                  our own prompts for a live target
`masking`                 excerpts that show nobody's data
`tally`                   counts per prompt
`calibration`             what the scorers themselves get wrong
========================  ====================================================================================
"""

from cardwright.evaluators.safety.evaluator import Safety

__all__ = ["Safety"]
