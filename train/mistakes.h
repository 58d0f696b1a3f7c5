// The most confident mistakes of a model.
#pragma once

#include <functional>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft::train {

/// A sample that the model predicted as another class.
struct Mistake {
  Tensor image;  ///< uint8 [1, H, W] or [3, H, W]
  int64_t target, answer;
  double confidence;  ///< the probability of the prediction, 0 to 1
};

/// Converts a model's scores [N, classes] to probabilities of the same shape.
using Probabilities = std::function<Tensor(const Tensor& scores)>;

/// Keeps the mistakes with the highest confidence.
class WorstMistakes {
 public:
  /// `probabilities` defaults to the softmax of logits.
  explicit WorstMistakes(size_t most = 36, Probabilities probabilities = {});
  /// images [N, H, W] or [N, C, H, W] with one or three channels, uint8 or floating point; an image with values outside
  /// [0, 1], such as a normalised one, is rescaled to that range. scores [N, classes]; target int64 [N]. Throws
  /// ShapeError if their lengths differ.
  void add(const Tensor& images, const Tensor& scores, const Tensor& target);
  /// The most confident first.
  const std::vector<Mistake>& mistakes() const { return kept_; }

 private:
  size_t most_;
  Probabilities probabilities_;
  std::vector<Mistake> kept_;
};

}  // namespace weft::train
