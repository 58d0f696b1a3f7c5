#include "weft/tensor/kernels/reduce/reduce.h"

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/reduce/reduce_ops.h"

namespace weft::kernel {
namespace {

struct Names {
  const char* name;
  bool needs_float, needs_elements;
};
constexpr Names kNames[] = {{"sum", false, false}, {"mean", true, false},  {"norm", true, false},
                            {"norm", true, false}, {"norm", false, false}, {"prod", false, false},
                            {"max", false, true},  {"min", false, true},   {"norm", true, true},
                            {"norm", true, true},  {"any", false, false},  {"all", false, false}};

// One reduction of x by Op into a new tensor of Out.
template <class T, class Out, class Op>
Tensor apply(const Tensor& x, const DimMask& mask, bool keepdim, const Op& op, double cost) {
  const RawView raw(x);
  Tensor out = empty(reduced_sizes(x.sizes(), mask, keepdim), dtype_of<Out>);
  run_reduction(raw.data, out.data_ptr(), ReducePlan(x.sizes(), raw.strides, mask), ReducerOf<T, Out, Op>(op, cost));
  return out;
}

double elements_per_result(const Tensor& x, const DimMask& mask) {
  double n = 1;
  for (size_t d = 0; d < x.sizes().size(); ++d)
    if (mask[d]) n *= static_cast<double>(x.sizes()[d]);
  return n;
}

// The ops that accept every dtype.
template <class T>
Tensor reduce_any(Reduce op, const Tensor& x, const DimMask& mask, bool keepdim) {
  using Wide = std::conditional_t<std::is_floating_point_v<T>, T, int64_t>;
  const auto n = static_cast<int64_t>(elements_per_result(x, mask));
  using Out = std::conditional_t<std::is_same_v<T, uint8_t>, uint8_t, bool>;  // as in PyTorch
  using Truth = CountOp<T, Out>;
  switch (op) {
    case Reduce::Sum:
      return apply<T, Wide>(x, mask, keepdim, SumOp<T, Identity, Wide>{}, 0.15);
    case Reduce::Prod:
      return apply<T, Wide>(x, mask, keepdim, ProdOp<T, Wide>{}, 1);
    case Reduce::Max:
      return apply<T, T>(x, mask, keepdim, ExtremeOp<T, true>{}, 0.2);
    case Reduce::Min:
      return apply<T, T>(x, mask, keepdim, ExtremeOp<T, false>{}, 0.2);
    case Reduce::Any:
      return apply<T, Out>(x, mask, keepdim, Truth{Truth::As::Any}, 0.5);
    case Reduce::All:
      return apply<T, Out>(x, mask, keepdim, Truth{Truth::As::All, n}, 0.5);
    default: {
      using Count = CountOp<T, int64_t>;
      return apply<T, int64_t>(x, mask, keepdim, Count{Count::As::Count}, 0.5);
    }
  }
}

// The ops of floating point only.
template <class T>
Tensor reduce_float(Reduce op, const Tensor& x, const DimMask& mask, bool keepdim) {
  switch (op) {
    case Reduce::Mean:
      return apply<T, T>(x, mask, keepdim, SumOp<T, Identity, T>{elements_per_result(x, mask)}, 0.15);
    case Reduce::Norm2:
      return apply<T, T>(x, mask, keepdim, SumOp<T, Square, T>{.root = true}, 0.15);
    case Reduce::SumAbs:
      return apply<T, T>(x, mask, keepdim, SumOp<T, Absolute, T>{}, 0.15);
    case Reduce::MaxAbs:
      return apply<T, T>(x, mask, keepdim, ExtremeOp<T, true, Absolute>{}, 0.2);
    default:
      return apply<T, T>(x, mask, keepdim, ExtremeOp<T, false, Absolute>{}, 0.2);
  }
}

}  // namespace

Tensor reduce(Reduce op, const Tensor& x, const DimMask& mask, bool keepdim) {
  const Names& facts = kNames[static_cast<int>(op)];
  if (!has_kernels(x.dtype()) && (is_floating_point(x.dtype()) || !facts.needs_float)) [[unlikely]]
    return in_wide([&](const Tensor& x) { return kernel::reduce(op, x, mask, keepdim); }, x);
  check<ShapeError>(
      !facts.needs_elements || elements_per_result(x, mask) > 0 || numel_of(reduced_sizes(x.sizes(), mask, false)) == 0,
      "[{}] needs at least one element, got sizes {}", facts.name, x.sizes());
  if (facts.needs_float)
    return dispatch_float(facts.name, x.dtype(),
                          [&](auto tag) { return reduce_float<typename decltype(tag)::type>(op, x, mask, keepdim); });
  return dispatch<KernelTypes>(
      facts.name, x.dtype(), [&](auto tag) { return reduce_any<typename decltype(tag)::type>(op, x, mask, keepdim); });
}

Tensor power_norm(const Tensor& x, double p, const DimMask& mask, bool keepdim) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x) { return kernel::power_norm(x, p, mask, keepdim); }, x);
  return dispatch_float("norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    return apply<T, T>(x, mask, keepdim, PowerOp<T>{p}, 20);
  });
}

Tensor variance(const Tensor& x, const DimMask& mask, double correction, bool keepdim, bool root) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x) { return kernel::variance(x, mask, correction, keepdim, root); }, x);
  return dispatch_float(root ? "std" : "var", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    return apply<T, T>(x, mask, keepdim, VarianceOp<T>{correction, root}, 0.4);
  });
}

Tensor sum_to(const Tensor& x, IntArrayRef sizes) {
  if (x.sizes() == sizes) return x;
  const size_t n = x.sizes().size();
  check<ShapeError>(sizes.size() <= n, "[sum_to] sizes {} do not broadcast to {}", sizes, x.sizes());
  const size_t lead = n - sizes.size();
  DimMask mask;
  for (size_t d = 0; d < n; ++d) {
    const int64_t to = d < lead ? 1 : sizes[d - lead];
    check<ShapeError>(to == x.sizes()[d] || to == 1, "[sum_to] sizes {} do not broadcast to {}", sizes, x.sizes());
    mask[d] = d < lead || to != x.sizes()[d];
  }
  const Tensor sum = reduce(Reduce::Sum, x, mask, true);
  return Tensor(Ref<Storage>(sum.impl().storage), sum.dtype(), sizes, contiguous_strides(sizes));
}

}  // namespace weft::kernel
