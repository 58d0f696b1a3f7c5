// The adapter to oneDNN, 2.6 and 3.x: the only code that knows its interface.
//
// Distributions build oneDNN on OpenMP, whose threads would compete with weft's for the cores. So everything here runs
// on the calling thread alone, and no OpenMP thread ever starts; weft's own tasks call these functions in parallel. All
// functions may be called from several threads at once, on the same plan too.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

namespace weft::onednn {

/// Permits calls to oneDNN during its lifetime, on this thread and, inside parallel work, on the threads that help.
/// False once the process exits, or this thread has ended: the op then uses weft's own loops. The exit waits for
/// existing permits.
class Permit {
 public:
  Permit();
  ~Permit();
  Permit(const Permit&) = delete;
  explicit operator bool() const { return given_; }

 private:
  bool given_;
};

/// C = alpha op(A) op(B) + beta C on row-major matrices: C is [m, n] with rows ldc apart, op(A) is [m, k], op(B) [k,
/// n]. A is stored as [k, m] with trans_a, B as [n, k] with trans_b. With beta 0, C is not read.
void sgemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
           const float* b, int64_t ldb, float beta, float* c, int64_t ldc);

/// A 2-d convolution y = x * weight + bias of float32: x [n, c, h, w] and y [n, o, oh, ow] stored channels-last, weight
/// [o, c / groups, kh, kw], bias [o].
struct ConvShape {
  int64_t n, c, h, w;
  int64_t o, oh, ow;
  int64_t kh, kw, groups;
  std::array<int64_t, 2> stride, dilation, pad_low, pad_high;
  bool bias;
};

enum class ConvPass : uint8_t { Forward, InputGrad, WeightGrad };

/// One pass of a convolution of one shape, ready to run. Plans are immutable and shared; a run writes only its result
/// and the caller's scratch memory.
class ConvPlan {
 public:
  /// The buffers of a pass, named as in the forward pass. Forward writes y; InputGrad reads the gradient of y and
  /// writes that of x; WeightGrad reads x and the gradient of y and writes those of weight and, if the shape has a
  /// bias, of bias. `weight` is in the plan's order.
  struct Operands {
    float *x, *weight, *bias, *y;
    void* scratch;
  };
  virtual ~ConvPlan() = default;
  virtual void run(const Operands& operands) const = 0;
  /// Converts weights from [o, c / groups, kh, kw] to the plan's order, and back. With weights_as_they_lie both orders
  /// are the same.
  virtual void pack(const float* weight, float* packed) const = 0;
  virtual void unpack(const float* packed, float* weight) const = 0;
  bool weights_as_they_lie = false;
  int64_t packed_bytes = 0, scratch_bytes = 0;
  /// oneDNN's name of the implementation.
  const char* implementation = "";
};

/// The plan of a pass: cached by shape and shared between threads. Throws Error if oneDNN does not support the shape.
std::shared_ptr<const ConvPlan> conv_plan(ConvPass pass, const ConvShape& shape);

/// At most kMaxPlans plans are cached, the most recently used ones; plan_count() returns their number.
inline constexpr int64_t kMaxPlans = 256;
int64_t plan_count();

}  // namespace weft::onednn
