// Rows of pooling layers.
#include "weft/nn/lang/rows.h"
#include "weft/nn/pooling.h"

namespace weft::nn::lang {
namespace {

constexpr const char* kPooled = "[channels, height, width]";
constexpr const char* kPooledAxis[] = {"height", "width"};

ExpandingArray<2> stride_of(const LayerCall& c) { return c.sizes<2>(c.has("stride") ? "stride" : "kernel"); }

/// Number of windows along one dimension, by PyTorch's rule: with `ceil` a window may reach beyond the end, but must
/// begin before it.
int64_t windows(int64_t room, int64_t stride, int64_t size, int64_t padding, bool ceil) {
  int64_t count = (room + (ceil ? stride - 1 : 0)) / stride + 1;
  if (ceil && (count - 1) * stride >= size + padding) --count;
  return count;
}

Plan plan_windows(const LayerCall& c, const ExpandingArray<2>& dilation) {
  check_dims(c, {3}, kPooled);
  const auto kernel = c.sizes<2>("kernel"), stride = stride_of(c), padding = c.sizes<2>("padding");
  const bool ceil = c.flag("ceil");
  Dims out{c.input()[0]};
  for (size_t d = 0; d < 2; ++d) {
    const int64_t size = c.input()[d + 1];
    check<ValueError>(padding[d] <= kernel[d] / 2, "[{}] padding {} must be at most half of kernel {}: at most {} fits",
                      c.name(), padding[d], kernel[d], kernel[d] / 2);
    const int64_t room = size + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1;
    check<ShapeError>(room >= 0, "[{}] kernel {}{} is larger than {} {} of the input {}{}: at most {} fits", c.name(),
                      kernel[d], dilation[d] == 1 ? "" : fmt::format(" of dilation {}", dilation[d]), kPooledAxis[d],
                      size, c.input(), padding[d] ? fmt::format(" with padding {}", padding[d]) : "",
                      (size + 2 * padding[d] - 1) / dilation[d] + 1);
    out.push_back(windows(room, stride[d], size, padding[d], ceil));
  }
  return {out, 0, 0};
}

Plan plan_adaptive(const LayerCall& c) {
  check_dims(c, {3}, kPooled);
  const auto size = c.sizes<2>("size");
  return {{c.input()[0], size[0], size[1]}, 0, 0};
}

AdaptivePool2dOptions adaptive_options(const LayerCall& c) {
  const auto size = c.sizes<2>("size");
  return {size[0], size[1]};
}

AnyModule build_max_pool(const LayerCall& c) {
  MaxPool2dOptions o(c.sizes<2>("kernel"));
  o.stride(stride_of(c)).padding(c.sizes<2>("padding")).dilation(c.sizes<2>("dilation")).ceil_mode(c.flag("ceil"));
  return AnyModule(MaxPool2d(o));
}

AnyModule build_avg_pool(const LayerCall& c) {
  AvgPool2dOptions o(c.sizes<2>("kernel"));
  o.stride(stride_of(c)).padding(c.sizes<2>("padding")).ceil_mode(c.flag("ceil"));
  o.count_include_pad(!c.flag("inside"));
  if (c.has("divisor")) o.divisor_override(c.whole("divisor"));
  return AnyModule(AvgPool2d(o));
}

Field stride() { return sizes("stride").says("without it the kernel"); }
Field padding() { return sizes("padding", 2, 0).defaults_to(0); }
Field ceil() { return flag("ceil").says("a last window may reach beyond the border"); }

LayerRow adaptive_row(const char* name, const char* what, AnyModule (*build)(const LayerCall&)) {
  return {.name = name,
          .what = what,
          .shapes = "[C, H, W] -> [C, size, size]",
          .arguments = {sizes("size")},
          .plan = plan_adaptive,
          .build = build};
}

}  // namespace

std::vector<LayerRow> pool_rows() {
  const char* shapes = "[C, H, W] -> [C, H', W'], H' = (H + 2 padding - kernel) / stride + 1";
  return {
      {.name = "max_pool",
       .what = "The maximum of each window.",
       .shapes = shapes,
       .arguments = {sizes("kernel")},
       .options = {stride(), padding(), sizes("dilation").defaults_to(1), ceil()},
       .plan = [](const LayerCall& c) { return plan_windows(c, c.sizes<2>("dilation")); },
       .build = build_max_pool},
      {.name = "avg_pool",
       .what = "The mean of each window.",
       .shapes = shapes,
       .arguments = {sizes("kernel")},
       .options = {stride(), padding(), ceil(), flag("inside").says("the padding does not count in the mean"),
                   whole("divisor").says("divides the sum by this value")},
       .plan = [](const LayerCall& c) { return plan_windows(c, 1); },
       .build = build_avg_pool},
      adaptive_row("adaptive_avg_pool", "Means of as many windows as give an image of this size.",
                   [](const LayerCall& c) { return AnyModule(AdaptiveAvgPool2d(adaptive_options(c))); }),
      adaptive_row("adaptive_max_pool", "The same with maxima.",
                   [](const LayerCall& c) { return AnyModule(AdaptiveMaxPool2d(adaptive_options(c))); }),
  };
}

}  // namespace weft::nn::lang
