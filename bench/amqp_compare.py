#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ingest over AMQP: vmtrail against a bare rabbitmq-c loop that takes the same messages, in one interleaved run.

    scripts/build.sh release && bench/amqp_compare.py

A RabbitMQ of its own (tests/broker.py) shares the cores of this machine. Before each turn the durable queue is filled;
what is timed is its emptying, with the same prefetch (1000) and acknowledgements of many at once. A figure is the
median of the rounds, a ratio that of two medians.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import compare
import instructions
import zmq_compare

sys.path.insert(0, str(compare.ROOT / "tests"))
import broker  # noqa: E402

# Form of the workload, store: at least and aim, of bare; with the store, of vmtrail without it.
CASES = {
    "Ceilometer's event, 1.5 kB": ("jsonl", False, 0.90, 0.98),
    "Nova's notification in oslo's envelope": ("oslo", False, 0.90, 0.98),
    "Ceilometer's event, store": ("jsonl", True, 0.25, 0.25),
}


def once(program, events_file, url, receiver):
    """Seconds and CPU seconds of one receiver, which finds the queue full."""
    subprocess.run([program, "feed", events_file, url], check=True)
    taken = subprocess.run([program, *map(str, receiver), url], check=True, stdout=subprocess.PIPE, text=True)
    told = [line for line in taken.stdout.splitlines() if not line.startswith("[")]  # the others are the log
    wall, cpu = map(float, told[-1].split())
    return wall, cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=compare.ROOT / "build/release", help="build directory")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median counts (5)")
    parser.add_argument("--events", type=int, default=100_000, help="put into the queue for each receiver (100,000)")
    parser.add_argument("--case", choices=CASES, help="only this one")
    options = parser.parse_args()
    print(compare.environment(options) + "\n")
    program = instructions.program(options.build, "bench/amqp_ingest")
    table = compare.Table("messages", "receiver", "events/s", "CPU µs each", "ratio", "at least", "aim")
    with tempfile.TemporaryDirectory(prefix="vmtrail-bench-") as temporary:
        directory = pathlib.Path(temporary)
        server = directory / "broker"
        broker.start(server)
        try:
            port = json.loads((server / "ports.json").read_text())["amqp"]
            url = (f"amqp://vmtrail@127.0.0.1:{port}/?password_file={server}/password&queue=bench&bind=amq.topic:bench"
                   "&prefetch=1000")
            for title, (form, store, at_least, aim) in CASES.items():
                if options.case not in (None, title):
                    continue
                events_file = directory / form
                if not events_file.exists():
                    instances = max(1, options.events // compare.EVENTS_EACH)
                    subprocess.run([options.build / "bench/generate_workload", f"--format={form}",
                                    f"--events={options.events}", f"--instances={instances}", events_file], check=True)
                    if form == "jsonl":
                        zmq_compare.padded(events_file, directory / "padded")
                        (directory / "padded").rename(events_file)
                with open(events_file, "rb") as lines:
                    count = sum(1 for _ in lines)
                contenders = {"bare": lambda number: ["bare", count],
                              "vmtrail": lambda number: ["vmtrail", count, "-"]}
                if store:
                    contenders = {"vmtrail": contenders["vmtrail"],
                                  "with a store": lambda number: ["vmtrail", count, directory / f"state{number}"]}
                spent = {name: compare.Spent() for name in contenders}
                for number in range(options.rounds):
                    for name, receiver in contenders.items():
                        wall, cpu = once(program, events_file, url, receiver(number))
                        spent[name].add(cpu, wall)
                base = statistics.median(next(iter(spent.values())).wall)
                for number, (name, one) in enumerate(spent.items()):
                    wall = statistics.median(one.wall)
                    table.row(title, name, f"{count / wall:,.0f}", f"{statistics.median(one.cpu) / count * 1e6:.2f}",
                              *(("", "", "") if number == 0 else (f"{base / wall:.2f}", f"{at_least}", f"{aim}")))
        finally:
            broker.stop(server)
    table.print()


if __name__ == "__main__":
    main()
