#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ingest over ZeroMQ: vmtrail against a bare cppzmq loop that takes the same messages, in one interleaved run.

    scripts/build.sh release && bench/zmq_compare.py

Each round sends the same events of 1.5 kB from another process to each receiver in turn; a figure is the median
of the rounds, a ratio that of two medians. All ends share the cores of this machine.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile

import compare
import instructions

# Events a frame, CURVE, store: at least and aim, of bare; with the store, of vmtrail without it.
CASES = {
    "one event a frame": (1, False, False, 0.80, 0.98),
    "64 events a frame": (64, False, False, 0.60, 0.95),
    "one a frame, CURVE": (1, True, False, 0.80, 0.95),
    "64 a frame, store": (64, False, True, 0.25, 0.25),
}
EVENT_BYTES = 1500


def padded(source, target):
    """Writes the events with one more trait, so that each has the size of an event with a site's own traits."""
    with open(source) as lines, open(target, "w") as out:
        count = 0
        for line in lines:
            line = line.rstrip("\n")
            filler = "x" * max(0, EVENT_BYTES - len(line) - len('["metering", 1, ""], '))
            out.write(line.replace('"traits": [', f'"traits": [["metering", 1, "{filler}"], ', 1) + "\n")
            count += 1
    return count


def once(program, events_file, receiver, frame, sender_keys):
    """Seconds and CPU seconds of one receiver."""
    taking = subprocess.Popen([program, *map(str, receiver)], stdout=subprocess.PIPE, text=True)
    address = taking.stdout.readline().strip()
    subprocess.run([program, "send", events_file, address, str(frame), *sender_keys], check=True)
    wall, cpu = map(float, taking.stdout.readline().split())
    if taking.wait() != 0:
        sys.exit("zmq_compare: a receiver failed")
    return wall, cpu


def keys(vmtrail, directory):
    """Two directories of keys that know each other."""
    for name in ("server", "client"):
        subprocess.run([vmtrail, "keygen", directory / name], check=True, stdout=subprocess.DEVNULL)
    (directory / "server/clients/client.key").write_bytes((directory / "client/public.key").read_bytes())
    (directory / "client/server.key").write_bytes((directory / "server/public.key").read_bytes())
    return [directory / "server"], [directory / "client"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=compare.ROOT / "build/release", help="build directory")
    parser.add_argument("--rounds", type=int, default=7, help="of which the median counts (7)")
    parser.add_argument("--events", type=int, default=300_000, help="sent to each receiver (300,000)")
    parser.add_argument("--case", choices=CASES, help="only this one")
    options = parser.parse_args()
    print(compare.environment(options) + "\n")
    program = instructions.program(options.build, "bench/zmq_ingest")
    table = compare.Table("messages", "receiver", "events/s", "CPU µs each", "ratio", "at least", "aim")
    with tempfile.TemporaryDirectory(prefix="vmtrail-bench-") as temporary:
        directory = pathlib.Path(temporary)
        subprocess.run([options.build / "bench/generate_workload", "--format=jsonl", f"--events={options.events}",
                        f"--instances={max(1, options.events // compare.EVENTS_EACH)}", directory / "events"], check=True)
        events_file = directory / "padded"
        count = padded(directory / "events", events_file)
        server, client = keys(options.build / "app/vmtrail", directory)
        for title, (frame, curve, store, at_least, aim) in CASES.items():
            if options.case not in (None, title):
                continue
            ours, theirs = (server, client) if curve else ([], [])
            contenders = {"bare": lambda number: ["bare", count, frame, *ours],
                          "vmtrail": lambda number: ["vmtrail", count, "-", *ours]}
            if store:
                contenders = {"vmtrail": contenders["vmtrail"],
                              "with a store": lambda number: ["vmtrail", count, directory / f"state{number}", *ours]}
            spent = {name: compare.Spent() for name in contenders}
            for number in range(options.rounds):
                for name, receiver in contenders.items():
                    wall, cpu = once(program, events_file, receiver(number), frame, theirs)
                    spent[name].add(cpu, wall)
            base = statistics.median(next(iter(spent.values())).wall)
            for number, (name, one) in enumerate(spent.items()):
                wall = statistics.median(one.wall)
                table.row(title, name, f"{count / wall:,.0f}", f"{statistics.median(one.cpu) / count * 1e6:.2f}",
                          *(("", "", "") if number == 0 else (f"{base / wall:.2f}", f"{at_least}", f"{aim}")))
    table.print()


if __name__ == "__main__":
    main()
