#include "weft/train/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "weft/tensor/error.h"
#include "weft/tensor/json.h"

namespace weft::train {
namespace {

using weft::detail::Json;

constexpr const char* kRecordStart = "{\"settings\":{";

const double* find(const Numbers& numbers, const std::string& name) {
  const auto at = std::find_if(numbers.begin(), numbers.end(), [&](const auto& n) { return n.first == name; });
  return at == numbers.end() ? nullptr : &at->second;
}

bool has_all(const Numbers& numbers, const Numbers& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& w) {
    const double* value = find(numbers, w.first);
    return value != nullptr && *value == w.second;
  });
}

Json json_of(const Numbers& numbers) {
  Json out = Json::object();
  for (const auto& [name, value] : numbers) out[name] = value;
  return out;
}

Numbers numbers_of(const Json& json) {
  Numbers out;
  for (const auto& [name, value] : json.items())
    out.emplace_back(name, value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
  return out;
}

}  // namespace

Sweep::Sweep(std::vector<SweepColumn> columns, std::optional<std::string> path)
    : columns_(std::move(columns)), path_(std::move(path)) {
  if (!path_) return;
  if (std::filesystem::exists(*path_)) read();
  // A sweep must not fail only after hours because its file cannot be written.
  check_system(std::ofstream(*path_, std::ios::app).good(), "[sweep] {} cannot be written", *path_);
}

void Sweep::read() {
  std::ifstream file(*path_, std::ios::binary);
  check<IoError>(file.good() && !std::filesystem::is_directory(*path_), "[sweep] {} cannot be read", *path_);
  uintmax_t finished = 0;
  std::string line;
  while (std::getline(file, line) && !file.eof()) {
    finished += line.size() + 1;
    try {
      const Json record = weft::detail::parse_json(line);
      known_.push_back({numbers_of(record.at("settings")), numbers_of(record.at("results"))});
    } catch (const Json::exception& e) {
      fail<IoError>("[sweep] {}:{}: expected settings and results, found {}", *path_, known_.size() + 1, e.what());
    }
  }
  check<IoError>(!file.bad(), "[sweep] {} cannot be read", *path_);
  file.close();
  if (line.empty()) return;
  // The line that a run was writing when it was killed.
  const std::string start = kRecordStart;
  check<IoError>(start.starts_with(line.substr(0, start.size())) || line.starts_with(start),
                 "[sweep] {}:{}: expected settings and results, found \"{}\"", *path_, known_.size() + 1,
                 line.substr(0, 40));
  std::filesystem::resize_file(*path_, finished);
}

void Sweep::write(const Result& result) const {
  const Json record{{"settings", json_of(result.settings)}, {"results", json_of(result.results)}};
  std::error_code ignored;
  const auto before = std::filesystem::file_size(*path_, ignored);
  std::ofstream file(*path_, std::ios::app | std::ios::binary);
  file << weft::detail::json_text(record) + '\n';
  file.close();
  if (file.good()) return;
  const int why = errno;
  std::filesystem::resize_file(*path_, before, ignored);  // no partial line remains
  fail<IoError>("[sweep] {} cannot be written: {}", *path_, std::strerror(why));
}

std::vector<std::string> Sweep::cells(const Result& result) const {
  std::vector<std::string> out;
  for (const SweepColumn& column : columns_) {
    const double* value = find(result.settings, column.name);
    if (value == nullptr) value = find(result.results, column.name);
    check<StateError>(value != nullptr, "[sweep] a run has no '{}'", column.name);
    out.push_back(fmt::format(fmt::runtime(column.format), *value));
  }
  return out;
}

Numbers Sweep::run(const Numbers& settings, const std::function<Numbers()>& work) {
  const auto at = std::find_if(known_.begin(), known_.end(), [&](const Result& r) {
    return r.settings.size() == settings.size() && has_all(r.settings, settings);
  });
  const bool known = at != known_.end();
  const Result result = known ? *at : Result{settings, work()};
  if (result.results.empty()) return {};
  std::string line;
  const std::vector<std::string> texts = cells(result);
  for (size_t i = 0; i < columns_.size(); ++i)
    line += fmt::format("{}{} {}", i == 0 ? "" : ", ", columns_[i].name, texts[i]);
  if (!known && path_) write(result);
  fmt::print("{}{}\n", line, known ? fmt::format(" ({})", *path_) : "");
  std::fflush(stdout);
  runs_.push_back(result);
  return result.results;
}

std::string Sweep::name_of(const Numbers& settings) const {
  std::string out;
  for (const SweepColumn& column : columns_)
    if (const double* value = find(settings, column.name))
      out += fmt::format("{}{}-{}", out.empty() ? "" : "_", column.name, *value);
  std::replace(out.begin(), out.end(), ' ', '-');
  return out;
}

std::vector<std::string> Sweep::names() const {
  std::vector<std::string> out;
  for (const Result& r : runs_) out.push_back(name_of(r.settings));
  return out;
}

Table Sweep::table() const {
  std::vector<std::string> headers;
  for (const SweepColumn& column : columns_) headers.push_back(column.name);
  Table table(headers);
  for (const Result& r : runs_) table.add(cells(r));
  return table;
}

std::vector<Series> Sweep::series(const std::string& x, const std::string& y, const std::string& by,
                                  const Numbers& where) const {
  std::vector<Series> out;
  std::vector<double> values;  // of `by`, one per curve
  for (const Result& run : runs_) {
    Numbers all = run.settings;
    all.insert(all.end(), run.results.begin(), run.results.end());
    const double *px = find(all, x), *py = find(all, y), *pby = find(all, by);
    check<StateError>(px && py && pby, "[sweep] a run has no '{}'", !px ? x : !py ? y : by);
    if (!has_all(all, where)) continue;
    const auto at = static_cast<size_t>(std::find(values.begin(), values.end(), *pby) - values.begin());
    if (at == values.size()) {
      values.push_back(*pby);
      out.push_back({fmt::format("{} {}", by, *pby)});
    }
    out[at].x.push_back(*px), out[at].y.push_back(*py);
  }
  return out;
}

}  // namespace weft::train
