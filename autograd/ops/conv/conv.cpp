// Convolutions. Three ops are closed under differentiation: the convolution y(x, w), the gradient of its input and the
// gradient of its weight, each linear in both operands; the transposed convolution is the second of them.
#include "weft/tensor/kernels/conv/conv.h"

#include <algorithm>
#include <limits>

#include "weft/autograd/nn_ops.h"
#include "weft/autograd/ops/conv/pooling.h"
#include "weft/autograd/ops/conv/window_options.h"
#include "weft/autograd/ops/elementwise/elementwise.h"

namespace weft {
using autograd::Act;
using autograd::ConvArgs;
using autograd::Grads;
using autograd::MaxPoolArgs;
using autograd::needs;
using autograd::pair_of;
using autograd::record;
using autograd::record_joint;
using autograd::Saved;
using autograd::saved;
using autograd::Size2;
using kernel::ConvGrad;
using kernel::ConvOptions;

namespace {

// The name of a convolution with its arguments.
auto call_of(const char* name, const ConvOptions& o) {
  return autograd::op(name, "stride", o.stride, "padding", o.padding, "dilation", o.dilation, "groups", o.groups);
}

Tensor convolution(const char* op, const Tensor& x, const Tensor& w, const Tensor& b, Size2 out, const ConvOptions& o,
                   Act act = Act::None);
Tensor input_gradient(const char* op, const Tensor& g, const Tensor& w, const Tensor& b, Size2 in,
                      const ConvOptions& o);

Size2 image_size(const Tensor& x) { return {x.size(2), x.size(3)}; }
Saved saved_if(bool wanted, const Tensor& t) { return wanted ? saved(t) : Saved(); }

// One value per channel, broadcast to a batch of these sizes.
Tensor spread(const Tensor& per_channel, const Dims& sizes) { return per_channel.view({1, -1, 1, 1}).expand(sizes); }

Tensor bias_gradient(Tensor db, const Tensor& g) {
  return record("conv2d_bias_grad", std::move(db), {g},
                [sizes = Dims(g.sizes())](const Tensor& v) { return spread(v, sizes); });
}

// {gradient of the weight, gradient of the bias if requested} from one pass over g.
Tensor2 weight_gradient(const Tensor& g, const Tensor& x, Size2 kernel, const ConvOptions& o, bool with_bias) {
  auto [dw, db] = kernel::conv2d_weight_grad(g, x, kernel[0], kernel[1], o, with_bias);
  dw = record(
      "conv2d_weight_grad", dw, {g, x},
      [x = saved(x), out = image_size(g), o](const Tensor& v) { return convolution("conv2d", x, v, {}, out, o); },
      [g = saved(g), in = image_size(x), o](const Tensor& v) {
        return input_gradient("conv2d_input_grad", g, v, {}, in, o);
      });
  return {dw, with_bias ? bias_gradient(db, g) : Tensor()};
}

// The gradients of a convolution's input, weight and bias from that of its result.
struct ConvolutionRule {
  ConvolutionRule(const Tensor& x, const Tensor& w, const ConvOptions& o)
      : x(saved_if(needs(w), x)), w(saved_if(needs(x), w)), in(image_size(x)), kernel(image_size(w)), o(o) {}
  void operator()(const Tensor& g, Grads& grads) const {
    if (grads.needs(0)) grads[0] = input_gradient("conv2d_input_grad", g, w, {}, in, o);
    if (grads.needs(1))
      std::tie(grads[1], grads[2]) = weight_gradient(g, x, kernel, o, grads.needs(2));
    else if (grads.needs(2))
      grads[2] = bias_gradient(kernel::conv2d_bias_grad(g), g);
  }
  // The same without recording, from a gradient that may still be that of pooled values.
  void unrecorded(const ConvGrad& g, Grads& grads) const {
    if (grads.needs(0)) grads[0] = kernel::conv2d_input_grad(g, w, {}, in[0], in[1], o);
    if (grads.needs(1))
      std::tie(grads[1], grads[2]) = kernel::conv2d_weight_grad(g, x, kernel[0], kernel[1], o, grads.needs(2));
    else if (grads.needs(2))
      grads[2] = kernel::conv2d_bias_grad(g.whole());
  }
  Saved x, w;
  Size2 in, kernel;
  ConvOptions o;
};

Tensor convolution(const char* op, const Tensor& x, const Tensor& w, const Tensor& b, Size2 out, const ConvOptions& o,
                   Act act) {
  const Tensor y = kernel::conv2d(x, w, b, out[0], out[1], o, autograd::kernel_of(act));
  return autograd::record_with_act(act, y, {x, w, b}, [&](const Tensor& z) {
    return record_joint(call_of(op, o), z, {x, w, b}, ConvolutionRule(x, w, o));
  });
}

// Max-pooling of a convolution, optionally followed by relu.
Tensor pooled_convolution(const Tensor& x, const Tensor& w, const Tensor& b, const ConvOptions& o,
                          const autograd::Windows& windows, bool relu) {
  const bool recorded = autograd::records({x, w, b});
  const auto y = kernel::conv2d_max_pool(x, w, b, o, *windows, recorded, relu);
  return record_joint(call_of("conv2d_max_pool2d", o), y.values, {x, w, b},
                      [rule = ConvolutionRule(x, w, o), at = y.positions, last = y.channels_last, windows](
                          const Tensor& g, Grads& grads) {
                        if (GradMode::is_enabled())
                          rule(autograd::unpool(g, at, windows, last), grads);
                        else
                          rule.unrecorded({g, at, *windows, last}, grads);
                      });
}

// The gradient of the input, of size `in`, of a convolution with w whose result has the gradient g; b is added.
Tensor input_gradient(const char* op, const Tensor& g, const Tensor& w, const Tensor& b, Size2 in,
                      const ConvOptions& o) {
  return record_joint(call_of(op, o), kernel::conv2d_input_grad(g, w, b, in[0], in[1], o), {g, w, b},
                      [g = saved_if(needs(w), g), w = saved_if(needs(g), w), out = image_size(g),
                       kernel = image_size(w), o](const Tensor& v, autograd::Grads& grads) {
                        if (grads.needs(0)) grads[0] = convolution("conv2d", v, w, {}, out, o);
                        if (grads.needs(1)) grads[1] = std::get<0>(weight_gradient(g, v, kernel, o, false));
                        if (grads.needs(2)) grads[2] = bias_gradient(kernel::conv2d_bias_grad(v), v);
                      });
}

ConvOptions options_of(const char* op, IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  check<ValueError>(groups >= 1, "[{}] groups must be at least 1, got {}", op, groups);
  return {pair_of(op, "stride", stride, 1), pair_of(op, "padding", padding, 0), pair_of(op, "dilation", dilation, 1),
          groups};
}

// The channels of all groups on the weight's second side; check_operands rejects too many groups.
int64_t grouped_channels(const Tensor& w, int64_t dim, int64_t groups) {
  return w.dim() == dim ? w.size(1) * std::min(groups, w.size(0)) : 0;
}

// Checks common to all: dimensions, dtypes, channels of x against `in` of the weight, length of the bias.
void check_operands(const char* op, const Tensor& x, const Tensor& w, const Tensor& b, int64_t in, int64_t out,
                    int64_t groups, int64_t dim) {
  const auto xs = x.sizes(), ws = w.sizes();
  // Within 32 bits no size of a result overflows int64.
  const auto fits = [](int64_t n) { return n <= std::numeric_limits<int32_t>::max(); };
  check<ShapeError>(std::all_of(xs.begin(), xs.end(), fits) && std::all_of(ws.begin(), ws.end(), fits),
                    "[{}] sizes must be below 2^31 (input {}, weight {})", op, xs, ws);
  check<ShapeError>(w.dim() == dim, "[{}] weight must have {} dimensions (input {}, weight {})", op, dim, xs, ws);
  require_floating_point(op, x.dtype());
  check<DtypeError>(x.dtype() == w.dtype() && (!b.defined() || b.dtype() == x.dtype()),
                    "[{}] input is {}, weight {}, bias {}", op, x.dtype(), w.dtype(),
                    b.defined() ? b.dtype() : x.dtype());
  check<ShapeError>(x.size(1) == in, "[{}] input has {} channels, weight expects {} (input {}, weight {})", op,
                    x.size(1), in, xs, ws);
  check<ShapeError>(x.size(1) % groups == 0 && out % groups == 0 && w.size(0) % groups == 0 && out > 0,
                    "[{}] {} input and {} output channels do not divide into {} groups (input {}, weight {})", op,
                    x.size(1), out, groups, xs, ws);
  check<ShapeError>(!b.defined() || (b.dim() == 1 && b.size(0) == out),
                    "[{}] bias is {}, expected [{}] (input {}, weight {})", op, b.defined() ? b.sizes() : xs, out, xs,
                    ws);
}

// Converts [C, ...] to a batch of one: f works on batches.
template <class F>
Tensor as_batch(const char* op, const Tensor& x, int64_t dim, F f) {
  check<ShapeError>(x.dim() == dim || x.dim() == dim - 1, "[{}] input must have {} or {} dimensions, got {}", op,
                    dim - 1, dim, x.sizes());
  return x.dim() == dim ? f(x) : f(x.unsqueeze(0)).squeeze(0);
}

Size2 output_size(const char* op, const Tensor& x, const Tensor& w, const ConvOptions& o) {
  Size2 out;
  for (size_t i = 0; i < 2; ++i) {
    const int64_t reach = o.dilation[i] * (w.sizes()[i + 2] - 1) + 1, room = x.sizes()[i + 2] + 2 * o.padding[i];
    check<ShapeError>(w.sizes()[i + 2] > 0 && room >= reach,
                      "[{}] a kernel that spans {} does not fit a padded input of {} (input {}, weight {})", op, reach,
                      room, x.sizes(), w.sizes());
    out[i] = (room - reach) / o.stride[i] + 1;
  }
  return out;
}

// Calls f(batch, options, size of the result) for valid operands.
template <class F>
Tensor checked_conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias, const ConvArgs& args, F f) {
  const char* op = "conv2d";
  const ConvOptions o = options_of(op, args.stride, args.padding, args.dilation, args.groups);
  return as_batch(op, input, 4, [&](const Tensor& x) {
    check_operands(op, x, weight, bias, grouped_channels(weight, 4, o.groups), weight.size(0), o.groups, 4);
    return f(x, o, output_size(op, x, weight, o));
  });
}

}  // namespace

namespace autograd {

Tensor conv2d_act(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvArgs& conv, Act act) {
  return checked_conv2d(x, weight, bias, conv, [&](const Tensor& batch, const ConvOptions& o, Size2 out) {
    return convolution("conv2d", batch, weight, bias, out, o, act);
  });
}

Tensor conv2d_max_pool2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvArgs& conv,
                         const MaxPoolArgs& pool, bool relu) {
  return checked_conv2d(x, weight, bias, conv, [&](const Tensor& batch, const ConvOptions& o, Size2 out) {
    const Windows windows =
        max_pool_windows("max_pool2d", {batch.size(0), weight.size(0), out[0], out[1]}, batch.dtype(), pool);
    return pooled_convolution(batch, weight, bias, o, windows, relu);
  });
}

}  // namespace autograd

Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride, IntArrayRef padding,
              IntArrayRef dilation, int64_t groups) {
  return autograd::conv2d_act(input, weight, bias, {stride, padding, dilation, groups}, Act::None);
}

Tensor conv1d(const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride, IntArrayRef padding,
              IntArrayRef dilation, int64_t groups) {
  const char* op = "conv1d";
  check<ValueError>(stride.size() == 1 && padding.size() == 1 && dilation.size() == 1,
                    "[conv1d] stride, padding and dilation take one integer, got {}, {} and {}", stride, padding,
                    dilation);
  ConvOptions o = options_of(op, stride, padding, dilation, groups);
  o.stride[0] = o.dilation[0] = 1, o.padding[0] = 0;  // images of height 1
  return as_batch(op, input, 3, [&](const Tensor& x) {
    check_operands(op, x, weight, bias, grouped_channels(weight, 3, groups), weight.size(0), groups, 3);
    const Tensor image = x.unsqueeze(2), kernel = weight.unsqueeze(2);
    return convolution(op, image, kernel, bias, output_size(op, image, kernel, o), o).squeeze(2);
  });
}

Tensor conv_transpose2d(const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
                        IntArrayRef padding, IntArrayRef output_padding, int64_t groups, IntArrayRef dilation) {
  const char* op = "conv_transpose2d";
  const ConvOptions o = options_of(op, stride, padding, dilation, groups);
  const Size2 extra = pair_of(op, "output_padding", output_padding, 0);
  return as_batch(op, input, 4, [&](const Tensor& x) {
    check_operands(op, x, weight, bias, weight.size(0), grouped_channels(weight, 4, groups), groups, 4);
    Size2 out;
    for (size_t i = 0; i < 2; ++i) {
      check<ValueError>(extra[i] < std::max(o.stride[i], o.dilation[i]),
                        "[{}] output_padding must be below stride or dilation, got {} with stride {} and dilation {}",
                        op, output_padding, stride, dilation);
      out[i] = (x.sizes()[i + 2] - 1) * o.stride[i] - 2 * o.padding[i] + o.dilation[i] * (weight.sizes()[i + 2] - 1) +
               extra[i] + 1;
      check<ShapeError>(out[i] > 0, "[{}] the result would have size {} (input {}, weight {}, padding {})", op, out[i],
                        x.sizes(), weight.sizes(), padding);
    }
    return input_gradient(op, x, weight, bias, out, o);
  });
}

}  // namespace weft
