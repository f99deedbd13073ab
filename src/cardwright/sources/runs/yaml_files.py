"""YAML as other tools write it. What PyYAML and ruamel read differently (YAML 1.1 and 1.2) is read by the tool's own rules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cardwright.sources.runs.interface import text_of


def yaml_value(path: Path, where: str, *, version: str = "1.1") -> Any:
    """The value of a YAML file.

    Parameters
    ----------
    version
        "1.1" as PyYAML reads it (MLflow, Hydra, Lightning), in which `no` is false; "1.2" as ruamel does (DVC), in which it is a
        word.

    Raises
    ------
    ValueError
        If it is no YAML, too large, or refers to parts of itself: a few such lines can stand for more than memory holds.
    """
    import yaml

    text = text_of(path, where)
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
            raise ValueError(f"{where} refers to parts of itself (`*name`), which is not read")
        return yaml.load(text, Loader=_core_schema() if version == "1.2" else yaml.SafeLoader)  # noqa: S506  both are safe
    except (yaml.YAMLError, RecursionError):
        raise ValueError(f"{where} is no YAML") from None


def _core_schema() -> Any:
    """PyYAML's safe loader with the core schema of YAML 1.2 (10.3.2)."""
    import yaml

    class CoreSchema(yaml.SafeLoader):
        """See `_core_schema`."""

        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  PyYAML's own name for it

    def add(tag: str, pattern: str, first: str) -> None:
        CoreSchema.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))

    add("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF")
    add("null", r"^(?:~|null|Null|NULL|)$", "~nN\0")
    add("int", r"^[-+]?[0-9]+$", "-+0123456789")
    number = r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$"
    add("float", number, "-+0123456789.")
    CoreSchema.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(str(node.value)))
    return CoreSchema
