#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Plays Nova's recorded notifications to Ceilometer's notification agent, which publishes to vmtrail over HTTP and AMQP.

See the README beside it. To be run with Debian's own Python, which has Ceilometer's packages.
"""

import argparse
import atexit
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import amqp

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "fixtures/captures"
sys.path.insert(0, str(ROOT / "tests"))
import broker  # noqa: E402

AGENT = "/usr/bin/ceilometer-agent-notification"
PATIENCE = 120
KINDS = {"live-migration": "live_migration", "migration": "cold_migration", "resize": "resize",
         "evacuation": "evacuation"}
OUTCOMES = {"completed": "completed", "finished": "completed", "confirmed": "completed", "done": "completed",
            "reverted": "reverted", "failed": "failed", "error": "failed", "cancelled": "aborted"}


def lines_of(file):
    compressed = file.with_name(file.name + ".zst")
    text = file.read_text() if file.exists() else subprocess.run(
        ["zstdcat", compressed], check=True, capture_output=True, text=True).stdout
    return text.splitlines()


class Process:
    """A program in the background; what it says is kept in a file, and looked through."""

    def __init__(self, words, log, **more):
        self.log = log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(words, stdout=output, stderr=output, stdin=subprocess.DEVNULL, **more)
        atexit.register(self.process.kill)  # should the test give up

    def said(self):
        return self.log.read_text(errors="replace")

    def await_word(self, word, count=1):
        await_true(lambda: self.said().count(word) >= count or self.process.poll() is not None, f"{self.log}: no '{word}'")
        if self.process.poll() is not None:
            sys.exit(f"{self.log.name} ended:\n{self.said()[-4000:]}")

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def await_true(holds, otherwise):
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            sys.exit(otherwise() if callable(otherwise) else otherwise)
        time.sleep(0.05)


class Agent(Process):
    """Ceilometer's agent with a configuration of its own."""

    def __init__(self, directory, port, url, options):
        (directory / "event_pipeline.yaml").write_text(f"""\
sources:
- name: all
  events: ["*"]
  sinks: [vmtrail]
sinks:
- name: vmtrail
  publishers:
  - {url}/v1/events?timeout=60
  - notifier://
""")
        raw = "store_raw=info\nstore_raw=error\n" if options.raw else ""
        (directory / "ceilometer.conf").write_text(f"""\
[DEFAULT]
transport_url=rabbit://vmtrail:s3cret@127.0.0.1:{port}/
host=controller01
debug=false
max_parallel_requests={options.threads}
event_pipeline_cfg_file={directory}/event_pipeline.yaml
[notification]
pipelines=event
notification_control_exchanges=nova
workers=1
[oslo_messaging_notifications]
topics=notifications
[event]
{raw}[publisher]
telemetry_secret=of the test
""")
        super().__init__([AGENT, "--config-file", directory / "ceilometer.conf"], directory / "agent.log", cwd=directory)


class Nova:
    """Publishes to exchange `nova`, as Nova's services do."""

    def __init__(self, port):
        self.connection = amqp.Connection(f"127.0.0.1:{port}", "vmtrail", "s3cret")
        self.connection.connect()
        self.channel = self.connection.channel()
        self.channel.exchange_declare("nova", "topic", durable=False, auto_delete=False)
        self.channel.exchange_declare("ceilometer", "topic", durable=False, auto_delete=False)

    def publish(self, recorded):
        properties = {key: value for key, value in recorded["properties"].items() if key != "headers"}
        message = amqp.Message(recorded["body"], application_headers=recorded["properties"].get("headers", {}), **properties)
        self.channel.basic_publish(message, exchange=recorded["exchange"], routing_key=recorded["routing_key"])

    def consumers(self, queue):
        try:
            return self.channel.queue_declare(queue, passive=True).consumer_count
        except amqp.exceptions.NotFound:
            self.channel = self.connection.channel()
            return 0


class Daemon(Process):
    """vmtrail with one source and a state, and where it can be asked."""

    def __init__(self, program, directory, name, source):
        self.name = name
        self.state = directory / f"{name}.state"
        super().__init__([program, "serve", "--source", source, "--listen", "http://127.0.0.1:0", "--state", self.state],
                         directory / f"{name}.log")
        self.await_word("ready")
        self.address = [line.split()[1] for line in self.said().splitlines() if line.startswith("listening http")][-1]

    def counts(self):
        with urllib.request.urlopen(f"{self.address}/v1/stats", timeout=PATIENCE) as answer:
            return json.load(answer)["stats"]

    def events(self):
        counts = self.counts()
        return counts["events"] - counts["duplicate"]


def exported(program, state):
    text = subprocess.run([program, "store", "export", "placements", "--state", state], check=True, capture_output=True,
                          text=True).stdout
    return {instance["id"]: instance for instance in map(json.loads, text.splitlines())}


def migrations(program, state):
    text = subprocess.run([program, "migrations", "--state", state, "-o", "json"], check=True, capture_output=True,
                          text=True).stdout
    return sorted((one["instance"], one["kind"], one["source"], one["destination"], one["outcome"])
                  for one in json.loads(text)["migrations"])


def differences(program, state, expected):
    """What is not as in Nova's database, a line each."""
    found = []
    ours = exported(program, state)
    for nova in expected["instances"]:
        mine = ours.get(nova["instance_id"])
        if mine is None:
            found.append(f"{nova['instance_id']} is missing")
            continue
        names = ["deleted"] if nova["deleted"] else ["deleted", "host", "vm_state", "task_state"]
        found += [f"{nova['instance_id']}: {name} is {mine[name]}, should be {nova[name]}"
                  for name in names if mine[name] != nova[name]]
    theirs = sorted((one["instance_uuid"], KINDS[one["migration_type"]], one["source_compute"], one["dest_compute"],
                     OUTCOMES[one["status"]]) for one in expected["migrations"])
    mine = migrations(program, state)
    if mine != theirs:
        found += [f"migration too many: {one}" for one in mine if one not in theirs]
        found += [f"migration missing: {one}" for one in theirs if one not in mine]
    return found


def free_port():
    return broker.free_ports(1)[0]


def play(options, directory, scenario, nova, sources):
    """One scenario through the agent into a daemon for each transport; returns whether all was right."""
    place = directory / scenario
    place.mkdir()
    daemons = [Daemon(options.program, place, name, source) for name, source in sources.items()]
    next(one for one in daemons if one.name == "amqp").await_word("consuming the queue")
    await_true(lambda: nova.consumers("vmtrail") == 1, "the queue has no consumer")
    recorded = [json.loads(line) for line in lines_of(CAPTURES / scenario / "nova.amqp.jsonl")]
    for message in recorded:
        nova.publish(message)
    ids = {json.loads(json.loads(message["body"])["oslo.message"])["message_id"] for message in recorded}
    right = True
    expected = json.loads((CAPTURES / scenario / "expected.json").read_text())
    for daemon in daemons:
        await_true(lambda: daemon.events() >= len(ids),
                   lambda: f"{scenario}: {daemon.events()} of {len(ids)} events came over {daemon.name}; see {directory}")
        counts = daemon.counts()
        code = daemon.end()
        found = differences(options.program, daemon.state, expected)
        if code != 0:
            found.append(f"the daemon ended with {code}")
        if counts["quarantined"]["total"] > 0:
            found.append(f"quarantined: {counts['quarantined']}")
        if counts["events"] - counts["duplicate"] != len(ids):
            found.append(f"{counts['events']} events, {counts['duplicate']} of them copies, of {len(ids)} notifications")
        print(f"{scenario:24} {daemon.name:5} {counts['events']:4} events, {counts['applied']:4} applied, "
              f"{counts['duplicate']:2} copies: {'as Nova has it' if not found else 'DIFFERS'}", flush=True)
        for line in found:
            print(f"    {line}")
        right = right and not found
    return right


def run(options, directory):
    server = directory / "broker"
    broker.start(server)
    agent = None
    try:
        port = json.loads((server / "ports.json").read_text())["amqp"]
        nova = Nova(port)
        http = f"http://127.0.0.1:{free_port()}"
        sources = {"http": http,
                   "amqp": f"amqp://vmtrail@127.0.0.1:{port}/?password_file={server}/password&bind=ceilometer:event.sample"}
        agent = Agent(directory, port, http, options)
        await_true(lambda: nova.consumers("notifications.info") > 0 or agent.process.poll() is not None,
                   lambda: f"the agent does not consume:\n{agent.said()[-4000:]}")
        right = [play(options, directory, scenario, nova, sources) for scenario in options.scenario]
        if agent.process.poll() is not None:
            sys.exit(f"the agent ended:\n{agent.said()[-4000:]}")
        complaints = [line for line in agent.said().splitlines() if " ERROR " in line]
        print(f"{sum(right)} of {len(right)} scenarios; the agent complained {len(complaints)} times")
        for line in complaints[:10]:
            print(f"    {line[:300]}")
        return 0 if all(right) and not complaints else 1
    finally:
        if agent is not None:
            agent.end()
        broker.stop(server)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=os.path.abspath, help="the built vmtrail")
    scenarios = sorted(file.parent.name for file in CAPTURES.glob("*/expected.json"))
    parser.add_argument("--scenario", choices=scenarios, action="append")
    parser.add_argument("--threads", type=int, default=64)
    parser.add_argument("--raw", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    options.scenario = options.scenario or scenarios
    if options.keep:
        options.keep.mkdir(parents=True)
        sys.exit(run(options, options.keep.resolve()))
    with tempfile.TemporaryDirectory(prefix="vmtrail-ceilometer-") as scratch:
        sys.exit(run(options, pathlib.Path(scratch)))


if __name__ == "__main__":
    main()
