// The threads of a data loader: they fill numbered slots, and the caller waits for the next one.
#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

namespace weft::data::detail {

class LoaderThreads {
 public:
  /// Starts `workers` threads that call work(worker, slot) for each started slot, several at once. With `caller_helps`
  /// a waiting caller does the work too, as worker 0. Throws StateError if a thread cannot be started.
  LoaderThreads(size_t workers, bool ordered, bool caller_helps, std::function<void(size_t worker, size_t slot)> work);
  /// Drops work that has not begun, waits for the rest, and joins.
  ~LoaderThreads();

  /// Queues the work of a slot that is not in progress.
  void start(size_t slot);
  /// The next finished slot: in the order of start() if ordered. Sets `error` if the work threw. Throws StateError
  /// after `timeout`, and if nothing is in progress.
  size_t wait(std::optional<std::chrono::milliseconds> timeout, std::exception_ptr& error);
  /// Slots started and not yet returned by wait().
  size_t in_flight() const;
  /// Drops work that has not begun and waits for the rest; nothing is in flight afterwards.
  void cancel();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft::data::detail
