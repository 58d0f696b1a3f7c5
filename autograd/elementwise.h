// What elementwise families share.
#pragma once

#include <optional>

#include "weft/autograd/fused.h"
#include "weft/autograd/record.h"
#include "weft/tensor/kernels/elementwise.h"

namespace weft::autograd {

/// f(g, x) for a kernel that is g times a factor which depends on x and is constant almost everywhere: the gradient of
/// piecewise linear functions, with a gradient of its own.
Tensor masked(const char* op, kernel::Binary f, const Tensor& g, const Tensor& x, double p = 0, double q = 0);

/// The kernel of act, if it is one.
std::optional<kernel::Unary> kernel_of(Act act);
/// Records that `out` = act(z). The numbers of z are not read.
Tensor record_act(Act act, const Tensor& out, const Tensor& z);

/// While it lives, an elementwise kernel may write over x: nobody but the one holder of x, who has no more use for it,
/// reaches x or its memory. Where others do, or the memory is the user's own, nothing happens. Only for ops whose
/// gradient does not read x.
class Spent {
 public:
  explicit Spent(const Tensor& x);
  ~Spent() {
    if (x_) x_->donated = false;
  }
  Spent(const Spent&) = delete;

 private:
  TensorImpl* x_ = nullptr;
};

/// Records out = act(op(inputs)) of a kernel that computed both at once: record_op(z) records op for a result z, whose
/// numbers nobody reads.
template <class RecordOp>
Tensor record_with_act(Act act, const Tensor& out, Inputs inputs, RecordOp record_op) {
  if (act == Act::None || !records(inputs)) return record_op(out);
  const TensorImpl& p = out.impl();
  return record_act(act, out, record_op(Tensor(p.storage, p.dtype, p.sizes, p.strides, p.offset)));
}

}  // namespace weft::autograd
