// ONNX files: graphs of other programs as modules.
#pragma once

#include <memory>
#include <string>
#include <vector>

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

}  // namespace weft::io
