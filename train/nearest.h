// Nearest neighbours: a classifier that stores its training set.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::train {

/// The nearest training samples of each query, nearest first; of equally near ones the one with the smaller index.
struct Neighbors {
  Tensor distances;  ///< Euclidean, float64 [queries, k]
  Tensor indices;    ///< int64 [queries, k]
};

/// The weight of a neighbour's vote.
enum class NeighborWeights {
  kUniform,   ///< 1
  kDistance,  ///< 1 / distance; if some neighbours are at distance 0, only these count
};

/// k nearest neighbours by brute force, with scikit-learn's names and results.
///
///     train::KNeighborsClassifier knn(points, labels);
///     Tensor answers = knn.predict(queries, 3);
///
/// The squared distances of a block of queries come from one matrix product with the training set; the distances of the
/// nearest few are then computed exactly, in float64. Results have the same bits for any number of threads.
class KNeighborsClassifier {
 public:
  /// Number of queries processed at a time.
  static constexpr int64_t kQueries = 512;

  /// Stores points, floating point [N, ...], flattened per sample, and labels, int64 [N] from 0 on. Throws ShapeError,
  /// DtypeError, ValueError for no points, or IndexError for a negative label.
  KNeighborsClassifier(const Tensor& points, const Tensor& labels);

  /// The k nearest neighbours of queries with the points' dtype and sizes. Throws ShapeError, DtypeError, or ValueError
  /// unless 1 <= k <= N.
  Neighbors kneighbors(const Tensor& queries, int64_t k) const;
  /// The votes [queries, classes] of the first k of these neighbours (0: all), float64.
  Tensor votes(const Neighbors& neighbors, int64_t k = 0, NeighborWeights weights = NeighborWeights::kUniform) const;
  /// The class with the most votes, int64 [queries]; of equal ones the smallest.
  Tensor predict(const Tensor& queries, int64_t k, NeighborWeights weights = NeighborWeights::kUniform) const;
  int64_t classes() const { return classes_; }

 private:
  Tensor points_;   // [N, features]
  Tensor columns_;  // its transpose, contiguous
  Tensor halves_;   // half of each point's squared length
  Tensor labels_;
  int64_t classes_;
};

}  // namespace weft::train
