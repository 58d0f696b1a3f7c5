// ONNX files: graphs of other programs as modules, and models of the model language as graphs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/nn/lang/model.h"
#include "weft/nn/module_holder.h"

namespace weft::io {

namespace detail {
struct OnnxProgram;
}

/// An ONNX graph that runs and trains. Its weights are parameters under their names in the file ("fc.weight"); running
/// statistics, integers and the sizes and scales of Resize, Pad and Clip are buffers. In training mode
/// BatchNormalization and Dropout behave as in PyTorch.
class OnnxModelImpl : public nn::Module {
 public:
  /// Reads a file of opset 7 to 22, with the weights inside or in files beside it. Throws IoError for a damaged file,
  /// and ValueError for ops that weft does not have: all of them, with the names of their nodes.
  explicit OnnxModelImpl(const std::string& path);

  /// The first output for the inputs in order. Throws ValueError for another count of inputs, and the errors of the ops
  /// with the node's name.
  Tensor forward(const Tensor& x) { return run_graph({x}).front(); }
  /// All outputs.
  TensorList run_graph(const TensorList& inputs);
  const std::vector<std::string>& input_names() const { return inputs_; }
  const std::vector<std::string>& output_names() const { return outputs_; }
  void pretty_print(std::ostream& stream) const override;

 private:
  void register_weight(const std::string& name, const Tensor& weight, bool trains);
  std::shared_ptr<const detail::OnnxProgram> program_;
  std::vector<std::string> inputs_, outputs_;
};
/// Holds an OnnxModelImpl.
WEFT_MODULE(OnnxModel);

/// The model of a file in evaluation mode.
OnnxModel load_onnx(const std::string& path);

/// Writes a model of the model language as an ONNX graph of opset 17 (IR version 8) in evaluation mode: the input `x`
/// and the output `y` have an open batch dimension `batch`, weights have the names of the parameters and lie in the
/// file, the types of all values are stored, and the model's text is in the metadata as `weft.model`. Throws ValueError
/// for a layer that ONNX cannot express, with its name, and for weights of 2 GB and more, which no such file can hold;
/// the file is replaced when complete.
void save_onnx(const nn::Model& model, const std::string& path);

}  // namespace weft::io
