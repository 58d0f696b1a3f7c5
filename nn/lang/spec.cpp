#include "weft/nn/lang/spec.h"

#include <algorithm>
#include <cmath>

#include "weft/nn/lang/table.h"
#include "weft/nn/lang/words.h"
#include "weft/tensor/named_tensors.h"

namespace weft::nn::lang {
namespace {

std::string text_of(double number) {
  return number == std::floor(number) && std::abs(number) < 1e15 ? to_text(static_cast<int64_t>(number))
                                                                 : to_text(number);
}

std::string text_of(const Value& value, const char* separator) {
  std::string text = value.word == kConstant ? "" : value.word;
  for (size_t i = 0; i < value.numbers.size(); ++i)
    text += (i ? separator : text.empty() ? "" : " ") + text_of(value.numbers[i]);
  return text;
}

void add_word(std::string& text, const std::string& word) {
  if (word.empty()) return;
  if (!text.empty()) text += ' ';
  text += word;
}

/// The text, with the branches printed by `inside`.
template <class Inside>
std::string text_of(const LayerSpec& layer, Inside inside) {
  const LayerRow& row = row_of(layer.layer);
  std::string text = layer.layer;
  auto add = [&](const Field& field, bool named) {
    const Value* value = layer.find(field.name);
    if (!value) value = named || !field.default_value ? nullptr : &*field.default_value;
    if (!value) return;
    if (named) add_word(text, field.name);
    add_word(text, text_of(*value, field.kind == Field::Kind::Sizes ? "x" : " "));
  };
  // An argument before a given one must be written, even if it equals the default.
  size_t given = 0;
  for (size_t i = 0; i < row.arguments.size(); ++i)
    if (layer.find(row.arguments[i].name)) given = i + 1;
  for (size_t i = 0; i < given; ++i) add(row.arguments[i], false);
  if (!layer.branches.empty()) {
    text += given > 0 ? " (" : "(";
    for (size_t i = 0; i < layer.branches.size(); ++i) text += (i ? ", " : "") + inside(layer.branches[i]);
    text += ')';
  }
  for (const Field& option : row.options) add(option, true);
  return text;
}

}  // namespace

Chain::Chain(std::vector<LayerSpec> layers) : layers(std::move(layers)) {}
Chain::Chain(LayerSpec layer) { layers.push_back(std::move(layer)); }
Chain::Chain(std::string_view text) : Chain(read(text)) {}
Chain::Chain(const char* text) : Chain(std::string_view(text)) {}
Chain::Chain(const std::string& text) : Chain(std::string_view(text)) {}
bool Chain::operator==(const Chain& other) const { return layers == other.layers; }

Chain operator|(Chain a, const Chain& b) {
  a.layers.insert(a.layers.end(), b.layers.begin(), b.layers.end());
  return a;
}

std::string Chain::text() const {
  std::string text;
  for (const LayerSpec& layer : layers) text += (text.empty() ? "" : " | ") + layer.text();
  return text;
}

bool LayerSpec::operator==(const LayerSpec& other) const {
  return layer == other.layer && name == other.name && values == other.values && branches == other.branches;
}

const Value* LayerSpec::find(std::string_view field) const {
  for (const auto& entry : values)
    if (entry.first == field) return &entry.second;
  return nullptr;
}

std::string LayerSpec::head() const {
  return text_of(*this, [](const Chain&) { return std::string("..."); });
}

std::string LayerSpec::text() const {
  const std::string text = text_of(*this, [](const Chain& branch) { return branch.text(); });
  return name.empty() ? text : name + " = " + text;
}

// Making layers ------------------------------------------------------------------------------------------------------
namespace {

const char* plural(size_t n) { return n == 1 ? "" : "s"; }

/// Stores a value at its field's position in the row; a value equal to the default is dropped.
void put(LayerSpec& layer, const LayerRow& row, const Field& field, Value value) {
  value = checked(row.name, field, std::move(value));
  if (field.default_value && *field.default_value == value) return;
  auto place = [&](std::string_view name) {
    size_t at = 0;
    for (const auto* fields : {&row.arguments, &row.options})
      for (const Field& f : *fields) {
        if (f.name == name) return at;
        ++at;
      }
    return at;
  };
  const size_t at = place(field.name);
  auto before = std::find_if(layer.values.begin(), layer.values.end(), [&](auto& v) { return place(v.first) > at; });
  layer.values.emplace(before, field.name, std::move(value));
}

int depth_of(const std::vector<Chain>& branches) {
  int depth = 0;
  for (const Chain& branch : branches)
    for (const LayerSpec& layer : branch.layers) depth = std::max(depth, 1 + depth_of(layer.branches));
  return depth;
}

void check_branches(const LayerRow& row, const std::vector<Chain>& branches) {
  const size_t least = row.branches.least, most = row.branches.most;
  const std::string wanted = most == 0                 ? "none"
                             : least == most           ? text_of(least)
                             : most == kAnyBranchCount ? "at least " + text_of(least)
                                                       : text_of(least) + " to " + text_of(most);
  check<ValueError>(branches.size() >= least && branches.size() <= most,
                    "[{}] takes {} branch{} in parentheses, got {}", row.name, wanted, most == 1 ? "" : "es",
                    branches.size());
  for (const Chain& branch : branches) check<ValueError>(!branch.layers.empty(), "[{}] a branch is empty", row.name);
  check<ValueError>(depth_of(branches) < kMostDepth, "[{}] branches are nested deeper than {}", row.name, kMostDepth);
}

}  // namespace

LayerSpec make_layer(std::string_view name, std::vector<Value> arguments, std::vector<Chain> branches) {
  const LayerRow& row = row_of(name);
  LayerSpec layer;
  layer.layer = row.name;
  const bool list = !row.arguments.empty() && row.arguments.back().kind == Field::Kind::List;
  if (list) {  // takes all remaining values
    Value all;
    for (size_t i = row.arguments.size() - 1; i < arguments.size(); ++i) {
      check<ValueError>(arguments[i].numbers.size() == 1 && arguments[i].word.empty(), "[{}] {} are single numbers",
                        row.name, row.arguments.back().name);
      all.numbers.push_back(arguments[i].numbers.front());
    }
    arguments.resize(std::min(arguments.size(), row.arguments.size() - 1));
    if (!all.numbers.empty()) arguments.push_back(std::move(all));
  }
  check<ValueError>(arguments.size() <= row.arguments.size(), "[{}] takes {} argument{}{}, got {}", row.name,
                    row.arguments.size(), plural(row.arguments.size()), usage_of(row), arguments.size());
  for (size_t i = 0; i < row.arguments.size(); ++i) {
    check<ValueError>(i < arguments.size() || row.arguments[i].default_value, "[{}] {} is missing{}", row.name,
                      row.arguments[i].name, usage_of(row));
    if (i < arguments.size()) put(layer, row, row.arguments[i], std::move(arguments[i]));
  }
  check_branches(row, branches);
  layer.branches = std::move(branches);
  return layer;
}

void set_option(LayerSpec& layer, std::string_view option, Value value) {
  const LayerRow& row = row_of(layer.layer);
  const Field* field = row.option(option);
  check<ValueError>(field, "[{}] unknown option '{}'{}", row.name, shortened(option), row.options_hint(option));
  std::erase_if(layer.values, [&](const auto& entry) { return entry.first == option; });
  put(layer, row, *field, std::move(value));
}

void set_name(LayerSpec& layer, std::string_view name) {
  check<ValueError>(is_word(name),
                    "[{}] '{}' is not a valid name: expected letters, digits and _, starting with a letter",
                    layer.layer, shortened(name));
  check<ValueError>(layer.name.empty(), "[{}] is named twice: {} and {}", layer.layer, layer.name, name);
  layer.name = name;
}

}  // namespace weft::nn::lang
