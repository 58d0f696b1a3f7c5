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

/// The content of a report; empty parts are left out.
struct Report {
  std::string title, subtitle = {};
  std::vector<MetricsRecord> course = {};                         ///< curves and speed
  std::vector<StepPoint> steps = {};                              ///< means of the steps between the records
  std::optional<Metrics> test = {};                               ///< confusion matrix and scores
  std::string tested = "test";                                    ///< the set evaluated in `test`
  std::string weights = {};                                       ///< description of the tested weights
  std::vector<std::string> class_names = {};                      ///< by id; numbers if absent
  std::vector<Mistake> mistakes = {};                             ///< shown as images
  std::string model = {};                                         ///< the model's summary, in lines of equal width
  std::vector<std::pair<std::string, std::string>> options = {};  ///< the run's options
};

}  // namespace weft::train
