// Losses: equal to their functions, with every option and reduction; weights as buffers; errors.
#include "tests/nn/support.h"
#include "weft/autograd/gradcheck.h"

namespace weft {
namespace {

struct Row {
  std::string name;
  nn::AnyModule module;
  std::function<Tensor(const Tensor&, const Tensor&)> function;
  Tensor target;
  bool positive = false;
};

template <class Holder, class... Args>
nn::AnyModule any(Args&&... args) {
  return nn::AnyModule(Holder(std::forward<Args>(args)...));
}

using T = const Tensor&;

std::vector<Row> rows() {
  using namespace nn;  // NOLINT: a table of losses
  const Tensor ids = tensor({1, 0, 2, 1}), like = rand({4, 3}, kFloat64), signs = like.round() * 2 - 1;
  const Tensor w = tensor({0.5, 1.0, 2.0}, kFloat64);
  return {
      {"CrossEntropyLoss", any<CrossEntropyLoss>(),
       [](T x, T t) { return F::cross_entropy(x, t, F::CrossEntropyFuncOptions()); }, ids},
      {"CrossEntropyLoss",
       any<CrossEntropyLoss>(CrossEntropyLossOptions().weight(w).label_smoothing(0.1).ignore_index(0)),
       [w](T x, T t) {
         return F::cross_entropy(x, t, F::CrossEntropyFuncOptions().weight(w).label_smoothing(0.1).ignore_index(0));
       },
       ids},
      {"CrossEntropyLoss", any<CrossEntropyLoss>(kSum),
       [](T x, T t) { return F::cross_entropy(x, t, {}, Reduction::Sum); }, like.softmax(1)},
      {"NLLLoss", any<NLLLoss>(NLLLossOptions().reduction(kNone)),
       [](T x, T t) { return F::nll_loss(x, t, F::NLLLossFuncOptions().reduction(kNone)); }, ids},
      {"MSELoss", any<MSELoss>(kSum), [](T x, T t) { return F::mse_loss(x, t, kSum); }, like},
      {"MSELoss", any<MSELoss>(), [](T x, T t) { return F::mse_loss(x, t, F::MSELossFuncOptions(kMean)); }, like},
      {"L1Loss", any<L1Loss>(kNone), [](T x, T t) { return F::l1_loss(x, t, F::L1LossFuncOptions(kNone)); }, like},
      {"SmoothL1Loss", any<SmoothL1Loss>(SmoothL1LossOptions().beta(0.5)),
       [](T x, T t) { return F::smooth_l1_loss(x, t, F::SmoothL1LossFuncOptions().beta(0.5)); }, like},
      {"HuberLoss", any<HuberLoss>(HuberLossOptions(kSum).delta(0.7)),
       [](T x, T t) { return F::huber_loss(x, t, Reduction::Sum, 0.7); }, like},
      {"BCELoss", any<BCELoss>(BCELossOptions().weight(w)),
       [w](T x, T t) { return F::binary_cross_entropy(x, t, F::BinaryCrossEntropyFuncOptions().weight(w)); }, like,
       true},
      {"BCEWithLogitsLoss", any<BCEWithLogitsLoss>(BCEWithLogitsLossOptions().pos_weight(w).reduction(kSum)),
       [w](T x, T t) {
         const auto o = F::BinaryCrossEntropyWithLogitsFuncOptions().pos_weight(w).reduction(kSum);
         return F::binary_cross_entropy_with_logits(x, t, o);
       },
       like},
      {"KLDivLoss", any<KLDivLoss>(KLDivLossOptions().reduction(kBatchMean)),
       [](T x, T t) { return F::kl_div(x, t, F::KLDivFuncOptions(kBatchMean)); }, like},
      {"KLDivLoss", any<KLDivLoss>(KLDivLossOptions(kSum).log_target(true)),
       [](T x, T t) { return F::kl_div(x, t, F::KLDivFuncOptions(kSum).log_target(true)); }, like},
      {"HingeEmbeddingLoss", any<HingeEmbeddingLoss>(HingeEmbeddingLossOptions().margin(2)),
       [](T x, T t) { return F::hinge_embedding_loss(x, t, F::HingeEmbeddingLossFuncOptions().margin(2)); }, signs},
      {"MultiMarginLoss", any<MultiMarginLoss>(MultiMarginLossOptions().p(2).margin(0.8).weight(w)),
       [w](T x, T t) { return F::multi_margin_loss(x, t, F::MultiMarginLossFuncOptions().p(2).margin(0.8).weight(w)); },
       ids},
      {"SoftMarginLoss", any<SoftMarginLoss>(), [](T x, T t) { return F::soft_margin_loss(x, t); }, signs},
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(losses)

BOOST_AUTO_TEST_CASE(equal_their_functions_and_have_right_derivatives) {
  manual_seed(2);
  for (Row& row : rows()) BOOST_TEST_CONTEXT(row.name) {
      const Tensor x = (row.positive ? rand({4, 3}, kFloat64) * 0.8 + 0.1 : randn({4, 3}, kFloat64)).requires_grad_();
      check_same(row.module.forward(x, row.target), row.function(x, row.target));
      auto loss = [&](const TensorList& in) { return row.module.forward(in[0], row.target); };
      BOOST_CHECK(autograd::gradcheck(loss, {x}));
      BOOST_CHECK(autograd::gradgradcheck(loss, {x}));
    }
}

BOOST_AUTO_TEST_CASE(refuse_wrong_shapes_by_name) {
  for (Row& row : rows()) BOOST_TEST_CONTEXT(row.name) {
      const Tensor x = rand({5, 2, 2}, kFloat64);
      const std::string message = message_of<Error>([&] { row.module.forward(x, row.target); });
      BOOST_CHECK_MESSAGE(message.find("] " + row.name + ": ") != std::string::npos, message);
    }
}

BOOST_AUTO_TEST_CASE(weights_are_buffers_of_their_own) {
  const Tensor w = tensor({1.0, 3.0});
  nn::CrossEntropyLoss loss(nn::CrossEntropyLossOptions().weight(w));
  BOOST_CHECK_EQUAL(loss->named_buffers().size(), 1u);
  BOOST_CHECK_EQUAL(loss->named_buffers()[0].key(), "weight");
  const Tensor x = randn({3, 2}), ids = tensor({0, 1, 1});
  const Tensor before = loss(x, ids);
  w.fill_(9);
  check_same(loss(x, ids), before);
  loss->to(kFloat64);
  BOOST_CHECK(loss(x.to(kFloat64), ids).dtype() == kFloat64);
  BOOST_CHECK(nn::NLLLoss()->buffers().empty());
}

BOOST_AUTO_TEST_CASE(bad_labels_are_refused) {
  const std::string message = message_of<IndexError>([] { nn::CrossEntropyLoss()(randn({2, 3}), tensor({0, 3})); });
  BOOST_CHECK_MESSAGE(message.find("CrossEntropyLoss: ") != std::string::npos, message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
