// Ops along one dimension: extremes with their positions, sorting, running sums; and comparisons of entire tensors.
#include "weft/autograd/functions.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/index/sort.h"
#include "weft/tensor/kernels/reduce/reduce.h"
#include "weft/tensor/tensor.h"

namespace weft {
namespace {

using autograd::record;
using autograd::saved;

// Records values = x.gather(dim, indices): the gradient goes to the position of each value. `keepdim` false: the result
// lacks the dimension.
Tensor2 record_selected(const char* op, const Tensor& x, int64_t dim, bool keepdim, Tensor2 result) {
  auto& [values, indices] = result;
  const Tensor at = indices;
  Tensor out = record(autograd::op(op, "dim", dim, "keepdim", keepdim), values, {x},
                      [sizes = Dims(x.sizes()), dim, keepdim, at = saved(at)](const Tensor& g) {
                        const bool squeezed = !keepdim && !sizes.empty();
                        return zeros(sizes, g.dtype())
                            .scatter_add(dim, squeezed ? at().unsqueeze(dim) : at(), squeezed ? g.unsqueeze(dim) : g);
                      });
  return {out, at};
}

Tensor2 extreme(const char* op, const Tensor& x, int64_t dim, bool keepdim, bool greatest) {
  return record_selected(op, x, wrap_dim(op, dim, x.dim()), keepdim, kernel::extreme_along(x, dim, keepdim, greatest));
}

Tensor arg_extreme(const Tensor& x, std::optional<int64_t> dim, bool keepdim, bool greatest) {
  require_not_bool(greatest ? "argmax" : "argmin", x.dtype());
  if (dim) return std::get<1>(kernel::extreme_along(x, *dim, keepdim, greatest));
  const Tensor at = kernel::arg_extreme(x, greatest);
  return keepdim ? at.reshape(Dims(x.sizes().size(), 1)) : at;
}

}  // namespace

Tensor2 Tensor::max(int64_t dim, bool keepdim) const { return extreme("max", *this, dim, keepdim, true); }
Tensor2 Tensor::min(int64_t dim, bool keepdim) const { return extreme("min", *this, dim, keepdim, false); }
Tensor Tensor::argmax(std::optional<int64_t> dim, bool keepdim) const { return arg_extreme(*this, dim, keepdim, true); }
Tensor Tensor::argmin(std::optional<int64_t> dim, bool keepdim) const {
  return arg_extreme(*this, dim, keepdim, false);
}

Tensor2 Tensor::sort(int64_t dim, bool descending) const {
  return record_selected("sort", *this, wrap_dim("sort", dim, this->dim()), true, kernel::sort(*this, dim, descending));
}
Tensor Tensor::argsort(int64_t dim, bool descending) const { return std::get<1>(kernel::sort(*this, dim, descending)); }
Tensor2 Tensor::topk(int64_t k, int64_t dim, bool largest, bool) const {
  return record_selected("topk", *this, wrap_dim("topk", dim, this->dim()), true, kernel::topk(*this, k, dim, largest));
}

Tensor Tensor::cumsum(int64_t dim) const {
  return record(autograd::op("cumsum", "dim", dim), kernel::cumsum(*this, dim), {*this},
                [dim](const Tensor& g) { return g.dim() == 0 ? g : g.flip(dim).cumsum(dim).flip(dim); });
}

Tensor Tensor::bincount(int64_t minlength) const { return kernel::bincount(*this, minlength); }

bool Tensor::equal(const Tensor& other) const { return kernel::equal(*this, other); }

namespace {
/// |a - b| of integers in float64, without overflow and rounded once.
Tensor integer_distance(const Tensor& a, const Tensor& b) {
  const Tensor gap = a.maximum(b) - a.minimum(b);  // modulo 2^64
  const Tensor distance = gap.to(kFloat64);
  return where(gap.lt(0), distance + 0x1p64, distance);
}
}  // namespace

Tensor Tensor::isclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  const NoGradGuard no_grad;
  check<DtypeError>(dtype() == other.dtype(), "[isclose] dtypes {} and {} differ", dtype(), other.dtype());
  check<ValueError>(rtol >= 0 && atol >= 0, "[isclose] tolerances {} and {} must not be negative", rtol, atol);
  Tensor close = eq(other);
  if (equal_nan && is_floating_point()) close = close.logical_or(isnan().logical_and(other.isnan()));
  if (rtol == 0 && atol == 0) return close;
  const bool exact = !is_floating_point();
  const Tensor distance = exact ? integer_distance(to(kInt64), other.to(kInt64)) : (*this - other).abs();
  const Tensor bound = ((exact ? other.to(kFloat64) : other) * rtol).abs() + atol;
  return close.logical_or(distance.le(bound).logical_and(distance.isfinite()));
}

bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return isclose(other, rtol, atol, equal_nan).all().item<bool>();
}

}  // namespace weft
