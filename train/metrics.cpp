#include "weft/train/metrics.h"

#include <fmt/format.h>

#include <numeric>

#include "weft/autograd/grad_mode.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"
#include "weft/train/table.h"

namespace weft::train {
namespace {

double share(int64_t part, int64_t whole) {
  return whole ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

ClassScores scores_of(int64_t right, int64_t called, int64_t support) {
  return {share(right, called), share(right, support), share(2 * right, called + support), support};
}

std::string name_of(int64_t c, const std::vector<std::string>& names) {
  return static_cast<size_t>(c) < names.size() ? names[static_cast<size_t>(c)] : fmt::format("{}", c);
}

void check_ids(const char* what, const Tensor& ids, int64_t classes) {
  check<DtypeError>(ids.dtype() == kInt64, "[ConfusionMatrix] {} is {}, expected int64", what, ids.dtype());
  check<ShapeError>(ids.dim() == 1, "[ConfusionMatrix] {} is {}, expected [N]", what, ids.sizes());
  if (ids.numel() == 0) return;
  const auto low = ids.min().item<int64_t>(), high = ids.max().item<int64_t>();
  check<IndexError>(low >= 0 && high < classes, "[ConfusionMatrix] {} holds class {}, expected 0 to {}", what,
                    low < 0 ? low : high, classes - 1);
}

// How many classes come before the target when they are ordered by score.
Tensor rank_of(const Tensor& scores, const Tensor& target) {
  const Tensor column = target.unsqueeze(1), own = scores.gather(1, column);
  const Tensor before = arange(scores.size(1)).unsqueeze(0) < column;
  const Tensor above = (scores <= own).logical_not();  // true for NaN on either side
  return above.logical_or((scores == own).logical_and(before)).sum(1);
}

}  // namespace

// ConfusionMatrix -----------------------------------------------------------------------------------------------------

ConfusionMatrix::ConfusionMatrix(int64_t classes) : classes_(classes) {
  check<ValueError>(classes >= 1, "[ConfusionMatrix] of {} classes", classes);
  counts_.resize(static_cast<size_t>(classes * classes));
}

void ConfusionMatrix::add(const Tensor& predicted, const Tensor& target) {
  check_ids("the prediction", predicted, classes_);
  check_ids("the target", target, classes_);
  check<ShapeError>(predicted.numel() == target.numel(), "[ConfusionMatrix] {} predictions for {} targets",
                    predicted.numel(), target.numel());
  const Tensor pairs = (target * classes_ + predicted).bincount(classes_ * classes_);
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += pairs.data_ptr<int64_t>()[i];
}

int64_t ConfusionMatrix::total() const { return std::accumulate(counts_.begin(), counts_.end(), int64_t{0}); }

int64_t ConfusionMatrix::count(int64_t target, int64_t predicted) const {
  check<IndexError>(target >= 0 && target < classes_ && predicted >= 0 && predicted < classes_,
                    "[ConfusionMatrix] cell {}, {} of {} classes", target, predicted, classes_);
  return counts_[static_cast<size_t>(target * classes_ + predicted)];
}

Tensor ConfusionMatrix::counts() const {
  Tensor out = empty({classes_, classes_}, kInt64);
  std::copy(counts_.begin(), counts_.end(), out.data_ptr<int64_t>());
  return out;
}

int64_t ConfusionMatrix::row_sum(int64_t target) const {
  int64_t sum = 0;
  for (int64_t p = 0; p < classes_; ++p) sum += count(target, p);
  return sum;
}

int64_t ConfusionMatrix::column_sum(int64_t predicted) const {
  int64_t sum = 0;
  for (int64_t t = 0; t < classes_; ++t) sum += count(t, predicted);
  return sum;
}

double ConfusionMatrix::accuracy() const { return micro().recall; }

ClassScores ConfusionMatrix::of(int64_t c) const { return scores_of(count(c, c), column_sum(c), row_sum(c)); }

ClassScores ConfusionMatrix::macro() const {
  ClassScores sum;
  int64_t occurring = 0;
  for (int64_t c = 0; c < classes_; ++c) {
    if (row_sum(c) + column_sum(c) == 0) continue;
    const ClassScores s = of(c);
    ++occurring;
    sum.precision += s.precision, sum.recall += s.recall, sum.f1 += s.f1, sum.support += s.support;
  }
  if (occurring == 0) return {};
  const auto n = static_cast<double>(occurring);
  return {sum.precision / n, sum.recall / n, sum.f1 / n, sum.support};
}

ClassScores ConfusionMatrix::micro() const {
  int64_t right = 0;
  for (int64_t c = 0; c < classes_; ++c) right += count(c, c);
  return scores_of(right, total(), total());
}

std::string ConfusionMatrix::table(const std::vector<std::string>& class_names) const {
  Table table({"class", "precision", "recall", "F1", "samples"});
  auto add = [&](const std::string& name, const ClassScores& s) {
    table.add({name, fmt::format("{:.4f}", s.precision), fmt::format("{:.4f}", s.recall), fmt::format("{:.4f}", s.f1),
               fmt::format("{}", s.support)});
  };
  for (int64_t c = 0; c < classes_; ++c) add(name_of(c, class_names), of(c));
  add("macro", macro());
  add("micro", micro());
  return table.text();
}

std::string ConfusionMatrix::counts_table(const std::vector<std::string>& class_names) const {
  std::vector<std::string> headers{"true \\ predicted"};
  for (int64_t c = 0; c < classes_; ++c) headers.push_back(name_of(c, class_names));
  Table table(headers);
  for (int64_t t = 0; t < classes_; ++t) {
    std::vector<std::string> row{name_of(t, class_names)};
    for (int64_t p = 0; p < classes_; ++p) row.push_back(fmt::format("{}", count(t, p)));
    table.add(std::move(row));
  }
  return table.text();
}

// Metrics -------------------------------------------------------------------------------------------------------------

Metrics::Metrics(int64_t top_k) : top_k_(top_k) {
  check<ValueError>(top_k >= 1, "[Metrics] top_k is at least 1, not {}", top_k);
}

void Metrics::add(const Tensor& logits, const Tensor& target) {
  NoGradGuard no_grad;
  add(logits, target, cross_entropy(logits, target));
}

void Metrics::add(const Tensor& scores, const Tensor& target, const Tensor& loss) {
  NoGradGuard no_grad;
  check<ShapeError>(scores.dim() == 2 && scores.size(1) > 0, "[Metrics] scores are {}, expected [N, classes]",
                    scores.sizes());
  check<ShapeError>(!confusion_ || confusion_->classes() == scores.size(1), "[Metrics] scores of {} classes after {}",
                    scores.size(1), confusion_ ? confusion_->classes() : 0);
  if (scores.size(0) == 0) return;
  const double mean = loss.item<double>();
  ConfusionMatrix matrix = confusion_.value_or(ConfusionMatrix(scores.size(1)));
  matrix.add(scores.argmax(1), target);
  confusion_ = std::move(matrix);
  count_ += target.numel();
  in_top_k_ += (rank_of(scores, target) < top_k_).sum().item<int64_t>();
  loss_sum_ += mean * static_cast<double>(target.numel());
}

void Metrics::check_any() const { check<StateError>(count_ > 0, "[Metrics] of an empty set"); }

double Metrics::loss() const {
  check_any();
  return loss_sum_ / static_cast<double>(count_);
}

double Metrics::top_k_accuracy() const {
  check_any();
  return share(in_top_k_, count_);
}

const ConfusionMatrix& Metrics::confusion() const {
  check_any();
  return *confusion_;
}

std::string Metrics::table(const std::vector<std::string>& class_names) const {
  const std::string top = top_k_ > 1 && top_k_ < confusion().classes()
                              ? fmt::format(", top-{} {:.2f} %", top_k_, 100 * top_k_accuracy())
                              : "";
  return fmt::format("{}accuracy {:.2f} %{}, mean loss {:.4f}\n", confusion().table(class_names), 100 * accuracy(), top,
                     loss());
}

}  // namespace weft::train
