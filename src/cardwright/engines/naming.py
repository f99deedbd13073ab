"""Which engine a word means: `local` is this machine, anything else a master of Spark."""

from __future__ import annotations

import re

from cardwright.engines.interface import LOCAL, Engine
from cardwright.errors import UsageError

_MASTER = re.compile(
    r"local\[(?:\*|[1-9]\d*)(?:,[1-9]\d*)?\]|local-cluster\[\d+,\d+,\d+\]|spark://\S+|yarn|k8s://\S+|spark"
)


def named(word: str | None, *, where: str = "--engine") -> Engine:
    """The engine of a word.

    Parameters
    ----------
    word
        `local`: this machine. `local[2]`: Spark on two threads of this machine. `spark://HOST:PORT`, `yarn`, `k8s://…`: that
        cluster. `spark`: the session that is there (a notebook's, `spark-submit`'s), else what `spark-defaults.conf` says.
    where
        How an error names the place of the word.

    Raises
    ------
    UsageError
        If it means none.

    Examples
    --------
    >>> named(None) is named("local")
    True
    >>> named("local[2]").master
    'local[2]'
    """
    if word is None or word == "local":
        return LOCAL
    if word.startswith("sc://"):
        raise UsageError(
            "a Spark Connect server does not run code on executors for a client without a driver of its own",
            where=where,
            do="Name the cluster itself (spark://HOST:PORT, yarn, k8s://…), or run inside it with `spark`.",
        )
    if not _MASTER.fullmatch(word) or "@" in word:
        raise UsageError(
            "this names no engine",
            where=where,
            do="Write local, local[2], spark://HOST:PORT, yarn, k8s://…, or spark for the session that is there.",
        )
    from cardwright.engines.spark import Spark

    return Spark(word)
