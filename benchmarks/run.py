"""``python -m benchmarks.run``, which is ``make bench``: measure, show, and write the page in the docs.

A full run writes `benchmarks/results.json`, `docs/benchmarks.md` and `docs/benchmarks.svg`; one with `--quick`,
`--sizes` or `--only` writes nothing unless `--write` is given, and then keeps the other figures of the same machine.
`--report` writes the page anew from the figures there are.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import chart, report
from benchmarks.cases import Case, run_case
from benchmarks.console import Progress, show
from benchmarks.emulated import LATENCY
from benchmarks.measure import CommandError
from benchmarks.own_share import from_json
from benchmarks.programs import KINDS, Kind
from benchmarks.results import Measurement, OwnShare, Results, describe_machine, medians
from benchmarks.stacks import cli_version, find_cli

_ROOT: Final = Path(__file__).resolve().parent.parent
_RESULTS: Final = _ROOT / "benchmarks" / "results.json"
_SIZES: Final = (100, 1_000, 10_000, 50_000)
_SINGLE_SIZES: Final = (100, 1_000)
_QUICK: Final = (100,)
# Beyond these sizes a case takes minutes and is measured once.
_REPEATED: Final = {"collection": 10_000, "single": 100}
_OWN_SHARE_SIZES: Final = (1_000, 10_000, 50_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 1 where a command failed."""
    options = _parser().parse_args(arguments)
    if options.report:
        write_page(Results.read(_RESULTS))
        return 0
    cli = None if options.in_process else find_cli()
    progress = Progress()
    engine = f"the real engine ({cli_version(cli)})" if cli else "the in-process runner, without an engine"
    progress.say(f"on {engine}; emulator over HTTP, {1000 * LATENCY:.0f} ms an answer")
    results = Results(
        date=datetime.now(tz=UTC).date().isoformat(),
        backend=engine,
        latency=LATENCY,
        load=round(os.getloadavg()[0], 1),
        machine=describe_machine(cli_version(cli) if cli else None),
    )
    if warning := report.busy(results):
        progress.say(warning)
    sizes = options.sizes or (_QUICK if options.quick else _SIZES)
    writes = options.write or not (options.quick or options.sizes or options.only)
    if (options.sizes or options.only) and writes and _RESULTS.exists():
        results = results.kept_from(Results.read(_RESULTS))
    try:
        for case in _cases(sizes, options.only):
            results.add(_measure(case, cli, 1 if options.quick else options.repeat, progress))
            if writes:
                write(results)
    except CommandError as error:
        progress.say(str(error))
        return 1
    if options.only != "single":
        results.add_shares(_own_share([size for size in _OWN_SHARE_SIZES if size <= max(sizes)], progress))
    if writes:
        write(results)
        progress.say("written: benchmarks/results.json, docs/benchmarks.md, docs/benchmarks.svg")
    if options.json:
        print(results.to_json(), end="")
    else:
        show(results)
    return 0


def write(results: Results) -> None:
    """The figures, and the page that shows them."""
    _RESULTS.write_text(results.to_json(), encoding="utf-8")
    write_page(results)


def write_page(results: Results) -> None:
    """The page in the docs, and its plot."""
    (_ROOT / "docs" / "benchmarks.md").write_text(report.markdown(results), encoding="utf-8")
    (_ROOT / "docs" / "benchmarks.svg").write_text(chart.svg(results), encoding="utf-8")


def _cases(sizes: Sequence[int], only: Kind | None) -> list[Case]:
    collections = [Case("collection", size) for size in sizes]
    singles = [Case("single", size) for size in sizes if size in _SINGLE_SIZES]
    return [case for case in (*collections, *singles) if only in (None, case.kind)]


def _measure(case: Case, cli: Path | None, repeat: int, progress: Progress) -> list[Measurement]:
    runs = repeat if case.entries <= _REPEATED[case.kind] else 1
    return medians([run_case(case, cli, progress.of(case, run, runs)) for run in range(1, runs + 1)])


def _own_share(sizes: Sequence[int], progress: Progress) -> list[OwnShare]:
    """In a process of its own, so that its memory is not ours."""
    if not sizes:
        return []
    progress.say("our own share of the CPU time")
    command = [sys.executable, "-m", "benchmarks.own_share", *map(str, sizes)]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return from_json(json.loads(done.stdout))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run", description="What many entries cost: requests, time, memory, state."
    )
    add = parser.add_argument
    add("--sizes", type=_sizes, metavar="N,N,…", help=f"numbers of entries; default: {','.join(map(str, _SIZES))}")
    add("--only", choices=KINDS, help="one way of declaring entries; default: both")
    add("--repeat", type=int, default=3, metavar="N", help="runs of which the median counts (large cases run once)")
    add("--quick", action="store_true", help="100 entries, once")
    add("--json", action="store_true", help="print the results as JSON on stdout")
    add("--write", action="store_true", help="write results and page, whatever was measured")
    add("--report", action="store_true", help="write the page from benchmarks/results.json; measure nothing")
    add("--in-process", action="store_true", help="without the engine, even where there is a CLI")
    return parser


def _sizes(text: str) -> list[int]:
    try:
        sizes = sorted({int(part.replace("_", "")) for part in text.split(",")})
    except ValueError:
        sizes = []
    if not sizes or sizes[0] < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers such as 100,1000")
    return sizes


if __name__ == "__main__":
    # The emulator ends with this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main())
