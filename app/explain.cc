// SPDX-License-Identifier: Apache-2.0
// vmtrail explain: why an instance is said to be where it is.

#include <CLI/CLI.hpp>

#include "app/question.h"

namespace vmtrail {

namespace {

constexpr std::size_t kWidth = 100;

// Breaks `text` at spaces, each line behind `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string result;
  while (!text.empty()) {
    std::size_t length = text.size();
    if (length > kWidth - indent) {
      const std::size_t space = text.rfind(' ', kWidth - indent);
      length = space == std::string_view::npos ? std::min(text.find(' '), text.size()) : space;
    }
    result.append(indent, ' ');
    result += text.substr(0, length);
    result += '\n';
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return result;
}

std::string described(const InstanceAnswer& instance, const std::vector<FactAnswer>& facts) {
  const auto told = [](std::string_view text) { return text.empty() ? "-" : std::string(text); };
  std::string text = told(instance.name) + " (" + instance.id.to_string() + ") is ";
  text += instance.host.empty() ? "on no host" : "on " + std::string(instance.host);
  text += " (" + std::string(name(instance.confidence)) + ")\n";
  for (const FactAnswer& fact : facts) {
    text += "\n" + to_string(fact.generated) + "  " + fact.event_type + "  from " +
            told(fact.publisher) + "\n  " + std::string(name(fact.verdict)) + ", " + fact.at + " " +
            fact.rule + ", " + fact.message_id + "\n" + wrapped(fact.reason, 4);
  }
  return text;
}

struct ExplainQuestion : Question {
  std::string instance;
};

Exit explain(const ExplainQuestion& question) {
  const auto asked = open(question);
  if (!asked) return fail(asked.error());
  const Model& model = (*asked)->model;
  const auto id = model.find(question.instance);
  if (!id) return fail(id.error());
  const auto folded = (*asked)->store.trail(*id);
  if (!folded) return fail(folded.error());
  const InstanceAnswer instance = *model.instance(*id);
  const std::vector<FactAnswer> facts = model.explain(*id, *folded, (*asked)->rules);
  if (!question.json()) {
    print(described(instance, facts));
    return Exit::fine;
  }
  std::string body = "\"instance\":";
  append_json(body, instance);
  body += ",\"host\":";
  append_json(body, instance.host);
  body += ",\"confidence\":\"" + std::string(name(instance.confidence)) + "\",\"decided_by\":";
  append_json(body, instance.decided_by ? instance.decided_by->message_id.to_string() : "");
  body += ",\"facts\":" + json_list(facts);
  print_answer(model, body);
  return Exit::fine;
}

}  // namespace

std::function<Exit()> prepare_explain(CLI::App& parser) {
  auto question = std::make_shared<ExplainQuestion>();
  parser.add_option("INSTANCE", question->instance, kInstanceHelp)->required();
  add_common(parser, *question);
  return asking(question, explain);
}

}  // namespace vmtrail
