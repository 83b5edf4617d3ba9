from __future__ import annotations

import subprocess
import sys


def test_configuration_is_read_with_the_standard_library_alone():
    code = (
        "import sys, modelcheck.config, modelcheck.conditions\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'sklearn', 'scipy', 'jinja2', 'rich', 'hypothesis', 'pytest'}\n"
        "print(sorted(heavy & set(sys.modules)), sorted(m for m in sys.modules if m.startswith('modelcheck.')))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy, own = run.stdout.split("] [")
    assert heavy == "["
    layers = {name.strip(" ']\n").split(".")[1] for name in own.split(",")}
    assert layers == {"conditions", "config", "errors"}
