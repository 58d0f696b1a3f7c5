// Samplers: order, sizes, frequencies, and their state.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <numeric>

#include "tests/data/support.h"
#include "weft/data/sampler.h"
#include "weft/tensor/random.h"

using namespace weft;
using namespace weft::data;
using namespace weft::data::samplers;
using Indices = std::vector<size_t>;

namespace {

template <class S>
Indices drain(S& sampler, size_t batch) {
  Indices all;
  while (auto request = sampler.next(batch)) {
    BOOST_TEST(request->size() <= batch);
    all.insert(all.end(), request->begin(), request->end());
  }
  return all;
}

Indices permutation(int64_t n) {
  const auto v = values<int64_t>(randperm(n));
  return {v.begin(), v.end()};
}

Indices counted(size_t n) {
  Indices v(n);
  std::iota(v.begin(), v.end(), size_t{0});
  return v;
}

// A sampler of the same kind that loads the state after some requests continues like the first.
template <class S>
void check_state(S sampler, S other) {
  sampler.reset();
  sampler.next(3);
  const Tensor state = sampler.state();
  other.load_state(state);
  BOOST_TEST(drain(other, 4) == drain(sampler, 4), boost::test_tools::per_element());
  BOOST_CHECK_THROW(other.load_state(Tensor()), ValueError);
  BOOST_CHECK_THROW(other.load_state(zeros({3})), ValueError);
  BOOST_CHECK_THROW(other.load_state(from_values({9, 2})), ValueError);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(samplers)

BOOST_AUTO_TEST_CASE(sequential) {
  SequentialSampler s(10);
  BOOST_TEST(s.next(4).value() == (Indices{0, 1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST(s.next(4).value() == (Indices{4, 5, 6, 7}), boost::test_tools::per_element());
  BOOST_TEST(s.next(4).value() == (Indices{8, 9}), boost::test_tools::per_element());
  BOOST_TEST(!s.next(4));
  s.reset();
  BOOST_TEST(drain(s, 3) == counted(10), boost::test_tools::per_element());
  s.reset(4);
  BOOST_TEST(drain(s, 3) == counted(4), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(random_is_randperm) {
  manual_seed(3);
  const Indices first = permutation(17), second = permutation(17), third = permutation(5);
  manual_seed(3);
  RandomSampler s(17);
  BOOST_TEST(drain(s, 4) == first, boost::test_tools::per_element());
  BOOST_TEST(!s.next(4));
  s.reset();
  BOOST_TEST(drain(s, 4) == second, boost::test_tools::per_element());
  s.reset(5);
  BOOST_TEST(drain(s, 4) == third, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(subset) {
  const Indices wanted = {3, 30, 300, 4, 40};
  SubsetRandomSampler s(wanted);
  std::map<Indices, int> orders;
  for (int epoch = 0; epoch < 20; ++epoch) {
    s.reset();
    Indices got = drain(s, 2);
    ++orders[got];
    BOOST_TEST(std::is_permutation(got.begin(), got.end(), wanted.begin(), wanted.end()));
  }
  BOOST_TEST(orders.size() > 5u);
  BOOST_CHECK_THROW(s.reset(4), ValueError);
}

BOOST_AUTO_TEST_CASE(weighted_frequencies) {
  manual_seed(0);
  const std::vector<double> weights = {1, 0, 3, 6, 0};
  const size_t draws = 100000;
  WeightedRandomSampler s(weights, draws);
  std::vector<double> share(weights.size());
  for (size_t i : drain(s, 1000)) share[i] += 1.0 / draws;
  for (size_t i = 0; i < weights.size(); ++i) BOOST_TEST(std::abs(share[i] - weights[i] / 10) < 0.006);
  BOOST_TEST(share[1] == 0);
  BOOST_TEST(share[4] == 0);
}

BOOST_AUTO_TEST_CASE(weighted_without_replacement) {
  manual_seed(0);
  const Indices wanted = {0, 2, 3};
  int heavy_first = 0;
  WeightedRandomSampler s({1, 0, 8, 1}, 3, false);
  for (int round = 0; round < 2000; ++round) {
    s.reset();
    const Indices got = drain(s, 8);
    BOOST_TEST(std::is_permutation(got.begin(), got.end(), wanted.begin(), wanted.end()));
    heavy_first += got[0] == 2;
  }
  BOOST_TEST(std::abs(heavy_first / 2000.0 - 0.8) < 0.04);
}

BOOST_AUTO_TEST_CASE(weighted_refuses) {
  BOOST_CHECK_THROW(WeightedRandomSampler({}, 1), ValueError);
  BOOST_CHECK_THROW(WeightedRandomSampler({0, 0}, 1), ValueError);
  BOOST_CHECK_THROW(WeightedRandomSampler({1, -1}, 1), ValueError);
  BOOST_CHECK_THROW(WeightedRandomSampler({1, INFINITY}, 1), ValueError);
  BOOST_CHECK_THROW(WeightedRandomSampler({1, 1}, 0), ValueError);
  BOOST_CHECK_THROW(WeightedRandomSampler({1, 1, 0}, 3, false), ValueError);
}

BOOST_AUTO_TEST_CASE(state) {
  check_state(SequentialSampler(12), SequentialSampler(5));
  check_state(RandomSampler(12), RandomSampler(5));
  check_state(SubsetRandomSampler(counted(12)), SubsetRandomSampler(counted(12)));
  check_state(WeightedRandomSampler({1, 2, 3}, 12), WeightedRandomSampler({1, 2, 3}, 12));
}

BOOST_AUTO_TEST_SUITE_END()
