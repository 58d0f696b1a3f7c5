// DataLoader: iterates over the batches of a data set, epoch by epoch, prepared ahead on other threads.
#pragma once

#include <exception>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "weft/data/dataset.h"
#include "weft/data/example_vector.h"
#include "weft/data/held.h"
#include "weft/data/loader_base.h"
#include "weft/data/sampler.h"

namespace weft::data {

/// `for (auto& batch : *loader)` runs one epoch. begin() starts it and drops the rest of an epoch that was left early;
/// it throws StateError while an iterator is inside the epoch. Use from one thread. Each worker calls its own copy of
/// the data set. Exceptions of the data set reach the iterator as WorkerException; without workers they are unchanged.
template <class D, class S>
class DataLoader : public detail::LoaderBase {
 public:
  using BatchType = typename D::BatchType;
  using BatchRequestType = typename S::BatchRequestType;

 private:
  using Given = typename detail::Given<BatchType>::type;
  // The position in an epoch.
  class Position {
   public:
    explicit Position(DataLoader* loader) : loader_(loader) {}
    bool at_end() {
      if (loader_ && !fetched_) fetch();
      return !loader_;
    }
    Given& batch() {
      if (error_) std::rethrow_exception(error_);
      return *batch_;
    }
    void fetch() {
      fetched_ = true;
      error_ = nullptr;
      batch_.reset();  // frees its memory before the next batch is requested
      try {
        batch_ = loader_->next();
      } catch (...) {
        error_ = std::current_exception();
        throw;
      }
      if (!batch_) loader_ = nullptr;
    }
    void end() { loader_ = nullptr; }

   private:
    DataLoader* loader_;  // null at the end
    std::shared_ptr<Given> batch_;
    std::exception_ptr error_;
    bool fetched_ = false;
  };

 public:
  /// Iterates over the batches of an epoch; a batch is valid until the iterator advances, its tensors as long as anyone
  /// holds them. Copies share their position. The first batch is fetched at its first use, also by `==`. If a fetch
  /// throws, the iterator stays at the bad batch: `*it` throws again, `++it` moves on to the next.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Given;
    using difference_type = std::ptrdiff_t;
    using pointer = Given*;
    using reference = Given&;
    Iterator() = default;
    /// Throw StateError at the end.
    Given& operator*() const {
      if (at_end()) detail::fail_past_end("dereference");
      return position_->batch();
    }
    Given* operator->() const { return &**this; }
    Iterator& operator++() {
      if (at_end()) detail::fail_past_end("increment");
      position_->fetch();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(const Iterator& o) const { return position_ == o.position_ || (at_end() && o.at_end()); }
    bool operator!=(const Iterator& o) const { return !(*this == o); }

   private:
    friend DataLoader;
    bool at_end() const { return !position_ || position_->at_end(); }
    std::shared_ptr<Position> position_;
  };

  /// Throws ValueError for an empty data set, a batch size of 0, or, with drop_last, a batch larger than the set.
  DataLoader(D dataset, S sampler, DataLoaderOptions options)
      : LoaderBase(options, dataset.size(), datasets::runs_ahead<D>),
        dataset_(std::move(dataset)),
        sampler_(std::move(sampler)) {}
  ~DataLoader() override {
    join();
    end_position();
  }

  /// Starts an epoch: resets the sampler, and the workers begin the first batches. Throws StateError while another
  /// iterator is inside an epoch, and if a worker's thread cannot be started.
  Iterator begin() {
    begin_epoch(!position_.expired());
    end_position();
    Iterator first;
    first.position_ = std::make_shared<Position>(this);
    position_ = first.position_;
    return first;
  }
  Iterator end() { return {}; }
  const D& dataset() const { return dataset_; }

 private:
  struct Slot {
    BatchRequestType request;
    std::shared_ptr<Given> batch;
  };
  static constexpr bool kSamplerCopies = std::is_copy_constructible_v<S>;

  std::shared_ptr<Given> next() {
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
    D& dataset = copies_.empty() ? dataset_ : copies_[worker];
    s.batch = std::make_shared<Given>(datasets::get_batch_of(dataset, s.request, epoch));
  }
  // A user's data set need not be thread-safe: each worker gets a copy. weft's own pipelines share one.
  void prepare(size_t workers, size_t slots) final {
    if constexpr (!datasets::runs_ahead<D>) {
      if (copies_.size() != workers) copy_dataset(workers);
    }
    slots_ = std::vector<Slot>(slots);
  }
  void copy_dataset(size_t workers) {
    if constexpr (std::is_copy_constructible_v<D>) {
      const datasets::detail::DeepCopies deep;
      std::vector<D> copies;
      copies.reserve(workers);
      while (copies.size() < workers) copies.push_back(dataset_);
      copies_ = std::move(copies);
    } else if (workers > 1) {
      detail::fail_no_copies(workers);
    }
  }
  // An iterator that outlives its epoch is at the end.
  void end_position() {
    if (const auto position = position_.lock()) position->end();
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
  std::vector<D> copies_;  // one per worker, if they need copies
  S sampler_;
  std::unique_ptr<S> at_start_;  // the sampler before the first batch: state() counts from there
  std::vector<Slot> slots_;
  std::weak_ptr<Position> position_;  // of the iterators of the latest epoch
};

/// A loader over `dataset` in the order of `sampler`.
template <class D, class S>
requires requires { typename S::BatchRequestType; }
std::unique_ptr<DataLoader<D, S>> make_data_loader(D dataset, S sampler, DataLoaderOptions options) {
  return std::make_unique<DataLoader<D, S>>(std::move(dataset), std::move(sampler), std::move(options));
}

/// A loader with a sampler constructed from a size: `make_data_loader<SequentialSampler>(std::move(set), 64)`.
template <class S = samplers::RandomSampler, class D>
requires std::is_constructible_v<S, size_t> std::unique_ptr<DataLoader<D, S>> make_data_loader(
    D dataset, DataLoaderOptions options = {}) {
  const std::optional<size_t> size = dataset.size();
  detail::check_sized_loader(options, size);
  return make_data_loader(std::move(dataset), S(*size), std::move(options));
}

}  // namespace weft::data
