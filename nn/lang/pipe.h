// The language in C++: nn::input(1, 28, 28) | nn::conv(32, 5).same() | nn::relu() | nn::flatten() | nn::linear(10)
//
// Each function describes the layer of the same name, with the same arguments and options as in a text; methods set
// options and the name. `input | layer | ...` is a built nn::Model; layers without input form a lang::Chain, a part
// that several models may use. A text is accepted wherever a chain is: net | "linear 10 | softmax".
#pragma once

#include "weft/nn/lang/model.h"

namespace weft::nn::lang {

/// Describes a layer. Throws ValueError for values that its row in the table does not allow.
class Layer {
 public:
  Layer(std::string_view layer, std::vector<Value> arguments = {}, std::vector<Chain> branches = {})  // NOLINT
      : spec_(make_layer(layer, std::move(arguments), std::move(branches))) {}
  /// Sets any option by its name, as needed for user-defined layers. A flag has no value.
  Layer& set(std::string_view option, Value value = {}) {
    set_option(spec_, option, std::move(value));
    return *this;
  }
  /// Names the layer: its parameters are saved under this name.
  Layer& named(std::string_view name) {
    set_name(spec_, name);
    return *this;
  }
  const LayerSpec& spec() const { return spec_; }
  operator Chain() const { return spec_; }  // NOLINT

 private:
  LayerSpec spec_;
};

/// A layer with options of its own, set before or after its name.
template <class Self>
class LayerOf : public Layer {
 public:
  using Layer::Layer;
  Self& named(std::string_view name) {
    Layer::named(name);
    return static_cast<Self&>(*this);
  }
};

#define WEFT_LAYER_OPTION(type, name)   \
  auto& name(type value) {              \
    this->set(#name, std::move(value)); \
    return *this;                       \
  }
#define WEFT_LAYER_FLAG(name) \
  auto& name() {              \
    this->set(#name);         \
    return *this;             \
  }
// linear(10).init("truncated_normal", 0.1)
#define WEFT_LAYER_INIT(name)                                                             \
  template <class... Numbers>                                                             \
  auto& name(std::string_view initialiser, Numbers... numbers) {                          \
    this->set(#name, Value(std::string(initialiser), {static_cast<double>(numbers)...})); \
    return *this;                                                                         \
  }

struct EmbeddingLayer : LayerOf<EmbeddingLayer> {
  using LayerOf::LayerOf;
  WEFT_LAYER_OPTION(int64_t, padding_idx)
  WEFT_LAYER_INIT(init)
};
struct LinearLayer : LayerOf<LinearLayer> {
  using LayerOf::LayerOf;
  WEFT_LAYER_FLAG(no_bias)
  WEFT_LAYER_INIT(init)
  WEFT_LAYER_INIT(bias)
  WEFT_LAYER_OPTION(double, bias)
};
template <size_t D>
struct ConvLayer : LayerOf<ConvLayer<D>> {
  using LayerOf<ConvLayer<D>>::LayerOf;
  WEFT_LAYER_OPTION(ExpandingArray<D>, stride)
  WEFT_LAYER_OPTION(ExpandingArray<D>, padding)
  WEFT_LAYER_FLAG(same)
  WEFT_LAYER_OPTION(ExpandingArray<D>, dilation)
  WEFT_LAYER_OPTION(int64_t, groups)
  WEFT_LAYER_OPTION(std::string, padding_mode)
  WEFT_LAYER_FLAG(no_bias)
  WEFT_LAYER_INIT(init)
  WEFT_LAYER_INIT(bias)
  WEFT_LAYER_OPTION(double, bias)
};
struct ConvTransposeLayer : LayerOf<ConvTransposeLayer> {
  using LayerOf::LayerOf;
  WEFT_LAYER_OPTION(ExpandingArray<2>, stride)
  WEFT_LAYER_OPTION(ExpandingArray<2>, padding)
  WEFT_LAYER_OPTION(ExpandingArray<2>, output_padding)
  WEFT_LAYER_OPTION(ExpandingArray<2>, dilation)
  WEFT_LAYER_OPTION(int64_t, groups)
  WEFT_LAYER_FLAG(no_bias)
  WEFT_LAYER_INIT(init)
  WEFT_LAYER_INIT(bias)
  WEFT_LAYER_OPTION(double, bias)
};
struct MaxPoolLayer : LayerOf<MaxPoolLayer> {
  using LayerOf::LayerOf;
  WEFT_LAYER_OPTION(ExpandingArray<2>, stride)
  WEFT_LAYER_OPTION(ExpandingArray<2>, padding)
  WEFT_LAYER_OPTION(ExpandingArray<2>, dilation)
  WEFT_LAYER_FLAG(ceil)
};
struct AvgPoolLayer : LayerOf<AvgPoolLayer> {
  using LayerOf::LayerOf;
  WEFT_LAYER_OPTION(ExpandingArray<2>, stride)
  WEFT_LAYER_OPTION(ExpandingArray<2>, padding)
  WEFT_LAYER_FLAG(ceil)
  WEFT_LAYER_FLAG(inside)
  WEFT_LAYER_OPTION(int64_t, divisor)
};
struct NormLayer : LayerOf<NormLayer> {  // of layers and groups
  using LayerOf::LayerOf;
  WEFT_LAYER_OPTION(double, eps)
  WEFT_LAYER_FLAG(no_affine)
};
struct BatchNormLayer : LayerOf<BatchNormLayer> {
  using LayerOf::LayerOf;
  WEFT_LAYER_OPTION(double, eps)
  WEFT_LAYER_OPTION(double, momentum)
  WEFT_LAYER_FLAG(cumulative)
  WEFT_LAYER_FLAG(no_affine)
  WEFT_LAYER_FLAG(no_statistics)
};
struct InstanceNormLayer : LayerOf<InstanceNormLayer> {
  using LayerOf::LayerOf;
  WEFT_LAYER_OPTION(double, eps)
  WEFT_LAYER_OPTION(double, momentum)
  WEFT_LAYER_FLAG(cumulative)
  WEFT_LAYER_FLAG(affine)
  WEFT_LAYER_FLAG(statistics)
};
struct UnflattenLayer : LayerOf<UnflattenLayer> {
  using LayerOf::LayerOf;
  WEFT_LAYER_OPTION(int64_t, dim)
};
struct ConstantPadLayer : LayerOf<ConstantPadLayer> {
  using LayerOf::LayerOf;
  WEFT_LAYER_OPTION(double, value)
};
struct PReLULayer : LayerOf<PReLULayer> {
  using LayerOf::LayerOf;
  WEFT_LAYER_FLAG(channels)
  WEFT_LAYER_OPTION(double, init)
};
struct ParallelLayer : LayerOf<ParallelLayer> {
  using LayerOf::LayerOf;
  WEFT_LAYER_FLAG(concat)
  WEFT_LAYER_FLAG(add)
  WEFT_LAYER_OPTION(int64_t, dim)
};
#undef WEFT_LAYER_OPTION
#undef WEFT_LAYER_FLAG
#undef WEFT_LAYER_INIT

}  // namespace weft::nn::lang

namespace weft::nn {

/// The sizes of one sample; a model begins with them.
template <std::integral... Sizes>
Model input(Sizes... sizes) {
  return Model(lang::Chain(lang::Layer("input", {lang::Value(sizes)...}).spec()));
}
/// A layer by its name, such as a user-defined one: nn::layer("scale", {3}).set("by", 2).
inline lang::Layer layer(std::string_view name, std::vector<lang::Value> arguments = {},
                         std::vector<lang::Chain> branches = {}) {
  return {name, std::move(arguments), std::move(branches)};
}

// Weights
// --------------------------------------------------------------------------------------------------------------
inline lang::LinearLayer linear(int64_t features) { return {"linear", {features}}; }
inline lang::ConvLayer<2> conv(int64_t channels, ExpandingArray<2> kernel) { return {"conv", {channels, kernel}}; }
inline lang::ConvLayer<1> conv1d(int64_t channels, int64_t kernel) { return {"conv1d", {channels, kernel}}; }
inline lang::ConvTransposeLayer conv_transpose(int64_t channels, ExpandingArray<2> kernel) {
  return {"conv_transpose", {channels, kernel}};
}
inline lang::EmbeddingLayer embedding(int64_t count, int64_t features) { return {"embedding", {count, features}}; }

// Pooling
// --------------------------------------------------------------------------------------------------------------
inline lang::MaxPoolLayer max_pool(ExpandingArray<2> kernel) { return {"max_pool", {kernel}}; }
inline lang::AvgPoolLayer avg_pool(ExpandingArray<2> kernel) { return {"avg_pool", {kernel}}; }
inline lang::Layer adaptive_avg_pool(ExpandingArray<2> size) { return {"adaptive_avg_pool", {size}}; }
inline lang::Layer adaptive_max_pool(ExpandingArray<2> size) { return {"adaptive_max_pool", {size}}; }

// Normalisation, dropout
// -------------------------------------------------------------------------------------------------
inline lang::BatchNormLayer batch_norm() { return {"batch_norm"}; }
inline lang::InstanceNormLayer instance_norm() { return {"instance_norm"}; }
inline lang::NormLayer layer_norm(int64_t dims = 1) { return {"layer_norm", {dims}}; }
inline lang::NormLayer group_norm(int64_t groups) { return {"group_norm", {groups}}; }
inline lang::Layer dropout(double p = 0.5) { return {"dropout", {p}}; }
inline lang::Layer dropout2d(double p = 0.5) { return {"dropout2d", {p}}; }

// Activations: those of activations.def, and prelu
// -----------------------------------------------------------------------
#define WEFT_ACTIVATION0(Name, function) \
  inline lang::Layer function() { return {#function}; }
#define WEFT_ACTIVATION1(Name, function, type, option, default_value, label) \
  inline lang::Layer function(type option default_value) { return {#function, {option}}; }
#define WEFT_ACTIVATION2(Name, function, type, option, default_value, label, type2, option2, default_value2, label2) \
  inline lang::Layer function(type option default_value, type2 option2 default_value2) {                             \
    return {#function, {option, option2}};                                                                           \
  }
#include "weft/nn/activations.def"
inline lang::Layer softmax() { return softmax(1); }
inline lang::Layer log_softmax() { return log_softmax(1); }
inline lang::PReLULayer prelu() { return {"prelu"}; }

// Shapes
// -----------------------------------------------------------------------------------------------------------------
inline lang::Layer flatten(int64_t start = 1, int64_t end = -1) { return {"flatten", {start, end}}; }
template <std::integral... Sizes>
lang::UnflattenLayer unflatten(Sizes... sizes) {
  return {"unflatten", {lang::Value(sizes)...}};
}
inline lang::Layer identity() { return {"identity"}; }
inline lang::Layer pixel_shuffle(int64_t factor) { return {"pixel_shuffle", {factor}}; }
/// One width for all sides, or left and right (for images: left, right, top and bottom).
template <std::integral... Borders>
lang::ConstantPadLayer constant_pad(Borders... borders) {
  return {"constant_pad", {lang::Value(borders)...}};
}
/// One width for all sides, or left, right, top and bottom.
template <std::integral... Borders>
lang::Layer zero_pad(Borders... borders) {
  return {"zero_pad", {lang::Value(borders)...}};
}
template <std::integral... Borders>
lang::Layer reflection_pad(Borders... borders) {
  return {"reflection_pad", {lang::Value(borders)...}};
}
template <std::integral... Borders>
lang::Layer replication_pad(Borders... borders) {
  return {"replication_pad", {lang::Value(borders)...}};
}

// Chains within layers
// -----------------------------------------------------------------------------------------------------
/// x + body(x).
inline lang::Layer residual(lang::Chain body) { return {"residual", {}, {std::move(body)}}; }
inline lang::Layer repeat(int64_t times, lang::Chain body) { return {"repeat", {times}, {std::move(body)}}; }
/// The branches are joined by .concat() or .add().
template <std::convertible_to<lang::Chain>... Branches>
lang::ParallelLayer parallel(const Branches&... branches) {
  return {"parallel", {}, {lang::Chain(branches)...}};
}

}  // namespace weft::nn
