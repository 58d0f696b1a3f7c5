// Gradients of selecting, scattering and indexing.
#include "weft/autograd/ops/index/indexing.h"

#include "weft/autograd/autograd.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tests/autograd/gradient_rows.h"

using namespace weft;
using weft::autograd::check_gradients;
using weft::indexing::Ellipsis;
using weft::indexing::None;

BOOST_AUTO_TEST_SUITE(indexing)

namespace {

std::vector<double> values(const Tensor& t) {
  const Tensor flat = t.to(kFloat64).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

// A function of x whose second derivative is not zero.
Tensor bent(const Tensor& x) { return x * x; }

Tensor ids(const NestedList& list) { return tensor(list); }

}  // namespace

BOOST_AUTO_TEST_CASE(against_differences) {
  const Tensor rows = ids({2, 0, 2, 1}), columns = ids({{0, 1}, {3, 1}, {2, 0}});
  const Tensor mask = tensor({{true, false, true, false}, {false, false, true, true}, {false, true, false, false}});
  check_gradients({
      {"gather", {{3, 4}}, [=](auto& x) { return bent(x[0]).gather(1, columns); }},
      {"gather dim 0", {{4, 3}}, [=](auto& x) { return bent(x[0]).gather(0, columns); }},
      {"scatter", {{3, 4}, {3, 2}}, [=](auto& x) { return bent(x[0]).scatter(1, columns, bent(x[1])); }},
      {"scatter of a part", {{3, 4}, {5, 2}}, [=](auto& x) { return bent(x[0]).scatter(1, columns, bent(x[1])); }},
      {"scatter a number", {{3, 4}}, [=](auto& x) { return bent(x[0]).scatter(1, columns, 3); }},
      {"scatter with repeats",
       {{3, 4}, {3, 2}},
       [=](auto& x) {
         return bent(x[0]).scatter(1, ids({{1, 1}, {0, 2}, {3, 3}}), bent(x[1]));
       }},
      {"scatter_add",
       {{3, 4}, {4, 3}},
       [=](auto& x) {
         return bent(x[0]).scatter_add(0, ids({{0, 0, 2}, {0, 1, 1}}), bent(x[1]));
       }},
      {"index_select", {{3, 4}}, [=](auto& x) { return bent(x[0]).index_select(0, rows); }},
      {"index_add", {{3, 2}, {4, 2}}, [=](auto& x) { return bent(x[0]).index_add(0, rows, bent(x[1]), 0.5); }},
      {"index",
       {{3, 4, 2}},
       [=](auto& x) {
         return bent(x[0]).index({rows, ids({0, 3, 0, 1})});
       }},
      {"index parted",
       {{3, 2, 4}},
       [=](auto& x) {
         return bent(x[0]).index({rows, Slice(), ids({0, 3, 0, 1})});
       }},
      {"index mask", {{3, 4, 2}}, [=](auto& x) { return bent(x[0]).index({mask}); }},
      {"index mixed",
       {{3, 4, 2}},
       [=](auto& x) {
         return bent(x[0]).index({rows, None, Ellipsis, 1});
       }},
      {"slices",
       {{3, 4, 2}},
       [](auto& x) {
         return bent(x[0]).index({Slice(1, None), -1, Slice(None, None, 2)});
       }},
      {"index_put",
       {{3, 4}, {4}},
       [=](auto& x) {
         return autograd::index_put(bent(x[0]), {rows, ids({0, 1, 2, 3})}, bent(x[1]), false);
       }},
      {"index_put with repeats",
       {{3, 4}, {4, 4}},
       [=](auto& x) { return autograd::index_put(bent(x[0]), {rows}, bent(x[1]), false); }},
      {"index_put broadcast",
       {{3, 4}, {4}},
       [=](auto& x) { return autograd::index_put(bent(x[0]), {rows}, bent(x[1]), false); }},
      {"index_put accumulate",
       {{3, 4}, {1, 4}},
       [=](auto& x) { return autograd::index_put(bent(x[0]), {rows}, bent(x[1]), true); }},
      {"index_put_",
       {{3, 4}, {2}},
       [=](auto& x) {
         Tensor y = bent(x[0]);
         y.index_put_({Slice(1, None), 2}, bent(x[1]));
         return y.index_put_({ids({0, 2}), ids({3, 3})}, bent(x[1]), true);
       }},
      {"index_put_ through a view",
       {{4, 3}, {2}},
       [=](auto& x) {
         Tensor y = bent(x[0]);
         y.t().index_put_({ids({0, 2}), ids({3, 1})}, bent(x[1]));
         return y;
       }},
      {"index_put_ mask",
       {{3, 4}, {}},
       [=](auto& x) {
         Tensor y = bent(x[0]);
         y.index_put_({mask}, bent(x[1]));
         return y;
       }},
      {"masked_fill", {{3, 4}}, [=](auto& x) { return bent(x[0]).masked_fill(mask, -1); }},
      {"masked_fill by a tensor", {{3, 4}, {}}, [=](auto& x) { return bent(x[0]).masked_fill(mask, bent(x[1])); }},
      {"masked_select", {{3, 4}}, [=](auto& x) { return bent(x[0]).masked_select(mask); }},
      {"masked_select broadcast", {{4}}, [=](auto& x) { return bent(x[0]).masked_select(mask); }},
      {"where", {{3, 4}, {4}}, [=](auto& x) { return where(mask, bent(x[0]), bent(x[1])); }},
      {"where numbers", {{3, 4}}, [=](auto& x) { return where(mask, 1, bent(x[0])) * where(mask, bent(x[0]), 2); }},
      {"tril", {{2, 3, 4}}, [](auto& x) { return bent(x[0]).tril(1); }},
      {"triu", {{4, 3}}, [](auto& x) { return bent(x[0]).triu(-1); }},
      {"embedding",
       {{4, 3}},
       [](auto& x) {
         return embedding(bent(x[0]), ids({{1, 0}, {1, 3}}));
       }},
  });
}

BOOST_AUTO_TEST_CASE(embeddings) {
  const Tensor weight = ones({4, 2}, TensorOptions(kFloat64).requires_grad(true));
  const Tensor y = embedding(weight, ids({{1, 0}, {1, 3}}), 3);
  BOOST_TEST((y.sizes() == IntArrayRef({2, 2, 2})));
  y.sum().backward();
  BOOST_TEST((values(weight.grad()) == std::vector<double>{1, 1, 2, 2, 0, 0, 0, 0}));
  // -1 is no row, as in libtorch; functional::embedding counts from the end.
  weight.mutable_grad() = Tensor();
  embedding(weight, ids({3}), -1).sum().backward();
  BOOST_TEST((values(weight.grad()) == std::vector<double>{0, 0, 0, 0, 0, 0, 1, 1}));
  BOOST_CHECK_THROW(embedding(weight, ids({4})), IndexError);
  BOOST_CHECK_THROW(embedding(weight, ids({0}), 4), IndexError);
  BOOST_CHECK_THROW(embedding(zeros({3}), ids({0})), ShapeError);
  BOOST_CHECK_THROW(embedding(weight, tensor({0.5})), DtypeError);
}

// If several values are put to one position, only the last gets a gradient.
BOOST_AUTO_TEST_CASE(overwritten_values) {
  const Tensor v = ones({3}, TensorOptions().requires_grad(true));
  Tensor x = zeros({2});
  x.index_put_({ids({1, 1, 0})}, v);
  x.sum().backward();
  BOOST_TEST((values(v.grad()) == std::vector<double>{0, 1, 1}));
}

BOOST_AUTO_TEST_CASE(in_place_rules) {
  Tensor leaf = zeros({3}, TensorOptions().requires_grad(true));
  BOOST_CHECK_THROW(leaf.index_put_({0}, 1), StateError);
  BOOST_CHECK_THROW(leaf.index_put_({ids({0})}, 1), StateError);
  {
    const NoGradGuard off;
    leaf.index_put_({ids({0})}, 1);
  }
  BOOST_TEST((values(leaf) == std::vector<double>{1, 0, 0}));
  const Tensor other = ones({3}, TensorOptions().requires_grad(true));
  Tensor kept = other * 2;
  const Tensor squared = kept * kept;  // keeps `kept`
  kept.index_put_({ids({1})}, 5);
  BOOST_CHECK_THROW(squared.sum().backward(), StateError);
  // The index changes after use.
  Tensor index = ids({0, 1});
  const Tensor picked = other.index({index});
  index.fill_(2);
  BOOST_CHECK_THROW(picked.sum().backward(), StateError);
}

BOOST_AUTO_TEST_SUITE_END()
