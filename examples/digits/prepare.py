"""Makes the example's data and network again: handwritten digits that scikit-learn ships, and a small convolutional network.

    python examples/digits/prepare.py [--out FOLDER]

The digits are the test half of "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak 1998, UCI Machine Learning
Repository, CC BY 4.0): 1,797 images of 8×8 pixels, each from 0 to 16. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_digits

HERE = Path(__file__).parent
SIDE = 8
TESTED = 500
PIXELS = [f"pixel_{row}_{column}" for row in range(SIDE) for column in range(SIDE)]


class Network(torch.nn.Module):
    """Rows of 64 pixels in, ten logits out: as images of 8×8 inside."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(1, 8, 3, padding=1),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
            torch.nn.Flatten(),
            torch.nn.Linear(8 * 16, 10),
        )

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.layers(rows.reshape(-1, 1, SIDE, SIDE) / 16)


def trained(pixels: np.ndarray, labels: np.ndarray) -> Network:
    """The network after thirty passes over the images."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = Network()
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    rows, truth = torch.from_numpy(pixels.astype("float32")), torch.from_numpy(labels)
    for _ in range(30):
        for places in torch.randperm(len(rows)).split(64):
            loss = torch.nn.functional.cross_entropy(network(rows[places]), truth[places])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return network.eval()


def without_traces(program: torch.export.ExportedProgram) -> bytes:
    """A torch.export file without stack traces, which name files of the machine that made it, and without the time."""
    buffer, kept = io.BytesIO(), io.BytesIO()
    torch.export.save(program, buffer)
    with zipfile.ZipFile(buffer) as made, zipfile.ZipFile(kept, "w") as archive:
        for name in made.namelist():
            content = made.read(name)
            if name.endswith("/models/model.json"):
                content = json.dumps(json.loads(content, object_hook=_emptied)).encode()
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return kept.getvalue()


def _emptied(value: dict[str, Any]) -> dict[str, Any]:
    return {key: {} if key == "metadata" and isinstance(inner, dict) else inner for key, inner in value.items()}


def main(words: list[str] | None = None) -> None:
    """Write data and network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    out = parser.parse_args(words).out
    (out / "data").mkdir(parents=True, exist_ok=True)
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    test, train = order[:TESTED], order[TESTED:]
    network = trained(pixels[train], labels[train])
    with torch.no_grad():
        said = network(torch.from_numpy(pixels[test].astype("float32"))).argmax(dim=1).numpy()
    frame = pd.DataFrame(pixels[test].astype(int), columns=PIXELS)
    frame.insert(0, "predicted", said)
    frame.insert(0, "digit", labels[test])
    frame.to_csv(out / "data" / "test.csv", index=False, lineterminator="\n")
    example = torch.zeros((2, SIDE * SIDE))
    program = torch.export.export(network, (example,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    (out / "network.pt2").write_bytes(without_traces(program))


if __name__ == "__main__":
    main()
