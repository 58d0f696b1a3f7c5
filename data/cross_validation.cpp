#include "weft/data/cross_validation.h"

#include <algorithm>
#include <numeric>

#include "weft/tensor/creation.h"

namespace weft::data {
namespace {

// The folds of an assignment of samples to test sets.
std::vector<Fold> folds_of(const std::vector<size_t>& test_of, size_t n_splits) {
  std::vector<Fold> folds(n_splits);
  for (size_t i = 0; i < test_of.size(); ++i)
    for (size_t f = 0; f < n_splits; ++f) (f == test_of[i] ? folds[f].test : folds[f].train).push_back(i);
  return folds;
}

// Applies a random order.
template <class T>
void shuffle_values(std::vector<T>& v) {
  const Tensor order = randperm(static_cast<int64_t>(v.size()));
  const std::vector<T> old = v;
  for (size_t i = 0; i < v.size(); ++i) v[i] = old[static_cast<size_t>(order.data_ptr<int64_t>()[i])];
}

// The classes as 0, 1, ... in the order in which they first occur.
std::vector<size_t> classes_of(const Tensor& targets, size_t& count) {
  const Tensor flat = targets.contiguous();
  const std::vector<int64_t> ids(flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel());
  std::vector<int64_t> seen;
  std::vector<size_t> classes;
  for (int64_t id : ids) {
    const auto at = static_cast<size_t>(std::find(seen.begin(), seen.end(), id) - seen.begin());
    if (at == seen.size()) seen.push_back(id);
    classes.push_back(at);
  }
  count = seen.size();
  return classes;
}

}  // namespace

std::vector<Fold> k_fold(size_t size, size_t n_splits, bool shuffle) {
  check<ValueError>(n_splits >= 2 && n_splits <= size, "[k_fold] {} folds of {} samples", n_splits, size);
  std::vector<size_t> order(size);
  std::iota(order.begin(), order.end(), size_t{0});
  if (shuffle) shuffle_values(order);
  std::vector<size_t> test_of(size);
  size_t next = 0;
  for (size_t f = 0; f < n_splits; ++f)
    for (size_t left = size / n_splits + (f < size % n_splits); left > 0; --left) test_of[order[next++]] = f;
  return folds_of(test_of, n_splits);
}

std::vector<Fold> stratified_k_fold(const Tensor& targets, size_t n_splits, bool shuffle) {
  check<DtypeError>(targets.dtype() == kInt64, "[stratified_k_fold] targets are {}, expected int64", targets.dtype());
  check<ShapeError>(targets.dim() == 1, "[stratified_k_fold] targets are {}, expected [N]", targets.sizes());
  check<ValueError>(n_splits >= 2, "[stratified_k_fold] {} folds", n_splits);
  size_t count = 0;
  const std::vector<size_t> classes = classes_of(targets, count);
  // Dealing out the samples in the order of their classes gives each fold its share of each class: the folds' sizes
  // differ by at most one for any class sizes.
  std::vector<size_t> sorted = classes;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::vector<size_t>> shares(count, std::vector<size_t>(n_splits));
  for (size_t i = 0; i < sorted.size(); ++i) ++shares[sorted[i]][i % n_splits];
  size_t largest = 0;
  for (const auto& share : shares) largest = std::max(largest, std::accumulate(share.begin(), share.end(), size_t{0}));
  check<ValueError>(n_splits <= largest, "[stratified_k_fold] {} folds, the largest class has {} samples", n_splits,
                    largest);

  std::vector<std::vector<size_t>> folds_for(count);
  for (size_t c = 0; c < count; ++c) {
    for (size_t f = 0; f < n_splits; ++f) folds_for[c].insert(folds_for[c].end(), shares[c][f], f);
    if (shuffle) shuffle_values(folds_for[c]);
  }
  std::vector<size_t> test_of, next(count);
  for (size_t c : classes) test_of.push_back(folds_for[c][next[c]++]);
  return folds_of(test_of, n_splits);
}

}  // namespace weft::data
