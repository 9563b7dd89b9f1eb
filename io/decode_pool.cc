// SPDX-License-Identifier: Apache-2.0

#include "io/decode_pool.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "io/ahead.h"
#include "io/decoded.h"

namespace vmtrail {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kChunksPerJob = 8;
constexpr std::chrono::microseconds kPause{500};    // in which some chunks are told
constexpr std::chrono::microseconds kLong{64'000};  // where the telling waits for something else
constexpr std::chrono::microseconds kAwake{100};    // of a wait, before it sleeps
constexpr std::size_t kLargeChunk = 2 * ByteSource::kWindow;
constexpr std::size_t kMostDecoded = 2 * ByteSource::kWindow;  // bytes; usual is a third of it

// A stretch of the input in frames, and what is in them.
struct Chunk {
  std::vector<char> bytes;
  std::vector<Frame> frames;
  std::size_t size = 0;            // of the frames
  std::size_t frames_decoded = 0;  // the first of them
  Decoded decoded;                 // what is in those
  std::uint64_t bytes_read = 0;    // of the source, at the end of the chunk
  std::optional<Error> failure;    // of the source, behind the chunk
  bool ready = false;              // guarded by the pool's mutex

  /// `near`: it is told on this thread.
  void decode(MatchingDecoder& decoder, DecodedWriter& writer, bool near) {
    if (size > kLargeChunk) return;
    writer.begin(decoded, DecodedWriter::Frames::stay, near);
    while (frames_decoded < frames.size() && writer.size() < kMostDecoded) {
      writer.decode(decoder, frames[frames_decoded++]);
    }
    writer.finish();
  }

  // What is not decoded yet, is now.
  void tell(MatchingDecoder& decoder, DecodedReader& reader, InputConsumer& consumer) {
    reader.tell(decoded, consumer);
    if (frames_decoded == frames.size()) return;
    Ahead ahead(consumer);
    while (frames_decoded < frames.size()) ahead.decode(decoder, frames[frames_decoded++]);
    ahead.tell_all();
  }

  void clear() {
    if (bytes.size() > 2 * kLargeChunk) bytes = {};  // most others need less
    frames.clear();
    size = 0;
    frames_decoded = 0;
    decoded.clear();
    failure.reset();
    ready = false;
  }
};

// Cuts the chunks off a source.
class ChunkReader {
 public:
  explicit ChunkReader(ByteSource& source) : source_(source) {}

  [[nodiscard]] bool may_wait() const { return source_.may_wait(); }

  // Reads until there is a chunk's worth, or nothing more for now, in which case the chunk may be
  // empty; waits for the first bytes only. Reads into the chunk's own buffer: the source's is
  // written by every thread, so it holds no more than the beginning of a frame meanwhile. False:
  // that was the last chunk.
  [[nodiscard]] bool read(Chunk& chunk) {
    source_.exchange_buffer(chunk.bytes);
    bool more = true;
    do {
      const Result<bool> filled = source_.fill();
      if (!filled) chunk.failure = filled.error();
      more = filled.value_or(false);
      const bool enough = source_.window().size() >= ByteSource::kWindow;
      if (enough || !more || source_.may_wait()) cut(chunk, !more);
    } while (more && chunk.frames.empty() && !source_.may_wait());
    chunk.bytes_read = source_.bytes_read();
    if (!chunk.frames.empty()) source_.exchange_buffer(chunk.bytes);
    return more;
  }

 private:
  void cut(Chunk& chunk, bool last) {
    std::size_t done = 0;
    for (;;) {
      std::optional<Frame> frame = splitter_.next(source_.window().substr(done), last);
      done += splitter_.consumed();
      if (!frame) break;
      frame->padded = true;
      chunk.size += frame->bytes.size();
      chunk.frames.push_back(*frame);
    }
    source_.consume(done);
  }

  ByteSource& source_;
  Splitter splitter_;
};

}  // namespace

class DecodePool::Impl {
 public:
  // It is whole before it has threads: where one cannot be made, ~Impl() ends the others.
  explicit Impl(const Options& options) : Impl(options, WithoutThreads()) {
    if (options.jobs == 1) return;
    for (const auto& job : jobs_) job->make_chunks();
    for (unsigned i = 1; i < options.jobs; ++i) {
      threads_.emplace_back([this, i] { work(*jobs_[i]); });
      const std::string name = "decode-" + std::to_string(i - 1);
      pthread_setname_np(threads_.back().native_handle(), name.c_str());
    }
  }

  ~Impl() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ++news_;
    may_read_.notify_all();
    for (const auto& job : jobs_) job->has_room.notify_one();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool alone() const { return threads_.empty(); }

  // One job: a few events are kept, which are told while they are in the nearest cache.
  [[nodiscard]] Result<void> read_alone(ByteSource& source, InputConsumer& consumer) {
    Splitter splitter;
    Ahead ahead(consumer);
    for (;;) {
      if (source.may_wait()) consumer.on_wait();
      const Result<bool> filled = source.fill();
      const bool last = !filled.value_or(false);
      for (;;) {
        while (ahead.decode_line(own().decoder, splitter, source.window())) {
          source.consume(splitter.consumed());
        }
        std::optional<Frame> frame = splitter.next(source.window(), last);
        source.consume(splitter.consumed());
        if (!frame) break;
        frame->padded = true;
        ahead.decode(own().decoder, *frame);
      }
      ahead.tell_all();
      if (auto done = consumer.on_progress(source.bytes_read()); !done) return done;
      if (!filled) return tl::unexpected(filled.error());
      if (last) return {};
    }
  }

  [[nodiscard]] Result<void> read_together(ByteSource& source, InputConsumer& consumer) {
    ChunkReader reader(source);
    const Reading reading(*this, reader);
    std::unique_lock lock(mutex_);
    for (;;) {
      if (!under_way_.empty() && under_way_.front().chunk->ready) {
        Chunk& chunk = *under_way_.front().chunk;
        lock.unlock();
        if (auto told = tell(chunk, consumer); !told) return told;
        lock.lock();
        give_back_oldest();
      } else if (can_read() && !own().spare.empty()) {
        work_once(own(), lock);
      } else if (!under_way_.empty()) {
        if (!step_aside(lock)) await_news(something_to_do_, lock);
      } else if (ended_) {
        return {};
      } else {
        lock.unlock();
        consumer.on_wait();
        lock.lock();
        // Meanwhile something may have come, and a thread have taken it.
        if (!reads_ && !ended_ && under_way_.empty()) work_once(own(), lock);
      }
    }
  }

 private:
  struct WithoutThreads {};
  Impl(const Options& options, WithoutThreads /*tag*/) : aside_(options.aside) {
    for (unsigned i = 0; i < options.jobs; ++i) jobs_.push_back(std::make_unique<Job>(options));
  }

  // What belongs to one thread alone, but for chunks that are told and given back: what one core
  // has in its cache another writes to slowly.
  struct Job {
    explicit Job(const Options& options) : decoder(options.format, *options.rules) {}

    void make_chunks() {
      for (std::size_t i = 0; i < kChunksPerJob; ++i) spare.push_back(&chunks.emplace_back());
    }

    MatchingDecoder decoder;
    DecodedWriter writer;
    std::deque<Chunk> chunks;
    std::vector<Chunk*> spare;  // the last used behind, which is the next; guarded by the mutex
    std::condition_variable has_room;  // spare chunks
  };

  // While it lives, the threads read and decode; behind it they have let go of the reader.
  class Reading {
   public:
    Reading(Impl& pool, ChunkReader& reader) : pool_(pool) {
      const std::lock_guard lock(pool.mutex_);
      pool.reader_ = &reader;
      pool.ended_ = false;
      ++pool.news_;
      pool.may_read_.notify_one();
    }
    ~Reading() {
      std::unique_lock lock(pool_.mutex_);
      pool_.reader_ = nullptr;
      pool_.something_to_do_.wait(lock, [this] { return pool_.working_ == 0; });
      pool_.reads_ = false;
      while (!pool_.under_way_.empty()) pool_.give_back_oldest();
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    Impl& pool_;
  };

  // The thread that calls.
  [[nodiscard]] Job& own() { return *jobs_.front(); }

  void work(Job& job) {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (job.spare.empty()) {
        await_room(job, lock);
      } else if (!can_read()) {
        if (!step_aside(lock)) await_news(may_read_, lock);
      } else {
        ++working_;
        work_once(job, lock);
        if (--working_ == 0 && reader_ == nullptr) something_to_do_.notify_one();
      }
    }
  }

  // Where a thread is not woken for each chunk that is told: that takes as long as to apply a
  // hundred events, and for who applies them all wait. It looks again, later and later, and is
  // woken when all its chunks are.
  void await_room(Job& job, std::unique_lock<std::mutex>& lock) {
    auto pause = kPause;
    while (job.spare.empty() && !stopping_) {
      if (step_aside(lock)) {
        pause = kPause;
      } else {
        job.has_room.wait_for(lock, pause);
        pause = std::min(2 * pause, kLong);
      }
    }
  }

  // Does what else there is to be done. True: something was, or has changed meanwhile.
  [[nodiscard]] bool step_aside(std::unique_lock<std::mutex>& lock) {
    if (!aside_) return false;
    const unsigned known = news_;
    lock.unlock();
    const bool done = aside_();
    lock.lock();
    return done || news_ != known;
  }

  // Waits until something has changed, or for no reason. Awake at first, as most waits are shorter
  // than it takes to be woken; but whoever else has work goes first.
  void await_news(std::condition_variable& wakes, std::unique_lock<std::mutex>& lock) {
    const unsigned known = news_;
    lock.unlock();
    const auto until = Clock::now() + kAwake;
    while (news_ == known && Clock::now() < until) std::this_thread::yield();
    lock.lock();
    if (news_ == known) wakes.wait(lock);
  }

  [[nodiscard]] bool can_read() const {
    return reader_ != nullptr && !reads_ && !ended_ && !reader_->may_wait() && has_memory();
  }
  // Of chunks that are no longer than most, all that there are have.
  [[nodiscard]] bool has_memory() const {
    return bytes_under_way_ < jobs_.size() * kChunksPerJob * kLargeChunk;
  }

  // Reads a chunk, and decodes it once others may read.
  void work_once(Job& job, std::unique_lock<std::mutex>& lock) {
    Chunk& chunk = *job.spare.back();
    job.spare.pop_back();
    under_way_.push_back({&chunk, &job});
    reads_ = true;
    ChunkReader& reader = *reader_;
    lock.unlock();
    const bool more = reader.read(chunk);
    lock.lock();
    bytes_under_way_ += chunk.bytes.size();
    reads_ = false;
    ended_ = !more;
    ++news_;
    may_read_.notify_one();
    something_to_do_.notify_one();
    lock.unlock();
    chunk.decode(job.decoder, job.writer, &job == &own());
    lock.lock();
    chunk.ready = true;
    ++news_;
    if (under_way_.front().chunk == &chunk) something_to_do_.notify_one();
  }

  void give_back_oldest() {
    const UnderWay& oldest = under_way_.front();
    const bool had_memory = has_memory();
    bytes_under_way_ -= oldest.chunk->bytes.size();
    if (!had_memory && has_memory()) {
      ++news_;
      may_read_.notify_all();
    }
    oldest.chunk->clear();
    oldest.job->spare.push_back(oldest.chunk);
    if (oldest.job->spare.size() == kChunksPerJob) oldest.job->has_room.notify_one();
    under_way_.pop_front();
  }

  [[nodiscard]] Result<void> tell(Chunk& chunk, InputConsumer& consumer) {
    chunk.tell(own().decoder, told_, consumer);
    if (auto done = consumer.on_progress(chunk.bytes_read); !done) return done;
    if (chunk.failure) return tl::unexpected(*chunk.failure);
    return {};
  }

  DecodedReader told_;  // of the thread that calls
  const std::function<bool()> aside_;
  std::vector<std::unique_ptr<Job>> jobs_;  // of the thread that calls, then of the others

  std::mutex mutex_;
  std::condition_variable may_read_;         // for the threads that have room
  std::condition_variable something_to_do_;  // for the thread that calls

  // Guarded by the mutex; chunks that are not ready, and the reader, belong to whoever works.
  struct UnderWay {
    Chunk* chunk;
    Job* job;  // whose it is
  };
  std::deque<UnderWay> under_way_;   // in the order of the input
  std::size_t bytes_under_way_ = 0;  // that are read
  ChunkReader* reader_ = nullptr;    // nullptr: nothing is to be read
  bool reads_ = false;               // somebody does
  bool ended_ = false;               // nothing is left to be read
  unsigned working_ = 0;             // threads of the pool that are
  std::atomic<unsigned> news_ = 0;  // changes of what is waited for; is looked at without the mutex
  bool stopping_ = false;

  std::vector<std::jthread> threads_;  // last, so that they end before what they use
};

DecodePool::DecodePool(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
DecodePool::~DecodePool() = default;

Result<void> DecodePool::read(ByteSource& source, InputConsumer& consumer) {
  return impl_->alone() ? impl_->read_alone(source, consumer)
                        : impl_->read_together(source, consumer);
}

}  // namespace vmtrail
