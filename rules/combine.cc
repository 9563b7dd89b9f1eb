// SPDX-License-Identifier: Apache-2.0

#include "rules/combine.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "rules/parse.h"

namespace vmtrail {

namespace {

Error located(std::string_view text, std::string_view file, const YAML::Mark& mark,
              const std::string& row, const std::string& what) {
  std::string detail = position(file, mark);
  if (!row.empty()) detail += row + ": ";
  detail += what;
  if (const std::string found = mark.is_null() ? "" : snippet(text, mark.line); !found.empty()) {
    detail += "; found: " + found;
  }
  return Error{ErrorCode::rule_error, detail};
}

/// What the files read so far come to.
class Combination {
 public:
  /// In place of the first file.
  void begin(Parsed first) { parsed_ = std::move(first); }

  void add(const YAML::Node& root, const std::string& file) {
    if (const YAML::Node traits = root["traits"]) add_aliases(traits, file);
    if (const YAML::Node rules = root["rules"]) {
      require_list(rules, "rules");
      add_rows(rules, "rule", parsed_.rules,
               [&](const YAML::Node& node) { return parse_rule(node, file, model_of(node)); });
    }
    if (const YAML::Node absences = root["absences"]) {
      require_list(absences, "absences");
      add_rows(absences, "absence", parsed_.absences,
               [&](const YAML::Node& node) { return parse_absence(node, file); });
    }
  }

  [[nodiscard]] Parsed take() { return std::move(parsed_); }

  /// The row being read, for messages: "rule 'id'".
  [[nodiscard]] const std::string& current() const { return current_; }

 private:
  template <class Row, class Parse>
  void add_rows(const YAML::Node& list, std::string_view what, std::vector<Row>& rows,
                const Parse& parse) {
    std::map<std::string, std::size_t, std::less<>> earlier;  // of earlier files, by id
    for (std::size_t i = 0; i < rows.size(); ++i) earlier.emplace(rows[i].id, i);
    std::set<std::string, std::less<>> own;
    std::vector<Row> added;
    std::set<std::size_t> removed;
    std::map<std::size_t, Row> replaced;  // `like` still means what earlier files say
    for (const auto& node : list) {
      const std::string id = id_of(node);
      current_ = id.empty() ? "" : std::string(what) + " '" + id + "'";
      if (!id.empty() && !own.insert(id).second) {
        throw Mistake(node.Mark(), "this id is used twice");
      }
      const auto found = earlier.find(id);
      if (asks_for(node, "remove")) {
        require_map(node, what, {"id", "remove", "why"});
        require_known(found != earlier.end(), node, id, what, "remove", earlier);
        removed.insert(found->second);
        continue;
      }
      if (asks_for(node, "override")) {
        require_known(found != earlier.end(), node, id, what, "override", earlier);
      }
      Row row = parse(node);
      if (found == earlier.end()) {
        added.push_back(std::move(row));
      } else {
        const Row& old = rows[found->second];
        row.replaces = old.file + ":" + std::to_string(old.line);
        replaced.emplace(found->second, std::move(row));
      }
    }
    current_.clear();
    for (auto& [place, row] : replaced) rows[place] = std::move(row);
    // New rows are asked before those of earlier files.
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (removed.count(i) == 0) added.push_back(std::move(rows[i]));
    }
    rows = std::move(added);
  }

  /// The row of an earlier file that `like` names.
  const Rule* model_of(const YAML::Node& node) const {
    if (!node.IsMap() || !node["like"]) return nullptr;
    const std::string id = scalar(node["like"], "like");
    const auto found = std::find_if(parsed_.rules.begin(), parsed_.rules.end(),
                                    [&](const Rule& rule) { return rule.id == id; });
    if (found != parsed_.rules.end()) return &*found;
    WordList ids;
    for (const Rule& rule : parsed_.rules) ids.push_back(rule.id);
    throw Mistake(node["like"].Mark(),
                  "no earlier file has a rule '" + id + "' to be like" + suggestion(id, ids));
  }

  static bool asks_for(const YAML::Node& node, const char* key) {
    if (!node.IsMap() || !node[key]) return false;
    if (!boolean(node[key], key)) {
      throw Mistake(node[key].Mark(), "'" + std::string(key) + "' can only be true");
    }
    return true;
  }

  static void require_known(bool known, const YAML::Node& node, const std::string& id,
                            std::string_view what, std::string_view doing,
                            const std::map<std::string, std::size_t, std::less<>>& earlier) {
    if (known) return;
    WordList ids;
    for (const auto& entry : earlier) ids.push_back(entry.first);
    throw Mistake(node["id"] ? node["id"].Mark() : node.Mark(),
                  "no earlier file has " + std::string(what == "rule" ? "a " : "an ") +
                      std::string(what) + " '" + id + "' to " + std::string(doing) +
                      suggestion(id, ids));
  }

  void add_aliases(const YAML::Node& traits, const std::string& file) {
    require_map(traits, "traits", field_names());
    std::set<std::string> own;
    for (const auto& entry : traits) {
      const Field field = field_of(entry.first.Scalar());
      for (const std::string& alias : strings(entry.second, entry.first.Scalar())) {
        if (alias.empty()) throw Mistake(entry.second.Mark(), "an alias is empty");
        if (!own.insert(alias).second) {
          throw Mistake(entry.second.Mark(), "the alias '" + alias + "' is given twice");
        }
        if (alias != name(field) && is_field(alias)) {
          throw Mistake(entry.second.Mark(), "'" + alias + "' is the name of another field");
        }
        const auto same = [&](const Alias& other) { return other.alias.name == alias; };
        std::erase_if(parsed_.aliases, same);
        parsed_.aliases.push_back({{alias, field}, file, place_of(entry.second)});
      }
    }
  }

  static WordList field_names() {
    WordList names;
    for (std::size_t i = 0; i < kFieldCount; ++i) names.push_back(name(static_cast<Field>(i)));
    return names;
  }

  static bool is_field(std::string_view spelled) {
    const WordList names = field_names();
    return std::find(names.begin(), names.end(), spelled) != names.end();
  }

  static Field field_of(std::string_view spelled) {
    const WordList names = field_names();
    return static_cast<Field>(std::find(names.begin(), names.end(), spelled) - names.begin());
  }

  Parsed parsed_;
  std::string current_;
};

/// Returns whether the file wants the shipped table beneath it.
bool check_head(const YAML::Node& root) {
  require_map(root, "a rules file", {"version", "shipped", "traits", "rules", "absences"});
  if (!root["version"] || scalar(root["version"], "version") != "1") {
    throw Mistake(root.Mark(), "a rules file begins with 'version: 1'");
  }
  return !root["shipped"] || boolean(root["shipped"], "shipped");
}

}  // namespace

Result<Parsed> combine(std::span<const RulesText> files, std::optional<Parsed> first) {
  const std::size_t known = first ? 1 : 0;
  Combination all;
  const RulesText* reading = nullptr;
  try {
    std::vector<YAML::Node> roots;
    bool shipped = true;
    for (const RulesText& file : files.subspan(known)) {
      reading = &file;
      roots.push_back(only_document(file.text));
      shipped = check_head(roots.back()) && shipped;
    }
    const auto wanted = [&](std::size_t i) {
      return shipped || i > 0 || files[i].file != RuleSet::kShippedFile;
    };
    if (first && wanted(0)) all.begin(std::move(*first));
    for (std::size_t i = known; i < files.size(); ++i) {
      reading = &files[i];
      if (wanted(i)) all.add(roots[i - known], reading->file);
    }
    return all.take();
  } catch (const Mistake& mistake) {
    return tl::unexpected(
        located(reading->text, reading->file, mistake.mark, all.current(), mistake.what()));
  } catch (const YAML::Exception& error) {
    return tl::unexpected(
        located(reading->text, reading->file, error.mark, all.current(), what_is_wrong(error)));
  }
}

}  // namespace vmtrail
