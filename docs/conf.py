"""The documentation site: Sphinx over these Markdown files. `make docs` builds it; a warning is an error.

Nothing is fetched, neither while building nor while reading: system fonts, no analytics, no links into other inventories.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_site"), str(HERE.parent / "src")]

import pages  # noqa: E402  it stands beside this file, in a folder that was put on the path above

from cardwright import __version__  # noqa: E402  likewise

project = "Cardwright"
author = "The Cardwright authors"
copyright = "The Cardwright authors, Apache-2.0"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_site/**", "_build/**", "schemas/**"]
nitpicky = False  # types of other libraries have no page here; links between pages are checked all the same
default_role = "literal"  # docstrings name code in single backticks

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autodoc_typehints = "none"  # the signature of a pydantic model is its list of fields, which stands below it
autodoc_member_order = "bysource"
autodoc_default_options = {"exclude-members": "model_config"}
napoleon_google_docstring = False

html_theme = "pydata_sphinx_theme"
html_title = "Cardwright"
html_static_path = ["_site/static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
# A page without pages below it needs no list of them at its side.
html_sidebars = {
    "index": [],
    "tutorial": [],
    **{
        name: []
        for name in ("changelog", "contributing", "security", "benchmarks", "quality", "architecture", "evaluators")
    },
}
html_theme_options = {
    "show_toc_level": 2,
    "navigation_depth": 2,
    "navbar_align": "left",
    "header_links_before_dropdown": 3,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}


def setup(app: object) -> None:
    """Write the pages that are made from the code before Sphinx looks for pages."""
    for name, text in pages.every().items():
        path = HERE / "reference" / name
        path.parent.mkdir(exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:  # an unchanged page is not read again
            path.write_text(text, encoding="utf-8")
