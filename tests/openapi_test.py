#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: openapi_test.py VMTRAIL TREE

Starts the daemon on what the captures tell and asks every path of docs/openapi.yaml with every parameter, right and
wrong: statuses, types, headers and bodies must be those of the file. Routes that it does not have, and paths that the
server does not have, are faults of it; so are statuses that nothing here can bring about, but for a few.
"""

import gzip
import http.client
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

import jsonschema
import yaml

# Literals of the sources that name routes.
ROUTE = re.compile(r'"(/(?:v1/|ceilometer/|metrics|healthz|readyz)[^"\s]*)"')
NOT_PROVOKED = {"429", "500", "503"}  # a full queue, a broken store
STREAM = "text/event-stream"
MOST_BODY = 200_000
TOKEN = "a-token"
TWIN = ('{{"message_id":"{0}","event_type":"compute.instance.power_on.end","generated":"2026-11-22T12:00:00",'
        '"traits":[["instance_id",1,"87be4b45-e214-4ca3-8f5c-1bd31159{0}"],["display_name",1,"twin"]],"raw":{{}}}}')
# What each kind of value does not take.
WRONG = {"When": ["noon", "2017-13-01T00:00:00Z", "-1h", "%ff"], "integer": ["x", "-1", "1.5"], "boolean": ["maybe"],
         "limit": ["0", "-1", "few"], "uuid": ["web"]}


class Daemon:
    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, "serve", *arguments], stderr=subprocess.PIPE, text=True)
        self.addresses = []
        for line in self.process.stderr:
            if line.startswith("ready"):
                return
            if line.startswith("listening "):
                self.addresses.append(urllib.parse.urlsplit(line.split()[1]).netloc)
        raise RuntimeError("the daemon did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


def read_stream(answer):
    """It has no end; a heartbeat comes when all is told that there is."""
    text = b""
    while not text.endswith(b"\n\n") or b"event: heartbeat" not in text:
        line = answer.readline()
        if not line:
            break
        text += line
    return text


def events_of(text):
    """Server-sent events: what each is, and its data."""
    for block in text.strip("\n").split("\n\n"):
        fields = dict(line.split(": ", 1) if ": " in line else (line, "") for line in block.split("\n"))
        yield fields.get("event"), json.loads(fields["data"])


def request(address, method, target, body=None, **headers):
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        if answer.status == 200 and method == "GET" and answer.getheader("Content-Type") == STREAM:
            return answer, read_stream(answer)
        return answer, answer.read()
    finally:
        connection.close()


class Api:
    """The file, and what was seen of it."""

    def __init__(self, text):
        self.file = yaml.safe_load(text)
        self.problems = []
        self.seen = {}  # by operation, the statuses

    def resolve(self, node):
        while "$ref" in node:
            target = self.file
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        return node

    def operations(self):
        for path, item in self.file["paths"].items():
            for method in item.keys() & {"get", "post"}:
                operation = item[method]
                given = [self.resolve(one) for one in item.get("parameters", []) + operation.get("parameters", [])]
                yield path, method, operation, given

    def problem(self, where, what):
        self.problems.append(f"{where}: {what}")

    def schema_problems(self, schema, value):
        whole = {**schema, "components": self.file["components"]}
        for error in jsonschema.Draft202012Validator(whole).iter_errors(value):
            yield f"{error.json_path}: {error.message[:300]}"

    def check(self, where, operation, answer, body):
        """Is the answer one that the file describes?"""
        status = str(answer.status)
        self.seen.setdefault(operation["operationId"], set()).add(status)
        if status not in operation["responses"]:
            self.problem(where, f"{status} is not described: {body[:200]}")
            return
        response = self.resolve(operation["responses"][status])
        for name, header in response.get("headers", {}).items():
            for error in self.schema_problems(self.resolve(header)["schema"], answer.getheader(name)):
                self.problem(where, f"header {name}: {error}")
        content = response.get("content")
        if content is None:
            if body:
                self.problem(where, f"{status} has a body: {body[:100]}")
            return
        kind = (answer.getheader("Content-Type") or "").split(";")[0]
        if kind not in content:
            self.problem(where, f"{status} has the type '{kind}'")
            return
        if kind == STREAM and body:
            for name, data in events_of(body.decode()):
                described = content[kind]["x-events"].get(name)
                if described is None:
                    self.problem(where, f"an event '{name}' is not described")
                    continue
                for error in self.schema_problems(described, data):
                    self.problem(where, f"event {name} {error}")
        value = json.loads(body) if kind.endswith("json") else body.decode()
        for error in self.schema_problems(content[kind]["schema"], value):
            self.problem(where, f"{status} {error}")
        if "problem" in kind and value.get("status") != answer.status:
            self.problem(where, f"{status}, but the body says {value.get('status')}")

    @staticmethod
    def target(path, parameters, **others):
        """The path with its parameters' examples, or these."""
        for one in parameters:
            if one["in"] == "path":
                value = others.get(one["name"], one["example"])
                path = path.replace("{" + one["name"] + "}", urllib.parse.quote(str(value), safe=""))
        return path


def text_of(value):
    return "true" if value is True else str(value)


def check_read(api, address, path, operation, parameters):
    in_query = [one for one in parameters if one["in"] == "query"]
    plain = api.target(path, parameters)
    queries = [[]] + [[one] for one in in_query if "example" in one] + [[one for one in in_query if "example" in one]]
    for chosen in queries:
        query = urllib.parse.urlencode([(one["name"], text_of(one["example"])) for one in chosen])
        target = plain + ("?" + query if query else "")
        answer, body = request(address, "GET", target)
        api.check(f"GET {target}", operation, answer, body)
        if answer.status != 200:
            api.problem(f"GET {target}", f"{answer.status}: {body[:200]}")
            continue
        head, nothing = request(address, "HEAD", target)
        same = ("Content-Type", "ETag", "Vary", "Cache-Control")
        # What passes may have another length.
        if nothing or head.status != 200 or any(head.getheader(one) != answer.getheader(one) for one in same):
            api.problem(f"HEAD {target}", "is not GET without its body")
        if "304" in operation["responses"]:
            again, body = request(address, "GET", target, If_None_Match=answer.getheader("ETag", "none"))
            api.check(f"GET {target} again", operation, again, body)
            if again.status != 304:
                api.problem(f"GET {target} again", f"{again.status}, and it had the tag")
        packed, body = request(address, "GET", target, Accept_Encoding="gzip")
        if packed.getheader("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        api.check(f"GET {target} in gzip", operation, packed, body)


def check_wrong(api, address, path, operation, parameters):
    plain = api.target(path, parameters)
    targets = []
    if "400" in operation["responses"]:
        targets += [f"{plain}?unheard_of=1", f"{plain}?%zz=1"]
    for one in parameters:
        schema = one["schema"]
        kind = schema.get("$ref", "").rsplit("/", 1)[-1] or schema.get("format") or schema.get("type")
        if one["in"] == "query":
            values = WRONG.get(one["name"], WRONG.get(kind, []))
            targets += [f"{plain}?{one['name']}={value}" for value in values]
            targets.append(f"{plain}?{one['name']}=1&{one['name']}=1")
            if one["name"] in ("host", "instance") and "404" in operation["responses"]:
                targets.append(f"{plain}?{one['name']}=nowhere")
            if one["name"] == "instance":
                targets.append(f"{plain}?instance=twin")
        elif one["in"] == "path" and one["name"] != "device":
            targets.append(api.target(path, parameters, **{one["name"]: "nowhere"}))
            if "409" in operation["responses"]:
                targets.append(api.target(path, parameters, **{one["name"]: "twin"}))
    for target in targets:
        answer, body = request(address, "GET", target)
        api.check(f"GET {target}", operation, answer, body)
        if answer.status not in (400, 404, 409):
            api.problem(f"GET {target}", f"answered with {answer.status}")
    wrong, _ = request(address, "DELETE", plain)
    if wrong.status != 405 or "GET" not in wrong.getheader("Allow", ""):
        api.problem(f"DELETE {plain}", f"answered with {wrong.status}")


def check_posted(api, address, path, operation, parameters, event):
    target = api.target(path, parameters)
    as_json = {"Content_Type": "application/json"}
    for what, body, headers, wanted in (
            ("an event", event, as_json, 200), ("lines", event + "\n" + event, {"Content_Type": "application/x-ndjson"}, 200),
            ("a list", f"[{event}]", as_json, 200),
            ("gzip", gzip.compress(event.encode()), {**as_json, "Content_Encoding": "gzip"}, 200),
            ("no gzip", event, {**as_json, "Content_Encoding": "gzip"}, 400),
            ("nothing", "", as_json, 400), ("no event", "{}", as_json, 400), ("no JSON", "{", as_json, 400),
            ("text", event, {"Content_Type": "text/plain"}, 415), ("too much", " " * (MOST_BODY + 1), as_json, 413)):
        answer, told = request(address, "POST", target, body, **headers)
        api.check(f"POST {target} of {what}", operation, answer, told)
        if answer.status != wanted:
            api.problem(f"POST {target} of {what}", f"{answer.status} instead of {wanted}: {told[:200]}")


def check_token(api, address):
    for path, method, operation, parameters in api.operations():
        target = api.target(path, parameters)
        answer, body = request(address, method.upper(), target)
        where = f"{method.upper()} {target} without a token"
        api.check(where, operation, answer, body)
        if (answer.status == 401) != (operation.get("security") != []):
            api.problem(where, f"{answer.status}")
        basic = request(address, method.upper(), target, Authorization="Basic eDphLXRva2Vu")[0]  # x:a-token
        if basic.status == 401:
            api.problem(where, "the token is not taken as a password")


def check_routes(api, tree):
    """The routes that the sources name are the file's paths, with `*` for what varies."""
    routes = set()
    for folder in ("io", "app"):
        for file in (tree / folder).glob("*.cc"):
            routes.update(ROUTE.findall(file.read_text()))
    paths = {re.sub(r"\{\w+\}", "*", path) for path in api.file["paths"]}
    for route in sorted(routes - paths):
        api.problem(route, "is a route of the server, and not in the file")
    for path in sorted(paths - routes):
        api.problem(path, "is in the file, and no route of the server")
    if not routes:
        api.problem("the sources", "name no route")


def captured(tree):
    for file in sorted((tree / "fixtures" / "captures").glob("*/nova.bodies.jsonl*")):
        yield from subprocess.run(["zstdcat", "-f", file], check=True, capture_output=True, text=True).stdout.splitlines()


def main(program, tree):
    text = (tree / "docs" / "openapi.yaml").read_text()
    api = Api(text)
    check_routes(api, tree)
    events = list(captured(tree))
    with tempfile.TemporaryDirectory() as scratch:
        source = f"http://127.0.0.1:0?max_body={MOST_BODY}"
        with Daemon(program, "--source", source, "--listen", "http://127.0.0.1:0", "--state", f"{scratch}/s") as daemon:
            to, address = daemon.addresses
            for event in events + [TWIN.format("1111"), TWIN.format("2222")]:
                answer, body = request(to, "POST", "/v1/events", event, Content_Type="application/json")
                if answer.status != 200:
                    api.problem("POST of a captured event", f"{answer.status}: {body[:200]}")
            # In the file it is a name, which several captures have.
            moved = json.loads(request(address, "GET", "/v1/migrations")[1])["migrations"][0]["instance"]
            for path, method, operation, parameters in api.operations():
                for one in parameters:
                    if one["name"] == "instance":
                        one["example"] = moved
                if method == "post":
                    check_posted(api, to, path, operation, parameters, events[0])
                    continue
                check_read(api, address, path, operation, parameters)
                check_wrong(api, address, path, operation, parameters)
            served = request(address, "GET", "/v1/openapi.yaml")[1].decode()
            if served != text:
                api.problem("/v1/openapi.yaml", "is not the file")
        tokens = pathlib.Path(scratch) / "tokens"
        tokens.write_text(TOKEN + "\n")
        tokens.chmod(0o600)
        # One address for both: everything there wants the token.
        with Daemon(program, "--source", f"http://127.0.0.1:0?token_file={tokens}",
                    "--listen", f"http://127.0.0.1:0?token_file={tokens}") as daemon:
            posting, asking = daemon.addresses
            posts = Api(text)
            posts.file["paths"] = {path: item for path, item in api.file["paths"].items() if "post" in item}
            gets = Api(text)
            gets.file["paths"] = {path: item for path, item in api.file["paths"].items() if "get" in item}
            for part, address in ((posts, posting), (gets, asking)):
                check_token(part, address)
                api.problems += part.problems
                for name, seen in part.seen.items():
                    api.seen.setdefault(name, set()).update(seen)
    for path, _, operation, _ in api.operations():
        unseen = set(operation["responses"]) - api.seen.get(operation["operationId"], set()) - NOT_PROVOKED
        if unseen:
            api.problem(path, f"never answered with {sorted(unseen)}")
    return api.problems


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    found = main(sys.argv[1], pathlib.Path(sys.argv[2]))
    print("\n".join(found))
    sys.exit(1 if found else 0)
