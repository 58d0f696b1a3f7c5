// MapDataset: a data set with a transform applied to its batches. It recognises weft's one-pass pipelines at compile
// time.
#pragma once

#include <utility>

#include "weft/data/dataset.h"
#include "weft/data/held.h"
#include "weft/data/transform.h"

namespace weft::data::datasets {

/// A data set that gathers the stacked rows of a batch itself.
template <class D>
concept GathersRows = requires(const D& d, ArrayRef<size_t> indices) {
  d.gather(indices);
};

template <class D, class T>
class MapDataset : public BatchDataset<MapDataset<D, T>, typename T::OutputBatchType, typename D::BatchRequestType> {
 public:
  static_assert(std::is_same_v<typename D::BatchType, typename T::InputBatchType>,
                "the transform takes another kind of batch than the data set gives");
  using DatasetType = D;
  using TransformType = T;
  using BatchRequestType = typename D::BatchRequestType;
  using OutputBatchType = typename T::OutputBatchType;
  /// True if get_batch is one parallel pass over byte images.
  static constexpr bool is_one_pass = PlansImages<D> && std::is_same_v<T, transforms::Stack<Example<>>>;
  static constexpr bool is_gather = GathersRows<D> && transforms::is_stack<T>;

  MapDataset(D dataset, T transform) : dataset_(std::move(dataset)), transform_(std::move(transform)) {}

  OutputBatchType get_batch(BatchRequestType request) override { return get_batch(std::move(request), 0); }
  /// The batch of an epoch: random transforms draw new numbers in each.
  OutputBatchType get_batch(BatchRequestType request, uint64_t epoch) {
    if constexpr (is_one_pass) {
      ImagePlan plan;
      plan_images(*dataset_, plan, request);
      return run_plan(plan, epoch);
    } else if constexpr (is_gather) {
      return dataset_->gather(request);
    } else if constexpr (std::is_same_v<BatchRequestType, ArrayRef<size_t>>) {
      return transforms::apply_batch_of(transform_, get_batch_of(*dataset_, request, epoch), {epoch, request});
    } else {
      return transform_.apply_batch(get_batch_of(*dataset_, std::move(request), epoch));
    }
  }
  std::optional<size_t> size() const override { return dataset_->size(); }
  const D& dataset() const { return *dataset_; }
  const T& transform() const { return transform_; }

  void plan(ImagePlan& plan, ArrayRef<size_t> indices) const requires(PlansImages<D>&& HasStages<T>) {
    plan_images(*dataset_, plan, indices);
    std::vector<const ImageStage*> stages;
    // clang 14 compiles this in explicit instantiations even if the constraint fails.
    if constexpr (HasStages<T>) transform_.add_stages(stages);
    for (const ImageStage* stage : stages) plan.steps.push_back({stage, indices.vec()});
  }

 private:
  detail::Held<D> dataset_;
  T transform_;
};

/// `dataset` with `transform` applied to every batch.
template <class D, class T>
MapDataset<D, T> map(D dataset, T transform) {
  return {std::move(dataset), std::move(transform)};
}

/// True if batches of D are made by weft's own code alone, which may run ahead on a separate thread.
template <class D>
inline constexpr bool runs_ahead = requires {
  requires D::is_one_pass || D::is_gather;
};

}  // namespace weft::data::datasets
