#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: crash_test.py PROGRAM CAPTURES [--rounds N] [--over http|amqp] [--broker DIR --feed PROGRAM] [--seed N]

Kills `vmtrail serve` with SIGKILL at random instants, N times (200) for each transport, while notifications come over
HTTP and over AMQP and come again after each restart until they are acknowledged. Then every record must be there
exactly once, the sequence without a gap, and records and placement the same as those of a run that nobody killed.
Over AMQP alone if a broker (broker.py) and what feeds it (broker_feed) are given.
"""

import argparse
import atexit
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
MESSAGE = re.compile(r'\\"message_id\\": \\"([^\\]+)')
TIME = re.compile(r'\\"timestamp\\": \\"([^\\]+)')
STARTING = 0.1  # seconds, about
WORKING = 0.2  # seconds, about, for what comes in one round
EACH_ROUND = 100  # notifications
PATIENCE = 120


def recorded(captures):
    """All recorded notifications in the order of their times, within a few minutes: else time, which goes on from the
    newest event, would judge and fold between two of them, and what it says then depends on how fast the machine is."""
    lines = []
    for file in sorted(captures.glob("*/nova.bodies.jsonl*")):
        text = subprocess.run(["zstdcat", file], check=True, capture_output=True, text=True).stdout \
            if file.suffix == ".zst" else file.read_text() if file.suffix == ".jsonl" else \
            subprocess.run(["zcat", file], check=True, capture_output=True, text=True).stdout
        lines += text.splitlines()
    lines.sort(key=lambda line: TIME.search(line).group(1))
    times = [datetime.datetime.fromisoformat(TIME.search(line).group(1)) for line in lines]
    pace = datetime.timedelta(minutes=4) / (times[-1] - times[0])

    def nearer(line, time):
        found = TIME.search(line)
        return f"{line[:found.start(1)]}{times[0] + (time - times[0]) * pace}{line[found.end(1):]}"
    return [nearer(line, time) for line, time in zip(lines, times)]


def stream(captures, length):
    """So many notifications: the recorded ones again and again, each time of other instances."""
    lines = recorded(captures)
    copies = -(-length // len(lines))
    result = []
    for line in lines:
        for copy in range(copies):
            result.append(UUID.sub(lambda found, copy=copy: str(uuid.uuid5(uuid.UUID(found.group()), str(copy))), line))
    return result[:length]


class Daemon:
    """One run of `vmtrail serve`; its standard error is read for the address and kept."""

    def __init__(self, program, state, source, more=(), environment=None):
        self.address = None
        self.ready = threading.Event()
        self.lines = []
        self.process = subprocess.Popen([program, "serve", "--state", state, "--source", source, *more],
                                        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment)
        atexit.register(self.process.kill)  # should the test give up
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line)
            if line.startswith("listening "):
                self.address = line.split()[1]
            if line.strip() == "ready":
                self.ready.set()
        self.ready.set()

    def await_ready(self):
        if not self.ready.wait(PATIENCE) or self.process.poll() is not None:
            sys.exit("the daemon does not start:\n" + "".join(self.lines))

    def end(self, how):
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        self.reader.join()
        if how == signal.SIGTERM and code != 0:
            sys.exit(f"the daemon ended with {code}:\n" + "".join(self.lines))


class OverHttp:
    """Posts lists of notifications, one after the other; each again until it is answered with 2xx."""

    source = "http://127.0.0.1:0"

    def __init__(self, lines, chance):
        self.bodies = []
        while lines:
            size = chance.randint(1, 8)
            self.bodies.append("\n".join(lines[:size]))
            lines = lines[size:]
        self.next = 0
        self.due = 0
        self.offered = 0

    def prepare(self, rounds_left):
        """What is to come in a round; in the last one all of the rest."""
        size = -(-(len(self.bodies) - self.due) // (rounds_left + 1))
        self.offered += sum(body.count("\n") + 1 for body in self.bodies[self.due:self.due + size])
        self.due += size

    def feed(self, daemon):
        if not daemon.ready.wait(PATIENCE) or daemon.address is None:
            return
        url = urllib.parse.urlsplit(daemon.address)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=PATIENCE)
        try:
            while self.next < self.due:
                connection.request("POST", "/v1/events", self.bodies[self.next],
                                   {"Content-Type": "application/x-ndjson"})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    self.next += 1
                elif answer.status not in (429, 503):
                    sys.exit(f"answered {answer.status}")
        except (OSError, http.client.HTTPException):
            pass  # killed

    def close(self):
        pass


class OverAmqp:
    """Has messages put into the daemon's queue before each round; the broker delivers again what is not acknowledged."""

    def __init__(self, lines, broker, feed):
        self.lines = lines
        self.offered = 0
        self.queue = f"crash-{os.getpid()}-{random.randrange(1 << 30)}"
        port = (broker / "ports").read_text().split()[0]
        self.source = (f"amqp://vmtrail@127.0.0.1:{port}/?password_file={broker}/password&queue={self.queue}"
                       "&bind=nova:notifications.*&prefetch=10")
        self.program = feed
        self.start()

    def start(self):
        self.feeder = subprocess.Popen([self.program, self.queue], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.feeder.stdin.write(line + "\n")
        self.feeder.stdin.flush()
        return int(self.feeder.stdout.readline())

    def prepare(self, rounds_left):
        size = -(-(len(self.lines) - self.offered) // (rounds_left + 1))
        for line in self.lines[self.offered:self.offered + size]:
            self.ask(line)
        self.offered += size

    def feed(self, daemon):
        daemon.ready.wait(PATIENCE)

    def close(self):
        self.feeder.stdin.close()
        self.feeder.wait()


def await_events(state, count):
    """Until all of them are committed: the queue is empty already when the last are handed out."""
    until = time.monotonic() + PATIENCE
    while True:
        if events_stored(state) >= count:
            return
        if time.monotonic() > until:
            sys.exit(f"{events_stored(state)} of {count} messages are stored")
        time.sleep(0.05)


def events_stored(state):
    if not os.path.exists(f"{state}/vmtrail.db"):
        return 0  # killed before it was made
    with contextlib.closing(sqlite3.connect(f"file:{state}/vmtrail.db?mode=ro", uri=True, timeout=PATIENCE)) as database:
        made = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'messages'").fetchone()
        if not made:
            return 0
        ids = set()  # one may stand in several rows
        for (row,) in database.execute("SELECT ids FROM messages"):
            if isinstance(row, bytes):
                ids.update(row[at : at + 16] for at in range(0, len(row), 16))
            else:
                ids.update(json.loads(row))
        return len(ids)


def run(program, state, transport, lines, rounds, chance):
    before = 0
    working = 0  # rounds that ended with some of their notifications committed, and some not
    for number in range(rounds):
        transport.prepare(rounds - number)
        daemon = Daemon(program, state, transport.source)
        feeder = threading.Thread(target=transport.feed, args=(daemon,))
        feeder.start()
        if chance.random() < 0.8:
            daemon.await_ready()
            time.sleep(chance.uniform(0.0, WORKING))
        else:
            time.sleep(chance.uniform(0.0, STARTING))
        daemon.end(signal.SIGKILL)
        feeder.join()
        stored = events_stored(state)
        working += before < stored < transport.offered
        before = stored
    transport.prepare(0)
    daemon = Daemon(program, state, transport.source)
    daemon.await_ready()
    transport.feed(daemon)
    await_events(state, len({MESSAGE.search(line).group(1) for line in lines}))
    daemon.end(signal.SIGTERM)
    transport.close()
    return working


def exported(program, state, what):
    return subprocess.run([program, "store", "export", what, "--state", state], check=True, capture_output=True,
                          text=True).stdout


def compare(program, whole, killed):
    checked = subprocess.run([program, "store", "check", "--state", killed], capture_output=True, text=True)
    if checked.returncode != 0:
        sys.exit(f"the store is not whole:\n{checked.stdout}{checked.stderr}")
    records = exported(program, killed, "records")
    sequences = [int(json.loads(line)["sequence"]) for line in records.splitlines()]
    if sequences != list(range(1, len(sequences) + 1)):
        sys.exit("the sequence has a gap or a record twice")
    for what in ("records", "placements"):
        if exported(program, killed, what) != exported(program, whole, what):
            sys.exit(f"{what} are not those of a run that nobody killed; see {killed} and {whole}")
    return len(sequences)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("captures", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--over", choices=("http", "amqp"), action="append")
    parser.add_argument("--broker", type=pathlib.Path)
    parser.add_argument("--feed", type=os.path.abspath)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    transports = options.over or (["http", "amqp"] if options.broker else ["http"])
    lines = stream(options.captures, EACH_ROUND * (options.rounds + 1))
    print(f"seed {options.seed}, {len(lines)} notifications, {options.rounds} rounds")
    for name in transports:
        chance = random.Random(options.seed)
        with tempfile.TemporaryDirectory(prefix="vmtrail-crash-") as scratch:
            def transport():
                same = random.Random(options.seed)
                return OverHttp(lines, same) if name == "http" else OverAmqp(lines, options.broker, options.feed)
            begun = time.monotonic()
            run(options.program, f"{scratch}/whole", transport(), lines, 0, chance)
            working = run(options.program, f"{scratch}/killed", transport(), lines, options.rounds, chance)
            if options.rounds and not working:
                sys.exit(f"{name}: no kill fell into work: this shows nothing")
            records = compare(options.program, f"{scratch}/whole", f"{scratch}/killed")
            print(f"{name}: killed {options.rounds} times, {working} of them in the middle of it; {records} records, each once; "
                  f"{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
