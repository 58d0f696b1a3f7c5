// Dtypes without arithmetic kernels are computed in DtypeInfo::compute, with a conversion before and after.
#pragma once

#include <utility>

#include "weft/tensor/kernels/elementwise/elementwise.h"

namespace weft::kernel {

/// x converted, in the same memory order.
inline Tensor converted(const Tensor& x, Dtype dtype) {
  const bool last = !x.impl().contiguous && x.is_contiguous(MemoryFormat::ChannelsLast);
  return copy_of(x, dtype, last ? MemoryFormat::ChannelsLast : MemoryFormat::Contiguous);
}

/// True for the floating-point dtypes without kernels: the guard of families of floating point only, whose dispatch
/// then refuses an integer by its own name.
constexpr bool goes_wide(Dtype d) { return is_floating_point(d) && !has_kernels(d); }

/// x in the dtype in which kernels compute it: x itself if it has kernels or is undefined.
inline Tensor widened(const Tensor& x) {
  return !x.defined() || has_kernels(x.dtype()) ? x : converted(x, dtype_info(x.dtype()).compute);
}

/// The result of a computation on operands widened from `dtype`, in `dtype` again. Results of other dtypes (bool of a
/// comparison, int64 of a sum or of indices) stay.
inline Tensor narrowed(const Tensor& result, Dtype dtype) {
  const bool back = result.defined() && result.dtype() == dtype_info(dtype).compute && result.dtype() != dtype;
  return back ? converted(result, dtype) : result;
}
inline Tensor2 narrowed(const Tensor2& results, Dtype dtype) {
  return {narrowed(std::get<0>(results), dtype), narrowed(std::get<1>(results), dtype)};
}
inline std::pair<Tensor, Tensor> narrowed(const std::pair<Tensor, Tensor>& results, Dtype dtype) {
  return {narrowed(results.first, dtype), narrowed(results.second, dtype)};
}

/// f(x, others...) on widened operands, the result in x's dtype.
template <class F, class... Others>
auto in_wide(F f, const Tensor& x, const Others&... others) {
  return narrowed(f(widened(x), widened(others)...), x.dtype());
}

/// f(out, others...) on widened operands, for a kernel that changes `out` in place.
template <class F, class... Others>
void change_in_wide(F f, const Tensor& out, const Others&... others) {
  const Tensor wide = widened(out);
  f(wide, widened(others)...);
  copy(out, wide);
}

}  // namespace weft::kernel
