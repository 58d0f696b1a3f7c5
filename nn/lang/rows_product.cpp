// Rows of layers that multiply by weights: linear, convolutions, embedding.
#include <numeric>

#include "weft/nn/conv.h"
#include "weft/nn/embedding.h"
#include "weft/nn/lang/rows.h"
#include "weft/nn/linear.h"

namespace weft::nn::lang {
namespace {

Field no_bias() { return flag("no_bias").says("omits the bias"); }
Field init() { return initialiser("init").says("initial weights; default: PyTorch's"); }
Field bias() { return initialiser("bias").says("initial biases: a number for all, or an initialiser"); }

void check_start(const LayerCall& c, int weight_dims) {
  check<ValueError>(!c.flag("no_bias") || !c.has("bias"), "[{}] no_bias and bias exclude each other", c.name());
  c.check_initialiser("init", weight_dims);
  c.check_initialiser("bias", 1);
}

template <class Holder>
AnyModule initialised(const LayerCall& c, Holder layer) {
  c.initialise(layer->weight, "init");
  if (layer->bias.defined()) c.initialise(layer->bias, "bias");
  return AnyModule(layer);
}

// Linear -------------------------------------------------------------------------------------------------------------
Plan plan_linear(const LayerCall& c) {
  check_start(c, 2);
  const int64_t features = c.whole("features"), in = c.input().back();
  const int64_t weight = parameter_count(c, {features, in});
  Dims out = c.input();
  out[out.size() - 1] = features;
  const double rows = static_cast<double>(numel_of(c.input()) / in);
  return {out, weight + (c.flag("no_bias") ? 0 : features), 2 * rows * static_cast<double>(weight)};
}

AnyModule build_linear(const LayerCall& c) {
  return initialised(c, Linear(LinearOptions(c.input().back(), c.whole("features")).bias(!c.flag("no_bias"))));
}

// Convolutions -------------------------------------------------------------------------------------------------------
constexpr const char* kImage[] = {"", "[channels, length]", "[channels, height, width]"};
constexpr const char* kAxis[][2] = {{}, {"length", ""}, {"height", "width"}};

void check_groups(const LayerCall& c) {
  const int64_t groups = c.whole("groups"), in = c.input()[0], out = c.whole("channels");
  check<ShapeError>(in % groups == 0 && out % groups == 0,
                    "[{}] groups {} must divide the {} channels of the input {} and the {} it makes: {} fits", c.name(),
                    groups, in, c.input(), out, nearest_divisors(std::gcd(in, out), groups));
}

/// Number of positions of a kernel along dimension d of the image.
int64_t positions(const LayerCall& c, size_t d, const char* axis, int64_t kernel, int64_t stride, int64_t padding,
                  int64_t dilation) {
  const int64_t size = c.input()[d + 1], room = size + 2 * padding - dilation * (kernel - 1) - 1;
  check<ShapeError>(room >= 0, "[{}] kernel {}{} is larger than {} {} of the input {}{}: at most {} fits", c.name(),
                    kernel, dilation == 1 ? "" : fmt::format(" of dilation {}", dilation), axis, size, c.input(),
                    padding ? fmt::format(" with padding {}", padding) : "", (size + 2 * padding - 1) / dilation + 1);
  return room / stride + 1;
}

template <size_t D>
ConvOptions<D> conv_options(const LayerCall& c) {
  ConvOptions<D> o(c.input()[0], c.whole("channels"), c.sizes<D>("kernel"));
  o.stride(c.sizes<D>("stride")).dilation(c.sizes<D>("dilation")).groups(c.whole("groups"));
  o.bias(!c.flag("no_bias")).padding_mode(PaddingMode(c.word("padding_mode")));
  if (c.flag("same"))
    o.padding(kSame);
  else
    o.padding(c.sizes<D>("padding"));
  return o;
}

/// Throws for padding too large to be filled from the image.
template <size_t D>
void check_padding(const LayerCall& c, const ConvOptions<D>& o) {
  const bool same = c.flag("same");
  check<ValueError>(!same || c.sizes<D>("padding") == ExpandingArray<D>(0), "[{}] same and padding exclude each other",
                    c.name());
  check<ValueError>(!same || o.stride() == ExpandingArray<D>(1), "[{}] same needs stride 1, got {}", c.name(),
                    IntArrayRef(o.stride()));
  const std::string mode(o.padding_mode().name);
  if (mode != "reflect" && mode != "circular") return;
  for (size_t d = 0; d < D; ++d) {
    const int64_t size = c.input()[d + 1], total = o.dilation()[d] * (o.kernel_size()[d] - 1);
    const int64_t border = same ? total - total / 2 : o.padding().numbers()[d];
    const int64_t most = size - (mode == "reflect");
    check<ShapeError>(border <= most, "[{}] {} padding {} does not fit {} {} of the input {}: at most {} fits",
                      c.name(), mode, border, kAxis[D][d], size, c.input(), most);
  }
}

template <size_t D>
Plan plan_conv(const LayerCall& c) {
  check_start(c, D + 2);
  check_dims(c, {D + 1}, kImage[D]);
  check_groups(c);
  const ConvOptions<D> o = conv_options<D>(c);
  check_padding(c, o);
  Dims out{c.whole("channels")};
  int64_t area = 1;
  for (size_t d = 0; d < D; ++d) {
    const int64_t kernel = o.kernel_size()[d];
    area *= kernel;
    out.push_back(c.flag("same")
                      ? c.input()[d + 1]
                      : positions(c, d, kAxis[D][d], kernel, o.stride()[d], o.padding().numbers()[d], o.dilation()[d]));
  }
  const int64_t weight = parameter_count(c, {out[0], c.input()[0] / o.groups(), area});
  const double places = static_cast<double>(numel_of({out.data() + 1, D}));
  return {out, weight + (o.bias() ? out[0] : 0), 2 * places * static_cast<double>(weight)};
}

template <class Conv, size_t D>
LayerRow conv_row(const char* name, const char* what, const char* shapes) {
  return {.name = name,
          .what = what,
          .shapes = shapes,
          .arguments = {whole("channels"), sizes("kernel", D)},
          .options = {sizes("stride", D).defaults_to(1), sizes("padding", D, 0).defaults_to(0),
                      flag("same").says("pads so that the output has the input's size; needs stride 1"),
                      sizes("dilation", D).defaults_to(1), whole("groups").defaults_to(1),
                      word("padding_mode", {"zeros", "reflect", "replicate", "circular"})
                          .defaults_to("zeros")
                          .says("values beyond the border"),
                      no_bias(), init(), bias()},
          .plan = plan_conv<D>,
          .build = [](const LayerCall& c) { return initialised(c, Conv(conv_options<D>(c))); }};
}

Plan plan_conv_transpose(const LayerCall& c) {
  check_start(c, 4);
  check_dims(c, {3}, kImage[2]);
  check_groups(c);
  const Dims& in = c.input();
  const auto kernel = c.sizes<2>("kernel"), stride = c.sizes<2>("stride"), padding = c.sizes<2>("padding"),
             dilation = c.sizes<2>("dilation"), extra = c.sizes<2>("output_padding");
  Dims out{c.whole("channels")};
  for (size_t d = 0; d < 2; ++d) {
    check<ValueError>(extra[d] < stride[d], "[conv_transpose] output_padding {} must be below stride {}", extra[d],
                      stride[d]);
    const int64_t full = (in[d + 1] - 1) * stride[d] + dilation[d] * (kernel[d] - 1) + extra[d] + 1;
    check<ShapeError>(full > 2 * padding[d],
                      "[conv_transpose] padding {} leaves nothing of {} {}, which {} of the input {} becomes: at most "
                      "{} fits",
                      padding[d], kAxis[2][d], full, in[d + 1], in, (full - 1) / 2);
    out.push_back(full - 2 * padding[d]);
  }
  const int64_t weight = parameter_count(c, {in[0], out[0] / c.whole("groups"), kernel[0] * kernel[1]});
  const double places = static_cast<double>(in[1]) * static_cast<double>(in[2]);
  return {out, weight + (c.flag("no_bias") ? 0 : out[0]), 2 * places * static_cast<double>(weight)};
}

AnyModule build_conv_transpose(const LayerCall& c) {
  ConvTranspose2dOptions o(c.input()[0], c.whole("channels"), c.sizes<2>("kernel"));
  o.stride(c.sizes<2>("stride")).padding(c.sizes<2>("padding")).output_padding(c.sizes<2>("output_padding"));
  o.dilation(c.sizes<2>("dilation")).groups(c.whole("groups")).bias(!c.flag("no_bias"));
  return initialised(c, ConvTranspose2d(o));
}

// Embedding ----------------------------------------------------------------------------------------------------------
Plan plan_embedding(const LayerCall& c) {
  const int64_t count = c.whole("count");
  c.check_initialiser("init", 2);
  check<ValueError>(!c.has("padding_idx") || c.whole("padding_idx") < count,
                    "[embedding] padding_idx {} of {} vectors: at most {}",
                    c.has("padding_idx") ? c.whole("padding_idx") : 0, count, count - 1);
  Dims out = c.input();
  out.push_back(c.whole("features"));
  return {out, parameter_count(c, {count, c.whole("features")}), 0};
}

AnyModule build_embedding(const LayerCall& c) {
  EmbeddingOptions o(c.whole("count"), c.whole("features"));
  if (c.has("padding_idx")) o.padding_idx(c.whole("padding_idx"));
  Embedding layer(o);
  c.initialise(layer->weight, "init");
  return AnyModule(layer);
}

}  // namespace

std::vector<LayerRow> product_rows() {
  return {
      {.name = "linear",
       .what = "A fully connected layer. As PyTorch's it works on the last dimension: `flatten` an image first.",
       .shapes = "[*, F] -> [*, features]",
       .arguments = {whole("features")},
       .options = {no_bias(), init(), bias()},
       .plan = plan_linear,
       .build = build_linear},
      conv_row<Conv2d, 2>(
          "conv", "A convolution of images.",
          "[C, H, W] -> [channels, H', W'], H' = (H + 2 padding - dilation (kernel - 1) - 1) / stride + "
          "1"),
      conv_row<Conv1d, 1>("conv1d", "A convolution of sequences.", "[C, L] -> [channels, L'], L' as H' of conv"),
      {.name = "conv_transpose",
       .what = "A transposed convolution, which enlarges images.",
       .shapes = "[C, H, W] -> [channels, H', W'], H' = (H - 1) stride - 2 padding + dilation (kernel - 1) + "
                 "output_padding + 1",
       .arguments = {whole("channels"), sizes("kernel")},
       .options = {sizes("stride").defaults_to(1), sizes("padding", 2, 0).defaults_to(0),
                   sizes("output_padding", 2, 0).defaults_to(0).says("below stride"), sizes("dilation").defaults_to(1),
                   whole("groups").defaults_to(1), no_bias(), init(), bias()},
       .plan = plan_conv_transpose,
       .build = build_conv_transpose},
      {.name = "embedding",
       .what = "A table of vectors indexed by integers below count. Its input is int64: only layers that rearrange "
               "elements, such as `flatten`, may precede it.",
       .shapes = "[*] -> [*, features]",
       .arguments = {whole("count"), whole("features")},
       .options = {whole("padding_idx", 0).says("a row that stays zero"), init()},
       .takes = Takes::Whole,
       .plan = plan_embedding,
       .build = build_embedding},
  };
}

}  // namespace weft::nn::lang
