// Compares sorting and the k greatest with std::stable_sort.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "weft/tensor/random.h"
#include "weft/tests/tensor/plain.h"

using namespace weft;
using namespace weft::plain;

BOOST_AUTO_TEST_SUITE(sort)

namespace {

using Shape = std::vector<int64_t>;

// The positions of the line through `at` along dim, in sorted order.
std::vector<int64_t> order_of(const std::vector<double>& line, bool descending) {
  std::vector<int64_t> order(line.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return descending ? line[a] > line[b] : line[a] < line[b]; });
  return order;
}

}  // namespace

BOOST_AUTO_TEST_CASE(against_stable_sort) {
  for (Dtype dtype : kDtypes)
    for (Layout layout : kLayouts)
      for (const Shape& shape : {Shape{}, Shape{1}, Shape{40}, Shape{5, 33}, Shape{33, 5}, Shape{2, 5, 3, 4}}) {
        const auto values = some_integers(numel_of(shape), 0, dtype == kBool ? 1 : 9, 5);
        const Tensor x = tensor_of(values, shape, dtype, layout);
        const Dims strides = contiguous_strides(shape);
        for (int64_t dim = 0; dim < std::max<int64_t>(1, x.dim()); ++dim)
          for (bool descending : {false, true}) {
            const auto [sorted, indices] = x.sort(dim, descending);
            BOOST_REQUIRE(same_bits(indices, x.argsort(dim, descending)));
            const int64_t n = x.dim() == 0 ? 1 : x.size(dim), k = (n + 1) / 2;
            const auto [top, top_at] = x.topk(k, dim, descending);
            const auto v = numbers(sorted), i = numbers(indices), tv = numbers(top), ti = numbers(top_at);
            const Dims top_strides = contiguous_strides(top.sizes());
            for_each_index(shape, [&](std::vector<int64_t> at) {
              const int64_t rank = at.empty() ? 0 : at[dim], here = offset_of(at, strides);
              const int64_t there = rank < k ? offset_of(at, top_strides) : 0;
              std::vector<double> line;
              for (int64_t e = 0; e < n; ++e) {
                if (!at.empty()) at[dim] = e;
                line.push_back(values[offset_of(at, strides)]);
              }
              const int64_t want = order_of(line, descending)[rank];
              BOOST_REQUIRE(v[here] == line[want]);
              BOOST_REQUIRE(i[here] == static_cast<double>(want));
              if (rank < k) BOOST_REQUIRE(tv[there] == line[want]);
              if (rank < k) BOOST_REQUIRE(ti[there] == static_cast<double>(want));
            });
          }
      }
}

BOOST_AUTO_TEST_CASE(nan_is_greatest) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const Tensor x = tensor({nan, 1., inf, nan, -inf});
  BOOST_TEST((numbers(x.argsort()) == std::vector<double>{4, 1, 2, 0, 3}));
  BOOST_TEST((numbers(x.argsort(0, true)) == std::vector<double>{0, 3, 2, 1, 4}));
  BOOST_TEST((numbers(std::get<1>(x.topk(3))) == std::vector<double>{0, 3, 2}));
  BOOST_TEST((numbers(std::get<1>(x.topk(2, 0, false))) == std::vector<double>{4, 1}));
}

BOOST_AUTO_TEST_CASE(any_threads) {
  manual_seed(1);
  const Tensor x = randn({300, 700});
  BOOST_TEST(same_at_any_threads([&] { return std::get<1>(x.sort(0)); }));
  BOOST_TEST(same_at_any_threads([&] { return std::get<0>(x.topk(5)); }));
}

BOOST_AUTO_TEST_CASE(empty_and_errors) {
  BOOST_TEST(std::get<0>(empty({0, 3}).sort(0)).numel() == 0);
  BOOST_TEST(std::get<1>(empty({0, 3}).sort(1)).numel() == 0);
  BOOST_TEST(std::get<0>(zeros({2, 3}).topk(0)).size(1) == 0);
  BOOST_CHECK_THROW(zeros({2, 3}).sort(2), IndexError);
  BOOST_CHECK_THROW(zeros({2, 3}).topk(4), ValueError);
  BOOST_CHECK_THROW(zeros({2, 3}).topk(-1), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
