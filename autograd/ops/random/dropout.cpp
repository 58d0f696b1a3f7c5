// dropout and dropout2d: linear in x, so the gradient is the same op with the same mask.
#include "weft/tensor/kernels/random/dropout.h"

#include "weft/autograd/nn_ops.h"
#include "weft/autograd/record.h"
#include "weft/tensor/random.h"

namespace weft {
namespace {

using kernel::DropoutMask;

template <Tensor (*kKernel)(const Tensor&, const DropoutMask&)>
Tensor masked(const char* op, const Tensor& x, const DropoutMask& mask) {
  return autograd::record(autograd::op(op, "p", mask.p), kKernel(x.detach(), mask), {x},
                          [op, mask](const Tensor& g) { return masked<kKernel>(op, g, mask); });
}

/// The mask of a new call.
DropoutMask next_mask(double p) {
  Generator& generator = default_generator();
  std::lock_guard lock(generator.mutex());
  return {generator.initial_seed(), generator.next_stream(), p};
}

void check_arguments(const char* op, const Tensor& x, double p) {
  check<ValueError>(p >= 0 && p <= 1, "[{}] p must be between 0 and 1, got {}", op, p);
  require_floating_point(op, x.dtype());
}

}  // namespace

Tensor dropout(const Tensor& x, double p, bool training) {
  check_arguments("dropout", x, p);
  return training && p > 0 ? masked<kernel::dropout>("dropout", x, next_mask(p)) : x;
}

Tensor dropout2d(const Tensor& x, double p, bool training) {
  check_arguments("dropout2d", x, p);
  check<ShapeError>(x.dim() >= 2, "[dropout2d] input must be [N, C, ...], got {}", x.sizes());
  return training && p > 0 ? masked<kernel::dropout_channels>("dropout2d", x, next_mask(p)) : x;
}

}  // namespace weft
