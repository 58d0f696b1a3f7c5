// Compares every op with PyTorch's numbers: forward and gradients, in float32 and float64.
#include <boost/test/unit_test.hpp>
#include <iostream>

#include "tests/autograd/golden_ops.h"
#include "weft/autograd/autograd.h"

using namespace weft;
using namespace weft::test;

namespace {

constexpr const char* kFamilies[] = {"elementwise", "activation", "reduce", "matmul", "shape",
                                     "conv",        "pool",       "norm",   "loss"};

/// The differences from the golden numbers of one case, or "".
std::string run_case(const Json& spec, const TensorMap& tensors, Dtype dtype, double tolerance) {
  const std::string prefix = spec["case"].get<std::string>() + "/";
  TensorMap in;
  for (const std::string name : spec["inputs"]) {
    const Tensor& t = tensors.at(prefix + "in/" + name);
    in[name] = t.is_floating_point() ? t.to(dtype) : t;
  }
  TensorList leaves;
  const auto grads = spec.value("grads", std::vector<std::string>());
  for (const auto& name : grads) leaves.push_back(in.at(name).requires_grad_());

  const TensorList outs = golden_ops().at(spec["op"])({in, spec["args"]});
  TensorList differentiable, grad_outs;
  for (size_t i = 0; i < outs.size(); ++i) {
    const std::string index = std::to_string(i);
    const auto want = tensors.find(prefix + "out/" + index);
    if (want == tensors.end()) return "output " + index + " has no golden numbers";
    if (auto d = difference(outs[i], want->second, tolerance); !d.empty()) return "output " + index + ": " + d;
    if (const auto g = tensors.find(prefix + "grad_out/" + index); g != tensors.end()) {
      differentiable.push_back(outs[i]);
      grad_outs.push_back(g->second.to(dtype));
    }
  }
  if (grads.empty()) return "";
  const TensorList got = autograd::grad(differentiable, leaves, grad_outs, {}, false, true);
  for (size_t i = 0; i < grads.size(); ++i)
    if (auto d = difference(got[i], tensors.at(prefix + "grad/" + grads[i]), tolerance); !d.empty())
      return "gradient of " + grads[i] + ": " + d;
  return "";
}

void run_all(Dtype dtype, double tolerance) {
  int cases = 0, passed = 0;
  for (const char* family : kFamilies) {
    const TensorMap tensors = read_tensors(std::string(family) + ".safetensors");
    for (const Json& spec : read_json(std::string(family) + ".json")) {
      std::string wrong;
      try {
        wrong = run_case(spec, tensors, dtype, tolerance);
      } catch (const std::exception& e) {
        wrong = e.what();
      }
      ++cases;
      passed += wrong.empty();
      BOOST_CHECK_MESSAGE(wrong.empty(), spec["case"].get<std::string>() << ": " << wrong);
    }
  }
  BOOST_CHECK_EQUAL(cases, 208);
  std::cout << fmt::format("golden: {} of {} cases pass in {}\n", passed, cases, dtype);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden)

BOOST_AUTO_TEST_CASE(float32) { run_all(kFloat32, 1e-4); }
BOOST_AUTO_TEST_CASE(float64) { run_all(kFloat64, 1e-5); }

BOOST_AUTO_TEST_SUITE_END()
