// softmax and log_softmax with fused gradients, which have their own gradients.
#include "weft/tensor/kernels/norm/softmax.h"

#include "weft/autograd/record.h"
#include "weft/tensor/shape.h"

namespace weft {
namespace {

using autograd::record;
using autograd::saved;

Tensor softmax_grad(const Tensor& g, const Tensor& y, int64_t dim) {
  return record(
      "softmax_grad", kernel::softmax_grad(g, y, dim), {g, y},
      [y = saved(y), dim](const Tensor& h) { return softmax_grad(h, y, dim); },
      [g = saved(g), y = saved(y), dim](const Tensor& h) {
        const Tensor &grad = g(), &out = y();
        return h * (grad - (grad * out).sum(dim, true)) - grad * (h * out).sum(dim, true);
      });
}

Tensor log_softmax_grad(const Tensor& g, const Tensor& y, int64_t dim) {
  return record(
      "log_softmax_grad", kernel::log_softmax_grad(g, y, dim), {g, y},
      [y = saved(y), dim](const Tensor& h) { return h - (h * y().exp()).sum(dim, true); },
      [g = saved(g), y = saved(y), dim](const Tensor& h) { return -(h * y().exp() * g().sum(dim, true)); });
}

}  // namespace

Tensor Tensor::softmax(int64_t dim) const {
  dim = wrap_dim("softmax", dim, this->dim());
  return record(autograd::op("softmax", "dim", dim), kernel::softmax(*this, dim), {*this},
                [dim](const Tensor& g, const Tensor& y) { return softmax_grad(g, y, dim); });
}

Tensor Tensor::log_softmax(int64_t dim) const {
  dim = wrap_dim("log_softmax", dim, this->dim());
  return record(autograd::op("log_softmax", "dim", dim), kernel::log_softmax(*this, dim), {*this},
                [dim](const Tensor& g, const Tensor& y) { return log_softmax_grad(g, y, dim); });
}

}  // namespace weft
