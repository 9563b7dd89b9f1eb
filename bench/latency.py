#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long `where` takes over ZeroMQ and HTTP, against bare echoes of the same libraries in one interleaved run.

    scripts/build.sh release && bench/latency.py

A daemon with 10 thousand and with 1 million instances is asked idle and while events come as fast as it takes them. Each round
asks the echo and the daemon in turn; p50 and p99 are the medians of the rounds', ratios those to the idle echo.
Client, daemon and echo share the cores of this machine. While they are asked idle, no core may sleep: in a virtual machine
its waking takes longer than all else of a round trip, and how often it happens would be the scheduler's luck. While events
come, who sends them gives way, and who asks is let in soon, as far as the kernel does that (Linux 6.12): they stand for
other machines, and a wait for a core of this one is not the daemon's.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid

import compare
import instructions

WAYS = ("zmq", "http")
# Of p50 and p99, at most and aim: (idle, during ingest).
BOUNDS = {"zmq": ((1.3, 1.05), (3, 1.5)), "http": ((1.5, 1.1), (8, 4))}
FRAME = 64  # events of a message
BOOTED = ('{{"message_id":"b0075000-0000-4000-8000-{0:012}","event_type":"compute.instance.create.end",'
          '"generated":"2026-01-01T00:00:00.{1:06}","traits":[["instance_id",1,"{2}"],["display_name",1,"vm-{0}"],'
          '["host",1,"node-{3}"],["service",1,"compute"],["state",1,"active"]],"raw":{{}}}}\n')


class Process:
    """One that tells its addresses on standard output or, the daemon, as `listening URL`."""

    def __init__(self, command, addresses, marker=None):
        self.process = subprocess.Popen([*map(str, command)], text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT if marker else None)
        self.addresses = []
        for line in self.process.stdout:
            if marker is None:
                self.addresses.append(line.strip())
            elif line.startswith(marker):
                self.addresses.append(line.split()[1])
            if len(self.addresses) == addresses and (marker is None or line.startswith("ready")):
                break
        else:
            sys.exit(f"latency: {command[0]} did not start")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Awake:
    """Each core has something to do, which gives way to anything else."""

    def __enter__(self):
        self.spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                         for _ in os.sched_getaffinity(0)]
        for one, core in zip(self.spinning, os.sched_getaffinity(0)):
            os.sched_setaffinity(one.pid, {core})
            os.sched_setscheduler(one.pid, os.SCHED_IDLE, os.sched_param(0))

    def __exit__(self, *_):
        for one in self.spinning:
            one.kill()
            one.wait()


class Ingest:
    """Sends the events as fast as they are taken. They must not be used up before it is over: a second copy of one is
    cheap."""

    def __init__(self, program, events, address, web):
        command = ["nice", program, "send", events, address, FRAME]
        self.sender = subprocess.Popen([*map(str, command)])
        self.web = web
        self.begun = self.count()
        while self.count() == self.begun:  # the sender reads its file first
            time.sleep(0.01)
        self.begun, self.since = self.count(), time.monotonic()

    def count(self):
        with urllib.request.urlopen(self.web + "/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("vmtrail_events_total{"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        taken, seconds = self.count() - self.begun, time.monotonic() - self.since
        if self.sender.poll() is not None:
            print("latency: all events were sent before the last question; more of them (--events N) would be right",
                  file=sys.stderr)
        self.sender.kill()
        self.sender.wait()
        print(f"meanwhile {taken / seconds:,.0f} events a second were taken", file=sys.stderr)


class Bench:
    def __init__(self, options):
        self.options = options
        self.vmtrail = instructions.program(options.build, "app/vmtrail")
        self.latency = instructions.program(options.build, "bench/latency")
        self.missed = []

    def generate(self, path, instances, events, seed):
        subprocess.run([self.options.build / "bench/generate_workload", "--format=jsonl", f"--instances={instances}",
                        f"--events={events}", f"--seed={seed}", path], check=True)

    def ask(self, way, address, what):
        """(p50, p99) in microseconds, and the size of an answer."""
        command = [self.latency, "ask", way, address, str(self.options.questions), what]
        size, *took = map(int, subprocess.run([*map(str, command)], check=True, capture_output=True, text=True).stdout.split())
        took.sort()
        return (took[len(took) // 2] / 1e3, took[len(took) * 99 // 100] / 1e3), size

    def run(self, table, directory, instances):
        stored, coming = directory / f"stored-{instances}", directory / f"coming-{instances}"
        chance = random.Random(1)
        ids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(instances)]
        with open(stored, "w") as file:
            file.writelines(BOOTED.format(number, number % 1_000_000, one, number % max(1, instances // 20))
                            for number, one in enumerate(ids))
        self.generate(coming, 10_000, self.options.events, 2)  # another cloud's
        state = directory / f"state-{instances}"
        subprocess.run([self.vmtrail, "replay", stored, "--state", state], check=True, capture_output=True)
        stored.unlink()
        with Process([self.vmtrail, "serve", "--state", state, "--source", "zmq+pull://127.0.0.1:0", "--listen",
                      "zmq+router://127.0.0.1:0", "--listen", "http://127.0.0.1:0"], 3, "listening ") as daemon:
            source, router, web = daemon.addresses
            asked = {"zmq": router, "http": web}
            one = chance.choice(ids)
            what = {"zmq": json.dumps({"op": "where", "instance": one}), "http": f"/v1/instances/{one}"}
            size = {way: self.ask(way, asked[way], what[way])[1] for way in WAYS}
            self.measure(table, instances, source, coming, asked, what, size)

    def measure(self, table, instances, source, coming, asked, what, size):
        with Process([self.latency, "echo", "zmq", size["zmq"]], 1) as zmq, \
                Process([self.latency, "echo", "http", size["http"]], 1) as web:
            echo = {"zmq": zmq.addresses[0], "http": web.addresses[0]}
            spent = {}

            def rounds(when, contenders):
                for _ in range(self.options.rounds):
                    for way in WAYS:
                        for name, addresses in contenders.items():
                            took, _ = self.ask(way, addresses[way], what[way])
                            spent.setdefault((when, way, name), []).append(took)

            with Awake():
                rounds("idle", {"echo": echo, "vmtrail": asked})
            with Ingest(self.options.build / "bench/zmq_ingest", coming, source, asked["http"]):
                rounds("ingest", {"vmtrail": asked})
        for number, when in enumerate(("idle", "ingest")):
            for way in WAYS:
                base = [statistics.median(column) for column in zip(*spent["idle", way, "echo"])]
                if number == 0:
                    table.row(f"{instances:,}", way, "echo", *(f"{value:.0f}" for value in base), "", "", "", "", "")
                ours = [statistics.median(column) for column in zip(*spent[when, way, "vmtrail"])]
                at_most, aim = BOUNDS[way][number]
                ratios = [value / bare for value, bare in zip(ours, base)]
                kept = all(ratio <= at_most for ratio in ratios)
                if not kept:
                    self.missed.append(f"{way} {when} at {instances:,} instances")
                table.row(f"{instances:,}", way, f"vmtrail, {when}", *(f"{value:.0f}" for value in ours),
                          *(f"{ratio:.2f}" for ratio in ratios), f"{at_most}", f"{aim}", "pass" if kept else "fail")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=compare.ROOT / "build/release", help="build directory")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median counts (5)")
    parser.add_argument("--questions", type=int, default=2000, help="of each round (2000)")
    parser.add_argument("--events", type=int, default=1_000_000, help="of the ingest (1,000,000)")
    parser.add_argument("--instances", type=int, nargs="*", default=[10_000, 1_000_000], help="(10000 1000000)")
    parser.add_argument("--dir", type=pathlib.Path, help="keep the workloads and states here")
    options = parser.parse_args()
    print(compare.environment(options) + "\n")
    table = compare.Table("instances", "way", "who", "p50 µs", "p99 µs", "ratio p50", "ratio p99", "at most", "aim", "")
    bench = Bench(options)
    with tempfile.TemporaryDirectory(prefix="vmtrail-bench-", dir=options.dir) as temporary:
        for instances in options.instances:
            bench.run(table, pathlib.Path(temporary), instances)
    table.print()
    for missed in bench.missed:
        print(f"beyond the bound: {missed}")


if __name__ == "__main__":
    main()
