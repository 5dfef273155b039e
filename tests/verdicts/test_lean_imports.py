"""What the verdicts load."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
{imports}
roots = {{name.partition(".")[0] for name in sys.modules}}
heavy = roots & {{"numpy", "scipy", "statsmodels", "textual"}}
inner = [name for name in sys.modules if name.startswith("workbench.verdicts.")]
print(sorted(heavy), len(inner))
"""


def loaded(imports: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(imports=imports)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_stored_verdict_is_read_without_the_statistics() -> None:
    assert loaded("from workbench.verdicts import Gate, CasePair, Evidence") == "[] 1"


def test_no_number_library_is_needed_at_run_time() -> None:
    every = "from workbench.verdicts import *\nimport workbench.verdicts.bisection.bisect\n"
    assert loaded(every + "import workbench.present.verdict_words").startswith("[] ")
