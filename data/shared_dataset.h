// SharedBatchDataset: a data set that is never copied.
#pragma once

#include <memory>
#include <utility>

#include "weft/data/dataset.h"

namespace weft::data::datasets {

/// Shares a data set by pointer: copies of it, and all workers of a loader, call the same data set. Its get_batch must
/// then be safe to call from several threads at once.
template <class D>
class SharedBatchDataset
    : public BatchDataset<SharedBatchDataset<D>, typename D::BatchType, typename D::BatchRequestType> {
 public:
  using BatchType = typename D::BatchType;
  using BatchRequestType = typename D::BatchRequestType;

  SharedBatchDataset(std::shared_ptr<D> dataset) : dataset_(std::move(dataset)) {}  // NOLINT: as in libtorch
  BatchType get_batch(BatchRequestType request) override { return get_batch(std::move(request), 0); }
  BatchType get_batch(BatchRequestType request, uint64_t epoch) {
    return get_batch_of(*dataset_, std::move(request), epoch);
  }
  std::optional<size_t> size() const override { return dataset_->size(); }
  D& operator*() { return *dataset_; }
  const D& operator*() const { return *dataset_; }
  D* operator->() { return dataset_.get(); }
  const D* operator->() const { return dataset_.get(); }

  void lend(ImagePlan& plan, ArrayRef<size_t> request) const requires LendsImages<D> { dataset_->lend(plan, request); }
  void plan(ImagePlan& plan, ArrayRef<size_t> request) const requires(PlansImages<D> && !LendsImages<D>) {
    dataset_->plan(plan, request);
  }
  auto gather(ArrayRef<size_t> request) const requires GathersRows<D> { return dataset_->gather(request); }

 private:
  std::shared_ptr<D> dataset_;
};

/// A SharedBatchDataset of a new D constructed from these arguments: `make_shared_dataset<Faces>("faces/")`.
template <class D, class... Args>
SharedBatchDataset<D> make_shared_dataset(Args&&... args) {
  return std::make_shared<D>(std::forward<Args>(args)...);
}

}  // namespace weft::data::datasets
