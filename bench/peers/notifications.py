# SPDX-License-Identifier: Apache-2.0
"""The notifications that vmtrail and its peers are fed: recorded ones, with VMs, hosts, ids and times of their own."""

import json
import pathlib
import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

CAPTURE = pathlib.Path(__file__).resolve().parents[2] / "fixtures/captures/live_migration"
VMS_PER_HOST = 25
START = datetime(2026, 11, 22, 12)
EVERY_VM_MOVES_IN = timedelta(minutes=20)
PAIR_APART = timedelta(milliseconds=10)

# What is sent for each move; the first word of a form says how.
FORMS = {
    "versioned-update": ("update",),
    "versioned": ("update", "post_dest_end"),
    "legacy": ("update", "post_dest_end"),
    "events": ("update", "post_dest_end"),
}


def recorded() -> dict[str, dict]:
    """A boot's end, and the two notifications of a live migration that name the new host."""
    found: dict[str, dict] = {}
    previous: dict[str, dict] = {}
    for line in (CAPTURE / "nova.bodies.jsonl").read_text(encoding="utf-8").splitlines():
        message = json.loads(json.loads(line)["oslo.message"])
        payload = message["payload"]
        if payload.get("display_name") != "demo-b":
            continue
        if message["event_type"].endswith("create.end"):
            found["create_end"] = message
        elif message["event_type"].endswith("post.dest.end"):
            return {**found, "update": previous, "post_dest_end": message}
        previous = message
    raise ValueError(f"{CAPTURE}: no live migration of demo-b")


def nova_object(name: str, version: str, data: dict) -> dict:
    return {"nova_object.name": name, "nova_object.namespace": "nova", "nova_object.version": version,
            "nova_object.data": data}


def versioned(message: dict, addresses: list[dict]) -> dict:
    """The same notification in Nova's versioned form, with the fields that Nova 26 sends."""
    legacy = message["payload"]
    kind = message["event_type"].removeprefix("compute.instance.").replace("live_migration.post.dest",
                                                                           "live_migration_post_dest")
    flavor = {"flavorid": legacy["instance_flavor_id"], "name": legacy["instance_type"], "root_gb": legacy["root_gb"],
              "vcpus": legacy["vcpus"], "ephemeral_gb": legacy["ephemeral_gb"], "memory_mb": legacy["memory_mb"],
              "disabled": False, "rxtx_factor": 1.0, "extra_specs": {}, "projects": None, "swap": 0,
              "is_public": True, "vcpu_weight": 0, "description": None}
    data = {key: legacy[key] for key in ("architecture", "availability_zone", "display_name", "host", "node", "os_type",
                                         "kernel_id", "ramdisk_id", "metadata", "reservation_id", "state", "tenant_id",
                                         "user_id")}
    data |= {"uuid": legacy["instance_id"], "host_name": legacy["hostname"],
             "display_description": legacy["display_name"], "image_uuid": legacy["image_meta"]["base_image_ref"],
             "key_name": None, "locked": False, "locked_reason": None, "auto_disk_config": "MANUAL",
             "task_state": legacy["state_description"] or None, "power_state": "running", "progress": 0,
             "created_at": "2026-11-22T12:33:26Z", "launched_at": "2026-11-22T12:33:26Z",
             "updated_at": "2026-11-22T12:33:29Z", "deleted_at": None, "terminated_at": None,
             "request_id": message["_context_request_id"], "action_initiator_user": legacy["user_id"],
             "action_initiator_project": legacy["tenant_id"], "block_devices": [],
             "flavor": nova_object("FlavorPayload", "1.4", flavor),
             "ip_addresses": [nova_object("IpPayload", "1.0", {
                 "mac": address["vif_mac"], "address": address["address"], "meta": {}, "version": 4,
                 "label": address["label"], "device_name": "tapce531f90-19",
                 "port_uuid": "ce531f90-199f-48c0-816c-13e38010b442"}) for address in addresses]}
    if kind == "update":
        data |= {"old_display_name": None, "tags": [],
                 "audit_period": nova_object("AuditPeriodPayload", "1.0", {
                     "audit_period_beginning": "2026-11-22T12:00:00Z", "audit_period_ending": "2026-11-22T12:33:29Z"}),
                 "state_update": nova_object("InstanceStateUpdatePayload", "1.0", {
                     "state": legacy["state"], "old_state": legacy["old_state"],
                     "old_task_state": legacy["old_task_state"], "new_task_state": legacy["new_task_state"]})}
        payload = nova_object("InstanceUpdatePayload", "2.0", data)
    elif kind == "create.end":
        data |= {"fault": None, "keypairs": [], "tags": [], "trusted_image_certificates": None,
                 "instance_name": "instance-00000001"}
        payload = nova_object("InstanceCreatePayload", "1.12", data)
    else:
        payload = nova_object("InstanceActionPayload", "1.8", {**data, "fault": None})
    return {**message, "event_type": f"instance.{kind}", "payload": payload,
            "publisher_id": message["publisher_id"].replace("compute.", "nova-compute:", 1)}


def left_open(line: str, message: dict) -> str:
    """The line as a format string: what differs from one notification to the next is to be filled in."""
    payload = message["payload"]
    names = {message["message_id"]: "message_id", message["_unique_id"]: "unique_id", payload["host"]: "host",
             message["timestamp"]: "time", message["timestamp"].replace(" ", "T"): "iso_time",
             message["_context_request_id"]: "request", payload["instance_id"]: "uuid", payload["display_name"]: "name"}
    return re.sub("|".join(map(re.escape, names)), lambda found: f"%({names[found.group()]})s",
                  line.replace("%", "%%"))


def templates(form: str, bare: bool) -> dict[str, str]:
    messages = recorded()
    events = {}
    for line in (CAPTURE / "default/http.bodies.jsonl").read_text(encoding="utf-8").splitlines():
        events[json.loads(line)[0]["message_id"]] = line
    addresses = messages["post_dest_end"]["payload"]["fixed_ips"]
    result = {}
    for name, message in messages.items():
        if form == "events":
            line = events[message["message_id"]]
        else:
            line = json.dumps(message if form == "legacy" else versioned(message, addresses))
            if not bare:
                line = json.dumps({"oslo.version": "2.0", "oslo.message": line})
        result[name] = left_open(line, message)
    return result


class Workload:
    """A cloud of so many VMs, each of which has booted, and then moves between two hosts, at random times.

    Every notification of a move has a message_id of its own and a time later than the one before. All VMs together
    move as often as if each did every 20 minutes, whatever their number.
    """

    def __init__(self, form: str, vms: int, events: int, *, seed: int = 4, bare: bool = False) -> None:
        self.placement: dict[str, str] = {}
        self.count = 0
        self._templates = templates(form, bare)
        self._moved_by = FORMS[form]
        self._vms, self._events = vms, events
        self._random = random.Random(seed)

    def lines(self) -> Iterator[str]:
        """The boots, one for each VM, then the moves; afterwards `placement` and `count` tell what was sent."""
        hosts = [f"compute{number:04}" for number in range(max(2, self._vms // VMS_PER_HOST))]
        uuids = [self._uuid() for _ in range(self._vms)]
        at = [number % len(hosts) for number in range(self._vms)]
        now, step = START, EVERY_VM_MOVES_IN / self._vms

        def notification(template: str, vm: int, request: str) -> str:
            fields = {"message_id": self._uuid(), "unique_id": f"{self._random.getrandbits(128):032x}",
                      "host": hosts[at[vm]], "time": now.strftime("%Y-%m-%d %H:%M:%S.%f"),
                      "iso_time": now.strftime("%Y-%m-%dT%H:%M:%S.%f"), "request": request, "uuid": uuids[vm],
                      "name": f"vm-{vm:05}"}
            self.placement[uuids[vm]] = fields["host"]
            self.count += 1
            return self._templates[template] % fields + "\n"

        for vm in range(self._vms):
            yield notification("create_end", vm, f"req-{self._uuid()}")
            now += step
        for _ in range(self._events // len(self._moved_by)):
            vm = self._random.randrange(self._vms)
            home = vm % len(hosts)
            at[vm] = (home + 1) % len(hosts) if at[vm] == home else home
            request = f"req-{self._uuid()}"
            for template in self._moved_by:
                yield notification(template, vm, request)
                now += PAIR_APART
            now += step - PAIR_APART * len(self._moved_by)

    def _uuid(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
