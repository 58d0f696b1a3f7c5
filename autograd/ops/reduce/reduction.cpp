// Reductions over sets of dimensions, and their gradients.
#include <cmath>
#include <limits>

#include "weft/autograd/functions.h"
#include "weft/autograd/record.h"
#include "weft/autograd/sum_to.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/reduce/reduce.h"
#include "weft/tensor/tensor.h"

namespace weft {
namespace {

using autograd::op;
using autograd::record;
using autograd::saved;
using kernel::Reduce;

// Repeats a result of a reduction over the dimensions in `mask`, with or without keepdim, to the original sizes. expand
// itself adds leading sizes, as after a reduction over everything.
Tensor restore_sizes(const Tensor& y, IntArrayRef sizes, const DimMask& mask) {
  if (mask.count() == sizes.size()) return y.expand(sizes);
  return y.reshape(reduced_sizes(sizes, mask, true)).expand(sizes);
}

// The sizes and dimensions of a reduction, for its gradient: expands a result to the original sizes.
struct Reduced {
  Reduced(const char* op, const Tensor& x, IntArrayRef dims) : sizes(x.sizes()), mask(dim_mask(op, dims, x.dim())) {}
  Tensor restore(const Tensor& y) const { return restore_sizes(y, sizes, mask); }
  /// Number of elements per result.
  int64_t count() const {
    int64_t n = 1;
    for (size_t d = 0; d < sizes.size(); ++d)
      if (mask[d]) n *= sizes[d];
    return n;
  }
  /// x summed over the same dimensions, which stay as 1. An empty set of dimensions differs from an empty list, which
  /// means all.
  Tensor sum(const Tensor& x) const {
    Dims dims;
    for (size_t d = 0; d < sizes.size(); ++d)
      if (mask[d]) dims.push_back(static_cast<int64_t>(d));
    return dims.empty() ? x : x.sum(dims, true);
  }
  Tensor mean(const Tensor& x) const { return sum(x) / static_cast<double>(count()); }
  Dims sizes;
  DimMask mask;
};

Tensor sum_over(const Tensor& x, const DimMask& mask, bool keepdim) {
  return record(op("sum", "dim", mask, "keepdim", keepdim), kernel::reduce(Reduce::Sum, x, mask, keepdim), {x},
                [sizes = Dims(x.sizes()), mask](const Tensor& g) { return restore_sizes(g, sizes, mask); });
}

// The gradient of an extreme: all elements equal to it share the gradient evenly. `g` and `y` have the sizes of the
// result.
Tensor shared_among_ties(const Reduced& r, const Tensor& x, const Tensor& g, const Tensor& y) {
  const Tensor ties = x.detach().eq(r.restore(y.detach())).to(g.dtype());
  return r.restore(g) * (ties / r.sum(ties));
}

Tensor extreme(const char* op, Reduce kind, const Tensor& x, IntArrayRef dims, bool keepdim) {
  const Reduced r(op, x, dims);
  return record(autograd::op(op, "dim", r.mask, "keepdim", keepdim), kernel::reduce(kind, x, r.mask, keepdim), {x},
                [r, x = saved(x)](const Tensor& g, const Tensor& y) { return shared_among_ties(r, x, g, y); });
}

Tensor variance(const char* op, const Tensor& x, IntArrayRef dims, bool unbiased, bool keepdim, bool root) {
  const Reduced r(op, x, dims);
  const double correction = unbiased ? 1 : 0;
  const double scale = 2 / (static_cast<double>(r.count()) - correction);
  const auto spread = [r, scale, x = saved(x)](const Tensor& g) {
    // The mean is rounded; subtracting the mean of the deviations removes the error.
    const Tensor near = x - r.mean(x);
    return r.restore(g * scale) * (near - r.mean(near));
  };
  Tensor out = kernel::variance(x, r.mask, correction, keepdim, root);
  const auto call = autograd::op(op, "dim", r.mask, "unbiased", unbiased, "keepdim", keepdim);
  if (!root) return record(call, out, {x}, spread);
  return record(call, out, {x}, [spread](const Tensor& g, const Tensor& y) {
    // If all elements are equal the root has no slope; PyTorch uses 0.
    return spread((g / (y * 2)).masked_fill(y.detach().eq(0), 0));
  });
}

}  // namespace

Tensor autograd::sum_to(const Tensor& x, IntArrayRef sizes) {
  if (x.sizes() == sizes) return x;
  return record("sum_to", kernel::sum_to(x, sizes), {x},
                [to = Dims(x.sizes())](const Tensor& g) { return g.expand(to); });
}

// Sums and means
// --------------------------------------------------------------------------------------------------------

Tensor Tensor::sum(IntArrayRef dim, bool keepdim, std::optional<Dtype> dtype) const {
  if (dtype && *dtype != this->dtype()) return to(*dtype).sum(dim, keepdim);
  return sum_over(*this, dim_mask("sum", dim, this->dim()), keepdim);
}
Tensor Tensor::sum() const { return sum(IntArrayRef()); }
Tensor Tensor::sum(Dtype dtype) const { return sum(IntArrayRef(), false, dtype); }

Tensor Tensor::mean(IntArrayRef dim, bool keepdim, std::optional<Dtype> dtype) const {
  if (dtype && *dtype != this->dtype()) return to(*dtype).mean(dim, keepdim);
  const Reduced r("mean", *this, dim);
  return record(op("mean", "dim", r.mask, "keepdim", keepdim), kernel::reduce(Reduce::Mean, *this, r.mask, keepdim),
                {*this}, [r](const Tensor& g) { return r.restore(g / static_cast<double>(r.count())); });
}
Tensor Tensor::mean() const { return mean(IntArrayRef()); }
Tensor Tensor::mean(Dtype dtype) const { return mean(IntArrayRef(), false, dtype); }

Tensor Tensor::var(IntArrayRef dim, bool unbiased, bool keepdim) const {
  return variance("var", *this, dim, unbiased, keepdim, false);
}
Tensor Tensor::var() const { return var(IntArrayRef()); }
Tensor Tensor::std(IntArrayRef dim, bool unbiased, bool keepdim) const {
  return variance("std", *this, dim, unbiased, keepdim, true);
}
Tensor Tensor::std() const { return std(IntArrayRef()); }

// Products
// --------------------------------------------------------------------------------------------------------------

namespace {

// x shifted by `by` positions along dim towards the end, filled with ones.
Tensor shifted(const Tensor& x, int64_t dim, int64_t by) {
  const int64_t n = x.size(dim);
  Dims lead = x.sizes();
  lead[dim] = by;
  return cat({ones(lead, x.dtype()), x.narrow(dim, 0, n - by)}, dim);
}

// The product of all elements before each, by doubling: without division, so zeros are harmless.
Tensor product_before(const Tensor& x, int64_t dim) {
  const int64_t n = x.size(dim);
  Tensor p = n > 1 ? shifted(x, dim, 1) : ones(x.sizes(), x.dtype());
  for (int64_t by = 1; by < n; by *= 2) p = p * shifted(p, dim, by);
  return p;
}

Tensor product_of_others(const Tensor& x, int64_t dim) {
  return product_before(x, dim) * product_before(x.flip(dim), dim).flip(dim);
}

}  // namespace

Tensor Tensor::prod(int64_t dim, bool keepdim) const {
  const Reduced r("prod", *this, dim);
  dim = wrap_dim("prod", dim, this->dim());
  return record(op("prod", "dim", r.mask, "keepdim", keepdim), kernel::reduce(Reduce::Prod, *this, r.mask, keepdim),
                {*this}, [r, dim, self = saved(*this)](const Tensor& g, const Tensor& y) {
                  const Tensor& x = self();
                  if (x.dim() == 0) return g;
                  if (x.detach().eq(0).any().item<bool>()) return r.restore(g) * product_of_others(x, dim);
                  return r.restore(g * y) / x;
                });
}
Tensor Tensor::prod() const { return dim() == 0 ? prod(0) : reshape({-1}).prod(0); }

// Extremes
// --------------------------------------------------------------------------------------------------------------

Tensor Tensor::amax(IntArrayRef dim, bool keepdim) const { return extreme("amax", Reduce::Max, *this, dim, keepdim); }
Tensor Tensor::amin(IntArrayRef dim, bool keepdim) const { return extreme("amin", Reduce::Min, *this, dim, keepdim); }
Tensor Tensor::max() const { return extreme("max", Reduce::Max, *this, {}, false); }
Tensor Tensor::min() const { return extreme("min", Reduce::Min, *this, {}, false); }

Tensor Tensor::any(int64_t dim, bool keepdim) const {
  return kernel::reduce(Reduce::Any, *this, dim_mask("any", dim, this->dim()), keepdim);
}
Tensor Tensor::any() const { return kernel::reduce(Reduce::Any, *this, dim_mask("any", {}, dim())); }
Tensor Tensor::all(int64_t dim, bool keepdim) const {
  return kernel::reduce(Reduce::All, *this, dim_mask("all", dim, this->dim()), keepdim);
}
Tensor Tensor::all() const { return kernel::reduce(Reduce::All, *this, dim_mask("all", {}, dim())); }

// Norms
// -----------------------------------------------------------------------------------------------------------------

namespace {

Tensor norm_value(const Tensor& x, double p, const DimMask& mask, bool keepdim) {
  const NoGradGuard no_grad;
  if (p == 0) return kernel::reduce(Reduce::CountNonzero, x, mask, keepdim).to(x.dtype());
  if (p == 1) return kernel::reduce(Reduce::SumAbs, x, mask, keepdim);
  if (p == 2) return kernel::reduce(Reduce::Norm2, x, mask, keepdim);
  if (std::isinf(p)) return kernel::reduce(p > 0 ? Reduce::MaxAbs : Reduce::MinAbs, x, mask, keepdim);
  return kernel::power_norm(x, p, mask, keepdim);
}

// g and y have the sizes of the result. If the norm has no slope, 0 as in PyTorch.
Tensor norm_gradient(const Reduced& r, double p, const Tensor& x, const Tensor& g, const Tensor& y) {
  if (p == 0) return {};
  if (p == 1) return r.restore(g) * x.sign();
  if (std::isinf(p)) return shared_among_ties(r, x.abs(), g, y) * x.sign();
  const Tensor whole = r.restore(y), none = whole.detach().eq(0);
  if (p == 2) return r.restore(g) * (x / whole).masked_fill(none, 0);
  const Tensor power = p > 2 ? x * x.abs().pow(p - 2) : x.sign() * x.abs().pow(p - 1).masked_fill(x.detach().eq(0), 0);
  return r.restore(g) * (power / whole.pow(p - 1)).masked_fill(none, 0);
}

}  // namespace

Tensor Tensor::norm(const Scalar& p, IntArrayRef dim, bool keepdim) const {
  require_floating_point("norm", dtype());
  const Reduced r("norm", *this, dim);
  const auto power = p.to<double>();
  return record(
      op("norm", "p", power, "dim", r.mask, "keepdim", keepdim), norm_value(*this, power, r.mask, keepdim), {*this},
      [r, power, x = saved(*this)](const Tensor& g, const Tensor& y) { return norm_gradient(r, power, x, g, y); });
}
Tensor Tensor::norm(const Scalar& p) const { return norm(p, IntArrayRef(), false); }

Tensor Tensor::logsumexp(IntArrayRef dim, bool keepdim) const {
  if (!weft::is_floating_point(dtype())) return to(default_dtype()).logsumexp(dim, keepdim);
  const Reduced r("logsumexp", *this, dim);
  const auto value = [&] {
    const NoGradGuard no_grad;
    if (numel() == 0) return kernel::reduce(Reduce::Sum, *this, r.mask, keepdim).log();
    // Infinite maxima must not be subtracted from themselves.
    Tensor top = kernel::reduce(Reduce::Max, *this, r.mask, true);
    top = top.masked_fill(top.isinf(), 0);
    const Tensor sum = kernel::reduce(Reduce::Sum, (*this - top).exp(), r.mask, true).log() + top;
    return keepdim ? sum : sum.reshape(reduced_sizes(r.sizes, r.mask, false));
  };
  return record(
      op("logsumexp", "dim", r.mask, "keepdim", keepdim), value(), {*this},
      [r, x = saved(*this)](const Tensor& g, const Tensor& y) { return r.restore(g) * (x - r.restore(y)).exp(); });
}

}  // namespace weft
