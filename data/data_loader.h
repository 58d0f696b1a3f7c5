// DataLoader: gives the batches of a data set, epoch by epoch, made ahead on other threads.
#pragma once

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "weft/data/dataset.h"
#include "weft/data/loader_options.h"
#include "weft/data/loader_threads.h"
#include "weft/data/sampler.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"

namespace weft::data {

namespace detail {
/// Throw ValueError for a data set, sampler state or options that give no batch.
void check_loader(const DataLoaderOptions& options, std::optional<size_t> size);
void check_first_request(const DataLoaderOptions& options, size_t samples);
/// The loader's state around a sampler's: {epochs begun, 1 when inside one, the sampler's state}.
Tensor loader_state(uint64_t epochs, bool inside, const Tensor& sampler_state);
struct LoaderState {
  uint64_t epochs;
  bool inside;
  Tensor sampler_state;
};
LoaderState split_loader_state(const Tensor& state);
}  // namespace detail

/// `for (auto& batch : *loader)` runs one epoch; each begin() starts a new one, and drops what a loop that was left
/// early did not take. Use from one thread. With several workers each calls a copy of the data set.
template <class D, class S>
class DataLoader {
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
      std::optional<BatchType> next = loader_->next();
      if (next)
        batch_ = std::make_shared<BatchType>(std::move(*next));
      else
        loader_ = nullptr;
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
      : sampler_(std::move(sampler)), options_(std::move(options)) {
    detail::check_loader(options_, dataset.size());
    datasets_.push_back(std::move(dataset));
  }
  DataLoader(const DataLoader&) = delete;
  DataLoader& operator=(const DataLoader&) = delete;

  /// Starts an epoch: the sampler is reset, and the first batches are begun.
  Iterator begin() {
    stop_epoch();
    if (!std::exchange(resumed_, false)) {
      sampler_.reset(std::nullopt);
      ++epochs_;
      fresh_ = true;
    }
    inside_ = true;
    delivered_ = 0;
    if constexpr (std::is_copy_constructible_v<S>) at_start_ = std::make_unique<S>(sampler_);
    start_threads();
    return Iterator(this);
  }
  Iterator end() { return {}; }

  /// Ends the epoch and the worker threads; begin() starts both again.
  void join() {
    stop_epoch();
    threads_.reset();
  }
  const DataLoaderOptions& options() const { return options_; }
  const D& dataset() const { return datasets_.front(); }

  /// Where the loader stands, as int64 [n] for a checkpoint: inside an epoch, after the batches given out so far.
  /// Throws StateError when the sampler tells no state.
  Tensor state() const {
    if constexpr (std::is_copy_constructible_v<S>) {
      if (!inside_) return detail::loader_state(epochs_, false, sampler_.state());
      S sampler = *at_start_;
      for (size_t i = 0; i < delivered_; ++i) sampler.next(options_.batch_size());
      return detail::loader_state(epochs_, true, sampler.state());
    } else {
      fail<StateError>("[DataLoader] the sampler cannot be copied");
    }
  }
  /// Continues from a state: the next begin() goes on with the batch after those given out, when it was taken inside an
  /// epoch. Throws ValueError for what is no state.
  void load_state(const Tensor& state) {
    stop_epoch();
    detail::LoaderState s = detail::split_loader_state(state);
    sampler_.load_state(s.sampler_state);
    epochs_ = s.epochs;
    resumed_ = s.inside;
  }

 private:
  struct Slot {
    BatchRequestType request;
    uint64_t epoch = 0;
    std::optional<BatchType> batch;
  };

  std::optional<BatchRequestType> next_request() {
    if (!inside_) return std::nullopt;
    std::optional<BatchRequestType> request = sampler_.next(options_.batch_size());
    if constexpr (requires { request->size(); }) {
      if (request && options_.drop_last() && request->size() < options_.batch_size()) {
        if (fresh_) detail::check_first_request(options_, request->size());
        return std::nullopt;
      }
    }
    fresh_ = false;
    return request;
  }

  // How many threads call the data set; 0 for the caller alone.
  size_t workers() const {
    if (options_.workers() > 0) return options_.workers();
    return datasets::runs_ahead<D> && get_num_threads() > 1 ? 1 : 0;
  }

  void start_threads() {
    const size_t count = workers();
    if (count != worker_count_) threads_.reset();
    worker_count_ = count;
    if (count == 0) return;
    if (!threads_) {
      copy_datasets(count);
      const size_t ahead = datasets::runs_ahead<D> ? 8 : 2 * count;
      slots_.clear();
      slots_.resize(std::max<size_t>(1, options_.max_jobs().value_or(std::max(ahead, 2 * count))));
      threads_ = std::make_unique<detail::LoaderThreads>(count, options_.enforce_ordering(), datasets::runs_ahead<D>,
                                                         [this](size_t worker, size_t i) {
                                                           Slot& slot = slots_[i];
                                                           slot.batch = make(worker, slot.request, slot.epoch);
                                                         });
    }
    free_.clear();
    for (size_t i = 0; i < slots_.size(); ++i) free_.push_back(slots_.size() - 1 - i);
    refill();
  }

  // A user's data set need not stand several threads: each worker gets its own. weft's own pipelines share one.
  void copy_datasets(size_t count) {
    if constexpr (!datasets::runs_ahead<D>) {
      if constexpr (std::is_copy_constructible_v<D>)
        while (datasets_.size() < count) datasets_.push_back(D(datasets_.front()));
      else
        check<ValueError>(count == 1, "[DataLoader] {} workers need copies of the data set, which cannot be copied",
                          count);
    }
  }

  BatchType make(size_t worker, BatchRequestType& request, uint64_t epoch) {
    D& dataset = datasets_[datasets::runs_ahead<D> ? 0 : worker];
    return datasets::get_batch_of(dataset, request, epoch);
  }

  void refill() {
    while (!free_.empty()) {
      std::optional<BatchRequestType> request = next_request();
      if (!request) return;
      const size_t i = free_.back();
      free_.pop_back();
      slots_[i].request = std::move(*request);
      slots_[i].epoch = epochs_ - 1;
      threads_->start(i);
    }
  }

  std::optional<BatchType> next() {
    if (!inside_) return std::nullopt;
    if (!threads_) {
      std::optional<BatchRequestType> request = next_request();
      if (!request) return end_epoch();
      ++delivered_;
      return make(0, *request, epochs_ - 1);
    }
    // Several batches are asked for at once, so that a fast pipeline is woken once for all of them.
    if (free_.size() >= (datasets::runs_ahead<D> ? (slots_.size() + 1) / 2 : 1)) refill();
    if (threads_->in_flight() == 0) return end_epoch();
    std::exception_ptr error;
    const size_t i = threads_->wait(options_.timeout(), error);
    std::optional<BatchType> batch = std::exchange(slots_[i].batch, std::nullopt);
    free_.push_back(i);
    ++delivered_;
    if (error) std::rethrow_exception(error);
    return batch;
  }

  std::nullopt_t end_epoch() {
    inside_ = false;
    return std::nullopt;
  }

  void stop_epoch() {
    inside_ = false;
    if (!threads_) return;
    threads_->cancel();
    for (Slot& slot : slots_) slot.batch.reset();
  }

  std::vector<D> datasets_;  // one per worker where they need their own
  S sampler_;
  std::unique_ptr<S> at_start_;  // the sampler as it was before the first batch: state() counts from there
  DataLoaderOptions options_;
  uint64_t epochs_ = 0;   // begun
  size_t delivered_ = 0;  // batches of this epoch
  bool inside_ = false, resumed_ = false, fresh_ = false;
  size_t worker_count_ = 0;
  std::vector<Slot> slots_;
  std::vector<size_t> free_;
  std::unique_ptr<detail::LoaderThreads> threads_;  // last: joined before what it works on goes
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
  check<ValueError>(size.has_value(), "[make_data_loader] a data set of unknown size needs a sampler of its own");
  detail::check_loader(options, size);
  return make_data_loader(std::move(dataset), S(*size), std::move(options));
}

}  // namespace weft::data
