// Report: what there is to see of a training run, as one HTML file.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/tensor/tensor.h"
#include "weft/train/metrics.h"
#include "weft/train/metrics_file.h"

namespace weft::train {

/// A sample that the model took for another class.
struct Mistake {
  Tensor image;  ///< [H, W], [1, H, W] or [3, H, W], uint8 or 0 to 1
  int64_t target, answer;
  double confidence;  ///< what the model gave its answer, 0 to 1
};

/// Keeps the mistakes of which a model was surest.
class WorstMistakes {
 public:
  explicit WorstMistakes(size_t most = 36) : most_(most) {}
  /// images [N, H, W] or [N, C, H, W] as a Mistake takes them, not normalised; logits [N, classes]; target int64 [N].
  /// Throws ShapeError where they are not as many.
  void add(const Tensor& images, const Tensor& logits, const Tensor& target);
  /// The surest first.
  const std::vector<Mistake>& mistakes() const { return kept_; }

 private:
  size_t most_;
  std::vector<Mistake> kept_;
};

/// What a report shows; a part that is empty is left out.
struct Report {
  std::string title, subtitle = {};
  std::vector<MetricsRecord> course = {};                         ///< curves and speed
  std::optional<Metrics> test = {};                               ///< confusion matrix and scores
  std::vector<std::string> class_names = {};                      ///< by id; numbers where absent
  std::vector<Mistake> mistakes = {};                             ///< shown as images
  std::string model = {};                                         ///< the model's summary, in lines of even width
  std::vector<std::pair<std::string, std::string>> options = {};  ///< what the run was told
};

/// The page, without any reference to the outside. It suits wide and narrow screens, light and dark, and needs no
/// script; whatever the texts hold is escaped.
std::string report_html(const Report& report);
/// Writes it, whole or not at all. Throws IoError.
void write_report(const std::string& path, const Report& report);

}  // namespace weft::train
