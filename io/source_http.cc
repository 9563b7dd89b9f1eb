// SPDX-License-Identifier: Apache-2.0

#include "io/source_http.h"

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "io/http_servers.h"

namespace vmtrail {

namespace {

// For room; whoever comes then is told to slow down.
constexpr std::size_t kMostWaiting = 256;
constexpr std::size_t kMostBytesWaiting = std::size_t{64} << 20;  // before the last
constexpr std::uint64_t kWait = 30;                               // seconds for the commit

std::string counts_json(const DeliveryCounts& counts) {
  return "{\"applied\":" + std::to_string(counts.applied) +
         ",\"duplicate\":" + std::to_string(counts.duplicate) +
         ",\"ignored\":" + std::to_string(counts.ignored) +
         ",\"quarantined\":" + std::to_string(counts.quarantined) + "}\n";
}

// What does not decode is in the quarantine; but a body that holds nothing else is the sender's
// mistake, and he is told of it.
HttpAnswer answer_of(const DeliveryCounts& counts) {
  if (counts.quarantined > 0 && counts.events() == counts.quarantined) {
    return http_error(400,
                      "no event in this body decodes; it is in the quarantine, which has the "
                      "reason");
  }
  if (counts.events() == 0) return http_error(400, "there is no event in this body");
  return {.body = counts_json(counts)};
}

HttpAnswer away() {
  HttpAnswer answer = http_error(503, "the program is stopping; send it again later");
  answer.retry_after = 5;
  return answer;
}

/// The requests that are not answered yet. Shared by the source with the routes and with what the
/// intake calls, which may both be there for longer.
class Requests : public std::enable_shared_from_this<Requests> {
 public:
  Requests(Source& source, Intake& intake, Format format)
      : source_(source), intake_(intake), format_(format) {}

  void take(const HttpRequest& request, HttpReply reply) {
    if (request.body.empty()) return reply(http_error(400, "the body is empty"));
    Delivery delivery = intake_.blank();
    delivery.add(request.body);
    delivery.from = &source_;
    delivery.format = format_;
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return reply(away());
      delivery.tag = ++last_tag_;
      if (waiting_.empty() && put(delivery, reply)) return;
      if (waiting_.size() >= kMostWaiting || bytes_waiting_ >= kMostBytesWaiting) {
        HttpAnswer answer = http_error(429, "more comes than can be taken; send it again later");
        answer.retry_after = 1;
        return reply(std::move(answer));
      }
      bytes_waiting_ += delivery.bytes();
      waiting_.push_back({std::move(delivery), std::move(reply)});
      if (waiting_.size() > 1) return;
    }
    go_on();
  }

  void settle(std::span<const Settled> deliveries) {
    const std::lock_guard lock(mutex_);
    for (const Settled& settled : deliveries) {
      const auto found = put_.find(settled.tag);
      if (found == put_.end()) continue;
      found->second(answer_of(settled.counts));
      put_.erase(found);
    }
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const Waiting& one : waiting_) one.reply(away());
    waiting_.clear();
    bytes_waiting_ = 0;
  }

 private:
  struct Waiting {
    Delivery delivery;
    HttpReply reply;
  };

  // With the mutex.
  bool put(Delivery& delivery, HttpReply& reply) {
    const std::uint64_t tag = delivery.tag;
    if (!intake_.try_put(delivery)) return false;
    put_.emplace(tag, std::move(reply));
    return true;
  }

  // Without it, as this may be called back at once.
  void go_on() {
    std::size_t bytes = 0;
    {
      const std::lock_guard lock(mutex_);
      while (!waiting_.empty()) {
        bytes = waiting_.front().delivery.bytes();
        if (!put(waiting_.front().delivery, waiting_.front().reply)) break;
        bytes_waiting_ -= bytes;
        waiting_.pop_front();
      }
      if (waiting_.empty()) return;
    }
    if (intake_.is_closed()) return stop();
    intake_.when_room(bytes, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->go_on();
    });
  }

  Source& source_;
  Intake& intake_;
  const Format format_;

  std::mutex mutex_;
  // Guarded by it.
  bool stopped_ = false;
  std::uint64_t last_tag_ = 0;
  std::map<std::uint64_t, HttpReply> put_;  // into the intake, by tag
  std::deque<Waiting> waiting_;             // for room in it
  std::size_t bytes_waiting_ = 0;           // of those
};

class HttpSource : public Source {
 public:
  HttpSource(const Url& url, const SourceSetting& setting, HttpServer& server,
             std::chrono::seconds wait)
      : Source(url.text),
        server_(server),
        requests_(std::make_shared<Requests>(*this, setting.intake, setting.format)) {
    for (const char* const path : {"/v1/events", "/ceilometer/v1/events/*"}) {
      server.add({.method = "POST",
                  .path = path,
                  .wants_json = true,
                  .answer_within = wait,
                  .take = [requests = requests_](const HttpRequest& request, HttpReply reply) {
                    requests->take(request, std::move(reply));
                  }});
    }
  }
  ~HttpSource() override { requests_->stop(); }

  void stop() override { requests_->stop(); }
  void settle(std::span<const Settled> deliveries) override { requests_->settle(deliveries); }
  [[nodiscard]] std::string address() const override { return server_.address(); }

 private:
  HttpServer& server_;
  const std::shared_ptr<Requests> requests_;
};

}  // namespace

Result<SourceOpener> prepare_http_source(const Url& url, bool beyond_loopback) {
  const auto wait = url.number({"wait", kWait, 1, 3'600, "seconds"});
  if (!wait) return tl::unexpected(wait.error());
  const auto options = http_options(url, beyond_loopback);
  if (!options) return tl::unexpected(options.error());
  return [url, wait = std::chrono::seconds{*wait},
          options = *options](const SourceSetting& setting) -> OpenedSource {
    auto server = setting.http->at(url, options);
    if (!server) return tl::unexpected(server.error());
    return std::make_unique<HttpSource>(url, setting, **server, wait);
  };
}

}  // namespace vmtrail
