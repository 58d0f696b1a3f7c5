// Runs ONNX graphs.
#include <fmt/format.h>

#include <filesystem>
#include <ostream>
#include <set>
#include <unordered_map>

#include "weft/io/onnx.h"
#include "weft/io/onnx_ops.h"
#include "weft/tensor/file_bytes.h"

namespace weft::io {
namespace detail {

/// A node whose values are known by their numbers.
struct OnnxStep {
  OnnxNode node;
  const OnnxOp* op = nullptr;
  std::vector<int64_t> inputs, outputs;  ///< -1 for one left out
  std::vector<size_t> done;              ///< values that no later step reads
};

struct OnnxProgram {
  std::vector<OnnxStep> steps;
  std::vector<std::pair<size_t, Tensor>> weights;  ///< by value; the tensors are those of the module
  std::vector<size_t> inputs, outputs;
  size_t values = 0;
  int64_t opset = 0;
};

namespace {

/// Gives each value a number, and checks that it is made before it is used, once.
class ValueNumbers {
 public:
  explicit ValueNumbers(std::string where) : where_(std::move(where)) {}
  size_t made(const std::string& name, const std::string& by) {
    const auto [entry, added] = numbers_.emplace(name, numbers_.size());
    check<IoError>(added, "{}: {} makes '{}' a second time", where_, by, name);
    return entry->second;
  }
  size_t used(const std::string& name, const std::string& by) const {
    const auto found = numbers_.find(name);
    check<IoError>(found != numbers_.end(), "{}: {} uses '{}', which nothing before it makes", where_, by, name);
    return found->second;
  }
  size_t size() const { return numbers_.size(); }

 private:
  std::string where_;
  std::unordered_map<std::string, size_t> numbers_;
};

/// Throws for all ops at once that cannot be run.
void check_supported(const OnnxGraph& graph, const std::string& where) {
  std::string missing;
  for (const OnnxNode& n : graph.nodes) {
    const bool standard = n.domain.empty() || n.domain == "ai.onnx";
    if (standard && !n.has_subgraph && find_onnx_op(n.op)) continue;
    missing += fmt::format("{}{}", missing.empty() ? "" : ", ", n.label());
  }
  check<ValueError>(missing.empty(), "{}: has ops that are not supported: {}", where, missing);
}

/// The names of weights that are data of their node, not to be trained.
std::set<std::string> constants_of(const OnnxGraph& graph) {
  std::set<std::string> out;
  for (const OnnxNode& n : graph.nodes) {
    const bool all = n.op == "Resize" || n.op == "Upsample" || n.op == "Pad" || n.op == "Clip" || n.op == "Dropout" ||
                     n.op == "Range" || n.op == "Pow";
    const size_t first = n.op == "BatchNormalization" ? 3 : all ? 1 : n.inputs.size();
    for (size_t i = first; i < n.inputs.size(); ++i) out.insert(n.inputs[i]);
  }
  return out;
}

/// After each step, which values are not read any more.
void note_last_uses(OnnxProgram& program) {
  std::vector<bool> kept(program.values, false);
  for (const size_t v : program.outputs) kept[v] = true;
  for (size_t i = program.steps.size(); i-- > 0;) {
    OnnxStep& step = program.steps[i];
    for (const auto* list : {&step.inputs, &step.outputs})
      for (const int64_t v : *list)
        if (v >= 0 && !kept[static_cast<size_t>(v)]) {
          kept[static_cast<size_t>(v)] = true;
          step.done.push_back(static_cast<size_t>(v));
        }
  }
}

}  // namespace
}  // namespace detail

OnnxModelImpl::OnnxModelImpl(const std::string& path) : Module("OnnxModel") {
  const std::string where = fmt::format("[load_onnx] '{}'", path), bytes = read_whole("load_onnx", path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  detail::OnnxGraph graph = detail::parse_onnx(bytes, folder.empty() ? "." : folder, where);
  detail::check_supported(graph, where);
  auto program = std::make_shared<detail::OnnxProgram>();
  program->opset = graph.opset;
  detail::ValueNumbers numbers(where);
  const std::set<std::string> constants = detail::constants_of(graph);
  std::set<std::string_view> weights;
  for (auto& [name, tensor] : graph.initializers) {
    program->weights.emplace_back(numbers.made(name, "a weight"), tensor);
    weights.insert(name);
    register_weight(name, tensor, tensor.is_floating_point() && !constants.contains(name));
  }
  for (const detail::OnnxValue& v : graph.inputs) {
    if (weights.contains(v.name)) continue;  // in early versions weights are inputs, too
    program->inputs.push_back(numbers.made(v.name, "the graph"));
    inputs_.push_back(v.name);
  }
  for (detail::OnnxNode& n : graph.nodes) {
    detail::OnnxStep step;
    for (const std::string& name : n.inputs)
      step.inputs.push_back(name.empty() ? -1 : static_cast<int64_t>(numbers.used(name, n.label())));
    for (const std::string& name : n.outputs)
      step.outputs.push_back(name.empty() ? -1 : static_cast<int64_t>(numbers.made(name, n.label())));
    check<IoError>(!n.outputs.empty(), "{}: {} has no outputs", where, n.label());
    while (!n.outputs.empty() && n.outputs.back().empty()) n.outputs.pop_back();
    step.op = detail::find_onnx_op(n.op);
    step.node = std::move(n);
    program->steps.push_back(std::move(step));
  }
  for (const detail::OnnxValue& v : graph.outputs) {
    program->outputs.push_back(numbers.used(v.name, "the graph's output"));
    outputs_.push_back(v.name);
  }
  check<IoError>(!outputs_.empty(), "{}: the graph has no outputs", where);
  program->values = numbers.size();
  detail::note_last_uses(*program);
  program_ = std::move(program);
}

/// "layer.0.weight" is `weight` of the child `0` of the child `layer`; a name that cannot be split stands in the model
/// itself, with _ for each dot.
void OnnxModelImpl::register_weight(const std::string& name, const Tensor& weight, bool trains) {
  Module* owner = this;
  std::string rest = name;
  for (size_t dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
    const std::string child = rest.substr(0, dot);
    const auto* found = owner->named_children().find(child);
    const bool taken = owner->named_parameters(false).contains(child) || owner->named_buffers(false).contains(child);
    if (child.empty() || (!found && taken)) break;
    owner = found ? found->get() : owner->register_module(child, std::make_shared<Module>("OnnxWeights")).get();
    rest = rest.substr(dot + 1);
  }
  const auto free = [&](const std::string& key) {
    return !key.empty() && key.find('.') == std::string::npos && !owner->named_parameters(false).contains(key) &&
           !owner->named_buffers(false).contains(key) && !owner->named_children().contains(key);
  };
  std::string key = rest;
  for (char& c : key) c = c == '.' ? '_' : c;
  if (key.empty()) key = "_";
  while (!free(key)) key += '_';
  if (trains)
    owner->register_parameter(key, weight);
  else
    owner->register_buffer(key, weight);
}

TensorList OnnxModelImpl::run_graph(const TensorList& inputs) {
  const detail::OnnxProgram& program = *program_;
  check<ValueError>(inputs.size() == program.inputs.size(), "[onnx] has {} inputs ({}), got {}", program.inputs.size(),
                    fmt::to_string(fmt::join(inputs_, ", ")), inputs.size());
  TensorList values(program.values);
  for (const auto& [number, weight] : program.weights) values[number] = weight;
  for (size_t i = 0; i < inputs.size(); ++i) values[program.inputs[i]] = inputs[i];
  for (const detail::OnnxStep& step : program.steps) {
    TensorList arguments;
    for (const int64_t v : step.inputs) arguments.push_back(v < 0 ? Tensor() : values[static_cast<size_t>(v)]);
    try {
      const TensorList made = step.op->run({step.node, arguments, program.opset, is_training()});
      for (size_t i = 0; i < step.outputs.size(); ++i) {
        check<ValueError>(i < made.size(), "[onnx] output {} is not supported", i);
        if (step.outputs[i] >= 0) values[static_cast<size_t>(step.outputs[i])] = made[i];
      }
    } catch (Error& e) {
      e.add_context(step.node.label());
      throw;
    }
    for (const size_t v : step.done) values[v] = Tensor();
  }
  TensorList out;
  for (const size_t v : program.outputs) out.push_back(values[v]);
  return out;
}

void OnnxModelImpl::pretty_print(std::ostream& stream) const {
  stream << fmt::format("OnnxModel({} -> {}, {} nodes)", fmt::to_string(fmt::join(inputs_, ", ")),
                        fmt::to_string(fmt::join(outputs_, ", ")), program_->steps.size());
}

OnnxModel load_onnx(const std::string& path) {
  OnnxModel model(path);
  model->eval();
  return model;
}

}  // namespace weft::io
