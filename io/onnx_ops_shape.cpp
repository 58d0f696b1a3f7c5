// ONNX ops that rearrange, select, pad and resize.
#include <algorithm>
#include <cmath>

#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/io/elements.h"
#include "weft/io/onnx_ops.h"
#include "weft/tensor/creation.h"

namespace weft::io::detail {
namespace {

int64_t wrapped(const OnnxCall& c, int64_t axis, int64_t dims) {
  check<ValueError>(axis >= -dims && axis < dims, "[onnx] has the axis {}, the input has {} dimensions", axis, dims);
  c.require(dims > 0, "axis");
  return axis < 0 ? axis + dims : axis;
}

Tensor indices_of(const std::vector<int64_t>& values) {
  Tensor t = empty(static_cast<int64_t>(values.size()), kInt64);
  std::copy(values.begin(), values.end(), t.data_ptr<int64_t>());
  return t;
}

TensorList reshape_of(const OnnxCall& c) {
  std::vector<int64_t> sizes = c.list(1);
  for (size_t d = 0; d < sizes.size(); ++d)
    if (sizes[d] == 0 && !c.integer("allowzero", 0)) sizes[d] = c.in(0).size(static_cast<int64_t>(d));
  return {c.in(0).reshape(sizes)};
}

/// All dimensions before `axis` and all from it on become one each.
TensorList flatten_of(const OnnxCall& c) {
  const Tensor& x = c.in(0);
  int64_t axis = c.integer("axis", 1), rows = 1;
  check<ValueError>(axis >= -x.dim() && axis <= x.dim(), "[onnx] has the axis {} of {} dimensions", axis, x.dim());
  axis += axis < 0 ? x.dim() : 0;
  for (int64_t d = 0; d < axis; ++d) rows *= x.size(d);
  return {x.reshape({rows, rows == 0 ? 0 : x.numel() / rows})};
}

TensorList transpose_of(const OnnxCall& c) {
  std::vector<int64_t> order = c.integers("perm");
  if (order.empty())
    for (int64_t d = c.in(0).dim(); d-- > 0;) order.push_back(d);
  return {c.in(0).permute(order)};
}

TensorList squeeze_of(const OnnxCall& c) {
  Tensor x = c.in(0);
  std::vector<int64_t> axes = c.axes(1);
  if (axes.empty()) return {x.squeeze()};
  for (int64_t& axis : axes) axis = wrapped(c, axis, x.dim());
  std::sort(axes.rbegin(), axes.rend());
  for (const int64_t axis : axes) {
    check<ShapeError>(x.size(axis) == 1, "[onnx] cannot squeeze dimension {} of {}", axis, x.sizes());
    x = x.squeeze(axis);
  }
  return {x};
}

TensorList unsqueeze_of(const OnnxCall& c) {
  Tensor x = c.in(0);
  std::vector<int64_t> axes = c.axes(1);
  const int64_t dims = x.dim() + static_cast<int64_t>(axes.size());
  for (int64_t& axis : axes) axis = wrapped(c, axis, dims);
  std::sort(axes.begin(), axes.end());
  for (const int64_t axis : axes) x = x.unsqueeze(axis);
  return {x};
}

TensorList concat_of(const OnnxCall& c) {
  for (size_t i = 0; i < c.inputs.size(); ++i) c.in(i);
  return {cat(c.inputs, c.integer("axis", 0))};
}

TensorList split_of(const OnnxCall& c) {
  const int64_t axis = c.integer("axis", 0);
  std::vector<int64_t> sizes = c.has(1) ? c.list(1) : c.integers("split");
  if (!sizes.empty()) return c.in(0).split(sizes, axis);
  const auto parts = static_cast<int64_t>(c.node.outputs.size());
  return c.in(0).split((c.in(0).size(axis) + parts - 1) / parts, axis);
}

/// x from start to end by step along an axis, as Python slices.
Tensor sliced(const Tensor& x, int64_t axis, int64_t start, int64_t end, int64_t step) {
  const int64_t size = x.size(axis), low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  start = std::clamp(start < 0 ? start + size : start, step > 0 ? 0 : int64_t{0}, high);
  end = std::clamp(end < 0 ? end + size : end, low, high);
  if (size == 0) return x;
  if (step > 0) return x.slice(axis, start, std::max(start, end), step);
  std::vector<int64_t> indices;
  for (int64_t i = start; i > end; i += step) indices.push_back(i);
  return x.index_select(axis, indices_of(indices));
}

TensorList slice_of(const OnnxCall& c) {
  Tensor x = c.in(0);
  const auto given = [&](size_t i, const char* name) { return c.has(i) ? c.list(i) : c.integers(name); };
  const std::vector<int64_t> starts = given(1, "starts"), ends = given(2, "ends");
  std::vector<int64_t> axes = given(3, "axes"), steps = c.has(4) ? c.list(4) : std::vector<int64_t>{};
  for (size_t i = 0; axes.size() < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  steps.resize(starts.size(), 1);
  c.require(ends.size() == starts.size() && axes.size() == starts.size(), "ends and axes");
  for (size_t i = 0; i < starts.size(); ++i) {
    c.require(steps[i] != 0 && steps[i] > -(int64_t{1} << 40), "steps");
    x = sliced(x, wrapped(c, axes[i], x.dim()), starts[i], ends[i], steps[i]);
  }
  return {x};
}

TensorList gather_of(const OnnxCall& c) {
  const Tensor &x = c.in(0), index = c.in(1).to(kInt64);
  const int64_t axis = wrapped(c, c.integer("axis", 0), x.dim()), size = x.size(axis);
  Dims sizes;
  for (int64_t d = 0; d < axis; ++d) sizes.push_back(x.size(d));
  for (const int64_t n : index.sizes()) sizes.push_back(n);
  for (int64_t d = axis + 1; d < x.dim(); ++d) sizes.push_back(x.size(d));
  const Tensor flat = index.reshape({-1});
  return {x.index_select(axis, where(flat.lt(0), flat + size, flat)).reshape(sizes)};
}

TensorList shape_of(const OnnxCall& c) {
  const int64_t dims = c.in(0).dim();
  int64_t start = c.integer("start", 0), end = c.integer("end", dims);
  start = std::clamp<int64_t>(start < 0 ? start + dims : start, 0, dims);
  end = std::clamp<int64_t>(end < 0 ? end + dims : end, start, dims);
  const std::vector<int64_t> sizes = c.in(0).sizes().vec();
  return {indices_of({sizes.begin() + start, sizes.begin() + end})};
}

TensorList constant_of(const OnnxCall& c) {
  if (const auto* a = c.find("value"); a && a->tensor.defined()) return {a->tensor};
  if (const auto* a = c.find("value_float")) return {scalar_tensor(static_cast<double>(a->real), kFloat32)};
  if (const auto* a = c.find("value_int")) return {scalar_tensor(a->integer, kInt64)};
  if (const auto* a = c.find("value_ints")) return {indices_of(a->integers)};
  const auto* a = c.find("value_floats");
  c.require(a != nullptr, "value");
  Tensor t = empty(static_cast<int64_t>(a->reals.size()), kFloat32);
  std::copy(a->reals.begin(), a->reals.end(), t.data_ptr<float>());
  return {t};
}

TensorList constant_of_shape(const OnnxCall& c) {
  const auto* a = c.find("value");
  if (!a || !a->tensor.defined()) return {zeros(c.list(0), kFloat32)};
  return {full(c.list(0), a->tensor.item(), a->tensor.dtype())};
}

/// Sizes as broadcast: a size of 1 keeps that of the input.
TensorList expand_of(const OnnxCall& c) {
  std::vector<int64_t> sizes = c.list(1);
  const Tensor& x = c.in(0);
  while (static_cast<int64_t>(sizes.size()) < x.dim()) sizes.insert(sizes.begin(), 1);
  for (int64_t d = 1; d <= x.dim(); ++d)
    if (int64_t& size = sizes[sizes.size() - static_cast<size_t>(d)]; size == 1) size = x.size(-d);
  return {x.expand(sizes)};
}

TensorList range_of(const OnnxCall& c) {
  return {arange(c.in(0).item(), c.in(1).item(), c.in(2).item(), c.in(0).dtype())};
}

TensorList pad_of(const OnnxCall& c) {
  const Tensor& x = c.in(0);
  const std::vector<int64_t> given = c.has(1) ? c.list(1) : c.integers("pads");
  std::vector<int64_t> axes = c.has(3) ? c.list(3) : std::vector<int64_t>{};
  for (int64_t d = 0; !c.has(3) && d < x.dim(); ++d) axes.push_back(d);
  c.require(given.size() == 2 * axes.size(), "pads");
  // From the last dimension on, as far as there is something to pad.
  std::vector<int64_t> pads(static_cast<size_t>(2 * x.dim()), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto from_end = static_cast<size_t>(x.dim() - 1 - wrapped(c, axes[i], x.dim()));
    pads[2 * from_end] = given[i], pads[2 * from_end + 1] = given[i + axes.size()];
  }
  while (!pads.empty() && pads.back() == 0 && pads[pads.size() - 2] == 0) pads.resize(pads.size() - 2);
  if (pads.empty()) return {x};
  const std::string mode = c.text("mode", "constant");
  c.require(mode == "constant" || mode == "reflect" || mode == "edge" || mode == "wrap", "mode");
  const double value = c.has(2) ? c.in(2).item<double>() : c.real("value", 0);
  return {pad(x, pads, mode == "edge" ? "replicate" : mode == "wrap" ? "circular" : mode, value)};
}

// Resize --------------------------------------------------------------------------------------------------------------

struct ResizeRule {
  std::string mode, coordinates, nearest;
};

/// The position in the input of element i of the output.
double source_of(const ResizeRule& rule, int64_t i, double scale, int64_t in, int64_t out) {
  const auto x = static_cast<double>(i);
  if (rule.coordinates == "asymmetric") return x / scale;
  if (rule.coordinates == "align_corners")
    return out == 1 ? 0 : x * static_cast<double>(in - 1) / static_cast<double>(out - 1);
  if (rule.coordinates == "pytorch_half_pixel" && out == 1) return 0;
  return (x + 0.5) / scale - 0.5;
}

double rounded(const ResizeRule& rule, double x) {
  if (rule.nearest == "floor") return std::floor(x);
  if (rule.nearest == "ceil") return std::ceil(x);
  if (rule.nearest == "round_prefer_ceil") return std::floor(x + 0.5);
  return std::ceil(x - 0.5);
}

Tensor resized(const Tensor& x, int64_t axis, int64_t out, double scale, const ResizeRule& rule) {
  const int64_t in = x.size(axis);
  std::vector<int64_t> low, high;
  Tensor share = empty(out, x.dtype());
  const auto place = [&](double at) { return std::clamp<int64_t>(static_cast<int64_t>(at), 0, in - 1); };
  for (int64_t i = 0; i < out; ++i) {
    const double at = source_of(rule, i, scale, in, out);
    if (rule.mode == "nearest") {
      low.push_back(place(rounded(rule, at)));
      continue;
    }
    const double inside = std::clamp(at, 0.0, static_cast<double>(in - 1));
    low.push_back(place(std::floor(inside))), high.push_back(place(std::floor(inside) + 1));
    share[i].fill_(inside - std::floor(inside));
  }
  const Tensor lower = x.index_select(axis, indices_of(low));
  if (rule.mode == "nearest") return lower;
  Dims sizes(static_cast<size_t>(x.dim()), 1);
  sizes[static_cast<size_t>(axis)] = out;
  return lower + (x.index_select(axis, indices_of(high)) - lower) * share.reshape(sizes);
}

constexpr int64_t kMostResized = int64_t{1} << 24;

/// `scales` is the second input before opset 11, later the third; sizes may stand instead.
TensorList resize_of(const OnnxCall& c) {
  Tensor x = c.in(0);
  const bool old = c.opset < 11;
  const size_t at = old ? 1 : 2;
  const ResizeRule rule{c.text("mode", "nearest"),
                        c.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
                        c.text("nearest_mode", old ? "floor" : "round_prefer_floor")};
  c.require(rule.mode == "nearest" || rule.mode == "linear", "mode");
  c.require(rule.coordinates != "tf_crop_and_resize" && rule.coordinates != "half_pixel_symmetric",
            "coordinate_transformation_mode");
  c.require(c.integers("axes").empty() && c.integer("antialias", 0) == 0, "axes or antialias");
  const bool by_sizes = c.has(3) && c.in(3).numel() > 0;
  const std::vector<int64_t> sizes = by_sizes ? c.list(3) : std::vector<int64_t>{};
  const Tensor scales = by_sizes ? Tensor() : c.in(at).to(kFloat64).contiguous();
  c.require((by_sizes ? static_cast<int64_t>(sizes.size()) : scales.numel()) == x.dim(), "scales or sizes");
  for (int64_t d = 0; d < x.dim(); ++d) {
    const auto in = static_cast<double>(x.size(d));
    const double scale =
        by_sizes ? static_cast<double>(sizes[static_cast<size_t>(d)]) / in : scales.data_ptr<double>()[d];
    const double out = by_sizes ? static_cast<double>(sizes[static_cast<size_t>(d)]) : std::floor(in * scale);
    c.require(scale > 0 && out >= 1 && out <= static_cast<double>(kMostResized), "scales or sizes");
    if (scale != 1) x = resized(x, d, static_cast<int64_t>(out), scale, rule);
  }
  return {x};
}

/// [N, C r^2, H, W] -> [N, C, H r, W r]
TensorList depth_to_space(const OnnxCall& c) {
  const int64_t r = c.integer("blocksize", 1);
  const Tensor& x = c.in(0);
  if (c.text("mode", "DCR") == "CRD") return {pixel_shuffle(x, r)};
  c.require(x.dim() == 4 && r > 0 && x.size(1) % (r * r) == 0, "blocksize");
  const int64_t n = x.size(0), channels = x.size(1) / (r * r), h = x.size(2), w = x.size(3);
  return {x.reshape({n, r, r, channels, h, w}).permute({0, 3, 4, 1, 5, 2}).reshape({n, channels, h * r, w * r})};
}

}  // namespace

std::vector<OnnxOp> onnx_shape_ops() {
  return {
      {"Identity", [](const OnnxCall& c) -> TensorList { return {c.in(0)}; }},
      {"Reshape", reshape_of},
      {"Flatten", flatten_of},
      {"Transpose", transpose_of},
      {"Squeeze", squeeze_of},
      {"Unsqueeze", unsqueeze_of},
      {"Concat", concat_of},
      {"Split", split_of},
      {"Slice", slice_of},
      {"Gather", gather_of},
      {"Shape", shape_of},
      {"Size", [](const OnnxCall& c) -> TensorList { return {scalar_tensor(c.in(0).numel(), kInt64)}; }},
      {"Constant", constant_of},
      {"ConstantOfShape", constant_of_shape},
      {"Expand", expand_of},
      {"Tile", [](const OnnxCall& c) -> TensorList { return {c.in(0).repeat(c.list(1))}; }},
      {"Range", range_of},
      {"Pad", pad_of},
      {"Resize", resize_of},
      {"Upsample", resize_of},
      {"DepthToSpace", depth_to_space},
  };
}

}  // namespace weft::io::detail
