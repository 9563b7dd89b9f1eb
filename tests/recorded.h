// SPDX-License-Identifier: Apache-2.0
// The recorded captures, and what Nova's database said at their end.

#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "io/byte_source.h"
#include "tests/model_stream.h"

namespace vmtrail::testing {

inline const std::filesystem::path kCaptures = std::filesystem::path(VMTRAIL_FIXTURES) / "captures";

/// Reads a capture through source, splitter and decoder. Throws where the capture itself is at
/// fault.
template <class Consumer>
void read(const std::filesystem::path& file, Consumer& consumer) {
  auto source = ByteSource::open(file.string());
  if (!source) throw std::runtime_error(source.error().message());
  Decoder decoder;
  Splitter splitter;
  for (bool last = false; !last;) {
    const auto filled = source->fill();
    if (!filled) throw std::runtime_error(filled.error().message());
    last = !*filled;
    while (true) {
      std::optional<Frame> frame = splitter.next(source->window(), last);
      if (frame) {
        frame->padded = true;
        decoder.decode(*frame, consumer);
      }
      source->consume(splitter.consumed());
      if (!frame) break;
    }
  }
}

/// Keeps events, so that they can be fed in another order.
class KeptEvents : public EventConsumer {
 public:
  void on_event(const Event& event) override {
    Made made;
    made.message_id = event.message_id;
    made.event_type = event.event_type;
    made.generated = event.generated;
    for (std::size_t i = 0; i < kFieldCount; ++i) {
      const auto field = static_cast<Field>(i);
      if (event.told(field)) made.fields[field] = event[field];
    }
    events.push_back(std::move(made));
  }
  void on_undecodable(const Undecodable& bad) override {
    throw std::runtime_error("undecodable: " + std::string(info(bad.reason).name));
  }
  void on_sample() override {}
  void on_skipped_line() override { ++skipped_lines; }

  std::vector<Made> events;
  std::size_t skipped_lines = 0;
};

inline std::vector<Made> events_of(const std::filesystem::path& file) {
  KeptEvents kept;
  read(file, kept);
  return std::move(kept.events);
}

inline std::vector<std::string> scenarios() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kCaptures)) {
    if (std::filesystem::exists(entry.path() / "expected.json")) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Every recorded form of a scenario's events.
inline std::vector<std::filesystem::path> files_of(const std::string& scenario) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kCaptures / scenario)) {
    if (entry.is_regular_file() && entry.path().filename() != "expected.json") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The file of that name, compressed or not.
inline std::filesystem::path file_of(const std::string& scenario, const std::string& name) {
  for (const char* suffix : {"", ".zst", ".gz"}) {
    const std::filesystem::path file = kCaptures / scenario / (name + suffix);
    if (std::filesystem::exists(file)) return file;
  }
  throw std::runtime_error("no capture " + scenario + "/" + name);
}

/// Every difference of a model from Nova's database, one line each; empty: none.
inline std::string differences_from_nova(const Model& model, const std::string& scenario) {
  std::ifstream input(kCaptures / scenario / "expected.json");
  const auto truth = nlohmann::json::parse(input);
  std::string result;
  const auto text = [](const nlohmann::json& value) {
    return value.is_null() ? std::string() : value.get<std::string>();
  };
  const auto differ = [&](const std::string& what, const std::string& is,
                          const std::string& should) {
    if (is != should) result += what + " is '" + is + "', should be '" + should + "'\n";
  };
  for (const auto& nova : truth["instances"]) {
    const std::string id = text(nova["instance_id"]);
    const auto instance = model.instance(*InstanceId::parse(id));
    if (!instance) {
      result += id + " is missing\n";
      continue;
    }
    const bool deleted = nova["deleted"].get<bool>();
    differ(id + " deleted", instance->deleted ? "yes" : "no", deleted ? "yes" : "no");
    if (deleted) continue;
    differ(id + " name", std::string(instance->name), text(nova["display_name"]));
    if (nova.contains("project_id")) {
      differ(id + " project", std::string(instance->project_id), text(nova["project_id"]));
    }
    differ(id + " host", std::string(instance->host), text(nova["host"]));
    differ(id + " vm_state", std::string(instance->vm_state), text(nova["vm_state"]));
    differ(id + " task_state", std::string(instance->task_state), text(nova["task_state"]));
  }
  // Nova's words for what the contract calls otherwise (design: statuses of migrations).
  const std::map<std::string, std::string> kinds = {{"live-migration", "live_migration"},
                                                    {"migration", "cold_migration"},
                                                    {"resize", "resize"},
                                                    {"evacuation", "evacuation"}};
  const std::map<std::string, std::string> outcomes = {
      {"completed", "completed"}, {"finished", "completed"}, {"confirmed", "completed"},
      {"done", "completed"},      {"reverted", "reverted"},  {"failed", "failed"},
      {"error", "failed"},        {"cancelled", "aborted"}};
  std::vector<std::string> should;
  for (const auto& nova : truth["migrations"]) {
    should.push_back(text(nova["instance_uuid"]) + " " + kinds.at(text(nova["migration_type"])) +
                     " " + text(nova["source_compute"]) + " " + text(nova["dest_compute"]) + " " +
                     outcomes.at(text(nova["status"])));
  }
  std::vector<std::string> are;
  for (const Migration& migration : model.migrations()) {
    are.push_back(migration.instance.to_string() + " " + std::string(name(migration.kind)) + " " +
                  std::string(migration.source) + " " + std::string(migration.destination) + " " +
                  std::string(name(migration.outcome)));
  }
  std::sort(should.begin(), should.end());
  std::sort(are.begin(), are.end());
  const auto joined = [](const std::vector<std::string>& lines) {
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    return all;
  };
  differ("migrations", joined(are), joined(should));
  return result;
}

}  // namespace vmtrail::testing
