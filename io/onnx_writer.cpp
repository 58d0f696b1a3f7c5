#include "weft/io/onnx_writer.h"

#include <fmt/format.h>

#include "weft/io/elements.h"
#include "weft/tensor/creation.h"
#include "weft/version.h"

namespace weft::io::detail {
namespace {

constexpr int64_t kMostWeightBytes = (int64_t{1} << 31) - (1 << 20);

ProtoWriter written_attribute(const char* name, const OnnxArgument& value) {
  enum Type { kFloat = 1, kInt = 2, kString = 3, kInts = 7 };
  ProtoWriter a;
  a.bytes(1, name);
  if (const auto* i = std::get_if<int64_t>(&value)) {
    a.integer(3, *i).integer(20, kInt);
  } else if (const auto* f = std::get_if<double>(&value)) {
    a.real(2, static_cast<float>(*f)).integer(20, kFloat);
  } else if (const auto* s = std::get_if<std::string>(&value)) {
    a.bytes(4, *s).integer(20, kString);
  } else {
    for (const int64_t v : std::get<std::vector<int64_t>>(value)) a.integer(8, v);
    a.integer(20, kInts);
  }
  return a;
}

}  // namespace

std::string OnnxWriter::node(const std::string& path, const char* op, const std::vector<std::string>& inputs,
                             const OnnxArguments& arguments, size_t outputs) {
  const std::string name = fmt::format("{}/{}_{}", path, op, nodes_++);
  ProtoWriter n;
  for (const std::string& input : inputs) n.bytes(1, input);
  for (size_t i = 0; i < outputs; ++i) n.bytes(2, fmt::format("{}_output_{}", name, i));
  n.bytes(3, name).bytes(4, op);
  for (const auto& [key, value] : arguments) n.message(5, written_attribute(key, value));
  graph_.message(1, n);
  return name + "_output_0";
}

std::string OnnxWriter::weight(const std::string& name, const Tensor& value) {
  const Tensor t = value.detach().contiguous();
  bytes_ += t.nbytes();
  check<ValueError>(bytes_ < kMostWeightBytes,
                    "[save_onnx] the weights take 2 GB or more, which an ONNX file cannot hold");
  ProtoWriter w;
  for (const int64_t size : t.sizes()) w.integer(1, size);
  w.integer(2, row_of(element_of(t.dtype())).onnx).bytes(8, name);
  w.bytes(9, {static_cast<const char*>(t.data_ptr()), static_cast<size_t>(t.nbytes())});
  graph_.message(5, w);
  return name;
}

std::string OnnxWriter::constant(const Tensor& value) {
  return weight(fmt::format("/constant_{}", constants_++), value);
}

std::string OnnxWriter::integers(const std::vector<int64_t>& values) {
  Tensor t = empty(static_cast<int64_t>(values.size()), kInt64);
  std::copy(values.begin(), values.end(), t.data_ptr<int64_t>());
  return constant(t);
}

void OnnxWriter::describe(uint32_t field, const std::string& name, const Tensor& example) {
  ProtoWriter shape;
  for (int64_t d = 0; d < example.dim(); ++d) {
    ProtoWriter size;
    if (d == 0)
      size.bytes(2, "batch");
    else
      size.integer(1, example.size(d));
    shape.message(1, size);
  }
  ProtoWriter tensor;
  tensor.integer(1, row_of(element_of(example.dtype())).onnx).message(2, shape);
  graph_.message(field, ProtoWriter().bytes(1, name).message(2, ProtoWriter().message(1, tensor)));
}

void OnnxWriter::output(const std::string& value, const Tensor& example) {
  graph_.message(1, ProtoWriter().bytes(1, value).bytes(2, "y").bytes(3, "/output").bytes(4, "Identity"));
  describe(12, "y", example);
}

std::string OnnxWriter::finish(const std::string& text) const {
  constexpr int64_t kIrVersion = 8, kOpset = 17;
  ProtoWriter graph = graph_;
  graph.bytes(2, "weft");
  ProtoWriter model;
  model.integer(1, kIrVersion).bytes(2, "weft");
  model.bytes(3, fmt::format("{}.{}.{}", WEFT_VERSION_MAJOR, WEFT_VERSION_MINOR, WEFT_VERSION_PATCH));
  model.message(7, graph).message(8, ProtoWriter().bytes(1, "").integer(2, kOpset));
  model.message(14, ProtoWriter().bytes(1, "weft.model").bytes(2, text));
  return model.text();
}

}  // namespace weft::io::detail
