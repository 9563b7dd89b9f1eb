// SPDX-License-Identifier: Apache-2.0

#include "io/keeper.h"

#include <algorithm>
#include <thread>
#include <tuple>
#include <utility>

#include <spdlog/spdlog.h>

#include "io/source.h"
#include "io/thread_name.h"

namespace vmtrail {

namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20;  // of a batch
// Where nothing is written a batch costs next to nothing, and its readers need not wait.
constexpr std::size_t kMostUnwritten = std::size_t{256} << 10;
constexpr std::size_t kForgotten = 200;  // instances whose history is looked at after a commit
constexpr auto kRetry = std::chrono::seconds{1};
constexpr auto kLockPause = std::chrono::milliseconds{5};  // before a lock is tried again

Time system_time() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

void add(Counts& to, const Counts& from) {
  to.events += from.events;
  to.applied += from.applied;
  to.duplicate += from.duplicate;
  to.skipped_lines += from.skipped_lines;
  to.absences_given_up += from.absences_given_up;
  for (std::size_t i = 0; i < to.ignored.size(); ++i) to.ignored[i] += from.ignored[i];
  for (std::size_t i = 0; i < to.quarantined.size(); ++i) to.quarantined[i] += from.quarantined[i];
  for (std::size_t i = 0; i < to.records.size(); ++i) to.records[i] += from.records[i];
}

}  // namespace

Keeper::Books::Books(std::shared_ptr<const RuleSet> rule_set, Model::Options options,
                     Keeper& keeper)
    : rules(std::move(rule_set)),
      model(std::move(options)),
      dispatcher(*rules, model, keeper, keeper),
      decoders(*rules),
      ahead(keeper) {}

Keeper::Keeper(Options options, std::optional<Store> store, Intake& intake, RecentRecords& records)
    : options_(std::move(options)),
      intake_(intake),
      records_(records),
      store_(std::move(store)),
      started_(options_.clock()),
      started_steady_(options_.steady()) {}

Keeper::~Keeper() = default;

Result<std::unique_ptr<Keeper>> Keeper::open(Options options, const std::vector<RulesText>& rules,
                                             std::optional<Store> store, Intake& intake,
                                             RecentRecords& records) {
  auto parsed = RuleSet::parse(rules);
  if (!parsed) return tl::unexpected(parsed.error());
  if (!options.clock) options.clock = system_time;
  if (!options.steady) options.steady = Clock::now;
  std::unique_ptr<Keeper> keeper(new Keeper(std::move(options), std::move(store), intake, records));
  if (auto loaded = keeper->load(std::move(*parsed), rules); !loaded) {
    return tl::unexpected(loaded.error());
  }
  std::ignore = intake.set_rules(keeper->books_->rules);  // nothing was decoded yet
  records.begin_behind(keeper->model().sequence());
  return keeper;
}

Result<void> Keeper::load(RuleSet rules, const std::vector<RulesText>& texts) {
  Model::Options options = options_.model;
  if (store_) {
    options.archive = [this](const MessageId& id) {
      return batch_.messages.contains(id) || store_->contains(id, generated_);
    };
  }
  books_ = std::make_unique<Books>(std::make_shared<const RuleSet>(std::move(rules)),
                                   std::move(options), *this);
  if (!store_) {
    books_->model.index();
    return {};
  }
  store_->set_meanwhile([this] { answer_while_locked(); });
  const auto dropped = store_->load(books_->model, *books_->rules);
  if (!dropped) return tl::unexpected(dropped.error());
  if (*dropped > 0) {
    spdlog::warn("{} facts were dropped: there is no rule for them any more", *dropped);
  }
  const auto awaited = store_->awaited();
  if (!awaited) return tl::unexpected(awaited.error());
  books_->dispatcher.restore(*awaited);
  books_->model.index();
  situation_.begin(books_->model);
  if (auto set = store_->set_rules(texts); !set) return set;
  return store_->commit();
}

void Keeper::change_rules(RuleSet rules, std::vector<RulesText> texts, std::function<void()> done) {
  new_rules_ = NewRules{std::make_shared<const RuleSet>(std::move(rules)), std::move(texts),
                        std::move(done)};
}

// What was decoded by the rules that were right when it came is applied by them.
void Keeper::begin_rules() {
  next_rules_ = std::exchange(new_rules_, std::nullopt);
  for (Delivery& delivery : intake_.set_rules(next_rules_->rules)) {
    process(delivery);
    intake_.give_back(std::move(delivery));
  }
  commit();
}

// All of the model is in the store.
void Keeper::set_rules(const NewRules& wanted) {
  const std::unique_ptr<Books> old = std::move(books_);
  folded_to_.reset();
  books_ = std::make_unique<Books>(wanted.rules, old->model.options(), *this);
  std::size_t dropped = books_->model.restore(old->model.snapshot(), *books_->rules);
  for (const InstanceId& id : old->model.instances()) {
    dropped += books_->model.restore(old->model.snapshot(id), *books_->rules);
  }
  books_->model.mark_saved();
  books_->model.index();
  situation_.begin(books_->model);
  books_->dispatcher.restore(old->dispatcher.awaited());
  add(past_, old->dispatcher.counts());
  if (dropped > 0) {
    spdlog::warn("{} facts were dropped: there is no rule for them any more", dropped);
  }
  wanted.done();
}

const Counts& Keeper::counts() const {
  all_ = past_;
  add(all_, books_->dispatcher.counts());
  return all_;
}

// ---- what is told of a delivery

void Keeper::on_coming(std::span<const Matched> coming) {
  static_assert(InputConsumer::kComing <= Model::kMaxComing);
  books_->dispatcher.expect(coming);
}

void Keeper::on_frame(const Frame& frame) {
  books_->dispatcher.set_frame(frame);
}

void Keeper::on_event(const Event& event, const Matched& matched) {
  generated_ = event.generated;
  const std::uint64_t duplicates = books_->dispatcher.counts().duplicate;
  books_->dispatcher.on_matched(event, matched);
  situation_.on_event(event, now_);
  // Only now: the model asks the archive whether it has seen the event before.
  if (store_ && books_->dispatcher.counts().duplicate == duplicates) {
    batch_.messages.add(matched.message, event.generated);
  }
  answer_if_asked();
}

void Keeper::on_undecodable(const Undecodable& bad) {
  books_->dispatcher.on_undecodable(bad);
}

void Keeper::on_sample() {
  books_->dispatcher.on_sample();
}

void Keeper::on_skipped_line() {
  books_->dispatcher.on_skipped_line();
}

void Keeper::on_record(const ChangeRecord& record) {
  if (changed_) {
    if (const auto id = InstanceId::parse(record.subject)) changed_->insert(*id);
  }
  situation_.on_record(record);
  batch_.records->add(record, options_.zenoss);
}

void Keeper::on_quarantined(const Undecodable& bad) {
  spdlog::debug("{}:{}: quarantined: {}", delivery_->from->name(), bad.line,
                info(bad.reason).sentence);
  if (!store_) return;
  batch_.quarantined.push_back({delivery_->from->name(), bad.reason, std::string(bad.detail),
                                std::string(bad.bytes), bad.offset, bad.line});
  batch_.bytes += bad.bytes.size();
}

void Keeper::process(Delivery& delivery) {
  const Counts& counts = books_->dispatcher.counts();
  const auto told = [&counts] {
    return DeliveryCounts{counts.applied, counts.duplicate, counts.total_ignored(),
                          counts.total_quarantined(), counts.skipped_lines};
  };
  const DeliveryCounts before = told();
  delivery_ = &delivery;
  now_ = options_.clock();
  if (delivery.decoded_by() == nullptr) {
    MatchingDecoder& decoder = books_->decoders.of(delivery.format);
    Ahead& ahead = books_->ahead;
    delivery.for_each_frame([&](const Frame& frame) { ahead.decode(decoder, frame); });
    ahead.tell_all();
  } else {
    told_.tell(delivery.decoded(), *this);
  }
  delivery_ = nullptr;
  const DeliveryCounts after = told();
  const DeliveryCounts counted = after - before;
  SourceFigures& source = sources_[delivery.from->name()];
  source.format = delivery.format;
  source.counts += counted;
  batch_.events += counted.events();
  if (!delivery.position.empty()) batch_.positions[delivery.from->name()] = delivery.position;
  batch_.deliveries.push_back({delivery.from, {delivery.tag, counted}});
  if (!batch_begun_) batch_begun_ = Clock::now();
}

void Keeper::advance() {
  const std::size_t before = batch_.records->size();
  // Not by the wall clock: events of hours ago may still be on their way, from a queue that was not
  // read meanwhile, and a clock that jumps must judge nothing. As long as the events go on they are
  // the clock; when they stop, time goes on from there.
  const auto now = options_.steady();
  if (const auto stream = books_->model.stream_time(); stream && stream != stream_) {
    stream_ = stream;
    stream_since_ = now;
  }
  if (stream_) {
    const Time there = *stream_ + std::chrono::duration_cast<Duration>(now - stream_since_);
    if (books_->dispatcher.advance(there)) folded_to_ = there;
  }
  const bool changed = folded_to_ || batch_.records->size() > before ||
                       (options_.cursors && options_.cursors() != saved_cursors_);
  if (changed && !batch_begun_) batch_begun_ = Clock::now();
}

void Keeper::answer() {
  intake_.take_questions(questions_);
  for (const Inquiry& question : questions_) question(*this);
}

// Questions take half of the time at most, however many there are.
void Keeper::answer_some() {
  const auto begun = Clock::now();
  if (begun < answer_at_) return;
  answer();
  const auto ended = Clock::now();
  answer_at_ = ended + (ended - begun);
  // Who sends the answer may have been woken on this core, and would wait for milliseconds. That is
  // not the questions' time: others may have this core for as long.
  std::this_thread::yield();
}

void Keeper::lend() {
  while (!intake_.lend(*this)) answer();
}

void Keeper::ask_store(Inquiry question) {
  if (committing_) {
    of_store_.push_back(std::move(question));
  } else {
    question(*this);
  }
}

// Between the rows of a batch the model stands still; at any other time it may be at work.
void Keeper::answer_while_locked() {
  if (!committing_) return std::this_thread::sleep_for(kLockPause);
  Intake::Taken taken;
  intake_.take(taken, false, Clock::now() + kLockPause);
  for (const Inquiry& question : taken.questions) question(*this);
}

// ---- batches

bool Keeper::is_full() const {
  return batch_.events >= options_.batch_events || batch_.bytes >= kMostBytes ||
         batch_.records->bytes() >= (store_ ? kMostBytes : kMostUnwritten) ||
         (batch_begun_ &&
          Clock::now() >= *batch_begun_ + std::max(options_.batch_delay, options_.batch_limit));
}

// A commit costs much the same for one event as for many: what waits already goes with it.
bool Keeper::must_commit() const {
  return is_full() || (batch_begun_ && Clock::now() >= *batch_begun_ + options_.batch_delay &&
                       intake_.depth().deliveries == 0);
}

Keeper::Clock::time_point Keeper::next_deadline() const {
  if (failure_) return retry_at_;
  if (folded_to_) return Clock::now();
  if (batch_begun_) return std::min(next_tick_, *batch_begun_ + options_.batch_delay);
  return next_tick_;
}

Result<void> Keeper::run() {
  name_thread("keeper");
  next_tick_ = Clock::now();
  Intake::Taken taken;
  for (;;) {
    intake_.take(taken, !failure_, next_deadline(), this);
    for (const Inquiry& question : taken.questions) question(*this);
    if (!failure_ && !between_.empty()) {
      for (const Inquiry& one : std::exchange(between_, {})) one(*this);
    }
    for (Delivery& delivery : taken.deliveries) {
      process(delivery);
      intake_.give_back(std::move(delivery));
      answer_if_asked();
      if (!failure_ && is_full()) commit();
    }
    if (!failure_ && new_rules_) begin_rules();
    const auto now = Clock::now();
    if (failure_ && now >= retry_at_) {
      commit();
      if (failure_ && intake_.is_closed()) return tl::unexpected(*failure_);
    }
    if (failure_) continue;
    if (folded_to_) {
      if (!books_->dispatcher.fold_quiet(*folded_to_)) folded_to_.reset();
      if (!batch_begun_) batch_begun_ = now;  // it is written little by little as well
    }
    if (now >= next_tick_) {
      advance();
      next_tick_ = now + options_.tick;
    }
    if (taken.closed || must_commit()) commit();
    if (taken.closed && !failure_) return {};
  }
}

bool Keeper::commit() {
  const auto begun = Clock::now();
  if (store_) {
    committing_ = true;
    const bool written = write();
    committing_ = false;
    for (const Inquiry& one : std::exchange(of_store_, {})) one(*this);
    if (!written) return false;
  }
  if (const auto before = expiry().history) books_->model.forget_history(*before, kForgotten);
  if (options_.committed) options_.committed(Clock::now() - begun, batch_.events);
  lend();
  settle();
  intake_.take_back();
  if (const auto rules = std::exchange(next_rules_, std::nullopt)) set_rules(*rules);
  return true;
}

/// Has the store hold what the model does.
bool Keeper::write() {
  if (const auto written = write_batch(); !written) {
    if (!failure_) {
      spdlog::error("{}; nothing is acknowledged until it can be written", written.error().detail);
    }
    failure_ = written.error();
    store_->rollback();
    retry_at_ = Clock::now() + kRetry;
    return false;
  }
  books_->model.mark_saved([this] { answer_if_asked(); });
  if (std::exchange(failure_, std::nullopt)) spdlog::info("the state can be written again");
  return true;
}

Result<void> Keeper::write_batch() {
  Result<void> done;
  const auto write = [&](auto&& one) {
    if (!done) return;
    done = one();
    answer_if_asked();
  };
  for (const PendingMessages::Message& message : batch_.messages.all()) {
    write([&] { return store_->add_message(message.id, message.generated); });
  }
  for (std::size_t i = 0; i < batch_.records->size(); ++i) {
    const RecordBatch::Record record = (*batch_.records)[i];
    write([&] { return store_->add_record(record.sequence, record.cloudevent, record.zenoss); });
  }
  for (const Batch::Quarantined& bad : batch_.quarantined) {
    write([&] {
      return store_->add_quarantined(bad.input,
                                     {bad.reason, bad.detail, bad.bytes, bad.offset, bad.line});
    });
  }
  for (const auto& position : batch_.positions) {
    write([&] { return store_->set_position(position.first, position.second); });
  }
  if (next_rules_) write([&] { return store_->set_rules(next_rules_->texts); });
  Cursors cursors = options_.cursors ? options_.cursors() : Cursors();
  for (const auto& cursor : cursors) {
    write([&] { return store_->set_cursor(cursor.first, cursor.second); });
  }
  if (!done) return done;
  if (auto saved = store_->save(books_->model, [this] { answer_if_asked(); }); !saved) return saved;
  if (auto saved = store_->set_awaited(books_->dispatcher.awaited()); !saved) return saved;
  if (auto expired = store_->expire(expiry()); !expired) return tl::unexpected(expired.error());
  lend();
  const auto committed = store_->commit();
  intake_.take_back();
  if (!committed) return committed;
  saved_cursors_ = std::move(cursors);
  return {};
}

Expiry Keeper::expiry() const {
  // As the clock was at the start, and has gone on since: one that jumps ahead takes nothing.
  const auto gone_on = std::chrono::duration_cast<Duration>(options_.steady() - started_steady_);
  const Time now = std::min(options_.clock(), started_ + gone_on);
  const auto before = [now](const std::optional<Duration>& age) {
    return age ? std::optional(now - *age) : std::nullopt;
  };
  return {before(options_.retention.records), before(options_.retention.history),
          before(options_.retention.quarantine)};
}

void Keeper::settle() {
  if (!batch_.records->empty()) records_.append(batch_.records);
  auto& all = batch_.deliveries;
  std::stable_sort(all.begin(), all.end(), [](const Batch::Received& a, const Batch::Received& b) {
    return a.from < b.from;
  });
  std::vector<Settled> of_one;
  for (std::size_t i = 0; i < all.size(); ++i) {
    of_one.push_back(all[i].settled);
    if (i + 1 < all.size() && all[i + 1].from == all[i].from) continue;
    all[i].from->settle(of_one);
    of_one.clear();
  }
  batch_.clear();
  batch_begun_.reset();
}

Result<void> Keeper::save_cursors() {
  if (!store_ || !options_.cursors) return {};
  for (const auto& [sink, sequence] : options_.cursors()) {
    if (auto written = store_->set_cursor(sink, sequence); !written) return written;
  }
  return store_->commit();
}

}  // namespace vmtrail
