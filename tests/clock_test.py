#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: clock_test.py PROGRAM CAPTURES [--broker DIR --feed PROGRAM]

The wall clock jumps under `vmtrail serve` (libfaketime, Debian's package faketime), a day ahead and then back to an hour
behind, while notifications come over HTTP, or over AMQP if there is a broker (broker.py), which is away meanwhile. The
sink is away at each jump, too, and comes back after it. Then records and placement must be those of a run whose clock
was left alone; the daemon was ready all the time, kept its connections, and its timers went on.
"""

import argparse
import glob
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import signal
import sys
import tempfile
import threading
import time
import urllib.parse

import broker
import crash_test

LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"
NOTIFICATIONS = 600
JUMPS = (86_400, -3_600)  # seconds from the true time
PATIENCE = crash_test.PATIENCE


class Receiver:
    """Takes the records that the daemon's sink posts, while it is there."""

    def __init__(self):
        self.sequences = []
        self.port = 0
        self.server = None
        self.come()

    def come(self):
        sequences = self.sequences

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                sequences.append(int(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["sequence"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            connections = []

            def get_request(self):
                request = super().get_request()
                self.connections.append(request[0])
                return request

            def handle_error(self, *_):
                pass  # it went

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def go(self):
        self.server.shutdown()
        self.server.server_close()
        for connection in self.server.connections:
            try:
                connection.shutdown(2)
            except OSError:
                pass  # it has ended already
        self.server.connections.clear()


class Figures:
    """The daemon's metrics; asked over one connection, which must last."""

    def __init__(self, daemon):
        url = urllib.parse.urlsplit(daemon.address)
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=PATIENCE)
        self.connection.connect()
        self.connection.auto_open = False  # a connection that the daemon closes fails the test

    def get(self, path):
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def __getitem__(self, name):
        status, _ = self.get("/readyz")
        if status != 200:
            sys.exit(f"/readyz says {status}")
        return float(re.search(rf"^{name} (\S+)$", self.get("/metrics")[1], re.MULTILINE).group(1))


def await_true(what, holds):
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            sys.exit(f"waited in vain: {what}")
        time.sleep(0.02)


class OverAmqp(crash_test.OverAmqp):
    """Before a part is published the broker dies, and comes back: killed later it may forget what it was just told."""

    def __init__(self, lines, directory, feed):
        super().__init__(lines, directory, feed)
        self.directory = directory
        self.part = []
        self.dies = False

    def prepare(self, parts_left):
        size = -(-(len(self.lines) - self.offered) // (parts_left + 1))
        self.part = self.lines[self.offered:self.offered + size]
        self.offered += size

    def feed(self, daemon):
        if self.dies:
            self.feeder.kill()
            self.feeder.wait()
            broker.stop(self.directory)
            broker.start(self.directory)
            self.start()  # makes exchange and binding again
        for line in self.part:
            self.ask(line)


def run(options, state, lines, environment, jump):
    """All notifications in as many parts as there are jumps, and one; `jump` is called within each but the first."""
    if options.broker:
        transport = OverAmqp(lines, options.broker, options.feed)
    else:
        transport = crash_test.OverHttp(lines, random.Random(1))
    receiver = Receiver()
    more = ["--sink", f"http://127.0.0.1:{receiver.port}/"]
    if options.broker:
        more += ["--listen", "http://127.0.0.1:0"]
    daemon = crash_test.Daemon(options.program, state, transport.source, more, environment)
    daemon.await_ready()
    figures = Figures(daemon)
    open_migrations = 0

    def part(left):
        transport.prepare(left)
        feeder = threading.Thread(target=transport.feed, args=(daemon,), daemon=True)
        feeder.start()
        return feeder

    def settle(feeder):
        feeder.join()
        crash_test.await_events(state, len({crash_test.MESSAGE.search(line).group(1) for line in lines[:transport.offered]}))

    settle(part(len(JUMPS)))
    transport.dies = environment is not None
    for number, seconds in enumerate(JUMPS):
        open_migrations += figures["vmtrail_migrations_open"]
        receiver.go()
        feeder = part(len(JUMPS) - 1 - number)
        jump(seconds, figures)
        settle(feeder)
        commits = figures["vmtrail_commit_seconds_count"]
        receiver.come()
        await_true("all records at the sink", lambda: len(set(receiver.sequences)) == figures["vmtrail_sequence"])
        # How far the sink is, is stored when time next goes on: the clock that has jumped was looked at.
        await_true("a tick", lambda: figures["vmtrail_commit_seconds_count"] > commits)
    daemon.end(signal.SIGTERM)
    transport.close()
    receiver.go()
    if sorted(set(receiver.sequences)) != list(range(1, len(set(receiver.sequences)) + 1)):
        sys.exit("a record did not come to the sink")
    if open_migrations == 0:
        sys.exit("no migration was under way when the clock jumped: this shows nothing")
    return len(set(receiver.sequences))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("captures", type=pathlib.Path)
    parser.add_argument("--broker", type=pathlib.Path)
    parser.add_argument("--feed", type=os.path.abspath)
    options = parser.parse_args()
    library = glob.glob(LIBRARY)
    if not library:
        sys.exit("Debian's package faketime is not there")
    lines = crash_test.stream(options.captures, NOTIFICATIONS)
    with tempfile.TemporaryDirectory(prefix="vmtrail-clock-") as scratch:
        clock = pathlib.Path(scratch) / "clock"

        def set_clock(seconds):
            beside = clock.with_suffix(".new")
            beside.write_text(f"{seconds:+d}s\n")
            beside.rename(clock)

        def jump(seconds, figures):
            """Until the daemon has seen it: the newest event is as much older, or from the future."""
            def lag():
                return figures["vmtrail_lag_seconds"] - (time.time() - begun)
            begun = time.time()
            before = lag()
            wanted = seconds - jump.now
            set_clock(seconds)
            jump.now = seconds
            await_true("the jump", lambda: abs(lag() - before - wanted) < 1000)

        jump.now = 0
        set_clock(0)
        faked = {**os.environ, "LD_PRELOAD": library[0], "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
                 "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
        run(options, f"{scratch}/quiet", lines, None, lambda *_: None)
        records = run(options, f"{scratch}/jumped", lines, faked, jump)
        if crash_test.compare(options.program, f"{scratch}/quiet", f"{scratch}/jumped") != records:
            sys.exit("the sink does not have all records")
        print(f"{len(JUMPS)} jumps, {len(lines)} notifications, {records} records: as without")


if __name__ == "__main__":
    main()
