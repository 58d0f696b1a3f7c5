// Settings: words with parameters, as the command's options take them: "sgd momentum 0.9 nesterov". The words of the
// model language, read by tables.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/nn/lang/table.h"

namespace command {

using weft::nn::lang::Field;
using weft::nn::lang::Value;

/// What a table knows of a word: its parameters by position and by name.
struct SettingRow {
  std::string name, what;
  std::vector<Field> arguments = {}, options = {};
};

/// A word with the parameters it was given. Asking for one that its row has not throws StateError.
class Setting {
 public:
  explicit Setting(const SettingRow& row) : row_(&row) {}
  const std::string& name() const { return row_->name; }
  /// Given, or there by default.
  bool has(std::string_view field) const { return find(field) != nullptr; }
  double number(std::string_view field) const { return numbers(field).at(0); }
  int64_t whole(std::string_view field) const { return static_cast<int64_t>(number(field)); }
  const std::vector<double>& numbers(std::string_view field) const;
  /// Throws ValueError for a value outside the field's range, and one that is there already.
  void set(const Field& field, Value value);

 private:
  const Value* find(std::string_view field) const;
  const SettingRow* row_;
  std::vector<std::pair<std::string, Value>> values_;
};

/// A row of any table with what was given to it.
template <class Row>
struct Chosen {
  const Row* row;
  Setting setting;
};

namespace detail {
/// What stands between commas, each with the place of its row. Throws ValueError in the name of `kind`.
std::vector<std::pair<size_t, Setting>> read(const std::string& kind, std::string_view text,
                                             const std::vector<const SettingRow*>& rows);
std::string reference(const std::vector<const SettingRow*>& rows);
template <class Row>
std::vector<const SettingRow*> rows_of(const std::vector<Row>& table) {
  return {[&] {
    std::vector<const SettingRow*> out;
    for (const Row& row : table) out.push_back(&row);
    return out;
  }()};
}
}  // namespace detail

/// Reads settings with commas between them; an empty text is none. Throws ValueError, which names the nearest word
/// where one is not known.
template <class Row>
std::vector<Chosen<Row>> read_settings(const std::string& kind, std::string_view text, const std::vector<Row>& table) {
  std::vector<Chosen<Row>> out;
  for (auto& [place, setting] : detail::read(kind, text, detail::rows_of(table)))
    out.push_back({&table[place], std::move(setting)});
  return out;
}
/// Reads the one setting that there must be.
template <class Row>
Chosen<Row> read_setting(const std::string& kind, std::string_view text, const std::vector<Row>& table) {
  auto all = read_settings(kind, text, table);
  weft::check<weft::ValueError>(all.size() == 1, "[{}] takes one of its words, got {} in \"{}\"", kind, all.size(),
                                text);
  return std::move(all.front());
}
/// A line per row and parameter, for --help and the docs.
template <class Row>
std::string reference(const std::vector<Row>& table) {
  return detail::reference(detail::rows_of(table));
}

}  // namespace command
