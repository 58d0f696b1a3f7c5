#include "weft/train/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "weft/autograd/grad_mode.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"
#include "weft/train/progress.h"
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

// Number of classes ranked before the target by score.
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
}

void ConfusionMatrix::add(const Tensor& predicted, const Tensor& target) {
  check_ids("the prediction", predicted, classes_);
  check_ids("the target", target, classes_);
  check<ShapeError>(predicted.numel() == target.numel(), "[ConfusionMatrix] {} predictions for {} targets",
                    predicted.numel(), target.numel());
  const Tensor answers = predicted.contiguous(), classes = target.contiguous();
  std::vector<std::pair<int64_t, int64_t>> pairs;
  for (int64_t i = 0; i < classes.numel(); ++i)
    pairs.emplace_back(classes.data_ptr<int64_t>()[i], answers.data_ptr<int64_t>()[i]);
  std::sort(pairs.begin(), pairs.end());  // equal pairs are counted together
  for (auto first = pairs.begin(); first != pairs.end();) {
    const auto last = std::upper_bound(first, pairs.end(), *first);
    const auto [t, p] = *first;
    const int64_t n = last - first;
    counts_[{t, p}] += n;
    sums_[t].support += n, sums_[p].called += n, total_ += n;
    if (t == p) sums_[t].right += n, right_ += n;
    first = last;
  }
}

int64_t ConfusionMatrix::count(int64_t target, int64_t predicted) const {
  check<IndexError>(target >= 0 && target < classes_ && predicted >= 0 && predicted < classes_,
                    "[ConfusionMatrix] cell {}, {} of {} classes", target, predicted, classes_);
  const auto found = counts_.find({target, predicted});
  return found == counts_.end() ? 0 : found->second;
}

Tensor ConfusionMatrix::counts() const {
  Tensor out = zeros({classes_, classes_}, kInt64);
  for (const auto& [pair, n] : counts_) out.data_ptr<int64_t>()[pair.first * classes_ + pair.second] = n;
  return out;
}

double ConfusionMatrix::accuracy() const { return micro().recall; }

ClassScores ConfusionMatrix::of(int64_t c) const {
  check<IndexError>(c >= 0 && c < classes_, "[ConfusionMatrix] class {} of {}", c, classes_);
  const auto found = sums_.find(c);
  const Sums s = found == sums_.end() ? Sums() : found->second;
  return scores_of(s.right, s.called, s.support);
}

ClassScores ConfusionMatrix::macro() const {
  ClassScores sum;
  for (const auto& [c, sums] : sums_) {
    const ClassScores s = scores_of(sums.right, sums.called, sums.support);
    sum.precision += s.precision, sum.recall += s.recall, sum.f1 += s.f1, sum.support += s.support;
  }
  if (sums_.empty()) return {};
  const auto n = static_cast<double>(sums_.size());
  return {sum.precision / n, sum.recall / n, sum.f1 / n, sum.support};
}

ClassScores ConfusionMatrix::micro() const { return scores_of(right_, total_, total_); }

std::vector<int64_t> ConfusionMatrix::listed_classes() const {
  std::vector<int64_t> out;
  if (classes_ <= kMostShown) {
    out.resize(static_cast<size_t>(classes_));
    std::iota(out.begin(), out.end(), int64_t{0});
  } else {
    for (const auto& entry : sums_) out.push_back(entry.first);
  }
  return out;
}

std::vector<ClassPair> ConfusionMatrix::most_confused(size_t most) const {
  std::vector<ClassPair> out;
  for (const auto& [pair, n] : counts_)
    if (pair.first != pair.second) out.push_back({pair.first, pair.second, n});
  std::stable_sort(out.begin(), out.end(), [](const ClassPair& a, const ClassPair& b) { return a.count > b.count; });
  out.resize(std::min(most, out.size()));
  return out;
}

std::string ConfusionMatrix::table(const std::vector<std::string>& class_names) const {
  Table table({"class", "precision", "recall", "F1", "samples"});
  auto add = [&](const std::string& name, const ClassScores& s) {
    table.add({name, fmt::format("{:.4f}", s.precision), fmt::format("{:.4f}", s.recall), fmt::format("{:.4f}", s.f1),
               fmt::format("{}", s.support)});
  };
  for (const int64_t c : listed_classes()) add(name_of(c, class_names), of(c));
  add("macro", macro());
  add("micro", micro());
  return table.text();
}

std::string ConfusionMatrix::counts_table(const std::vector<std::string>& class_names) const {
  const std::vector<int64_t> listed = listed_classes();
  if (listed.size() > static_cast<size_t>(kMostShown)) return pairs_table(class_names);
  std::vector<std::string> headers{"true \\ predicted"};
  for (const int64_t c : listed) headers.push_back(name_of(c, class_names));
  Table table(headers);
  for (const int64_t t : listed) {
    std::vector<std::string> row{name_of(t, class_names)};
    for (const int64_t p : listed) row.push_back(fmt::format("{}", count(t, p)));
    table.add(std::move(row));
  }
  return table.text();
}

std::string ConfusionMatrix::pairs_table(const std::vector<std::string>& class_names) const {
  Table table({"most confused", "predicted as", "samples", "of its class"});
  for (const ClassPair& pair : most_confused())
    table.add({name_of(pair.target, class_names), name_of(pair.predicted, class_names), fmt::format("{}", pair.count),
               fmt::format("{:.2f} %", 100 * share(pair.count, of(pair.target).support))});
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
  const Tensor answers = scores.argmax(1);
  ConfusionMatrix first(scores.size(1));
  (confusion_ ? *confusion_ : first).add(answers, target);
  if (!confusion_) confusion_ = std::move(first);
  count_ += target.numel();
  in_top_k_ += (rank_of(scores, target) < top_k_).logical_or(answers == target).sum().item<int64_t>();
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
  return fmt::format("{}accuracy {:.2f} %{}, mean loss {}\n", confusion().table(class_names), 100 * accuracy(), top,
                     format_loss(loss()));
}

}  // namespace weft::train
