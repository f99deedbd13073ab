"""Imports presidio without the libraries of neural models, which it tries to import and of which no recogniser here makes use.

With torch and transformers installed, `import presidio_analyzer` loads both and takes five times as long; torch then makes a
folder for compiled code besides. They are hidden while presidio is imported, and only if nobody has imported them before. A
process that uses presidio's own transformers recognisers as well has to import these first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_MODELS = ("torch", "transformers")


@contextmanager
def hidden_models() -> Iterator[None]:
    """Until the end, importing a library of neural models that nobody has imported fails as if it were not installed."""
    hidden = [name for name in _MODELS if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # what Python itself takes for "do not import"
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


with hidden_models():
    import presidio_analyzer  # noqa: F401
    import spacy  # noqa: F401
