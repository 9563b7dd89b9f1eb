#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: cloud_test.py VMTRAIL

Has `vmtrail reconcile --cloud` ask a Keystone and a Nova made of Python's http.server.
"""

import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

PAGE = 2
TOKEN = "a-token"
PASSWORD = "a-password"
SERVERS = [{"id": f"00000000-0000-4000-8000-00000000000{i}", "name": f"vm-{i}", "tenant_id": "p", "status": "ACTIVE",
            "OS-EXT-SRV-ATTR:host": f"node-{i % 2}", "OS-EXT-STS:vm_state": "active", "OS-EXT-STS:power_state": 1}
           for i in range(5)]


class Cloud(http.server.BaseHTTPRequestHandler):
    """Tokens for the password, pages for the token."""
    problem = None
    servers = SERVERS

    def answer(self, status, body, **headers):
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        identity = asked["auth"]["identity"]
        known = (identity.get("password", {}).get("user", {}).get("password") == PASSWORD or
                 identity.get("application_credential", {}).get("secret") == PASSWORD)
        if self.path != "/identity/v3/auth/tokens" or not known:
            self.answer(401, {"error": "no"})
            return
        url = f"http://127.0.0.1:{self.server.server_address[1]}/compute/v2.1"
        endpoints = [{"interface": "internal", "region": "R1", "url": "http://127.0.0.1:1/"},
                     {"interface": "public", "region": "R2", "url": "http://127.0.0.1:1/"},
                     {"interface": "public", "region": "R1", "url": url}]
        catalog = [{"type": "image", "endpoints": []}, {"type": "compute", "endpoints": endpoints}]
        self.answer(201, {"token": {"catalog": catalog}}, X_Subject_Token=TOKEN)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        options = dict(pair.split("=") for pair in query.split("&"))
        if path != "/compute/v2.1/servers/detail" or options.get("all_tenants") != "1":
            self.answer(404, {})
        elif self.headers["X-Auth-Token"] != TOKEN:
            self.answer(401, {})
        elif Cloud.problem == "page":
            self.answer(200, {"computer": "says no"})
        elif Cloud.problem == "status":
            self.answer(503, {})
        elif Cloud.problem == "endless":
            self.answer(200, {"servers": Cloud.servers[:PAGE]})
        else:
            servers = Cloud.servers
            ids = [server["id"] for server in servers]
            begin = ids.index(options["marker"]) + 1 if "marker" in options else 0
            self.answer(200, {"servers": servers[begin:begin + PAGE]})

    def log_message(self, *_):
        pass


def check(program, directory, port):
    """What is wrong, one line each."""
    def clouds(**changes):
        cloud = {"auth": {"auth_url": f"http://127.0.0.1:{port}/identity", "username": "admin", "password": PASSWORD,
                          "project_name": "admin"}, "region_name": "R1", **changes}
        with open(f"{directory}/clouds.yaml", "w", encoding="utf-8") as file:
            json.dump({"clouds": {"test": cloud}}, file)  # JSON is YAML

    def run(*arguments):
        return subprocess.run([program, "reconcile", *arguments, "--state", f"{directory}/state"], text=True,
                              capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
                              env={**os.environ, "OS_CLIENT_CONFIG_FILE": f"{directory}/clouds.yaml"})

    def expect(what, ran, code, message=""):
        if ran.returncode != code or message not in ran.stderr + ran.stdout:
            yield f"{what}: wanted {code} and '{message}', got {ran.returncode}: {ran.stderr}{ran.stdout}"
        if PASSWORD in ran.stderr + ran.stdout or TOKEN in ran.stderr + ran.stdout:
            yield f"{what}: a secret is told"

    clouds()
    first = run("--cloud", "test", "--apply", "-o", "json")
    yield from expect("the baseline", first, 1, '"applied":5')
    yield from expect("again", run("--cloud", "test"), 0, "5 instances agreed, 0 drifted")
    yield from expect("another cloud", run("--cloud", "tset"), 2, "has no cloud 'tset'")
    yield from expect("both", run("servers.json", "--cloud", "test"), 2, "one of them")
    for problem, message in (("page", "no list of servers"), ("status", "HTTP status 503"),
                             ("endless", "the pages do not go on")):
        Cloud.problem = problem
        yield from expect(problem, run("--cloud", "test"), 4, message)
    Cloud.problem = None
    clouds(auth={"auth_url": f"http://127.0.0.1:{port}/identity/v3/", "application_credential_id": "c",
                 "application_credential_secret": PASSWORD})
    yield from expect("a credential", run("--cloud", "test"), 0, "5 instances agreed")
    clouds(auth={"auth_url": f"http://127.0.0.1:{port}/identity", "username": "admin", "password": "wrong"})
    yield from expect("a wrong password", run("--cloud", "test"), 4, "HTTP status 401")
    with open(f"{directory}/secure.yaml", "w", encoding="utf-8") as file:
        json.dump({"clouds": {"test": {"auth": {"password": PASSWORD}}}}, file)
    yield from expect("a password in secure.yaml", run("--cloud", "test"), 0, "5 instances agreed")
    clouds(region_name="R3")
    yield from expect("another region", run("--cloud", "test"), 4, "no compute endpoint")
    clouds(auth={"auth_url": "http://127.0.0.1:1/"})
    yield from expect("nobody there", run("--cloud", "test"), 4, "http://127.0.0.1:1/v3")
    with open(f"{directory}/clouds.yaml", "wb") as file:
        file.write(b"clouds: {test: {auth: {auth_url: 'http://127.0.0.1:1/', username: \"\xe4dmin\"}}}")
    yield from expect("a name in Latin-1", run("--cloud", "test"), 2, "username is not UTF-8")
    clouds(auth={})
    yield from expect("no URL", run("--cloud", "test"), 2, "has no auth_url")
    with open(f"{directory}/clouds.yaml", "w", encoding="utf-8") as file:
        file.write("clouds: [")
    yield from expect("broken YAML", run("--cloud", "test"), 3, "clouds.yaml")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as scratch:
        problems = list(check(sys.argv[1], scratch, server.server_address[1]))
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
