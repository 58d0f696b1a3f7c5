// Every functional with every form of its arguments: an integer, braces, a vector, options, tags, undefined tensors.
// The test is mainly that these compile; their sizes are checked so that each form reaches the intended function.
#include "tests/nn/support.h"
#include "weft/data/data.h"

namespace weft {

namespace {

namespace F = nn::functional;
using Sizes = std::vector<int64_t>;

bool has_sizes(const Tensor& t, IntArrayRef sizes) { return t.sizes() == sizes; }

}  // namespace

BOOST_AUTO_TEST_SUITE(functional_forms)

BOOST_AUTO_TEST_CASE(adaptive_pools) {
  const Tensor x = rand({2, 3, 6, 8});
  const std::optional<int64_t> kept;
  const int one = 1;
  const Sizes numbers{4, 5};
  const IntArrayRef list = numbers;
#define WEFT_FORMS(pool, Options)                                             \
  BOOST_CHECK(has_sizes(F::pool(x, 1), {2, 3, 1, 1}));                        \
  BOOST_CHECK(has_sizes(F::pool(x, one), {2, 3, 1, 1}));                      \
  BOOST_CHECK(has_sizes(F::pool(x, int64_t{1}), {2, 3, 1, 1}));               \
  BOOST_CHECK(has_sizes(F::pool(x, {1}), {2, 3, 1, 1}));                      \
  BOOST_CHECK(has_sizes(F::pool(x, {1, 1}), {2, 3, 1, 1}));                   \
  BOOST_CHECK(has_sizes(F::pool(x, {3, 4}), {2, 3, 3, 4}));                   \
  BOOST_CHECK(has_sizes(F::pool(x, Sizes{3, 4}), {2, 3, 3, 4}));              \
  BOOST_CHECK(has_sizes(F::pool(x, list), {2, 3, 4, 5}));                     \
  BOOST_CHECK(has_sizes(F::pool(x, {nullopt, 4}), {2, 3, 6, 4}));             \
  BOOST_CHECK(has_sizes(F::pool(x, {kept, 4}), {2, 3, 6, 4}));                \
  BOOST_CHECK(has_sizes(F::pool(x, F::Options(1)), {2, 3, 1, 1}));            \
  BOOST_CHECK(has_sizes(F::pool(x, F::Options({3, 4})), {2, 3, 3, 4}));       \
  BOOST_CHECK(has_sizes(F::pool(x, F::Options({nullopt, 4})), {2, 3, 6, 4})); \
  BOOST_CHECK(has_sizes(F::pool(x, F::Options(Sizes{3, 4})), {2, 3, 3, 4}));  \
  BOOST_CHECK(has_sizes(pool(x, 1), {2, 3, 1, 1}));                           \
  BOOST_CHECK(has_sizes(pool(x, {1, 1}), {2, 3, 1, 1}));                      \
  BOOST_CHECK(has_sizes(pool(x, Sizes{3, 4}), {2, 3, 3, 4}))
  WEFT_FORMS(adaptive_avg_pool2d, AdaptiveAvgPool2dFuncOptions);
  WEFT_FORMS(adaptive_max_pool2d, AdaptiveMaxPool2dFuncOptions);
#undef WEFT_FORMS
  BOOST_CHECK(has_sizes(nn::AdaptiveAvgPool2d(1)(x), {2, 3, 1, 1}));
  BOOST_CHECK(has_sizes(nn::AdaptiveMaxPool2d(std::vector<int64_t>{3, 4})(x), {2, 3, 3, 4}));
  BOOST_CHECK_THROW(F::adaptive_avg_pool2d(x, {1, 2, 3}), ValueError);
}

BOOST_AUTO_TEST_CASE(sliding_pools) {
  const Tensor x = rand({2, 3, 6, 8});
  const int two = 2;
#define WEFT_FORMS(pool, Options)                                                 \
  BOOST_CHECK(has_sizes(F::pool(x, 2), {2, 3, 3, 4}));                            \
  BOOST_CHECK(has_sizes(F::pool(x, two), {2, 3, 3, 4}));                          \
  BOOST_CHECK(has_sizes(F::pool(x, {2}), {2, 3, 3, 4}));                          \
  BOOST_CHECK(has_sizes(F::pool(x, {2, 4}), {2, 3, 3, 2}));                       \
  BOOST_CHECK(has_sizes(F::pool(x, Sizes{2, 4}), {2, 3, 3, 2}));                  \
  BOOST_CHECK(has_sizes(F::pool(x, 3, 1, 1), {2, 3, 6, 8}));                      \
  BOOST_CHECK(has_sizes(F::pool(x, {3, 3}, {1, 2}, {1, 0}), {2, 3, 6, 3}));       \
  BOOST_CHECK(has_sizes(F::pool(x, F::Options(2)), {2, 3, 3, 4}));                \
  BOOST_CHECK(has_sizes(F::pool(x, F::Options({2, 4}).stride(2)), {2, 3, 3, 3})); \
  BOOST_CHECK(has_sizes(pool(x, 2), {2, 3, 3, 4}));                               \
  BOOST_CHECK(has_sizes(pool(x, {2, 4}), {2, 3, 3, 2}))
  WEFT_FORMS(max_pool2d, MaxPool2dFuncOptions);
  WEFT_FORMS(avg_pool2d, AvgPool2dFuncOptions);
#undef WEFT_FORMS
  const auto [values, positions] = F::max_pool2d_with_indices(x, 2);
  BOOST_CHECK(has_sizes(values, {2, 3, 3, 4}) && has_sizes(positions, {2, 3, 3, 4}));
  BOOST_CHECK(has_sizes(std::get<1>(F::max_pool2d_with_indices(x, F::MaxPool2dFuncOptions(2))), {2, 3, 3, 4}));
  BOOST_CHECK(has_sizes(std::get<1>(F::max_pool2d_with_indices(x, {2, 4})), {2, 3, 3, 2}));
}

BOOST_AUTO_TEST_CASE(padding) {
  const Tensor x = rand({2, 3, 4});
  const Sizes both{1, 2};
  BOOST_CHECK(has_sizes(F::pad(x, both), {2, 3, 7}));
  BOOST_CHECK(has_sizes(F::pad(x, {1, 2}), {2, 3, 7}));
  BOOST_CHECK(has_sizes(F::pad(x, {1, 2, 1, 0}), {2, 4, 7}));
  BOOST_CHECK(has_sizes(F::pad(x, both, "reflect"), {2, 3, 7}));
  BOOST_CHECK(has_sizes(F::pad(x, {1, 2}, "constant", 3.5), {2, 3, 7}));
  BOOST_CHECK(has_sizes(F::pad(x, F::PadFuncOptions(both)), {2, 3, 7}));
  BOOST_CHECK(has_sizes(F::pad(x, F::PadFuncOptions({1, 2}).mode(kReplicate)), {2, 3, 7}));
  BOOST_CHECK(has_sizes(pad(x, both), {2, 3, 7}) && has_sizes(pad(x, {1, 2}), {2, 3, 7}));
  BOOST_CHECK(has_sizes(F::pixel_shuffle(rand({1, 4, 2, 2}), 2), {1, 1, 4, 4}));
  BOOST_CHECK(has_sizes(F::pixel_shuffle(rand({1, 4, 2, 2}), F::PixelShuffleFuncOptions(2)), {1, 1, 4, 4}));
}

BOOST_AUTO_TEST_CASE(convolutions) {
  const Tensor x = rand({2, 3, 6, 6}), w = rand({4, 3, 3, 3}), b = rand({4}), none;
  BOOST_CHECK(has_sizes(F::conv2d(x, w), {2, 4, 4, 4}) && has_sizes(F::conv2d(x, w, b), {2, 4, 4, 4}));
  BOOST_CHECK(has_sizes(F::conv2d(x, w, {}), {2, 4, 4, 4}) && has_sizes(F::conv2d(x, w, none, 2), {2, 4, 2, 2}));
  BOOST_CHECK(has_sizes(F::conv2d(x, w, {}, 1, 1), {2, 4, 6, 6}));
  BOOST_CHECK(has_sizes(F::conv2d(x, w, b, {1, 2}, {1, 0}, {1, 1}, 1), {2, 4, 6, 2}));
  BOOST_CHECK(has_sizes(F::conv2d(x, w, F::Conv2dFuncOptions().bias(b).padding(kSame)), {2, 4, 6, 6}));
  const Tensor line = rand({2, 3, 6}), w1 = rand({4, 3, 3});
  BOOST_CHECK(has_sizes(F::conv1d(line, w1), {2, 4, 4}) && has_sizes(F::conv1d(line, w1, {}, 2), {2, 4, 2}));
  BOOST_CHECK(has_sizes(F::conv1d(line, w1, F::Conv1dFuncOptions().padding(1)), {2, 4, 6}));
  const Tensor wt = rand({3, 4, 3, 3});
  BOOST_CHECK(has_sizes(F::conv_transpose2d(x, wt), {2, 4, 8, 8}));
  BOOST_CHECK(has_sizes(F::conv_transpose2d(x, wt, {}, 2, 1, 1), {2, 4, 12, 12}));
  BOOST_CHECK(has_sizes(F::conv_transpose2d(x, wt, F::ConvTranspose2dFuncOptions().stride(2)), {2, 4, 13, 13}));
}

BOOST_AUTO_TEST_CASE(norms_and_others) {
  const Tensor x = rand({2, 4, 6}), scale = rand({6}), none;
  BOOST_CHECK(has_sizes(F::layer_norm(x, 6), {2, 4, 6}) && has_sizes(F::layer_norm(x, {6}), {2, 4, 6}));
  BOOST_CHECK(has_sizes(F::layer_norm(x, {4, 6}), {2, 4, 6}) && has_sizes(F::layer_norm(x, Sizes{6}), {2, 4, 6}));
  BOOST_CHECK(has_sizes(F::layer_norm(x, {6}, scale, {}), {2, 4, 6}));
  BOOST_CHECK(has_sizes(F::layer_norm(x, F::LayerNormFuncOptions({6}).weight(scale)), {2, 4, 6}));
  BOOST_CHECK(has_sizes(F::group_norm(x, 2), {2, 4, 6}) && has_sizes(F::group_norm(x, 2, {}, {}), {2, 4, 6}));
  BOOST_CHECK(has_sizes(F::group_norm(x, F::GroupNormFuncOptions(2)), {2, 4, 6}));
  BOOST_CHECK(has_sizes(F::instance_norm(x), {2, 4, 6}) && has_sizes(F::instance_norm(x, {}, {}), {2, 4, 6}));
  BOOST_CHECK(has_sizes(F::instance_norm(x, F::InstanceNormFuncOptions()), {2, 4, 6}));
  const Tensor mean = zeros({4}), var = ones({4});
  BOOST_CHECK(has_sizes(F::batch_norm(x, mean, var), {2, 4, 6}));
  BOOST_CHECK(has_sizes(F::batch_norm(x, mean, var, F::BatchNormFuncOptions().training(true)), {2, 4, 6}));
  BOOST_CHECK(has_sizes(F::batch_norm(x, none, none, none, none, true), {2, 4, 6}));
  BOOST_CHECK(has_sizes(F::linear(x, rand({3, 6})), {2, 4, 3}) && has_sizes(F::linear(x, rand({3, 6}), {}), {2, 4, 3}));
  const Tensor ids = tensor({0, 2});
  BOOST_CHECK(has_sizes(F::embedding(ids, rand({3, 5})), {2, 5}));
  BOOST_CHECK(has_sizes(F::embedding(ids, rand({3, 5}), F::EmbeddingFuncOptions().padding_idx(0)), {2, 5}));
  BOOST_CHECK(has_sizes(F::one_hot(ids), {2, 3}) && has_sizes(F::one_hot(ids, 5), {2, 5}));
  for (const Tensor& y : {F::dropout(x), F::dropout(x, 0.5), F::dropout(x, 0.5, false), F::dropout2d(x, 0.1),
                          F::dropout(x, F::DropoutFuncOptions().p(0.2)), F::dropout2d(x, F::Dropout2dFuncOptions()),
                          F::prelu(x, rand({4})), x.to(kCPU), x.to(kFloat64), x.to(Device("cpu"), kFloat32)})
    BOOST_CHECK(has_sizes(y, {2, 4, 6}));
  nn::Linear(2, 2)->to(kCPU);
}

BOOST_AUTO_TEST_CASE(activations) {
  const Tensor x = rand({2, 4});
#define WEFT_ACTIVATION0(Name, function) \
  BOOST_CHECK(has_sizes(F::function(x), {2, 4}) && F::function(x, F::Name##FuncOptions()).equal(F::function(x)));
  BOOST_CHECK(F::softmax(x, F::SoftmaxFuncOptions(1)).equal(F::softmax(x, 1)));
  BOOST_CHECK(F::log_softmax(x, F::LogSoftmaxFuncOptions(1)).equal(F::log_softmax(x, 1)));
  BOOST_CHECK(F::softmax(x, 1, kFloat64).dtype() == kFloat64);
  BOOST_CHECK(F::threshold(x, F::ThresholdFuncOptions(0.5, 2)).equal(F::threshold(x, 0.5, 2)));
  BOOST_CHECK(F::leaky_relu(x, F::LeakyReLUFuncOptions(0.1)).equal(F::leaky_relu(x, 0.1)));
  BOOST_CHECK(F::elu(x, 1).equal(F::elu(x, F::ELUFuncOptions(1))) && F::celu(x, 2).equal(F::celu(x, 2.0)));
  BOOST_CHECK(F::gelu(x, "tanh").equal(F::gelu(x, F::GELUFuncOptions("tanh"))));
  BOOST_CHECK(has_sizes(F::glu(x), {2, 2}) && F::glu(x, 1).equal(F::glu(x, F::GLUFuncOptions(1))));
  BOOST_CHECK(F::hardshrink(x, 0.2).equal(F::hardshrink(x, F::HardshrinkFuncOptions(0.2))));
  BOOST_CHECK(F::softshrink(x, 0.2).equal(F::softshrink(x, F::SoftshrinkFuncOptions(0.2))));
  BOOST_CHECK(F::hardtanh(x, 0, 1).equal(F::hardtanh(x, F::HardtanhFuncOptions(0, 1))));
  BOOST_CHECK(F::softplus(x, 2).equal(F::softplus(x, F::SoftplusFuncOptions(2))));
#define WEFT_ACTIVATION1(Name, function, type, option, default_value, label)
#define WEFT_ACTIVATION2(Name, function, type, option, default_value, label, type2, option2, default_value2, label2)
#include "weft/nn/activations.def"
}

BOOST_AUTO_TEST_CASE(losses) {
  const Tensor x = rand({3, 4}), like = rand({3, 4}), ids = tensor({0, 1, 3}), w = rand({4}), signs = ones({3, 4});
  const auto all_reductions = [&](auto loss, const Tensor& t, auto options) {
    using Options = decltype(options);
    const std::vector<Tensor> sums{loss(x, t, kSum), loss(x, t, Reduction::Sum), loss(x, t, Options(kSum)),
                                   loss(x, t, Options().reduction(kSum))};
    for (const Tensor& s : sums) BOOST_CHECK(s.dim() == 0 && s.allclose(sums[0]));
    BOOST_CHECK(loss(x, t, kNone).dim() > 0);
  };
#define WEFT_FORMS(loss, target, Options)         \
  BOOST_CHECK_EQUAL(F::loss(x, target).dim(), 0); \
  all_reductions([](const Tensor& a, const Tensor& b, auto how) { return F::loss(a, b, how); }, target, F::Options())
  WEFT_FORMS(mse_loss, like, MSELossFuncOptions);
  WEFT_FORMS(l1_loss, like, L1LossFuncOptions);
  WEFT_FORMS(smooth_l1_loss, like, SmoothL1LossFuncOptions);
  WEFT_FORMS(huber_loss, like, HuberLossFuncOptions);
  WEFT_FORMS(hinge_embedding_loss, signs, HingeEmbeddingLossFuncOptions);
  WEFT_FORMS(soft_margin_loss, signs, SoftMarginLossFuncOptions);
#undef WEFT_FORMS
#define WEFT_FORMS(loss, target, Options, given)                                                   \
  BOOST_CHECK(F::loss(x, target, {}).allclose(F::loss(x, target)));                                \
  BOOST_CHECK(F::loss(x, target, Tensor()).allclose(F::loss(x, target, F::Options())));            \
  BOOST_CHECK(F::loss(x, target, given).allclose(F::loss(x, target, F::Options().weight(given)))); \
  BOOST_CHECK(F::loss(x, target, kSum).allclose(F::loss(x, target, F::Options().reduction(kSum))))
  WEFT_FORMS(cross_entropy, ids, CrossEntropyFuncOptions, w);
  WEFT_FORMS(nll_loss, ids, NLLLossFuncOptions, w);
  WEFT_FORMS(binary_cross_entropy, like, BinaryCrossEntropyFuncOptions, w);
  WEFT_FORMS(binary_cross_entropy_with_logits, like, BinaryCrossEntropyWithLogitsFuncOptions, w);
#undef WEFT_FORMS
  BOOST_CHECK(F::cross_entropy(x, ids, {}, Reduction::Sum).allclose(F::cross_entropy(x, ids, kSum)));
  BOOST_CHECK(
      F::multi_margin_loss(x, ids, 2).allclose(F::multi_margin_loss(x, ids, F::MultiMarginLossFuncOptions().p(2))));
  BOOST_CHECK(F::kl_div(x, like, kBatchMean).allclose(F::kl_div(x, like, F::KLDivFuncOptions(kBatchMean))));
  BOOST_CHECK(F::kl_div(x, like, KLReduction::Sum).allclose(F::kl_div(x, like, kSum)));
}

BOOST_AUTO_TEST_CASE(transforms_link_for_any_target) {
  data::transforms::Normalize<int> with_ids(0.5, 0.25);
  const auto sample = with_ids.apply({ones({1, 2, 2}), 3});
  BOOST_CHECK_EQUAL(sample.target, 3);
  BOOST_CHECK(sample.data.allclose(full({1, 2, 2}, 2.0)));
  BOOST_CHECK_EQUAL(with_ids.apply_batch({{ones({1, 2, 2}), 4}}).size(), 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
