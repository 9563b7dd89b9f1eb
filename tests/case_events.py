#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: case_events.py --write|--check FIXTURES/CASES

Makes the events.* of each case folder that has a story.txt from it, or checks that they agree.

A story is the sequence as one would draw it on paper. Its first lines are `key: value`:
  form: nova (oslo envelope), nova1 (without), versioned, or Ceilometer's default traits: http, notifier, file,
        repr, log; or those of ceilometer_zenoss: zenoss, zenoss_repr, zenoss_log
Then, one event a line:
  TIME  PUBLISHER  EVENT  HOST  STATE/TASK  REQUEST  [KEY=VALUE ...]
`compute.instance.` (versioned: `instance.`) is left out of EVENT, unless it begins with `!`. HOST is that of the
payload; `-` is null, `.` not there at all. `#` begins a comment. What the form does not carry is left out of it:
Ceilometer's default traits have neither HOST nor TASK.
"""

import hashlib
import json
import pathlib
import sys

DAY = "2026-11-22"
PROJECT = "6f70656e737461636b20342065766572"
USER = "1a6dd42a7fd5f3b64792a32bbf448fe4"
SIZE = [("memory_mb", 512), ("disk_gb", 1), ("root_gb", 1), ("ephemeral_gb", 0), ("vcpus", 1)]
DATES = ("launched_at", "deleted_at", "audit_period_beginning", "audit_period_ending")
SUFFIX = {"repr": ".txt", "zenoss_repr": ".txt", "log": ".log", "zenoss_log": ".log"}


def uuid(*parts):
    digits = hashlib.sha256("/".join(parts).encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def iso(time, between="T"):
    return time.replace(" ", between).replace("T", between)


class Told:
    """One line of a story."""

    def __init__(self, line, form, case, number):
        words = line.split()
        time, self.publisher, event, host, state, request = words[:6]
        extra = dict(word.split("=", 1) for word in words[6:])
        clock, _, fraction = time.partition(".")
        self.time = f"{DAY} {clock}.{fraction:0<6}"
        self.service, _, self.publisher_host = self.publisher.partition(":" if form == "versioned" else ".")
        prefix = "instance." if form == "versioned" else "compute.instance."
        self.event_type = event[1:] if event.startswith("!") else prefix + event
        self.message_id = uuid(case, str(number))
        self.request = None if request == "-" else "req-" + uuid(request)
        self.about_instance = self.event_type.startswith(prefix)
        number = extra.pop("instance", "1")
        self.instance_id = uuid("instance", number)
        self.payload = {}
        self.bare = state == "."
        if self.bare:
            self.payload = {"exception": "{'class': 'NovaException'}", "args": {}}
        elif self.event_type.startswith("compute_task."):
            self.payload = {"request_spec": {}, "instance_properties": {}, "instance_id": self.instance_id,
                            "state": state.partition("/")[0], "reason": "NoValidHost",
                            "method": self.event_type.removeprefix("compute_task.")}
        else:
            name = extra.pop("name", f"web-{number}").replace("+", " ")
            vm_state, _, task = state.partition("/")
            self.payload = {"tenant_id": PROJECT, "user_id": USER, "instance_id": self.instance_id,
                            "display_name": name, "instance_type": extra.pop("flavor", "m1.tiny"),
                            "host": None if host == "-" else host, "deleted_at": "",
                            "state": vm_state, "state_description": task}
            if host == ".":
                del self.payload["host"]
            if self.event_type.endswith("instance.update"):
                self.payload["old_state"] = vm_state
        for key, value in extra.items():
            self.payload[key] = value.replace("T", " ") if key.startswith("audit") else value


# ---- Nova's own notifications

def notification(told):
    return {"message_id": told.message_id, "publisher_id": told.publisher, "event_type": told.event_type,
            "priority": "ERROR" if told.bare or told.event_type.endswith("error") else "INFO",
            "payload": told.payload, "timestamp": told.time, "_context_request_id": told.request}


def versioned(told):
    result = notification(told)
    payload = told.payload
    if told.about_instance:
        data = {"uuid": told.instance_id, "tenant_id": PROJECT, "user_id": USER,
                "display_name": payload["display_name"], "host_name": payload["display_name"],
                "host": payload["host"], "node": payload["host"], "state": payload["state"],
                "task_state": payload["state_description"] or None, "power_state": payload.get("power"),
                "deleted_at": payload["deleted_at"] or None,
                "flavor": {"nova_object.name": "FlavorPayload", "nova_object.namespace": "nova",
                           "nova_object.version": "1.4", "nova_object.data": {"name": payload["instance_type"]}}}
        if "old_state" in payload:
            data["state_update"] = {"nova_object.name": "InstanceStateUpdatePayload",
                                    "nova_object.namespace": "nova", "nova_object.version": "1.0",
                                    "nova_object.data": {"old_state": payload["old_state"]}}
        kind = "InstanceActionPayload"
    elif told.event_type.startswith("service."):
        words = {"true": True, "false": False}
        data = {key: words.get(value, value) for key, value in payload.items() if key not in ("exception", "args")}
        data.update({"uuid": uuid("service", payload["host"]), "topic": "compute"})
        kind = "ServiceStatusPayload"
    else:
        data = {"module_name": "nova.compute.manager", "function_name": payload.get("function", "inner"),
                "exception": "NovaException", "exception_message": "refused", "traceback": ""}
        kind = "ExceptionPayload"
    result["payload"] = {"nova_object.name": kind, "nova_object.namespace": "nova",
                         "nova_object.version": "1.0", "nova_object.data": data}
    return result


def enveloped(message):
    return json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(message)})


# ---- Ceilometer's events

def traits(told, zenoss):
    payload = told.payload
    result = [("service", told.service if told.about_instance else told.publisher)]
    if told.request:
        result.append(("request_id", told.request))
    result += [("project_id", PROJECT), ("user_id", USER), ("tenant_id", PROJECT)]
    if told.about_instance:
        names = {"instance_id": "instance_id", "display_name": "display_name", "state": "state"}
        if zenoss:
            names.update({"flavor_name": "instance_type", "state_description": "state_description"})
        else:
            names.update({"resource_id": "instance_id", "instance_type": "instance_type"})
        result += [(name, payload[key]) for name, key in names.items()]
        result.append(("host_name" if zenoss else "host", told.publisher_host))
        result += SIZE
        result += [(key, payload[key]) for key in ("old_state", *DATES) if payload.get(key)]
    return result


def dtype(name, value):
    return 4 if name in DATES else 2 if isinstance(value, int) else 1


def serialized(told, zenoss, between="T", dictionaries=False):
    listed = []
    for name, value in traits(told, zenoss):
        kind = dtype(name, value)
        value = iso(value, between) if kind == 4 else value
        listed.append({"name": name, "dtype": kind, "value": value} if dictionaries else [name, kind, value])
    return {"message_id": told.message_id, "event_type": told.event_type,
            "generated": iso(told.time, between), "traits": listed, "raw": {}}


def python_dict(told, zenoss):
    event = serialized(told, zenoss, " ", True)
    moment = [int(number) for number in told.time.replace("-", " ").replace(":", " ").replace(".", " ").split()]
    text = repr(event)
    return text.replace(repr(event["generated"]), f"datetime.datetime({', '.join(map(str, moment))})", 1)


def log_line(told, zenoss):
    inner = " ".join(f"<Trait: {name} {dtype(name, value)} {iso(value, ' ') if name in DATES else value}>"
                     for name, value in traits(told, zenoss))
    return (f"{told.time[:-3]} 25667 INFO ceilometer_zenoss.dispatcher.zenoss [-] record_events called "
            f"(events=[<Event: {told.message_id}, {told.event_type}, {told.time}, {inner}>])")


FORMS = {
    "nova": lambda told: enveloped(notification(told)),
    "nova1": lambda told: json.dumps(notification(told)),
    "versioned": lambda told: enveloped(versioned(told)),
    "http": lambda told: json.dumps([serialized(told, False)]),
    "notifier": lambda told: enveloped({
        "message_id": uuid("bus", told.message_id), "publisher_id": "telemetry.publisher.telemetry01",
        "event_type": "event", "priority": "SAMPLE", "payload": [serialized(told, False)], "timestamp": told.time}),
    "file": lambda told: json.dumps(serialized(told, False, " ", True)),
    "repr": lambda told: python_dict(told, False),
    "log": lambda told: log_line(told, False),
    "zenoss": lambda told: json.dumps([serialized(told, True)]),
    "zenoss_repr": lambda told: python_dict(told, True),
    "zenoss_log": lambda told: log_line(told, True),
}


def events(story, case):
    """The name and the content of the file of events."""
    form = None
    lines = []
    for line in story.splitlines():
        line = line.split("#", 1)[0].strip()
        if line.startswith("form:"):
            form = line.removeprefix("form:").strip()
        elif line:
            lines.append(FORMS[form](Told(line, form, case, len(lines))) + "\n")
    return "events" + SUFFIX.get(form, ".jsonl"), "".join(lines)


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in ("--write", "--check"):
        sys.exit(__doc__)
    wrong = []
    stories = sorted(pathlib.Path(arguments[1]).glob("*/story.txt"))
    for story in stories:
        name, content = events(story.read_text(encoding="utf-8"), story.parent.name)
        file = story.parent / name
        if arguments[0] == "--write":
            file.write_text(content, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != content:
            wrong.append(f"{file}: not what story.txt tells; run case_events.py --write")
    if not stories:
        wrong.append(f"{arguments[1]}: no stories")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main(sys.argv[1:])
