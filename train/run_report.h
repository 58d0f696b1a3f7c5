// RunReport: the content of a report of a training run.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/train/metrics.h"
#include "weft/train/metrics_file.h"
#include "weft/train/mistakes.h"
#include "weft/train/step_curve.h"

namespace weft::train {

/// What a report shows; a part that is empty is left out.
struct Report {
  std::string title, subtitle = {};
  std::vector<MetricsRecord> course = {};                         ///< curves and speed
  std::vector<StepPoint> steps = {};                              ///< training between the records
  std::optional<Metrics> test = {};                               ///< confusion matrix and scores
  std::string tested = "test";                                    ///< the set that `test` is of
  std::string weights = {};                                       ///< those that were tested, in words
  std::vector<std::string> class_names = {};                      ///< by id; numbers where absent
  std::vector<Mistake> mistakes = {};                             ///< shown as images
  std::string model = {};                                         ///< the model's summary, in lines of even width
  std::vector<std::pair<std::string, std::string>> options = {};  ///< what the run was told
};

}  // namespace weft::train
