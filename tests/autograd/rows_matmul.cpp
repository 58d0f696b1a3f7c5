// Rows of the products.
#include <boost/test/unit_test.hpp>

#include "tests/op_rows.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"

using namespace weft;
using namespace weft::test;

namespace {

using In = const TensorList&;
using T = const Tensor&;

/// Batches of products as a broadcast product and a sum.
Tensor slow_matmul(T a, T b) { return (a.unsqueeze(-1) * b.unsqueeze(-3)).sum(-2); }

/// A product of two tensors; `slow` gives the same by broadcasting.
OpRow product(const std::string& name, std::function<Tensor(T, T)> f, std::function<Tensor(T, T)> slow, Dims a, Dims b,
              std::function<void()> bad, Dims large_a = {}, Dims large_b = {}) {
  OpRow row = {name, returns([f](In in) { return f(in[0], in[1]); }),
               [=] {
                 return TensorList{spread(a), spread(b, -1, 1.5, 2)};
               },
               returns([slow](In in) { return slow(in[0], in[1]); }), std::move(bad)};
  if (!large_a.empty()) row.large = [=] { return TensorList{spread(large_a), spread(large_b, -1, 1.5, 2)}; };
  return row;
}

Tensor fast(T a, T b) { return a.matmul(b); }

std::vector<OpRow> rows() {
  const auto bad = [] { zeros({2, 3}).matmul(zeros({4, 5})); };
  return {
      product("matmul", fast, slow_matmul, {3, 4}, {4, 5}, bad, {150, 333}, {333, 200}),
      product("matmul of few outputs", fast, slow_matmul, {2, 19}, {19, 3}, bad, {4, 20000}, {20000, 3}),
      product("matmul of one row", fast, slow_matmul, {1, 7}, {7, 5}, bad, {1, 700}, {700, 900}),
      product(
          "matmul of transposed", [](T a, T b) { return a.t().matmul(b.t()); },
          [](T a, T b) { return slow_matmul(a.t(), b.t()); }, {4, 3}, {5, 4}, bad, {333, 150}, {200, 333}),
      product(
          "matmul matrix vector", fast, [](T a, T b) { return (a * b).sum(-1); }, {3, 4}, {4},
          [] {
            zeros({2, 3}).matmul(zeros({4}));
          },
          {301, 500}, {500}),
      product(
          "matmul vector matrix", fast, [](T a, T b) { return (a.unsqueeze(1) * b).sum(0); }, {4}, {4, 3},
          [] {
            zeros({2}).matmul(zeros({3, 2}));
          },
          {500}, {500, 301}),
      product(
          "matmul dot", fast, [](T a, T b) { return (a * b).sum(); }, {5}, {5}, [] { zeros({2}).matmul(zeros({3})); },
          {100000}, {100000}),
      product("matmul batches", fast, slow_matmul, {2, 3, 4}, {2, 4, 5},
              [] {
                zeros({2, 3, 4}).matmul(zeros({3, 4, 5}));
              },
              {9, 40, 50}, {9, 50, 60}),
      product("matmul broadcast", fast, slow_matmul, {2, 1, 3, 4}, {3, 4, 2}, bad, {2, 1, 33, 44}, {5, 44, 22}),
      product("matmul batches matrix", fast, slow_matmul, {2, 3, 4}, {4, 5}, bad, {9, 33, 44}, {44, 50}),
      product(
          "matmul batches vector", fast, [](T a, T b) { return (a * b).sum(-1); }, {2, 3, 4}, {4}, bad),
      product(
          "mm", [](T a, T b) { return a.mm(b); }, slow_matmul, {3, 4}, {4, 2},
          [] {
            zeros({3}).mm(zeros({3, 3}));
          }),
      product(
          "bmm", [](T a, T b) { return a.bmm(b); }, slow_matmul, {2, 3, 4}, {2, 4, 2},
          [] {
            zeros({2, 3, 4}).bmm(zeros({1, 4, 4}));
          }),
      product(
          "mv", [](T a, T b) { return a.mv(b); }, [](T a, T b) { return (a * b).sum(-1); }, {3, 4}, {4},
          [] { zeros({3}).mv(zeros({3})); }),
      product(
          "dot", [](T a, T b) { return a.dot(b); }, [](T a, T b) { return (a * b).sum(); }, {4}, {4},
          [] { zeros({3}).dot(zeros({4})); }),
      product(
          "einsum product",
          [](T a, T b) {
            return einsum("ij,jk->ik", {a, b});
          },
          slow_matmul, {3, 4}, {4, 5},
          [] {
            einsum("ij,jk->ik", {zeros({2, 3}), zeros({4, 5})});
          }),
      product(
          "einsum batches",
          [](T a, T b) {
            return einsum("bij,bkj->bik", {a, b});
          },
          [](T a, T b) { return slow_matmul(a, b.transpose(1, 2)); }, {2, 3, 4}, {2, 5, 4},
          [] {
            einsum("bij,bkj->bik", {zeros({2, 3})});
          }),
      product(
          "einsum outer",
          [](T a, T b) {
            return einsum("i,j", {a, b});
          },
          [](T a, T b) { return a.unsqueeze(1) * b; }, {3}, {4},
          [] {
            einsum("i,j->k", {zeros({3}), zeros({3})});
          }),
      product(
          "einsum dots",
          [](T a, T b) {
            return einsum("...i,...i->...", {a, b});
          },
          [](T a, T b) { return (a * b).sum(-1); }, {2, 3, 4}, {3, 4},
          [] {
            einsum("i,,j", {zeros({3}), zeros({3})});
          }),
      {"einsum of one", returns([](In in) { return einsum("ijk->kj", {in[0]}); }),
       [] {
         return TensorList{spread({2, 3, 4})};
       },
       returns([](In in) { return in[0].sum(0).t(); }), [] { einsum("ij->i", {zeros({3})}); }},
      {"einsum of three", returns([](In in) { return einsum("ij,jk,kl->il", in); }),
       [] {
         return TensorList{spread({2, 3}), spread({3, 4}, -1, 1, 2), spread({4, 2}, -1, 1, 3)};
       },
       returns([](In in) { return slow_matmul(slow_matmul(in[0], in[1]), in[2]); }),
       [] {
         einsum("ij", {zeros({2, 2}), zeros({2, 2})});
       }},
      {"addmm", returns([](In in) { return in[0].addmm(in[1], in[2], 0.5, 2); }),
       [] {
         return TensorList{spread({5}), spread({3, 4}, -1, 1, 2), spread({4, 5}, -1, 1, 3)};
       },
       returns([](In in) { return in[0] * 0.5 + slow_matmul(in[1], in[2]) * 2; }),
       [] {
         zeros({4}).addmm(zeros({3, 4}), zeros({4, 5}));
       }},
      {"linear", returns([](In in) { return linear(in[0], in[1], in[2]); }),
       [] {
         return TensorList{spread({6, 5}), spread({4, 5}, -1, 1, 2), spread({4}, -1, 1, 3)};
       },
       returns([](In in) { return slow_matmul(in[0], in[1].t()) + in[2]; }),
       [] {
         linear(zeros({2, 3}), zeros({4, 5}));
       },
       [] {
         return TensorList{spread({64, 784}), spread({256, 784}, -1, 1, 2), spread({256}, -1, 1, 3)};
       }},
      {"linear without bias", returns([](In in) { return linear(in[0], in[1]); }),
       [] {
         return TensorList{spread({2, 3, 5}), spread({4, 5}, -1, 1, 2)};
       },
       returns([](In in) { return slow_matmul(in[0], in[1].t()); }),
       [] {
         linear(zeros({2, 3}), zeros({4, 3}), zeros({3}));
       }},
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rows_matmul)
WEFT_ROW_TESTS(rows)
BOOST_AUTO_TEST_SUITE_END()
