// Pooling: compares the loops vectorised over channels with the plain ones, and those with the definition.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/tensor/kernel_support.h"
#include "weft/tensor/kernels/conv/pool.h"

using namespace weft;
using namespace weft::test;
using kernel::PoolAxis;
using kernel::PoolWindows;

namespace {

struct Case {
  const char* name;
  int64_t n, c, h, w, kernel, stride, padding, dilation;
  bool ceil_mode;
  PoolWindows windows(bool count_padding = false, int64_t divisor = 0) const {
    return {PoolAxis::sliding(h, kernel, stride, padding, dilation, ceil_mode, count_padding),
            PoolAxis::sliding(w, kernel, stride, padding, dilation, ceil_mode, count_padding), divisor};
  }
};

const Case kCases[] = {
    {"2x2", 5, 32, 12, 12, 2, 2, 0, 1, false},
    {"2x2, rows left out", 3, 24, 11, 13, 2, 2, 0, 1, false},
    {"2x2, ceil", 3, 19, 11, 13, 2, 2, 0, 1, true},
    {"overlapping", 2, 17, 12, 9, 3, 2, 1, 1, false},
    {"overlapping, ceil", 2, 5, 10, 10, 3, 2, 1, 1, true},
    {"gaps", 2, 16, 11, 11, 2, 3, 0, 1, false},
    {"dilated", 1, 7, 12, 12, 2, 1, 0, 2, false},
    {"dilated, padded", 2, 3, 9, 9, 3, 2, 1, 2, false},
    {"one channel", 4, 1, 28, 28, 2, 2, 0, 1, false},
    {"one pixel out", 3, 40, 5, 5, 5, 5, 0, 1, false},
    {"batch 1", 1, 64, 14, 14, 2, 2, 0, 1, false},
};

struct Operands {
  Operands(const Case& k, const PoolWindows& w)
      : x(randn({k.n, k.c, k.h, k.w})), g(randn({k.n, k.c, w.h.out, w.w.out})) {}
  Tensor x, g;
};

std::vector<Tensor> max_passes(const PoolWindows& w, const Tensor& x, const Tensor& g) {
  const bool last = kernel::lies_channels_last(x);
  const auto [y, positions] = kernel::max_pool(x, w, true);
  return {y, positions, kernel::max_pool(x, w, false).first, kernel::max_pool_grad(g, positions, w, last),
          kernel::take_positions(x, positions, last)};
}
std::vector<Tensor> avg_passes(const PoolWindows& w, const Tensor& x, const Tensor& g) {
  return {kernel::avg_pool(x, w), kernel::avg_pool_grad(g, w, kernel::lies_channels_last(x))};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pool_kernels)

BOOST_AUTO_TEST_CASE(maxima_agree_with_the_plain_loops_in_every_memory_order) {
  manual_seed(1);
  for (const Case& k : kCases) {
    const PoolWindows w = k.windows();
    const Operands o(k, w);
    const auto want = max_passes(w, o.x.to(kFloat64), o.g.to(kFloat64));
    BOOST_TEST(same_bits(want[0], want[4]), k.name << ": the values are those at the positions");
    for (Order order : kOrders) {
      const auto got = max_passes(w, laid_out(o.x, order), laid_out(o.g, order));
      for (size_t i = 0; i < want.size(); ++i) {
        const double bound = w.tiles() || i != 3 ? 0 : 1e-6;  // overlapping gradients are sums
        BOOST_TEST(difference(got[i], want[i]) <= bound, k.name << ", pass " << i << ", order " << int(order));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(averages_agree_with_the_plain_loops_in_every_memory_order) {
  manual_seed(2);
  for (const Case& k : kCases)
    for (bool count_padding : {false, true})
      for (int64_t divisor : {0, 3}) {
        const PoolWindows w = k.windows(count_padding, divisor);
        const Operands o(k, w);
        const auto want = avg_passes(w, o.x.to(kFloat64), o.g.to(kFloat64));
        for (Order order : kOrders) {
          const auto got = avg_passes(w, laid_out(o.x, order), laid_out(o.g, order));
          for (size_t i = 0; i < want.size(); ++i)
            BOOST_TEST(difference(got[i], want[i]) < 1e-6, k.name << ", pass " << i << ", order " << int(order));
        }
      }
}

BOOST_AUTO_TEST_CASE(windows_are_those_of_the_definition) {
  // By hand: 5 inputs, windows of 3 every 2, padding 1, ceil: [-1 0 1] [1 2 3] [3 4 5].
  const PoolAxis a = PoolAxis::sliding(5, 3, 2, 1, 1, true, true);
  BOOST_TEST(a.out == 3);
  BOOST_TEST(a.first == (std::vector<int64_t>{0, 1, 3}), boost::test_tools::per_element());
  BOOST_TEST(a.count == (std::vector<int64_t>{2, 3, 2}), boost::test_tools::per_element());
  BOOST_TEST(a.extent == (std::vector<int64_t>{3, 3, 3}), boost::test_tools::per_element());
  BOOST_TEST(PoolAxis::sliding(5, 3, 2, 1, 1, true, false).extent == a.count, boost::test_tools::per_element());
  // A window that would start in the high padding does not count: 4 inputs, windows of 2 every 3, ceil.
  BOOST_TEST(PoolAxis::sliding(6, 2, 3, 1, 1, true).out == 3);
  BOOST_TEST(PoolAxis::sliding(4, 2, 4, 0, 1, true).out == 1);
  BOOST_TEST(PoolAxis::sliding(3, 5, 1, 0, 1, false).out == 0);
  const PoolAxis b = PoolAxis::adaptive(7, 3);
  BOOST_TEST(b.first == (std::vector<int64_t>{0, 2, 4}), boost::test_tools::per_element());
  BOOST_TEST(b.count == (std::vector<int64_t>{3, 3, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_maximum_is_the_first_of_equals_and_nan_wins) {
  const float inf = std::numeric_limits<float>::infinity();
  const PoolWindows w{PoolAxis::sliding(2, 2, 2, 0, 1, false), PoolAxis::sliding(2, 2, 2, 0, 1, false)};
  const float rows[][4] = {{1, 3, 3, 2}, {0, NAN, 5, 1}, {-inf, -inf, -inf, -inf}, {-3, -2, -1, -4}};
  const int32_t want[] = {1, 1, 0, 2};
  for (int64_t channels : {1, 3, 40})
    for (Order order : kOrders)
      for (int i = 0; i < 4; ++i) {
        Tensor x = empty({1, channels, 2, 2});
        for (int64_t c = 0; c < channels; ++c) std::copy_n(rows[i], 4, x.data_ptr<float>() + c * 4);
        const auto [y, positions] = kernel::max_pool(laid_out(x, order), w, true);
        for (int64_t c = 0; c < channels; ++c) {
          BOOST_TEST(positions.data_ptr<int32_t>()[c] == want[i]);
          const float value = y.data_ptr<float>()[c], expected = rows[i][want[i]];
          BOOST_TEST((value == expected || (std::isnan(value) && std::isnan(expected))));
        }
      }
}

BOOST_AUTO_TEST_CASE(the_same_bits_at_any_number_of_threads_and_the_order_stays) {
  manual_seed(3);
  for (const Case& k : kCases) {
    const PoolWindows w = k.windows(true);
    const Operands o(k, w);
    for (Order order : kOrders) {
      const Tensor g = laid_out(o.g, order);
      auto run = [&] {
        const Tensor x = laid_out(o.x, order);
        auto all = max_passes(w, x, g);
        for (const Tensor& t : avg_passes(w, x, g)) all.push_back(t);
        if (order == Order::Private && k.c > 1) {
          BOOST_TEST(x.impl().storage->channels_last());
          BOOST_TEST(all[3].impl().storage->channels_last());
          BOOST_TEST(all[0].impl().storage->channels_last() == (w.h.out > 1));
        }
        return all;
      };
      BOOST_TEST(same_at_any_thread_count(run), k.name);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
