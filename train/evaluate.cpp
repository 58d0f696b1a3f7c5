#include "weft/train/evaluate.h"

namespace weft::train {
namespace {

constexpr size_t kMistakesKept = 36;

bool are_images(const Tensor& data) {
  return data.dim() == 3 || (data.dim() == 4 && (data.size(1) == 1 || data.size(1) == 3));
}

}  // namespace

Evaluator::Evaluator(Scoring scoring) : scoring_(std::move(scoring)), worst_(kMistakesKept, scoring_.probabilities) {}

void Evaluator::add(const Tensor& data, const Tensor& scores, const Tensor& target) {
  NoGradGuard no_grad;
  if (scoring_.loss)
    metrics_.add(scores, target, scoring_.loss(scores, target));
  else
    metrics_.add(scores, target);
  if (are_images(data)) worst_.add(data, scores, target);
}

Evaluation Evaluator::evaluation() const {
  Evaluation out = metrics_.evaluation();
  out.metrics = std::make_shared<const Metrics>(metrics_);
  out.mistakes = worst_.mistakes();
  return out;
}

EvalMode::EvalMode(nn::Module& module) {
  module.apply([this](nn::Module& m) { before_.emplace_back(&m, m.is_training()); });
  module.eval();
}

// Parents are restored before their children, because they set the children's modes too.
EvalMode::~EvalMode() {
  for (const auto& [module, training] : before_) module->train(training);
}

}  // namespace weft::train
