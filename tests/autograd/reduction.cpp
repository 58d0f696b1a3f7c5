// Gradients of reductions, extremes, sorting and running sums.
#include <cmath>
#include <limits>

#include "weft/autograd/autograd.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/sum_to.h"
#include "weft/tests/autograd/gradient_rows.h"

using namespace weft;
using namespace weft::autograd;

BOOST_AUTO_TEST_SUITE(reduction)

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<double> values(const Tensor& t) {
  const Tensor flat = t.to(kFloat64).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

Tensor leaf(const NestedList& list) { return tensor(list, TensorOptions(kFloat64).requires_grad(true)); }

}  // namespace

BOOST_AUTO_TEST_CASE(against_differences) {
  check_gradients({
      {"sum", {{2, 3}}, [](auto& x) { return x[0].sum(); }, false},
      {"sum of squares",
       {{2, 3, 4}},
       [](auto& x) {
         return (x[0] * x[0]).sum({0, 2});
       }},
      {"sum keepdim", {{2, 3, 4}}, [](auto& x) { return (x[0] * x[0].sum({-1}, true)).sum({1}); }},
      {"sum without dimensions", {{}}, [](auto& x) { return (x[0] * x[0]).sum(); }},
      {"sum_to",
       {{2, 3, 4}},
       [](auto& x) {
         return sum_to(x[0] * x[0], {3, 1});
       }},
      {"mean", {{2, 3, 4}}, [](auto& x) { return (x[0] * x[0]).mean({1}, true); }},
      {"mean of all", {{2, 3}}, [](auto& x) { return (x[0] * x[0]).mean(); }},
      {"var", {{3, 4}}, [](auto& x) { return x[0].var(); }},
      {"var over dimensions",
       {{2, 3, 4}},
       [](auto& x) {
         return x[0].var({0, 2}, false);
       }},
      {"std", {{3, 4}}, [](auto& x) { return x[0].std(); }},
      {"std keepdim", {{2, 3, 4}}, [](auto& x) { return x[0].std({1}, true, true); }},
      {"prod", {{2, 3}}, [](auto& x) { return x[0].prod(); }},
      {"prod over dimension", {{2, 3, 2}}, [](auto& x) { return x[0].prod(1, true); }},
      {"prod of no dimensions", {{}}, [](auto& x) { return (x[0] * x[0]).prod(); }},
      {"amax", {{2, 5}}, [](auto& x) { return (x[0] * x[0]).amax({1}); }},
      {"amin",
       {{2, 5}},
       [](auto& x) {
         return (x[0] * x[0]).amin({0, 1}, true);
       }},
      {"max of all", {{2, 5}}, [](auto& x) { return (x[0] * x[0]).max(); }},
      {"min of all", {{2, 5}}, [](auto& x) { return (x[0] * x[0]).min(); }},
      {"max over dimension", {{2, 5}}, [](auto& x) { return std::get<0>((x[0] * x[0]).max(1)); }},
      {"min keepdim", {{2, 5}}, [](auto& x) { return std::get<0>((x[0] * x[0]).min(0, true)); }},
      {"sort", {{4, 3}}, [](auto& x) { return std::get<0>((x[0] * x[0]).sort(0, true)); }},
      {"topk", {{4, 5}}, [](auto& x) { return std::get<0>((x[0] * x[0]).topk(2, 1, false)); }},
      {"cumsum", {{2, 3, 4}}, [](auto& x) { return (x[0] * x[0]).cumsum(1); }},
      {"logsumexp",
       {{2, 3, 4}},
       [](auto& x) {
         return x[0].logsumexp({0, 2});
       }},
      {"logsumexp keepdim", {{2, 3}}, [](auto& x) { return x[0].logsumexp({-1}, true); }},
      {"norm", {{2, 3}}, [](auto& x) { return x[0].norm(); }},
      {"norm 1", {{2, 3}}, [](auto& x) { return (x[0] * x[0]).norm(1, {1}); }},
      {"norm 2 keepdim", {{2, 3}}, [](auto& x) { return x[0].norm(2, {1}, true); }},
      {"norm 3", {{2, 3}}, [](auto& x) { return x[0].norm(3, {0}); }},
      {"norm 1.5", {{2, 3}}, [](auto& x) { return x[0].norm(1.5, {0}); }},
      {"norm 0.5", {{2, 3}}, [](auto& x) { return x[0].norm(0.5); }},
      {"norm inf", {{2, 3}}, [](auto& x) { return (x[0] * x[0]).norm(kInf, {1}); }},
      {"norm -inf", {{2, 3}}, [](auto& x) { return (x[0] * x[0]).norm(-kInf); }},
  });
}

// Products with zeros: gradients without division, to second order.
BOOST_AUTO_TEST_CASE(products_with_zeros) {
  for (const NestedList& list : {NestedList({2., 0., 3.}), NestedList({0., 0., 3.}), NestedList({0., 0.}),
                                 NestedList({{1., 0., 2.}, {3., 4., 5.}}), NestedList({0., 0., 0., 1., 2.})}) {
    const Tensor x = leaf(list);
    const Fn product = [](const TensorList& in) { return in[0].prod(-1); };
    BOOST_TEST(gradcheck(product, {x}));
    BOOST_TEST(gradgradcheck(product, {x}));
  }
  const Tensor x = leaf({2., 0., 3.});
  x.prod().backward();
  BOOST_TEST((values(x.grad()) == std::vector<double>{0, 6, 0}));
}

BOOST_AUTO_TEST_CASE(ties) {
  const NestedList tied = {{1., 5., 5.}, {5., 2., 5.}};
  Tensor x = leaf(tied);
  x.amax({1}).sum().backward();
  BOOST_TEST((values(x.grad()) == std::vector<double>{0, 0.5, 0.5, 0.5, 0, 0.5}));
  x = leaf(tied);
  x.max().backward();
  BOOST_TEST((values(x.grad()) == std::vector<double>{0, 0.25, 0.25, 0.25, 0, 0.25}));
  x = leaf(tied);
  std::get<0>(x.max(1)).sum().backward();  // the first takes it all
  BOOST_TEST((values(x.grad()) == std::vector<double>{0, 1, 0, 1, 0, 0}));
  x = leaf({3., -3., 1.});
  x.norm(kInf).backward();
  BOOST_TEST((values(x.grad()) == std::vector<double>{0.5, -0.5, 0}));
}

BOOST_AUTO_TEST_CASE(where_there_is_no_slope) {
  for (double p : {0., 1., 2., 3., 1.5, kInf}) {
    const Tensor x = leaf({0., 0.});
    x.norm(p).backward();
    if (x.grad().defined()) BOOST_TEST((values(x.grad()) == std::vector<double>{0, 0}), "norm " << p);
  }
  const Tensor x = leaf({2., 2.});
  x.std().backward();
  BOOST_TEST((values(x.grad()) == std::vector<double>{0, 0}));
}

// Positions, counts and booleans have no gradients.
BOOST_AUTO_TEST_CASE(not_differentiable) {
  const Tensor x = randn({3, 4}, TensorOptions().requires_grad(true));
  BOOST_TEST(!x.argmax().requires_grad());
  BOOST_TEST(!x.argmin(1).requires_grad());
  BOOST_TEST(!x.argsort().requires_grad());
  BOOST_TEST(!std::get<1>(x.max(1)).requires_grad());
  BOOST_TEST(!std::get<1>(x.sort()).requires_grad());
  BOOST_TEST(!std::get<1>(x.topk(2)).requires_grad());
  BOOST_TEST(!x.any().requires_grad());
  BOOST_TEST(!x.isclose(x).requires_grad());
  BOOST_TEST(std::get<0>(x.max(1)).requires_grad());
  const NoGradGuard off;
  BOOST_TEST(!x.sum().requires_grad());
}

BOOST_AUTO_TEST_CASE(other_dtype) {
  const Tensor x = ones({3}, TensorOptions(kFloat32).requires_grad(true));
  x.sum(kFloat64).backward();
  BOOST_TEST((x.grad().dtype() == kFloat32));
}

BOOST_AUTO_TEST_SUITE_END()
