// SPDX-License-Identifier: Apache-2.0
// Watchers that tests are: over HTTP and over ZeroMQ, and what they make of what they are told.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <zmq.hpp>

#include "io/server_sent_events.h"

namespace vmtrail::testing {

using Json = nlohmann::ordered_json;

/// One thing that a watcher was told.
struct Told {
  std::string kind;               ///< snapshot, record, heartbeat, compacted, cut
  std::optional<std::string> id;  ///< of an event over HTTP
  Json data;                      ///< of a record the CloudEvent
};

/// The other end of a watch. Nothing within a minute fails the test.
class Watching {
 public:
  virtual ~Watching() = default;
  /// nullopt: the connection has ended.
  virtual std::optional<Told> next() = 0;
  /// Is there something to be read, or will there be within so many milliseconds?
  virtual bool waits_for(int milliseconds) = 0;
  /// But heartbeats.
  std::optional<Told> next_but_beats() {
    for (;;) {
      auto told = next();
      if (!told || told->kind != "heartbeat") return told;
    }
  }
};

constexpr int kMinute = 60'000;

class HttpWatching : public Watching {
 public:
  /// `target` is the path with its query; `headers` are lines. `room`: of its socket, in bytes; 0:
  /// as the system likes.
  HttpWatching(const std::string& address, const std::string& target,
               const std::string& headers = {}, int room = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (room > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1)));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::string request = "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 ||
        ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) < 0) {
      ::close(fd_);
      throw std::runtime_error("cannot connect to " + address);
    }
  }
  ~HttpWatching() override { ::close(fd_); }
  HttpWatching(const HttpWatching&) = delete;
  HttpWatching& operator=(const HttpWatching&) = delete;

  /// As soon as it has come.
  const std::string& head() {
    while (head_.empty() && read()) {
    }
    return head_;
  }
  std::optional<Told> next() override {
    while (events_.empty()) {
      if (!read()) return std::nullopt;
    }
    ServerSentEvent event = std::move(events_.front());
    events_.pop_front();
    return Told{event.type, event.id, Json::parse(event.data)};
  }
  bool waits_for(int milliseconds) override {
    if (!events_.empty()) return true;
    pollfd readable{fd_, POLLIN, 0};
    return ::poll(&readable, 1, milliseconds) > 0;
  }
  /// Did the body end as it should?
  [[nodiscard]] bool ended_well() const { return ended_well_; }

 private:
  bool read() {
    pollfd readable{fd_, POLLIN, 0};
    if (::poll(&readable, 1, kMinute) <= 0) throw std::runtime_error("a watch says nothing");
    char buffer[65536];
    const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
    if (size <= 0) return false;
    raw_.append(buffer, static_cast<std::size_t>(size));
    if (head_.empty()) {
      const std::size_t end = raw_.find("\r\n\r\n");
      if (end == std::string::npos) return true;
      head_ = raw_.substr(0, end + 4);
      raw_.erase(0, end + 4);
      if (head_.find(" 200 ") == std::string::npos) return false;
    }
    take_chunks();
    return true;
  }
  void take_chunks() {
    for (;;) {
      const std::size_t end = raw_.find("\r\n");
      if (end == std::string::npos) return;
      const std::size_t size = std::strtoul(raw_.c_str(), nullptr, 16);
      if (raw_.size() < end + 2 + size + 2) return;
      if (size == 0) ended_well_ = true;
      reader_.read(std::string_view(raw_).substr(end + 2, size), [&](const ServerSentEvent& event) {
        events_.push_back(event);
        return true;
      });
      raw_.erase(0, end + 2 + size + 2);
    }
  }

  int fd_;
  std::string raw_;
  std::string head_;
  EventReader reader_;
  std::deque<ServerSentEvent> events_;
  bool ended_well_ = false;
};

class ZmqWatching : public Watching {
 public:
  ZmqWatching(const std::string& address, const Json& request, int hwm = 1000)
      : socket_(context_, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvhwm, hwm);
    socket_.connect("tcp" + address.substr(address.find("://")));
    send(request);
  }

  void send(const Json& request) { socket_.send(zmq::buffer(request.dump())); }
  /// One message, whatever it is.
  Json receive() {
    if (!waits_for(kMinute)) throw std::runtime_error("a watch says nothing");
    zmq::message_t frame;
    static_cast<void>(socket_.recv(frame));
    return Json::parse(frame.to_string());
  }
  std::optional<Told> next() override {
    Json data = receive();
    const std::string kind = data.value("watch", "");
    if (kind == "record") data = Json(data["record"]);
    return Told{kind, std::nullopt, std::move(data)};
  }
  bool waits_for(int milliseconds) override {
    zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
    return zmq::poll(&item, 1, std::chrono::milliseconds{milliseconds}) > 0;
  }

 private:
  zmq::context_t context_{1};
  zmq::socket_t socket_;
};

/// What a client makes of a watch, as docs/watch.md tells it to.
class Mirror {
 public:
  /// Behind which it resumes; nullopt: it needs a snapshot.
  [[nodiscard]] std::optional<std::uint64_t> behind() const { return behind_; }
  [[nodiscard]] const std::string& epoch() const { return epoch_; }  ///< of that
  [[nodiscard]] std::uint64_t snapshots() const { return snapshots_; }
  [[nodiscard]] std::uint64_t compacted() const { return compacted_; }

  /// A new connection; `over_http` tells the place by ids.
  void begin(bool over_http) {
    by_id_ = over_http;
    whole_ = behind_.has_value();
    if (!whole_) clear();
  }

  void take(const Told& told) {
    epoch_ = told.data.value("epoch", epoch_);
    if (told.kind == "compacted") {
      if (by_id_ && told.id != "") throw std::runtime_error("compacted keeps an id");
      ++compacted_;
      whole_ = false;
      behind_.reset();
      clear();
    } else if (told.kind == "snapshot") {
      if (whole_) throw std::runtime_error("a snapshot that nobody asked for");
      for (const Json& one : told.data["instances"]) instances_[one["id"]] = chosen(one);
      for (const Json& one : told.data["migrations"]) migrations_[key_of(one)] = one;
      if (told.data["complete"] == true) {
        ++snapshots_;
        whole_ = true;
        behind_ = told.data["sequence"];
      }
    } else if (told.kind == "record") {
      fold(told.data);
      take_sequence(std::stoull(told.data["sequence"].get<std::string>()), true);
    } else if (told.kind == "heartbeat") {
      take_sequence(told.data["sequence"].get<std::uint64_t>(), false);
    }
    if (by_id_ && told.id && *told.id != "" && std::to_string(behind_.value_or(0)) != *told.id) {
      throw std::runtime_error("the id is not the place");
    }
    if (by_id_ && behind_ && !told.id && told.kind != "cut") throw std::runtime_error("no id");
    if (by_id_ && !behind_ && told.id && told.id != "") throw std::runtime_error("an id too early");
  }

  /// Empty: the same as the daemon's lists of instances and of migrations.
  [[nodiscard]] std::string difference_from_instances(const Json& instances) const {
    std::map<std::string, Json> theirs;
    for (const Json& one : instances) theirs[one["id"]] = chosen(one);
    return difference(instances_, theirs);
  }
  [[nodiscard]] std::string difference_from_migrations(const Json& migrations) const {
    std::map<std::string, Json> theirs;
    for (const Json& one : migrations) {
      Json& its = theirs[key_of(one)] = one;
      // That it is completed is told once, with both ends: till then the records are behind.
      const auto ours = migrations_.find(key_of(one));
      const bool held_back = one["outcome"] == "completed" &&
                             (one["source"].is_null() || one["destination"].is_null());
      if (held_back && ours != migrations_.end() && ours->second["outcome"] != "completed") {
        its = ours->second;
      }
    }
    return difference(migrations_, theirs);
  }
  [[nodiscard]] const std::map<std::string, Json>& instances() const { return instances_; }

 private:
  void clear() {
    instances_.clear();
    migrations_.clear();
  }
  // Before the snapshot is complete a sequence is no place.
  void take_sequence(std::uint64_t sequence, bool next) {
    if (!whole_) return;
    if (next && sequence != *behind_ + 1) {
      throw std::runtime_error("behind " + std::to_string(*behind_) + " comes " +
                               std::to_string(sequence));
    }
    if (sequence < *behind_) throw std::runtime_error("it goes back");
    behind_ = sequence;
  }
  static Json chosen(const Json& instance) {
    Json some;
    for (const char* key :
         {"host", "confidence", "vm_state", "task_state", "power_state", "deleted"})
      some[key] = instance[key];
    return some;
  }
  static std::string key_of(const Json& migration) {
    const Json& request = migration["request_id"];
    return migration["instance"].get<std::string>() + " " +
           (request.is_null() ? migration["started_at"] : request).get<std::string>();
  }
  // As docs/records.md has it.
  void fold(const Json& record) {
    const std::string type = record["type"].get<std::string>().substr(8);
    if (type == "host.state_changed" || type == "event.too_late" || type == "event.missing" ||
        type == "placement.drift") {
      return;
    }
    const std::string subject = record["subject"];
    const Json& data = record["data"];
    auto [found, made] = instances_.try_emplace(subject);
    if (made) {
      for (const char* key : {"host", "confidence", "vm_state", "task_state", "power_state"})
        found->second[key] = nullptr;
      found->second["deleted"] = false;
    }
    found->second["confidence"] = data["confidence"];
    if (data["to"].is_object()) {
      for (const auto& [key, value] : data["to"].items()) found->second[key] = value;
    }
    if (type == "instance.deleted") found->second["deleted"] = true;
    if (!type.starts_with("migration.")) return;
    if (!data["migration"].is_null()) {
      migrations_[key_of(data["migration"])] = data["migration"];
    } else {
      migrations_.erase(subject + " " + data["operation"]["request_id"].get<std::string>());
    }
  }
  static std::string difference(const std::map<std::string, Json>& ours,
                                const std::map<std::string, Json>& theirs) {
    for (const auto& [key, value] : ours) {
      const auto found = theirs.find(key);
      if (found == theirs.end()) return key + ": not theirs";
      if (found->second != value)
        return key + ": " + value.dump() + ", not " + found->second.dump();
    }
    for (const auto& [key, value] : theirs) {
      if (!ours.contains(key)) return key + ": not ours";
    }
    return {};
  }

  std::map<std::string, Json> instances_;
  std::map<std::string, Json> migrations_;
  std::optional<std::uint64_t> behind_;
  bool whole_ = false;
  bool by_id_ = false;
  std::string epoch_;
  std::uint64_t snapshots_ = 0;
  std::uint64_t compacted_ = 0;
};

}  // namespace vmtrail::testing
