// The parts of an ONNX file that weft uses: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Internal.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft::io::detail {

/// The value of an attribute. Only one member is used.
struct OnnxAttribute {
  float real = 0;
  int64_t integer = 0;
  std::string text;
  Tensor tensor;
  std::vector<float> reals;
  std::vector<int64_t> integers;
};

struct OnnxNode {
  std::string op, name, domain;
  std::vector<std::string> inputs, outputs;  ///< "" for one left out
  std::map<std::string, OnnxAttribute> attributes;
  bool has_subgraph = false;

  /// "node '/c1/Conv' (Conv)"
  std::string label() const;
};

/// An input or output of the graph.
struct OnnxValue {
  std::string name;
  int64_t element = 0;             ///< TensorProto.DataType
  std::vector<std::string> sizes;  ///< a number, or the name of a size that is open
  bool has_shape = false;
};

struct OnnxGraph {
  std::vector<OnnxNode> nodes;  ///< in the order of execution
  std::vector<std::pair<std::string, Tensor>> initializers;
  std::vector<OnnxValue> inputs, outputs;
  std::map<std::string, std::string> metadata;
  int64_t opset = 0, ir_version = 0;
  std::string producer;
};

/// Reads the graph; `folder` is where files of weights beside the model are looked for. Throws IoError that begins with
/// `where` for a message that is damaged, sizes that do not agree with their bytes, and weights in a file outside
/// `folder`.
OnnxGraph parse_onnx(std::string_view bytes, const std::string& folder, const std::string& where);

}  // namespace weft::io::detail
