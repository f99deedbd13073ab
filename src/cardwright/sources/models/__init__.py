"""Models, loaded as data: one reader for each format behind one interface, and in Python any callable or estimator.

A pickle is never loaded. What a file needs beyond plain data is named, so that a person can look at it and say so in the plan.
"""

from cardwright.sources.models.interface import Output, SavedModel
from cardwright.sources.models.memory import model_from_callable, model_from_estimator
from cardwright.sources.models.registry import load_model, save_model
from cardwright.sources.models.torch_models import model_from_module

__all__ = [
    "Output",
    "SavedModel",
    "load_model",
    "model_from_callable",
    "model_from_estimator",
    "model_from_module",
    "save_model",
]
