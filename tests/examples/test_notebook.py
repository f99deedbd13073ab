"""The notebook runs from its first cell to its last, in a kernel, and shows what it says."""

import shutil
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "examples" / "notebook" / "assess.ipynb"


def shown(cell):
    """The HTML that a cell shows."""
    return "".join(output.data.get("text/html", "") for output in cell.outputs if "data" in output)


def test_the_notebook_runs_and_its_last_results_are_tables(tmp_path):
    copy = shutil.copy(NOTEBOOK, tmp_path)
    notebook = nbformat.read(copy, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert "REFUSED" in shown(code[1])
    assert "threshold: 0.5" in shown(code[1])
    assert "demographic_parity" in shown(code[2])
    assert "roc auc" in shown(code[3])
    assert "Says which patients are offered a follow-up" in shown(code[4])
    assert "ALLOWED" in shown(code[5])
    assert shown(code[6]).count("<svg") == shown(code[6]).count("<figure") > 1


def test_the_committed_notebook_holds_no_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert [cell.outputs for cell in notebook.cells if cell.cell_type == "code" and cell.outputs] == []
