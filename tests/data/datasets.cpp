// Data sets and their combinations: TensorDataset, map, Subset, ConcatDataset, random_split.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/data/support.h"

using namespace weft;
using namespace weft::data;
using namespace weft::data::datasets;
using transforms::Stack;

namespace {

std::vector<int64_t> targets_of(const std::vector<Example<>>& batch) {
  std::vector<int64_t> v;
  for (const Example<>& e : batch) v.push_back(e.target.item<int64_t>());
  return v;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(datasets)

BOOST_AUTO_TEST_CASE(tensor_dataset) {
  const Tensor x = arange(12).to(kFloat32).view({6, 2}), y = arange(6);
  TensorDataset one(x);
  BOOST_TEST(one.size().value() == 6u);
  BOOST_TEST(values<float>(one.get(2).data) == (std::vector<float>{4, 5}), boost::test_tools::per_element());
  TensorDataset two(x, y);
  BOOST_TEST(two.get(4).target.item<int64_t>() == 4);
  auto rows = TensorDataset(x, y).map(Stack<>());
  const Example<> batch = rows.get_batch({5, 0, 5});
  BOOST_TEST(values<float>(batch.data) == (std::vector<float>{10, 11, 0, 1, 10, 11}), boost::test_tools::per_element());
  BOOST_TEST(values<int64_t>(batch.target) == (std::vector<int64_t>{5, 0, 5}), boost::test_tools::per_element());
  const Tensor alone = TensorDataset(x).map(Stack<TensorExample>()).get_batch({1, 3});
  BOOST_TEST(values<float>(alone) == (std::vector<float>{2, 3, 6, 7}), boost::test_tools::per_element());
  BOOST_CHECK_THROW(two.get(6), IndexError);
  BOOST_CHECK_THROW(rows.get_batch({6}), IndexError);
  BOOST_CHECK_THROW(TensorDataset(x, arange(5)), ShapeError);
  BOOST_CHECK_THROW(TensorDataset(x, Tensor()), ValueError);
}

BOOST_AUTO_TEST_CASE(gathering_equals_stacking) {
  const Tensor x = arange(60).view({5, 3, 4}), y = arange(5).to(kFloat64);
  const std::vector<size_t> indices = {4, 0, 2};
  const Example<> fast = TensorDataset(x, y).map(Stack<>()).get_batch(indices);
  const Example<> slow = Stack<>().apply_batch(TensorDataset(x, y).get_batch(indices));
  BOOST_TEST(fast.data.equal(slow.data));
  BOOST_TEST(fast.target.equal(slow.target));
  BOOST_TEST((fast.data.dtype() == kInt64));
}

BOOST_AUTO_TEST_CASE(users_set_and_lambda) {
  auto set = Counting(10)
                 .map(transforms::Lambda<Example<>>([](Example<> e) { return Example<>(e.data.mul(2), e.target); }))
                 .map(transforms::TensorLambda<>([](Tensor t) { return t.add(1); }))
                 .map(Stack<>());
  const Example<> batch = set.get_batch({3, 7});
  BOOST_TEST(values<float>(batch.data) == (std::vector<float>{7, 7, 15, 15}), boost::test_tools::per_element());
  BOOST_TEST((batch.target.sizes() == IntArrayRef({2})));
  auto sums = Counting(10).map(transforms::Collate<int64_t, std::vector<Example<>>>([](std::vector<Example<>> batch) {
    int64_t sum = 0;
    for (int64_t t : targets_of(batch)) sum += t;
    return sum;
  }));
  BOOST_TEST(sums.get_batch({1, 2, 4}) == 7);
}

BOOST_AUTO_TEST_CASE(stack_refuses_what_does_not_fit) {
  Stack<> stack;
  const Tensor y = arange(1);
  check_throws<ShapeError>([&] { stack.apply_batch({{zeros({2}), y}, {zeros({3}), y}}); }, {"sample 1", "[3]", "[2]"});
  check_throws<DtypeError>(
      [&] {
        stack.apply_batch({{zeros({2}), y}, {zeros({2}, kInt32), y}});
      },
      {"sample 1", "int32"});
  check_throws<ValueError>([&] { stack.apply_batch({{zeros({2}), y}, {zeros({2}), Tensor()}}); }, {"sample 1"});
  BOOST_CHECK_THROW(stack.apply_batch({}), ValueError);
}

BOOST_AUTO_TEST_CASE(subset) {
  Subset<Counting> part(Counting(10), {7, 1, 3});
  BOOST_TEST(part.size().value() == 3u);
  BOOST_TEST(part.get(0).target.item<int64_t>() == 7);
  BOOST_TEST(targets_of(part.get_batch({2, 0})) == (std::vector<int64_t>{3, 7}), boost::test_tools::per_element());
  BOOST_CHECK_THROW(part.get_batch({3}), IndexError);
  BOOST_CHECK_THROW(Subset<Counting>(Counting(10), {10}), IndexError);
}

BOOST_AUTO_TEST_CASE(concat) {
  ConcatDataset both(Counting(3), Counting(0), Subset<Counting>(Counting(10), {9, 8}));
  BOOST_TEST(both.size().value() == 5u);
  BOOST_TEST(targets_of(both.get_batch({0, 2, 3, 4})) == (std::vector<int64_t>{0, 2, 9, 8}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW(both.get_batch({5}), IndexError);
}

BOOST_AUTO_TEST_CASE(splitting) {
  manual_seed(5);
  const auto order = values<int64_t>(randperm(10));
  manual_seed(5);
  auto parts = random_split(Counting(10), {7, 2, 1});
  BOOST_TEST(parts.size() == 3u);
  std::vector<int64_t> all;
  for (auto& p : parts)
    for (size_t i = 0; i < p.size().value(); ++i) all.push_back(p.get(i).target.item<int64_t>());
  BOOST_TEST(all == order, boost::test_tools::per_element());
  BOOST_TEST(parts[1].size().value() == 2u);

  auto shares = random_split(Counting(11), {0.5, 0.25, 0.25});
  BOOST_TEST(shares[0].size().value() == 6u);
  BOOST_TEST(shares[1].size().value() == 3u);
  BOOST_TEST(shares[2].size().value() == 2u);
  BOOST_CHECK_THROW(random_split(Counting(10), {7, 2}), ValueError);
  BOOST_CHECK_THROW(random_split(Counting(10), {0.7, 0.2}), ValueError);
  BOOST_CHECK_THROW(random_split(Counting(10), {1.5, -0.5}), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
