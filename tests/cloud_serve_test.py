#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: cloud_serve_test.py VMTRAIL

Has `vmtrail serve` reconcile itself with the Keystone and the Nova of cloud_test.py: baseline, drift, ghosts, a cloud
that fails, one that is slow while events come, and one that does not answer when the program is to end.
"""

import copy
import datetime
import http.server
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from cloud_test import PASSWORD, TOKEN, Cloud

PATIENCE = 60
FULL = [{"id": f"00000000-0000-4000-8000-0000000000{i:02}", "name": f"vm-{i}", "tenant_id": "p", "status": "ACTIVE",
         "OS-EXT-SRV-ATTR:host": f"node-{i % 3}", "OS-EXT-STS:vm_state": "active", "OS-EXT-STS:power_state": 1}
        for i in range(30)]


class SlowCloud(Cloud):
    """Holds requests for servers back while it is told to. What it lists is what it had when the token was asked for."""
    asked = threading.Event()
    free = threading.Event()
    has = FULL

    def do_POST(self):
        Cloud.servers = copy.deepcopy(SlowCloud.has)
        super().do_POST()

    def do_GET(self):
        SlowCloud.asked.set()
        SlowCloud.free.wait(PATIENCE)
        try:
            super().do_GET()
        except (BrokenPipeError, ConnectionResetError):
            pass  # who asked has given it up


class Daemon:
    def __init__(self, program, directory, environment):
        self.process = subprocess.Popen([program, "serve", "--config", f"{directory}/vmtrail.yaml"], env=environment,
                                        stderr=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.log = ""
        threading.Thread(target=self.read, daemon=True).start()
        self.source = self.await_line("listening ").split()[-1]
        self.listener = self.await_line("listening ").split()[-1]
        self.await_line("ready")

    def read(self):
        for line in self.process.stderr:
            self.lines.put(line)

    def await_line(self, wanted):
        while True:
            line = self.lines.get(timeout=PATIENCE)
            self.log += line
            if wanted in line:
                return line.strip()

    def get(self, path):
        with urllib.request.urlopen(self.listener + path, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def metric(self, name):
        for line in self.get("/metrics").splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        return None

    def await_metric(self, name, wanted):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            value = self.metric(name)
            if value is not None and wanted(value):
                return value
            time.sleep(0.05)
        raise RuntimeError(f"{name} is {self.metric(name)}")

    def await_round(self):
        """Until one that began after now has ended well."""
        now = time.time()
        self.await_metric("vmtrail_reconcile_success_timestamp_seconds", lambda at: at > now)

    def post(self, event):
        asked = urllib.request.Request(self.source + "/v1/events", json.dumps(event).encode(),
                                       {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def changes(self, kind):
        records = json.loads(self.get("/v1/changes?limit=all"))["changes"]
        assert [int(one["sequence"]) for one in records] == list(range(1, len(records) + 1)), "a gap"
        return [one for one in records if one["type"] == "vmtrail." + kind]

    def host_of(self, server):
        instance = json.loads(self.get(f"/v1/instances/{server['id']}"))["instance"]
        return instance["host"], instance["deleted"]


def on(server, host):
    return {**server, "OS-EXT-SRV-ATTR:host": host}


def update(server, host, generated):
    return {"message_id": f"update-{server['id']}-{generated}", "event_type": "compute.instance.update",
            "publisher_id": "conductor.c", "priority": "INFO", "timestamp": generated.strftime("%Y-%m-%d %H:%M:%S.%f"),
            "payload": {"instance_id": server["id"], "host": host, "state": "active", "display_name": server["name"]}}


def check_configuration(program, directory, environment):
    def run(reconcile):
        with open(f"{directory}/wrong.yaml", "w", encoding="utf-8") as file:
            file.write(f"sources: ['http://127.0.0.1:0']\nreconcile: {reconcile}\n")
        return subprocess.run([program, "serve", "--check-config", "--config", f"{directory}/wrong.yaml"], text=True,
                              capture_output=True, timeout=PATIENCE, check=False, env=environment)
    for reconcile, code, message in (("{cloud: test}", 0, "nothing is wrong"), ("{cloud: tset}", 2, "has no cloud 'tset'"),
                                     ("{every: 5m}", 2, "wants a 'cloud'"), ("{cloud: test, every: 9ms}", 2, "at least 1s"),
                                     ("{cloud: test, eevry: 9m}", 2, "eevry"), ("{cloud: test, every: x}", 2, "every")):
        ran = run(reconcile)
        if ran.returncode != code or message not in ran.stdout + ran.stderr:
            yield f"{reconcile}: wanted {code} and '{message}', got {ran.returncode}: {ran.stderr}{ran.stdout}"


def check(program, directory, port):
    environment = {**os.environ, "OS_CLIENT_CONFIG_FILE": f"{directory}/clouds.yaml"}
    with open(f"{directory}/clouds.yaml", "w", encoding="utf-8") as file:
        json.dump({"clouds": {"test": {"region_name": "R1", "auth": {
            "auth_url": f"http://127.0.0.1:{port}/identity", "username": "admin", "password": PASSWORD,
            "project_name": "admin"}}}}, file)
    yield from check_configuration(program, directory, environment)
    with open(f"{directory}/vmtrail.yaml", "w", encoding="utf-8") as file:
        file.write("state: state\nsources: ['http://127.0.0.1:0']\nlisten: ['http://127.0.0.1:0']\n"
                   "reconcile: {cloud: test, every: 1s}\n")
    SlowCloud.free.set()
    daemon = Daemon(program, directory, environment)
    try:
        yield from check_daemon(daemon)
    finally:
        daemon.process.kill()
    while not daemon.lines.empty():
        daemon.log += daemon.lines.get()
    if PASSWORD in daemon.log or TOKEN in daemon.log:
        yield "a secret is in the log"
    kept = subprocess.run([program, "store", "check", "--state", f"{directory}/state"], capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    if kept.returncode != 0:
        yield f"the store: {kept.stdout}{kept.stderr}"


def check_daemon(daemon):
    def expect(what, found, wanted):
        if found != wanted:
            yield f"{what}: {found} instead of {wanted}"

    # The baseline of a new installation.
    daemon.await_metric("vmtrail_reconcile_applied_total", lambda count: count == len(FULL))
    yield from expect("the baseline", [daemon.host_of(one) for one in FULL],
                      [(one["OS-EXT-SRV-ATTR:host"], False) for one in FULL])
    yield from expect("its records", len(daemon.changes("placement.drift")), len(FULL))
    daemon.await_round()
    yield from expect("agreed", daemon.metric("vmtrail_reconcile_agreed"), float(len(FULL)))
    begun = max(one["time"] for one in daemon.changes("placement.drift"))

    # One has moved unseen; one is gone.
    moved, gone, other = FULL[3], FULL[29], FULL[5]
    SlowCloud.has = [on(one, "node-9") if one is moved else one for one in FULL if one is not gone]
    daemon.await_metric("vmtrail_reconcile_applied_total", lambda count: count == len(FULL) + 2)
    yield from expect("what moved unseen", daemon.host_of(moved), ("node-9", False))
    yield from expect("what is gone", daemon.host_of(gone), (None, True))

    # A cloud that fails is told, and tried again.
    Cloud.problem = "status"
    daemon.await_metric("vmtrail_reconcile_failures_total", lambda count: count >= 1)
    if "503" not in daemon.await_line("not reconciled with the cloud 'test'"):
        yield "the log does not tell the status"
    Cloud.problem = None
    daemon.await_round()
    yield from expect("after that", daemon.metric('vmtrail_reconcile_drift{class="moved"}'), 0.0)

    # While the list is on its way one moves, and its event says so: no drift, though the list has it where it was. The
    # event's time is before that of the list, so that nothing but its coming later tells.
    SlowCloud.asked.clear()
    SlowCloud.free.clear()
    SlowCloud.asked.wait(PATIENCE)
    daemon.post(update(other, "node-7", datetime.datetime.fromisoformat(begun[:-1]) + datetime.timedelta(seconds=1)))
    yield from expect("the event", daemon.host_of(other), ("node-7", False))
    drifted = len(daemon.changes("placement.drift"))
    SlowCloud.has = [on(one, "node-7") if one is other else one for one in SlowCloud.has]  # for those that come later
    SlowCloud.free.set()
    daemon.await_round()
    yield from expect("drift of what moved meanwhile", daemon.changes("placement.drift")[drifted:], [])
    yield from expect("where it is", daemon.host_of(other), ("node-7", False))

    # Most of them missing is a cell that is down, not a deletion.
    SlowCloud.has = SlowCloud.has[:10]
    daemon.await_line("is a cell of it down?")
    yield from expect("ghosts", daemon.metric('vmtrail_reconcile_drift{class="ghost"}'), 19.0)
    yield from expect("who is missing", daemon.host_of(FULL[20])[1], False)
    SlowCloud.has = []
    daemon.await_line("no server at all")

    # It is told to read its rules, and to end, while the cloud does not answer.
    SlowCloud.asked.clear()
    SlowCloud.free.clear()
    SlowCloud.asked.wait(PATIENCE)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.await_line("the rules were read again")
    daemon.process.send_signal(signal.SIGTERM)
    # The client would wait for as long as this.
    yield from expect("the end", daemon.process.wait(PATIENCE / 2), 0)
    SlowCloud.free.set()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowCloud)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as scratch:
        problems = list(check(sys.argv[1], scratch, server.server_address[1]))
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
