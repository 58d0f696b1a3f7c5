#include "weft/train/digits.h"

#include <boost/test/unit_test.hpp>

#include "weft/data/synthetic_digits.h"

using namespace weft;

BOOST_AUTO_TEST_SUITE(digits)

BOOST_AUTO_TEST_CASE(the_first_of_a_set) {
  const data::datasets::SyntheticDigits drawn(5, 1);
  const train::Digits all({drawn.pixels(), drawn.targets()}), few = train::first(all, 3);
  BOOST_TEST(few.size().value() == 3u);
  BOOST_TEST(few.pixels().equal(drawn.pixels().slice(0, 0, 3)));
  BOOST_TEST(few.targets().equal(drawn.targets().slice(0, 0, 3)));
  BOOST_TEST(train::first(all, 5).size().value() == 5u);
  for (int64_t count : {0, 6, -1}) BOOST_CHECK_THROW(train::first(all, count), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
