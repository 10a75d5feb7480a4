"""Print what the check says about every case of the corpus.

From the root of the repository:

    python tests/check/faults/table.py [part of a name] [--wrong] [--failed] [--brief]

The exit status is 1 if a bar is missed: every verdict right, layer and tensor right for every
fault, the diagnosis right for 95 % of them.
"""

# ruff: noqa: T201
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from check.faults.case import CODES
from check.faults.corpus import CASES
from check.faults.judge import DIAGNOSED, Judgement, judge, share_diagnosed

MARK = {True: "✓", False: "✗", None: "·"}


def main() -> int:
    """Run the cases, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", default="", help="only cases with this in their name")
    parser.add_argument("--wrong", action="store_true", help="only the faults")
    parser.add_argument("--failed", action="store_true", help="print only what is not right")
    parser.add_argument("--brief", action="store_true", help="print only the totals")
    options = parser.parse_args()

    chosen = [
        case for case in CASES if options.name in case.name and not (options.wrong and case.healthy)
    ]
    skipped = [case for case in chosen if case.missing]
    chosen = [case for case in chosen if not case.missing]
    width = max((len(case.name) for case in chosen), default=0)
    print(f"{'case'.ljust(width)}  verdict layer tensor diagnosis    time  expected → said")
    judgements = []
    for case in chosen:
        judgement = judge(case)
        judgements.append(judgement)
        if options.brief or (options.failed and judgement.placed and judgement.diagnosis != False):  # noqa: E712
            continue
        print(_line(judgement, width), flush=True)
    for case in skipped:
        print(f"{case.name.ljust(width)}  skipped: {case.missing} is not installed")
    return _totals(judgements, len(skipped))


def _line(one: Judgement, width: int) -> str:
    case = one.case
    expected = case.diagnosis or "ok"
    if case.layer:
        names = [case.layer, case.tensor]
        where = [name if isinstance(name, str) else "|".join(name) for name in names if name]
        expected = f"{' · '.join(where)}: {expected}"
    marks = [MARK[mark] for mark in (one.verdict, one.layer, one.tensor, one.diagnosis)]
    columns = f"{marks[0]:^7} {marks[1]:^5} {marks[2]:^6} {marks[3]:^9}"
    return f"{case.name.ljust(width)}  {columns} {one.seconds:6.2f}s  {expected} → {one.said:.160}"


def _totals(judgements: list[Judgement], skipped: int) -> int:
    faults = [one for one in judgements if not one.case.healthy]
    healthy = [one for one in judgements if one.case.healthy]
    print()
    bars = [
        ("faults found", sum(one.verdict for one in faults), len(faults), 1.0),
        ("healthy passed", sum(one.verdict for one in healthy), len(healthy), 1.0),
        ("layer named", sum(bool(one.layer) for one in faults), len(faults), 1.0),
        ("tensor named", sum(bool(one.tensor) for one in faults), len(faults), 1.0),
        ("diagnosis", sum(bool(one.diagnosis) for one in faults), len(faults), DIAGNOSED),
    ]
    missed = False
    for name, right, all_, bar in bars:
        share = right / all_ if all_ else 1.0
        missed |= share < bar
        mark = "✓" if share >= bar else "✗"
        print(f"{mark} {name:<15} {right:4} of {all_:4}  {share:6.1%}  (bar {bar:.0%})")
    assert share_diagnosed(judgements) <= 1.0
    used = {one.case.diagnosis for one in faults}
    print(f"  {len(used)} of {len(CODES)} diagnoses occur; {skipped} cases skipped; "
          f"{sum(one.seconds for one in judgements):.1f} s in all, "
          f"{max((one.seconds for one in judgements), default=0):.2f} s at most")  # fmt: skip
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
