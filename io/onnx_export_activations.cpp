// Activations as nodes of ONNX; those that opset 17 lacks, by their formulas.
#include <cmath>

#include "weft/io/onnx_export.h"
#include "weft/nn/activation.h"
#include "weft/tensor/creation.h"

namespace weft::io::detail {
namespace {

std::string clip_node(const ExportSite& s, double low, double high) {
  return s.node("Clip", {s.x, s.number(low), s.number(high)});
}

/// x / 2 (1 + erf(x / sqrt 2)), or by the tanh approximation.
std::string gelu_node(const ExportSite& s, const std::string& approximate) {
  std::string inner;
  if (approximate == "tanh") {
    const std::string cube = s.mul(s.mul(s.x, s.x), s.x);
    const std::string sum = s.add(s.x, s.mul(cube, s.number(0.044715)));
    inner = s.node("Tanh", {s.mul(sum, s.number(std::sqrt(2 / M_PI)))});
  } else {
    inner = s.node("Erf", {s.mul(s.x, s.number(std::sqrt(0.5)))});
  }
  return s.mul(s.mul(s.x, s.number(0.5)), s.add(inner, s.number(1)));
}

/// The first half of a dimension times the sigmoid of the second.
std::string glu_node(const ExportSite& s, int64_t dim) {
  const std::string first = s.node("Split", {s.x}, {{"axis", dim}}, 2);
  const std::string second = first.substr(0, first.size() - 1) + "1";
  return s.mul(first, s.node("Sigmoid", {second}));
}

/// log(1 + exp(beta x)) / beta, and x where beta x is above the threshold.
std::string softplus_node(const ExportSite& s, double beta, double threshold) {
  const std::string scaled = s.mul(s.x, s.number(beta));
  const std::string soft = s.mul(s.node("Softplus", {scaled}), s.number(1 / beta));
  return s.node("Where", {s.node("Greater", {scaled, s.number(threshold)}), s.x, soft});
}

std::string prelu_node(const ExportSite& s, const Tensor& weight) {
  Dims sizes(static_cast<size_t>(std::max<int64_t>(s.in.dim() - 1, 1)), 1);
  sizes[0] = weight.numel();
  return s.node("PRelu", {s.x, s.weight("weight", weight.numel() == 1 ? weight : weight.reshape(sizes))});
}

/// Activations that are one node without attributes.
template <class Layer>
std::string plain(const ExportSite& s, nn::Module& layer, const char* op) {
  return layer.as<Layer>() ? s.node(op, {s.x}) : "";
}

std::string plain_activation(const ExportSite& s, nn::Module& layer) {
  std::string y = plain<nn::ReLU>(s, layer, "Relu");
  if (y.empty()) y = plain<nn::SELU>(s, layer, "Selu");
  if (y.empty()) y = plain<nn::Sigmoid>(s, layer, "Sigmoid");
  if (y.empty()) y = plain<nn::Tanh>(s, layer, "Tanh");
  if (y.empty()) y = plain<nn::Softsign>(s, layer, "Softsign");
  if (y.empty()) y = plain<nn::Hardswish>(s, layer, "HardSwish");
  return y;
}

}  // namespace

std::string export_activation(const ExportSite& s, nn::Module& layer) {
  if (const std::string y = plain_activation(s, layer); !y.empty()) return y;
  if (layer.as<nn::ReLU6>()) return clip_node(s, 0, 6);
  if (layer.as<nn::SiLU>()) return s.mul(s.x, s.node("Sigmoid", {s.x}));
  if (layer.as<nn::Mish>()) return s.mul(s.x, s.node("Tanh", {s.node("Softplus", {s.x})}));
  if (layer.as<nn::LogSigmoid>()) return s.node("Neg", {s.node("Softplus", {s.node("Neg", {s.x})})});
  if (layer.as<nn::Hardsigmoid>()) return s.node("HardSigmoid", {s.x}, {{"alpha", 1.0 / 6}, {"beta", 0.5}});
  if (layer.as<nn::Tanhshrink>()) return s.node("Sub", {s.x, s.node("Tanh", {s.x})});
  if (auto* m = layer.as<nn::LeakyReLU>()) return s.node("LeakyRelu", {s.x}, {{"alpha", m->options.negative_slope()}});
  if (auto* m = layer.as<nn::ELU>()) return s.node("Elu", {s.x}, {{"alpha", m->options.alpha()}});
  if (auto* m = layer.as<nn::CELU>()) return s.node("Celu", {s.x}, {{"alpha", m->options.alpha()}});
  if (auto* m = layer.as<nn::GELU>()) return gelu_node(s, m->options.approximate());
  if (auto* m = layer.as<nn::GLU>()) return glu_node(s, m->options.dim());
  if (auto* m = layer.as<nn::Softmax>()) return s.node("Softmax", {s.x}, {{"axis", m->options.dim()}});
  if (auto* m = layer.as<nn::LogSoftmax>()) return s.node("LogSoftmax", {s.x}, {{"axis", m->options.dim()}});
  if (auto* m = layer.as<nn::Hardtanh>()) return clip_node(s, m->options.min_val(), m->options.max_val());
  if (auto* m = layer.as<nn::Softplus>()) return softplus_node(s, m->options.beta(), m->options.threshold());
  if (auto* m = layer.as<nn::Softshrink>())
    return s.node("Sub", {s.x, clip_node(s, -m->options.lambda(), m->options.lambda())});
  if (auto* m = layer.as<nn::Hardshrink>())
    return s.node("Where",
                  {s.node("Greater", {s.node("Abs", {s.x}), s.number(m->options.lambda())}), s.x, s.number(0)});
  if (auto* m = layer.as<nn::Threshold>())
    return s.node("Where",
                  {s.node("Greater", {s.x, s.number(m->options.threshold())}), s.x, s.number(m->options.value())});
  if (auto* m = layer.as<nn::PReLU>()) return prelu_node(s, m->weight);
  return "";
}

}  // namespace weft::io::detail
