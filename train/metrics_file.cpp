#include "weft/train/metrics_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "weft/tensor/error.h"

namespace weft::train {
namespace {
// JSON knows no NaN and no infinity.
std::string number(double v) { return std::isfinite(v) ? fmt::format("{:.9g}", v) : "null"; }
}  // namespace

MetricsFile::MetricsFile(std::string path, bool append)
    : path_(std::move(path)), file_(std::fopen(path_.c_str(), append ? "a" : "w")) {
  check<IoError>(file_ != nullptr, "[metrics] {} cannot be written: {}", path_, std::strerror(errno));
}

MetricsFile::~MetricsFile() { std::fclose(file_); }

void MetricsFile::write(const MetricsRecord& r) {
  std::string line = fmt::format(
      "{{\"epoch\": {}, \"step\": {}, \"train_loss\": {}, \"test_loss\": {}, \"test_accuracy\": {}, \"seconds\": "
      "{:.3f}, "
      "\"samples_per_second\": {:.1f}}}\n",
      r.epoch, r.step, number(r.train_loss), number(r.test_loss), number(r.test_accuracy), r.seconds,
      r.samples_per_second);
  bool ok = std::fwrite(line.data(), 1, line.size(), file_) == line.size() && std::fflush(file_) == 0;
  check<IoError>(ok, "[metrics] {} cannot be written: {}", path_, std::strerror(errno));
}

}  // namespace weft::train
