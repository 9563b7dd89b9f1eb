#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole processes against each other: prints a table of ratios from one interleaved run.

    scripts/build.sh release && bench/compare.py all

Each round runs every contender once, in turn; a figure is the median of the rounds, a ratio that of two
medians. One-core figures are CPU time (user and system) of the process, two-core figures wall time. What each
comparison is, and how its contenders are favoured, is told in docs/performance.md.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import instructions

ROOT = pathlib.Path(__file__).resolve().parent.parent
EVENT_BYTES = 862  # of an event as JSON, on average
EVENTS_EACH = 58   # for each instance: half a day of its life
TARGET_TYPE = "compute.instance.live_migration.post.dest.end"
C_LOCALE = dict(os.environ, LC_ALL="C")

# What must be reached at least (or at most), and what is aimed at.
BOUNDS = {
    "json": (0.80, 1.10),
    "log": (0.9, 1.25),
    "jobs": (1.5, 1.9),
    "startup": (20, 5),
    "cost": (2.0, 1.3),
    "heap": (256, 112),
    "peak": (400, 200),
    "instructions": {"jsonl": (4500, 2600), "log": (4500, 3000)},
}

# The host that an instance of this type of event moved to: what a careful shell user would write.
MAWK = """
index($0, ", compute.instance.live_migration.post.dest.end, ") {
    at = index($0, "<Trait: instance_id 1 ")
    instance = substr($0, at + 22, 36)
    rest = substr($0, index($0, "<Trait: host 1 ") + 15)
    host[instance] = substr(rest, 1, index(rest, ">") - 1)
}
END { for (instance in host) ++instances; print instances }
"""


class Spent:
    """CPU and wall seconds that each round of a contender took."""

    def __init__(self):
        self.cpu, self.wall = [], []

    def add(self, cpu, wall):
        self.cpu.append(cpu)
        self.wall.append(wall)


def run(command):
    """Runs it, its output to a file: grep stops early where it sees /dev/null. Returns CPU seconds, wall seconds,
    peak of resident bytes (at least those of this program, of which the other is a child)."""
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=C_LOCALE)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            output.seek(0)
            sys.stderr.write(output.read().decode(errors="replace"))
    if child.returncode != 0:
        sys.exit(f"compare: failed with {child.returncode}: {' '.join(map(str, command))}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024


def contest(rounds, contenders):
    """Runs the contenders in turn, so many rounds, after one that is not counted and warms the caches."""
    spent = {name: Spent() for name in contenders}
    for number in range(rounds + 1):
        for name, command in contenders.items():
            cpu, wall, _ = run(command)
            if number > 0:
                spent[name].add(cpu, wall)
    return spent


class Table:
    def __init__(self, *columns):
        self._rows = [columns]

    def row(self, *cells):
        self._rows.append(cells)

    def print(self):
        print()  # or Markdown takes it for text
        widths = [max(len(row[i]) for row in self._rows) for i in range(len(self._rows[0]))]
        for number, row in enumerate(self._rows):
            cells = [cell.ljust(width) if i == 0 else cell.rjust(width)
                     for i, (cell, width) in enumerate(zip(row, widths))]
            print("| " + " | ".join(cells) + " |")
            if number == 0:
                print("|" + "|".join("-" * (width + 2) if i == 0 else "-" * (width + 1) + ":"
                                     for i, width in enumerate(widths)) + "|")
        print(flush=True)


class Comparison:
    def __init__(self, options):
        self.rounds = options.rounds
        self.megabytes = options.megabytes
        self.build = options.build
        self.most = options.instances
        self.directory = options.dir
        self.vmtrail = self.program("app/vmtrail")

    def program(self, name):
        return instructions.program(self.build, name)

    def workload(self, form, **options):
        """Path of a workload with these options, made if it is not in the directory yet."""
        options = {name.replace("_", "-"): value for name, value in options.items()}
        words = [f"{name}={value}" for name, value in options.items() if value is not True]
        flags = [name for name, value in options.items() if value is True]
        path = self.directory / ("-".join([*words, *flags]) + "." + form)
        if not path.exists():
            partial = path.with_suffix(".partial")
            arguments = ["--" + word for word in [*words, *flags]]
            print(f"compare: making {path.name}", file=sys.stderr)
            subprocess.run([self.program("bench/generate_workload"), "--format", form, *arguments, partial], check=True)
            partial.rename(path)
        return path

    def day(self, form, share=1):
        """The workload of most comparisons: half a day of a cloud, so many megabytes of it."""
        events = round(self.megabytes * 1_000_000 * share / EVENT_BYTES)
        return self.workload(form, instances=events // EVENTS_EACH, events=events)

    def replay(self, path, *options):
        return [self.vmtrail, "replay", path, "--records", "/dev/null", *options]

    def replays(self, path, contenders, key):
        """One table: replay of `path` against each of the contenders, in CPU time."""
        ours = "vmtrail replay"
        spent = contest(self.rounds, {ours: self.replay(path), **contenders})
        size = path.stat().st_size
        at_least, aim = BOUNDS[key]
        table = Table("contender", "CPU s", "spread", "MB/s", "replay ÷ it", "at least", "aim")
        for number, (name, one) in enumerate(spent.items()):
            cpu = statistics.median(one.cpu)
            ratio = cpu / statistics.median(spent[ours].cpu)
            table.row(name, f"{cpu:.3f}", f"{min(one.cpu):.3f}–{max(one.cpu):.3f}", f"{size / cpu / 1e6:.0f}",
                      "" if name == ours else f"{ratio:.2f}",
                      f"{at_least}" if number == 1 else "", f"{aim}" if number == 1 else "")
        table.print()

    def json(self):
        path = self.day("jsonl")
        print(f"JSON lines, {path.stat().st_size / 1e6:.0f} MB, one core")
        bare = [self.program("bench/bare_extract"), path]
        # simdjson takes the widest registers there are; most machines have no AVX-512
        self.replays(path, {"bare simdjson extraction": bare,
                            "the same, told to use AVX2": ["env", "SIMDJSON_FORCE_IMPLEMENTATION=haswell", *bare]}, "json")

    def log(self):
        path = self.day("log")
        print(f"log lines, {path.stat().st_size / 1e6:.0f} MB, one core")
        self.replays(path, {
            "grep -c": ["grep", "-c", TARGET_TYPE.removeprefix("compute.instance."), path],
            "grep -cF": ["grep", "-cF", TARGET_TYPE.removeprefix("compute.instance."), path],
            "mawk, the map of that type": ["mawk", MAWK, path],
        }, "log")

    def jobs(self):
        at_least, aim = BOUNDS["jobs"]
        table = Table("form", "jobs", "wall s", "CPU s", "MB/s", "1 job ÷ it", "at least", "aim")
        for form in ("jsonl", "log", "oslo"):
            path = self.day(form, 0.25 if form == "oslo" else 1)  # four times as large
            size = path.stat().st_size
            spent = contest(self.rounds, {jobs: self.replay(path, "--jobs", jobs) for jobs in "12"})
            for jobs, one in spent.items():
                wall = statistics.median(one.wall)
                ratio = statistics.median(spent["1"].wall) / wall
                table.row(form, jobs, f"{wall:.3f}", f"{statistics.median(one.cpu):.3f}", f"{size / wall / 1e6:.0f}",
                          *((f"{ratio:.2f}", f"{at_least}", f"{aim}") if jobs == "2" else ("", "", "")))
        print("two cores, wall time")
        table.print()

    def startup(self):
        empty = self.directory / "empty.jsonl"
        empty.touch()
        spent = contest(3 * self.rounds, {"replay": self.replay(empty)})["replay"]
        at_least, aim = BOUNDS["startup"]
        print("replay of an empty file")
        table = Table("start", "wall ms", "CPU ms", "at most", "aim")
        table.row("replay", f"{statistics.median(spent.wall) * 1e3:.1f}", f"{statistics.median(spent.cpu) * 1e3:.1f}",
                  f"{at_least}", f"{aim}")
        table.print()


    def scale(self):
        """What an event costs and an instance takes, by the number of instances."""
        sizes = [10 ** power for power in range(3, 8) if 10 ** power <= self.most]
        told = subprocess.run([self.program("bench/instances_bench"), *map(str, sizes)], stdout=subprocess.PIPE,
                              text=True, check=True).stdout
        clouds = {row["instances"]: row for row in map(json.loads, told.splitlines())}
        print("instances, one process that holds all clouds and feeds them in turn; heap by mallinfo2")
        table = Table("instances", "CPU ns an event", "÷ at 10,000", "at most", "aim", "heap B each", "at most", "aim")
        for size, row in clouds.items():
            ratio = f"{row['ns_per_event'] / clouds[10_000]['ns_per_event']:.2f}" if 10_000 in clouds else ""
            bounds = [f"{bound}" if size == 1_000_000 else "" for bound in (*BOUNDS["cost"], *BOUNDS["heap"])]
            table.row(f"{size:,}", f"{row['ns_per_event']:.0f}", ratio, *bounds[:2],
                      f"{row['heap_bytes_per_instance']:.0f}", *bounds[2:])
        table.print()

    def peak(self):
        """A month in which as many instances boot, and little else happens; so that nearly all are folded."""
        instances = min(1_000_000, self.most)
        path = self.workload("jsonl", instances=instances, events=4 * instances, ramp=30 * 24 * 3600, rate=0,
                             no_updates=True, no_audits=True)
        cpu, _, peak = run(self.replay(path))
        at_most, aim = BOUNDS["peak"]
        print(f"replay of {path.stat().st_size / 1e6:.0f} MB of boots, default settings")
        table = Table("instances", "CPU s", "peak RSS MB", "B each", "at most", "aim")
        table.row(f"{instances:,}", f"{cpu:.2f}", f"{peak / 1e6:.1f}", f"{peak / instances:.0f}", f"{at_most}", f"{aim}")
        table.print()

    def instructions(self):
        print("instructions, counted by callgrind, the start of the program taken off")
        table = Table("form", "an event", "at most", "aim")
        for form, (at_most, aim) in BOUNDS["instructions"].items():
            table.row(form, f"{instructions.per_event(self.build, form, self.directory):.0f}", f"{at_most}", f"{aim}")
        table.print()

    def peers(self):
        print("against what else follows VMs by Nova's notifications: see bench/peers/README.md", flush=True)
        script = ROOT / "bench/peers/run.py"
        done = subprocess.run([script, self.vmtrail, "--rounds", str(self.rounds), "--folder", self.directory])
        if done.returncode != 0:
            print("compare: no figures from the peers", file=sys.stderr)
        print(flush=True)


COMPARISONS = ("json", "log", "jobs", "startup", "instructions", "scale", "peak", "peers")


def environment(options):
    """One line that says where the figures come from."""
    model = platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    vmtrail = instructions.program(options.build, "app/vmtrail")
    version = subprocess.run([vmtrail, "--version"], capture_output=True, text=True, check=True)
    cache = (options.build / "CMakeCache.txt").read_text()

    def cached(name):
        return next((line.partition("=")[2] for line in cache.splitlines() if line.startswith(name + ":")), "")

    compiler = subprocess.run([cached("CMAKE_CXX_COMPILER"), "--version"], capture_output=True, text=True, check=True)
    return (f"{model}, {os.cpu_count()} cores, Linux {platform.release()}; {version.stdout.strip()}, "
            f"{cached('CMAKE_BUILD_TYPE')}, {compiler.stdout.splitlines()[0]}; medians of {options.rounds} rounds")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("comparison", nargs="+", choices=(*COMPARISONS, "all"))
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="build directory")
    parser.add_argument("--dir", type=pathlib.Path, help="keep the workloads here (a directory of its own otherwise)")
    parser.add_argument("--rounds", type=int, default=7, help="of which the median counts (7)")
    parser.add_argument("--megabytes", type=int, default=500, help="of the workloads (500)")
    parser.add_argument("--instances", type=int, default=10_000_000, help="in the largest cloud; takes 1 kB each")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="vmtrail-bench-") as temporary:
        options.dir = options.dir or pathlib.Path(temporary)
        options.dir.mkdir(parents=True, exist_ok=True)
        comparison = Comparison(options)
        print(environment(options) + "\n")
        for name in COMPARISONS if "all" in options.comparison else options.comparison:
            getattr(comparison, name)()


if __name__ == "__main__":
    main()
