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
  /// a caller that would have to wait does the work too, as worker 0. Throws StateError when a thread cannot be
  /// started.
  LoaderThreads(size_t workers, bool ordered, bool caller_helps, std::function<void(size_t worker, size_t slot)> work);
  /// Drops what has not begun, waits for what has, and joins.
  ~LoaderThreads();

  /// Queues the work of a slot that is not under way.
  void start(size_t slot);
  /// The next slot whose work is done: in the order of start() when ordered. Sets `error` when the work threw. Throws
  /// StateError after `timeout`, and when nothing is under way.
  size_t wait(std::optional<std::chrono::milliseconds> timeout, std::exception_ptr& error);
  /// Slots started and not yet returned by wait().
  size_t in_flight() const;
  /// Drops what has not begun and waits for what has; nothing is in flight afterwards.
  void cancel();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft::data::detail
