#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Minutes of full speed into one daemon with a state, a sink and someone who asks: nothing of it may grow.

    scripts/build.sh release && bench/soak.py

A cloud that keeps its instances (they move, resize, stop, start, are shelved) sends, over HTTP and as fast as it is taken;
simulated time passes many thousand times as fast as the clock, so that history, records and ids of messages expire all
the time. Once a second the figures of the daemon are noted. Prints those of the first and the last tenth, after a
warm-up of two fifths (by then it has what it keeps for its peaks), and how fast each grew; exits with 1 if memory,
descriptors or threads did.
"""

import argparse
import http.client
import json
import os
import pathlib
import queue
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import compare

CHUNK = 1 << 20  # bytes of a request, about
SENDERS = 4
MOST_GROWTH = 0.03  # of resident memory, from the first tenth to the last
CONFIGURATION = """\
state: state
sources: ["http://127.0.0.1:0?wait=600"]
sinks: ["file://{directory}/records.jsonl?rotate=10MB"]
listen: ["http://127.0.0.1:0"]
retention: {{records: 20s, history: 20s, quarantine: 20s}}
log: {{level: warning}}
"""
FIGURES = {
    "RSS MB": lambda one: one["rss"] / 1e6,
    "descriptors": lambda one: one["descriptors"],
    "threads": lambda one: one["threads"],
    "database MB": lambda one: one["database"] / 1e6,
    "intake deliveries": lambda one: one["vmtrail_intake_deliveries"],
    "records behind at the sink": lambda one: one["vmtrail_sink_behind"],
    "instances": lambda one: one["vmtrail_instances"],
    "events/s": lambda one: one["rate"],
}


METRICS = ("vmtrail_intake_deliveries", "vmtrail_sink_behind", "vmtrail_instances", "vmtrail_events_total")


def value(metrics, name):
    """Of all rows of that name together; None: there is none."""
    rows = re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", metrics, re.MULTILINE)
    return sum(map(float, rows)) if rows else None


class Stream:
    """Lines of the made-up cloud, in chunks for whoever posts next."""

    def __init__(self, build, instances, hand_over):
        self.chunks = queue.Queue(maxsize=2 * SENDERS)
        self.process = subprocess.Popen(
            [build / "bench/generate_workload", "--format=jsonl", "--no-deletions", f"--instances={instances}",
             f"--events={10**12}", "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.ends = False
        self.reader = threading.Thread(target=self.read)
        self.senders = [threading.Thread(target=self.send, args=(hand_over,)) for _ in range(SENDERS)]
        for thread in (self.reader, *self.senders):
            thread.start()

    def read(self):
        rest = b""
        while not self.ends:
            bytes_read = self.process.stdout.read(CHUNK)
            if not bytes_read:
                break
            whole, _, rest_now = bytes_read.rpartition(b"\n")
            self.chunks.put(rest + whole)
            rest = rest_now
        for _ in self.senders:
            self.chunks.put(None)

    def send(self, hand_over):
        url = urllib.parse.urlsplit(hand_over)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=600)
        while (chunk := self.chunks.get()) is not None:
            connection.request("POST", "/v1/events", chunk, {"Content-Type": "application/x-ndjson"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                print(f"soak: answered {answer.status}", file=sys.stderr)
        connection.close()

    def end(self):
        self.ends = True
        self.process.kill()
        for thread in (self.reader, *self.senders):
            thread.join()
        self.process.wait()


class Daemon:
    def __init__(self, build, directory):
        (directory / "soak.yaml").write_text(CONFIGURATION.format(directory=directory))
        self.process = subprocess.Popen([build / "app/vmtrail", "serve", "--config", directory / "soak.yaml"],
                                        stderr=subprocess.PIPE, text=True)
        addresses = []
        for line in self.process.stderr:
            if line.startswith("listening "):
                addresses.append(line.split()[1])
            if line.strip() == "ready":
                break
        self.source, self.asked = addresses
        self.said = []
        threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True).start()
        self.state = directory / "state"
        url = urllib.parse.urlsplit(self.asked)
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)

    def get(self, path):
        self.connection.request("GET", path)
        return self.connection.getresponse().read().decode()

    def figures(self):
        proc = pathlib.Path(f"/proc/{self.process.pid}")
        status = (proc / "status").read_text()
        metrics = self.get("/metrics")
        found = {name: value(metrics, name) for name in METRICS}
        if None in found.values():  # the keeper was busy for a second
            return None
        found["rss"] = 1024 * int(re.search(r"VmRSS:\s+(\d+)", status).group(1))
        found["threads"] = int(re.search(r"Threads:\s+(\d+)", status).group(1))
        found["descriptors"] = len(os.listdir(proc / "fd"))
        found["database"] = sum(file.stat().st_size for file in self.state.iterdir())
        found["at"] = time.monotonic()
        return found

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)


def slope(samples, value):
    """How much it grows in a minute: a straight line through all samples."""
    times = [one["at"] for one in samples]
    return statistics.linear_regression(times, [value(one) for one in samples]).slope * 60


def watch(daemon, seconds):
    """A sample each second; and how often there was none."""
    samples = []
    missed = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(1)
        daemon.get("/v1/hosts")
        figures = daemon.figures()
        if figures is None:
            missed += 1
            continue
        samples.append(figures)
        before = samples[-2] if len(samples) > 1 else figures
        passed = figures["at"] - before["at"]
        figures["rate"] = (figures[METRICS[-1]] - before[METRICS[-1]]) / passed if passed else 0
    return samples, missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=compare.ROOT / "build/release", help="build directory")
    parser.add_argument("--minutes", type=float, default=10, help="how long (10)")
    parser.add_argument("--instances", type=int, default=5_000, help="of the cloud (5,000)")
    parser.add_argument("--samples", type=pathlib.Path, help="write every sample here, a line of JSON each")
    options = parser.parse_args()
    machine, _, _ = compare.environment(argparse.Namespace(build=options.build, rounds=1)).rpartition(";")
    print(machine + "\n")
    with tempfile.TemporaryDirectory(prefix="vmtrail-soak-") as temporary:
        daemon = Daemon(options.build, pathlib.Path(temporary))
        stream = Stream(options.build, options.instances, daemon.source)
        try:
            samples, missed = watch(daemon, options.minutes * 60)
        finally:
            stream.end()
            code = daemon.end()
    if options.samples:
        options.samples.write_text("".join(json.dumps(one) + "\n" for one in samples))
    warm = samples[2 * len(samples) // 5:]
    tenth = max(1, len(warm) // 10)
    table = compare.Table("figure", "first tenth", "last tenth", "growth a minute")
    ends = {}
    for name, value in FIGURES.items():
        first, last = (statistics.mean(value(one) for one in part) for part in (warm[:tenth], warm[-tenth:]))
        ends[name] = first, last
        table.row(name, f"{first:,.1f}", f"{last:,.1f}", f"{slope(warm, value):+,.2f}")
    table.print()
    events = samples[-1][METRICS[-1]]
    print(f"{events:,.0f} events in {options.minutes:g} minutes, {len(samples)} samples and {missed} seconds without one; the "
          f"daemon ended with {code}")
    failures = [line.rstrip() for line in daemon.said]
    if code != 0:
        failures.append(f"the daemon ended with {code}")
    if ends["RSS MB"][1] > ends["RSS MB"][0] * (1 + MOST_GROWTH):
        failures.append("memory grows")
    for name in ("descriptors", "threads"):
        if ends[name][1] > ends[name][0] + 1:
            failures.append(f"{name} grow")
    for failure in failures:
        print(f"soak: {failure}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
