// SPDX-License-Identifier: Apache-2.0
// Change records in the form of Zenoss events (ZenPacks.zenoss.OpenStackInfrastructure).

#include <string>

#include "vmtrail/record.h"

namespace vmtrail {

void append_zenoss(std::string& out, const ChangeRecord& record, std::string_view device) {
  const std::string component =
      (record.instance ? "server-" : "host-") + std::string(record.subject);
  const std::string sequence = std::to_string(static_cast<std::uint64_t>(record.sequence));
  out += "{\"device\":";
  append_json(out, device);
  out += ",\"component\":";
  append_json(out, component);
  out += ",\"eventClassKey\":\"openstack-";
  out += name(record.type);
  out += "\",\"eventKey\":";
  append_json(out, record.cause ? record.cause->message_id : std::string_view(sequence));
  out += ",\"severity\":";
  out += std::to_string(static_cast<int>(record.severity));
  out += ",\"summary\":";
  append_json(out, record.summary);
  out += '}';
}

}  // namespace vmtrail
