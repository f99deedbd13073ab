"""What a policy's digest is computed over: what it says, and nothing that it leaves unset.

A receiver accepts a policy by its digest. A new kind of requirement, or a new optional field of one, must not change the digest
of a policy that does not use it; so a field at an empty default (`None`, `false`, an empty list) is left out. A default that is a
threshold (`accept`, `min_denominator`) stays in: if it ever changed, policies that rest on it would ask for something else, and
their digests would say so.
"""

from __future__ import annotations

from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from cardwright.record.base import Value


def _is_empty(value: object) -> bool:
    return value is None or value is False or (isinstance(value, tuple | dict) and not value)


class PolicyValue(Value):
    """A part of a policy. Written out, it holds no field that is at its empty default.

    Read back, it is the same value: what is left out is what the default puts in again.
    """

    @model_serializer(mode="wrap")
    def _without_unset(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if _is_empty(value) and value == field.default:
                written.pop(name, None)
            elif isinstance(value, Value) and not isinstance(value, PolicyValue):
                # A value of the record, which writes its unset fields as null in its own files.
                written[name] = {key: entry for key, entry in written[name].items() if entry is not None}
        return written
