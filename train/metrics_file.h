// One JSON object per line, for programs that read a run's course.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace weft::train {

/// One record of a metrics file.
struct MetricsRecord {
  int64_t epoch, step;
  double train_loss, test_loss;
  double test_accuracy;       ///< 0 to 1
  double seconds;             ///< since the run began, earlier runs that it resumed included
  double samples_per_second;  ///< of the training steps since the last record
  double learning_rate;       ///< of the optimizer's first group, as it is now
};

/// Appends records, each visible as soon as it is written; a number that is not finite is null.
class MetricsFile {
 public:
  /// Creates the file anew, or keeps what is there with `append`. Throws IoError.
  MetricsFile(std::string path, bool append);
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;
  /// Throws IoError when the disk is full.
  void write(const MetricsRecord& record);

 private:
  std::string path_;
  std::FILE* file_;
};

/// The records of such a file; null and numbers that are absent become NaN. A last line that was not finished is left
/// out. Throws IoError naming file and line for what is no record.
std::vector<MetricsRecord> read_metrics(const std::string& path);

}  // namespace weft::train
