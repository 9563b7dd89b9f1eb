# SPDX-License-Identifier: Apache-2.0
"""What the drivers of the peers share: reading the notifications, and timing their own handling of them."""

import itertools
import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Protocol

CHUNK = 10


class Peer(Protocol):
    def populate(self, boots: list[dict]) -> None:
        """Makes the VMs known, by the notifications of their boots."""

    def handle(self, message: dict) -> None:
        """Does what the peer does with a notification off the bus."""

    def host_of(self, message: dict) -> str:
        """Where, by the peer, the VM is that this latest notification was about."""


def decoded(line: str) -> dict:
    """As oslo.messaging does: the envelope, if there is one, then the message in it."""
    message = json.loads(line)
    return json.loads(message["oslo.message"]) if "oslo.message" in message else message


def told_host(message: dict) -> str:
    payload = message["payload"]
    return payload.get("nova_object.data", payload)["host"]


def drive(start: Callable[[], Peer], arguments: list[str]) -> None:
    """FILE VMS: takes the first VMS lines of FILE as boots, says "ready", and then, for each number of seconds read
    from standard input, handles notifications for so long and prints how many, and the CPU seconds they took."""
    file, vms = arguments
    logging.disable(logging.CRITICAL)
    peer = start()
    with open(file, encoding="utf-8") as lines:
        peer.populate([decoded(line) for line in itertools.islice(lines, int(vms))])
        print("ready", flush=True)
        for request in sys.stdin:
            events, spent = 0, 0.0
            while spent < float(request):
                chunk = list(itertools.islice(lines, CHUNK))
                if not chunk:
                    sys.exit(f"{file}: too few notifications")
                begin = time.process_time()
                for line in chunk:
                    peer.handle(decoded(line))
                spent += time.process_time() - begin
                events += len(chunk)
            latest = decoded(chunk[-1])
            if peer.host_of(latest) != told_host(latest):
                sys.exit(f"{file}: the peer has another host than {chunk[-1]}")
            print(events, spent, flush=True)
