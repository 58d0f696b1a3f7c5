// SyntheticDigits: reproducible, independent of threads and count, and normalised like MNIST.
#include "weft/data/synthetic_digits.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/data/support.h"
#include "weft/tensor/parallel.h"

using namespace weft;
using namespace weft::data;
using datasets::SyntheticDigits;

BOOST_AUTO_TEST_SUITE(synthetic_digits)

BOOST_AUTO_TEST_CASE(same_for_any_number_of_threads) {
  const int threads = get_num_threads();
  std::vector<std::vector<uint8_t>> seen;
  for (int n : {1, 2, 3}) {
    set_num_threads(n);
    seen.push_back(values<uint8_t>(SyntheticDigits(300, 5).pixels()));
  }
  set_num_threads(threads);
  BOOST_TEST((seen[0] == seen[1]));
  BOOST_TEST((seen[0] == seen[2]));
}

BOOST_AUTO_TEST_CASE(the_first_of_many_are_the_few) {
  const SyntheticDigits few(100, 5), many(1000, 5), other(100, 6);
  const auto a = values<uint8_t>(few.pixels()), b = values<uint8_t>(many.pixels()), c = values<uint8_t>(other.pixels());
  BOOST_TEST(std::equal(a.begin(), a.end(), b.begin()));
  BOOST_TEST((a != c));
  const auto la = values<int64_t>(few.targets()), lb = values<int64_t>(many.targets());
  BOOST_TEST(std::equal(la.begin(), la.end(), lb.begin()));
  BOOST_TEST(SyntheticDigits(0).size().value() == 0u);
}

BOOST_AUTO_TEST_CASE(all_digits_in_even_shares) {
  const SyntheticDigits digits(5000, 1);
  std::vector<int> count(10);
  for (int64_t l : values<int64_t>(digits.targets())) ++count.at(static_cast<size_t>(l));
  for (int c : count) BOOST_TEST(std::abs(c - 500) < 110);  // five standard deviations
}

BOOST_AUTO_TEST_CASE(normalised_as_mnist) {
  const SyntheticDigits digits(500, 1);
  const auto pixels = values<uint8_t>(digits.pixels());
  double ink = 0;
  for (size_t n = 0; n < 500; ++n) {
    double sum = 0, sx = 0, sy = 0;
    int x0 = 28, x1 = -1, y0 = 28, y1 = -1;
    for (int i = 0; i < 784; ++i) {
      const int v = pixels[n * 784 + static_cast<size_t>(i)], x = i % 28, y = i / 28;
      sum += v, sx += v * x, sy += v * y;
      if (v > 40) x0 = std::min(x0, x), x1 = std::max(x1, x), y0 = std::min(y0, y), y1 = std::max(y1, y);
    }
    ink += sum / (784.0 * 255 * 500);
    BOOST_TEST(std::abs(sx / sum - 13.5) < 0.7);
    BOOST_TEST(std::abs(sy / sum - 13.5) < 0.7);
    const int longest = std::max(x1 - x0, y1 - y0) + 1;
    BOOST_TEST(longest >= 17);
    BOOST_TEST(longest <= 20);
  }
  BOOST_TEST((ink > 0.09 && ink < 0.18));  // MNIST: 0.1307
}

BOOST_AUTO_TEST_CASE(options) {
  SyntheticDigitsOptions still;
  still.wobble = still.distortion = still.slant = still.pen = 0;
  BOOST_TEST(
      (values<uint8_t>(SyntheticDigits(50, 1, still).pixels()) != values<uint8_t>(SyntheticDigits(50, 1).pixels())));
  still.pen = -1;
  BOOST_CHECK_THROW(SyntheticDigits(5, 1, still), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
