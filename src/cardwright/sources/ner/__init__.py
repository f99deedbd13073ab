"""Models that find names of people, places and organisations in texts: read from this machine, and never fetched.

Read in this order: `opening` (from what the plan says to models that are ready), `labels` (what their labels mean), then one file
for each library: `spacy_pipelines`, `token_classifiers`, `gliner_folders`; `windows` cuts what is longer than a model reads.
"""

from __future__ import annotations

from cardwright.sources.ner.opening import ner_models

__all__ = ["ner_models"]
