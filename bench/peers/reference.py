#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: reference.py [--placement] FILE

What a careful operator would write in an afternoon: reads Nova's notifications (in the messaging envelope or without,
legacy or versioned) or Ceilometer's events, one JSON document a line, and keeps for each instance its host, state and
time of the last change. It trusts no host but from events that know it, and nothing older than what it has.
--placement prints that at the end, an instance a line; otherwise only how many events there were.
"""

import json
import sys

PAYLOAD, PUBLISHER, NOWHERE, GONE = "payload", "publisher", "nowhere", "gone"

# Whose word on the host to take, by event. Where it is the publisher's, the payload of an evacuation is stale;
# where it is the payload's alone, the publisher may be a controller or the other host.
BOTH = (PAYLOAD, PUBLISHER)
TRUSTED: dict[str, tuple[str, ...]] = {
    "update": (PAYLOAD,),
    "live_migration.post.dest.end": BOTH,
    "live_migration._rollback.end": BOTH,
    "resize.end": (PAYLOAD,),
    "finish_resize.end": BOTH,
    "resize.confirm.end": (PAYLOAD,),
    "resize.revert.end": BOTH,
    "rebuild.end": (PUBLISHER,),
    "shelve_offload.end": (NOWHERE,),
    "delete.end": (GONE,),
}
for action in ("create", "unshelve", "power_on", "power_off", "pause", "unpause", "suspend", "resume", "reboot",
               "rescue", "unrescue", "shelve", "restore", "soft_delete"):
    TRUSTED[f"{action}.end"] = BOTH
RULES = {f"compute.instance.{event}": trusted for event, trusted in TRUSTED.items()}
RENAMED = {"live_migration.post.dest": "live_migration_post_dest", "live_migration._rollback":
           "live_migration_rollback", "finish_resize": "resize_finish", "resize.confirm": "resize_confirm",
           "resize.revert": "resize_revert"}
for event, trusted in TRUSTED.items():
    operation, dot, phase = event.rpartition(".")
    RULES[f"instance.{RENAMED.get(operation, operation)}{dot}{phase}"] = trusted


class Placement:
    def __init__(self) -> None:
        self.instances: dict[str, tuple[str, str | None, str]] = {}  # by id: time, host, state

    def set(self, instance: str, time: str, host: str | None, state: str) -> None:
        known = self.instances.get(instance)
        if known is None or known[0] <= time:
            self.instances[instance] = (time, host, state)

    def apply(self, instance: str, trusted: tuple[str, ...], time: str, hosts: dict[str, str | None],
              state: str) -> None:
        if NOWHERE in trusted:
            self.set(instance, time, None, state)
        elif GONE in trusted or state == "deleted":
            self.set(instance, time, None, "deleted")
        else:
            for witness in trusted:
                if witness in hosts:
                    self.set(instance, time, hosts[witness], state)
                    return
            known = self.instances.get(instance)
            self.set(instance, time, known[1] if known else None, state)

    def notification(self, message: dict) -> None:
        trusted = RULES.get(message["event_type"])
        if trusted is None:
            return
        payload, publisher = message["payload"], message["publisher_id"]
        if "nova_object.data" in payload:
            payload = payload["nova_object.data"]
            instance, separator = payload["uuid"], ":"
        else:
            instance, separator = payload["instance_id"], "."
        hosts = {PAYLOAD: payload["host"], PUBLISHER: publisher.partition(separator)[2]}
        self.apply(instance, trusted, message["timestamp"], hosts, payload["state"])

    def event(self, event: dict) -> None:
        trusted = RULES.get(event["event_type"])
        if trusted is None:
            return
        traits = {trait[0]: trait[2] for trait in event["traits"]}
        hosts = {PUBLISHER: traits.get("host")}
        self.apply(traits["instance_id"], trusted, event["generated"], hosts, traits["state"])


def main(arguments: list[str]) -> None:
    printed = arguments[:1] == ["--placement"]
    if len(arguments) != 1 + printed:
        sys.exit(__doc__)
    placement, count = Placement(), 0
    with open(arguments[-1], "rb") as lines:
        for line in lines:
            document = json.loads(line)
            if isinstance(document, list):
                for event in document:
                    placement.event(event)
                count += len(document)
            else:
                if "oslo.message" in document:
                    document = json.loads(document["oslo.message"])
                placement.notification(document)
                count += 1
    if printed:
        for instance, (_, host, state) in placement.instances.items():
            print(instance, host, state)
    else:
        print(count)


if __name__ == "__main__":
    main(sys.argv[1:])
