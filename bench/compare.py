"""backlit beside other libraries: train steps, overhead of an op, memory, import.

    pip install torch jax tinygrad scikit-learn autograd micrograd      # whichever you want
    python bench/compare.py                            # everything: an hour
    python bench/compare.py --only dense conv --rounds 3

Every competitor runs in a process of its own, in turn (A B C A B C), with one BLAS thread and
with two; each is shown with the setting it is fastest with. All take the same steps in float32
with plain gradient descent, gather their batch at random in every step and read the loss in every
step; whoever's losses differ is left out. The floor, in the same run, is the step's matrix
products alone. Writes a table and a picture to bench/results/.
"""

from __future__ import annotations

import argparse
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from suite.engine import ENGINES, Engine
from suite.nets import BATCHES, CONV, DENSE
from suite.overhead import CHAINS
from suite.plot import draw
from suite.summary import Result, summarise
from suite.table import table
from suite.turns import compare

GROUPS = {
    "dense": [net.name for net in DENSE],
    "conv": [net.name for net in CONV],
    "batch": [net.name for net in BATCHES],
    "overhead": list(CHAINS),
    "import": ["import"],
}
UNITS = {"overhead": "µs per op", "import": "ms beyond NumPy's own"}


def machine() -> str:
    """Say on what the figures were taken."""
    import numpy as np

    blas = np.show_config("dicts")["Build Dependencies"]["blas"]
    name = platform.processor() or platform.machine()
    for line in (
        Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ()
    ):
        if line.startswith("model name"):
            name = line.split(":")[1].strip()
            break
    return (
        f"{name}, Python {platform.python_version()}, NumPy {np.__version__} with {blas['name']} "
        f"{blas['version']}; float32, medians (least–greatest) "
        "of the rounds, each with its best number of threads."
    )


def one_per_package(engines: list[Engine]) -> list[Engine]:
    """Return one engine for each package, leaving out NumPy, which all the others need."""
    return list({e.package: e for e in reversed(engines) if e.package != "numpy"}.values())


def main() -> None:
    """Measure what was asked for, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--tasks", nargs="+", metavar="TEXT", help="tasks whose name has this text")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    engines = [ENGINES[name] for name in options.engines]
    options.out.mkdir(parents=True, exist_ok=True)
    for group in options.only:
        results: list[Result] = []
        pages = [f"# {group}", machine()]
        for task in GROUPS[group]:
            if options.tasks and not any(text in task for text in options.tasks):
                continue
            taking_part = one_per_package(engines) if task == "import" else engines
            results.append(summarise(task, compare(task, taking_part, options.rounds)))
            pages.append(table(results[-1], UNITS.get(group, "µs per step")))
            print("\n" + pages[-1], flush=True)
        (options.out / f"{group}.md").write_text("\n\n".join(pages) + "\n", encoding="utf-8")
        if group in {"dense", "conv"} and results:
            draw(results, options.out / f"{group}.svg")


if __name__ == "__main__":
    main()
