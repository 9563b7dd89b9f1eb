// SPDX-License-Identifier: Apache-2.0

#include "io/query_desk.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "io/keeper.h"
#include "io/thread_name.h"

namespace vmtrail {

namespace {

std::optional<std::uint64_t> number(const std::string* text) {
  std::uint64_t value = 0;
  if (text == nullptr) return std::nullopt;
  const char* const end = text->data() + text->size();
  const auto [stop, failed] = std::from_chars(text->data(), end, value);
  return failed == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

Error busy() {
  return {ErrorCode::unavailable, "the program is busy, or stopping; ask again later"};
}

// Those that take no notice of how many instances there are, and leave the store alone.
bool is_quick(const Request& request) {
  return request.op == "where" || (request.op == "history" && request.find("instance") != nullptr);
}

// Whoever gets less than asked for sees it, and asks for the next page.
void cut(Request& request) {
  if (request.op != "instances" && request.op != "changes") return;
  for (auto& [name, value] : request.options) {
    const bool too_many = value == "all" || number(&value).value_or(0) > QueryDesk::kLargestPage;
    if (name == "limit" && too_many) value = std::to_string(QueryDesk::kLargestPage);
  }
}

/// Trails are one row each: the keeper reads them from its own connection. Records have been read.
class Shelf : public Archive {
 public:
  Shelf(Store& store, RecordPage page) : store_(store), page_(std::move(page)) {}

  Result<std::vector<TrailSnapshot>> trail(const InstanceId& id) override {
    return store_.trail(id);
  }
  Result<RecordPage> records_since(Sequence, std::size_t) override { return std::move(page_); }

 private:
  Store& store_;
  RecordPage page_;
};

}  // namespace

Answer unasked(const Error& error) {
  const nlohmann::ordered_json json = {
      {"error", {{"code", info(error.code).name}, {"message", error.message()}}}};
  return {json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), error};
}

struct QueryDesk::Read {
  std::optional<InputDigest> inputs;
  std::optional<std::vector<FeedLine>> feed;
  RecordPage page;
};

QueryDesk::QueryDesk(Intake& intake, std::string state)
    : intake_(intake),
      state_(std::move(state)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

QueryDesk::~QueryDesk() {
  close();
}

void QueryDesk::close() {
  std::deque<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting.swap(waiting_);
  }
  for (const Waiting& one : waiting) one.reply(unasked(busy()));
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void QueryDesk::ask(Request request, Reply reply) {
  cut(request);
  const bool reads = request.op == "report" || request.op == "doctor" || request.op == "changes";
  if (!reads || state_.empty()) return ask_keeper(std::move(request), {}, std::move(reply));
  {
    const std::lock_guard lock(mutex_);
    if (!closed_ && waiting_.size() < kMostWaiting) {
      waiting_.push_back({std::move(request), std::move(reply)});
      something_.notify_one();
      return;
    }
  }
  reply(unasked(busy()));
}

void QueryDesk::run(const std::stop_token& stop) {
  name_thread("query-desk");
  for (;;) {
    Waiting next;
    {
      std::unique_lock lock(mutex_);
      if (!something_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    auto read = this->read(next.request);
    if (read) {
      ask_keeper(std::move(next.request), std::move(*read), std::move(next.reply));
    } else {
      next.reply(unasked(read.error()));
    }
  }
}

Result<QueryDesk::Read> QueryDesk::read(const Request& request) {
  if (!reader_) {
    auto opened = StoreReader::open(state_);
    if (!opened) return tl::unexpected(opened.error());
    reader_.emplace(std::move(*opened));
  }
  Read read;
  if (request.op == "report") {
    auto inputs = reader_->inputs();
    if (!inputs) return tl::unexpected(inputs.error());
    read.inputs = std::move(*inputs);
  } else if (request.op == "doctor") {
    auto feed = reader_->feed();
    if (!feed) return tl::unexpected(feed.error());
    read.feed = std::move(*feed);
  } else {
    // What is no number is refused before anything of the page is looked at.
    const auto since = request.find("since") == nullptr ? 0 : number(request.find("since"));
    const auto limit = request.find("limit") == nullptr ? 1000 : number(request.find("limit"));
    if (!since || !limit) return read;
    auto page = reader_->records_since(Sequence{*since}, *limit);
    if (!page) return tl::unexpected(page.error());
    read.page = std::move(*page);
  }
  return read;
}

void QueryDesk::ask_keeper(Request request, Read read, Reply reply) {
  // An inquiry has to be copyable; what is large in it is not copied.
  struct Asked {
    Request request;
    Read read;
    Reply reply;
  };
  const auto asked =
      std::make_shared<Asked>(Asked{std::move(request), std::move(read), std::move(reply)});
  const bool quick = is_quick(asked->request);
  Inquiry inquiry = [asked](Keeper& keeper) {
    Subject subject{.model = keeper.model(), .rules = keeper.rules(), .now = keeper.now()};
    subject.inputs = asked->read.inputs ? &*asked->read.inputs : nullptr;
    subject.feed = asked->read.feed ? &*asked->read.feed : nullptr;
    if (asked->request.op == "stats") subject.counts = &keeper.counts();
    std::optional<Shelf> shelf;
    if (Store* const store = keeper.store()) {
      subject.archive = &shelf.emplace(*store, std::move(asked->read.page));
    }
    asked->reply(answer(asked->request, subject));
  };
  if (asked->request.op == "explain") {
    inquiry = [inquiry = std::move(inquiry)](Keeper& keeper) { keeper.ask_store(inquiry); };
  }
  if (quick ? intake_.ask_quick(std::move(inquiry)) : intake_.ask(std::move(inquiry))) return;
  asked->reply(unasked(busy()));
}

}  // namespace vmtrail
