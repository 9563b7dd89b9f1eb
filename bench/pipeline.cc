// SPDX-License-Identifier: Apache-2.0

#include "bench/pipeline.h"

#include <benchmark/benchmark.h>

#include "io/ahead.h"

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
  Ahead ahead(*this);
  while (!frames.empty()) {
    if (!ahead.decode_line(decoder_, splitter_, frames)) {
      auto frame = splitter_.next(frames, true);
      if (!frame) break;
      frame->padded = true;
      ahead.decode(decoder_, *frame);
    }
    frames.remove_prefix(splitter_.consumed());
  }
  ahead.tell_all();
}

}  // namespace vmtrail::bench
