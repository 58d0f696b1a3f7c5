// Layers as nodes of ONNX. Internal.
#pragma once

#include "weft/io/onnx_writer.h"
#include "weft/nn/container.h"

namespace weft::io::detail {

/// The place of a layer in the graph that is being written.
struct ExportSite {
  OnnxWriter& out;
  std::string path;    ///< "/3/body/0"
  std::string prefix;  ///< of its parameters: "3.body.0."
  std::string x;       ///< the name of its input
  Tensor in, result;   ///< example values: a batch

  std::string node(const char* op, const std::vector<std::string>& inputs, const OnnxArguments& arguments = {},
                   size_t outputs = 1) const {
    return out.node(path, op, inputs, arguments, outputs);
  }
  std::string weight(const char* name, const Tensor& value) const { return out.weight(prefix + name, value); }
  /// A constant of the input's dtype.
  std::string number(double value) const;
  /// x op y for names.
  std::string add(const std::string& a, const std::string& b) const { return node("Add", {a, b}); }
  std::string mul(const std::string& a, const std::string& b) const { return node("Mul", {a, b}); }
  /// The input in the sizes of `result`, the batch left open.
  std::string reshaped(const std::string& value, const Tensor& like) const;
};

// Each writes the nodes of a layer of its family and returns the name of the result, or "" for another layer. They
// throw ValueError for options that ONNX cannot express.
std::string export_activation(const ExportSite& s, nn::Module& layer);
std::string export_product(const ExportSite& s, nn::Module& layer);
std::string export_norm(const ExportSite& s, nn::Module& layer);
std::string export_shape(const ExportSite& s, nn::Module& layer);
std::string export_pool(const ExportSite& s, nn::Module& layer);

}  // namespace weft::io::detail
