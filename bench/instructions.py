#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions that replay takes for an event, and fails if there are 5 % more than recorded.

    scripts/build.sh && bench/instructions.py            # measures and compares, as the test does
    scripts/build.sh && bench/instructions.py --renew    # records what is measured, for the next comparison

callgrind counts instructions of the processor that it plays, so that neither load nor the machine changes the
result. Two workloads are replayed, the smaller one the beginning of the larger; the difference is divided by
the events it has, so that neither the start of the program counts nor what it learns of the events' forms. The bound is in bench/instructions.json,
with the compiler and the build type that it holds for.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
RECORDED = HERE / "instructions.json"
TOLERANCE = 1.05
EVENTS = (10_000, 30_000)
INSTANCES = 500

# Whatever the machine has, and valgrind tells the program that it has.
ENVIRONMENT = dict(os.environ, SIMDJSON_FORCE_IMPLEMENTATION="haswell", LC_ALL="C")


def program(build, name):
    """The path of one, or the end of the script that asks for it."""
    path = build / name
    if not path.exists():
        sys.exit(f"{pathlib.Path(sys.argv[0]).stem}: no {path}; scripts/build.sh {build.name} builds it, or say --build DIR")
    return path


def output_of(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENVIRONMENT)
    if done.returncode != 0:
        sys.exit(f"instructions: failed with {done.returncode}: {' '.join(map(str, command))}\n{done.stderr}")
    return done.stderr


def count(build, workload):
    """Instructions of a replay of the workload, from callgrind's last words."""
    told = output_of(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program(build, "app/vmtrail"), "replay",
                      "--records", "/dev/null", "--jobs", "1", workload])
    return int(re.search(r"Collected : (\d+)", told).group(1))


def per_event(build, form, directory):
    counted = []
    for events in EVENTS:
        workload = directory / f"{events}.{form}"
        output_of([program(build, "bench/generate_workload"), "--format", form, "--events", str(events), "--instances",
                   str(INSTANCES), workload])
        with open(workload, "rb") as lines:
            counted.append((sum(1 for _ in lines), count(build, workload)))
    (fewer, less), (more, most) = counted
    return (most - less) / (more - fewer)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build/dev", help="build directory")
    parser.add_argument("--renew", action="store_true", help="record what is measured")
    options = parser.parse_args()

    recorded = json.loads(RECORDED.read_text())
    bounds = recorded["instructions_per_event"]
    measured = {}
    with tempfile.TemporaryDirectory(prefix="vmtrail-instructions-") as directory:
        for form in bounds:
            measured[form] = round(per_event(options.build, form, pathlib.Path(directory)))
            print(f"{form}: {measured[form]} instructions per event, recorded {bounds[form]} "
                  f"({measured[form] / bounds[form] - 1:+.1%})", flush=True)

    if options.renew:
        RECORDED.write_text(json.dumps({**recorded, "instructions_per_event": measured}, indent=2) + "\n")
        return
    worse = [form for form in bounds if measured[form] > TOLERANCE * bounds[form]]
    if worse:
        sys.exit(f"instructions: more than 5 % above what is recorded: {', '.join(worse)}. Find out what costs so much "
                 "(callgrind_annotate tells); if it is worth it, bench/instructions.py --renew records it, and the "
                 "commit says why.")
    for form in bounds:
        if measured[form] < bounds[form] / TOLERANCE:
            print(f"{form}: better than recorded; bench/instructions.py --renew keeps it so")


if __name__ == "__main__":
    main()
