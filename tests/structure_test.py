#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: structure_test.py TREE | --self-test

Checks what the compiler does not: the directions of includes, that the core has no clock, file or thread,
that sources are listed and begin with their licence, that links in the documentation lead somewhere.
--self-test gives the checks snippets that they must reject, and some that they must not.
"""

import os
import posixpath
import re
import subprocess
import sys

CORE = ("event", "rules", "model", "dispatcher", "query")
CODE = (*CORE, "io", "app")
OTHER_CODE = ("include", "tests", "bench", "fuzz", "examples")

# The libraries of each folder of the core; a public header may include tl::expected alone.
LIBRARIES = {
    "include": {"tl/expected.hpp"},
    "event": {"tl/expected.hpp", "simdjson.h", "date/date.h", "emmintrin.h", "immintrin.h"},
    "rules": {"tl/expected.hpp", "simdjson.h", "yaml-cpp/yaml.h", "yaml-cpp/eventhandler.h", "yaml-cpp/depthguard.h"},
    "model": {"emmintrin.h", "tl/expected.hpp", "boost/container/small_vector.hpp", "sanitizer/asan_interface.h",
              "boost/iterator/indirect_iterator.hpp"},
    "dispatcher": {"tl/expected.hpp"},
    "query": {"tl/expected.hpp", "nlohmann/json.hpp"},
}
STANDARD = re.compile(r"[a-z_0-9]+")  # <vector>; whatever has a dot or a slash is a library's or the system's
NOT_IN_CORE = {"fstream", "iostream", "filesystem", "thread", "stop_token", "mutex", "shared_mutex",
               "condition_variable", "future", "semaphore", "latch", "barrier"}
CLOCK = re.compile(r"\w*[Cc]lock\s*::\s*now|\bclock_gettime\b|\bgettimeofday\b|\bstd::time\s*\(")
TYPE = re.compile(r"^(?:class|struct|enum class) (\w+)(?: final)?(?: :[^;{]*)? \{", re.MULTILINE)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)

SPDX = "SPDX-License-Identifier: Apache-2.0"
SOURCE_SUFFIXES = (".cc", ".h", ".cmake", ".in", ".py", ".sh", "CMakeLists.txt")
MACHINE_PATH = re.compile(r"(?<![\w.~}])/(?:home|work|root|Users|tmp/build)[/-]\w")
LARGEST = 5_000_000


def folder_of(path):
    return path.split("/", 1)[0] if "/" in path else ""


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def check_includes(path, text):
    """Nothing points back: event, rules, model, dispatcher and io know the public headers and themselves."""
    folder = folder_of(path)
    if folder not in (*CODE, "include") or folder == "app" or not path.endswith((".cc", ".h")):
        return
    for bracket, name in INCLUDE.findall(text):
        if bracket == '"':
            if not name.startswith("vmtrail/") and (folder == "include" or not name.startswith(folder + "/")):
                yield f'{path}: {folder}/ may not include "{name}"'
        elif folder == "io":
            continue
        elif name in NOT_IN_CORE or (not STANDARD.fullmatch(name) and name not in LIBRARIES[folder]):
            yield f"{path}: {folder}/ may not include <{name}>"


def check_own_header(path, text):
    """A .cc with a header of its name begins with that, which so is known to stand alone."""
    first = INCLUDE.search(text)
    stem = path.removesuffix(".cc") + ".h"
    if stem in (name for _, name in INCLUDE.findall(text)) and first.group(2) != stem:
        yield f'{path}: "{stem}" is not its first include'


def check_clock(path, text):
    if folder_of(path) in (*CORE, "include") and path.endswith((".cc", ".h")):
        for found in CLOCK.findall(without_comments(text)):
            yield f"{path}: the core reads no clock: {found}"


def check_licence(path, text):
    if folder_of(path) == "fixtures" or not path.endswith(SOURCE_SUFFIXES):
        return
    lines = text.split("\n", 2)
    first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
    if first not in (f"// {SPDX}", f"# {SPDX}"):
        yield f"{path}: does not begin with {SPDX}"


def check_machine_paths(path, text):
    for found in MACHINE_PATH.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield f"{path}:{line}: a path of one machine: {found.group()}"


def anchors(markdown):
    """The anchors of a page's headings, as GitHub makes them."""
    for heading in re.findall(r"^#+[ \t]+(.*?)[ \t]*$", markdown, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def check_links(path, text, tree):
    if not path.endswith(".md"):
        return
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\(<?([^)<>\s]+)>?(?:\s+\"[^\"]*\")?\)", prose)
    targets += re.findall(r"^\[[^\]]+\]:\s*<?([^<>\s]+)", prose, re.MULTILINE)
    for target in targets:
        if re.match(r"[a-z][a-z+.-]*:", target):
            continue
        file, _, anchor = target.partition("#")
        linked = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
        known = linked in tree or any(other.startswith(linked + "/") for other in tree)
        if not known:
            yield f"{path}: link to {target}, which is not there"
        elif anchor and linked.endswith(".md") and anchor not in set(anchors(tree[linked] or "")):
            yield f"{path}: link to {target}, which has no such heading"


def check_listed(path, tree):
    """Sources are listed by name; one that is not is not built, and nobody notices."""
    folder = folder_of(path)
    if folder not in (*CODE, "tests", "bench", "examples") or not path.endswith(".cc"):
        return
    listing = tree.get(f"{folder}/CMakeLists.txt") or ""
    if path.removeprefix(folder + "/") not in re.sub(r"#[^\n]*", "", listing).replace(")", " ").split():
        yield f"{path}: not listed in {folder}/CMakeLists.txt"


def check_types(tree):
    """One name, one type: of two the linker would take the functions of either."""
    defined = {}
    for path, text in sorted(tree.items()):
        # A header without a guard is included into namespaces that make its names others.
        if folder_of(path) not in (*CODE, "include") or not path.endswith(".h") or "#pragma once" not in (text or ""):
            continue
        for name in TYPE.findall(text):
            if defined.setdefault(name, path) != path:
                yield f"{path}: defines {name}, as does {defined[name]}"


def check_folders(tree):
    """Code stands in folders that this file knows; those of the program say what they are for."""
    with_code = {folder_of(path) for path in tree if path.endswith((".cc", ".h"))}
    for folder in sorted(with_code - {*CODE, *OTHER_CODE, "fixtures"}):
        yield f"{folder or 'the root'}: holds code, but no check knows what it may include"
    for folder in sorted(with_code & set(CODE)):
        if f"{folder}/README.md" not in tree:
            yield f"{folder}: has no README.md"


def check(tree):
    """All that is wrong with `tree`, which maps paths to texts (None for what is no text)."""
    yield from check_folders(tree)
    yield from check_types(tree)
    for path, text in sorted(tree.items()):
        yield from check_listed(path, tree)
        if text is None:
            continue
        for rule in (check_includes, check_own_header, check_clock, check_licence, check_machine_paths):
            yield from rule(path, text)
        yield from check_links(path, text, tree)


def paths_of(root):
    """What git tracks or would track; outside of a clone, every file but those of builds."""
    git = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         capture_output=True, text=True, check=False) if os.path.exists(f"{root}/.git") else None
    if git is not None and git.returncode == 0:
        return {path for path in git.stdout.split("\0") if path and os.path.isfile(f"{root}/{path}")}
    found = set()
    for folder, inner, files in os.walk(root):
        inner[:] = [name for name in inner if name not in (".git", ".cache") and not name.startswith("build")]
        found.update(os.path.relpath(f"{folder}/{name}", root) for name in files)
    return found


def check_root(root):
    tree = {}
    for path in paths_of(root):
        size = os.path.getsize(f"{root}/{path}")
        if size > LARGEST:
            yield f"{path}: {size} bytes; {LARGEST} is the most for a file"
            continue
        with open(f"{root}/{path}", "rb") as file:
            data = file.read()
        try:
            tree[path] = None if b"\0" in data else data.decode()
        except UnicodeDecodeError:
            tree[path] = None
    if "include/vmtrail/event.h" not in tree:
        yield f"{root}: no tree of vmtrail"
    yield from check(tree)


LICENSED = f"// {SPDX}\n"
SOUND = {
    "model/README.md": "Facts, see [order](order.md#which-is-first), [it](https://example.org), `[no](link)`.\n",
    "model/order.md": "# Order\n\n## Which is *first*?\n",
    "model/CMakeLists.txt": f"# {SPDX}\nadd_library(vmtrail_model OBJECT order.cc)\n",
    "model/order.h": LICENSED + "#pragma once\n#include <vector>\nclass Order {\n  struct Key {};\n};\n",
    "model/order_loop.h": LICENSED + "struct Lock {\n};\n",
    "model/order.cc": LICENSED + '#include "model/order.h"\n\n#include "vmtrail/time.h"\n// clock::now() is not ours\n',
    "io/README.md": "Sockets.\n",
    "io/lock.h": LICENSED + "#pragma once\nstruct Key;\nclass Lock final : public Key {\n};\n#include <mutex>\n#include <sys/file.h>\nauto now = Clock::now();\n",
    "app/README.md": "The program.\n",
    "app/all.h": LICENSED + '#include "io/lock.h"\n#include "model/order.h"\n#include <CLI/CLI.hpp>\n',
    "include/vmtrail/time.h": LICENSED + "#include <chrono>\n#include <tl/expected.hpp>\n",
    "scripts/run.sh": f"#!/bin/sh\n# {SPDX}\nls ~/work/ \"$here/home/x\" https://example.org/home/x\n",
}
BAD = {  # each: a file put into the sound tree, and what must then be said
    "a folder of the core that includes another": ("model/order.h", '#include "rules/match.h"', 'include "rules/match.h"'),
    "io that knows the model's insides": ("io/lock.h", '# include "model/order.h"', 'include "model/order.h"'),
    "a public header with a private one": ("include/vmtrail/time.h", '#include "event/log.h"', 'include "event/log.h"'),
    "a public header with a library": ("include/vmtrail/time.h", "#include <nlohmann/json.hpp>", "<nlohmann/json.hpp>"),
    "a library in another's folder": ("model/order.h", "#include <simdjson.h>", "include <simdjson.h>"),
    "a file stream in the core": ("model/order.h", "#include <fstream>", "include <fstream>"),
    "a lock in the core": ("model/order.h", "  #  include <mutex>", "include <mutex>"),
    "a socket in the core": ("model/order.h", "#include <sys/socket.h>", "include <sys/socket.h>"),
    "a clock in the core": ("model/order.h", "auto t = std::chrono::system_clock::now();", "no clock"),
    "a clock by another name": ("model/order.h", "auto t = Clock :: now();", "no clock"),
    "a source with its header last": ("model/order.cc", '#include <map>\n#include "model/order.h"', "first include"),
    "two types of one name": ("include/vmtrail/time.h", "#pragma once\nstruct Lock {", "defines Lock"),
    "a source that is not listed": ("model/fold.cc", "", "not listed"),
    "a path of a machine": ("scripts/run.sh", "cd " + "/home" + "/me", "a path of one machine"),
    "a link to nothing": ("model/README.md", "[order](ordre.md)", "not there"),
    "a link to no heading": ("model/README.md", "[order](order.md#last)", "no such heading"),
    "a folder that nobody knows": ("extras/all.h", "", "no check knows"),
}


def self_test():
    yield from (f"sound, but rejected: {problem}" for problem in check(SOUND))
    for name, (path, text, said) in BAD.items():
        licence = "" if path.endswith(".md") else f"#!/bin/sh\n# {SPDX}\n" if path.endswith(".sh") else LICENSED
        problems = list(check({**SOUND, path: licence + text + "\n"}))
        if len(problems) != 1 or said not in problems[0]:
            yield f"{name}: wanted one problem with '{said}', got {problems}"
    for path in ("model/order.h", "model/CMakeLists.txt", "scripts/run.sh"):
        unlicensed = SOUND[path].replace(SPDX, "licence: none")
        if not any("begin with" in problem for problem in check({**SOUND, path: unlicensed})):
            yield f"{path} without a licence: not rejected"
    if not any("has no README" in problem for problem in
               check({path: text for path, text in SOUND.items() if path != "io/README.md"})):
        yield "a folder without README.md: not rejected"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(self_test() if sys.argv[1] == "--self-test" else check_root(sys.argv[1]))
    print("\n".join(found))
    sys.exit(1 if found else 0)
