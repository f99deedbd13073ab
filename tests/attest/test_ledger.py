"""The ledger is a chain: whatever is changed in it shows."""

import pytest
from tests.attest.signers import AT, EMPTY

from cardwright.attest import ledger
from cardwright.errors import IntegrityError


@pytest.mark.parametrize("how", ["change", "remove", "swap", "repeat", "cut", "other subject"])
def test_every_change_of_a_ledger_is_seen(how):
    full = EMPTY
    for i in range(4):
        full = full.append("run", "record", str(i) * 64, AT)
    lines = full.to_bytes().splitlines(keepends=True)
    subject = "m"
    if how == "change":
        lines[1] = lines[1].replace(b"1111", b"2222", 1)
    elif how == "remove":
        del lines[1]
    elif how == "swap":
        lines[1], lines[2] = lines[2], lines[1]
    elif how == "repeat":
        lines.insert(1, lines[1])
    elif how == "cut":
        lines[-1] = lines[-1][:-1]
    else:
        subject = "n"
    with pytest.raises(IntegrityError):
        ledger.read(b"".join(lines), subject)
