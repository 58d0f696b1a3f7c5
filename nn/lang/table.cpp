#include "weft/nn/lang/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <mutex>

#include "weft/nn/lang/initialisers.h"
#include "weft/nn/lang/rows.h"
#include "weft/nn/lang/walk.h"
#include "weft/nn/lang/words.h"
#include "weft/tensor/named_tensors.h"

namespace weft::nn::lang {

// Fields -------------------------------------------------------------------------------------------------------------
Field Field::defaults_to(Value value) const {
  Field field = *this;
  field.default_value = std::move(value);
  return field;
}
Field Field::says(std::string text) const {
  Field field = *this;
  field.note = std::move(text);
  return field;
}

namespace {
Field field_of(Field::Kind kind, std::string name, double least = 0, double most = 0, size_t count = 1,
               std::vector<std::string> words = {}) {
  return {kind, std::move(name), least, most, count, std::move(words), std::nullopt, {}};
}
}  // namespace

Field flag(std::string name) { return field_of(Field::Kind::Flag, std::move(name)); }
Field whole(std::string name, double least, double most) {
  return field_of(Field::Kind::Whole, std::move(name), least, most);
}
Field number(std::string name, double least, double most) {
  return field_of(Field::Kind::Number, std::move(name), least, most);
}
Field sizes(std::string name, size_t count, double least, double most) {
  return field_of(Field::Kind::Sizes, std::move(name), least, most, count);
}
Field list(std::string name, double least, double most, size_t count) {
  return field_of(Field::Kind::List, std::move(name), least, most, count);
}
Field word(std::string name, std::vector<std::string> words) {
  return field_of(Field::Kind::Word, std::move(name), 0, 0, 0, std::move(words));
}
Field initialiser(std::string name) { return field_of(Field::Kind::Initialiser, std::move(name)); }

// Values -------------------------------------------------------------------------------------------------------------
namespace {

/// Throws unless each number is in the field's range, and an integer if the field requires it.
void check_numbers(std::string_view layer, const Field& field, std::vector<double>& numbers, size_t least, size_t most,
                   bool whole) {
  check<ValueError>(numbers.size() >= least, "[{}] {} has no number", layer, field.name);
  check<ValueError>(numbers.size() <= most, "[{}] {} takes {} number{}, got {}", layer, field.name,
                    most == least ? fmt::format("{}", most) : fmt::format("at most {}", most), most == 1 ? "" : "s",
                    numbers.size());
  for (double& n : numbers) {
    check<ValueError>(std::isfinite(n), "[{}] {} must be finite, got {}", layer, field.name, n);
    check<ValueError>(!whole || n == std::floor(n), "[{}] {} must be an integer, got {}", layer, field.name, n);
    check<ValueError>(n >= field.least && n <= field.most, "[{}] {} must be from {} to {}, got {}", layer, field.name,
                      field.least, field.most, n);
    n += 0.0;  // no -0
  }
}

Value checked_initialiser(std::string_view layer, const Field& field, Value value) {
  if (value.word.empty()) {
    check<ValueError>(!value.numbers.empty(), "[{}] {} has no initialiser", layer, field.name);
    value.word = kConstant;
  }
  const InitialiserRow& row = initialiser_of(layer, value.word);
  check<ValueError>(value.numbers.size() <= row.numbers.size(), "[{}] {} {} takes {} number{}, got {}", layer,
                    field.name, row.name, row.numbers.size(), row.numbers.size() == 1 ? "" : "s", value.numbers.size());
  for (size_t i = 0; i < row.numbers.size(); ++i) {
    const Field& number = row.numbers[i];
    check<ValueError>(i < value.numbers.size() || number.default_value, "[{}] {} {} needs a number: {}", layer,
                      field.name, row.name, number.name);
    if (i >= value.numbers.size()) continue;
    std::vector<double> one{value.numbers[i]};
    check_numbers(layer, number, one, 1, 1, false);
    value.numbers[i] = one[0];
  }
  if (row.is_range)
    check<ValueError>(value.numbers[0] <= value.numbers[1], "[{}] {} {} needs {} <= {}, got {} and {}", layer,
                      field.name, row.name, row.numbers[0].name, row.numbers[1].name, value.numbers[0],
                      value.numbers[1]);
  while (!value.numbers.empty()) {
    const std::optional<Value>& default_value = row.numbers[value.numbers.size() - 1].default_value;
    if (!default_value || default_value->numbers[0] != value.numbers.back()) break;
    value.numbers.pop_back();
  }
  return value;
}

}  // namespace

Value checked(std::string_view layer, const Field& field, Value value) {
  using Kind = Field::Kind;
  if (field.kind == Kind::Initialiser) return checked_initialiser(layer, field, std::move(value));
  if (field.kind == Kind::Word) {
    const bool known = std::find(field.words.begin(), field.words.end(), value.word) != field.words.end();
    check<ValueError>(known && value.numbers.empty(), "[{}] {} must be {}, got {}{}", layer, field.name,
                      fmt::format("{}", fmt::join(field.words, ", ")),
                      value.numbers.empty() ? "'" + shortened(value.word) + "'" : "numbers",
                      did_you_mean(value.word, field.words));
    return value;
  }
  check<ValueError>(value.word.empty(), "[{}] {} must be a number, got '{}'", layer, field.name, shortened(value.word));
  if (field.kind == Kind::Flag) {
    check<ValueError>(value.numbers.empty(), "[{}] {} takes no number", layer, field.name);
    return value;
  }
  const bool list = field.kind == Kind::List, sizes = field.kind == Kind::Sizes;
  check_numbers(layer, field, value.numbers, 1, list || sizes ? field.count : 1, field.kind != Kind::Number);
  if (sizes) {
    check<ValueError>(value.numbers.size() == 1 || value.numbers.size() == field.count,
                      "[{}] {} takes 1 or {} numbers, got {}", layer, field.name, field.count, value.numbers.size());
    if (std::equal(value.numbers.begin() + 1, value.numbers.end(), value.numbers.begin())) value.numbers.resize(1);
  }
  return value;
}

// Rows ---------------------------------------------------------------------------------------------------------------
namespace {

const Field* find_in(const std::vector<Field>& fields, std::string_view name) {
  auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

class Table {
 public:
  Table() {
    for (auto family : {shape_rows, product_rows, pool_rows, norm_rows, activation_rows, branch_rows})
      for (LayerRow& row : family()) add(std::move(row));
  }
  const LayerRow* find(std::string_view name) {
    std::lock_guard lock(mutex_);
    for (const LayerRow& row : rows_)
      if (row.name == name) return &row;
    return nullptr;
  }
  std::vector<const LayerRow*> all() {
    std::lock_guard lock(mutex_);
    std::vector<const LayerRow*> out;
    for (const LayerRow& row : rows_) out.push_back(&row);
    return out;
  }
  void add(LayerRow row) {
    check<ValueError>(is_word(row.name), "[layer] '{}' is not a valid name of a layer", shortened(row.name));
    check<ValueError>(row.build != nullptr, "[layer] '{}' has no `build`", row.name);
    check<ValueError>(row.branches.most == 0 || row.takes != Takes::Any || row.plan != nullptr,
                      "[layer] '{}' has chains and takes any elements: it needs a `plan`", row.name);
    check<ValueError>(!find(row.name), "[layer] the name '{}' is taken", row.name);
    std::lock_guard lock(mutex_);
    rows_.push_back(std::move(row));
  }

 private:
  std::mutex mutex_;
  std::deque<LayerRow> rows_;  // a deque keeps the addresses of its elements
};

Table& table() {
  static auto* const table = new Table;  // never destroyed: models may be built at exit
  return *table;
}

}  // namespace

const Field* LayerRow::argument(std::string_view field) const { return find_in(arguments, field); }
const Field* LayerRow::option(std::string_view field) const { return find_in(options, field); }

std::string LayerRow::options_hint(std::string_view wrong) const {
  if (options.empty()) return "; it takes none";
  std::vector<std::string> names;
  for (const Field& field : options) names.push_back(field.name);
  const std::string near = did_you_mean(wrong, names);
  return near.empty() ? fmt::format("; it takes {}", fmt::join(names, ", ")) : near;
}

const LayerRow* find_row(std::string_view name) { return table().find(name); }
std::vector<const LayerRow*> rows() { return table().all(); }
void add_row(LayerRow row) { table().add(std::move(row)); }

const LayerRow& row_of(std::string_view name) {
  if (const LayerRow* row = find_row(name)) return *row;
  std::vector<std::string> names;
  for (const LayerRow* row : rows()) names.push_back(row->name);
  fail<ValueError>("[parse] unknown layer '{}'{}", shortened(name), did_you_mean(name, names));
}

std::string usage_of(const LayerRow& row) {
  if (row.arguments.empty()) return "";
  std::string text = ": " + row.name;
  for (const Field& field : row.arguments)
    text += field.default_value ? " [" + field.name + "]"
                                : " " + field.name + (field.kind == Field::Kind::List ? " ..." : "");
  return text;
}

// Calls --------------------------------------------------------------------------------------------------------------
LayerCall::LayerCall(const LayerSpec& spec, const LayerRow& row, const Dims& input, Walk& walk)
    : spec_(spec), row_(row), input_(input), walk_(walk), maker_(walk.maker) {}

const std::string& LayerCall::name() const { return row_.name; }

const Value* LayerCall::find(std::string_view name) const {
  if (const Value* given = spec_.find(name)) return given;
  const Field* field = row_.argument(name);
  if (!field) field = row_.option(name);
  check<StateError>(field, "[{}] the layer's row has no field '{}'", row_.name, name);
  return field->default_value ? &*field->default_value : nullptr;
}

const Value& LayerCall::get(std::string_view field) const {
  const Value* value = find(field);
  check<StateError>(value && (!value->numbers.empty() || !value->word.empty()), "[{}] '{}' has no value", row_.name,
                    field);
  return *value;
}

std::vector<int64_t> LayerCall::list(std::string_view field) const {
  std::vector<int64_t> out;
  for (double n : get(field).numbers) out.push_back(static_cast<int64_t>(n));
  return out;
}

size_t LayerCall::axis(std::string_view field) const {
  const int64_t given = whole(field), dims = static_cast<int64_t>(input_.size()) + 1;
  const int64_t axis = given < 0 ? given + dims : given;
  check<ShapeError>(axis >= 1 && axis < dims, "[{}] {} {} of the input {}: dimensions are 1 to {}, or -1 to {}",
                    row_.name, field, given, input_, dims - 1, 1 - dims);
  return static_cast<size_t>(axis - 1);
}

void LayerCall::check_initialiser(std::string_view field, int dims) const {
  if (const Value* value = find(field)) lang::check_initialiser(row_.name, field, *value, dims);
}
void LayerCall::initialise(const Tensor& tensor, std::string_view field) const {
  if (const Value* value = find(field)) fill(tensor, *value);
}

// The result holds unmodified input elements only if no branch computes new ones.
Dims LayerCall::plan_branch(size_t i, const std::string& key, const Dims& in) const {
  const LayerRow* before = walk_.maker;
  if (!row_.branches.in_series) walk_.maker = maker_;
  Dims out = walk_.plan_branch(key, spec_.branches.at(i), in);
  if (!walk_.maker) walk_.maker = before;
  return out;
}
Sequential LayerCall::build_branch(size_t i, const std::string& key, const Dims& in) const {
  return walk_.build_branch(key, spec_.branches.at(i), in);
}

}  // namespace weft::nn::lang
