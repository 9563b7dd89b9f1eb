// SPDX-License-Identifier: Apache-2.0

#include "bench/pipeline.h"

#include <benchmark/benchmark.h>

namespace vmtrail::bench {

void NoEvents::on_event(const Event& event) {
  benchmark::DoNotOptimize(event.message_id.data());
}

void NoRecords::on_record(const ChangeRecord& record) {
  benchmark::DoNotOptimize(record.sequence);
}

void WrittenRecords::on_record(const ChangeRecord& record) {
  text_.clear();
  cloudevents_.append(text_, record);
  benchmark::DoNotOptimize(text_.data());
}

void Pipeline::feed(std::string_view frames) {
  while (auto frame = splitter_.next(frames, true)) {
    frame->padded = true;
    dispatcher_.set_frame(*frame);
    decoder_.decode(*frame, dispatcher_);
    frames.remove_prefix(splitter_.consumed());
  }
}

}  // namespace vmtrail::bench
