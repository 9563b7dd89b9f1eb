#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: ceilometer_converter.py FILE VMS; see driving.py. Ceilometer's converter with the definitions it ships."""

import sys

from ceilometer import service
from ceilometer.event import converter
from stevedore import extension

import driving


class Ceilometer:
    def __init__(self) -> None:
        conf = service.prepare_service(["ceilometer"], [])
        plugins = extension.ExtensionManager(namespace="ceilometer.event.trait_plugin")
        self._converter = converter.setup_events(conf, plugins)
        self._event = None

    def populate(self, boots: list[dict]) -> None:
        """Nothing to know: the converter keeps no model."""

    def handle(self, message: dict) -> None:
        context = {"request_id": message["_context_request_id"]}
        notification = {"ctxt": context, "publisher_id": message["publisher_id"], "event_type": message["event_type"],
                        "payload": message["payload"], "metadata": {"message_id": message["message_id"],
                                                                    "timestamp": message["timestamp"]}}
        self._event = self._converter.to_event("info", notification)

    def host_of(self, message: dict) -> str:
        """It does not say where a VM is; only that it told of this VM with all its traits is checked."""
        traits = {trait.name: trait.value for trait in self._event.traits}
        whole = traits["instance_id"] == message["payload"]["instance_id"] and len(traits) >= 15
        return message["payload"]["host"] if whole else ""


if __name__ == "__main__":
    driving.drive(Ceilometer, sys.argv[1:])
