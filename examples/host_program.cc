// SPDX-License-Identifier: Apache-2.0
// An event processor with vmtrail inside: reads events, one a line, from a file or standard input,
// prints each change as it happens, and at the end where every instance is. See docs/embedding.md.

#include <fstream>
#include <iostream>
#include <string>

#include "vmtrail/decoder.h"
#include "vmtrail/dispatcher.h"
#include "vmtrail/model.h"
#include "vmtrail/record.h"
#include "vmtrail/rules.h"

namespace {

// What comes out: the changes, and whatever was no event. Nothing else leaves the library.
class Printer : public vmtrail::RecordConsumer, public vmtrail::QuarantineConsumer {
 public:
  void on_record(const vmtrail::ChangeRecord& record) override {
    // For machines: append_cloudevent(text, record, "my-program/a") gives the whole as JSON.
    std::cout << vmtrail::to_string(record.time) << ' ' << record.summary << '\n';
  }
  void on_quarantined(const vmtrail::Undecodable& bad) override {
    std::cerr << "line " << bad.line << ": " << vmtrail::info(bad.reason).sentence << '\n';
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::ifstream file;
  if (argc > 1) file.open(argv[1]);
  std::istream& input = argc > 1 ? file : std::cin;
  if (!input) {
    std::cerr << "cannot read " << argv[1] << '\n';
    return 1;
  }

  // Four values, with nothing global behind them. The dispatcher borrows the other three.
  const vmtrail::RuleSet rules = vmtrail::RuleSet::shipped();
  vmtrail::Model model;
  Printer printer;
  vmtrail::Dispatcher dispatcher(rules, model, printer, printer);

  // A frame is one message, however it came; here it is a line. Its format is told from its bytes.
  vmtrail::Decoder decoder;
  vmtrail::Frame frame{.bytes = {}, .line = 0};
  for (std::string line; std::getline(input, line);) {
    frame.bytes = line;
    ++frame.line;
    dispatcher.set_frame(frame);
    decoder.decode(frame, dispatcher);
  }
  // A file has an end. A program that runs on calls advance() instead, every few seconds, with the
  // time of the stream: the newest event's, and what has passed since it came.
  dispatcher.finish();

  for (const vmtrail::InstanceId& id : model.instances()) {
    const auto instance = model.instance(id);
    if (!instance) continue;
    std::cout << id.to_string() << ": " << (instance->host.empty() ? "no host" : instance->host)
              << " (" << vmtrail::name(instance->confidence) << ")\n";
  }
}
