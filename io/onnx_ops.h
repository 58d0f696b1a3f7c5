// The ops of ONNX that weft runs: https://onnx.ai/onnx/operators. Internal.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "weft/io/onnx_graph.h"

namespace weft::io::detail {

/// A node and the tensors that it is applied to.
struct OnnxCall {
  const OnnxNode& node;
  const TensorList& inputs;  ///< undefined where left out
  int64_t opset;
  bool training;

  bool has(size_t i) const { return i < inputs.size() && inputs[i].defined(); }
  /// The i-th input; throws ValueError if it is missing.
  const Tensor& in(size_t i) const;
  /// The int64 elements of the i-th input.
  std::vector<int64_t> list(size_t i) const;
  const OnnxAttribute* find(const char* name) const;
  int64_t integer(const char* name, int64_t usual) const;
  double real(const char* name, double usual) const;
  std::string text(const char* name, const char* usual) const;
  std::vector<int64_t> integers(const char* name, std::vector<int64_t> usual = {}) const;
  /// The axes given as an attribute, or as the i-th input in later opsets.
  std::vector<int64_t> axes(size_t i) const;
  /// Throws ValueError, naming the attribute, unless `ok`.
  void require(bool ok, const char* what) const;
};

struct OnnxOp {
  std::string_view name;
  TensorList (*run)(const OnnxCall&);
};

/// Null for an op that weft does not have.
const OnnxOp* find_onnx_op(std::string_view name);

// The table in parts.
std::vector<OnnxOp> onnx_math_ops();
std::vector<OnnxOp> onnx_shape_ops();
std::vector<OnnxOp> onnx_layer_ops();
std::vector<OnnxOp> onnx_recurrent_ops();

}  // namespace weft::io::detail
