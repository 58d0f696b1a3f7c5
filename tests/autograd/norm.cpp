// Batch, layer, group and instance norm: values by their definition, gradients of both orders, running statistics.
#include <boost/test/unit_test.hpp>

#include "weft/autograd/autograd.h"
#include "weft/autograd/gradcheck.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

using namespace weft;

namespace {

void check_both_orders(const std::function<Tensor(const TensorList&)>& fn, const TensorList& inputs) {
  BOOST_CHECK(autograd::gradcheck(fn, inputs));
  BOOST_CHECK(autograd::gradgradcheck(fn, inputs, 1e-6, 1e-4));
}

Tensor normal(IntArrayRef sizes) { return randn(sizes, kFloat64).requires_grad_(); }

/// (x - mean) / sqrt(var + eps) over dims.
Tensor normalised(const Tensor& x, IntArrayRef dims, double eps) {
  const Tensor d = x - x.mean(dims, true);
  return d / (d.square().mean(dims, true) + eps).sqrt();
}

Dims by_channel(const Tensor& x) {
  Dims shape(x.sizes().size(), 1);
  shape[1] = x.size(1);
  return shape;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(norm)

BOOST_AUTO_TEST_CASE(batch_norm_in_training) {
  manual_seed(1);
  for (const Dims& s : {Dims{5, 3}, Dims{4, 2, 3}, Dims{3, 2, 2, 3}, Dims{2, 2, 2, 1, 3}}) {
    const Tensor x = normal(s), w = normal({s[1]}), b = normal({s[1]});
    Dims dims;
    for (int64_t d = 0; d < x.dim(); ++d)
      if (d != 1) dims.push_back(d);
    const Tensor want = normalised(x, dims, 1e-2) * w.reshape(by_channel(x)) + b.reshape(by_channel(x));
    BOOST_CHECK(batch_norm(x, w, b, {}, {}, true, 0.1, 1e-2).allclose(want, 1e-9, 1e-11));
    check_both_orders([](const TensorList& in) { return batch_norm(in[0], in[1], in[2], {}, {}, true, 0.1, 1e-2); },
                      {x, w, b});
    check_both_orders([](const TensorList& in) { return batch_norm(in[0], {}, {}, {}, {}, true, 0.1, 1e-2); }, {x});
    check_both_orders([&](const TensorList& in) { return batch_norm(x, in[0], {}, {}, {}, true, 0.1, 1e-2); }, {w});
  }
}

BOOST_AUTO_TEST_CASE(batch_norm_evaluated) {
  manual_seed(2);
  for (const Dims& s : {Dims{1, 3}, Dims{3, 2, 2, 3}}) {
    const Tensor x = normal(s), w = normal({s[1]}), b = normal({s[1]});
    const Tensor mean = randn({s[1]}, kFloat64), var = rand({s[1]}, kFloat64) + 0.5;
    const Dims c = by_channel(x);
    const Tensor want = (x - mean.reshape(c)) / (var.reshape(c) + 1e-2).sqrt() * w.reshape(c) + b.reshape(c);
    auto fn = [&](const TensorList& in) { return batch_norm(in[0], in[1], in[2], mean, var, false, 0.1, 1e-2); };
    BOOST_CHECK(fn({x, w, b}).allclose(want, 1e-9, 1e-11));
    check_both_orders(fn, {x, w, b});
  }
}

BOOST_AUTO_TEST_CASE(running_statistics) {
  manual_seed(3);
  for (Dtype dtype : {kFloat32, kFloat64}) {
    const Tensor x = randn({4, 3, 2, 5}, dtype) * 2 + 1;
    const Tensor mean = zeros({3}, dtype), var = ones({3}, dtype);
    batch_norm(x, {}, {}, mean, var, true, 0.25);
    BOOST_CHECK(mean.allclose(x.mean({0, 2, 3}) * 0.25, 1e-5, 1e-6));
    BOOST_CHECK(var.allclose(x.var({0, 2, 3}) * 0.25 + 0.75, 1e-5, 1e-6));
    const Tensor kept = mean.clone();
    batch_norm(x, {}, {}, mean, var, false, 0.25);
    BOOST_CHECK(mean.equal(kept));
    batch_norm(x, {}, {}, mean, Tensor(), true, 1.0);
    BOOST_CHECK(mean.allclose(x.mean({0, 2, 3}), 1e-5, 1e-6));
  }
  // A later update of the statistics does not disturb a pending gradient.
  const Tensor x = normal({3, 2}), mean = zeros({2}, kFloat64), var = ones({2}, kFloat64);
  const Tensor y = batch_norm(x, {}, {}, mean, var, false);
  batch_norm(x.detach(), {}, {}, mean, var, true);
  BOOST_CHECK_NO_THROW(y.sum().backward());
}

BOOST_AUTO_TEST_CASE(layer_norm_over_the_last_dimensions) {
  manual_seed(4);
  const Tensor x = normal({2, 3, 4}), w = normal({3, 4}), b = normal({3, 4}), v = normal({4});
  BOOST_CHECK(layer_norm(x, {3, 4}, w, b, 1e-2).allclose(normalised(x, {1, 2}, 1e-2) * w + b, 1e-9, 1e-11));
  BOOST_CHECK(layer_norm(x, {4}, v, {}, 1e-2).allclose(normalised(x, {2}, 1e-2) * v, 1e-9, 1e-11));
  BOOST_CHECK(layer_norm(x.transpose(0, 2), {2}).allclose(normalised(x.transpose(0, 2), {2}, 1e-5), 1e-9, 1e-11));
  check_both_orders([](const TensorList& in) { return layer_norm(in[0], {3, 4}, in[1], in[2], 1e-2); }, {x, w, b});
  check_both_orders([](const TensorList& in) { return layer_norm(in[0], {4}, in[1], {}, 1e-2); }, {x, v});
  check_both_orders([](const TensorList& in) { return layer_norm(in[0], {4}, {}, {}, 1e-2); }, {x});
}

BOOST_AUTO_TEST_CASE(group_and_instance_norm) {
  manual_seed(5);
  const Tensor x = normal({2, 4, 3, 2}), w = normal({4}), b = normal({4}), flat = normal({3, 6});
  const Tensor wide = w.reshape({4, 1, 1}), low = b.reshape({4, 1, 1});
  BOOST_CHECK(group_norm(x, 2, w, b, 1e-2)
                  .allclose(normalised(x.reshape({2, 2, 2, 3, 2}), {2, 3, 4}, 1e-2).reshape(x.sizes()) * wide + low,
                            1e-9, 1e-11));
  BOOST_CHECK(instance_norm(x, w, b, 1e-2).allclose(normalised(x, {2, 3}, 1e-2) * wide + low, 1e-9, 1e-11));
  for (int64_t groups : {1, 2, 4})
    check_both_orders([=](const TensorList& in) { return group_norm(in[0], groups, in[1], in[2], 1e-2); }, {x, w, b});
  check_both_orders([](const TensorList& in) { return instance_norm(in[0], in[1], in[2], 1e-2); }, {x, w, b});
  check_both_orders([](const TensorList& in) { return instance_norm(in[0], {}, {}, 1e-2); }, {x});
  check_both_orders([](const TensorList& in) { return group_norm(in[0], 3, {}, {}, 1e-2); }, {flat});
}

BOOST_AUTO_TEST_CASE(what_is_refused) {
  const Tensor x = randn({4, 3, 2, 2});
  BOOST_CHECK_THROW(batch_norm(randn({3}), {}, {}, {}, {}, true), ShapeError);
  BOOST_CHECK_THROW(batch_norm(x, randn({4}), {}, {}, {}, true), ShapeError);
  BOOST_CHECK_THROW(batch_norm(x, {}, {}, randn({2}), {}, true), ShapeError);
  BOOST_CHECK_THROW(batch_norm(randn({1, 3}), {}, {}, {}, {}, true), ShapeError);
  BOOST_CHECK_THROW(batch_norm(x, {}, {}, {}, {}, false), ValueError);
  BOOST_CHECK_THROW(batch_norm(x, ones({3}, kFloat64), {}, {}, {}, true), DtypeError);
  BOOST_CHECK_THROW(batch_norm(x.to(kInt64), {}, {}, {}, {}, true), DtypeError);
  BOOST_CHECK_THROW(layer_norm(x, {3}), ShapeError);
  BOOST_CHECK_THROW(layer_norm(x, {2, 2}, randn({2})), ShapeError);
  BOOST_CHECK_THROW(layer_norm(x, IntArrayRef()), ShapeError);
  BOOST_CHECK_THROW(group_norm(x, 2), ShapeError);
  BOOST_CHECK_THROW(group_norm(x, 0), ShapeError);
  BOOST_CHECK_THROW(group_norm(x, 3, randn({1})), ShapeError);
  BOOST_CHECK_THROW(instance_norm(randn({4, 3, 1})), ShapeError);
  BOOST_CHECK_THROW(instance_norm(randn({4, 3})), ShapeError);
}

BOOST_AUTO_TEST_CASE(a_dropped_graph_leaves_nothing) {
  const int64_t before = TensorImpl::live();
  for (bool recorded : {false, true}) {
    const Tensor x = randn({3, 4, 2, 2}).requires_grad_(), w = ones({4}).requires_grad_(), mean = zeros({4});
    const Tensor var = ones({4}), rows = ones({2}).requires_grad_();
    for (const Tensor& y : {batch_norm(x, w, w, mean, var, true), batch_norm(x, w, w, mean, var, false),
                            group_norm(x, 2, w, w), instance_norm(x, w), layer_norm(x, {2}, rows, rows)})
      autograd::grad({y.square().sum()}, {x}, {}, true, recorded);
  }
  BOOST_CHECK_EQUAL(TensorImpl::live(), before);
}

BOOST_AUTO_TEST_SUITE_END()
