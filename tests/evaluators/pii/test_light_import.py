"""presidio comes without torch and transformers, whose import takes longer than all that is looked for."""

import subprocess
import sys

import pytest

pytest.importorskip("presidio_analyzer", reason="personal data are looked for with the text extra")


def told(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_looking_for_personal_data_loads_neither_torch_nor_transformers():
    code = (
        "import sys\nfrom cardwright.evaluators.pii.text import scan_text\nscan_text('Mail jane@example.org')\n"
        "print(sorted({'torch', 'transformers', 'captum'} & sys.modules.keys()))"
    )
    assert told(code) == "[]"


def test_torch_can_be_imported_afterwards():
    pytest.importorskip("torch", reason="torch is an extra")
    code = (
        "from cardwright.evaluators.pii.text import scan_text\nscan_text('Mail jane@example.org')\n"
        "import torch\nprint(torch.ones(2).sum().item())"
    )
    assert told(code) == "2.0"
