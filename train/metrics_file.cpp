#include "weft/train/metrics_file.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "weft/tensor/error.h"

namespace weft::train {
namespace {

// Of a time or a speed, digits beyond these say nothing.
double rounded(double v, double unit) { return std::round(v / unit) * unit; }

MetricsRecord record_of(const nlohmann::json& line) {
  auto count = [&](const char* key) { return line.at(key).get<int64_t>(); };
  auto number = [&](const char* key) {
    const auto at = line.find(key);
    return at == line.end() || at->is_null() ? std::numeric_limits<double>::quiet_NaN() : at->get<double>();
  };
  return {count("epoch"),          count("step"),     number("train_loss"),         number("test_loss"),
          number("test_accuracy"), number("seconds"), number("samples_per_second"), number("learning_rate")};
}

}  // namespace

MetricsFile::MetricsFile(std::string path, bool append)
    : path_(std::move(path)), file_(std::fopen(path_.c_str(), append ? "a" : "w")) {
  check<IoError>(file_ != nullptr, "[metrics] {} cannot be written: {}", path_, std::strerror(errno));
}

MetricsFile::~MetricsFile() { std::fclose(file_); }

void MetricsFile::write(const MetricsRecord& r) {
  const nlohmann::ordered_json record{{"epoch", r.epoch},
                                      {"step", r.step},
                                      {"train_loss", r.train_loss},
                                      {"test_loss", r.test_loss},
                                      {"test_accuracy", r.test_accuracy},
                                      {"seconds", rounded(r.seconds, 1e-3)},
                                      {"samples_per_second", rounded(r.samples_per_second, 0.1)},
                                      {"learning_rate", r.learning_rate}};
  const std::string line = record.dump() + '\n';
  const bool ok = std::fwrite(line.data(), 1, line.size(), file_) == line.size() && std::fflush(file_) == 0;
  check<IoError>(ok, "[metrics] {} cannot be written: {}", path_, std::strerror(errno));
}

std::vector<MetricsRecord> read_metrics(const std::string& path) {
  std::ifstream file(path);
  check<IoError>(file.good(), "[metrics] {} cannot be read: {}", path, std::strerror(errno));
  std::vector<MetricsRecord> out;
  int64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (file.eof()) break;  // without an end: not finished
    try {
      out.push_back(record_of(nlohmann::json::parse(line)));
    } catch (const nlohmann::json::exception& e) {
      fail<IoError>("[metrics] {}:{}: expected a record, found {}", path, number, e.what());
    }
  }
  return out;
}

}  // namespace weft::train
