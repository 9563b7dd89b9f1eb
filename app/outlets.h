// SPDX-License-Identifier: Apache-2.0
// Where the change records and the quarantined input of a replay go.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "io/output_file.h"
#include "io/record_backlog.h"
#include "io/store.h"
#include "vmtrail/cloudevents.h"
#include "vmtrail/dispatcher.h"
#include "vmtrail/record.h"

namespace vmtrail {

/// To a file, the store, both or neither; the first quarantined ones also to standard error.
class Outlets : public RecordConsumer, public QuarantineConsumer {
 public:
  static constexpr std::string_view kSource = "vmtrail/default";

  std::optional<OutputFile> records;
  std::optional<OutputFile> quarantine;
  /// Either writes the CloudEvents of `records`, if those go nowhere else, with less work: at once,
  /// or on any thread.
  std::optional<RecordLines> lines;
  std::optional<RecordBacklog> backlog;
  bool zenoss = false;           ///< the form of the records; the store has CloudEvents
  Store* store = nullptr;        ///< borrowed
  std::string input;             ///< what is being read, for messages
  Time generated{};              ///< of the event that is being dispatched, for the archive
  std::optional<Error> failure;  ///< of the store; the first

  void on_record(const ChangeRecord& record) override;
  void on_quarantined(const Undecodable& bad) override;

  /// Nothing is to come for a while: what is buffered reaches the files.
  void flush();
  /// Remembers the first failure.
  void keep(const Result<void>& done);
  /// How many were quarantined that no line was written about.
  void tell_unshown() const;

 private:
  void write_text(const ChangeRecord& record);

  CloudEvents cloudevents_{kSource};
  std::string text_;  // of a record that is not written into the buffer at once
  std::uint64_t quarantined_ = 0;
};

}  // namespace vmtrail
