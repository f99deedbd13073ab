"""A PDF is a function of what it is made of, so the tests make each one once, in whatever process it is wanted first.

`conftest.py` uses this in the tests' own processes. In those that a test starts with this folder on PYTHONPATH, Python itself
imports this file, as it does any `sitecustomize`; it acts where KEPT_PDFS names the folder. That the same edition gives the same
bytes is tested in processes that know nothing of it: `documents/test_pdf.py`, `documents/test_toolchain.py`.
"""

import hashlib
import importlib.util
import os
import sys
from pathlib import Path


def keeping(pdf, kept):
    """`pdf.write`, keeping each PDF in a folder under the digest of what it is made of, its own code included."""
    from cardwright.documents import pdfa, toolchain
    from cardwright.record import canonical

    write = pdf.write
    code = [hashlib.sha256(Path(module.__file__).read_bytes()).hexdigest() for module in (pdf, pdfa, toolchain)]

    def write_once(html, *, record, tables, moment, title, made_with=None):
        made_of = {
            "code": code,
            "html": html,
            "record": canonical.digest(record),
            "tables": {name: canonical.digest(data) for name, data in tables.items()},
            "moment": moment,
            "title": title,
            "made_with": dict(toolchain.facts() if made_with is None else made_with),
        }
        place = kept / canonical.sha256(made_of)
        if not place.exists():
            data = write(html, record=record, tables=tables, moment=moment, title=title, made_with=made_with)
            part = place.with_suffix(f".{os.getpid()}")  # nobody reads half of it
            part.write_bytes(data)
            part.replace(place)
        return place.read_bytes()

    return write_once


class _WhenImported:
    """Replaces `pdf.write` once a process imports it, which most commands never do."""

    def find_spec(self, name, path=None, target=None):
        if name != "cardwright.documents.pdf":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            module.write = keeping(module, Path(os.environ["KEPT_PDFS"]))

        spec.loader.exec_module = exec_module
        return spec


if __name__ == "sitecustomize" and "KEPT_PDFS" in os.environ:
    sys.meta_path.insert(0, _WhenImported())
