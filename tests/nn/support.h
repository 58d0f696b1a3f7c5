// Shared by the tests of nn/: messages of errors, comparison by the golden rule, printing.
#pragma once

#include <boost/test/unit_test.hpp>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "weft/autograd/autograd.h"
#include "weft/nn/nn.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

namespace weft {

namespace F = nn::functional;

/// The message of the E thrown by f; fails the test if nothing is thrown.
template <class E = Error, class Function>
std::string message_of(Function f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  BOOST_ERROR("nothing was thrown");
  return {};
}

template <class T>
std::string printed(const T& t) {
  std::ostringstream out;
  out << t;
  return out.str();
}

inline std::vector<double> values(const Tensor& t) {
  const Tensor c = t.detach().to(kFloat64).contiguous();
  const double* p = c.data_ptr<double>();
  return {p, p + c.numel()};
}

/// |got - want| <= tolerance (|want| + max |want|) for each element.
inline void check_close(const Tensor& got, const std::vector<double>& want, double tolerance = 1e-4) {
  BOOST_REQUIRE_EQUAL(got.numel(), static_cast<int64_t>(want.size()));
  double largest = 0;
  for (double w : want) largest = std::max(largest, std::abs(w));
  const std::vector<double> have = values(got);
  for (size_t i = 0; i < want.size(); ++i)
    BOOST_CHECK_MESSAGE(std::abs(have[i] - want[i]) <= tolerance * (std::abs(want[i]) + largest),
                        "element " << i << ": got " << have[i] << ", want " << want[i]);
}

inline void check_same(const Tensor& a, const Tensor& b) {
  BOOST_CHECK_EQUAL(to_string(a.sizes()), to_string(b.sizes()));
  BOOST_CHECK(a.equal(b));
}

}  // namespace weft
