// Rows of gradient tests: a function and its inputs, checked to second order and for leaks of a dropped graph.
#pragma once

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <vector>

#include "weft/autograd/gradcheck.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

namespace weft::autograd {

using Fn = std::function<Tensor(const TensorList&)>;

struct GradientRow {
  const char* name;
  std::vector<std::vector<int64_t>> inputs;  ///< sizes; the values are standard normal
  Fn fn;
  bool second_order = true;
};

inline TensorList random_inputs(const GradientRow& row) {
  TensorList inputs;
  for (const auto& sizes : row.inputs) inputs.push_back(randn(sizes, TensorOptions(kFloat64).requires_grad(true)));
  return inputs;
}

/// Checks first and second derivatives against differences, and that a graph dropped without backward leaves no tensor.
inline void check_gradients(const std::vector<GradientRow>& rows) {
  for (const GradientRow& row : rows) {
    manual_seed(11);
    const TensorList inputs = random_inputs(row);
    BOOST_TEST_CONTEXT(row.name) {
      try {
        BOOST_TEST(gradcheck(row.fn, inputs));
        if (row.second_order) BOOST_TEST(gradgradcheck(row.fn, inputs));
      } catch (const std::exception& e) {
        BOOST_ERROR(e.what());
      }
      const int64_t before = TensorImpl::live();
      { const Tensor dropped = row.fn(inputs); }
      BOOST_TEST(TensorImpl::live() == before);
    }
  }
}

}  // namespace weft::autograd
