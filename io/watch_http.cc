// SPDX-License-Identifier: Apache-2.0

#include "io/watch_http.h"

#include <algorithm>
#include <string>
#include <utility>

#include "io/http_stream.h"

namespace vmtrail {

namespace {

class HttpOutlet : public WatchOutlet {
 public:
  explicit HttpOutlet(std::shared_ptr<HttpStream> stream) : stream_(std::move(stream)) {}
  ~HttpOutlet() override { stream_->close(); }

  void put(const WatchMessage& message) override { append_event(text_, message); }
  void send() override {
    if (!text_.empty()) stream_->write(std::exchange(text_, {}));
  }
  void cut(const WatchMessage& message) override {
    text_.clear();
    append_event(text_, message);
    stream_->close(text_);
  }

  [[nodiscard]] std::size_t pending() const override { return text_.size() + stream_->pending(); }
  [[nodiscard]] std::uint64_t taken() const override { return stream_->taken(); }
  [[nodiscard]] bool closed() const override { return stream_->closed(); }
  void on_taken(std::function<void()> call) override { stream_->on_taken(std::move(call)); }

 private:
  const std::shared_ptr<HttpStream> stream_;
  std::string text_;  // not sent yet
};

}  // namespace

Result<HttpAnswer> watch_over_http(WatchDesk& desk, Request request,
                                   const std::string& last_event_id) {
  if (!last_event_id.empty()) {
    std::erase_if(request.options, [](const auto& option) { return option.first == "since"; });
    request.options.emplace_back("since", last_event_id);
  }
  auto watch = watch_request(request);
  if (!watch) return tl::unexpected(watch.error());
  auto seat = desk.seat();
  if (!seat) return tl::unexpected(seat.error());
  HttpAnswer answer;
  answer.type = "text/event-stream";
  answer.stream = [&desk, watch = std::move(*watch),
                   seat = std::move(*seat)](std::shared_ptr<HttpStream> stream) {
    desk.watch(watch, std::make_unique<HttpOutlet>(std::move(stream)), seat);
  };
  return answer;
}

}  // namespace vmtrail
