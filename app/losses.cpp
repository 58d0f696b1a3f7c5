#include "weft/app/tables.h"
#include "weft/weft.h"

namespace command {
using namespace weft;
using nn::lang::flag;
using nn::lang::number;

namespace {

constexpr double kMany = 1e6;

Tensor one_hot_like(const Tensor& scores, const Tensor& target) {
  return one_hot(target, scores.size(1)).to(scores.dtype());
}
/// 1 for the class and -1 for all others.
Tensor signs_like(const Tensor& scores, const Tensor& target) { return one_hot_like(scores, target) * 2 - 1; }

Field sum_field() { return flag("sum").says("sum over the classes, not the mean"); }

/// Sum or mean over samples and classes, as the setting selects.
Tensor reduced(const Setting& s, const Tensor& scores, const Tensor& mean) {
  return s.has("sum") ? mean * scores.size(1) : mean;
}

Tensor cross_entropy_of(const Setting& s, const std::string& last, const Tensor& scores, const Tensor& target) {
  constexpr double kLeast = 1e-7;
  const Tensor logits = last == "softmax" ? scores.clamp(kLeast, 1.0).log() : scores;
  return nn::functional::cross_entropy(logits, target,
                                       nn::CrossEntropyLossOptions().label_smoothing(s.number("label_smoothing")));
}

Tensor binary_cross_entropy_of(const Setting& s, const std::string& last, const Tensor& scores, const Tensor& target) {
  const Tensor wanted = one_hot_like(scores, target);
  return reduced(
      s, scores,
      last == "sigmoid" ? binary_cross_entropy(scores, wanted) : binary_cross_entropy_with_logits(scores, wanted));
}

Reading softmax_of(const std::string& last) { return last == "softmax" ? Reading::kProbabilities : Reading::kSoftmax; }
Reading sigmoid_of(const std::string& last) { return last == "sigmoid" ? Reading::kProbabilities : Reading::kSigmoid; }
Reading as_they_are(const std::string& last) {
  return last == "softmax" || last == "sigmoid" ? Reading::kProbabilities
         : last == "log_softmax"                ? Reading::kSoftmax
                                                : Reading::kScores;
}

/// A row of a loss between the scores and one target value per class.
LossRow dense(SettingRow row, Tensor (*targets)(const Tensor&, const Tensor&),
              std::function<Tensor(const Setting&, const Tensor& scores, const Tensor& wanted)> mean) {
  row.options.push_back(sum_field());
  return {std::move(row),
          [targets, mean](const Setting& s, const std::string&, const Tensor& scores, const Tensor& target) {
            return reduced(s, scores, mean(s, scores, targets(scores, target)));
          },
          as_they_are};
}

}  // namespace

const std::vector<LossRow>& losses() {
  static const std::vector<LossRow> rows{
      {{"cross_entropy",
        "of the softmax of scores, or of the scores of a net that ends in softmax",
        {},
        {number("label_smoothing", 0, 1).defaults_to(0)}},
       cross_entropy_of,
       softmax_of},
      {{"binary_cross_entropy",
        "of each class's sigmoid, or of the scores of a net that ends in sigmoid",
        {},
        {sum_field()}},
       binary_cross_entropy_of,
       sigmoid_of},
      dense({"mse", "squared error against 1 for the class and 0 for all others"}, one_hot_like,
            [](const Setting&, const Tensor& x, const Tensor& t) { return mse_loss(x, t); }),
      dense({"mae", "absolute error against the same"}, one_hot_like,
            [](const Setting&, const Tensor& x, const Tensor& t) { return l1_loss(x, t); }),
      dense({"huber",
             "squared error up to delta, absolute beyond, against the same",
             {},
             {number("delta", 1e-9, kMany).defaults_to(1)}},
            one_hot_like,
            [](const Setting& s, const Tensor& x, const Tensor& t) {
              return huber_loss(x, t, Reduction::Mean, s.number("delta"));
            }),
      dense({"hinge",
             "margin - score for the class and margin + score for all others, where positive",
             {},
             {number("margin", 0, kMany).defaults_to(1)}},
            signs_like,
            [](const Setting& s, const Tensor& x, const Tensor& t) {
              return (s.number("margin") - x * t).relu().mean();
            }),
      dense({"logistic", "log(1 + exp(-score)) for the class and log(1 + exp(score)) for all others"}, signs_like,
            [](const Setting&, const Tensor& x, const Tensor& t) { return soft_margin_loss(x, t); }),
      {{"multi_margin",
        "the violation of the margin between the right class and each other one",
        {},
        {number("margin", 0, kMany).defaults_to(1), flag("squared")}},
       [](const Setting& s, const std::string&, const Tensor& scores, const Tensor& target) {
         return multi_margin_loss(scores, target, s.has("squared") ? 2 : 1, s.number("margin"));
       },
       as_they_are},
  };
  return rows;
}

Reading reading_of(const std::string& text, const std::string& last_layer) {
  return read_setting("loss", text, losses()).row->reading(last_layer);
}

Tensor probabilities_of(Reading reading, const Tensor& scores) {
  switch (reading) {
    case Reading::kSoftmax:
      return scores.softmax(1);
    case Reading::kSigmoid:
      return scores.sigmoid();
    case Reading::kProbabilities:
    case Reading::kScores:
      return scores;
  }
  return scores;
}

train::Scoring scoring_of(const std::string& text, const std::string& last_layer) {
  const Chosen<LossRow> chosen = read_setting("loss", text, losses());
  const Reading reading = chosen.row->reading(last_layer);
  return {[chosen, last_layer](const Tensor& scores, const Tensor& target) {
            return chosen.row->loss(chosen.setting, last_layer, scores, target);
          },
          [reading](const Tensor& scores) {
            return reading == Reading::kScores ? scores.clamp(0, 1) : probabilities_of(reading, scores);
          }};
}

}  // namespace command
