// Losses: values by their formulas, gradients of both orders, and every error.
#include <boost/test/unit_test.hpp>
#include <cstring>

#include "weft/autograd/autograd.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/gradcheck.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

using namespace weft;

namespace {

using Loss = Tensor (*)(const Tensor& x, const Tensor& t, Reduction r);
/// A loss of an input and a target of the same sizes, and its value for each pair.
struct Row {
  const char* name;
  Loss loss, formula;
  Tensor (*make_input)(const Tensor& normal);
  Tensor (*make_target)(const Tensor& normal);
  bool target_gradient = true;
};

Tensor as_is(const Tensor& t) { return t; }
Tensor probability(const Tensor& t) { return t.sigmoid(); }
Tensor plus_minus_one(const Tensor& t) { return t.sign(); }

const Row kRows[] = {
    {"mse_loss", [](const Tensor& x, const Tensor& t, Reduction r) { return mse_loss(x, t, r); },
     [](const Tensor& x, const Tensor& t, Reduction) { return (x - t).square(); }, as_is, as_is},
    {"l1_loss", [](const Tensor& x, const Tensor& t, Reduction r) { return l1_loss(x, t, r); },
     [](const Tensor& x, const Tensor& t, Reduction) { return (x - t).abs(); }, as_is, as_is},
    {"smooth_l1_loss", [](const Tensor& x, const Tensor& t, Reduction r) { return smooth_l1_loss(x, t, r, 0.5); },
     [](const Tensor& x, const Tensor& t, Reduction) {
       const Tensor d = (x - t).abs();
       return where(d.lt(0.5), d * d, d - 0.25);
     },
     as_is, as_is},
    {"smooth_l1_loss of beta 0",
     [](const Tensor& x, const Tensor& t, Reduction r) { return smooth_l1_loss(x, t, r, 0); },
     [](const Tensor& x, const Tensor& t, Reduction) { return (x - t).abs(); }, as_is, as_is},
    {"huber_loss", [](const Tensor& x, const Tensor& t, Reduction r) { return huber_loss(x, t, r, 0.6); },
     [](const Tensor& x, const Tensor& t, Reduction) {
       const Tensor d = (x - t).abs();
       return where(d.le(0.6), d * d * 0.5, (d - 0.3) * 0.6);
     },
     as_is, as_is},
    {"binary_cross_entropy",
     [](const Tensor& x, const Tensor& t, Reduction r) { return binary_cross_entropy(x, t, {}, r); },
     [](const Tensor& x, const Tensor& t, Reduction) { return -(t * x.log() + (1 - t) * (1 - x).log()); }, probability,
     probability},
    {"binary_cross_entropy_with_logits",
     [](const Tensor& x, const Tensor& t, Reduction r) { return binary_cross_entropy_with_logits(x, t, {}, {}, r); },
     [](const Tensor& x, const Tensor& t, Reduction) {
       const Tensor p = x.sigmoid();
       return -(t * p.log() + (1 - t) * (1 - p).log());
     },
     as_is, probability},
    {"kl_div", [](const Tensor& x, const Tensor& t, Reduction r) { return kl_div(x, t, static_cast<KLReduction>(r)); },
     [](const Tensor& x, const Tensor& t, Reduction) { return t * (t.log() - x); }, as_is, probability},
    {"kl_div of logarithms",
     [](const Tensor& x, const Tensor& t, Reduction r) { return kl_div(x, t, static_cast<KLReduction>(r), true); },
     [](const Tensor& x, const Tensor& t, Reduction) { return t.exp() * (t - x); }, as_is, as_is},
    {"hinge_embedding_loss",
     [](const Tensor& x, const Tensor& t, Reduction r) { return hinge_embedding_loss(x, t, 0.7, r); },
     [](const Tensor& x, const Tensor& t, Reduction) { return where(t.gt(0), x, (0.7 - x).clamp_min(0)); }, as_is,
     plus_minus_one, false},
    {"soft_margin_loss", [](const Tensor& x, const Tensor& t, Reduction r) { return soft_margin_loss(x, t, r); },
     [](const Tensor& x, const Tensor& t, Reduction) { return (-t * x).exp().log1p(); }, as_is, plus_minus_one, false},
};
static_assert(static_cast<int>(KLReduction::Mean) == static_cast<int>(Reduction::Mean) &&
              static_cast<int>(KLReduction::Sum) == static_cast<int>(Reduction::Sum));

Tensor reduced(const Tensor& t, Reduction r) {
  return r == Reduction::None ? t : r == Reduction::Mean ? t.mean() : t.sum();
}

const Reduction kReductions[] = {Reduction::None, Reduction::Mean, Reduction::Sum};

void check_both_orders(const std::function<Tensor(const TensorList&)>& fn, const TensorList& inputs) {
  BOOST_CHECK(autograd::gradcheck(fn, inputs));
  BOOST_CHECK(autograd::gradgradcheck(fn, inputs));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(loss)

BOOST_AUTO_TEST_CASE(losses_of_pairs) {
  manual_seed(1);
  for (const Row& row : kRows)
    for (Reduction r : kReductions) BOOST_TEST_CONTEXT(row.name << " with reduction " << static_cast<int>(r)) {
        const Tensor x = row.make_input(randn({4, 5}, kFloat64)), t = row.make_target(randn({4, 5}, kFloat64));
        BOOST_CHECK(row.loss(x, t, r).allclose(reduced(row.formula(x, t, r), r), 1e-10, 1e-12));
        BOOST_CHECK(row.loss(x.t(), t.t(), r).allclose(reduced(row.formula(x.t(), t.t(), r), r), 1e-10, 1e-12));
        BOOST_CHECK(row.loss(x.to(kFloat32), t.to(kFloat32), r)
                        .to(kFloat64)
                        .allclose(reduced(row.formula(x, t, r), r), 1e-5, 1e-6));
        const Tensor leaf = x.clone().requires_grad_(), target = t.clone().set_requires_grad(row.target_gradient);
        check_both_orders([&](const TensorList& in) { return row.loss(in[0], in[1], r); }, {leaf, target});
      }
}

BOOST_AUTO_TEST_CASE(pairs_that_do_not_fit) {
  for (const Row& row : kRows) BOOST_TEST_CONTEXT(row.name) {
      const Tensor x = rand({4, 3}), t = rand({4, 1});
      BOOST_CHECK_EXCEPTION(row.loss(x, t, Reduction::Mean), ShapeError, [](const ShapeError& e) {
        const std::string text = e.what();
        return text.find("[4, 3]") != text.npos && text.find("[4, 1]") != text.npos;
      });
      BOOST_CHECK_THROW(row.loss(x, rand({3}), Reduction::Sum), ShapeError);
      BOOST_CHECK_THROW(row.loss(x, rand({4, 3}, kFloat64), Reduction::Mean), DtypeError);
      BOOST_CHECK_THROW(row.loss(ones({2}, kInt64), ones({2}, kInt64), Reduction::Mean), DtypeError);
    }
  BOOST_CHECK_THROW(huber_loss(rand({2}), rand({2}), Reduction::Mean, 0), ValueError);
  BOOST_CHECK_THROW(smooth_l1_loss(rand({2}), rand({2}), Reduction::Mean, -1), ValueError);
  BOOST_CHECK_THROW(binary_cross_entropy(tensor({1.5}), tensor({1.0})), ValueError);
}

BOOST_AUTO_TEST_CASE(binary_cross_entropy_at_its_ends) {
  const Tensor x = tensor({0.0, 1.0, 0.0, 1.0}).requires_grad_(), t = tensor({1.0, 0.0, 0.0, 1.0});
  const Tensor y = binary_cross_entropy(x, t, {}, Reduction::None);
  BOOST_CHECK(y.equal(tensor({100.0, 100.0, 0.0, 0.0})));
  y.sum().backward();
  BOOST_CHECK(x.grad().allclose(tensor({-1e12, 1e12, 0.0, 0.0})));
}

BOOST_AUTO_TEST_CASE(logits_with_weights_and_far_from_zero) {
  manual_seed(2);
  const Tensor x = randn({4, 3}, kFloat64).requires_grad_(), t = rand({4, 3}, kFloat64);
  const Tensor w = rand({4, 3}, kFloat64), pos = (rand({3}, kFloat64) + 0.5).requires_grad_();
  const Tensor p = x.sigmoid();
  const Tensor want = -(pos * t * p.log() + (1 - t) * (1 - p).log()) * w;
  BOOST_CHECK(binary_cross_entropy_with_logits(x, t, w, pos).allclose(want.mean()));
  check_both_orders(
      [&](const TensorList& in) { return binary_cross_entropy_with_logits(in[0], t, w, in[1], Reduction::Sum); },
      {x, pos});
  for (Dtype dtype : {kFloat32, kFloat64}) {
    const Tensor far = tensor({-1e3, 1e3}, dtype), ids = tensor({1.0, 1.0}, dtype);
    BOOST_CHECK(binary_cross_entropy_with_logits(far, ids, {}, {}, Reduction::None).equal(tensor({1e3, 0.0}, dtype)));
  }
  BOOST_CHECK_THROW(binary_cross_entropy_with_logits(x, t, {}, rand({2, 1, 1}, kFloat64)), ShapeError);
  const Tensor q = p.detach().clone().requires_grad_();
  check_both_orders([&](const TensorList& in) { return binary_cross_entropy(in[0], t, w); }, {q});
}

BOOST_AUTO_TEST_CASE(kl_div_where_the_target_is_zero) {
  const Tensor x = tensor({-1.0, -2.0}, kFloat64).requires_grad_(), t = tensor({0.0, 1.0}, kFloat64).requires_grad_();
  const Tensor y = kl_div(x, t, KLReduction::Sum);
  BOOST_CHECK_CLOSE(y.item<double>(), 2.0, 1e-9);
  y.backward();
  BOOST_CHECK(x.grad().equal(tensor({0.0, -1.0}, kFloat64)));
  BOOST_CHECK(t.grad().isfinite().all().item<bool>());
  manual_seed(3);
  const Tensor a = randn({4, 3}, kFloat64), b = rand({4, 3}, kFloat64);
  BOOST_CHECK(kl_div(a, b, KLReduction::BatchMean).allclose(kl_div(a, b, KLReduction::Sum) / 4));
}

// The definition, row by row: -(1 - s) w[id] log p[id] - s / C sum w log p.
Tensor cross_entropy_by_definition(const Tensor& x, const Tensor& ids, const Tensor& weight, Reduction r,
                                   int64_t ignore, double s) {
  const int64_t classes = x.size(1);
  const Tensor log_p = (x.exp() / x.exp().sum({1}, true)).log();
  Dims shape(x.sizes().size(), 1);
  shape[1] = classes;
  const Tensor valid = ids.ne(ignore), id = where(valid, ids, 0).unsqueeze(1);
  const Tensor w = (weight.defined() ? weight : ones({classes}, x.dtype())).reshape(shape).expand(x.sizes());
  const Tensor own = w.gather(1, id).squeeze(1) * valid.to(x.dtype());
  const Tensor losses = log_p.gather(1, id).squeeze(1) * own * (s - 1) -
                        (log_p * w).sum({1}) * valid.to(x.dtype()) * (s / static_cast<double>(classes));
  return r == Reduction::None ? losses : r == Reduction::Sum ? losses.sum() : losses.sum() / own.sum();
}

BOOST_AUTO_TEST_CASE(cross_entropy_of_class_ids) {
  manual_seed(4);
  const Tensor weights = rand({5}, kFloat64) + 0.2;
  for (const Dims& s : {Dims{6, 5}, Dims{2, 5, 3}, Dims{2, 5, 2, 2}}) {
    Dims places = s;
    places.erase(1);
    Tensor ids = randint(5, places);
    ids.select(0, 1).fill_(2);
    for (const Tensor& w : {Tensor(), weights})
      for (Reduction r : kReductions)
        for (double smoothing : {0.0, 0.1}) {
          const Tensor x = randn(s, kFloat64).requires_grad_();
          auto fn = [&](const TensorList& in) { return cross_entropy(in[0], ids, w, r, 2, smoothing); };
          BOOST_CHECK(fn({x}).allclose(cross_entropy_by_definition(x, ids, w, r, 2, smoothing), 1e-9, 1e-11));
          check_both_orders(fn, {x});
        }
  }
}

BOOST_AUTO_TEST_CASE(cross_entropy_of_probabilities) {
  manual_seed(5);
  const Tensor weights = rand({4}, kFloat64) + 0.2;
  for (const Dims& s : {Dims{3, 4}, Dims{2, 4, 3}})
    for (const Tensor& w : {Tensor(), weights})
      for (Reduction r : kReductions) {
        const Tensor x = randn(s, kFloat64).requires_grad_(), t = randn(s, kFloat64).softmax(1).requires_grad_();
        const Tensor target = t.detach().requires_grad_();
        auto fn = [&](const TensorList& in) { return cross_entropy(in[0], in[1], w, r, -100, 0.1); };
        check_both_orders(fn, {x, target});
      }
  // Probabilities of 0 and 1 equal class ids.
  const Tensor x = randn({6, 4}, kFloat64), ids = randint(4, {6});
  BOOST_CHECK(cross_entropy(x, one_hot(ids, 4).to(kFloat64)).allclose(cross_entropy(x, ids)));
}

BOOST_AUTO_TEST_CASE(one_sample_without_a_batch) {
  manual_seed(6);
  const Tensor x = randn({4}, kFloat64), id = tensor(2), log_p = x.log_softmax(0);
  const double want = -log_p[2].item<double>();
  BOOST_CHECK_CLOSE(cross_entropy(x, id).item<double>(), want, 1e-9);
  BOOST_CHECK_CLOSE(nll_loss(log_p, id).item<double>(), want, 1e-9);
  BOOST_CHECK_EQUAL(cross_entropy(x, id, {}, Reduction::None).dim(), 0);
}

BOOST_AUTO_TEST_CASE(all_rows_ignored) {
  const Tensor x = randn({3, 4}).requires_grad_(), ids = full({3}, -100);
  BOOST_CHECK_EQUAL(cross_entropy(x, ids, {}, Reduction::Sum).item<float>(), 0);
  BOOST_CHECK(cross_entropy(x, ids).isnan().item<bool>());
  cross_entropy(x, ids, {}, Reduction::Sum).backward();
  BOOST_CHECK(x.grad().equal(zeros({3, 4})));
}

BOOST_AUTO_TEST_CASE(nll_and_margin) {
  manual_seed(7);
  const Tensor w = rand({5}, kFloat64) + 0.1, ids = randint(5, {6}), places = randint(5, {2, 3});
  for (const Tensor& weight : {Tensor(), w})
    for (Reduction r : kReductions) {
      const Tensor x = randn({6, 5}, kFloat64).requires_grad_(), y = randn({2, 5, 3}, kFloat64).requires_grad_();
      check_both_orders([&](const TensorList& in) { return nll_loss(in[0], ids, weight, r, 1); }, {x});
      check_both_orders([&](const TensorList& in) { return nll_loss(in[0], places, weight, r); }, {y});
      BOOST_CHECK(nll_loss(x.log_softmax(1), ids, weight, r, 1).allclose(cross_entropy(x, ids, weight, r, 1)));
      for (int64_t p : {1, 2})
        check_both_orders([&](const TensorList& in) { return multi_margin_loss(in[0], ids, p, 0.7, weight, r); }, {x});
    }
  // Class 1 of 3, margin 1: max(0, 1 - 0.5 + 0.2) + max(0, 1 - 0.5 - 1) = 0.7, by 3 classes.
  const Tensor x = tensor({{0.2, 0.5, -1.0}}, kFloat64), id = tensor({1});
  BOOST_CHECK_CLOSE(multi_margin_loss(x, id).item<double>(), 0.7 / 3, 1e-9);
  BOOST_CHECK_CLOSE(multi_margin_loss(x, id, 2).item<double>(), 0.49 / 3, 1e-9);
  BOOST_CHECK_CLOSE(multi_margin_loss(x[0], id[0]).item<double>(), 0.7 / 3, 1e-9);
}

BOOST_AUTO_TEST_CASE(class_losses_that_are_refused) {
  const Tensor x = randn({3, 4});
  auto names = [](std::initializer_list<const char*> facts) {
    return [facts](const Error& e) {
      for (const char* fact : facts)
        if (!std::strstr(e.what(), fact)) return false;
      return true;
    };
  };
  for (int64_t bad : {-1, 4, 9}) {
    const Tensor ids = tensor({0, bad, 1});
    const std::string label = "label " + std::to_string(bad);
    BOOST_CHECK_EXCEPTION(cross_entropy(x, ids), IndexError, names({label.c_str(), "row 1", "4 classes"}));
    BOOST_CHECK_EXCEPTION(cross_entropy(x, ids, ones({4})), IndexError, names({label.c_str(), "row 1", "4 classes"}));
    BOOST_CHECK_EXCEPTION(nll_loss(x, ids), IndexError, names({label.c_str(), "row 1", "4 classes"}));
    BOOST_CHECK_EXCEPTION(multi_margin_loss(x, ids), IndexError, names({label.c_str(), "row 1", "4 classes"}));
  }
  BOOST_CHECK_EXCEPTION(cross_entropy(x, tensor({0, 1})), ShapeError, names({"[3, 4]", "[2]"}));
  BOOST_CHECK_EXCEPTION(cross_entropy(x, rand({3, 5})), ShapeError, names({"[3, 4]", "[3, 5]"}));
  BOOST_CHECK_EXCEPTION(nll_loss(x, zeros({3, 1}, kInt64)), ShapeError, names({"[3, 4]", "[3, 1]"}));
  BOOST_CHECK_THROW(cross_entropy(x, tensor({0, 1, 2}), ones({3})), ShapeError);
  BOOST_CHECK_THROW(cross_entropy(x, tensor({0, 1, 2}), ones({4}, kFloat64)), DtypeError);
  BOOST_CHECK_THROW(cross_entropy(x, tensor({true, false, true})), DtypeError);
  BOOST_CHECK_THROW(nll_loss(x, rand({3})), DtypeError);
  BOOST_CHECK_THROW(cross_entropy(x, tensor({0, 1, 2}), {}, Reduction::Mean, -100, 1.5), ValueError);
  BOOST_CHECK_THROW(cross_entropy(x, tensor({0, 1, 2}), ones({4}).requires_grad_()), ValueError);
  BOOST_CHECK_THROW(multi_margin_loss(x, tensor({0, 1, 2}), 3), ValueError);
}

BOOST_AUTO_TEST_CASE(changed_targets_are_noticed) {
  const Tensor x = randn({3, 4}).requires_grad_();
  Tensor ids = tensor({0, 1, 2}), t = randn({3, 4});
  const Tensor a = cross_entropy(x, ids), b = mse_loss(x, t), c = nll_loss(x, ids);
  ids.fill_(3);
  t.fill_(0);
  BOOST_CHECK_THROW(a.backward(), StateError);
  BOOST_CHECK_THROW(b.backward(), StateError);
  BOOST_CHECK_THROW(c.backward(), StateError);
}

BOOST_AUTO_TEST_CASE(a_dropped_graph_leaves_nothing) {
  const int64_t before = TensorImpl::live();
  for (const Row& row : kRows) {
    const Tensor x = row.make_input(randn({4, 5})).detach().requires_grad_(), t = row.make_target(randn({4, 5}));
    const Tensor g = autograd::grad({row.loss(x, t, Reduction::Mean)}, {x}, {}, true, true)[0];
  }
  {
    const Tensor x = randn({4, 5}).requires_grad_(), ids = randint(5, {4});
    const Tensor a = cross_entropy(x, ids), b = nll_loss(x, ids), c = multi_margin_loss(x, ids);
    const Tensor g = autograd::grad({a, b, c}, {x}, {}, true, true)[0];
  }
  BOOST_CHECK_EQUAL(TensorImpl::live(), before);
}

BOOST_AUTO_TEST_SUITE_END()
