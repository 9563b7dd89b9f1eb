// SPDX-License-Identifier: Apache-2.0
// Nova's unversioned notifications as oslo.messaging 14 sends them (messagingv2).

#include <algorithm>
#include <chrono>

#include "bench/form.h"

namespace vmtrail::bench {
namespace {

using namespace std::chrono_literals;

// What no rule reads, as the captures have it.
constexpr std::string_view kImageMeta =
    R"(, "image_meta": {"kernel_id": "nokernel", "ramdisk_id": "nokernel", )"
    R"("architecture": "x86_64", "min_ram": "0", "min_disk": "1", "disk_format": "raw", )"
    R"("container_format": "raw", "base_image_ref": "155d900f-4e14-4e4c-a73d-069cbf4541e6"}, )"
    R"("metadata": {"role": "db"})";
constexpr std::string_view kFixedIps =
    R"(, "fixed_ips": [{"address": "192.168.1.13", "type": "fixed", "version": 4, "meta": {}, )"
    R"("floating_ips": [], "label": "private", "vif_mac": "fa:16:3e:a5:dd:b9"}])";
constexpr std::string_view kException =
    R"({"exception": "{'kwargs': {'reason': 'no room', 'code': 500}, 'message': 'Migration )"
    R"(pre-check error: no room', 'class': 'MigrationPreCheckError'}", "args": {}})";
constexpr std::string_view kRequestSpecBegin =
    R"({"request_spec": {"num_instances": 1, "image": {"id": "155d900f-4e14-4e4c-a73d-069cbf4541e6", )"
    R"("name": "debian-12", "status": "active", "visibility": "public", "protected": false, )"
    R"("size": 25165824, "container_format": "raw", "disk_format": "raw", )"
    R"("created_at": "2011-01-01T01:02:03.000000", "updated_at": "2011-01-01T01:02:03.000000", )"
    R"("tags": [], "min_ram": 0, "min_disk": 0, "properties": {"hw_architecture": "x86_64"}}, )"
    R"("instance_properties": {"numa_topology": null, "pci_requests": {"VERSION": "1.1", )"
    R"("_obj_requests": []}, "availability_zone": null, "uuid": ")";
constexpr std::string_view kRequestSpecEnd =
    R"(", "root_gb": 20, "ephemeral_gb": 0, "memory_mb": 2048, "vcpus": 1}, )"
    R"("instance_type": {"id": 2, "name": "m1.small", "memory_mb": 2048, "vcpus": 1, "root_gb": 20, )"
    R"("ephemeral_gb": 0, "flavorid": "2", "swap": 0, "rxtx_factor": 1.0, "vcpu_weight": 0, )"
    R"("disabled": false, "is_public": true, "extra_specs": {}, "description": null}}})";
constexpr std::string_view kContext =
    R"(, "_context_domain": null, "_context_user_domain": null, "_context_project_domain": null, )"
    R"("_context_is_admin": false, "_context_read_only": false, "_context_show_deleted": false, )"
    R"("_context_auth_token": null)";
constexpr std::string_view kContextRoles =
    R"(, "_context_global_request_id": null, "_context_resource_uuid": null, )"
    R"("_context_roles": ["reader", "member", "admin"], "_context_is_admin_project": true)";
constexpr std::string_view kContextEnd =
    R"(, "_context_quota_class": null, "_context_user_name": null, "_context_service_catalog": [], )"
    R"("_context_project_name": null})";

/// Members of a JSON object, each behind a comma.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) {}

  std::string& key(std::string_view key) { return ((out_ += ", \"") += key) += "\": "; }
  void text(std::string_view name, std::string_view value) { ((key(name) += '"') += value) += '"'; }
  void number(std::string_view name, std::uint64_t value) { append_number(key(name), value); }
  /// Nova writes an empty text for a time that is not there.
  void time(std::string_view name, Time value, char separator = 'T') {
    key(name) += '"';
    if (value != Time{}) append_time(out_, value, separator);
    out_ += '"';
  }
  void text_or_null(std::string_view name, std::string_view value) {
    if (value.empty()) {
      key(name) += "null";
    } else {
      text(name, value);
    }
  }

 private:
  std::string& out_;
};

// nova/notifications/base.py info_from_instance
void append_payload(std::string& out, const Notification& sent, const Ids& ids) {
  const Flavor& flavor = kFlavors[sent.flavor];
  const bool update = sent.event_type == kUpdate;
  Members members(out);
  ids.append_project(out += "{\"tenant_id\": \"", sent.instance);
  ids.append_user(out += "\", \"user_id\": \"", sent.instance);
  ids.append_instance(out += "\", \"instance_id\": \"", sent.instance);
  append_name(out += "\", \"display_name\": \"", sent.instance, sent.renamed);
  append_number(out += "\", \"reservation_id\": \"r-", sent.instance.slot);
  append_name(out += "\", \"hostname\": \"", sent.instance, 0);
  out += '"';
  members.text("instance_type", flavor.name);
  members.key("instance_type_id") += flavor.id;
  members.text("instance_flavor_id", flavor.id);
  members.text("architecture", "x86_64");
  members.number("memory_mb", flavor.memory_mb);
  members.number("disk_gb", flavor.disk_gb);
  members.number("vcpus", flavor.vcpus);
  members.number("root_gb", flavor.disk_gb);
  members.number("ephemeral_gb", 0);
  for (const std::string_view key : {"host", "node"}) {
    members.key(key);
    if (sent.host == kNoHost) {
      out += "null";
    } else {
      append_host(out += '"', sent.host);
      out += '"';
    }
  }
  members.text("availability_zone", "nova");
  members.text("cell_name", "");
  members.key("created_at") += '"';
  append_time(out, std::chrono::floor<std::chrono::seconds>(sent.generated) - 1s, ' ');
  out += "+00:00\"";
  members.time("terminated_at", sent.deleted_at);
  members.time("deleted_at", sent.deleted_at);
  members.time("launched_at", sent.launched_at);
  members.text("image_ref_url",
               "http://localhost:9292/images/155d900f-4e14-4e4c-a73d-069cbf4541e6");
  out += R"(, "os_type": null, "kernel_id": "", "ramdisk_id": "")";
  members.text("state", name(sent.state));
  members.text("state_description", sent.task);
  out += R"(, "progress": "", "access_ip_v4": null, "access_ip_v6": null)";
  if (sent.event_type == kCreateEnd) out += kFixedIps;
  out += kImageMeta;
  if (update) {
    members.text("old_state", name(sent.old_state));
    members.text_or_null("old_task_state", sent.old_task);
    members.text_or_null("new_task_state", sent.task);
  }
  if (update || sent.event_type == kExists) {
    members.time("audit_period_beginning", sent.audit_begin, update ? 'T' : ' ');
    members.time("audit_period_ending", sent.audit_end, update ? 'T' : ' ');
  }
  if (sent.event_type == kCreateEnd) members.text("message", "Success");
  out += '}';
}

void append_message(std::string& out, const Notification& sent, const Ids& ids) {
  const bool raised = !sent.about_instance() && sent.by != By::scheduler;
  Members members(out);
  ids.append_message(out += "{\"message_id\": \"", sent.message);
  ((out += "\", \"publisher_id\": \"") += service(sent.by)) += '.';
  append_publisher_host(out, sent);
  append_event_type(out += "\", \"event_type\": \"", sent);
  out += '"';
  members.text("priority", raised ? "ERROR" : "INFO");
  members.key("payload");
  if (sent.about_instance()) {
    append_payload(out, sent, ids);
  } else if (raised) {
    out += kException;
  } else {
    ids.append_instance(out += kRequestSpecBegin, sent.instance);
    out += kRequestSpecEnd;
  }
  members.time("timestamp", sent.generated, ' ');
  ids.append_unique(members.key("_unique_id") += '"', sent.message);
  out += '"';
  ids.append_user(members.key("_context_user") += '"', sent.instance);
  ids.append_project(out += "\", \"_context_project_id\": \"", sent.instance);
  ids.append_project(out += "\", \"_context_system_scope\": null, \"_context_project\": \"",
                     sent.instance);
  out += '"';
  out += kContext;
  ids.append_request(members.key("_context_request_id") += '"', sent.request);
  out += '"';
  out += kContextRoles;
  ids.append_user(members.key("_context_user_id") += '"', sent.instance);
  out += '"';
  members.text("_context_read_deleted", "no");
  members.key("_context_remote_address") += "null";
  members.time("_context_timestamp", sent.generated - Duration{40});
  out += kContextEnd;
}

}  // namespace

// The notification is a text within the envelope.
void append_oslo(std::string& out, const Notification& sent, const Ids& ids) {
  std::string message;
  append_message(message, sent, ids);
  out += R"({"oslo.version": "2.0", "oslo.message": ")";
  for (std::string_view rest = message; !rest.empty();) {
    const std::size_t plain = std::min(rest.find('"'), rest.size());
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    out += "\\\"";
    rest.remove_prefix(1);
  }
  out += "\"}\n";
}

}  // namespace vmtrail::bench
