// Convolutions, pooling and normalisation of ONNX.
#include <algorithm>
#include <cmath>

#include "weft/autograd/nn_ops.h"
#include "weft/io/onnx_ops.h"

namespace weft::io::detail {
namespace {

using Sizes = std::vector<int64_t>;

/// The geometry of a window over the dimensions behind the channels.
struct Window {
  Sizes kernel, stride, dilation, begin, end;
  bool symmetric() const { return begin == end; }
};

/// Pads so that the output has ceil(size / stride) elements; an odd element goes to the end, or with SAME_LOWER to the
/// beginning.
void pad_same(const OnnxCall& c, Window& w, bool lower) {
  for (size_t d = 0; d < w.kernel.size(); ++d) {
    const int64_t size = c.in(0).size(static_cast<int64_t>(d) + 2), out = (size + w.stride[d] - 1) / w.stride[d];
    const int64_t total = std::max<int64_t>((out - 1) * w.stride[d] + (w.kernel[d] - 1) * w.dilation[d] + 1 - size, 0);
    w.begin[d] = lower ? total - total / 2 : total / 2;
    w.end[d] = total - w.begin[d];
  }
}

Window window_of(const OnnxCall& c, Sizes kernel) {
  const size_t dims = kernel.size();
  c.require(dims == 1 || dims == 2, "kernel_shape");
  check<ShapeError>(c.in(0).dim() == static_cast<int64_t>(dims) + 2,
                    "[onnx] a kernel of {} dimensions for the input {}", dims, c.in(0).sizes());
  Window w{std::move(kernel), c.integers("strides", Sizes(dims, 1)), c.integers("dilations", Sizes(dims, 1)), {}, {}};
  const Sizes pads = c.integers("pads", Sizes(2 * dims, 0));
  c.require(w.stride.size() == dims && w.dilation.size() == dims && pads.size() == 2 * dims,
            "strides, dilations or pads");
  for (const Sizes* values : std::initializer_list<const Sizes*>{&w.kernel, &w.stride, &w.dilation, &pads})
    for (const int64_t v : *values)
      c.require(v >= (values == &pads ? 0 : 1) && v < (1 << 24), "strides, dilations or pads");
  w.begin.assign(pads.begin(), pads.begin() + static_cast<int64_t>(dims));
  w.end.assign(pads.begin() + static_cast<int64_t>(dims), pads.end());
  const std::string automatic = c.text("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") pad_same(c, w, automatic == "SAME_LOWER");
  return w;
}

Sizes kernel_of(const Tensor& weight) {
  const Sizes sizes = weight.sizes().vec();
  return {sizes.begin() + std::min<int64_t>(2, weight.dim()), sizes.end()};
}

/// x with the padding of an asymmetric window, which becomes one without.
Tensor padded(const Tensor& x, Window& w, double value) {
  Sizes pads;
  for (size_t d = w.kernel.size(); d-- > 0;) pads.insert(pads.end(), {w.begin[d], w.end[d]});
  w.begin.assign(w.kernel.size(), 0), w.end = w.begin;
  return pad(x, pads, "constant", value);
}

TensorList conv_of(const OnnxCall& c) {
  Window w = window_of(c, kernel_of(c.in(1)));
  const Tensor x = w.symmetric() ? c.in(0) : padded(c.in(0), w, 0), bias = c.has(2) ? c.in(2) : Tensor();
  const int64_t groups = c.integer("group", 1);
  return {w.kernel.size() == 1 ? conv1d(x, c.in(1), bias, w.stride, w.begin, w.dilation, groups)
                               : conv2d(x, c.in(1), bias, w.stride, w.begin, w.dilation, groups)};
}

TensorList conv_transpose_of(const OnnxCall& c) {
  const Window w = window_of(c, kernel_of(c.in(1)));
  c.require(w.kernel.size() == 2, "kernel_shape");
  c.require(w.symmetric() && c.text("auto_pad", "NOTSET") == "NOTSET" && !c.find("output_shape"),
            "pads or output_shape");
  return {conv_transpose2d(c.in(0), c.in(1), c.has(2) ? c.in(2) : Tensor(), w.stride, w.begin,
                           c.integers("output_padding", Sizes(2, 0)), c.integer("group", 1), w.dilation)};
}

/// Calls f(x, window) with images; a sequence becomes an image of one row.
template <class F>
Tensor on_images(Tensor x, Window w, F f) {
  if (w.kernel.size() == 2) return f(x, w);
  for (Sizes* v : {&w.kernel, &w.stride, &w.dilation}) v->insert(v->begin(), 1);
  for (Sizes* v : {&w.begin, &w.end}) v->insert(v->begin(), 0);
  return f(x.unsqueeze(2), w).squeeze(2);
}

TensorList max_pool_of(const OnnxCall& c) {
  Window w = window_of(c, c.integers("kernel_shape"));
  c.require(c.node.outputs.size() == 1, "outputs");
  const bool ceil = c.integer("ceil_mode", 0) != 0;
  const bool pads_first = !w.symmetric();
  const Tensor x = pads_first ? padded(c.in(0), w, -HUGE_VAL) : c.in(0);
  return {on_images(x, w, [&](const Tensor& image, const Window& v) {
    return max_pool2d(image, v.kernel, v.stride, v.begin, v.dilation, ceil);
  })};
}

TensorList average_pool_of(const OnnxCall& c) {
  Window w = window_of(c, c.integers("kernel_shape"));
  const bool with_pad = c.integer("count_include_pad", 0) != 0, ceil = c.integer("ceil_mode", 0) != 0;
  c.require(w.symmetric() || (with_pad && !ceil), "pads");
  c.require(w.dilation == Sizes(w.kernel.size(), 1), "dilations");
  const Tensor x = w.symmetric() ? c.in(0) : padded(c.in(0), w, 0);
  return {on_images(x, w, [&](const Tensor& image, const Window& v) {
    return avg_pool2d(image, v.kernel, v.stride, v.begin, ceil, with_pad);
  })};
}

Sizes spatial(const Tensor& x) {
  Sizes dims;
  for (int64_t d = 2; d < x.dim(); ++d) dims.push_back(d);
  check<ShapeError>(!dims.empty(), "[onnx] a global pool takes [N, C, ...], got {}", x.sizes());
  return dims;
}

TensorList batch_norm_of(const OnnxCall& c) {
  c.require(c.node.outputs.size() == 1, "outputs");
  // ONNX's momentum is the share of the old statistics.
  return {batch_norm(c.in(0), c.in(1), c.in(2), c.in(3), c.in(4), c.training, 1 - c.real("momentum", 0.9),
                     c.real("epsilon", 1e-5))};
}

TensorList layer_norm_of(const OnnxCall& c) {
  const Tensor& x = c.in(0);
  int64_t axis = c.integer("axis", -1);
  axis += axis < 0 ? x.dim() : 0;
  c.require(axis >= 0 && axis < x.dim() && c.node.outputs.size() == 1, "axis or outputs");
  const Sizes sizes = x.sizes().vec();
  return {layer_norm(x, Sizes(sizes.begin() + axis, sizes.end()), c.in(1), c.has(2) ? c.in(2) : Tensor(),
                     c.real("epsilon", 1e-5))};
}

/// The ratio is an attribute, or the second input from opset 12 on.
TensorList dropout_of(const OnnxCall& c) {
  c.require(c.node.outputs.size() == 1, "outputs");
  return {dropout(c.in(0), c.has(1) ? c.in(1).item<double>() : c.real("ratio", 0.5), c.training)};
}

}  // namespace

std::vector<OnnxOp> onnx_layer_ops() {
  return {
      {"Conv", conv_of},
      {"ConvTranspose", conv_transpose_of},
      {"MaxPool", max_pool_of},
      {"AveragePool", average_pool_of},
      {"GlobalAveragePool", [](const OnnxCall& c) -> TensorList { return {c.in(0).mean(spatial(c.in(0)), true)}; }},
      {"GlobalMaxPool", [](const OnnxCall& c) -> TensorList { return {c.in(0).amax(spatial(c.in(0)), true)}; }},
      {"BatchNormalization", batch_norm_of},
      {"InstanceNormalization",
       [](const OnnxCall& c) -> TensorList {
         return {instance_norm(c.in(0), c.in(1), c.in(2), c.real("epsilon", 1e-5))};
       }},
      {"LayerNormalization", layer_norm_of},
      {"Dropout", dropout_of},
  };
}

}  // namespace weft::io::detail
