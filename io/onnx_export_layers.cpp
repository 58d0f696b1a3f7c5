// Products, normalisation, shapes and pooling as nodes of ONNX.
#include <fmt/format.h>

#include "weft/io/onnx_export.h"
#include "weft/nn/nn.h"
#include "weft/tensor/creation.h"

namespace weft::io::detail {
namespace {

template <class Size>
std::vector<int64_t> ints(const Size& sizes) {
  return {sizes.begin(), sizes.end()};
}

void require_onnx(const ExportSite& s, bool ok, const char* what) {
  check<ValueError>(ok, "[save_onnx] {}: ONNX has no {}", s.path.substr(1), what);
}

/// [.., C] -> [C, 1, 1]: per channel of an input of `dims` dimensions.
Tensor along_channels(const Tensor& t, int64_t dims) {
  Dims sizes(static_cast<size_t>(std::max<int64_t>(dims - 1, 1)), 1);
  sizes[0] = t.numel();
  return t.reshape(sizes);
}

// Products ------------------------------------------------------------------------------------------------------------

std::string linear_node(const ExportSite& s, nn::LinearImpl& layer) {
  std::vector<std::string> inputs{s.x, s.weight("weight", layer.weight)};
  if (s.in.dim() == 2) {
    if (layer.bias.defined()) inputs.push_back(s.weight("bias", layer.bias));
    return s.node("Gemm", inputs, {{"transB", int64_t{1}}});
  }
  const std::string product =
      s.node("MatMul", {s.x, s.node("Transpose", {inputs[1]}, {{"perm", std::vector<int64_t>{1, 0}}})});
  return layer.bias.defined() ? s.add(product, s.weight("bias", layer.bias)) : product;
}

/// x with the last (circular) or first elements of each dimension repeated around it.
std::string wrapped_around(const ExportSite& s, std::string x, const std::vector<int64_t>& pads) {
  const size_t dims = pads.size() / 2;
  for (size_t d = 0; d < dims; ++d) {
    const auto axis = static_cast<int64_t>(d) + 2;
    std::vector<std::string> parts;
    const auto part = [&](int64_t from, int64_t to) {
      return s.node("Slice", {x, s.out.integers({from}), s.out.integers({to}), s.out.integers({axis})});
    };
    if (pads[d] > 0) parts.push_back(part(-pads[d], INT64_MAX));
    parts.push_back(x);
    if (pads[dims + d] > 0) parts.push_back(part(0, pads[dims + d]));
    if (parts.size() > 1) x = s.node("Concat", parts, {{"axis", axis}});
  }
  return x;
}

template <size_t D>
std::string conv_node(const ExportSite& s, nn::ConvImpl<D>& layer) {
  const auto& o = layer.options;
  std::vector<int64_t> pads(2 * D, 0);
  for (size_t d = 0; d < D; ++d) {
    const bool same = o.padding().kind() == nn::ConvPadding<D>::Kind::Same;
    const int64_t total = same ? o.dilation()[d] * (o.kernel_size()[d] - 1) : 2 * o.padding().numbers()[d];
    pads[d] = total / 2, pads[D + d] = total - total / 2;
  }
  std::string x = s.x;
  if (!o.padding_mode().zeros()) {
    if (o.padding_mode().name == "circular") {
      x = wrapped_around(s, x, pads);
    } else {
      std::vector<int64_t> all(2, 0);
      all.insert(all.end(), pads.begin(), pads.begin() + D);
      all.insert(all.end(), 2, 0);
      all.insert(all.end(), pads.begin() + D, pads.end());
      x = s.node("Pad", {x, s.out.integers(all)},
                 {{"mode", std::string(o.padding_mode().name == "reflect" ? "reflect" : "edge")}});
    }
    pads.assign(2 * D, 0);
  }
  std::vector<std::string> inputs{x, s.weight("weight", layer.weight)};
  if (layer.bias.defined()) inputs.push_back(s.weight("bias", layer.bias));
  return s.node("Conv", inputs,
                {{"kernel_shape", ints(o.kernel_size())},
                 {"strides", ints(o.stride())},
                 {"pads", pads},
                 {"dilations", ints(o.dilation())},
                 {"group", o.groups()}});
}

std::string conv_transpose_node(const ExportSite& s, nn::ConvTranspose2dImpl& layer) {
  const auto& o = layer.options;
  std::vector<std::string> inputs{s.x, s.weight("weight", layer.weight)};
  if (layer.bias.defined()) inputs.push_back(s.weight("bias", layer.bias));
  return s.node("ConvTranspose", inputs,
                {{"kernel_shape", ints(o.kernel_size())},
                 {"strides", ints(o.stride())},
                 {"pads", std::vector<int64_t>{o.padding()[0], o.padding()[1], o.padding()[0], o.padding()[1]}},
                 {"output_padding", ints(o.output_padding())},
                 {"dilations", ints(o.dilation())},
                 {"group", o.groups()}});
}

// Normalisation -------------------------------------------------------------------------------------------------------

/// Weight and bias, or ones and zeros.
std::vector<std::string> affine_inputs(const ExportSite& s, const Tensor& weight, const Tensor& bias, int64_t count) {
  return {weight.defined() ? s.weight("weight", weight) : s.out.constant(ones({count}, s.in.dtype())),
          bias.defined() ? s.weight("bias", bias) : s.out.constant(zeros({count}, s.in.dtype()))};
}

template <class Norm>
std::string tracked_norm(const ExportSite& s, Norm& layer, const char* untracked) {
  const double eps = layer.options.eps();
  auto inputs = affine_inputs(s, layer.weight, layer.bias, s.in.size(1));
  inputs.insert(inputs.begin(), s.x);
  if (!layer.running_mean.defined()) {
    require_onnx(s, untracked != nullptr, "normalisation by the statistics of a batch");
    return s.node(untracked, inputs, {{"epsilon", eps}});
  }
  inputs.push_back(s.weight("running_mean", layer.running_mean));
  inputs.push_back(s.weight("running_var", layer.running_var));
  return s.node("BatchNormalization", inputs, {{"epsilon", eps}});
}

std::string layer_norm_node(const ExportSite& s, nn::LayerNormImpl& layer) {
  const auto& shape = layer.options.normalized_shape();
  const auto given = [&](const char* name, const Tensor& t, double usual) {
    return t.defined() ? s.weight(name, t) : s.out.constant(full(shape, usual, s.in.dtype()));
  };
  return s.node("LayerNormalization", {s.x, given("weight", layer.weight, 1), given("bias", layer.bias, 0)},
                {{"axis", -static_cast<int64_t>(shape.size())}, {"epsilon", layer.options.eps()}});
}

/// Groups become the channels of an instance norm.
std::string group_norm_node(const ExportSite& s, nn::GroupNormImpl& layer) {
  const int64_t groups = layer.options.num_groups();
  const std::string grouped = s.node("Reshape", {s.x, s.out.integers({0, groups, -1})});
  const auto none = affine_inputs(s, {}, {}, groups);
  std::string y = s.node("InstanceNormalization", {grouped, none[0], none[1]}, {{"epsilon", layer.options.eps()}});
  y = s.reshaped(y, s.in);
  if (layer.weight.defined()) y = s.mul(y, s.weight("weight", along_channels(layer.weight, s.in.dim())));
  if (layer.bias.defined()) y = s.add(y, s.weight("bias", along_channels(layer.bias, s.in.dim())));
  return y;
}

// Shapes --------------------------------------------------------------------------------------------------------------

/// Pads of the last dimensions, as nn gives them: left, right, top, bottom.
std::string pad_node(const ExportSite& s, const std::vector<int64_t>& by, const char* mode, double value = 0) {
  std::vector<int64_t> pads(static_cast<size_t>(2 * s.in.dim()), 0);
  const auto dims = static_cast<size_t>(s.in.dim());
  for (size_t i = 0; i < by.size() / 2; ++i) pads[dims - 1 - i] = by[2 * i], pads[2 * dims - 1 - i] = by[2 * i + 1];
  std::vector<std::string> inputs{s.x, s.out.integers(pads)};
  if (std::string_view(mode) == "constant") inputs.push_back(s.number(value));
  return s.node("Pad", inputs, {{"mode", std::string(mode)}});
}

// Pooling -------------------------------------------------------------------------------------------------------------

template <class Options>
OnnxArguments pool_arguments(const Options& o) {
  return {{"kernel_shape", ints(o.kernel_size())},
          {"strides", ints(o.stride())},
          {"pads", std::vector<int64_t>{o.padding()[0], o.padding()[1], o.padding()[0], o.padding()[1]}},
          {"ceil_mode", int64_t{o.ceil_mode()}}};
}

std::string average_pool_node(const ExportSite& s, nn::AvgPool2dImpl& layer) {
  const auto& o = layer.options;
  OnnxArguments arguments = pool_arguments(o);
  const bool divides = o.divisor_override().has_value();
  require_onnx(s, !divides || !o.ceil_mode(), "divisor of windows that reach beyond the border");
  arguments.emplace_back("count_include_pad", int64_t{divides || o.count_include_pad()});
  const std::string y = s.node("AveragePool", {s.x}, arguments);
  if (!divides) return y;
  const auto window = static_cast<double>(o.kernel_size()[0] * o.kernel_size()[1]);
  return s.mul(y, s.number(window / static_cast<double>(*o.divisor_override())));
}

/// [out, in]: each row holds the mean of its window.
Tensor means_matrix(int64_t out, int64_t in, Dtype dtype) {
  Tensor m = zeros({out, in}, dtype);
  for (int64_t i = 0; i < out; ++i) {
    const int64_t begin = i * in / out, end = ((i + 1) * in + out - 1) / out;
    m.select(0, i).slice(0, begin, end).fill_(1.0 / static_cast<double>(end - begin));
  }
  return m;
}

std::string adaptive_average_node(const ExportSite& s) {
  const int64_t h = s.in.size(2), w = s.in.size(3), oh = s.result.size(2), ow = s.result.size(3);
  if (oh == 1 && ow == 1) return s.node("GlobalAveragePool", {s.x});
  const std::string rows = s.node("MatMul", {s.out.constant(means_matrix(oh, h, s.in.dtype())), s.x});
  return s.node("MatMul", {rows, s.out.constant(means_matrix(ow, w, s.in.dtype()).t())});
}

std::string adaptive_max_node(const ExportSite& s) {
  const int64_t h = s.in.size(2), w = s.in.size(3), oh = s.result.size(2), ow = s.result.size(3);
  require_onnx(s, h % oh == 0 && w % ow == 0, "adaptive maximum of windows that differ in size");
  const std::vector<int64_t> kernel{h / oh, w / ow};
  return s.node("MaxPool", {s.x}, {{"kernel_shape", kernel}, {"strides", kernel}});
}

}  // namespace

std::string export_product(const ExportSite& s, nn::Module& layer) {
  if (auto* m = layer.as<nn::Linear>()) return linear_node(s, *m);
  if (auto* m = layer.as<nn::Conv1d>()) return conv_node<1>(s, *m);
  if (auto* m = layer.as<nn::Conv2d>()) return conv_node<2>(s, *m);
  if (auto* m = layer.as<nn::ConvTranspose2d>()) return conv_transpose_node(s, *m);
  if (auto* m = layer.as<nn::Embedding>()) return s.node("Gather", {s.weight("weight", m->weight), s.x});
  return "";
}

std::string export_norm(const ExportSite& s, nn::Module& layer) {
  if (auto* m = layer.as<nn::BatchNorm1d>()) return tracked_norm(s, *m, nullptr);
  if (auto* m = layer.as<nn::BatchNorm2d>()) return tracked_norm(s, *m, nullptr);
  if (auto* m = layer.as<nn::InstanceNorm1d>()) return tracked_norm(s, *m, "InstanceNormalization");
  if (auto* m = layer.as<nn::InstanceNorm2d>()) return tracked_norm(s, *m, "InstanceNormalization");
  if (auto* m = layer.as<nn::LayerNorm>()) return layer_norm_node(s, *m);
  if (auto* m = layer.as<nn::GroupNorm>()) return group_norm_node(s, *m);
  return "";
}

std::string export_shape(const ExportSite& s, nn::Module& layer) {
  if (auto* m = layer.as<nn::Flatten>())
    return m->options.start_dim() == 1 && s.result.dim() == 2 ? s.node("Flatten", {s.x}) : s.reshaped(s.x, s.result);
  if (layer.as<nn::Unflatten>()) return s.reshaped(s.x, s.result);
  if (auto* m = layer.as<nn::PixelShuffle>())
    return s.node("DepthToSpace", {s.x}, {{"blocksize", m->options.upscale_factor()}, {"mode", std::string("CRD")}});
  if (auto* m = layer.as<nn::ConstantPad1d>())
    return pad_node(s, ints(m->options.padding()), "constant", m->options.value());
  if (auto* m = layer.as<nn::ConstantPad2d>())
    return pad_node(s, ints(m->options.padding()), "constant", m->options.value());
  if (auto* m = layer.as<nn::ZeroPad2d>()) return pad_node(s, ints(m->options.padding()), "constant");
  if (auto* m = layer.as<nn::ReflectionPad2d>()) return pad_node(s, ints(m->options.padding()), "reflect");
  if (auto* m = layer.as<nn::ReplicationPad2d>()) return pad_node(s, ints(m->options.padding()), "edge");
  return "";
}

std::string export_pool(const ExportSite& s, nn::Module& layer) {
  if (auto* m = layer.as<nn::MaxPool2d>()) {
    OnnxArguments arguments = pool_arguments(m->options);
    arguments.emplace_back("dilations", ints(m->options.dilation()));
    return s.node("MaxPool", {s.x}, arguments);
  }
  if (auto* m = layer.as<nn::AvgPool2d>()) return average_pool_node(s, *m);
  if (layer.as<nn::AdaptiveAvgPool2d>()) return adaptive_average_node(s);
  if (layer.as<nn::AdaptiveMaxPool2d>()) return adaptive_max_node(s);
  return "";
}

}  // namespace weft::io::detail
