// Model: a built network with its description in the model language.
#pragma once

#include <iosfwd>
#include <string>

#include "weft/nn/container.h"
#include "weft/nn/lang/spec.h"

namespace weft::nn {

/// A Sequential that knows its description and its input and output sizes. Children are named by their position in the
/// chain (from 0, `input` not counted) or by their given name: "0.weight", "fc1.bias", "3.body.0.weight".
class ModelImpl : public SequentialImpl {
 public:
  /// Builds a chain that begins with `input`. Throws ValueError or ShapeError with the place and the layer for an
  /// invalid chain. Parameters are drawn in the order of the layers.
  explicit ModelImpl(lang::Chain description);
  explicit ModelImpl(const char* text) : ModelImpl(lang::Chain(text)) {}
  explicit ModelImpl(const std::string& text) : ModelImpl(lang::Chain(text)) {}
  /// A model of `head`'s layers followed by those of `tail`.
  ModelImpl(const ModelImpl& head, const lang::Chain& tail);

  std::shared_ptr<Module> clone(const std::optional<Device>& = std::nullopt) const override;
  void pretty_print(std::ostream& stream) const override;

  const lang::Chain& description() const { return description_; }
  /// The canonical text: nn::parse(text()) is the same model with new weights.
  std::string text() const { return description_.text(); }
  /// True if the layers are still those of the description: none was added, replaced or changed by hand.
  bool is_as_described() const;
  /// Sizes of one sample, without the batch dimension.
  const Dims& input_sizes() const { return input_; }
  const Dims& output_sizes() const { return output_; }
  /// True if the input is int64, as an `embedding` requires.
  bool reads_whole_numbers() const { return whole_; }

 private:
  /// Accepts a batch of samples, or one sample, of input_sizes(). Throws ShapeError for other sizes.
  void check_input(const Tensor& x) const override;
  lang::Chain description_;
  std::string built_;  // as printed
  Dims input_, output_;
  bool whole_ = false;
};

/// Holds a model by shared pointer; it can be used wherever nn::Sequential can. Prints its text; `*model` prints the
/// tree of modules.
class Model : public ModuleHolder<ModelImpl> {
 public:
  using ModuleHolder<ModelImpl>::ModuleHolder;
  using Impl = ModelImpl;
  operator Sequential() const { return Sequential(std::shared_ptr<SequentialImpl>(ptr())); }  // NOLINT
};
std::ostream& operator<<(std::ostream& stream, const Model& model);

/// A model of the layers of `model` followed by those of `tail`; the layers of `model` are shared.
Model operator|(const Model& model, const lang::Chain& tail);

/// Parses and builds a model: nn::parse("input 1 28 28 | conv 32 5 same | relu | max_pool 2 | flatten | linear 10").
/// Newlines count as spaces, and `#` begins a comment. Throws ValueError and ShapeError with line, column and layer.
Model parse(std::string_view text);

}  // namespace weft::nn
