// Views as separate tensors: their handles, and views made while gradients were off.
#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/op_rows.h"
#include "weft/weft.h"

using namespace weft;
using namespace weft::test;

BOOST_AUTO_TEST_SUITE(views)

// Only ops documented so by PyTorch return their argument's handle; only views share memory.
BOOST_AUTO_TEST_CASE(results_are_other_handles) {
  const std::set<std::string> may_be_same = {"contiguous", "to", "flatten", "dropout", "dropout2d"};
  const std::set<std::string> views = {"view",       "view_as",   "reshape", "reshape_as", "flatten",   "unflatten",
                                       "permute",    "transpose", "t",       "expand",     "unsqueeze", "squeeze",
                                       "expand_as",  "narrow",    "select",  "slice",      "diagonal",  "unfold",
                                       "operator[]", "split",     "chunk",   "unbind",     "index",     "as_strided",
                                       "contiguous", "to",        "dropout", "dropout2d"};
  size_t seen = 0;
  for (Table table : tables())
    for (const OpRow& row : table()) {
      const std::string op = row.name.substr(0, row.name.find(' '));
      if (!row.f || !row.inputs) continue;
      const TensorList in = row.inputs();
      for (const Tensor& out : row.f(in))
        for (const Tensor& x : in) {
          ++seen;
          BOOST_CHECK_MESSAGE(may_be_same.contains(op) || !out.is_same(x), row.name << " returns its argument");
          BOOST_CHECK_MESSAGE(views.contains(op) || !out.is_alias_of(x), row.name << " shares memory");
        }
    }
  BOOST_TEST(seen > 200);
}

BOOST_AUTO_TEST_CASE(trivial_views_are_other_handles) {
  const Tensor x = zeros({3, 2}), row = x[0];
  const Tensor views[] = {x.index({"..."}),
                          x.index({Slice()}),
                          x.squeeze(0),
                          x.squeeze(),
                          x.transpose(0, 0),
                          x.reshape({3, 2}),
                          x.expand({3, 2}),
                          x.view({3, 2}),
                          x.slice(0),
                          x.narrow(0, 0, 3),
                          x.permute({0, 1}),
                          x.split(3)[0],
                          x.chunk(1)[0],
                          x.view_as(x),
                          x.expand_as(x),
                          x.unflatten(0, {3}),
                          x.reshape_as(x),
                          x.detach(),
                          x.as_strided({3, 2}, {2, 1})};
  int at = 0;
  for (const Tensor& v : views) BOOST_TEST_CONTEXT("view " << at++) {
      BOOST_TEST(v.is_alias_of(x));
      BOOST_TEST(!v.is_same(x));
      v.set_requires_grad(true);
      BOOST_TEST(!x.requires_grad());
    }
  BOOST_TEST(!row.t().is_same(row));
  BOOST_TEST(row.t().is_alias_of(x));
  BOOST_TEST(!x.sum().squeeze(0).is_same(x));
  // A gradient passes through an alias, and a change of one is a change of the base.
  const Tensor a = ones({2}).requires_grad_();
  Tensor b = a * 2;
  b.index({"..."}).mul_(3);
  b.sum().backward();
  BOOST_TEST(a.grad().equal(full({2}, 6.0)));
}

// As in libtorch: such a view requires a gradient if its base does, is a leaf, and passes no gradient on.
BOOST_AUTO_TEST_CASE(made_without_gradients) {
  const Tensor x = ones({3}).requires_grad_();
  Tensor v;
  {
    const NoGradGuard off;
    v = x[0];
    BOOST_TEST(v.requires_grad());
    BOOST_TEST(!(v * 2).requires_grad());
  }
  BOOST_TEST(v.requires_grad());
  BOOST_TEST(v.is_leaf());
  BOOST_TEST(!v.grad_fn());
  const Tensor y = v * 2;
  BOOST_TEST(y.requires_grad());
  y.backward();
  BOOST_TEST(!x.grad().defined());
  BOOST_TEST(!v.grad().defined());
  (v * x.sum()).backward();
  BOOST_TEST(x.grad().equal(ones({3})));
  BOOST_CHECK_THROW(v.mul_(2), StateError);
  BOOST_CHECK_THROW(v.backward(), StateError);
  BOOST_TEST(v.view({1}).requires_grad());
  (v.view({1}) * 2).backward();

  const Tensor product = x * 2;
  {
    const NoGradGuard off;
    v = product.slice(0, 1);
  }
  BOOST_TEST(v.requires_grad());
  BOOST_TEST(v.is_leaf());
  product.mul_(2);
  BOOST_TEST(v.requires_grad());
  BOOST_CHECK_THROW(v * 2, StateError);  // it shows values of a history that it does not have
  BOOST_TEST(v.detach().sum().item<float>() == 8);

  Tensor plain = zeros({3});
  {
    const NoGradGuard off;
    v = plain[0];
  }
  BOOST_TEST(!v.requires_grad());
  plain.mul_(x);
  BOOST_TEST(v.requires_grad());
  BOOST_CHECK_THROW(v * 2, StateError);
  {
    const NoGradGuard off;
    BOOST_TEST((v * 2).item<float>() == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
