// One JSON object per line, for programs that read a run's course.
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
  double seconds;             ///< since the run began, earlier runs that it resumed included
  double samples_per_second;  ///< of the training steps since the last record
  double learning_rate;       ///< of the optimizer's first group, as it is now
  // Where a run has them; NaN otherwise, and then left out of the file.
  double train_accuracy = kNoNumber;  ///< of the training steps since the last record, 0 to 1
  double validation_loss = kNoNumber, validation_accuracy = kNoNumber;
};

/// Appends records, each visible as soon as it is written; a number that is not finite is null.
class MetricsFile {
 public:
  /// Creates the file anew, or keeps what is there with `append`. Throws IoError.
  MetricsFile(std::string path, bool append);
  /// Keeps the records up to a step, as a run that is resumed there finds them: later ones, and a line that was not
  /// finished, are dropped. Throws IoError.
  static MetricsFile continued(const std::string& path, int64_t step);
  MetricsFile(MetricsFile&& other) noexcept;
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;
  /// Throws IoError when the disk is full; the file then ends with the record before.
  void write(const MetricsRecord& record);

 private:
  std::string path_;
  int fd_;
};

/// The records of such a file; null and numbers that are absent become NaN. A last line that was not finished is left
/// out. Throws IoError naming file and line for what is no record.
std::vector<MetricsRecord> read_metrics(const std::string& path);

}  // namespace weft::train
