// SPDX-License-Identifier: Apache-2.0
// Ceilometer events, as 19.0.0 makes them with its default definitions.

#include <chrono>

#include "bench/form.h"

namespace vmtrail::bench {
namespace {

using namespace std::chrono_literals;

/// Python's logging has milliseconds, always.
void append_log_time(std::string& out, Time time) {
  const Time second = std::chrono::floor<std::chrono::seconds>(time);
  append_time(out, second, ' ');
  out += '.';
  append_padded(out, static_cast<std::uint64_t>((time - second) / 1ms), 3);
}

/// Traits as JSON triples.
class JsonTraits {
 public:
  explicit JsonTraits(std::string& out) : out_(out) {}

  std::string& text(std::string_view name) {
    begin(name);
    out_ += "\", 1, \"";
    end_ = "\"]";
    return out_;
  }
  void text(std::string_view name, std::string_view value) { text(name) += value; }
  void number(std::string_view name, std::uint64_t value) {
    begin(name);
    out_ += "\", 2, ";
    end_ = "]";
    append_number(out_, value);
  }
  void time(std::string_view name, Time value) {
    begin(name);
    out_ += "\", 4, \"";
    end_ = "\"]";
    append_time(out_, value, 'T');
  }
  void close() { out_ += end_; }

 private:
  void begin(std::string_view name) {
    out_ += end_;
    out_ += first_ ? "[\"" : ", [\"";
    first_ = false;
    out_ += name;
  }

  std::string& out_;
  std::string_view end_;
  bool first_ = true;
};

/// Traits as Python's repr of them.
class LogTraits {
 public:
  explicit LogTraits(std::string& out) : out_(out) {}

  std::string& text(std::string_view name) {
    begin(name);
    out_ += " 1 ";
    return out_;
  }
  void text(std::string_view name, std::string_view value) { text(name) += value; }
  void number(std::string_view name, std::uint64_t value) {
    begin(name);
    out_ += " 2 ";
    append_number(out_, value);
  }
  void time(std::string_view name, Time value) {
    begin(name);
    out_ += " 4 ";
    append_time(out_, value, ' ');
  }
  void close() { out_ += '>'; }

 private:
  void begin(std::string_view name) {
    out_ += first_ ? "<Trait: " : "> <Trait: ";
    first_ = false;
    out_ += name;
  }

  std::string& out_;
  bool first_ = true;
};

// In the order of Ceilometer's event_definitions.yaml.
template <class Traits>
void tell_traits(Traits traits, const Notification& sent, const Ids& ids) {
  if (sent.by == By::scheduler) {
    append_publisher_host(traits.text("service") += "scheduler.", sent);
  } else if (!sent.about_instance()) {  // not by the definition of compute.instance.*
    append_publisher_host(traits.text("service") += "compute.", sent);
  } else {
    traits.text("service", service(sent.by));
  }
  ids.append_request(traits.text("request_id"), sent.request);
  ids.append_project(traits.text("project_id"), sent.instance);
  ids.append_user(traits.text("user_id"), sent.instance);
  ids.append_project(traits.text("tenant_id"), sent.instance);
  if (!sent.about_instance()) return traits.close();

  const Flavor& flavor = kFlavors[sent.flavor];
  ids.append_instance(traits.text("instance_id"), sent.instance);
  append_name(traits.text("display_name"), sent.instance, sent.renamed);
  ids.append_instance(traits.text("resource_id"), sent.instance);
  traits.text("cell_name", "");
  append_publisher_host(traits.text("host"), sent);
  traits.number("memory_mb", flavor.memory_mb);
  traits.number("disk_gb", flavor.disk_gb);
  traits.number("root_gb", flavor.disk_gb);
  traits.number("ephemeral_gb", 0);
  traits.number("vcpus", flavor.vcpus);
  traits.text("instance_type_id", flavor.id);
  traits.text("instance_type", flavor.name);
  traits.text("state", name(sent.state));
  if (sent.launched_at != Time{}) traits.time("launched_at", sent.launched_at);
  if (sent.deleted_at != Time{}) traits.time("deleted_at", sent.deleted_at);
  if (sent.event_type == kUpdate) {
    traits.text("old_state", name(sent.old_state));
  } else if (sent.event_type == kExists) {
    traits.time("audit_period_beginning", sent.audit_begin);
    traits.time("audit_period_ending", sent.audit_end);
  } else if (sent.event_type == kCreateEnd) {
    traits.text("availability_zone", "nova");
  }
  traits.close();
}

}  // namespace

void append_jsonl(std::string& out, const Notification& sent, const Ids& ids) {
  out += R"({"message_id": ")";
  ids.append_message(out, sent.message);
  out += R"(", "event_type": ")";
  append_event_type(out, sent);
  out += R"(", "generated": ")";
  append_time(out, sent.generated, 'T');
  out += R"(", "traits": [)";
  tell_traits(JsonTraits(out), sent, ids);
  out += "], \"raw\": {}}\n";
}

void append_log(std::string& out, const Notification& sent, const Ids& ids) {
  append_log_time(out, sent.arrives + 12ms);
  out +=
      " 11371 INFO ceilometer_zenoss.dispatcher.zenoss [-] record_events called (events=[<Event: ";
  ids.append_message(out, sent.message);
  out += ", ";
  append_event_type(out, sent);
  out += ", ";
  append_time(out, sent.generated, ' ');
  out += ", ";
  tell_traits(LogTraits(out), sent, ids);
  out += ">])\n";
}

}  // namespace vmtrail::bench
