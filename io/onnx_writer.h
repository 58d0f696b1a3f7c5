// Builds the message of an ONNX file. Internal.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "weft/io/protobuf.h"
#include "weft/tensor/tensor.h"

namespace weft::io::detail {

using OnnxArgument = std::variant<int64_t, double, std::string, std::vector<int64_t>>;
using OnnxArguments = std::vector<std::pair<const char*, OnnxArgument>>;

class OnnxWriter {
 public:
  /// Appends a node and returns the name of its output. `path` names the layer: "/3/body/0".
  std::string node(const std::string& path, const char* op, const std::vector<std::string>& inputs,
                   const OnnxArguments& arguments = {}, size_t outputs = 1);
  /// Stores a weight and returns its name.
  std::string weight(const std::string& name, const Tensor& value);
  /// Stores a constant under a name of its own.
  std::string constant(const Tensor& value);
  std::string integers(const std::vector<int64_t>& values);
  /// Tells the type of a value; its first dimension is open. `field`: 11 input, 12 output, 13 in between.
  void describe(uint32_t field, const std::string& name, const Tensor& example);
  /// Makes a value the graph's output, named `y`.
  void output(const std::string& value, const Tensor& example);
  /// The file. Throws ValueError for weights of 2 GB and more.
  std::string finish(const std::string& text) const;

 private:
  ProtoWriter graph_;
  int64_t nodes_ = 0, constants_ = 0, bytes_ = 0;
};

}  // namespace weft::io::detail
