#include "weft/data/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "weft/data/csv_rows.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/file_bytes.h"
#include "weft/tensor/printable.h"

namespace weft::data {
namespace {

using Strings = std::vector<std::string>;
constexpr int64_t kMaxClassId = 9999;

size_t label_column(const CsvRows& rows, const std::optional<std::string>& asked, const std::string& file) {
  const Strings& names = rows.names();
  if (!asked) return usual_label_column(names);
  const auto at = std::find(names.begin(), names.end(), *asked);
  if (at == names.end())
    fail<ValueError>("[csv] {}: no column is named \"{}\"; the columns are {}{}", file, shortened(*asked),
                     list_of(names), rows.has_header() ? "" : ", as the file has no header");
  return static_cast<size_t>(at - names.begin());
}

// The id of a label that is itself an integer.
std::optional<int64_t> id_in(const std::string& label) {
  const auto number = number_in(label);
  const bool is_id = number && *number >= 0 && *number <= kMaxClassId && *number == std::floor(*number);
  return is_id ? std::optional(static_cast<int64_t>(*number)) : std::nullopt;
}

// Throws for measured numbers: with fractions, or mostly distinct.
void check_are_classes(const Strings& labels, const std::vector<int64_t>& lines, const std::string& column,
                       const std::string& file) {
  constexpr size_t kFew = 20;
  std::set<double> distinct;
  size_t measured = labels.size();
  bool ids = true;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto number = number_in(labels[i]);
    if (!number) return;
    distinct.insert(*number);
    ids = ids && id_in(labels[i]).has_value();
    if (measured == labels.size() && *number != std::floor(*number)) measured = i;
  }
  const bool mostly_different = !ids && labels.size() > kFew && 2 * distinct.size() > labels.size();
  if (measured == labels.size() && !mostly_different) return;
  const size_t shown = measured == labels.size() ? 0 : measured;
  fail<IoError>(
      "[csv] {}:{}: column \"{}\": {} is a real number: a regression target, but classes are expected, of which the "
      "column may be named as the label (--target)",
      file, lines[shown], shortened(column), labels[shown]);
}

// The labels as ids: by `names` if given, else by the rule of read_csv.
Tensor target_of(Strings labels, const std::vector<int64_t>& lines, Strings& names, const std::string& column,
                 const std::string& file) {
  if (names.empty()) check_are_classes(labels, lines, column, file);
  for (std::string& label : labels)
    if (const auto id = id_in(label)) label = fmt::format("{}", *id);  // "1.0" is 1
  if (names.empty()) {
    int64_t last = 0;
    if (std::all_of(labels.begin(), labels.end(), [&](const auto& l) {
          last = std::max(last, id_in(l).value_or(0));
          return id_in(l).has_value();
        })) {
      for (int64_t id = 0; id <= last; ++id) names.push_back(fmt::format("{}", id));
    } else {
      const std::set<std::string> sorted(labels.begin(), labels.end());
      names.assign(sorted.begin(), sorted.end());
    }
  }
  std::map<std::string, int64_t> ids;
  for (const std::string& name : names) ids.emplace(name, static_cast<int64_t>(ids.size()));
  Tensor target = empty({static_cast<int64_t>(labels.size())}, kInt64);
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto id = ids.find(labels[i]);
    if (id == ids.end())
      fail<IoError>("[csv] {}:{}: column \"{}\": \"{}\" is none of the classes {}", file, lines[i], shortened(column),
                    shortened(labels[i]), list_of(names));
    target.data_ptr<int64_t>()[i] = id->second;
  }
  return target;
}

}  // namespace

CsvData parse_csv(std::string_view text, const std::string& file, const CsvOptions& options) {
  check<DtypeError>(is_floating_point(options.dtype), "[csv] numbers are read as floating point, not {}",
                    options.dtype);
  CsvRows rows(text, file, options);
  const Strings& names = rows.names();
  const size_t label = label_column(rows, options.label, file);
  Strings cells, labels;
  std::vector<double> numbers;
  std::vector<int64_t> lines;
  while (rows.next(cells)) {
    for (size_t c = 0; c < cells.size(); ++c)
      if (c != label) numbers.push_back(rows.number(cells, c));
    if (cells[label].empty())
      fail<IoError>("[csv] {}:{}: column {} (\"{}\"): the label is missing", file, rows.line(), label + 1,
                    shortened(names[label]));
    labels.push_back(cells[label]);
    lines.push_back(rows.line());
  }
  check<IoError>(!labels.empty(), "[csv] {}: the file has a header, but no rows", file);

  CsvData out{{}, {}, names, options.class_names, rows.has_header()};
  out.feature_names.erase(out.feature_names.begin() + static_cast<std::ptrdiff_t>(label));
  out.target = target_of(std::move(labels), lines, out.class_names, names[label], file);
  const Tensor all = from_blob(numbers.data(), {out.target.numel(), static_cast<int64_t>(names.size()) - 1}, kFloat64);
  out.data = all.to(options.dtype, /*non_blocking=*/false, /*copy=*/true);
  return out;
}

CsvData read_csv(const std::string& path, const CsvOptions& options) {
  return parse_csv(read_whole("csv", path), path, options);
}

}  // namespace weft::data
