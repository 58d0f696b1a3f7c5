// Rows of blocks of attention's scores, vectorised for this machine.
#pragma once

#include <cstdint>

namespace weft::kernel {

struct AttentionRows {
  /// scores = scale scores + mask (mask may be null); returns the maximum of the n elements.
  float (*scale)(float* scores, const float* mask, float scale, int64_t n);
  /// scores = exp(scores - by); returns their sum.
  float (*exp)(float* scores, float by, int64_t n);
  /// dscores = weights (dweights - mean) scale
  void (*grad)(const float* weights, float* dweights, float mean, float scale, int64_t n);
  /// to = by from
  void (*times)(float* to, const float* from, float by, int64_t n);
  float (*dot)(const float* a, const float* b, int64_t n);
};
const AttentionRows& attention_rows();

}  // namespace weft::kernel
