// Compares float32 matrix products with float64, at every size and stride with a code path of its own.
#include "weft/tensor/kernels/matmul/gemm.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/tensor/kernel_support.h"

using namespace weft;
using namespace weft::test;

namespace {

struct Sizes {
  int64_t m, n, k;
};
// Tiny, thin, split by columns, by rows, over the sum, with and without packing, and empty.
const Sizes kSizes[] = {{1, 1, 1},      {16, 10, 16},   {1, 256, 784},   {1, 4096, 1024}, {64, 256, 784},
                        {256, 784, 64}, {64, 784, 256}, {7, 13, 1000},   {10, 256, 9000}, {3, 5, 40000},
                        {1, 1, 100000}, {700, 10, 300}, {5000, 130, 70}, {512, 512, 512}, {129, 1024, 1024},
                        {300, 300, 1},  {0, 4, 3},      {4, 0, 3},       {4, 3, 0},       {1, 7, 37}};

// A matrix of these sizes with the given strides: rows, columns, rows with gaps, every second element, repeated rows.
enum Kind { kRows, kColumns, kGaps, kSteps, kRepeated };
Tensor matrix(int64_t rows, int64_t columns, Kind kind) {
  switch (kind) {
    case kRows:
      return randn({rows, columns});
    case kColumns:
      return randn({columns, rows}).t();
    case kGaps:
      return randn({rows, columns + 5}).narrow(1, 2, columns);
    case kSteps:
      return randn({rows, columns * 2}).slice(1, 0, columns * 2, 2);
    default:
      return randn({1, columns}).expand({rows, columns});
  }
}

Tensor exact(const Tensor& a, const Tensor& b, const Tensor& bias = {}) {
  return kernel::matmul("test", a.to(kFloat64), b.to(kFloat64), bias.defined() ? bias.to(kFloat64) : bias);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gemm)

BOOST_AUTO_TEST_CASE(float64_is_the_definition) {
  manual_seed(1);
  const Tensor a = randn({37, 70}, kFloat64), b = randn({70, 300}, kFloat64), c = kernel::matmul("test", a, b);
  const auto pa = a.accessor<double, 2>(), pb = b.accessor<double, 2>(), pc = c.accessor<double, 2>();
  for (int64_t i = 0; i < 37; ++i)
    for (int64_t j = 0; j < 300; ++j) {
      double sum = 0;
      for (int64_t p = 0; p < 70; ++p) sum += pa[i][p] * pb[p][j];
      BOOST_REQUIRE_SMALL(pc[i][j] - sum, 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(float32_agrees_with_float64) {
  manual_seed(2);
  for (const Sizes& s : kSizes)
    for (Kind ka : {kRows, kColumns})
      for (Kind kb : {kRows, kColumns}) {
        const Tensor a = matrix(s.m, s.k, ka), b = matrix(s.k, s.n, kb), bias = randn({s.n});
        // Rounding grows with the root of the summed length.
        const double bound = 1e-6 * (1 + std::sqrt(static_cast<double>(s.k)) / 20);
        BOOST_TEST(difference(kernel::matmul("test", a, b), exact(a, b)) < bound,
                   s.m << " x " << s.k << " x " << s.n << ", strides " << ka << kb);
        BOOST_TEST(difference(kernel::matmul("test", a, b, bias), exact(a, b, bias)) < bound,
                   s.m << " x " << s.k << " x " << s.n << " with bias");
      }
}

BOOST_AUTO_TEST_CASE(any_strides_are_read) {
  manual_seed(3);
  for (Kind ka : {kGaps, kSteps, kRepeated, kRows})
    for (Kind kb : {kGaps, kSteps, kRepeated, kColumns}) {
      const Tensor a = matrix(50, 70, ka), b = matrix(70, 60, kb);
      BOOST_TEST(difference(kernel::matmul("test", a, b), exact(a, b)) < 1e-6, "strides " << ka << kb);
    }
}

BOOST_AUTO_TEST_CASE(scaled_and_added_in_place) {
  manual_seed(4);
  for (const Sizes& s : {Sizes{20, 30, 40}, Sizes{64, 256, 784}, Sizes{4, 8, 60000}}) {
    const Tensor a = randn({s.m, s.k}), b = randn({s.k, s.n}), c = randn({s.m, s.n});
    const Tensor want = exact(a, b) * 0.5 + c.to(kFloat64) * -2.0;
    kernel::add_product("test", c, a, b, -2.0, 0.5);
    BOOST_TEST(difference(c, want) < 1e-5);
  }
  const Tensor c = full({2, 2}, NAN);  // with beta 0 the old value is not read
  kernel::add_product("test", c, ones({2, 3}), ones({3, 2}), 0, 1);
  BOOST_TEST(same_bits(c, full({2, 2}, 3.0)));
}

BOOST_AUTO_TEST_CASE(batches_may_repeat_a_matrix) {
  manual_seed(5);
  const Tensor a = randn({9, 12, 20}), b = randn({1, 20, 15}).expand({9, 20, 15});
  const Tensor c = kernel::matmul("test", a, b);
  for (int64_t i = 0; i < 9; ++i) BOOST_TEST(difference(c.select(0, i), exact(a.select(0, i), b.select(0, i))) < 1e-6);
}

BOOST_AUTO_TEST_CASE(integers_multiply_exactly_and_bool_is_refused) {
  const Tensor a = randint(-50, 50, {30, 40}), b = randint(-50, 50, {40, 20});
  const Tensor want = exact(a, b);
  for (Dtype dtype : {kInt64, kInt32})
    BOOST_TEST(same_bits(kernel::matmul("test", a.to(dtype), b.to(dtype)).to(kFloat64), want));
  BOOST_CHECK_THROW(kernel::matmul("test", a.to(kBool), b.to(kBool)), DtypeError);
  BOOST_CHECK_THROW(kernel::matmul("test", a, b.to(kFloat32)), DtypeError);
}

BOOST_AUTO_TEST_CASE(the_same_bits_at_any_number_of_threads_and_side_by_side) {
  manual_seed(6);
  for (const Sizes& s : kSizes) {
    const Tensor a = matrix(s.m, s.k, kRows), b = matrix(s.k, s.n, kColumns), bias = randn({s.n});
    auto run = [&] { return std::vector<Tensor>{kernel::matmul("test", a, b, bias)}; };
    BOOST_TEST(same_at_any_thread_count(run), s.m << " x " << s.k << " x " << s.n);
    BOOST_TEST(same_side_by_side(run), s.m << " x " << s.k << " x " << s.n);
  }
}

BOOST_AUTO_TEST_SUITE_END()
