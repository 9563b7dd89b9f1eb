// SPDX-License-Identifier: Apache-2.0

#include "io/decode_pool.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <memory_resource>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace vmtrail {

namespace {

constexpr std::size_t kBatchBytes = std::size_t{256} << 10;
constexpr std::size_t kBatchesPerThread = 4;

struct Sample {};
struct SkippedLine {};
using Item = std::variant<Event, Undecodable, Sample, SkippedLine>;

// Frames with their bytes, and what a decoder has found in them.
class Batch : public EventConsumer {
 public:
  [[nodiscard]] bool has_room_for(const Frame& frame) const {
    return frames_.empty() || used_ + frame.bytes.size() <= kBatchBytes;
  }

  void add(const Frame& frame) {
    const std::size_t needed = used_ + frame.bytes.size() + kPadding;
    if (bytes_.size() < needed) {
      // Only the first frame of a batch may be larger than usual, so that no view is left behind.
      bytes_.resize(std::max(needed, kBatchBytes + kPadding));
    }
    std::memcpy(&bytes_[used_], frame.bytes.data(), frame.bytes.size());
    Frame& copy = frames_.emplace_back(frame);
    copy.bytes = {&bytes_[used_], frame.bytes.size()};
    copy.padded = true;
    used_ += frame.bytes.size();
  }

  void decode(Decoder& decoder) {
    for (const Frame& frame : frames_) {
      decoder.decode(frame, *this);
      ends_.push_back(items_.size());
    }
  }

  void tell(const DecodePool::BeginFrame& begin, EventConsumer& consumer) const {
    std::size_t item = 0;
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      begin(frames_[i]);
      for (; item < ends_[i]; ++item) tell(items_[item], consumer);
    }
  }

  void clear() {
    frames_.clear();
    items_.clear();
    ends_.clear();
    texts_.release();
    used_ = 0;
    decoded = false;
    if (bytes_.size() > kBatchBytes + kPadding) std::vector<char>().swap(bytes_);
  }

  void on_event(const Event& event) override {
    Event copy = event;
    copy.message_id = kept(event.message_id);
    copy.event_type = kept(event.event_type);
    for (std::string_view& text : copy.fields) text = kept(text);
    if (!event.traits.empty()) copy.traits = kept(event.traits);
    items_.emplace_back(copy);
  }
  void on_undecodable(const Undecodable& bad) override {
    Undecodable copy = bad;
    copy.detail = kept(bad.detail);
    copy.bytes = kept(bad.bytes);
    items_.emplace_back(copy);
  }
  void on_sample() override { items_.emplace_back(Sample{}); }
  void on_skipped_line() override { items_.emplace_back(SkippedLine{}); }

  bool decoded = false;  // guarded by the pool's mutex

 private:
  static void tell(const Item& item, EventConsumer& consumer) {
    if (const auto* event = std::get_if<Event>(&item)) {
      consumer.on_event(*event);
    } else if (const auto* bad = std::get_if<Undecodable>(&item)) {
      consumer.on_undecodable(*bad);
    } else if (std::holds_alternative<Sample>(item)) {
      consumer.on_sample();
    } else {
      consumer.on_skipped_line();
    }
  }

  // What points into the batch's own bytes stays; the decoder's buffers are used again for the next
  // frame.
  std::string_view kept(std::string_view text) {
    const bool own = !bytes_.empty() && text.data() >= bytes_.data() &&
                     text.data() < bytes_.data() + bytes_.size();
    if (own || text.empty())
      return text.data() == nullptr ? text : own ? text : std::string_view("");
    char* const copy = static_cast<char*>(texts_.allocate(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  std::span<const Trait> kept(std::span<const Trait> traits) {
    auto* const copy = static_cast<Trait*>(texts_.allocate(traits.size_bytes(), alignof(Trait)));
    std::transform(traits.begin(), traits.end(), copy, [this](const Trait& trait) {
      return Trait{kept(trait.name), kept(trait.value)};
    });
    return {copy, traits.size()};
  }

  std::vector<char> bytes_;
  std::size_t used_ = 0;
  std::vector<Frame> frames_;
  std::vector<Item> items_;
  std::vector<std::size_t> ends_;  // of each frame's items
  std::pmr::monotonic_buffer_resource texts_;
};

}  // namespace

struct DecodePool::Impl {
  explicit Impl(std::size_t batches) : limit(batches) {}

  void work(Format format, const TraitNames* names) {
    Decoder decoder(format, names);
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return stopping || !todo.empty(); });
      if (stopping) return;
      Batch& batch = *todo.front();
      todo.pop_front();
      lock.unlock();
      batch.decode(decoder);
      lock.lock();
      batch.decoded = true;
      done.notify_one();
    }
  }

  void send(std::unique_ptr<Batch> batch) {
    {
      const std::lock_guard lock(mutex);
      todo.push_back(batch.get());
    }
    wake.notify_one();
    under_way.push_back(std::move(batch));
  }

  // Tells of the oldest batch once it is decoded.
  void tell_oldest(const BeginFrame& begin, EventConsumer& consumer) {
    std::unique_ptr<Batch> batch = std::move(under_way.front());
    under_way.pop_front();
    {
      std::unique_lock lock(mutex);
      done.wait(lock, [&] { return batch->decoded; });
    }
    batch->tell(begin, consumer);
    batch->clear();
    spare.push_back(std::move(batch));
  }

  std::unique_ptr<Batch> fresh() {
    if (spare.empty()) return std::make_unique<Batch>();
    std::unique_ptr<Batch> batch = std::move(spare.back());
    spare.pop_back();
    return batch;
  }

  const std::size_t limit;

  // Of the calling thread.
  std::unique_ptr<Batch> filling = std::make_unique<Batch>();
  std::deque<std::unique_ptr<Batch>> under_way;  // oldest first
  std::vector<std::unique_ptr<Batch>> spare;

  // Guarded by the mutex.
  std::mutex mutex;
  std::condition_variable wake;  // a batch to decode, or the end
  std::condition_variable done;  // a batch is decoded
  std::deque<Batch*> todo;
  bool stopping = false;

  std::vector<std::jthread> threads;  // last, so that they end before what they use
};

DecodePool::DecodePool(unsigned threads, Format format, const TraitNames* names)
    : impl_(std::make_unique<Impl>(threads * kBatchesPerThread)) {
  for (unsigned i = 0; i < threads; ++i) {
    impl_->threads.emplace_back([impl = impl_.get(), format, names] { impl->work(format, names); });
    pthread_setname_np(impl_->threads.back().native_handle(),
                       ("decode-" + std::to_string(i)).c_str());
  }
}

DecodePool::~DecodePool() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
}

void DecodePool::decode(const Frame& frame, const BeginFrame& begin, EventConsumer& consumer) {
  if (!impl_->filling->has_room_for(frame)) {
    impl_->send(std::exchange(impl_->filling, impl_->fresh()));
    if (impl_->under_way.size() >= impl_->limit) impl_->tell_oldest(begin, consumer);
  }
  impl_->filling->add(frame);
}

void DecodePool::finish(const BeginFrame& begin, EventConsumer& consumer) {
  impl_->send(std::exchange(impl_->filling, impl_->fresh()));
  while (!impl_->under_way.empty()) impl_->tell_oldest(begin, consumer);
}

}  // namespace vmtrail
