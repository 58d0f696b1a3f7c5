// Cross validation: splits a set into folds, each of which is the test set once.
#pragma once

#include <cstddef>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft::data {

/// Samples to train on and to test on, both in ascending order: for datasets::Subset, or datasets::gather_rows.
struct Fold {
  std::vector<size_t> train, test;
};

/// `n_splits` folds of `size` samples; the first size % n_splits test sets have one more sample. The test sets are
/// consecutive samples, or, with `shuffle`, consecutive in an order drawn from the default generator. As scikit-learn's
/// KFold. Throws ValueError unless 2 <= n_splits <= size.
std::vector<Fold> k_fold(size_t size, size_t n_splits, bool shuffle = false);

/// Folds with the class proportions of the complete set, as closely as possible. targets: int64 [N], any ids. Without
/// `shuffle` each class is distributed in the order of its samples, which gives the folds of scikit-learn's
/// StratifiedKFold. Throws ValueError unless n_splits is at least 2 and some class has n_splits samples, ShapeError or
/// DtypeError for other targets.
std::vector<Fold> stratified_k_fold(const Tensor& targets, size_t n_splits, bool shuffle = false);

}  // namespace weft::data
