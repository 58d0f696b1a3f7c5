// Metrics: the quality of a classifier, summed over batches.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/train/mistakes.h"

namespace weft::train {

/// Scores of one class or averaged over classes, each 0 to 1; 0 / 0 counts as 0.
struct ClassScores {
  double precision = 0;  ///< of the samples predicted as this class, the fraction that belong to it
  double recall = 0;     ///< of the samples of this class, the fraction predicted as it
  double f1 = 0;         ///< harmonic mean of the two
  int64_t support = 0;   ///< samples of this class
};

/// Number of samples of one class predicted as another.
struct ClassPair {
  int64_t target, predicted, count;
};

/// Counts the samples per pair of target and prediction. Memory grows with the pairs that occur, not with the number of
/// classes.
class ConfusionMatrix {
 public:
  /// The largest number of classes for which the complete matrix is shown; for more, the most confused pairs are.
  static constexpr int64_t kMostShown = 50;

  /// Throws ValueError for less than one class.
  explicit ConfusionMatrix(int64_t classes);
  /// predicted, target: int64 [N]. Throws ShapeError, DtypeError, or IndexError for a class outside [0, classes); then
  /// nothing is counted.
  void add(const Tensor& predicted, const Tensor& target);

  int64_t classes() const { return classes_; }
  int64_t total() const { return total_; }
  /// Number of samples of class `target` predicted as `predicted`.
  int64_t count(int64_t target, int64_t predicted) const;
  /// int64 [classes, classes], one row per true class.
  Tensor counts() const;

  /// Fraction of correct predictions; 0 if nothing was added.
  double accuracy() const;
  ClassScores of(int64_t c) const;
  /// Mean over the classes that occur, as target or as prediction.
  ClassScores macro() const;
  /// Over all predictions together: with one prediction per sample, all three are the accuracy.
  ClassScores micro() const;

  /// The classes in tables: all of at most kMostShown, else those that occur as target or prediction.
  std::vector<int64_t> listed_classes() const;
  /// At most `most` pairs of different classes, the most frequent first.
  std::vector<ClassPair> most_confused(size_t most = kMostShown) const;

  /// One row per listed class with precision, recall, F1 and samples, then macro and micro.
  std::string table(const std::vector<std::string>& class_names = {}) const;
  /// The counts, one row per true class; with more than kMostShown listed classes the most confused pairs.
  std::string counts_table(const std::vector<std::string>& class_names = {}) const;

 private:
  struct Sums {
    int64_t right = 0, called = 0, support = 0;
  };
  std::string pairs_table(const std::vector<std::string>& class_names) const;
  int64_t classes_, total_ = 0, right_ = 0;
  std::map<std::pair<int64_t, int64_t>, int64_t> counts_;  // by target and prediction
  std::map<int64_t, Sums> sums_;                           // of the classes that occur
};

class Metrics;

/// The result of a test during training.
struct Evaluation {
  double loss = 0;      ///< mean over the samples
  double accuracy = 0;  ///< fraction of correct predictions, 0 to 1
  // For the report of a run, if the test provides them:
  std::shared_ptr<const Metrics> metrics = {};
  std::vector<Mistake> mistakes = {};
};

/// Loss, accuracy, top-k accuracy and confusion matrix of a set, batch by batch.
///
///     train::Metrics metrics;
///     for (auto& batch : *loader) metrics.add(net->forward(batch.data), batch.target);
///     fmt::print("{}", metrics.table());
class Metrics {
 public:
  /// Throws ValueError for a top_k below 1.
  explicit Metrics(int64_t top_k = 5);
  /// logits [N, classes], target int64 [N]; the loss is their cross entropy. The first batch defines the number of
  /// classes. Throws ShapeError, DtypeError or IndexError; then nothing is counted.
  void add(const Tensor& logits, const Tensor& target);
  /// The same for another loss: `loss` is the batch's mean. The prediction is the class with the largest score.
  void add(const Tensor& scores, const Tensor& target, const Tensor& loss);

  int64_t count() const { return count_; }
  // Each throws StateError if nothing was added.
  double loss() const;
  double accuracy() const { return confusion().accuracy(); }
  /// Fraction of the samples whose class is among the k largest scores; of equal scores the first counts as larger. A
  /// class with a NaN score is among them only if argmax returns it, so that this is never below accuracy().
  double top_k_accuracy() const;
  int64_t top_k() const { return top_k_; }
  const ConfusionMatrix& confusion() const;
  /// Loss and accuracy.
  Evaluation evaluation() const { return {loss(), accuracy()}; }
  /// The confusion matrix's table, then one line of accuracy, top-k accuracy and loss.
  std::string table(const std::vector<std::string>& class_names = {}) const;

 private:
  void check_any() const;
  int64_t top_k_, count_ = 0, in_top_k_ = 0;
  double loss_sum_ = 0;
  std::optional<ConfusionMatrix> confusion_;
};

}  // namespace weft::train
