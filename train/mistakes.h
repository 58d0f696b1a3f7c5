// The mistakes of which a model was surest.
#pragma once

#include <functional>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft::train {

/// A sample that the model took for another class.
struct Mistake {
  Tensor image;  ///< uint8 [1, H, W] or [3, H, W]
  int64_t target, answer;
  double confidence;  ///< what the model gave its answer, 0 to 1
};

/// Makes probabilities [N, classes] of a model's scores of that shape.
using Probabilities = std::function<Tensor(const Tensor& scores)>;

/// Keeps the mistakes of which a model was surest.
class WorstMistakes {
 public:
  /// Without `probabilities`, scores are logits, whose softmax they are.
  explicit WorstMistakes(size_t most = 36, Probabilities probabilities = {});
  /// images [N, H, W] or [N, C, H, W] with one or three channels, uint8 or floating point; an image with numbers
  /// outside of 0 to 1, a normalised one, is brought to that range. scores [N, classes]; target int64 [N]. Throws
  /// ShapeError where they are not as many.
  void add(const Tensor& images, const Tensor& scores, const Tensor& target);
  /// The surest first.
  const std::vector<Mistake>& mistakes() const { return kept_; }

 private:
  size_t most_;
  Probabilities probabilities_;
  std::vector<Mistake> kept_;
};

}  // namespace weft::train
