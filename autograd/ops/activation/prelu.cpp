// prelu and glu.
#include "weft/tensor/kernels/elementwise/prelu.h"

#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/autograd/record.h"
#include "weft/tensor/kernels/norm/channels.h"
#include "weft/tensor/shape.h"

namespace weft {

using autograd::Grads;
using autograd::saved;

namespace {

/// The gradient by differentiable ops, used if it is itself recorded.
void recorded_prelu_grad(const Tensor& g, const Tensor& x, const Tensor& weight, Grads& grads) {
  const Tensor positive = x.gt(0);
  Dims shape(x.sizes().size(), 1), dims;
  for (int64_t d = 0; d < x.dim(); ++d)
    if (d != 1 || weight.numel() == 1) dims.push_back(d);
  if (weight.numel() > 1) shape[1] = weight.numel();
  if (grads.needs(0)) grads[0] = where(positive, g, g * weight.reshape(shape));
  if (grads.needs(1)) {
    const Tensor each = (g * x).masked_fill(positive, 0);
    grads[1] = (dims.empty() ? each : each.sum(dims)).reshape(weight.sizes());
  }
}

}  // namespace

Tensor prelu(const Tensor& x, const Tensor& weight) {
  require_floating_point("prelu", x.dtype());
  check<DtypeError>(weight.dtype() == x.dtype(), "[prelu] input is {}, weight is {}", x.dtype(), weight.dtype());
  const int64_t n = weight.numel();
  check<ShapeError>(weight.dim() <= 1 && (n == 1 || (x.dim() >= 2 && x.size(1) == n)),
                    "[prelu] weight must have one element or one per channel, got {} for input {}", weight.sizes(),
                    x.sizes());
  const Tensor dense = x.dim() >= 2 ? kernel::dense_batch(x.detach()) : x.detach().contiguous();
  const Tensor w = weight.detach().contiguous();
  return autograd::record_joint("prelu", kernel::prelu(dense, w), {x, weight},
                                [x = saved(x), weight = saved(weight), dense, w](const Tensor& g, Grads& grads) {
                                  if (GradMode::is_enabled()) return recorded_prelu_grad(g, x, weight, grads);
                                  x(), weight();  // throws if an operand was changed in place
                                  auto d = kernel::prelu_grad(g, dense, w);
                                  if (grads.needs(0)) grads[0] = d.x;
                                  if (grads.needs(1)) grads[1] = d.weight;
                                });
}

Tensor glu(const Tensor& x, int64_t dim) {
  require_floating_point("glu", x.dtype());
  dim = wrap_dim("glu", dim, x.dim());
  check<ShapeError>(x.dim() > 0 && x.size(dim) % 2 == 0, "[glu] dimension {} must have an even size (input {})", dim,
                    x.sizes());
  const int64_t half = x.size(dim) / 2;
  return x.narrow(dim, 0, half) * x.narrow(dim, half, half).sigmoid();
}

}  // namespace weft
