#include "weft/train/metrics_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "weft/tensor/atomic_file.h"
#include "weft/tensor/error.h"
#include "weft/tensor/json.h"

namespace weft::train {
namespace {

using weft::detail::Json;

// Rounds a time or a speed to its significant digits.
double rounded(double v, double unit) { return std::round(v / unit) * unit; }

constexpr std::pair<const char*, double MetricsRecord::*> kOptionalNumbers[] = {
    {"train_accuracy", &MetricsRecord::train_accuracy},
    {"validation_loss", &MetricsRecord::validation_loss},
    {"validation_accuracy", &MetricsRecord::validation_accuracy}};

MetricsRecord record_of(const Json& line) {
  auto count = [&](const char* key) { return line.at(key).get<int64_t>(); };
  auto number = [&](const char* key) {
    const auto at = line.find(key);
    return at == line.end() || at->is_null() ? kNoNumber : at->get<double>();
  };
  MetricsRecord r{count("epoch"),          count("step"),     number("train_loss"),         number("test_loss"),
                  number("test_accuracy"), number("seconds"), number("samples_per_second"), number("learning_rate")};
  for (const auto& [key, member] : kOptionalNumbers) r.*member = number(key);
  return r;
}

// The complete lines of a file with their records.
std::vector<std::pair<std::string, MetricsRecord>> lines_of(const std::string& path) {
  std::ifstream file(path);
  check_system(file.good(), "[metrics] {} cannot be read", path);
  std::vector<std::pair<std::string, MetricsRecord>> out;
  int64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (file.eof()) break;  // without a newline: incomplete
    try {
      out.emplace_back(line, record_of(weft::detail::parse_json(line)));
    } catch (const Json::exception& e) {
      fail<IoError>("[metrics] {}:{}: expected a record, found {}", path, number, e.what());
    }
  }
  return out;
}

}  // namespace

MetricsFile::MetricsFile(std::string path, bool append)
    : path_(std::move(path)),
      fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (append ? 0 : O_TRUNC), 0666)) {
  check_system(fd_ >= 0, "[metrics] {} cannot be written", path_);
}

MetricsFile::MetricsFile(MetricsFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

MetricsFile::~MetricsFile() {
  if (fd_ >= 0) ::close(fd_);
}

MetricsFile MetricsFile::continued(const std::string& path, int64_t step) {
  if (std::filesystem::exists(path)) {
    std::string kept;
    for (const auto& [line, record] : lines_of(path))
      if (record.step <= step) kept += line + '\n';
    write_whole(path, kept);
  }
  return MetricsFile(path, true);
}

void MetricsFile::write(const MetricsRecord& r) {
  Json record{{"epoch", r.epoch},
              {"step", r.step},
              {"train_loss", r.train_loss},
              {"test_loss", r.test_loss},
              {"test_accuracy", r.test_accuracy},
              {"seconds", rounded(r.seconds, 1e-3)},
              {"samples_per_second", rounded(r.samples_per_second, 0.1)},
              {"learning_rate", r.learning_rate}};
  for (const auto& [key, member] : kOptionalNumbers)
    if (!std::isnan(r.*member)) record[key] = r.*member;
  const std::string line = weft::detail::json_text(record) + '\n';
  const off_t before = ::lseek(fd_, 0, SEEK_END);
  size_t done = 0;
  while (done < line.size()) {  // after a partial write the next call reports the reason
    const ssize_t written = ::write(fd_, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    done += static_cast<size_t>(written);
  }
  if (done == line.size()) return;
  const int reason = errno;
  if (before >= 0 && ::ftruncate(fd_, before) != 0) {
    // A partial line remains, which read_metrics skips.
  }
  fail<IoError>("[metrics] {} cannot be written: {}", path_, std::strerror(reason));
}

std::vector<MetricsRecord> read_metrics(const std::string& path) {
  std::vector<MetricsRecord> out;
  for (const auto& entry : lines_of(path)) out.push_back(entry.second);
  return out;
}

}  // namespace weft::train
