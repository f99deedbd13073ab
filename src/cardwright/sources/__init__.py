"""Where evidence comes from: one interface, one file per kind. Names are imported when they are asked for.

`cardwright.sources.load.load` opens what a plan names; its module has its name, so it is imported from there.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_NAMES = {
    "Attribute": "interface",
    "Guard": "network",
    "Interaction": "interface",
    "Interactions": "interface",
    "Message": "interface",
    "Model": "interface",
    "Predictions": "interface",
    "Recomputation": "binding",
    "Rows": "interface",
    "Source": "interface",
    "Table": "interface",
    "Target": "interface",
    "Texts": "interface",
    "bind": "binding",
    "guard": "network",
    "interactions_from": "frames",
    "load_model": "models",
    "model_from_callable": "models",
    "model_from_estimator": "models",
    "model_from_module": "models",
    "open_rows": "files",
    "parse_source": "spec",
    "predictions_from": "frames",
    "predictions_from_arrays": "frames",
    "rows_from": "frames",
    "supplied": "binding",
    "table_from": "frames",
    "target_from_callable": "target",
    "target_from_url": "target",
    "texts_from": "frames",
}

__all__ = sorted(_NAMES)  # noqa: PLE0605  the table above says where each name lives


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
