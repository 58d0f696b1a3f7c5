// Pooling. The gradient of a maximum goes to its source position; gathering from positions and adding at them are each
// other's gradients, and so are averaging and spreading.
#include "weft/autograd/ops/conv/pooling.h"

#include <limits>

#include "weft/autograd/nn_ops.h"
#include "weft/autograd/ops/conv/window_options.h"
#include "weft/autograd/record.h"
#include "weft/tensor/kernels/walk/image.h"

namespace weft {
using autograd::MaxPoolArgs;
using autograd::pair_of;
using autograd::record;
using autograd::Size2;
using autograd::unpool;
using autograd::Windows;
using kernel::PoolAxis;
using kernel::PoolWindows;

namespace {

Tensor take(const Tensor& v, const Tensor& positions, const Windows& windows, bool channels_last) {
  return record("take_positions", kernel::take_positions(v, positions, channels_last), {v},
                [=](const Tensor& g) { return unpool(g, positions, windows, channels_last); });
}

template <class Name>
Tensor average(Name op, const Tensor& x, const Windows& windows);

Tensor spread(const Tensor& g, const Windows& windows, bool channels_last) {
  return record("avg_pool2d_grad", kernel::avg_pool_grad(g, *windows, channels_last), {g},
                [=](const Tensor& v) { return average("avg_pool2d", v, windows); });
}
template <class Name>
Tensor average(Name op, const Tensor& x, const Windows& windows) {
  return record(op, kernel::avg_pool(x, *windows), {x},
                [=, last = kernel::lies_channels_last(x)](const Tensor& g) { return spread(g, windows, last); });
}

// The name of max-pooling with its arguments.
auto call_of(const char* name, const MaxPoolArgs& a) {
  return autograd::op(name, "kernel_size", a.kernel_size, "stride", a.stride, "padding", a.padding, "dilation",
                      a.dilation, "ceil_mode", a.ceil_mode);
}

// {values, int32 positions or undefined}
template <class Name>
Tensor2 maximum_of(Name op, const Tensor& x, const Windows& windows, bool with_positions, bool relu = false) {
  auto [y, positions] = kernel::max_pool(x, *windows, with_positions || autograd::needs(x), relu);
  const Tensor at = positions;
  y = record(op, y, {x}, [at, windows, last = kernel::lies_channels_last(x)](const Tensor& g) {
    return unpool(g, at, windows, last);
  });
  return {y, at};
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

// Height and width of an image batch or image.
Size2 check_input(const char* op, IntArrayRef sizes, Dtype dtype) {
  check<ShapeError>(sizes.size() == 3 || sizes.size() == 4, "[{}] input must have 3 or 4 dimensions, got {}", op,
                    sizes);
  const int64_t* last = sizes.data() + sizes.size();
  check<ShapeError>(last[-3] > 0 && last[-2] > 0 && last[-1] > 0, "[{}] input {} has no pixels", op, sizes);
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  check<ShapeError>(last[-2] <= kMost && last[-1] <= kMost, "[{}] sizes must be below 2^31, got {}", op, sizes);
  require_floating_point(op, dtype);
  return {last[-2], last[-1]};
}

Windows checked(const char* op, PoolWindows windows, IntArrayRef sizes) {
  check<ShapeError>(windows.h.out > 0 && windows.w.out > 0, "[{}] the windows do not fit an input of {}", op, sizes);
  return std::make_shared<const PoolWindows>(std::move(windows));
}

Windows adaptive(const char* op, const Tensor& x, IntArrayRef output_size) {
  const Size2 in = check_input(op, x.sizes(), x.dtype()), out = pair_of(op, "output_size", output_size, 1);
  return checked(op, {PoolAxis::adaptive(in[0], out[0]), PoolAxis::adaptive(in[1], out[1])}, x.sizes());
}

// Converts [C, H, W] to a batch of one: f works on batches.
template <class F>
Tensor as_batch(const Tensor& x, F f) {
  return x.dim() == 4 ? f(x) : f(x.unsqueeze(0)).squeeze(0);
}

}  // namespace

namespace autograd {

Windows max_pool_windows(const char* op, IntArrayRef sizes, Dtype dtype, const MaxPoolArgs& args) {
  const Size2 in = check_input(op, sizes, dtype);
  const Sliding s(op, args.kernel_size, args.stride, args.padding);
  const Size2 d = pair_of(op, "dilation", args.dilation, 1);
  check<ShapeError>(in[0] <= std::numeric_limits<int32_t>::max() / in[1], "[{}] planes of {}: positions have 32 bits",
                    op, sizes);
  auto axis = [&](size_t i) { return s.axis(i, in[i], d[i], args.ceil_mode, false); };
  return checked(op, {axis(0), axis(1)}, sizes);
}

Tensor unpool(const Tensor& g, const Tensor& positions, const Windows& windows, bool channels_last) {
  return record("max_pool2d_grad", kernel::max_pool_grad(g, positions, *windows, channels_last), {g},
                [=](const Tensor& v) { return take(v, positions, windows, channels_last); });
}

Tensor max_pool2d_relu(const Tensor& input, const MaxPoolArgs& pool) {
  const Windows w = max_pool_windows("max_pool2d", input.sizes(), input.dtype(), pool);
  return as_batch(input, [&](const Tensor& x) {
    return std::get<0>(maximum_of(call_of("max_pool2d_relu", pool), x, w, false, true));
  });
}

}  // namespace autograd

Tensor max_pool2d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                  IntArrayRef dilation, bool ceil_mode) {
  const MaxPoolArgs args{kernel_size, stride, padding, dilation, ceil_mode};
  const Windows w = autograd::max_pool_windows("max_pool2d", input.sizes(), input.dtype(), args);
  return as_batch(input,
                  [&](const Tensor& x) { return std::get<0>(maximum_of(call_of("max_pool2d", args), x, w, false)); });
}

Tensor2 max_pool2d_with_indices(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                                IntArrayRef dilation, bool ceil_mode) {
  const MaxPoolArgs args{kernel_size, stride, padding, dilation, ceil_mode};
  const Windows w = autograd::max_pool_windows("max_pool2d", input.sizes(), input.dtype(), args);
  Tensor positions;
  const Tensor y = as_batch(input, [&](const Tensor& x) {
    const Tensor2 both = maximum_of(call_of("max_pool2d", args), x, w, true);
    positions = std::get<1>(both).to(kInt64);
    return std::get<0>(both);
  });
  return {y, input.dim() == 4 ? positions : positions.squeeze(0)};
}

Tensor avg_pool2d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding, bool ceil_mode,
                  bool count_include_pad, std::optional<int64_t> divisor_override) {
  const char* op = "avg_pool2d";
  const Size2 in = check_input(op, input.sizes(), input.dtype());
  check<ValueError>(divisor_override.value_or(1) > 0, "[{}] divisor_override must be positive, got {}", op,
                    divisor_override.value_or(1));
  const Sliding s(op, kernel_size, stride, padding);
  const Windows w = checked(op,
                            {s.axis(0, in[0], 1, ceil_mode, count_include_pad),
                             s.axis(1, in[1], 1, ceil_mode, count_include_pad), divisor_override.value_or(0)},
                            input.sizes());
  const auto call =
      autograd::op(op, "kernel_size", kernel_size, "stride", stride, "padding", padding, "ceil_mode", ceil_mode,
                   "count_include_pad", count_include_pad, "divisor_override", divisor_override);
  return as_batch(input, [&](const Tensor& x) { return average(call, x, w); });
}

Tensor adaptive_avg_pool2d(const Tensor& input, IntArrayRef output_size) {
  const Windows w = adaptive("adaptive_avg_pool2d", input, output_size);
  return as_batch(input, [&](const Tensor& x) {
    return average(autograd::op("adaptive_avg_pool2d", "output_size", output_size), x, w);
  });
}

Tensor adaptive_max_pool2d(const Tensor& input, IntArrayRef output_size) {
  const Windows w = adaptive("adaptive_max_pool2d", input, output_size);
  return as_batch(input, [&](const Tensor& x) {
    return std::get<0>(maximum_of(autograd::op("adaptive_max_pool2d", "output_size", output_size), x, w, false));
  });
}

}  // namespace weft
