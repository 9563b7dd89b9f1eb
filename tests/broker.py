#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: broker.py start DIR | stop DIR | kill DIR | alarm DIR | calm DIR

A RabbitMQ of the tests' own: on loopback, at free ports, with everything that it writes in DIR, as whoever runs
it; the machine's service is neither needed nor touched. `start` returns once it takes connections, and starts
what `kill` has killed at the same ports. From `alarm` to `calm` it is short of memory, and takes no messages. DIR/ports then holds the ports of AMQP and of AMQP over TLS, DIR/cert.pem
the certificate to trust, DIR/password the password of the user `vmtrail`, who may do everything in the vhost `/`;
`limited` (the same password) may not write or read exchanges.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
CONTROL = "/usr/lib/rabbitmq/bin/rabbitmqctl"
PATIENCE = 120


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def user(name):
    return {"name": name, "password": "s3cret", "tags": ""}


def permission(name, configure, write, read):
    return {"user": name, "vhost": "/", "configure": configure, "write": write, "read": read}


def write_configuration(directory, ports):
    definitions = {
        "users": [user("vmtrail"), user("limited")],
        "vhosts": [{"name": "/"}],
        "permissions": [permission("vmtrail", ".*", ".*", ".*"), permission("limited", "^own", "^own", "^own")],
    }
    (directory / "definitions.json").write_text(json.dumps(definitions))
    (directory / "rabbitmq.conf").write_text(f"""\
listeners.tcp.1 = 127.0.0.1:{ports['amqp']}
listeners.ssl.1 = 127.0.0.1:{ports['amqps']}
ssl_options.certfile = {directory}/cert.pem
ssl_options.keyfile = {directory}/key.pem
load_definitions = {directory}/definitions.json
disk_free_limit.absolute = 1MB
log.file.level = warning
""")
    (directory / "enabled_plugins").write_text("[].\n")
    (directory / "password").write_text("s3cret\n")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", directory / "key.pem", "-out", directory / "cert.pem"],
                   check=True, stderr=subprocess.DEVNULL)


def environment(directory, ports):
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "LANG": "C.UTF-8",
        "RABBITMQ_NODENAME": f"vmtrail-{ports['amqp']}@localhost",
        "RABBITMQ_DIST_PORT": str(ports["dist"]),
        "ERL_EPMD_PORT": str(ports["epmd"]),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_CONF_ENV_FILE": str(directory / "none.conf"),
        "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(directory / "mnesia"),
        "RABBITMQ_LOG_BASE": str(directory / "log"),
        "RABBITMQ_PID_FILE": str(directory / "pid"),
        # Small and quick: two schedulers that do not spin.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
    }


def takes_connections(port):
    """A broker that still boots accepts, and says nothing; one that is up answers a wrong greeting with its own."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"AMQP\0\0\0\0")
            return connection.recv(4) == b"AMQP"
    except OSError:
        return False


def start(directory):
    if (directory / "session").exists():  # a run that was broken off
        clean(directory)
    directory.mkdir(parents=True, exist_ok=True)
    settings = directory / "ports.json"
    if not settings.exists():
        ports = dict(zip(("amqp", "amqps", "dist", "epmd"), free_ports(4)))
        write_configuration(directory, ports)
        settings.write_text(json.dumps(ports))
        (directory / "ports").write_text(f"{ports['amqp']} {ports['amqps']}\n")
    ports = json.loads(settings.read_text())
    with open(directory / "output", "ab") as output:
        server = subprocess.Popen([SERVER], env=environment(directory, ports), cwd=directory, stdin=subprocess.DEVNULL,
                                  stdout=output, stderr=output, start_new_session=True)
    (directory / "session").write_text(str(server.pid))
    until = time.monotonic() + PATIENCE
    while not takes_connections(ports["amqp"]):
        if server.poll() is not None or time.monotonic() > until:
            sys.exit(f"the broker does not start:\n{(directory / 'output').read_text()[-4000:]}")
        time.sleep(0.1)


def stop(directory):
    """Everything of its session goes, and its epmd, which has left it."""
    session = directory / "session"
    if session.exists():
        group = session.read_text()
        command = pathlib.Path("/proc", group, "cmdline")
        # After a restart of the machine the number may be somebody else's.
        if not command.exists() or b"rabbitmq" in command.read_bytes():
            try:
                os.killpg(int(group), signal.SIGKILL)
            except ProcessLookupError:
                pass
        session.unlink()
    if (directory / "ports.json").exists():
        ports = json.loads((directory / "ports.json").read_text())
        subprocess.run(["epmd", "-port", str(ports["epmd"]), "-kill"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)


def allow_memory(directory, part):
    """Beyond this part of the machine's memory the broker takes no messages."""
    ports = json.loads((directory / "ports.json").read_text())
    node = f"vmtrail-{ports['amqp']}@localhost"
    subprocess.run([CONTROL, "--node", node, "set_vm_memory_high_watermark", part], env=environment(directory, ports),
                   stdout=subprocess.DEVNULL, check=True)


def clean(directory):
    stop(directory)
    subprocess.run(["rm", "-rf", directory], check=True)


def main():
    commands = {"start": start, "stop": clean, "kill": stop,
                "alarm": lambda directory: allow_memory(directory, "0"),
                "calm": lambda directory: allow_memory(directory, "0.6")}
    if len(sys.argv) != 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](pathlib.Path(sys.argv[2]).resolve())


if __name__ == "__main__":
    main()
