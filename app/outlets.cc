// SPDX-License-Identifier: Apache-2.0

#include "app/outlets.h"

#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "app/table.h"

namespace vmtrail {

namespace {

constexpr char kDevice[] = "default";
constexpr std::uint64_t kLines = 10;  // about quarantined input; the rest is counted
constexpr std::size_t kDetail = 120;

// One JSON object a line; bytes that are no UTF-8 are replaced.
std::string quarantine_line(std::string_view input, const Undecodable& bad) {
  const nlohmann::ordered_json line = {{"reason", info(bad.reason).name},
                                       {"detail", bad.detail},
                                       {"input", input},
                                       {"line", bad.line},
                                       {"offset", bad.offset},
                                       {"bytes", redact(bad.bytes)}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

void Outlets::on_record(const ChangeRecord& record) {
  if (backlog) {
    backlog->on_record(record);
  } else if (lines) {
    lines->on_record(record);
  } else {
    write_text(record);
  }
}

void Outlets::write_text(const ChangeRecord& record) {
  text_.clear();
  if (store != nullptr || !zenoss) cloudevents_.append(text_, record);
  if (store != nullptr) keep(store->add_record(record.sequence, text_));
  if (!records) return;
  if (zenoss) {
    text_.clear();
    append_zenoss(text_, record, kDevice);
  }
  text_ += '\n';
  records->write(text_);
}

void Outlets::on_quarantined(const Undecodable& bad) {
  if (quarantined_++ < kLines) {
    const std::string detail =
        bad.detail.empty() ? "" : ": " + shown(bad.detail.substr(0, kDetail));
    spdlog::warn("{}:{}: quarantined: {}{}", input, bad.line, info(bad.reason).sentence, detail);
  }
  if (store != nullptr) keep(store->add_quarantined(input, bad));
  if (quarantine) quarantine->write(quarantine_line(input, bad));
}

void Outlets::keep(const Result<void>& done) {
  if (!done && !failure) failure = done.error();
}

void Outlets::flush() {
  if (backlog) {
    backlog->flush();
  } else if (records) {
    records->flush();
  }
  if (quarantine) quarantine->flush();
}

void Outlets::tell_unshown() const {
  if (quarantined_ > kLines) spdlog::warn("{} more quarantined", quarantined_ - kLines);
}

}  // namespace vmtrail
