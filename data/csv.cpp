#include "weft/data/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "weft/data/csv_text.h"
#include "weft/tensor/creation.h"

namespace weft::data {
namespace {

using Strings = std::vector<std::string>;
constexpr int64_t kMaxClassId = 9999;

std::string list_of(const Strings& names) { return fmt::format("{}", fmt::join(names, ", ")); }

bool same_ignoring_case(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

void check_header(const Strings& names, const std::string& file) {
  check<IoError>(names.size() >= 2, "[csv] {}:1: expected at least two columns, found {}", file, names.size());
  const bool numbers = std::all_of(names.begin(), names.end(), [](const auto& n) { return number_in(n).has_value(); });
  check<IoError>(!numbers, "[csv] {}:1: expected the names of the columns, found numbers: {}", file, list_of(names));
  for (auto name = names.begin(); name != names.end(); ++name) {
    check<IoError>(!name->empty(), "[csv] {}:1: column {} has no name", file, name - names.begin() + 1);
    check<IoError>(std::find(names.begin(), name, *name) == name, "[csv] {}:1: two columns are named \"{}\"", file,
                   *name);
  }
}

size_t label_column(const Strings& names, const std::optional<std::string>& asked, const std::string& file) {
  if (asked) {
    const auto at = std::find(names.begin(), names.end(), *asked);
    check<ValueError>(at != names.end(), "[csv] {}: no column is named \"{}\"; there are {}", file, *asked,
                      list_of(names));
    return static_cast<size_t>(at - names.begin());
  }
  for (const char* usual : {"label", "class", "target", "species", "y"})
    for (size_t c = 0; c < names.size(); ++c)
      if (same_ignoring_case(names[c], usual)) return c;
  return names.size() - 1;
}

// The id that a label is by itself.
std::optional<int64_t> id_in(const std::string& label) {
  const auto number = number_in(label);
  const bool is_id = number && *number >= 0 && *number <= kMaxClassId && *number == std::floor(*number);
  return is_id ? std::optional(static_cast<int64_t>(*number)) : std::nullopt;
}

// The labels as ids: by `names` where given, else by the rule that read_csv states.
Tensor target_of(Strings labels, const std::vector<int64_t>& lines, Strings& names, const std::string& column,
                 const std::string& file) {
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
      fail<IoError>("[csv] {}:{}: column \"{}\": \"{}\" is none of the classes {}", file, lines[i], column, labels[i],
                    list_of(names));
    target.data_ptr<int64_t>()[i] = id->second;
  }
  return target;
}

}  // namespace

CsvData parse_csv(std::string_view text, const std::string& file, const CsvOptions& options) {
  check<DtypeError>(is_floating_point(options.dtype), "[csv] numbers are read as float32 or float64, not {}",
                    options.dtype);
  CsvText rows(text, file);
  Strings names, cells, labels;
  check<IoError>(rows.next(names), "[csv] {}: the file is empty", file);
  check_header(names, file);
  const size_t label = label_column(names, options.label, file);
  std::vector<double> numbers;
  std::vector<int64_t> lines;
  while (rows.next(cells)) {
    check<IoError>(cells.size() == names.size(), "[csv] {}:{}: expected {} columns, found {}", file, rows.line(),
                   names.size(), cells.size());
    for (size_t c = 0; c < cells.size(); ++c) {
      if (c == label) {
        check<IoError>(!cells[c].empty(), "[csv] {}:{}: column {} (\"{}\"): the label is missing", file, rows.line(),
                       c + 1, names[c]);
        labels.push_back(cells[c]);
        continue;
      }
      const auto number = number_in(cells[c]);
      check<IoError>(number.has_value(), "[csv] {}:{}: column {} (\"{}\"): expected a number, found \"{}\"", file,
                     rows.line(), c + 1, names[c], cells[c]);
      numbers.push_back(*number);
    }
    lines.push_back(rows.line());
  }
  check<IoError>(!labels.empty(), "[csv] {}: there is a header, but no row", file);

  CsvData out{{}, {}, names, options.class_names};
  out.feature_names.erase(out.feature_names.begin() + static_cast<std::ptrdiff_t>(label));
  out.target = target_of(std::move(labels), lines, out.class_names, names[label], file);
  const Tensor all = from_blob(numbers.data(), {out.target.numel(), static_cast<int64_t>(names.size()) - 1}, kFloat64);
  out.data = all.to(options.dtype, /*copy=*/true);
  return out;
}

CsvData read_csv(const std::string& path, const CsvOptions& options) {
  std::error_code error;
  check<IoError>(!std::filesystem::is_directory(path, error), "[csv] {}: is a folder, not a file", path);
  std::ifstream file(path, std::ios::binary);
  check<IoError>(file.good(), "[csv] {}: cannot be opened: {}", path, std::strerror(errno));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  check<IoError>(!file.bad(), "[csv] {}: cannot be read: {}", path, std::strerror(errno));
  return parse_csv(text, path, options);
}

}  // namespace weft::data
