"""MLflow: a model registry that asks for a release, and a dossier logged to a run.

`registry` is what MLflow's entry point `mlflow.model_registry_store` leads to. Every program that imports MLflow loads it, so it
imports nothing until a registry is opened.
"""
