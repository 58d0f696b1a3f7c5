// Rows of the views, and of the copies in another order.
#include <boost/test/unit_test.hpp>

#include "tests/op_rows.h"
#include "tests/plain.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"

using namespace weft;
using namespace weft::test;

namespace {

using In = const TensorList&;
/// An op that only regroups elements: the result has the same order with `out_sizes`.
OpRow regroups(const std::string& name, std::function<Tensor(const Tensor&)> f, Dims sizes, Dims out_sizes,
               std::function<void()> bad) {
  return {name, returns([f](In in) { return f(in[0]); }), [=] { return TensorList{spread(sizes)}; },
          returns([=](In in) {
            Tensor out = empty(out_sizes, kFloat64);
            std::copy_n(in[0].data_ptr<double>(), out.numel(), out.data_ptr<double>());
            return out;
          }),
          std::move(bad)};
}

using I = const Position&;
using V = Position;
using T = const Tensor&;
const Dims k234 = {2, 3, 4};

std::vector<OpRow> view_rows() {
  return {
      regroups(
          "view",
          [](T x) {
            return x.view({4, -1});
          },
          k234, {4, 6},
          [] {
            zeros(k234).view({5, 5});
          })
          .with_standard_strides("a view needs strides that fit"),
      regroups(
          "view_as",
          [](T x) {
            return x.view_as(zeros({6, 4}));
          },
          k234, {6, 4}, [] { zeros(k234).view_as(zeros({3})); })
          .with_standard_strides("a view needs strides that fit"),
      regroups(
          "reshape",
          [](T x) {
            return x.reshape({2, -1});
          },
          k234, {2, 12},
          [] {
            zeros(k234).reshape({-1, 5});
          }),
      moves(
          "reshape that copies",
          [](T x) {
            return x.transpose(0, 2).reshape({4, 6});
          },
          k234, {4, 6},
          [](I i) {
            return V{i[1] % 2, i[1] / 2, i[0]};
          },
          [] {
            zeros(k234).reshape({-1, -1});
          }),
      regroups(
          "reshape_as",
          [](T x) {
            return x.reshape_as(zeros({8, 3}));
          },
          k234, {8, 3}, [] { zeros(k234).reshape_as(zeros({3})); }),
      regroups(
          "flatten", [](T x) { return x.flatten(1); }, k234, {2, 12}, [] { zeros(k234).flatten(2, 1); }),
      regroups(
          "unflatten",
          [](T x) {
            return x.unflatten(2, {2, -1});
          },
          k234, {2, 3, 2, 2},
          [] {
            zeros(k234).unflatten(2, {3, 3});
          }),
      moves(
          "permute",
          [](T x) {
            return x.permute({2, 0, 1});
          },
          k234, {4, 2, 3},
          [](I i) {
            return V{i[1], i[2], i[0]};
          },
          [] {
            zeros(k234).permute({0, 0, 1});
          }),
      moves(
          "transpose", [](T x) { return x.transpose(0, -1); }, k234, {4, 3, 2},
          [](I i) {
            return V{i[2], i[1], i[0]};
          },
          [] { zeros(k234).transpose(0, 3); }),
      moves(
          "t", [](T x) { return x.t(); }, {3, 5}, {5, 3},
          [](I i) {
            return V{i[1], i[0]};
          },
          [] { zeros(k234).t(); }),
      regroups(
          "unsqueeze", [](T x) { return x.unsqueeze(-2); }, k234, {2, 3, 1, 4}, [] { zeros(k234).unsqueeze(4); }),
      regroups(
          "squeeze", [](T x) { return x.squeeze(); }, {1, 3, 1, 2}, {3, 2}, [] { Tensor().squeeze(); }),
      regroups(
          "squeeze dim", [](T x) { return x.squeeze(0).squeeze(1).squeeze(0); }, {1, 3, 1, 2}, {3, 2},
          [] { zeros(k234).squeeze(3); }),
      moves(
          "expand",
          [](T x) {
            return x.expand({4, -1, 5});
          },
          {3, 1}, {4, 3, 5},
          [](I i) {
            return V{i[1], 0};
          },
          [] {
            zeros(k234).expand({2, 3, 5});
          }),
      moves(
          "expand_as", [](T x) { return x.expand_as(zeros(k234)); }, {3, 1}, k234,
          [](I i) {
            return V{i[1], 0};
          },
          [] { zeros(k234).expand_as(zeros({3})); }),
      moves(
          "narrow", [](T x) { return x.narrow(1, 1, 2); }, k234, {2, 2, 4},
          [](I i) {
            return V{i[0], i[1] + 1, i[2]};
          },
          [] { zeros(k234).narrow(1, 2, 2); }),
      moves(
          "select", [](T x) { return x.select(1, -1); }, k234, {2, 4},
          [](I i) {
            return V{i[0], 2, i[1]};
          },
          [] { zeros(k234).select(1, 3); }),
      moves(
          "slice", [](T x) { return x.slice(2, -3, 4, 2); }, k234, {2, 3, 2},
          [](I i) {
            return V{i[0], i[1], 1 + 2 * i[2]};
          },
          [] { zeros(k234).slice(2, 0, 4, 0); }),
      moves(
          "diagonal", [](T x) { return x.diagonal(1, 1, 2); }, k234, {2, 3},
          [](I i) {
            return V{i[0], i[1], i[1] + 1};
          },
          [] { zeros(k234).diagonal(0, 1, 1); }),
      moves(
          "as_strided",
          [](T x) {
            return x.as_strided({3, 2}, {4, 3}, 2);
          },
          {3, 5}, {3, 2},
          [](I i) {
            return V{(2 + 4 * i[0] + 3 * i[1]) / 5, (2 + 4 * i[0] + 3 * i[1]) % 5};
          },
          [] {
            zeros({3, 5}).as_strided({4, 5}, {5, 1});
          })
          .with_standard_strides("its strides are those of the storage"),
      moves(
          "unfold", [](T x) { return x.unfold(1, 3, 2); }, {2, 7}, {2, 3, 3},
          [](I i) {
            return V{i[0], 2 * i[1] + i[2]};
          },
          [] {
            zeros({2, 7}).unfold(1, 8, 1);
          }),
      moves(
          "split", [](T x) { return x.split(2, 2).at(1); }, {2, 3, 5}, {2, 3, 2},
          [](I i) {
            return V{i[0], i[1], i[2] + 2};
          },
          [] { zeros(k234).split(-1); }),
      moves(
          "split sizes",
          [](T x) {
            return x.split({1, 3}, 2).at(1);
          },
          k234, {2, 3, 3},
          [](I i) {
            return V{i[0], i[1], i[2] + 1};
          },
          [] {
            zeros(k234).split({1, 1}, 2);
          }),
      moves(
          "chunk", [](T x) { return x.chunk(3, 2).at(2); }, {2, 3, 5}, {2, 3, 1},
          [](I i) {
            return V{i[0], i[1], 4};
          },
          [] { zeros(k234).chunk(0); }),
      moves(
          "unbind", [](T x) { return x.unbind(1).at(2); }, k234, {2, 4},
          [](I i) {
            return V{i[0], 2, i[1]};
          },
          [] { zeros(k234).unbind(3); }),
      moves(
          "operator[]", [](T x) { return x[1][2]; }, k234, {4},
          [](I i) {
            return V{1, 2, i[0]};
          },
          [] { zeros(k234)[2]; }),
      moves(
          "index of slices",
          [](T x) {
            return x.index({"...", indexing::None, Slice(1, indexing::None, 2)});
          },
          k234, {2, 3, 1, 2},
          [](I i) {
            return V{i[0], i[1], 1 + 2 * i[3]};
          },
          [] {
            zeros(k234).index({0, 0, 0, 0});
          }),
      moves(
          "index of integers",
          [](T x) {
            return x.index({Slice(), tensor({2, 0, 2})});
          },
          k234, {2, 3, 4},
          [](I i) {
            return V{i[0], i[1] == 1 ? 0 : 2, i[2]};
          },
          [] {
            zeros(k234).index({Slice(), tensor({3})});
          }),
      moves(
          "index of booleans",
          [](T x) {
            return x.index({tensor({false, true})});
          },
          k234, {1, 3, 4},
          [](I i) {
            return V{1, i[1], i[2]};
          },
          [] {
            zeros(k234).index({tensor({true, true, true})});
          }),
  };
}

std::vector<OpRow> copy_rows() {
  return {
      regroups(
          "clone", [](T x) { return x.clone(); }, k234, k234, [] { Tensor().clone(); }),
      moves(
          "contiguous", [](T x) { return x.transpose(0, 1).contiguous(); }, k234, {3, 2, 4},
          [](I i) {
            return V{i[1], i[0], i[2]};
          },
          [] { zeros(k234).contiguous(MemoryFormat::ChannelsLast); }),
      regroups(
          "to", [](T x) { return x.to(kFloat64, false, true); }, k234, k234, [] { Tensor().to(kFloat64); }),
      moves(
          "flip",
          [](T x) {
            return x.flip({0, 2});
          },
          k234, k234,
          [](I i) {
            return V{1 - i[0], i[1], 3 - i[2]};
          },
          [] {
            zeros(k234).flip({0, 0});
          }),
      moves(
          "roll",
          [](T x) {
            return x.roll({1, -1}, {2, 1});
          },
          k234, k234,
          [](I i) {
            return V{i[0], (i[1] + 1) % 3, (i[2] + 3) % 4};
          },
          [] {
            zeros(k234).roll({1, 2}, {0});
          }),
      moves(
          "repeat",
          [](T x) {
            return x.repeat({2, 1, 3});
          },
          {3, 2}, {2, 3, 6},
          [](I i) {
            return V{i[1], i[2] % 2};
          },
          [] { zeros(k234).repeat({2}); }),
      moves(
          "repeat_interleave", [](T x) { return x.repeat_interleave(3, 1); }, k234, {2, 9, 4},
          [](I i) {
            return V{i[0], i[1] / 3, i[2]};
          },
          [] { zeros(k234).repeat_interleave(2, 3); }),
      moves(
          "pixel_shuffle", [](T x) { return pixel_shuffle(x, 2); }, {1, 8, 3, 2}, {1, 2, 6, 4},
          [](I i) {
            return V{i[0], i[1] * 4 + (i[2] % 2) * 2 + i[3] % 2, i[2] / 2, i[3] / 2};
          },
          [] {
            pixel_shuffle(zeros({1, 3, 2, 2}), 2);
          }),
      moves(
          "pad reflect",
          [](T x) {
            return pad(x, {2, 1}, "reflect");
          },
          {2, 3}, {2, 6},
          [](I i) {
            return V{i[0], 2 - std::abs(2 - std::abs(i[1] - 2))};
          },
          [] {
            pad(zeros({2, 3}), {3, 0}, "reflect");
          }),
      moves(
          "pad replicate",
          [](T x) {
            return pad(x, {2, 1}, "replicate");
          },
          {2, 3}, {2, 6},
          [](I i) {
            return V{i[0], std::min<int64_t>(std::max<int64_t>(i[1] - 2, 0), 2)};
          },
          [] {
            pad(zeros({2, 3}), {1}, "replicate");
          }),
      moves(
          "pad circular",
          [](T x) {
            return pad(x, {2, 1}, "circular");
          },
          {2, 3}, {2, 6},
          [](I i) {
            return V{i[0], (i[1] + 1) % 3};
          },
          [] {
            pad(zeros({2, 3}), {1, 1}, "spiral");
          }),
      {"pad constant", returns([](In in) {
         return pad(in[0], {1, 0, 2, 1}, "constant", 0.5);
       }),
       [] {
         return TensorList{spread({2, 3})};
       },
       returns([](In in) {
         return build({5, 4}, [&](I i) {
           return i[0] < 2 || i[0] > 3 || i[1] < 1 ? 0.5 : at(in[0].detach(), {i[0] - 2, i[1] - 1});
         });
       }),
       [] {
         pad(zeros({2, 3}), {1, 1, 1, 1, 1, 1});
       }},
      {"cat", returns([](In in) {
         return cat({in[0], in[1]}, 1);
       }),
       [] {
         return TensorList{spread({2, 3}), spread({2, 4}, -1, 1, 2)};
       },
       returns([](In in) {
         return build({2, 7}, [&](I i) {
           return i[1] < 3 ? at(in[0].detach(), i) : at(in[1].detach(), {i[0], i[1] - 3});
         });
       }),
       [] {
         cat({zeros({2, 3}), zeros({3, 3})}, 1);
       }},
      {"stack", returns([](In in) {
         return stack({in[0], in[1]}, 1);
       }),
       [] {
         return TensorList{spread({2, 3}), spread({2, 3}, -1, 1, 2)};
       },
       returns([](In in) {
         return build({2, 2, 3}, [&](I i) { return at(in[static_cast<size_t>(i[1])].detach(), {i[0], i[2]}); });
       }),
       [] {
         stack({zeros({2, 3}), zeros({3, 3})});
       }},
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rows_shape)

BOOST_AUTO_TEST_SUITE(views)
WEFT_ROW_TESTS(view_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(copies)
WEFT_ROW_TESTS(copy_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
