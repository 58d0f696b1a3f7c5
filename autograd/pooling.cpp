// Pooling. The gradient of a maximum goes to the positions it came from; taking from positions and adding at them are
// each other's gradients, and so are averaging and spreading.
#include "weft/autograd/nn_ops.h"
#include "weft/autograd/record.h"
#include "weft/tensor/kernels/image.h"
#include "weft/tensor/kernels/pool.h"

namespace weft {
using autograd::record;
using kernel::PoolAxis;
using kernel::PoolWindows;

namespace {

using Size2 = std::array<int64_t, 2>;  // height, width
using Windows = std::shared_ptr<const PoolWindows>;

Tensor take(const Tensor& v, const Tensor& positions, const Windows& windows, bool channels_last);

// g added at positions of zeros.
Tensor put(const Tensor& g, const Tensor& positions, const Windows& windows, bool channels_last) {
  return record("max_pool2d_grad", kernel::max_pool_grad(g, positions, *windows, channels_last), {g},
                [=](const Tensor& v) { return take(v, positions, windows, channels_last); });
}
Tensor take(const Tensor& v, const Tensor& positions, const Windows& windows, bool channels_last) {
  return record("take_positions", kernel::take_positions(v, positions, channels_last), {v},
                [=](const Tensor& g) { return put(g, positions, windows, channels_last); });
}

Tensor average(const char* op, const Tensor& x, const Windows& windows);

Tensor spread(const Tensor& g, const Windows& windows, bool channels_last) {
  return record("avg_pool2d_grad", kernel::avg_pool_grad(g, *windows, channels_last), {g},
                [=](const Tensor& v) { return average("avg_pool2d", v, windows); });
}
Tensor average(const char* op, const Tensor& x, const Windows& windows) {
  return record(op, kernel::avg_pool(x, *windows), {x},
                [=, last = kernel::lies_channels_last(x)](const Tensor& g) { return spread(g, windows, last); });
}

// {values, int32 positions or undefined}
Tensor2 maximum_of(const char* op, const Tensor& x, const Windows& windows, bool with_positions) {
  auto [y, positions] = kernel::max_pool(x, *windows, with_positions || autograd::needs(x));
  const Tensor at = positions;
  y = record(op, y, {x}, [at, windows, last = kernel::lies_channels_last(x)](const Tensor& g) {
    return put(g, at, windows, last);
  });
  return {y, at};
}

Size2 pair_of(const char* op, const char* name, IntArrayRef v, int64_t least) {
  check<ValueError>(v.size() == 1 || v.size() == 2, "[{}] {} takes one number or two, got {}", op, name, v);
  const Size2 two{v.front(), v.back()};
  check<ValueError>(two[0] >= least && two[1] >= least, "[{}] {} must be at least {}, got {}", op, name, least, v);
  return two;
}

struct Sliding {
  Sliding(const char* op, IntArrayRef kernel_size, IntArrayRef stride_or_none, IntArrayRef pad)
      : kernel(pair_of(op, "kernel_size", kernel_size, 1)),
        stride(stride_or_none.empty() ? kernel : pair_of(op, "stride", stride_or_none, 1)),
        padding(pair_of(op, "padding", pad, 0)) {
    check<ValueError>(padding[0] <= kernel[0] / 2 && padding[1] <= kernel[1] / 2,
                      "[{}] padding {} must be at most half of kernel_size {}", op, pad, kernel_size);
  }
  PoolAxis axis(size_t i, int64_t in, int64_t dilation, bool ceil_mode, bool count_padding) const {
    return PoolAxis::sliding(in, kernel[i], stride[i], padding[i], dilation, ceil_mode, count_padding);
  }
  Size2 kernel, stride, padding;
};

void check_input(const char* op, const Tensor& x) {
  check<ShapeError>(x.dim() == 3 || x.dim() == 4, "[{}] input must have 3 or 4 dimensions, got {}", op, x.sizes());
  check<ShapeError>(x.size(-3) > 0 && x.size(-2) > 0 && x.size(-1) > 0, "[{}] input {} has no pixels", op, x.sizes());
  require_floating_point(op, x.dtype());
}

Windows checked(const char* op, PoolWindows windows, const Tensor& x) {
  check<ShapeError>(windows.h.out > 0 && windows.w.out > 0, "[{}] the windows do not fit an input of {}", op,
                    x.sizes());
  return std::make_shared<const PoolWindows>(std::move(windows));
}

Windows adaptive(const char* op, const Tensor& x, IntArrayRef output_size) {
  check_input(op, x);
  const Size2 out = pair_of(op, "output_size", output_size, 1);
  return checked(op, {PoolAxis::adaptive(x.size(-2), out[0]), PoolAxis::adaptive(x.size(-1), out[1])}, x);
}

Windows sliding_max(const char* op, const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                    IntArrayRef dilation, bool ceil_mode) {
  check_input(op, x);
  const Sliding s(op, kernel_size, stride, padding);
  const Size2 d = pair_of(op, "dilation", dilation, 1);
  return checked(op, {s.axis(0, x.size(-2), d[0], ceil_mode, false), s.axis(1, x.size(-1), d[1], ceil_mode, false)}, x);
}

// [C, H, W] becomes a batch of one: f works on batches.
template <class F>
Tensor as_batch(const Tensor& x, F f) {
  return x.dim() == 4 ? f(x) : f(x.unsqueeze(0)).squeeze(0);
}

}  // namespace

Tensor max_pool2d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                  IntArrayRef dilation, bool ceil_mode) {
  const Windows w = sliding_max("max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode);
  return as_batch(input, [&](const Tensor& x) { return std::get<0>(maximum_of("max_pool2d", x, w, false)); });
}

Tensor2 max_pool2d_with_indices(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                                IntArrayRef dilation, bool ceil_mode) {
  const Windows w = sliding_max("max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode);
  Tensor positions;
  const Tensor y = as_batch(input, [&](const Tensor& x) {
    const Tensor2 both = maximum_of("max_pool2d", x, w, true);
    positions = std::get<1>(both).to(kInt64);
    return std::get<0>(both);
  });
  return {y, input.dim() == 4 ? positions : positions.squeeze(0)};
}

Tensor avg_pool2d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding, bool ceil_mode,
                  bool count_include_pad, std::optional<int64_t> divisor_override) {
  const char* op = "avg_pool2d";
  check_input(op, input);
  check<ValueError>(divisor_override.value_or(1) > 0, "[{}] divisor_override must be positive, got {}", op,
                    divisor_override.value_or(1));
  const Sliding s(op, kernel_size, stride, padding);
  const Windows w = checked(op,
                            {s.axis(0, input.size(-2), 1, ceil_mode, count_include_pad),
                             s.axis(1, input.size(-1), 1, ceil_mode, count_include_pad), divisor_override.value_or(0)},
                            input);
  return as_batch(input, [&](const Tensor& x) { return average(op, x, w); });
}

Tensor adaptive_avg_pool2d(const Tensor& input, IntArrayRef output_size) {
  const Windows w = adaptive("adaptive_avg_pool2d", input, output_size);
  return as_batch(input, [&](const Tensor& x) { return average("adaptive_avg_pool2d", x, w); });
}

Tensor adaptive_max_pool2d(const Tensor& input, IntArrayRef output_size) {
  const Windows w = adaptive("adaptive_max_pool2d", input, output_size);
  return as_batch(input, [&](const Tensor& x) { return std::get<0>(maximum_of("adaptive_max_pool2d", x, w, false)); });
}

}  // namespace weft
