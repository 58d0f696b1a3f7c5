#include "weft/tensor/kernels/elementwise/convert.h"

#include <algorithm>

#include "weft/tensor/arithmetic.h"

namespace weft::kernel {
namespace {

constexpr int64_t kBlock = 512;

template <class To, class From>
void convert_row(void* target, int64_t step_to, const void* source, int64_t step_from, int64_t n) {
  auto* to = static_cast<To*>(target);
  const auto* from = static_cast<const From*>(source);
  if (step_from == 0) {
    const To value = convert<To>(*from);
    if (step_to == 1) return static_cast<void>(std::fill_n(to, n, value));
    for (int64_t i = 0; i < n; ++i) to[i * step_to] = value;
  } else if (step_to == 1 && step_from == 1) {
    for (int64_t i = 0; i < n; ++i) to[i] = convert<To>(from[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) to[i * step_to] = convert<To>(from[i * step_from]);
  }
}

using NarrowTypes = TypeList<int8_t, int16_t, Half, BFloat16>;
template <class T>
using Compute = std::conditional_t<is_float16<T>, float, int32_t>;

}  // namespace

Conversion::Loop Conversion::direct(Dtype to, Dtype from) {
  if (!has_kernels(to))
    return dispatch<NarrowTypes>("to", to, [](auto tag) -> Loop {
      using T = typename decltype(tag)::type;
      return convert_row<T, Compute<T>>;
    });
  if (!has_kernels(from))
    return dispatch<NarrowTypes>("to", from, [](auto tag) -> Loop {
      using T = typename decltype(tag)::type;
      return convert_row<Compute<T>, T>;
    });
  return dispatch<KernelTypes>("to", to, [from](auto t) {
    return dispatch<KernelTypes>(
        "to", from, [](auto f) -> Loop { return convert_row<typename decltype(t)::type, typename decltype(f)::type>; });
  });
}

void Conversion::add_steps(Dtype to, Dtype from) {
  count_ = 0, item_to_ = item_size(to), item_from_ = item_size(from);
  const auto add = [this](Dtype to, Dtype from) {
    if (to != from) loops_[count_++] = direct(to, from);
  };
  const Dtype wide_from = dtype_info(from).compute, wide_to = dtype_info(to).compute;
  add(wide_from, from);
  add(wide_to, wide_from);
  add(to, wide_to);
}

void Conversion::by_blocks(void* to, int64_t step_to, const void* from, int64_t step_from, int64_t n) const {
  alignas(64) char memory[2][kBlock * 8];
  auto* out = static_cast<char*>(to);
  const auto* in = static_cast<const char*>(from);
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t m = std::min(kBlock, n - i);
    loops_[0](memory[0], 1, in + i * step_from * item_from_, step_from, m);
    if (count_ == 3) loops_[1](memory[1], 1, memory[0], 1, m);
    loops_[count_ - 1](out + i * step_to * item_to_, step_to, memory[count_ - 2], 1, m);
  }
}

}  // namespace weft::kernel
