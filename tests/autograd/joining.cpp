// Gradients of joining, splitting, reordering, padding and einsum; and values of the latter two.
#include "weft/autograd/autograd.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/autograd/record.h"
#include "weft/tests/autograd/gradient_rows.h"

using namespace weft;
using weft::autograd::check_gradients;

BOOST_AUTO_TEST_SUITE(joining)

namespace {

Tensor bent(const Tensor& x) { return x * x; }

std::vector<double> values(const Tensor& t) {
  const Tensor flat = t.to(kFloat64).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

}  // namespace

BOOST_AUTO_TEST_CASE(against_differences) {
  check_gradients({
      {"cat",
       {{2, 3}, {2, 1}},
       [](auto& x) {
         return cat({bent(x[0]), bent(x[1]), x[0]}, 1);
       }},
      {"stack",
       {{2, 3}, {2, 3}},
       [](auto& x) {
         return stack({bent(x[0]), bent(x[1])}, -1);
       }},
      {"split",
       {{5, 2}},
       [](auto& x) {
         const TensorList parts = bent(x[0]).split({2, 3});
         return parts[0].sum() * parts[1].sum();
       }},
      {"chunk", {{5, 2}}, [](auto& x) { return bent(x[0]).chunk(2)[1]; }},
      {"unbind", {{3, 2}}, [](auto& x) { return bent(x[0]).unbind()[1]; }},
      {"flip",
       {{2, 3, 2}},
       [](auto& x) {
         return bent(x[0]).flip({0, 2});
       }},
      {"roll",
       {{4, 3}},
       [](auto& x) {
         return bent(x[0]).roll({1, -1}, {0, 1});
       }},
      {"roll flat", {{4, 3}}, [](auto& x) { return bent(x[0]).roll(2); }},
      {"repeat",
       {{2, 3}},
       [](auto& x) {
         return bent(x[0]).repeat({2, 1, 2});
       }},
      {"repeat_interleave", {{2, 3}}, [](auto& x) { return bent(x[0]).repeat_interleave(2, 0); }},
      {"pad constant",
       {{2, 3, 4}},
       [](auto& x) {
         return pad(bent(x[0]), {1, 2, 0, 1}, "constant", 3);
       }},
      {"pad by cutting",
       {{2, 3, 4}},
       [](auto& x) {
         return pad(bent(x[0]), {-1, 2, 1, -2});
       }},
      {"pad reflect",
       {{2, 4, 4}},
       [](auto& x) {
         return pad(bent(x[0]), {3, 2, 1, 2}, "reflect");
       }},
      {"pad replicate",
       {{2, 2, 3}},
       [](auto& x) {
         return pad(bent(x[0]), {3, 2, 1, 4}, "replicate");
       }},
      {"pad circular",
       {{2, 3, 4}},
       [](auto& x) {
         return pad(bent(x[0]), {4, 2, 1, 3}, "circular");
       }},
      {"pixel_shuffle", {{2, 8, 2, 3}}, [](auto& x) { return pixel_shuffle(bent(x[0]), 2); }},
      {"einsum product", {{2, 3}, {3, 4}}, [](auto& x) { return einsum("ij,jk->ik", x); }},
      {"einsum batch", {{2, 3, 4}, {2, 5, 4}}, [](auto& x) { return einsum("bij,bkj->bik", x); }},
      {"einsum three", {{2, 3}, {3, 4}, {4}}, [](auto& x) { return einsum("ij,jk,k->i", x); }},
      {"einsum trace", {{3, 3}}, [](auto& x) { return einsum("ii", {bent(x[0])}); }},
      {"einsum ellipsis", {{2, 3, 4}, {4, 5}}, [](auto& x) { return einsum("...j,jk->...k", x); }},
      {"einsum sum", {{2, 3, 4}}, [](auto& x) { return einsum("ijk->kj", {bent(x[0])}); }},
  });
}

// A sequence of T steps costs one node and one joined gradient, not T of them.
BOOST_AUTO_TEST_CASE(parts_share_one_node) {
  Tensor x = arange(12, kFloat64).view({4, 3}).requires_grad_(true);
  for (const TensorList& parts : {bent(x).unbind(), bent(x).split(1), bent(x).chunk(4), bent(x).split({1, 0, 3})})
    for (const Tensor& part : parts) BOOST_CHECK(part.grad_fn() == parts[0].grad_fn());

  const TensorList parts = bent(x).unbind(1);
  autograd::backward({(parts[2] * 2).sum(), (parts[0] * parts[2]).sum()});
  const Tensor a = x.detach().select(1, 0), c = x.detach().select(1, 2);
  BOOST_CHECK(x.grad().equal(stack({2 * a * c * c, zeros({4}, kFloat64), 2 * c * (2 + a * a)}, 1)));
}

BOOST_AUTO_TEST_CASE(parts_changed_in_place) {
  Tensor x = arange(6, kFloat64).view({3, 2}).requires_grad_(true);
  Tensor base = x * 1;
  const TensorList parts = base.unbind();
  parts[1].mul_(5);
  (parts[1].sum() + 3 * parts[2].sum() + base.sum()).backward();
  BOOST_CHECK(x.grad().equal(tensor({1.0, 1.0, 10.0, 10.0, 4.0, 4.0}, kFloat64).view({3, 2})));
}

BOOST_AUTO_TEST_CASE(an_op_of_several_outputs) {
  // {x y, x + y}, as a user's op
  const auto both = [](const Tensor& x, const Tensor& y) {
    return autograd::record(
        "both", TensorList{x.detach() * y.detach(), x.detach() + y.detach()}, {x, y},
        [x = autograd::saved(x), y = autograd::saved(y)](std::span<const Tensor> g, autograd::Grads& grads) {
          for (int i = 0; i < 2; ++i) {
            Tensor sum = g[0].defined() ? g[0] * (i == 0 ? y : x) : zeros_like(x());
            if (grads.needs(i)) grads[i] = g[1].defined() ? sum + g[1] : sum;
          }
        });
  };
  check_gradients({{"both",
                    {{2, 3}, {2, 3}},
                    [&](auto& x) {
                      const TensorList out = both(x[0], x[1]);
                      return out[0] * out[1];
                    }},
                   {"the second alone", {{2, 3}, {2, 3}}, [&](auto& x) { return bent(both(x[0], x[1])[1]); }}});
}

BOOST_AUTO_TEST_CASE(paddings) {
  const Tensor x = tensor({{1., 2., 3.}}, kFloat64);
  const std::vector<std::pair<const char*, std::vector<double>>> wanted = {{"constant", {9, 9, 1, 2, 3, 9}},
                                                                           {"reflect", {3, 2, 1, 2, 3, 2}},
                                                                           {"replicate", {1, 1, 1, 2, 3, 3}},
                                                                           {"circular", {2, 3, 1, 2, 3, 1}}};
  for (const auto& [mode, want] : wanted) BOOST_TEST((values(pad(x, {2, 1}, mode, 9)) == want), mode);
  BOOST_TEST((values(pad(x, {-1, 1})) == std::vector<double>{2, 3, 0}));
  BOOST_TEST((values(pad(x, {-4, 2})) == std::vector<double>{0}));
  BOOST_TEST((values(pad(ones({3, 3}, kFloat64), {-4, 2, -4, 2}, "constant", 7)) == std::vector<double>{7}));
  BOOST_TEST((pad(x, {1, 1, 2, 0}).sizes() == IntArrayRef({3, 5})));
  BOOST_TEST((pad(zeros({2, 0}), {1, 1}).sizes() == IntArrayRef({2, 2})));
  BOOST_CHECK_THROW(pad(x, {3, 0}, "reflect"), ShapeError);
  BOOST_CHECK_THROW(pad(x, {4, 0}, "circular"), ShapeError);
  BOOST_CHECK_THROW(pad(x, {1, 0, 1}), ShapeError);
  BOOST_CHECK_THROW(pad(x, {1, 0, 1, 0, 1, 0}), ShapeError);
  BOOST_CHECK_THROW(pad(x, {-2, -2}), ShapeError);
  BOOST_CHECK_THROW(pad(x, {1, 1}, "mirror"), ValueError);
  BOOST_CHECK_THROW(pixel_shuffle(zeros({1, 6, 2, 2}), 2), ShapeError);
  const Tensor shuffled = pixel_shuffle(arange(8, kFloat64).reshape({1, 4, 1, 2}), 2);
  BOOST_TEST((values(shuffled) == std::vector<double>{0, 2, 1, 3, 4, 6, 5, 7}));
}

BOOST_AUTO_TEST_CASE(einsums) {
  manual_seed(4);
  const Tensor a = randn({3, 4}, kFloat64), b = randn({4, 5}, kFloat64), c = randn({2, 3, 4}, kFloat64);
  const Tensor square = randn({4, 4}, kFloat64);
  const auto same = [](const Tensor& x, const Tensor& y) { return x.sizes() == y.sizes() && x.allclose(y); };
  const Tensor product = (a.unsqueeze(2) * b.unsqueeze(0)).sum({1});
  BOOST_TEST(same(einsum("ij,jk->ik", {a, b}), product));
  BOOST_TEST(same(einsum("ij,jk", {a, b}), product));
  BOOST_TEST(same(einsum(" i j , j k -> k i ", {a, b}), product.t()));
  BOOST_TEST(same(einsum("ij,jk->", {a, b}), product.sum()));
  BOOST_TEST(same(einsum("ba", {a}), a.t()));
  BOOST_TEST(same(einsum("ii->i", {square}), square.diagonal()));
  BOOST_TEST(same(einsum("ii", {square}), square.diagonal().sum()));
  BOOST_TEST(same(einsum("bij,ij->bij", {c, a}), c * a));
  BOOST_TEST(same(einsum("...ij,ij->...", {c, a}), (c * a).sum({1, 2})));
  BOOST_TEST(same(einsum("...,...", {c, a}), c * a));
  BOOST_TEST(same(einsum("i,j->ij", {a.select(1, 0), b.select(0, 0)}),
                  a.select(1, 0).unsqueeze(1) * b.select(0, 0).unsqueeze(0)));
  BOOST_TEST(same(einsum("Ab,b->A", {a, ones({1}, kFloat64)}), a.sum({1})));
  const Tensor cube = randn({2, 3, 3}, kFloat64);
  BOOST_TEST(same(einsum("ijj->ij", {cube}), cube.diagonal(0, 1, 2)));
  BOOST_TEST(same(einsum("jij->i", {cube.permute({1, 0, 2})}), cube.diagonal(0, 1, 2).sum({1})));
  BOOST_CHECK_THROW(einsum("ij,jk->ik", {a}), ValueError);
  BOOST_CHECK_THROW(einsum("ij->iz", {a}), ValueError);
  BOOST_CHECK_THROW(einsum("ij->ii", {a}), ValueError);
  BOOST_CHECK_THROW(einsum("i1", {a}), ValueError);
  BOOST_CHECK_THROW(einsum("i.j", {a}), ValueError);
  BOOST_CHECK_THROW(einsum("ijk", {a}), ShapeError);
  BOOST_CHECK_THROW(einsum("ij,jk->ik", {a, a}), ShapeError);
  BOOST_CHECK_THROW(einsum("ii", {a}), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
