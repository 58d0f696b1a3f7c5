// Settings: words with parameters in the command's options, such as "sgd momentum 0.9 nesterov". They use the words of
// the model language, and tables define them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/nn/lang/table.h"

namespace command {

using weft::nn::lang::Field;
using weft::nn::lang::Value;

/// A table's entry for a word: its parameters by position and by name.
struct SettingRow {
  std::string name, what;
  std::vector<Field> arguments = {}, options = {};
};

/// A word with its parameters. Access to a parameter that its row does not have throws StateError.
class Setting {
 public:
  explicit Setting(const SettingRow& row) : row_(&row) {}
  const std::string& name() const { return row_->name; }
  /// True if given or with a default.
  bool has(std::string_view field) const { return find(field) != nullptr; }
  double number(std::string_view field) const { return numbers(field).at(0); }
  int64_t whole(std::string_view field) const { return static_cast<int64_t>(number(field)); }
  const std::vector<double>& numbers(std::string_view field) const;
  /// Throws ValueError for a value out of the field's range, and for a second value.
  void set(const Field& field, Value value);

 private:
  const Value* find(std::string_view field) const;
  const SettingRow* row_;
  std::vector<std::pair<std::string, Value>> values_;
};

/// A row of any table with its parameters.
template <class Row>
struct Chosen {
  const Row* row;
  Setting setting;
};

namespace detail {
/// Parses comma-separated settings, each with the index of its row. Throws ValueError with `kind`.
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

/// Parses comma-separated settings; an empty text gives none. Throws ValueError for an unknown word and suggests the
/// nearest.
template <class Row>
std::vector<Chosen<Row>> read_settings(const std::string& kind, std::string_view text, const std::vector<Row>& table) {
  std::vector<Chosen<Row>> out;
  for (auto& [place, setting] : detail::read(kind, text, detail::rows_of(table)))
    out.push_back({&table[place], std::move(setting)});
  return out;
}
/// Parses exactly one setting.
template <class Row>
Chosen<Row> read_setting(const std::string& kind, std::string_view text, const std::vector<Row>& table) {
  auto all = read_settings(kind, text, table);
  weft::check<weft::ValueError>(all.size() == 1, "[{}] takes one of its words, got {} in \"{}\"", kind, all.size(),
                                text);
  return std::move(all.front());
}
/// One line per row and parameter, for --help and the docs.
template <class Row>
std::string reference(const std::vector<Row>& table) {
  return detail::reference(detail::rows_of(table));
}

}  // namespace command
