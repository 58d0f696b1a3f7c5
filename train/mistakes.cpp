#include "weft/train/mistakes.h"

#include <algorithm>

#include "weft/autograd/grad_mode.h"
#include "weft/data/image_bytes.h"

namespace weft::train {
namespace {

Tensor picture_of(const Tensor& image) {
  Tensor shown = image.detach();
  if (is_floating_point(shown.dtype()) && shown.numel() > 0) {
    const double low = shown.min().item<double>(), high = shown.max().item<double>();
    if ((low < 0 || high > 1) && low < high) shown = (shown - low) / (high - low);
  }
  return data::image_bytes("WorstMistakes", shown).clone();
}

}  // namespace

WorstMistakes::WorstMistakes(size_t most, Probabilities probabilities)
    : most_(most), probabilities_(std::move(probabilities)) {
  if (!probabilities_) probabilities_ = [](const Tensor& logits) { return logits.softmax(1); };
}

void WorstMistakes::add(const Tensor& images, const Tensor& scores, const Tensor& target) {
  NoGradGuard no_grad;
  check<ShapeError>(scores.dim() == 2 && target.dim() == 1 && images.dim() >= 3 && images.size(0) == target.numel() &&
                        scores.size(0) == target.numel(),
                    "[WorstMistakes] images {}, scores {} and targets {} of one batch", images.sizes(), scores.sizes(),
                    target.sizes());
  // The prediction is taken from the scores, because different scores may have equal probabilities.
  const Tensor answers = scores.detach().argmax(1);
  const Tensor sure =
      probabilities_(scores.detach()).gather(1, answers.unsqueeze(1)).squeeze(1).to(kFloat64).contiguous();
  const Tensor wanted = target.contiguous();
  for (int64_t i = 0; i < wanted.numel(); ++i) {
    const int64_t right = wanted.data_ptr<int64_t>()[i], answer = answers.data_ptr<int64_t>()[i];
    const double confidence = sure.data_ptr<double>()[i];
    if (right == answer || (kept_.size() == most_ && (most_ == 0 || !(confidence > kept_.back().confidence)))) continue;
    const auto place =
        std::find_if(kept_.begin(), kept_.end(), [&](const Mistake& m) { return confidence > m.confidence; });
    kept_.insert(place, {picture_of(images[i]), right, answer, confidence});
    if (kept_.size() > most_) kept_.pop_back();
  }
}

}  // namespace weft::train
