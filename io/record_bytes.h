// SPDX-License-Identifier: Apache-2.0
// Change records as bytes, for another thread to read.

#pragma once

#include <cstddef>

#include "io/far_bytes.h"
#include "vmtrail/record.h"

namespace vmtrail {

/// Writes change records, all of what a CloudEvent says of them: not the states that their cause
/// said itself. What records of one occasion have in common it writes once.
class RecordBytesWriter {
 public:
  /// See FarWriter::begin().
  void begin(FarBytes& to);
  void add(const ChangeRecord& record);
  void finish() { bytes_.finish(); }
  /// Bytes so far.
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  [[nodiscard]] bool shares(const ChangeRecord& record) const {
    return record.occasion != Sequence{} && record.occasion == occasion_ &&
           record.sequence != record.occasion && record.subject.data() == subject_;
  }

  FarWriter bytes_;
  // Of the last record: of two models the occasions have the same numbers.
  Sequence occasion_{};
  const char* subject_ = nullptr;
};

/// Tells the records in their order. Records of one occasion are told with the same subject, at one
/// place.
void tell_records(const FarBytes& bytes, RecordConsumer& records);

}  // namespace vmtrail
