"""Turns read, none of which is left unread, and a call that many shapes can say."""

from cardwright.sources.messages import messages_of

ORDER = {"to": "DE89", "memo": "KESTREL"}
CALL = {"name": "wire", "arguments": ORDER}


def read(*turns):
    """All messages of these turns."""
    found = messages_of(list(turns))
    assert [message.unread for message in found if message.unread] == []
    return found


def only(turn):
    """The one message of a turn."""
    (message,) = read(turn)
    return message
