#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: vitrage_processor.py FILE VMS; see driving.py. Vitrage's Nova driver, processor and NetworkX graph."""

import pathlib
import sys

import vitrage
from oslo_config import cfg
from vitrage import opts
from vitrage.common.constants import DatasourceAction
from vitrage.common.constants import DatasourceProperties
from vitrage.common.constants import EdgeProperties
from vitrage.common.constants import VertexProperties
from vitrage.datasources.nova.host import NOVA_HOST_DATASOURCE
from vitrage.datasources.nova.host.driver import HostDriver
from vitrage.datasources.nova.instance import NOVA_INSTANCE_DATASOURCE
from vitrage.datasources.nova.instance.driver import InstanceDriver
from vitrage.datasources.nova.zone import NOVA_ZONE_DATASOURCE
from vitrage.entity_graph.processor.processor import Processor
from vitrage.graph.driver.networkx_graph import NXGraph

import driving


def configure() -> None:
    conf = cfg.CONF
    for group, options in opts.list_opts():
        conf.register_opts(list(options), group=None if group == "DEFAULT" else group)
    conf([], project="vitrage", default_config_files=[])
    conf.set_override("types", [NOVA_HOST_DATASOURCE, NOVA_INSTANCE_DATASOURCE, NOVA_ZONE_DATASOURCE], "datasources")
    values = pathlib.Path(vitrage.__file__).parent / "tests/resources/datasources_values"
    conf.set_override("datasources_values_dir", str(values), "entity_graph")
    conf.set_override("use_nova_versioned_notifications", True)
    for datasource in conf.datasources.types:
        opts.register_opts(datasource, conf.datasources.path)


class Vitrage:
    def __init__(self) -> None:
        configure()
        self._driver = InstanceDriver()
        self._graph = NXGraph("Entity Graph")
        self._processor = Processor(self._graph)

    def populate(self, boots: list[dict]) -> None:
        """The hosts as its driver lists them, lest each be a placeholder, which costs more; then the boots."""
        hosts = sorted({driving.told_host(message) for message in boots})
        for event in HostDriver.make_pickleable([{"host": host, "zone": "nova"} for host in hosts],
                                                NOVA_HOST_DATASOURCE, DatasourceAction.INIT_SNAPSHOT):
            self._processor.process_event(event)
        for message in boots:
            self.handle(message)

    def handle(self, message: dict) -> None:
        event = self._driver.enrich_event(message["payload"], message["event_type"])
        self._processor.process_event(event)

    def host_of(self, message: dict) -> str:
        wanted = {VertexProperties.ID: message["payload"]["nova_object.data"]["uuid"]}
        instance, = self._graph.get_vertices(vertex_attr_filter=wanted)
        host, = self._graph.neighbors(instance.vertex_id,
                                      vertex_attr_filter={VertexProperties.VITRAGE_TYPE: NOVA_HOST_DATASOURCE},
                                      edge_attr_filter={EdgeProperties.VITRAGE_IS_DELETED: False})
        return host[VertexProperties.ID]


if __name__ == "__main__":
    driving.drive(Vitrage, sys.argv[1:])
