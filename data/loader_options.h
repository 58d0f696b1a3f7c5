// DataLoaderOptions: the options of a DataLoader.
#pragma once

#include <cstddef>
#include <mutex>  // std::chrono::milliseconds; <chrono> adds calendars, 0.1 s of compiling to every program
#include <optional>

namespace weft::data {

/// `DataLoaderOptions().batch_size(64).workers(2)`; a single integer is the batch size.
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
  /// Threads that call the data set, each its own copy (make_shared_dataset: all the same one). 0: the caller's thread
  /// makes each batch on request; one-pass pipelines of weft still run ahead on a separate thread, if more than one
  /// thread is in use.
  WEFT_LOADER_OPTION(size_t, workers) = 0;
  /// Maximum number of batches in progress or waiting; twice the workers by default.
  WEFT_LOADER_OPTION(std::optional<size_t>, max_jobs);
  /// Throw StateError if a batch takes longer.
  WEFT_LOADER_OPTION(std::optional<std::chrono::milliseconds>, timeout);
  /// Return batches in the order of the sampler; false: in the order of completion.
  WEFT_LOADER_OPTION(bool, enforce_ordering) = true;
  /// Skip the last batch of an epoch if it is smaller.
  WEFT_LOADER_OPTION(bool, drop_last) = false;
#undef WEFT_LOADER_OPTION
};

}  // namespace weft::data
