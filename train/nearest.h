// Nearest neighbours: a classifier that remembers its training set.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::train {

/// The nearest training samples of each query, nearest first; of equally near ones the one that comes first in the
/// training set.
struct Neighbors {
  Tensor distances;  ///< Euclidean, float64 [queries, k]
  Tensor indices;    ///< int64 [queries, k]
};

/// What a neighbour's vote counts.
enum class NeighborWeights {
  kUniform,   ///< 1
  kDistance,  ///< 1 / distance; where some neighbours are at distance 0, only these count
};

/// k nearest neighbours by brute force, with scikit-learn's names and results.
///
///     train::KNeighborsClassifier knn(points, labels);
///     Tensor answers = knn.predict(queries, 3);
///
/// The squared distances of a block of queries come from one matrix product with the training set; the nearest few of
/// each are then measured exactly, in float64. Results are the same bits for any number of threads.
class KNeighborsClassifier {
 public:
  /// As many queries are answered at a time; more go through in pieces of as many.
  static constexpr int64_t kQueries = 512;

  /// Keeps points, floating point [N, ...], of which each sample is taken as one list of numbers, and labels, int64
  /// [N] from 0 on. Throws ShapeError, DtypeError, ValueError for no point, or IndexError for a negative label.
  KNeighborsClassifier(const Tensor& points, const Tensor& labels);

  /// Of queries of the points' dtype and sizes. Throws ShapeError, DtypeError, or ValueError unless 1 <= k <= N.
  Neighbors kneighbors(const Tensor& queries, int64_t k) const;
  /// The votes [queries, classes] of the first k of these neighbours, float64; all of them where k is 0.
  Tensor votes(const Neighbors& neighbors, int64_t k = 0, NeighborWeights weights = NeighborWeights::kUniform) const;
  /// The class with most votes, int64 [queries]; of classes with as many the smallest.
  Tensor predict(const Tensor& queries, int64_t k, NeighborWeights weights = NeighborWeights::kUniform) const;
  int64_t classes() const { return classes_; }

 private:
  Tensor points_;   // [N, features]
  Tensor columns_;  // its transpose, in memory order
  Tensor halves_;   // half of each point's squared length
  Tensor labels_;
  int64_t classes_;
};

}  // namespace weft::train
