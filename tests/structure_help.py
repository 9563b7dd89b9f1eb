#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: structure_help.py VMTRAIL

Checks that the help of the program and of each command that it lists goes to standard output and fits a
screen of 24 lines by 80 columns.
"""

import re
import subprocess
import sys

LINES, COLUMNS = 24, 80


def complaints(name, text):
    """What is wrong with one help text."""
    lines = text.rstrip("\n").split("\n")
    if not text.strip():
        yield f"{name}: nothing on standard output"
    if len(lines) > LINES:
        yield f"{name}: {len(lines)} lines, {LINES} fit"
    for line in lines:
        if len(line) > COLUMNS:
            yield f"{name}: {len(line)} columns, {COLUMNS} fit: {line.strip()}"


def help_of(program, command, found):
    """The text of one help; what is wrong with it is added to `found`."""
    run = subprocess.run([program, *command, "--help"], stdin=subprocess.DEVNULL, capture_output=True,
                         text=True, timeout=20, check=False)
    name = " ".join(["vmtrail", *command, "--help"])
    if run.returncode != 0:
        found.append(f"{name}: exit {run.returncode}: {run.stderr.strip()}")
    elif run.stderr:
        found.append(f"{name}: on standard error: {run.stderr.strip()}")
    found.extend(complaints(name, run.stdout))
    return run.stdout


def commands_in(text):
    """The words that a help text lists under a heading with `commands` in it."""
    listed = re.search(r"^\w*commands:[^\n]*\n((?:[ ]+[^\n]*\n)+)", text, re.IGNORECASE | re.MULTILINE)
    # A description that wraps goes on further right than the names stand.
    return re.findall(r"^  ?([a-z][a-z-]*)\b", listed.group(1), re.MULTILINE) if listed else []


def check(program):
    found = []
    todo = [[name] for name in commands_in(help_of(program, [], found))]
    if not todo:
        found.append("vmtrail --help: no commands in it")
    while todo:
        command = todo.pop()
        inner = commands_in(help_of(program, command, found))
        if len(command) < 3:
            todo.extend([*command, name] for name in inner)
    return sorted(found)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    problems = check(sys.argv[1])
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
