// Rows of selection and scattering.
#include <boost/test/unit_test.hpp>

#include "tests/op_rows.h"
#include "tests/plain.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"

using namespace weft;
using namespace weft::test;

namespace {

using In = const TensorList&;
using I = const Position&;
using V = Position;
using T = const Tensor&;

std::vector<OpRow> selection_rows() {
  const auto index = [] { return tensor({{0, 2}, {2, 1}, {1, 1}}); };  // of 3 x 2
  const auto x_and_src = [] { return TensorList{spread({3, 4}), spread({3, 2}, -1, 1, 2)}; };
  return {
      moves(
          "gather", [=](T x) { return x.gather(1, index()); }, {3, 4}, {3, 2},
          [=](I i) {
            return V{i[0], index()[i[0]][i[1]].item<int64_t>()};
          },
          [=] {
            zeros({3, 2}).gather(1, index());
          }),
      moves(
          "index_select",
          [](T x) {
            return x.index_select(0, tensor({2, 0, 2, 1}));
          },
          {3, 4}, {4, 4},
          [](I i) {
            return V{(V{2, 0, 2, 1})[static_cast<size_t>(i[0])], i[1]};
          },
          [] {
            zeros({3, 4}).index_select(0, tensor({3}));
          }),
      moves(
          "embedding",
          [](T w) {
            return embedding(w, tensor({{1, 3}, {3, 0}}));
          },
          {4, 5}, {2, 2, 5},
          [](I i) {
            return V{(V{1, 3, 3, 0})[static_cast<size_t>(2 * i[0] + i[1])], i[2]};
          },
          [] {
            embedding(zeros({4, 5}), tensor({4}));
          }),
      {"scatter", returns([](In in) {
         return in[0].scatter(1, tensor({{0, 2}, {2, 1}, {3, 1}}), in[1]);
       }),
       x_and_src, returns([](In in) {
         Tensor out = in[0].detach().clone();
         const V to = {0, 2, 6, 5, 11, 9};
         for (size_t i = 0; i < 6; ++i) out.data_ptr<double>()[to[i]] = in[1].data_ptr<double>()[i];
         return out;
       }),
       [=] {
         zeros({3, 4}).scatter(1, tensor({{4}}), ones({1, 1}));
       }},
      {"scatter number", returns([](In in) {
         return in[0].scatter(0, tensor({{1, 0, 2, 1}}), 0.5);
       }),
       [] {
         return TensorList{spread({3, 4})};
       },
       returns([](In in) {
         Tensor out = in[0].detach().clone();
         for (int64_t to : {4, 1, 10, 7}) out.data_ptr<double>()[to] = 0.5;
         return out;
       }),
       [] {
         zeros({3, 4}).scatter(2, tensor({{0}}), 1);
       }},
      {"scatter_add", returns([=](In in) { return in[0].scatter_add(1, index(), in[1]); }), x_and_src,
       returns([](In in) {
         Tensor out = in[0].detach().clone();
         const V to = {0, 2, 6, 5, 9, 9};
         for (size_t i = 0; i < 6; ++i) out.data_ptr<double>()[to[i]] += in[1].data_ptr<double>()[i];
         return out;
       }),
       [] {
         zeros({3, 4}).scatter_add(1, tensor({{0, 9}}), ones({1, 2}));
       }},
      {"index_add", returns([](In in) {
         return in[0].index_add(0, tensor({2, 0, 2}), in[1], 0.5);
       }),
       [] {
         return TensorList{spread({3, 4}), spread({3, 4}, -1, 1, 2)};
       },
       returns([](In in) {
         Tensor out = in[0].detach().clone();
         const V to = {2, 0, 2};
         for (size_t i = 0; i < 12; ++i)
           out.data_ptr<double>()[4 * to[i / 4] + static_cast<int64_t>(i % 4)] += 0.5 * in[1].data_ptr<double>()[i];
         return out;
       }),
       [] {
         zeros({3, 4}).index_add(0, tensor({3}), ones({1, 4}));
       }},
      {"index_put_", returns([](In in) {
         return in[0].clone().index_put_({tensor({2, 0})}, in[1]);
       }),
       [] {
         return TensorList{spread({3, 4}), spread({4}, -1, 1, 2)};
       },
       returns([](In in) {
         return build({3, 4}, [&](I i) { return i[0] == 1 ? at(in[0].detach(), i) : at(in[1].detach(), {i[1]}); });
       }),
       [] {
         zeros({3, 4}).index_put_({tensor({2, 0})}, ones({3}));
       }},
      {"index_put_ that accumulates", returns([](In in) {
         return in[0].clone().index_put_({tensor({2, 0, 2})}, in[1], true);
       }),
       [] {
         return TensorList{spread({3, 4}), spread({3, 4}, -1, 1, 2)};
       },
       returns([](In in) {
         const Tensor s = in[1].detach();
         return build({3, 4}, [&](I i) {
           const double x = at(in[0].detach(), i);
           return i[0] == 0 ? x + at(s, {1, i[1]}) : i[0] == 1 ? x : x + at(s, {0, i[1]}) + at(s, {2, i[1]});
         });
       }),
       [] {
         zeros({3, 4}).index_put_({tensor({3})}, ones({4}), true);
       }},
      {"masked_fill", returns([](In in) { return in[0].masked_fill(in[1] > 0, 0.5); }),
       [] {
         return TensorList{spread({3, 4}), fixed({4})};
       },
       returns([](In in) {
         return build({3, 4}, [&](I i) { return at(in[1], {i[1]}) > 0 ? 0.5 : at(in[0].detach(), i); });
       }),
       [] {
         zeros({3, 4}).masked_fill(zeros({3}, kBool), 1);
       }},
      {"masked_fill tensor", returns([](In in) { return in[0].masked_fill(in[1] > 0, in[2]); }),
       [] {
         return TensorList{spread({3, 4}), fixed({4}), spread({})};
       },
       returns([](In in) {
         return build({3, 4},
                      [&](I i) { return at(in[1], {i[1]}) > 0 ? in[2].item<double>() : at(in[0].detach(), i); });
       }),
       [] {
         zeros({3, 4}).masked_fill(zeros({4}), 1);
       }},
      {"masked_select", returns([](In in) { return in[0].masked_select(in[0] > 0.1); }),
       [] {
         return TensorList{spread({3, 4})};
       },
       returns([](In in) {
         std::vector<double> some;
         for (int64_t i = 0; i < 12; ++i)
           if (in[0].data_ptr<double>()[i] > 0.1) some.push_back(in[0].data_ptr<double>()[i]);
         return tensor(some, kFloat64);
       }),
       [] {
         zeros({3, 4}).masked_select(zeros({3}, kBool));
       }},
      {"tril", returns([](In in) { return in[0].tril(1); }),
       [] {
         return TensorList{spread({2, 3, 4})};
       },
       returns([](In in) {
         return build({2, 3, 4}, [&](I i) { return i[2] <= i[1] + 1 ? at(in[0].detach(), i) : 0; });
       }),
       [] { zeros({3}).tril(); }},
      {"triu", returns([](In in) { return in[0].triu(); }),
       [] {
         return TensorList{spread({2, 3, 4})};
       },
       returns([](In in) {
         return build({2, 3, 4}, [&](I i) { return i[2] >= i[1] ? at(in[0].detach(), i) : 0; });
       }),
       [] { zeros({3}).triu(); }},
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rows_selection)
WEFT_ROW_TESTS(selection_rows)
BOOST_AUTO_TEST_SUITE_END()
