"""Trains a classifier on data that scikit-learn ships, registers it with MLflow, and keeps what it predicts in `test.csv`.

python train.py TRACKING_URI
"""

import csv
import sys
from pathlib import Path

import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

mlflow.set_tracking_uri(sys.argv[1])
data = load_breast_cancer()
x, x_test, y, y_test = train_test_split(data.data, data.target, test_size=0.5, random_state=0, stratify=data.target)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
with mlflow.start_run() as run:
    logged = mlflow.sklearn.log_model(
        model, name="model", registered_model_name="tumours", pip_requirements=["scikit-learn"]
    )
version = logged.registered_model_version
with Path("test.csv").open("w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["benign", "score"])
    rows.writerows(zip(y_test.tolist(), (f"{p:.6f}" for p in model.predict_proba(x_test)[:, 1]), strict=True))
# What is assessed is every file of the version, as a server would download it.
mlflow.artifacts.download_artifacts(f"models:/tumours/{version}", dst_path="model")
Path("run.txt").write_text(run.info.run_id)
print(f"version {version} of tumours, {len(y_test)} test cases")
