"""The first line of a plan and of details: where an editor finds the schema that it checks and completes them by.

VS Code (with the YAML extension), JetBrains' editors and whatever else speaks to yaml-language-server read it. The schemas stand
beside the plan, so that it holds offline and on another machine.
"""

from __future__ import annotations

FOLDER = ".schemas"
"""The folder beside a plan that the schemas are in."""


def hint(format: str) -> str:
    """The line for a file of this format.

    Examples
    --------
    >>> hint("details")
    '# yaml-language-server: $schema=.schemas/details.schema.json'
    """
    return f"# yaml-language-server: $schema={FOLDER}/{format}.schema.json"
