#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares vmtrail's replay with its peers' own handling of the same notifications; see README.md.

Prints a line for each peer and number of VMs: events a CPU second of either, medians of rounds that take turns,
and the ratio beside what it must at least be, and should be.
"""

import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import NamedTuple

from notifications import Workload

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"  # Debian's, which sees Debian's packages


class Bounds(NamedTuple):
    at_least: int
    aim: int


@dataclass(frozen=True)
class Contender:
    program: str
    form: str
    bounds: dict[int, Bounds]  # by the number of VMs; 0: any
    in_process: bool = True
    package: str | None = None

    def bounds_at(self, vms: int) -> Bounds | None:
        return self.bounds.get(vms, self.bounds.get(0))


CONTENDERS = {
    "watcher": Contender("watcher_endpoint.py", "versioned-update",
                         {100: Bounds(100, 200), 10_000: Bounds(2_000, 5_000)}, package="python3-watcher"),
    "vitrage": Contender("vitrage_processor.py", "versioned", {0: Bounds(150, 250)}, package="python3-vitrage"),
    "ceilometer": Contender("ceilometer_converter.py", "legacy", {0: Bounds(150, 350)}, package="python3-ceilometer"),
    "reference": Contender("reference.py", "legacy", {0: Bounds(10, 20)}, in_process=False),
    "reference-events": Contender("reference.py", "events", {0: Bounds(10, 20)}, in_process=False),
}


def cpu_seconds(command: list[str]) -> float:
    """Of the whole process, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Vmtrail:
    def __init__(self, program: str, file: pathlib.Path, events: int) -> None:
        self._command = [program, "replay", str(file), "--records", "/dev/null", "--stats", "-o", "json"]
        self._events = events

    def check(self, placement: dict[str, str], folder: pathlib.Path) -> None:
        """That it takes every notification, and ends with every VM where it is; also warms up."""
        told = folder / "placement.json"
        run = subprocess.run([*self._command, "--placement", str(told)], check=True, stdout=subprocess.PIPE)
        stats = json.loads(run.stdout)
        if not stats["events"] == stats["applied"] == self._events:
            sys.exit(f"run.py: vmtrail did not apply all of {self._events} notifications: {stats}")
        hosts = {instance["id"]: instance["host"] for instance in json.loads(told.read_bytes())["instances"]}
        if hosts != placement:
            sys.exit("run.py: vmtrail has VMs on other hosts than the notifications say")

    def rate(self) -> float:
        return self._events / cpu_seconds(self._command)


class WholeProcess:
    """A program that replays the file from beginning to end, as vmtrail does."""

    def __init__(self, contender: Contender, file: pathlib.Path, workload: Workload) -> None:
        self._command = [PYTHON, str(HERE / contender.program), str(file)]
        self._events = workload.count
        run = subprocess.run([*self._command[:-1], "--placement", str(file)], check=True, stdout=subprocess.PIPE,
                             text=True)
        if {line.split()[0]: line.split()[1] for line in run.stdout.splitlines()} != workload.placement:
            sys.exit(f"run.py: {contender.program} has VMs on other hosts than the notifications say")

    def rate(self) -> float:
        return self._events / cpu_seconds(self._command)

    def close(self) -> None:
        pass


class InProcess:
    """A driver that holds the peer, with all VMs known to it, and times its handler alone; see driving.py."""

    def __init__(self, contender: Contender, file: pathlib.Path, vms: int, seconds: float) -> None:
        self._seconds = seconds
        self._process = subprocess.Popen([PYTHON, str(HERE / contender.program), str(file), str(vms)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._line()
        self.rate()  # to warm up

    def _line(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"run.py: {' '.join(self._process.args)} ended early")
        return line

    def rate(self) -> float:
        self._process.stdin.write(f"{self._seconds}\n")
        self._process.stdin.flush()
        events, seconds = self._line().split()
        return int(events) / float(seconds)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def compare(form: str, names: list[str], vms: int, options: argparse.Namespace) -> list[dict]:
    """The rows of the peers that take this form, at one number of VMs."""
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder = pathlib.Path(made)
        file = folder / "notifications.jsonl"
        workload = Workload(form, vms, options.events, seed=options.seed, bare=options.bare)
        with open(file, "w", encoding="utf-8") as out:
            out.writelines(workload.lines())
        vmtrail = Vmtrail(options.vmtrail, file, workload.count)
        vmtrail.check(workload.placement, folder)
        peers = {}
        for name in names:
            contender = CONTENDERS[name]
            peers[name] = (InProcess(contender, file, vms, options.seconds) if contender.in_process
                           else WholeProcess(contender, file, workload))
        rates: dict[str, list[float]] = {name: [] for name in ["", *names]}
        for _ in range(options.rounds):
            rates[""].append(vmtrail.rate())
            for name, peer in peers.items():
                rates[name].append(peer.rate())
        for peer in peers.values():
            peer.close()
    ours = statistics.median(rates[""])
    return [{"peer": name, "vms": vms, "events_per_second": round(theirs, 1), "vmtrail_events_per_second": round(ours),
             "ratio": round(ours / theirs, 1)}
            for name in names for theirs in [statistics.median(rates[name])]]


def show(row: dict) -> str:
    bounds = CONTENDERS[row["peer"]].bounds_at(row["vms"])
    least, aim = (f"{bounds.at_least:,}", f"{bounds.aim:,}") if bounds else ("", "")
    return (f"{row['peer']:<18}{row['vms']:>8,}{row['events_per_second']:>12,.0f}"
            f"{row['vmtrail_events_per_second']:>14,}{row['ratio']:>10,.1f}{least:>10}{aim:>8}")


def missing_packages(names: list[str]) -> list[str]:
    """Asked of the Python that is to run the peers, not of Debian."""
    wanted = [(package, package.removeprefix("python3-")) for name in names if (package := CONTENDERS[name].package)]
    return [package for package, module in wanted
            if subprocess.run([PYTHON, "-P", "-c", f"import {module}"], stderr=subprocess.DEVNULL,
                              check=False).returncode != 0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vmtrail", help="the program")
    parser.add_argument("--peers", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--vms", nargs="+", type=int, default=[100, 1_000, 10_000, 50_000])
    parser.add_argument("--events", type=int, default=200_000, help="notifications of moves in a file (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="of which the median counts (%(default)s)")
    parser.add_argument("--seconds", type=float, default=0.5, help="a peer works in each round (%(default)s)")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--bare", action="store_true", help="notifications without the messaging envelope")
    parser.add_argument("--folder", help="for the notifications, up to 1 GB; else the system's temporary one")
    parser.add_argument("--json", action="store_true", help="a JSON document for each row instead of the table")
    options = parser.parse_args()
    if missing := missing_packages(options.peers):
        sys.exit(f"run.py: {PYTHON} lacks {', '.join(missing)}; as root: apt-get install --no-install-recommends "
                 f"{' '.join(missing)}\nor compare with others alone: --peers reference reference-events")
    forms: dict[str, list[str]] = {}
    for name in options.peers:
        forms.setdefault(CONTENDERS[name].form, []).append(name)
    if not options.json:
        print(f"{'peer':<18}{'VMs':>8}{'events/s':>12}{'vmtrail':>14}{'ratio':>10}{'at least':>10}{'aim':>8}")
    for form, names in forms.items():
        for vms in options.vms:
            for row in compare(form, names, vms, options):
                print(json.dumps(row) if options.json else show(row), flush=True)


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"run.py: {error}")
