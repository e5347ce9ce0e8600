"""``python -m benchmarks.run``, which is ``make bench``: measure, show, and write the page in the docs.

A run writes `benchmarks/results.json`, `docs/benchmarks.md` and `docs/benchmarks.svg`; one with `--quick`, `--sizes`
or `--only` writes nothing unless `--write` is given, and then keeps the other figures of the same machine.
`--report` writes the page anew from the figures there are. A case that fails is said and left out; the others go on.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import chart, report
from benchmarks.cases import Case, run_case
from benchmarks.console import Progress, show
from benchmarks.emulated import LATENCY
from benchmarks.measure import CommandError
from benchmarks.own_share import from_json
from benchmarks.plan import FULL, QUICK, USUAL, Planned, plan, rounds
from benchmarks.plugin import Plugin, make_plugin
from benchmarks.programs import KINDS
from benchmarks.results import Measurement, OwnShare, Results, describe_machine, medians
from benchmarks.stacks import cli_version, find_cli

_ROOT: Final = Path(__file__).resolve().parent.parent
_RESULTS: Final = _ROOT / "benchmarks" / "results.json"
_OWN_SHARE_SIZES: Final = (1_000, 10_000, 100_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 1 where a command failed."""
    options = _parser().parse_args(arguments)
    if options.report:
        write_page(Results.read(_RESULTS))
        return 0
    start = time.monotonic()
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
    runs = QUICK if options.quick else FULL if options.full else USUAL
    planned = plan(
        runs, sizes=options.sizes or (), only=options.only or (), repeat=options.repeat, in_process=cli is None
    )
    writes = options.write or not (options.quick or options.sizes or options.only)
    if (options.sizes or options.only) and writes and _RESULTS.exists():
        results = results.kept_from(Results.read(_RESULTS))
    failed = False
    with _plugin(cli, planned, progress) as plugin:
        if plugin is None:
            failed = cli is not None and any(one.case.by_plugin for one in planned)
            planned = [one for one in planned if not one.case.by_plugin]
        for measured in _measured(planned, cli, plugin, progress):
            failed = failed or not measured
            results.add(measured)
            if writes:
                write(results)
    sizes = {one.case.entries for one in planned if one.case.kind == "collection"}
    results.add_shares(_own_share([size for size in _OWN_SHARE_SIZES if size <= max(sizes, default=0)], progress))
    if writes:
        write(results)
        progress.say("written: benchmarks/results.json, docs/benchmarks.md, docs/benchmarks.svg")
    if options.json:
        print(results.to_json(), end="")
    else:
        show(results)
    progress.say(f"in {(time.monotonic() - start) / 60:.0f} minutes")
    return 1 if failed else 0


def write(results: Results) -> None:
    """The figures, and the page that shows them."""
    _RESULTS.write_text(results.to_json(), encoding="utf-8")
    write_page(results)


def write_page(results: Results) -> None:
    """The page in the docs, and its plot."""
    (_ROOT / "docs" / "benchmarks.md").write_text(report.markdown(results), encoding="utf-8")
    (_ROOT / "docs" / "benchmarks.svg").write_text(chart.svg(results), encoding="utf-8")


@contextmanager
def _plugin(cli: Path | None, planned: Iterable[Planned], progress: Progress) -> Iterator[Plugin | None]:
    """The plugin and its SDK where a case needs them, or None where they cannot be had."""
    with tempfile.TemporaryDirectory(prefix="benchmark-plugin-") as folder:
        made = None
        if cli is not None and any(one.case.by_plugin for one in planned):
            try:
                made = make_plugin(cli, Path(folder))
            except (subprocess.SubprocessError, OSError) as error:
                said = getattr(error, "stderr", None) or error
                progress.say(f"the plugin is not measured, as its SDK cannot be made: {said}")
        yield made


def _measured(
    planned: Sequence[Planned], cli: Path | None, plugin: Plugin | None, progress: Progress
) -> Iterator[list[Measurement]]:
    """The medians of each case so far, after each of its runs; nothing of a run that failed."""
    found: defaultdict[Case, list[list[Measurement]]] = defaultdict(list)
    for number, one in rounds(planned):
        try:
            found[one.case].append(run_case(one.case, cli, plugin, progress.of(one.case, number, one.runs)))
        except (CommandError, subprocess.SubprocessError, OSError, RuntimeError) as error:
            progress.say(f"{one.case}: {error}")
            yield []
            continue
        yield medians(found[one.case])


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
    much = parser.add_mutually_exclusive_group()
    much.add_argument("--quick", action="store_true", help="1 and 100 entries, once: a minute or two")
    much.add_argument("--full", action="store_true", help="more sizes and more runs: an hour or two")
    add("--sizes", type=_sizes, metavar="N,N,…", help="these numbers of entries; default: the table in plan.py")
    add("--only", choices=KINDS, action="append", help="this way of declaring entries (may be repeated); default: all")
    add("--repeat", type=int, default=0, metavar="N", help="runs of which the median counts; default: as planned")
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
