// The single pass in which an optimizer reads and writes a parameter, its gradient and its state.
#pragma once

#include "weft/optim/optimizer.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"

#if defined(__x86_64__)
#define WEFT_OPTIM_AVX2 1
#endif

namespace weft::optim {

/// The slots of ParamState that a rule uses: slots<0, 2>.
template <size_t... kSlots>
inline constexpr std::index_sequence<kSlots...> slots{};

namespace detail {

// The loop, compiled for the baseline and for AVX2. Neither uses fused multiply-add, so both give the same bits.
template <class Rule, class T, class... S>
[[gnu::flatten]] void run_baseline(Rule rule, int64_t begin, int64_t end, T* __restrict x, const T* __restrict g,
                                   S* __restrict... s) {
  for (int64_t i = begin; i < end; ++i) rule(x[i], g[i], s[i]...);
}
#ifdef WEFT_OPTIM_AVX2
template <class Rule, class T, class... S>
[[gnu::flatten, gnu::target("avx2")]] void run_avx2(Rule rule, int64_t begin, int64_t end, T* __restrict x,
                                                    const T* __restrict g, S* __restrict... s) {
  for (int64_t i = begin; i < end; ++i) rule(x[i], g[i], s[i]...);
}
#endif

template <class Rule, class T, class... S>
void run(const Rule& rule, int64_t n, T* x, const T* g, S*... s) {
  // The approximate cost of streaming a float; the gradient is read, the others are read and written.
  constexpr double kCost = 0.1 * static_cast<double>(sizeof(T)) * (3 + 2 * sizeof...(S)) / 4;
  parallel_for(n, kCost, [&](int64_t begin, int64_t end) {
#ifdef WEFT_OPTIM_AVX2
    static const bool avx2 = __builtin_cpu_supports("avx2");
    if (avx2) return run_avx2(rule, begin, end, x, g, s...);
#endif
    run_baseline(rule, begin, end, x, g, s...);
  });
}

}  // namespace detail

/// Runs Rule<T>{constants...}(x, g, slot values...) over all elements of a parameter, in parallel and in place; T is
/// its element type, or float for 16-bit floating-point parameters, whose slots are float32. Unused slots are
/// initialised to zeros. Static, because g++ would give fuse<Rule, ...> external
/// linkage even if Rule is in an anonymous namespace, and rules of one name in two files would become one.
template <template <class> class Rule, size_t... kSlots, class... C>
static void fuse(Tensor& param, const Tensor& grad, ParamState& state, std::index_sequence<kSlots...>, C... constants) {
  const Dtype dtype = dtype_info(param.dtype()).compute;
  for (size_t i : std::initializer_list<size_t>{kSlots...})
    if (!state.slots[i].defined()) state.slots[i] = zeros(param.sizes(), dtype);
  // A parameter with other strides is updated in a row-major copy, to match its row-major state.
  Tensor flat = param.to(dtype).contiguous(), flat_grad = grad.to(dtype).contiguous();
  dispatch_float("optim", dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Rule<T> rule{static_cast<T>(constants)...};
    detail::run(rule, flat.numel(), flat.data_ptr<T>(), flat_grad.const_data_ptr<T>(),
                state.slots[kSlots].template data_ptr<T>()...);
  });
  if (flat.is_alias_of(param))
    param.impl().storage->bump_version();
  else
    param.copy_(flat);
}

}  // namespace weft::optim
