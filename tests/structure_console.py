#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: structure_console.py VMTRAIL TREE PAGE...

Runs the commands that the pages show in their ```console blocks, each line that begins with "$ ", one after the
other in an empty folder with the tree's examples and fixtures in it, and checks that they print what the page says
below them; there "…" stands for whatever else is on the line. A ```yaml block whose first line is "# FILE" is a file in
that folder; any other must be the text of a file of the examples.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(console|yaml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def commands(block):
    """Each command of a console block with what is to follow it."""
    command, expected = None, ""
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            if command is not None:
                yield command, expected
            command, expected = line[2:].rstrip("\n"), ""
        else:
            expected += line
    if command is not None:
        yield command, expected


def agree(expected, actual):
    pattern = "[^\n]*".join(re.escape(part) for part in expected.split("…"))
    return re.fullmatch(pattern, actual) is not None


def check(program, tree, page):
    """What is wrong with one page, and how many commands it has."""
    found, count = [], 0
    examples = {file.read_text(encoding="utf-8") for file in (tree / "examples").rglob("*.yaml")}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("examples", "fixtures"):
            os.symlink(tree / name, pathlib.Path(folder) / name)
        path = f"{program.parent}:{os.environ['PATH']}"
        for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if kind == "yaml":
                named = re.match(r"# (\w+\.yaml)\n", text)
                if named:
                    (pathlib.Path(folder) / named.group(1)).write_text(text, encoding="utf-8")
                elif text not in examples:
                    found.append(f"{page.name}: no file of the examples has this text:\n{text}")
                continue
            for command, expected in commands(text):
                count += 1
                run = subprocess.run(command, shell=True, cwd=folder, env={**os.environ, "PATH": path},
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                     text=True, timeout=60, check=False)
                if not agree(expected, run.stdout):
                    found.append(f"{page.name}: $ {command}\n--- the page\n{expected}--- the program\n{run.stdout}")
    return found, count


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    program = pathlib.Path(sys.argv[1]).resolve()
    status = 0
    for argument in sys.argv[3:]:
        problems, checked = check(program, pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(argument))
        print("\n".join(problems) if problems else f"{argument}: {checked} commands")
        status = status or int(bool(problems) or checked == 0)
    sys.exit(status)
