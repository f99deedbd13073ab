"""What was sent and what came back, whatever its shape: turns of any wire format into `Message`s.

===============  ==========================================================================================
`reading`        what one turn gives, and the account: every string of a turn is read, or the turn says so
`parts`          parts of content of every shape: text, reasoning, calls, results, media
`chat`           turns with a `role`: OpenAI chat, Anthropic messages, Gemini contents
`responses`      items of OpenAI's Responses API
`sharegpt`       turns with `from` and `value`
`langchain`      turns with `type: human | ai | tool | system`, plain or serialised
`bodies`         a whole response of an API: choices, candidates, output
===============  ==========================================================================================
"""

from cardwright.sources.messages.bodies import answer_of
from cardwright.sources.messages.turns import messages_of

__all__ = ["answer_of", "messages_of"]
