// SPDX-License-Identifier: Apache-2.0
// Change records that are told on one thread and written on another.

#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string_view>

#include "io/far_bytes.h"
#include "io/output_file.h"
#include "io/record_bytes.h"
#include "vmtrail/cloudevents.h"
#include "vmtrail/record.h"

namespace vmtrail {

/// Writes records into a file, as CloudEvents, one a line. Borrows the file. One thread at a time.
class RecordLines : public RecordConsumer {
 public:
  /// `source`: see CloudEvents.
  RecordLines(OutputFile& file, std::string_view source) : file_(file), cloudevents_(source) {}

  void on_record(const ChangeRecord& record) override;

 private:
  OutputFile& file_;
  CloudEvents cloudevents_;
};

/// Keeps what it is told until a thread has time to write it, in the order of the telling: to make
/// the text of a record takes several times as long as to keep it. Holds 512 kB at most, and
/// sixteen records more; in steady state it allocates nothing.
class RecordBacklog : public RecordConsumer {
 public:
  /// Borrows the file, which is nobody else's meanwhile. `source`: see CloudEvents.
  RecordBacklog(OutputFile& file, std::string_view source);
  RecordBacklog(const RecordBacklog&) = delete;
  RecordBacklog& operator=(const RecordBacklog&) = delete;

  /// One thread at a time. Writes some itself where too many wait.
  void on_record(const ChangeRecord& record) override;
  /// Everything that was told reaches the file. On the thread that tells.
  void flush();

  /// Writes those that have waited longest, unless another thread is at it. Any thread. False:
  /// nothing was to be done.
  bool write_some();

 private:
  void hand_over();
  /// By whoever holds writing_; false: none waits.
  bool write_oldest();

  // Of the thread that tells.
  FarBytes filling_;
  RecordBytesWriter writer_;

  std::mutex writing_;  // who holds it writes; taken before the other
  OutputFile& file_;
  RecordLines lines_;

  std::mutex mutex_;
  // Guarded by it.
  std::deque<FarBytes> waiting_;  // the oldest first
  std::deque<FarBytes> spare_;
};

}  // namespace vmtrail
