// The float32 loops of loss.h for this machine's instruction set.
#pragma once

#include "weft/tensor/kernels/loss/loss.h"

namespace weft::kernel {

struct LossLoops {
  /// out = f(x - t)
  void (*values)(const float* x, const float* t, float* out, int64_t n, float p);
  double (*sum)(const float* x, const float* t, int64_t n, float p);
  /// out = scale g f'(x - t); with g_step 0, g is one value
  void (*slope)(const float* g, int64_t g_step, const float* x, const float* t, float* out, int64_t n, float p,
                float scale);
  void (*curvature)(const float* g, int64_t g_step, const float* x, const float* t, float* out, int64_t n, float p,
                    float scale);
};
LossLoops difference_loops_f32(Difference f);

struct CrossEntropyLoops {
  /// The maximum of a row and the logarithm of the sum of exp(x - maximum).
  void (*row)(const float* x, int64_t n, float* stats);
  /// out = g exp(x - maximum - log_sum)
  void (*grad)(const float* x, float* out, int64_t n, const float* stats, float g);
};
CrossEntropyLoops cross_entropy_loops_f32();

}  // namespace weft::kernel
