#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: watcher_endpoint.py FILE VMS; see driving.py. Watcher's Nova endpoint on a compute model of its own."""

import sys
import types
import uuid

from watcher.decision_engine.model import element
from watcher.decision_engine.model.model_root import ModelRoot
from watcher.decision_engine.model.notification import nova

import driving

CAPACITY = {"memory": 262144, "memory_mb_reserved": 0, "memory_ratio": 1.0, "vcpus": 64, "vcpu_reserved": 0,
            "vcpu_ratio": 16.0, "disk": 4000, "disk_gb_reserved": 0, "disk_ratio": 1.0}


class Watcher:
    def __init__(self) -> None:
        self._model = ModelRoot()
        collector = types.SimpleNamespace(cluster_data_model=self._model)
        self._endpoint = nova.VersionedNotification(collector)

    def populate(self, boots: list[dict]) -> None:
        """By the model's own methods: it is a collector, not an endpoint, that fills it at first."""
        nodes = {}
        for message in boots:
            data = message["payload"]["nova_object.data"]
            host, flavor = data["host"], data["flavor"]["nova_object.data"]
            if host not in nodes:
                nodes[host] = element.ComputeNode(uuid=str(uuid.uuid4()), hostname=host, state="up", status="enabled",
                                                  disabled_reason=None, **CAPACITY)
                self._model.add_node(nodes[host])
            instance = element.Instance(uuid=data["uuid"], name=data["display_name"], state=data["state"],
                                        memory=flavor["memory_mb"], disk=flavor["root_gb"], vcpus=flavor["vcpus"],
                                        metadata=data["metadata"], project_id=data["tenant_id"],
                                        locked=data["locked"])
            self._model.add_instance(instance)
            self._model.map_instance(instance, nodes[host])

    def handle(self, message: dict) -> None:
        self._endpoint.info({}, message["publisher_id"], message["event_type"], message["payload"],
                            {"message_id": message["message_id"], "timestamp": message["timestamp"]})

    def host_of(self, message: dict) -> str:
        return self._model.get_node_by_instance_uuid(message["payload"]["nova_object.data"]["uuid"]).hostname


if __name__ == "__main__":
    driving.drive(Watcher, sys.argv[1:])
