// LoaderBase: the part of DataLoader that is independent of its types: the epoch, the slots in progress and the
// threads.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "weft/data/loader_options.h"
#include "weft/tensor/tensor.h"

namespace weft::data::detail {

class LoaderThreads;

/// Batches are made in numbered slots. The derived class holds data set, sampler, and request and batch of each slot.
class LoaderBase {
 public:
  LoaderBase(const LoaderBase&) = delete;
  LoaderBase& operator=(const LoaderBase&) = delete;

  /// Ends the epoch and the worker threads; begin() restarts both.
  void join();
  const DataLoaderOptions& options() const { return options_; }
  /// The loader's position as int64 [n] for a checkpoint: the epoch and the number of batches returned so far. Throws
  /// StateError if the sampler does not support states.
  Tensor state() const;
  /// Resumes from a state: if it was saved inside an epoch, the next begin() continues with the next batch. Throws
  /// ValueError for an invalid state.
  void load_state(const Tensor& state);

 protected:
  static constexpr size_t kEnd = static_cast<size_t>(-1);

  LoaderBase(const DataLoaderOptions& options, std::optional<size_t> size, bool runs_ahead);
  virtual ~LoaderBase();  // after join() of the derived class, whose slots the threads write
  /// Throws StateError if an epoch is running and `held`: an iterator of it exists.
  void begin_epoch(bool held);
  /// The slot of the next batch, which the caller must take before the next call; kEnd after the last.
  size_t take();

 private:
  /// Called before the first batch of an epoch; `reset` unless an epoch is resumed.
  virtual void start_sampler(bool reset) = 0;
  /// Puts the sampler's next request into the slot and returns its number of samples; nullopt at the end.
  virtual std::optional<size_t> request(size_t slot) = 0;
  /// Makes the batch of the slot's request; called on a separate thread for each worker.
  virtual void make(size_t worker, size_t slot, uint64_t epoch) = 0;
  virtual void prepare(size_t workers, size_t slots) = 0;
  virtual void drop_batches() = 0;
  /// The sampler's state now, or after `delivered` requests of this epoch.
  virtual Tensor sampler_state(bool from_start, size_t delivered) const = 0;
  virtual void load_sampler(const Tensor& state) = 0;

  size_t workers() const;
  void make_workers();
  void start_workers();
  bool next_request(size_t slot);
  void refill();
  void stop_epoch();
  size_t end_epoch();

  DataLoaderOptions options_;
  bool runs_ahead_;
  uint64_t epochs_ = 0;   // begun
  size_t delivered_ = 0;  // batches of this epoch
  bool inside_ = false, resumed_ = false, fresh_ = false;
  size_t worker_count_ = 0, slot_count_ = 0;
  std::vector<size_t> free_;
  std::unique_ptr<LoaderThreads> threads_;
};

/// Throws ValueError for a data set or options that give no batch.
void check_sized_loader(const DataLoaderOptions& options, std::optional<size_t> size);
[[noreturn]] void fail_no_copies(size_t workers);
[[noreturn]] void fail_past_end(const char* what);
[[noreturn]] void fail_sampler_copy();

}  // namespace weft::data::detail
