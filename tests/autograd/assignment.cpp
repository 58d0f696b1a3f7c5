// Assignment: to a variable, which becomes another handle, and to a temporary, which writes through.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>

#include "weft/weft.h"

using namespace weft;
using indexing::None;

namespace {
std::vector<double> values(const Tensor& t) {
  const Tensor d = t.detach().to(kFloat64).contiguous();
  return {d.data_ptr<double>(), d.data_ptr<double>() + d.numel()};
}
using Values = std::vector<double>;
}  // namespace

BOOST_AUTO_TEST_SUITE(assignment)

BOOST_AUTO_TEST_CASE(a_temporary_is_written_through) {
  const Tensor ones3 = ones({3});
  const std::vector<std::pair<std::function<void(Tensor&)>, Values>> rows = {
      {[&](Tensor& x) { x[0] = ones3; }, {1, 1, 1, 0, 0, 0}},
      {[&](Tensor& x) { x[-1] = ones({1}); }, {0, 0, 0, 1, 1, 1}},  // broadcast
      {[&](Tensor& x) {
         x[1] = tensor({1, 2, 3});
       },
       {0, 0, 0, 1, 2, 3}},  // converted
      {[&](Tensor& x) { x[0] = 1.5; }, {1.5, 1.5, 1.5, 0, 0, 0}},
      {[&](Tensor& x) { x[0][1] = 3; }, {0, 3, 0, 0, 0, 0}},
      {[&](Tensor& x) { x[1][2] = true; }, {0, 0, 0, 0, 0, 1}},
      {[&](Tensor& x) { x[tensor(1)] = 2; }, {0, 0, 0, 2, 2, 2}},
      {[&](Tensor& x) {
         x.index({1, Slice(1, None)}) = 4;
       },
       {0, 0, 0, 0, 4, 4}},
      {[&](Tensor& x) {
         x.index({"...", 0}) = tensor({7., 8.});
       },
       {7, 0, 0, 8, 0, 0}},
      {[&](Tensor& x) { x.index({"..."}) = 1; }, {1, 1, 1, 1, 1, 1}},
      {[&](Tensor& x) { x.select(1, 2) = ones({2}); }, {0, 0, 1, 0, 0, 1}},
      {[&](Tensor& x) { x.slice(1, 0, 2) = 5; }, {5, 5, 0, 5, 5, 0}},
      {[&](Tensor& x) { x.narrow(1, 1, 1) = 6; }, {0, 6, 0, 0, 6, 0}},
      {[&](Tensor& x) { x.t()[0][1] = 9; }, {0, 0, 0, 9, 0, 0}},
      {[&](Tensor& x) {
         x.t()[2] = tensor({1., 2.});
       },
       {0, 0, 1, 0, 0, 2}},
      {[&](Tensor& x) { x.view({-1})[4] = 1; }, {0, 0, 0, 0, 1, 0}},
      {[&](Tensor& x) {
         x.reshape({3, 2}).diagonal() = 1;
       },
       {1, 0, 0, 1, 0, 0}},
      {[&](Tensor& x) { x.detach() = 2; }, {2, 2, 2, 2, 2, 2}},
      {[&](Tensor& x) { x[0] = x[1] = ones3; }, {1, 1, 1, 1, 1, 1}},
      {[&](Tensor& x) { x[0] += 2; }, {2, 2, 2, 0, 0, 0}},
      {[&](Tensor& x) {
         x[0] = x.index({Slice(), 0}).sum() + 1;
       },
       {1, 1, 1, 0, 0, 0}},
      {[&](Tensor& x) { std::move(x) = ones3; }, {1, 1, 1, 1, 1, 1}},  // as in libtorch
      {[&](Tensor& x) { std::get<0>(std::tuple<Tensor>(x)) = 3; }, {3, 3, 3, 3, 3, 3}},
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    Tensor x = zeros({2, 3}), other = x;
    rows[i].first(x);
    BOOST_TEST_CONTEXT("row " << i) {
      BOOST_TEST(x.is_same(other));
      BOOST_TEST(values(other) == rows[i].second, boost::test_tools::per_element());
    }
  }
  Tensor x = zeros({2, 3});
  BOOST_CHECK_THROW(x[0] = ones({2}), ShapeError);
  BOOST_CHECK_THROW(x[0] = Tensor(), StateError);
  BOOST_CHECK_THROW(Tensor() = 1, StateError);
  BOOST_CHECK_THROW(x.expand({4, 2, 3}) = 1, StateError);
  x[0] = x.slice(1, 1).index({1, Slice(0, 1)}) + 1;
  x[0] = x.flip(1)[0] * tensor({1., 2., 3.});
  BOOST_TEST(values(x) == (Values{1, 2, 3, 0, 0, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_variable_becomes_another_handle) {
  Tensor x = zeros({2}), y = ones({2}), old = x;
  x = y;
  BOOST_TEST(x.is_same(y));
  BOOST_TEST(old.sum().item<float>() == 0);
  Tensor row = old[0];
  row = y[1];
  BOOST_TEST(old.sum().item<float>() == 0);
  Tensor& reference = x;
  reference = old;
  BOOST_TEST(x.is_same(old));
  x = {};
  BOOST_TEST(!x.defined());
  auto [largest, at] = y.max(0);
  largest = old;
  BOOST_TEST(largest.is_same(old));
  Tensor values, indices;
  std::tie(values, indices) = y.max(0);
  BOOST_TEST(values.item<float>() == 1);
  static_assert(!std::is_assignable_v<Tensor&, double>);
  static_assert(std::is_nothrow_move_assignable_v<Tensor> && std::is_copy_assignable_v<Tensor>);
  static_assert(!std::is_assignable_v<const Tensor, Tensor> && !std::is_assignable_v<const Tensor&, Tensor>);
}

BOOST_AUTO_TEST_CASE(containers_move_handles) {
  Tensor numbers = arange(6, kFloat32);
  std::vector<Tensor> parts = numbers.unbind();
  parts.erase(parts.begin() + 1);
  parts.insert(parts.begin(), numbers[5]);
  std::swap(parts[0], parts[1]);
  std::iter_swap(parts.begin(), parts.end() - 1);
  std::sort(parts.begin(), parts.end(),
            [](const Tensor& a, const Tensor& b) { return a.item<float>() > b.item<float>(); });
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Tensor& a, const Tensor& b) { return a.item<float>() < b.item<float>(); });
  std::rotate(parts.begin(), parts.begin() + 2, parts.end());
  std::reverse(parts.begin(), parts.end());
  std::ranges::sort(parts, {}, [](const Tensor& t) { return t.item<float>(); });
  parts.erase(std::unique(parts.begin(), parts.end(),
                          [](const Tensor& a, const Tensor& b) { return a.item<float>() == b.item<float>(); }),
              parts.end());
  BOOST_TEST(values(stack(parts)) == (Values{0, 2, 3, 4, 5}), boost::test_tools::per_element());
  BOOST_TEST(values(numbers) == (Values{0, 1, 2, 3, 4, 5}), boost::test_tools::per_element());

  std::map<std::string, Tensor> by_name;
  by_name["a"] = numbers[0];
  by_name["a"] = numbers[3];
  by_name.insert_or_assign("a", numbers[4]);
  std::optional<Tensor> maybe = numbers[1];
  maybe = numbers[2];
  *maybe = numbers[5];
  const Tensor before = std::exchange(by_name["a"], *maybe);
  std::pair<Tensor, int> pair{numbers[0], 1};
  pair = {numbers[1], 2};
  struct Holder {
    Tensor t;
  } holder{numbers[0]};
  holder = Holder{numbers[1]};
  OrderedDict<std::string, Tensor> dict;
  dict.insert("w", numbers[0]);
  dict["w"] = numbers[1];
  BOOST_TEST(before.item<float>() == 4);
  BOOST_TEST(by_name["a"].item<float>() == 5);
  BOOST_TEST(values(numbers) == (Values{0, 1, 2, 3, 4, 5}), boost::test_tools::per_element());
}

// An assignment that would change only a copy nobody holds.
BOOST_AUTO_TEST_CASE(copies_are_not_written_through) {
  Tensor x = zeros({2, 3});
  const Tensor mask = x.eq(0), rows = tensor({1, 0});
  BOOST_CHECK_THROW(x.index({mask}) = 1, StateError);
  BOOST_CHECK_THROW(x[mask] = ones({6}), StateError);
  BOOST_CHECK_THROW(x.index({rows, 0}) = 1, StateError);
  BOOST_CHECK_THROW(x.index({rows}) += 1, StateError);
  BOOST_CHECK_THROW(x.index_select(0, rows) = 1, StateError);
  BOOST_CHECK_THROW(x.masked_select(mask) = 1, StateError);
  BOOST_CHECK_THROW(x.gather(0, zeros({1, 3}, kInt64)) *= 2, StateError);
  BOOST_CHECK_THROW(x.t().reshape({-1}) = 1, StateError);
  BOOST_CHECK_THROW(x.t().flatten() = 1, StateError);
  BOOST_TEST(x.sum().item<float>() == 0);
  Tensor picked = x.index({rows});  // a variable is allowed
  picked += 1;
  picked[0] = 5;
  BOOST_TEST(picked.sum().item<float>() == 18);
  x.index_put_({mask}, 1);
  BOOST_TEST(x.sum().item<float>() == 6);
}

BOOST_AUTO_TEST_CASE(gradients_pass_through) {
  const Tensor a = tensor({1., 2., 3.}).requires_grad_(), b = tensor(4.).requires_grad_();
  const Tensor x = a * 1;
  x[0] = b * b;
  x[1] = 2.5;
  x.index({Slice(2, None)}) *= b;
  (x * tensor({1., 10., 100.})).sum().backward();
  BOOST_TEST(values(x) == (Values{16, 2.5, 12}), boost::test_tools::per_element());
  BOOST_TEST(values(a.grad()) == (Values{0, 0, 400}), boost::test_tools::per_element());
  BOOST_TEST(b.grad().item<float>() == 2 * 4 + 100 * 3);
  // The base, which required no gradient, gets a history.
  const Tensor c = zeros({2, 2});
  c.t()[1][0] = b;
  BOOST_TEST(c.requires_grad());
  BOOST_TEST(autograd::grad({c.sum() * 3}, {b})[0].item<float>() == 3);
}

BOOST_AUTO_TEST_CASE(leaves_are_written_without_gradients_only) {
  const Tensor leaf = ones({2}).requires_grad_();
  BOOST_CHECK_THROW(leaf[0] = 2, StateError);
  BOOST_CHECK_THROW(leaf[0] = tensor(2.), StateError);
  BOOST_CHECK_THROW(leaf.index({Slice(1)}) = 2, StateError);
  BOOST_TEST(leaf.sum().item<float>() == 2);
  {
    const NoGradGuard off;
    leaf[0] = 3;
    leaf.slice(0, 1) = tensor({4.});
  }
  leaf.detach()[1] += 1;
  BOOST_TEST(values(leaf) == (Values{3, 5}), boost::test_tools::per_element());
  BOOST_TEST(leaf.is_leaf());
}

BOOST_AUTO_TEST_SUITE_END()
