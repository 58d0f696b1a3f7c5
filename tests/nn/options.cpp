// Options: sizes, rejected values, and behaviour that depends on them.
#include <cmath>

#include "tests/nn/support.h"

namespace weft {

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(setters_chain_and_getters_read) {
  const auto o = nn::Conv2dOptions(1, 32, 5).padding(2).stride({2, 1}).bias(false);
  BOOST_CHECK_EQUAL(o.out_channels(), 32);
  BOOST_CHECK(o.kernel_size() == ExpandingArray<2>({5, 5}));
  BOOST_CHECK(*o.stride() == (std::array<int64_t, 2>{2, 1}));
  BOOST_CHECK(o.padding().numbers() == ExpandingArray<2>(2) && !o.bias());
  auto changed = o;
  changed.bias() = true;
  BOOST_CHECK(changed.bias() && !o.bias());
  BOOST_CHECK_THROW(nn::Conv2dOptions(1, 2, {3, 3, 3}), ValueError);
  BOOST_CHECK_THROW(nn::Conv2dOptions(1, 2, 3).padding("some"), ValueError);
  BOOST_CHECK_THROW(nn::Conv2dOptions(1, 2, 3).padding_mode("mirror"), ValueError);
  BOOST_CHECK_EQUAL(nn::MaxPool2dOptions(3).stride()[1], 3);
}

BOOST_AUTO_TEST_CASE(values_out_of_range_are_refused) {
  BOOST_CHECK_THROW(nn::Linear(-1, 2), ValueError);
  BOOST_CHECK_THROW(nn::Conv2d(nn::Conv2dOptions(3, 4, 3).groups(2)), ValueError);
  BOOST_CHECK_THROW(nn::Conv2d(nn::Conv2dOptions(4, 4, 3).groups(0)), ValueError);
  BOOST_CHECK_THROW(nn::Conv2d(1, 2, 0), ValueError);
  BOOST_CHECK_THROW(nn::Conv2d(nn::Conv2dOptions(1, 2, 3).stride(0)), ValueError);
  BOOST_CHECK_THROW(nn::Conv2d(nn::Conv2dOptions(1, 2, 3).stride(2).padding(kSame)), ValueError);
  BOOST_CHECK_THROW(F::conv2d(ones({1, 1, 4, 4}), ones({1, 1, 3, 3}), F::Conv2dFuncOptions().stride(2).padding(kSame)),
                    ValueError);
  BOOST_CHECK_THROW(nn::Dropout(1.5), ValueError);
  BOOST_CHECK_THROW(nn::Hardtanh(1., 1.), ValueError);
  BOOST_CHECK_THROW(nn::Hardtanh(nn::HardtanhOptions().min_val(2).max_val(1)), ValueError);
  BOOST_TEST(F::hardtanh(ones({1}), F::HardtanhFuncOptions().min_val(0.5).max_val(0.5)).item<float>() == 0.5);
  BOOST_CHECK_THROW(nn::Dropout2d(-0.1), ValueError);
  BOOST_CHECK_THROW(nn::GroupNorm(3, 4), ValueError);
  BOOST_CHECK_THROW(nn::BatchNorm2d(0), ValueError);
  BOOST_CHECK_THROW(nn::LayerNorm(std::vector<int64_t>{}), ValueError);
  BOOST_CHECK_THROW(nn::PReLU(0), ValueError);
  BOOST_CHECK_THROW(nn::Embedding(nn::EmbeddingOptions(4, 2).padding_idx(4)), ValueError);
  BOOST_CHECK_THROW(nn::Embedding(nn::EmbeddingOptions(4, 2)._weight(ones({3, 2}))), ShapeError);
}

BOOST_AUTO_TEST_CASE(output_sizes) {
  const Tensor image = randn({2, 4, 9, 7});
  auto sizes = [&](const auto& layer) { return to_string(layer(image).sizes()); };
  BOOST_CHECK_EQUAL(sizes(nn::Conv2d(4, 6, 3)), "[2, 6, 7, 5]");
  BOOST_CHECK_EQUAL(sizes(nn::Conv2d(nn::Conv2dOptions(4, 6, {4, 5}).padding(kSame).dilation({1, 2}))), "[2, 6, 9, 7]");
  BOOST_CHECK_EQUAL(sizes(nn::Conv2d(nn::Conv2dOptions(4, 6, 3).padding(kValid))), "[2, 6, 7, 5]");
  BOOST_CHECK_EQUAL(sizes(nn::ConvTranspose2d(nn::ConvTranspose2dOptions(4, 2, 3).stride(2))), "[2, 2, 19, 15]");
  BOOST_CHECK_EQUAL(sizes(nn::MaxPool2d(2)), "[2, 4, 4, 3]");
  BOOST_CHECK_EQUAL(sizes(nn::MaxPool2d(nn::MaxPool2dOptions(2).ceil_mode(true))), "[2, 4, 5, 4]");
  BOOST_CHECK_EQUAL(sizes(nn::AdaptiveAvgPool2d(nn::AdaptiveAvgPool2dOptions({nullopt, 1}))), "[2, 4, 9, 1]");
  BOOST_CHECK_EQUAL(sizes(nn::PixelShuffle(2)), "[2, 1, 18, 14]");
  BOOST_CHECK_EQUAL(sizes(nn::ZeroPad2d(nn::ZeroPad2dOptions({1, 2, 3, 4}))), "[2, 4, 16, 10]");
  BOOST_CHECK_EQUAL(sizes(nn::Flatten()), "[2, 252]");
  BOOST_CHECK_EQUAL(sizes(nn::Unflatten(nn::UnflattenOptions(1, {2, -1}))), "[2, 2, 2, 9, 7]");
  auto [values, indices] = nn::MaxPool2d(2)->forward_with_indices(image);
  check_same(values, image.flatten(2).gather(2, indices.flatten(2)).view(values.sizes()));
}

BOOST_AUTO_TEST_CASE(transposed_convolution_reaches_a_wanted_size) {
  nn::ConvTranspose2d up(nn::ConvTranspose2dOptions(1, 1, 3).stride(2).padding(1));
  const Tensor x = randn({1, 1, 4, 4});
  BOOST_CHECK_EQUAL(to_string(up(x).sizes()), "[1, 1, 7, 7]");
  BOOST_CHECK_EQUAL(to_string(up->forward(x, IntArrayRef({8, 7})).sizes()), "[1, 1, 8, 7]");
  BOOST_CHECK_THROW(up->forward(x, IntArrayRef({9, 7})), ValueError);
}

BOOST_AUTO_TEST_CASE(dropout_depends_on_training) {
  manual_seed(0);
  const Tensor x = ones({100, 10, 4});
  nn::Dropout drop(0.25);
  const Tensor y = drop(x);
  for (double v : values(y)) BOOST_CHECK(v == 0 || std::abs(v - 1 / 0.75) < 1e-6);
  BOOST_CHECK_CLOSE(y.mean().item<double>(), 1.0, 10.0);
  const Tensor channels = nn::Dropout2d(0.5)(x).sum({2});
  for (double v : values(channels)) BOOST_CHECK(v == 0 || v == 8);
  drop->eval();
  check_same(drop(x), x);
  manual_seed(7);
  const Tensor a = F::dropout(x, F::DropoutFuncOptions().p(0.3));
  manual_seed(7);
  check_same(a, weft::dropout(x, 0.3, true));
  check_same(F::dropout2d(x, F::Dropout2dFuncOptions().training(false)), x);
}

BOOST_AUTO_TEST_CASE(batch_norm_tracks_statistics) {
  const Tensor a = tensor({{1., 10.}, {3., 30.}, {5., 20.}}, kFloat32), b = a * 2;
  nn::BatchNorm1d bn(2);
  bn(a);
  check_close(bn->running_mean, {0.3, 2.0}, 1e-6);
  check_close(bn->running_var, {0.9 + 0.4, 0.9 + 10.0}, 1e-6);
  bn(b);
  check_close(bn->running_mean, {0.27 + 0.6, 1.8 + 4.0}, 1e-6);
  BOOST_CHECK_EQUAL(bn->num_batches_tracked.item<int64_t>(), 2);
  bn->eval();
  const Tensor y = bn(a);
  check_close(y.select(0, 0),
              {(1 - 0.87) / std::sqrt(0.9 * 1.3 + 1.6 + 1e-5), (10 - 5.8) / std::sqrt(0.9 * 10.9 + 40 + 1e-5)});
  BOOST_CHECK_EQUAL(bn->num_batches_tracked.item<int64_t>(), 2);

  nn::BatchNorm1d average(nn::BatchNorm1dOptions(2).momentum(nullopt));
  average(a), average(b);
  check_close(average->running_mean, {4.5, 30.0}, 1e-6);
  average->reset_running_stats();
  check_close(average->running_var, {1, 1}, 1e-6);

  nn::BatchNorm1d untracked(nn::BatchNorm1dOptions(2).track_running_stats(false));
  const Tensor trained = untracked(a);
  untracked->eval();
  check_same(untracked(a), trained);
  BOOST_CHECK(untracked->buffers().empty());
  BOOST_CHECK_THROW(nn::BatchNorm1d(2)(ones({1, 2})), ValueError);
}

BOOST_AUTO_TEST_CASE(functional_batch_norm_updates_what_it_is_given) {
  const Tensor x = randn({4, 2, 3, 3}), mean = zeros({2}), var = ones({2});
  nn::BatchNorm2d bn(2);
  check_same(bn(x),
             F::batch_norm(x, mean, var, F::BatchNormFuncOptions().weight(bn->weight).bias(bn->bias).training(true)));
  check_close(bn->running_mean, values(mean), 1e-6);
  check_close(bn->running_var, values(var), 1e-6);
}

BOOST_AUTO_TEST_CASE(instance_norm_tracks_when_asked) {
  const Tensor x = randn({3, 2, 4, 4});
  nn::InstanceNorm2d norm(nn::InstanceNorm2dOptions(2).track_running_stats(true));
  check_same(norm(x), F::instance_norm(x));
  check_close(norm->running_mean, values(x.mean({0, 2, 3}) * 0.1), 1e-5);
  check_close(norm->running_var, values(x.var({2, 3}).mean(0) * 0.1 + 0.9), 1e-5);
  norm->eval();
  const Tensor m = norm->running_mean.view({1, 2, 1, 1}), v = norm->running_var.view({1, 2, 1, 1});
  check_close(norm(x), values((x - m) / (v + 1e-5).sqrt()), 1e-5);
  check_same(norm(x[1]), norm(x)[1]);
}

BOOST_AUTO_TEST_CASE(embeddings) {
  nn::Embedding table(nn::EmbeddingOptions(5, 3).padding_idx(-2));
  BOOST_CHECK_EQUAL(*table->options.padding_idx(), 3);
  BOOST_CHECK(table->weight[3].equal(zeros({3})));
  const Tensor index = tensor({{0, 3}, {4, 0}});
  const Tensor y = table(index);
  BOOST_CHECK_EQUAL(to_string(y.sizes()), "[2, 2, 3]");
  check_same(y, F::embedding(index, table->weight, F::EmbeddingFuncOptions().padding_idx(3)));
  y.sum().backward();
  check_close(table->weight.grad().sum({1}), {6, 0, 0, 0, 3});
  const std::string message = message_of<IndexError>([&] { table(tensor({5})); });
  BOOST_CHECK_MESSAGE(message.find("[embedding] Embedding: ") != std::string::npos, message);
  const Tensor given = randn({4, 2});
  nn::Embedding frozen = nn::Embedding::from_pretrained(given);
  check_same(frozen(tensor({2})), given.slice(0, 2, 3));
  BOOST_CHECK(!frozen->weight.requires_grad() && !frozen->weight.is_alias_of(given));
  BOOST_CHECK(nn::Embedding::from_pretrained(given, nn::EmbeddingFromPretrainedOptions().freeze(false))
                  ->weight.requires_grad());
}

BOOST_AUTO_TEST_CASE(softmax_computes_in_another_dtype) {
  const Tensor x = randn({2, 3});
  check_same(F::softmax(x, 1, kFloat64), x.to(kFloat64).softmax(1));
  check_same(F::log_softmax(x, 1, kFloat64), x.to(kFloat64).log_softmax(1));
  check_same(F::one_hot(tensor({0, 2}), 3), tensor({{1, 0, 0}, {0, 0, 1}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
