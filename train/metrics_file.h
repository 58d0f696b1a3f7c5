// Metrics files: one JSON object per line, for programs that read a run's course.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace weft::train {

inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// One record of a metrics file. With a validation set, test_loss and test_accuracy are numbers in the last record
/// only.
struct MetricsRecord {
  int64_t epoch, step;
  double train_loss, test_loss;
  double test_accuracy;       ///< 0 to 1
  double seconds;             ///< since the run began, including earlier runs that it resumed
  double samples_per_second;  ///< of the training steps since the last record
  double learning_rate;       ///< of the optimizer's first group, at the time of the record
  // NaN if the run has none; then left out of the file.
  double train_accuracy = kNoNumber;  ///< of the training steps since the last record, 0 to 1
  double validation_loss = kNoNumber, validation_accuracy = kNoNumber;
};

/// Appends records, each visible as soon as it is written; a number that is not finite is written as null.
class MetricsFile {
 public:
  /// Creates the file anew, or with `append` keeps its content. Throws IoError.
  MetricsFile(std::string path, bool append);
  /// Opens the file of a run resumed at `step`: drops later records and an incomplete line. Throws IoError.
  static MetricsFile continued(const std::string& path, int64_t step);
  MetricsFile(MetricsFile&& other) noexcept;
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;
  /// Throws IoError if the disk is full; the file then ends with the previous record.
  void write(const MetricsRecord& record);

 private:
  std::string path_;
  int fd_;
};

/// The records of such a file; null and absent numbers become NaN. Skips an incomplete last line. Throws IoError with
/// file and line for an invalid record.
std::vector<MetricsRecord> read_metrics(const std::string& path);

}  // namespace weft::train
