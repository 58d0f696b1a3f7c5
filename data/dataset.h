// BatchDataset and Dataset, the base classes of data sets, and map().
#pragma once

#include <optional>
#include <vector>

#include "weft/data/array_ref.h"
#include "weft/data/example.h"
#include "weft/data/image_plan.h"

namespace weft::data::datasets {

template <class D, class T>
class MapDataset;

/// Returns batches on request. `Self` is the derived class.
template <class Self, class Batch = std::vector<Example<>>, class BatchRequest = ArrayRef<size_t>>
class BatchDataset {
 public:
  using SelfType = Self;
  using BatchType = Batch;
  using BatchRequestType = BatchRequest;

  virtual ~BatchDataset() = default;
  virtual Batch get_batch(BatchRequest request) = 0;
  /// Number of samples; nullopt if unknown.
  virtual std::optional<size_t> size() const = 0;

  /// A copy of this data set (an rvalue itself) with `transform` applied to every batch.
  template <class T>
  MapDataset<Self, T> map(T transform) & {
    return {static_cast<Self&>(*this), std::move(transform)};
  }
  template <class T>
  MapDataset<Self, T> map(T transform) && {
    return {std::move(static_cast<Self&>(*this)), std::move(transform)};
  }
};

/// Returns samples one by one: derived classes implement `get` and `size`. Each worker of a loader uses a copy of the
/// data set, unless make_shared_dataset made it.
template <class Self, class SingleExample = Example<>>
class Dataset : public BatchDataset<Self, std::vector<SingleExample>> {
 public:
  using ExampleType = SingleExample;

  virtual SingleExample get(size_t index) = 0;

  std::vector<SingleExample> get_batch(ArrayRef<size_t> indices) override {
    std::vector<SingleExample> batch;
    batch.reserve(indices.size());
    for (size_t i : indices) batch.push_back(get(i));
    return batch;
  }
};

/// A data set read sequentially: a request is a number of samples.
template <class Self, class Batch = std::vector<Example<>>>
using StreamDataset = BatchDataset<Self, Batch, size_t>;

/// The batch of epoch `epoch`: data sets that depend on it (random transforms) take it as second argument.
template <class D>
typename D::BatchType get_batch_of(D& dataset, typename D::BatchRequestType request, uint64_t epoch) {
  if constexpr (requires { dataset.get_batch(request, epoch); })
    return dataset.get_batch(request, epoch);
  else
    return dataset.get_batch(request);
}

}  // namespace weft::data::datasets

#include "weft/data/map.h"
