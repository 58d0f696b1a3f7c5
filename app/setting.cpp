#include "weft/app/setting.h"

#include <fmt/format.h>

#include <algorithm>

#include "weft/nn/lang/lexer.h"
#include "weft/nn/lang/words.h"

namespace command {
using namespace weft;
using nn::lang::did_you_mean;
using nn::lang::Token;

namespace {

std::string names_of(const std::vector<const SettingRow*>& rows) {
  std::string names;
  for (const SettingRow* row : rows) names += (names.empty() ? "" : ", ") + row->name;
  return names;
}

/// "shift x [y]"
std::string usage_of(const SettingRow& row) {
  std::string text = row.name;
  for (const Field& f : row.arguments)
    text += f.default_value ? fmt::format(" [{}]", f.name) : " " + f.name + (f.kind == Field::Kind::List ? " ..." : "");
  return text;
}

class Reader {
 public:
  Reader(const std::string& kind, std::string_view text, const std::vector<const SettingRow*>& rows)
      : kind_(kind), text_(text), rows_(rows) {}

  std::vector<std::pair<size_t, Setting>> settings() {
    std::vector<std::pair<size_t, Setting>> out;
    tokens_ = nn::lang::tokens_of(text_);
    if (now().kind == Token::Kind::End) return out;
    for (;; ++at_) {
      out.push_back(setting());
      if (!now().is(',')) break;
    }
    if (now().kind != Token::Kind::End)
      fail<ValueError>("[{}] \"{}\": unexpected '{}'", kind_, text_, shortened(now().text));
    return out;
  }

 private:
  const Token& now() const { return tokens_[at_]; }

  std::pair<size_t, Setting> setting() {
    if (now().kind != Token::Kind::Word)
      fail<ValueError>("[{}] \"{}\": expected one of {}", kind_, text_, names_of(rows_));
    const std::string name(now().text);
    const auto found =
        std::find_if(rows_.begin(), rows_.end(), [&](const SettingRow* row) { return row->name == name; });
    if (found == rows_.end()) {
      std::vector<std::string> names;
      for (const SettingRow* row : rows_) names.push_back(row->name);
      fail<ValueError>("[{}] unknown {} '{}'{} Known: {}", kind_, kind_, shortened(name),
                       did_you_mean(name, names).empty() ? "." : did_you_mean(name, names), names_of(rows_));
    }
    ++at_;
    const SettingRow& row = **found;
    Setting out(row);
    arguments(row, out);
    options(row, out);
    return {static_cast<size_t>(found - rows_.begin()), std::move(out)};
  }

  void arguments(const SettingRow& row, Setting& out) {
    for (const Field& field : row.arguments) {
      Value value = numbers(field);
      if (!value.numbers.empty())
        out.set(field, std::move(value));
      else
        check<ValueError>(field.default_value.has_value(), "[{}] {} is missing: {}", row.name, field.name,
                          usage_of(row));
    }
    check<ValueError>(now().kind != Token::Kind::Number, "[{}] unexpected number {}: {}", row.name, now().text,
                      usage_of(row));
  }

  void options(const SettingRow& row, Setting& out) {
    while (now().kind == Token::Kind::Word) {
      const std::string name(now().text);
      const auto field = std::find_if(row.options.begin(), row.options.end(), [&](auto& f) { return f.name == name; });
      if (field == row.options.end()) {
        std::vector<std::string> names;
        for (const Field& f : row.options) names.push_back(f.name);
        const std::string near = did_you_mean(name, names);
        fail<ValueError>("[{}] unknown option '{}'{} It takes {}", row.name, shortened(name), near.empty() ? "." : near,
                         names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
      }
      ++at_;
      out.set(*field, numbers(*field));
    }
  }

  // Takes as many of the following numbers as the field accepts.
  Value numbers(const Field& field) {
    Value value;
    const size_t most = field.kind == Field::Kind::Flag ? 0 : field.kind == Field::Kind::List ? field.count : 1;
    for (; value.numbers.size() < most && now().kind == Token::Kind::Number; ++at_)
      value.numbers.push_back(now().numbers[0]);
    return value;
  }

  const std::string& kind_;
  std::string_view text_;
  const std::vector<const SettingRow*>& rows_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace

const Value* Setting::find(std::string_view name) const {
  for (const auto& entry : values_)
    if (entry.first == name) return &entry.second;
  for (const auto* fields : {&row_->arguments, &row_->options})
    for (const Field& field : *fields)
      if (field.name == name) return field.default_value ? &*field.default_value : nullptr;
  fail<StateError>("[{}] the row has no field '{}'", row_->name, name);
}

const std::vector<double>& Setting::numbers(std::string_view field) const {
  const Value* value = find(field);
  check<StateError>(value, "[{}] '{}' has no value", row_->name, field);
  return value->numbers;
}

void Setting::set(const Field& field, Value value) {
  for (const auto& entry : values_)
    check<ValueError>(entry.first != field.name, "[{}] {} is given twice", row_->name, field.name);
  // Lists in the model language hold integers; those of settings any numbers.
  if (field.kind == Field::Kind::List)
    for (double n : value.numbers)
      nn::lang::checked(row_->name, nn::lang::number(field.name, field.least, field.most), n);
  if (field.kind != Field::Kind::List || value.numbers.empty())
    value = nn::lang::checked(row_->name, field, std::move(value));
  values_.emplace_back(field.name, std::move(value));
}

std::vector<std::pair<size_t, Setting>> detail::read(const std::string& kind, std::string_view text,
                                                     const std::vector<const SettingRow*>& rows) {
  return Reader(kind, text, rows).settings();
}

std::string detail::reference(const std::vector<const SettingRow*>& rows) {
  constexpr size_t kIndent = 27, kLineLength = 78;
  std::string out;
  for (const SettingRow* row : rows) {
    out += fmt::format("  {:<22} {}\n", usage_of(*row), row->what);
    std::string options;
    size_t begin = 0;
    for (const auto* fields : {&row->arguments, &row->options})
      for (const Field& f : *fields) {
        if (fields == &row->arguments && !f.default_value && f.note.empty()) continue;
        std::string text = f.name;
        if (f.default_value && !f.default_value->numbers.empty())
          text += fmt::format(" {}", f.default_value->numbers[0]);
        if (!f.note.empty()) text += " (" + f.note + ")";
        if (!options.empty()) options += ",";
        const bool full = options.size() - begin + text.size() > kLineLength;
        if (full) {
          options += fmt::format("\n{:{}}", "", kIndent);
          begin = options.size();
        } else if (!options.empty()) {
          options += " ";
        }
        options += text;
      }
    if (!options.empty()) out += fmt::format("{:{}}{}\n", "", kIndent, options);
  }
  return out;
}

}  // namespace command
