// DataLoader: gives the batches of a data set, epoch by epoch, made ahead on other threads.
#pragma once

#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "weft/data/dataset.h"
#include "weft/data/loader_base.h"
#include "weft/data/sampler.h"

namespace weft::data {

/// `for (auto& batch : *loader)` runs one epoch; each begin() starts a new one, and drops what a loop that was left
/// early did not take. Use from one thread. With several workers each calls a copy of the data set.
template <class D, class S>
class DataLoader : public detail::LoaderBase {
 public:
  using BatchType = typename D::BatchType;
  using BatchRequestType = typename S::BatchRequestType;

  /// Walks the batches of an epoch; a batch lives until the iterator moves on, its tensors as long as anyone holds
  /// them.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = BatchType;
    using difference_type = std::ptrdiff_t;
    using pointer = BatchType*;
    using reference = BatchType&;
    Iterator() = default;
    explicit Iterator(DataLoader* loader) : loader_(loader) { ++*this; }
    BatchType& operator*() const { return *batch_; }
    BatchType* operator->() const { return batch_.get(); }
    Iterator& operator++() {
      batch_.reset();  // its memory is free again before the next batch is asked for
      batch_ = loader_->next();
      if (!batch_) loader_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(const Iterator& o) const { return loader_ == o.loader_; }
    bool operator!=(const Iterator& o) const { return loader_ != o.loader_; }

   private:
    DataLoader* loader_ = nullptr;
    std::shared_ptr<BatchType> batch_;
  };

  /// Throws ValueError for an empty data set, a batch size of 0, or, with drop_last, a batch larger than the set.
  DataLoader(D dataset, S sampler, DataLoaderOptions options)
      : LoaderBase(options, dataset.size(), datasets::runs_ahead<D>),
        dataset_(std::move(dataset)),
        sampler_(std::move(sampler)) {}
  ~DataLoader() override { join(); }

  /// Starts an epoch: the sampler is reset, and the first batches are begun.
  Iterator begin() {
    begin_epoch();
    return Iterator(this);
  }
  Iterator end() { return {}; }
  const D& dataset() const { return dataset_; }

 private:
  struct Slot {
    BatchRequestType request;
    std::shared_ptr<BatchType> batch;
  };
  static constexpr bool kSamplerCopies = std::is_copy_constructible_v<S>;

  std::shared_ptr<BatchType> next() {
    const size_t slot = take();
    return slot == kEnd ? nullptr : std::move(slots_[slot].batch);
  }

  void start_sampler(bool reset) final {
    if (reset) sampler_.reset(std::nullopt);
    if constexpr (kSamplerCopies) at_start_ = std::make_unique<S>(sampler_);
  }
  std::optional<size_t> request(size_t slot) final {
    std::optional<BatchRequestType> next = sampler_.next(options().batch_size());
    if (!next) return std::nullopt;
    size_t samples = options().batch_size();
    if constexpr (requires { next->size(); }) samples = next->size();
    slots_[slot].request = std::move(*next);
    return samples;
  }
  void make(size_t worker, size_t slot, uint64_t epoch) final {
    Slot& s = slots_[slot];
    D& dataset = worker == 0 || datasets::runs_ahead<D> ? dataset_ : copies_[worker - 1];
    s.batch = std::make_shared<BatchType>(datasets::get_batch_of(dataset, s.request, epoch));
  }
  // A user's data set need not stand several threads: each worker gets its own. weft's own pipelines share one.
  void prepare(size_t workers, size_t slots) final {
    if constexpr (!datasets::runs_ahead<D>) {
      if constexpr (std::is_copy_constructible_v<D>)
        while (copies_.size() + 1 < workers) copies_.push_back(dataset_);
      else
        detail::check_no_copies(workers);
    }
    slots_ = std::vector<Slot>(slots);
  }
  void drop_batches() final {
    for (Slot& slot : slots_) slot.batch.reset();
  }

  Tensor sampler_state(bool from_start, size_t delivered) const final {
    if constexpr (kSamplerCopies) {
      if (!from_start) return sampler_.state();
      S sampler = *at_start_;
      for (size_t i = 0; i < delivered; ++i) sampler.next(options().batch_size());
      return sampler.state();
    } else {
      detail::fail_sampler_copy();
    }
  }
  void load_sampler(const Tensor& state) final { sampler_.load_state(state); }

  D dataset_;
  std::vector<D> copies_;  // for the workers after the first, where they need their own
  S sampler_;
  std::unique_ptr<S> at_start_;  // the sampler as it was before the first batch: state() counts from there
  std::vector<Slot> slots_;
};

/// A loader over `dataset` in the order of `sampler`.
template <class D, class S>
requires requires { typename S::BatchRequestType; }
std::unique_ptr<DataLoader<D, S>> make_data_loader(D dataset, S sampler, DataLoaderOptions options) {
  return std::make_unique<DataLoader<D, S>>(std::move(dataset), std::move(sampler), std::move(options));
}

/// A loader with a sampler of a type that is made from a size: `make_data_loader<SequentialSampler>(std::move(set),
/// 64)`.
template <class S = samplers::RandomSampler, class D>
requires std::is_constructible_v<S, size_t> std::unique_ptr<DataLoader<D, S>> make_data_loader(
    D dataset, DataLoaderOptions options = {}) {
  const std::optional<size_t> size = dataset.size();
  detail::check_sized_loader(options, size);
  return make_data_loader(std::move(dataset), S(*size), std::move(options));
}

}  // namespace weft::data
