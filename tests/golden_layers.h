// Runs the golden cases of layers: values and gradients of one case against PyTorch's.
#pragma once

#include <boost/test/unit_test.hpp>
#include <functional>
#include <iostream>

#include "tests/golden.h"
#include "weft/autograd/autograd.h"
#include "weft/nn/module.h"

namespace weft::test {

/// Gives a module the inputs of a case that are named as its parameters are.
inline void take_parameters(nn::Module& module, const TensorMap& in) {
  NoGradGuard no_grad;
  for (auto& item : module.named_parameters()) {
    const auto found = in.find(item.key());
    check<ValueError>(found != in.end(), "[golden] the case has no {}", item.key());
    check<ShapeError>(found->second.sizes() == item.value().sizes(), "[golden] {} is {} instead of {}", item.key(),
                      item.value().sizes(), found->second.sizes());
    item.value().copy_(found->second);
  }
}

/// The results of a case: its outputs, and the tensor whose gradient each of `grads` is.
struct LayerResult {
  TensorList outputs;
  TensorMap parameters;
};
using LayerCase = std::function<LayerResult(const TensorMap& in, const Json& args)>;

inline std::string golden_difference(const Json& spec, const TensorMap& tensors, const LayerCase& run, Dtype dtype,
                                     double tolerance) {
  const std::string prefix = spec["case"].get<std::string>() + "/";
  TensorMap in;
  for (const std::string name : spec["inputs"]) {
    const Tensor& t = tensors.at(prefix + "in/" + name);
    in[name] = t.is_floating_point() ? t.to(dtype, false, true) : t;
  }
  const auto wanted = spec.value("grads", std::vector<std::string>());
  for (const auto& name : wanted) in.at(name).requires_grad_();
  const LayerResult result = run(in, spec["args"]);
  TensorList outs, grad_outs, leaves;
  for (size_t i = 0; tensors.count(prefix + "out/" + std::to_string(i)); ++i) {
    const std::string index = std::to_string(i);
    if (i >= result.outputs.size()) return "output " + index + " is missing";
    if (auto d = difference(result.outputs[i], tensors.at(prefix + "out/" + index), tolerance); !d.empty())
      return "output " + index + ": " + d;
    if (const auto g = tensors.find(prefix + "grad_out/" + index); g != tensors.end())
      outs.push_back(result.outputs[i]), grad_outs.push_back(g->second.to(dtype));
  }
  if (outs.empty()) return "no output was compared";
  for (const auto& name : wanted)
    leaves.push_back(result.parameters.count(name) ? result.parameters.at(name) : in.at(name));
  const TensorList got = autograd::grad(outs, leaves, grad_outs, {}, false, true);
  for (size_t i = 0; i < wanted.size(); ++i)
    if (auto d = difference(got[i], tensors.at(prefix + "grad/" + wanted[i]), tolerance); !d.empty())
      return "gradient of " + wanted[i] + ": " + d;
  return "";
}

/// All cases of a file, each run by the function of its op.
inline void run_golden(const std::string& file, size_t count, const std::map<std::string, LayerCase>& ops, Dtype dtype,
                       double tolerance) {
  const TensorMap tensors = read_tensors(file + ".safetensors");
  const Json cases = read_json(file + ".json");
  size_t passed = 0;
  for (const Json& spec : cases) {
    std::string wrong;
    try {
      wrong = golden_difference(spec, tensors, ops.at(spec["op"].get<std::string>()), dtype, tolerance);
    } catch (const std::exception& e) {
      wrong = e.what();
    }
    passed += wrong.empty();
    BOOST_CHECK_MESSAGE(wrong.empty(), spec["case"].get<std::string>() << ": " << wrong);
  }
  BOOST_CHECK_EQUAL(cases.size(), count);
  std::cout << fmt::format("golden {}: {} of {} cases pass in {}\n", file, passed, cases.size(), dtype);
}

}  // namespace weft::test
