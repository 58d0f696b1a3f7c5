// DataLoaderOptions: how a loader makes batches.
#pragma once

#include <cstddef>
#include <mutex>  // std::chrono::milliseconds; <chrono> adds calendars, 0.1 s of compiling to every program
#include <optional>

namespace weft::data {

/// `DataLoaderOptions().batch_size(64).workers(2)`; a number alone is the batch size.
struct DataLoaderOptions {
  DataLoaderOptions() = default;
  DataLoaderOptions(size_t batch_size) : batch_size_(batch_size) {}  // NOLINT: as in libtorch

#define WEFT_LOADER_OPTION(type, name)  \
  DataLoaderOptions& name(type value) { \
    name##_ = value;                    \
    return *this;                       \
  }                                     \
  type name() const { return name##_; } \
  type name##_
  /// Samples per batch; the last one of an epoch may be smaller.
  WEFT_LOADER_OPTION(size_t, batch_size) = 1;
  /// Threads that call the data set, each its own copy (make_shared_dataset: all the same one). 0: the caller's own,
  /// when it asks for the batch; pipelines that weft makes in one pass then still run ahead on a thread of their own,
  /// if more than one thread is in use.
  WEFT_LOADER_OPTION(size_t, workers) = 0;
  /// Batches under way or waiting at most; twice the workers unless set.
  WEFT_LOADER_OPTION(std::optional<size_t>, max_jobs);
  /// Throw StateError when a batch takes longer.
  WEFT_LOADER_OPTION(std::optional<std::chrono::milliseconds>, timeout);
  /// Give batches in the order of the sampler; false: in the order in which they are ready.
  WEFT_LOADER_OPTION(bool, enforce_ordering) = true;
  /// Leave out the last batch of an epoch where it is smaller.
  WEFT_LOADER_OPTION(bool, drop_last) = false;
#undef WEFT_LOADER_OPTION
};

}  // namespace weft::data
