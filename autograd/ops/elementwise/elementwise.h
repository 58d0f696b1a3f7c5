// Shared by the elementwise families.
#pragma once

#include <optional>

#include "weft/autograd/fused.h"
#include "weft/autograd/record.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"

namespace weft::autograd {

/// f(g, x) for a kernel that is g times a factor that depends on x and is constant almost everywhere: the gradient of
/// piecewise linear functions, with its own gradient.
Tensor masked(const char* op, kernel::Binary f, const Tensor& g, const Tensor& x, double p = 0, double q = 0);

/// The kernel of act, if it has one.
std::optional<kernel::Unary> kernel_of(Act act);
/// Records that `out` = act(z). The elements of z are not read.
Tensor record_act(Act act, const Tensor& out, const Tensor& z);

/// During its lifetime an elementwise kernel may write over x if the caller, who no longer needs x, holds the only
/// reference to x and its memory. It has no effect if others hold one, or if the memory is the user's. Only for ops
/// whose gradient does not read x.
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
/// elements nobody reads.
template <class RecordOp>
Tensor record_with_act(Act act, const Tensor& out, Inputs inputs, RecordOp record_op) {
  if (act == Act::None || !records(inputs)) return record_op(out);
  const TensorImpl& p = out.impl();
  return record_act(act, out, record_op(Tensor(p.storage, p.dtype, p.sizes, p.strides, p.offset)));
}

}  // namespace weft::autograd
