"""The benchmarks' figures that do not depend on the machine, in-process."""

from __future__ import annotations

import json
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.emulator.doors import EmulatorServer

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))  # `benchmarks` is no part of the distribution

from benchmarks.cases import OPERATIONS, Case  # noqa: E402
from benchmarks.chart import svg  # noqa: E402
from benchmarks.emulated import EmulatedApi, Requests  # noqa: E402
from benchmarks.measure import CommandError  # noqa: E402
from benchmarks.own_share import own_share  # noqa: E402
from benchmarks.plan import FULL, USUAL, Planned, plan, rounds  # noqa: E402
from benchmarks.programs import Kind, write_entries, write_program  # noqa: E402
from benchmarks.report import markdown  # noqa: E402
from benchmarks.results import Measurement, OwnShare, Results, medians  # noqa: E402
from benchmarks.run import main  # noqa: E402
from benchmarks.stacks import operate  # noqa: E402
from benchmarks.targets import PEAKS, TARGETS  # noqa: E402


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[EmulatedApi]:
    """The emulator over HTTP, without latency, and the environment that points to it."""
    with EmulatorServer(Emulator()) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        running = EmulatedApi(server.base_url)
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
        yield running
        server.shutdown()
        thread.join()


def requests_of_a_life(api: EmulatedApi, folder: Path, kind: Kind, count: int) -> dict[str, Requests]:
    """The requests of each operation, by its name."""
    write_program(folder, kind, count)
    found = {}
    for operation in OPERATIONS:
        write_entries(folder, count, one_changed=operation.one_changed)
        operate(folder, operation.command)
        found[operation.name] = api.take_requests()
    return found


def test_a_collection_costs_a_request_for_every_thousand_entries(api: EmulatedApi, tmp_path: Path) -> None:
    """What docs/collections.md promises, counted on 2,500 entries."""
    assert requests_of_a_life(api, tmp_path / "project", "collection", 2_500) == {
        "first_preview": Requests(1, 0),
        "first_up": Requests(1, 3),
        "same_preview": Requests(0, 0),
        "changed_preview": Requests(0, 0),
        "changed_up": Requests(0, 1),
        "refresh": Requests(3, 0),
        "destroy": Requests(0, 3),
    }


def test_single_entries_cost_a_write_each_and_share_their_reads(api: EmulatedApi, tmp_path: Path) -> None:
    """What the collection is compared with."""
    found = requests_of_a_life(api, tmp_path / "project", "single", 30)
    assert found.pop("first_up") == Requests(1, 30)
    assert found.pop("changed_up") == Requests(0, 1)
    assert found.pop("destroy") == Requests(0, 30)
    assert found.pop("first_preview") == Requests(1, 0)
    # Single reads until they have cost as much as the list, then the list, and a page that shows that it was whole.
    assert found.pop("refresh") == Requests(5, 0)
    assert set(found.values()) == {Requests(0, 0)}


def test_one_entry_changes_in_the_changed_program(tmp_path: Path) -> None:
    """The operation that is called so changes one row and keeps the others."""
    write_program(tmp_path, "collection", 100)
    before = (tmp_path / "blocklist.csv").read_text(encoding="utf-8").splitlines()
    write_entries(tmp_path, 100, one_changed=True)
    after = (tmp_path / "blocklist.csv").read_text(encoding="utf-8").splitlines()
    assert len(before) == len(after) == len(set(before)) == 101
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def test_our_own_share_is_told_for_every_operation() -> None:
    """Each operation has its steps, and the emulator's time is not among them."""
    shares = own_share(50)
    assert [share.operation for share in shares] == [
        "first up",
        "no-op preview",
        "one entry changed: up",
        "refresh",
        "destroy",
    ]
    assert list(shares[0].steps) == ["read_entries", "constructor", "check", "create"]
    assert all(share.seconds > 0 for share in shares)


def _measurement(kind: Kind, entries: int, operation: str, seconds: float = 3.0) -> Measurement:
    return Measurement(
        kind, entries, operation, 10, 1, seconds, 200_000_000, {"provider": 200_000_000}, {"provider": 1.0}, 5_000, 900
    )


def _results() -> Results:
    cases: tuple[tuple[Kind, int], ...] = (
        *(("bare", 1), ("collection", 1), ("collection", 100), ("collection", 10_000)),
        *(("single", 1), ("single", 100), ("plugin_single", 100)),
    )
    found = [
        _measurement(kind, entries, operation.name, 2.0 if entries == 1 else 3.0)
        for kind, entries in cases
        for operation in OPERATIONS
    ]
    shares = [OwnShare(100, "first up", {"check": 0.01}), OwnShare(10_000, "first up", {"check": 3.0})]
    return Results("2027-01-31", "the real engine (v3)", 0.05, 3.5, {"CPU": "one, 2 cores"}, found, shares)


def test_the_middle_run_counts_and_the_most_requests() -> None:
    """Noise on the machine does not decide, and no request is overlooked."""
    runs = [[_measurement("single", 100, "refresh", seconds)] for seconds in (9.0, 1.0, 2.0)]
    (found,) = medians(runs)
    assert (found.seconds, found.runs, found.requests) == (2.0, 3, 11)


def test_results_come_back_from_their_file_and_make_the_page(tmp_path: Path) -> None:
    """`--report` needs nothing but results.json; what is not reached is said."""
    (tmp_path / "results.json").write_text(_results().to_json(), encoding="utf-8")
    results = Results.read(tmp_path / "results.json")
    assert results == _results()
    page = markdown(results)
    assert "| first up | 10,000 | 10 | 1 | 3.0 s | 1.0 s | 200 MB | provider | 5 kB | 1 |" in page
    assert "| no-op preview, 10,000 entries: requests | 0 | 11 | **no** |" in page
    assert "| first up, 10,000 entries: requests | ≤ 11 | 11 | yes |" in page
    assert "| first up, 10,000 entries: beyond one entry | ≤ 1.2 s | 1.00 s | yes |" in page
    assert "| no-op preview, 10,000 entries: beyond one entry | ≤ 0.8 s | 1.00 s | **no** |" in page
    assert "| no-op preview, one entry: beside a bare dynamic resource | ≤ 1.15 | 1.00 (2.00 s, 2.00 s) | yes |" in page
    assert "| peak memory of any process, 10,000 entries | ≤ 200 MB | 200 MB (provider," in page
    assert "| own share: first up, 10,000 entries | < 2 s | 3.00 s | **no** |" in page
    assert "## Single resources: dynamic / plugin" in page
    assert "| no-op preview | 100 | 3.00 s / 3.00 s | 1.0 s / 1.0 s | 11 / 11 | 5 kB / 5 kB |" in page
    assert "100,000" not in page
    assert "**Other work was running (load average 3.5 at the start): wall times are too long.**" in page


def test_figures_of_other_sizes_stay_where_the_machine_is_the_same() -> None:
    """One size can be measured anew; figures of two machines are never mixed."""
    new = replace(_results(), measurements=[], own_share=[], load=0.1)
    kept = new.kept_from(_results())
    kept.add([_measurement("collection", 100, "refresh", 7.0)])
    kept.add([])
    kept.add_shares([OwnShare(100, "first up", {"check": 0.02})])
    assert [m.seconds for m in kept.measurements if (m.kind, m.entries) == ("collection", 100)] == [7.0]
    assert kept.sizes("collection") == [1, 100, 10_000]
    assert [share.seconds for share in kept.own_share] == [0.02, 3.0]
    assert replace(new, machine={"CPU": "another"}).kept_from(_results()).measurements == []


def test_the_plot_has_a_point_for_every_figure() -> None:
    """The SVG is well-formed, and its points lie within it."""
    root = ET.fromstring(svg(_results()))  # noqa: S314  (our own)
    circles = root.findall(".//{*}circle")
    assert len(circles) == 2 * 5 * 5
    assert all(0 < float(circle.attrib["cx"]) < 900 for circle in circles)
    assert all(49 < float(circle.attrib["cy"]) < 321 for circle in circles)


def test_the_page_in_the_docs_is_that_of_the_results() -> None:
    """Neither is changed by hand."""
    results = Results.read(ROOT / "benchmarks" / "results.json")
    assert (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8") == markdown(results)
    assert (ROOT / "docs" / "benchmarks.svg").read_text(encoding="utf-8") == svg(results)


def test_a_quick_run_without_an_engine_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The whole command, each operation in a process of its own and the emulator in another."""
    assert main(["--sizes", "5", "--repeat", "1", "--in-process", "--json"]) == 0
    printed = capsys.readouterr()
    content = json.loads(printed.out)
    assert [item["operation"] for item in content["measurements"]] == [operation.name for operation in OPERATIONS]
    assert content["backend"] == "the in-process runner, without an engine"
    assert all(item["peak_bytes"] > 10_000_000 and item["seconds"] > 0 for item in content["measurements"])
    assert "first up: 1 reads, 1 writes" in printed.err


def test_what_is_compared_runs_in_turns() -> None:
    """A spell of other work on the machine then falls on each of them."""
    few, often = Planned(Case("bare", 1), 2), Planned(Case("single", 1), 3)
    assert list(rounds([few, often])) == [(1, few), (1, often), (2, few), (2, often), (3, often)]


def test_every_target_is_measured_by_a_usual_run() -> None:
    """`make bench` as it stands says of each whether it is reached."""
    cases = {one.case for one in plan(USUAL)}
    assert {Case("collection", target.entries) for target in TARGETS} <= cases
    assert {Case("collection", entries) for entries in PEAKS} <= cases
    assert {Case("empty", 0), *(Case(kind, 1) for kind in ("bare", "single", "collection"))} <= cases
    assert {Case(kind, size) for kind in ("single", "plugin_single") for size in (100, 1_000)} <= cases
    assert {Case(kind, 10_000) for kind in ("collection", "plugin_collection")} <= cases
    assert {one.case for one in plan(USUAL)} <= {one.case for one in plan(FULL)}


def test_sizes_and_kinds_are_chosen() -> None:
    """A size of no plan is a collection's; without an engine there is neither a plugin nor a bare resource."""
    assert plan(USUAL, sizes=[100], only=["single", "bare"], repeat=1) == [
        Planned(Case("bare", 100), 1),
        Planned(Case("single", 100), 1),
    ]
    assert [one.case for one in plan(USUAL, sizes=[7])] == [Case("collection", 7)]
    assert {one.case.kind for one in plan(USUAL, in_process=True)} == {"single", "collection"}


def test_a_case_that_fails_does_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said, the others are measured, and the exit code tells."""

    def fail(case: Case, *_: object) -> list[Measurement]:
        if case.entries == 5:
            raise CommandError("pulumi up ended with 255")
        return [_measurement(case.kind, case.entries, "first_up")]

    monkeypatch.setattr("benchmarks.run.run_case", fail)
    assert main(["--sizes", "5,6", "--repeat", "1", "--in-process", "--json"]) == 1
    printed = capsys.readouterr()
    assert [item["entries"] for item in json.loads(printed.out)["measurements"]] == [6]
    assert "pulumi up ended with 255" in printed.err


def test_sizes_that_are_no_numbers_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in the options is said in a line."""
    with pytest.raises(SystemExit):
        main(["--sizes", "many"])
    assert "'many' is not a list of numbers such as 100,1000" in capsys.readouterr().err
