#include "weft/data/loader_threads.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "weft/tensor/error.h"

namespace weft::data::detail {

struct LoaderThreads::Impl {
  Impl(bool ordered, bool caller_helps, std::function<void(size_t, size_t)> work)
      : ordered(ordered), caller_helps(caller_helps), work(std::move(work)) {}

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stop = true;
    }
    wake_worker.notify_all();
    for (std::thread& t : threads) t.join();
  }

  void begin(size_t workers) {
    threads.reserve(workers);
    try {
      while (threads.size() < workers) threads.emplace_back([this, i = threads.size()] { run(i); });
    } catch (const std::system_error& e) {
      fail<StateError>("[DataLoader] cannot start worker {} of {}: {}", threads.size() + 1, workers,
                       e.code().message());
    }
  }

  void run(size_t worker) {
    std::unique_lock lock(mutex);
    for (;;) {
      wake_worker.wait(lock, [&] { return stop || !queue.empty(); });
      if (stop) return;
      do_next(worker, lock);
      wake_caller.notify_one();
    }
  }

  // Processes the oldest queued slot, with the lock released meanwhile.
  void do_next(size_t worker, std::unique_lock<std::mutex>& lock) {
    const size_t slot = queue.front();
    queue.pop_front();
    lock.unlock();
    std::exception_ptr error;
    try {
      work(worker, slot);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    finished.emplace(slot, std::move(error));
  }

  // The started slot that may be returned now, or the end of `started`.
  std::deque<size_t>::iterator ready() {
    auto is_done = [&](size_t slot) { return finished.count(slot) > 0; };
    if (ordered) return !started.empty() && is_done(started.front()) ? started.begin() : started.end();
    return std::find_if(started.begin(), started.end(), is_done);
  }

  const bool ordered, caller_helps;
  const std::function<void(size_t, size_t)> work;
  mutable std::mutex mutex;
  std::condition_variable wake_worker, wake_caller;
  std::deque<size_t> queue;                       // not begun
  std::deque<size_t> started;                     // not returned, in order of start()
  std::map<size_t, std::exception_ptr> finished;  // done and not returned
  bool stop = false;
  std::vector<std::thread> threads;
};

LoaderThreads::LoaderThreads(size_t workers, bool ordered, bool caller_helps, std::function<void(size_t, size_t)> work)
    : impl_(std::make_unique<Impl>(ordered, caller_helps, std::move(work))) {
  impl_->begin(workers);
}

LoaderThreads::~LoaderThreads() = default;

void LoaderThreads::start(size_t slot) {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->queue.push_back(slot);
    impl_->started.push_back(slot);
  }
  impl_->wake_worker.notify_one();
}

size_t LoaderThreads::wait(std::optional<std::chrono::milliseconds> timeout, std::exception_ptr& error) {
  std::unique_lock lock(impl_->mutex);
  check<StateError>(!impl_->started.empty(), "[DataLoader] no batch is in progress");
  auto is_ready = [&] { return impl_->ready() != impl_->started.end(); };
  while (impl_->caller_helps && !is_ready() && !impl_->queue.empty()) impl_->do_next(0, lock);
  if (timeout)
    check<StateError>(impl_->wake_caller.wait_for(lock, *timeout, is_ready),
                      "[DataLoader] no batch within the timeout of {} ms", timeout->count());
  else
    impl_->wake_caller.wait(lock, is_ready);
  const auto at = impl_->ready();
  const size_t slot = *at;
  impl_->started.erase(at);
  error = std::move(impl_->finished.extract(slot).mapped());
  return slot;
}

size_t LoaderThreads::in_flight() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->started.size();
}

void LoaderThreads::cancel() {
  std::unique_lock lock(impl_->mutex);
  const size_t begun = impl_->started.size() - impl_->queue.size();
  impl_->queue.clear();
  impl_->wake_caller.wait(lock, [&] { return impl_->finished.size() == begun; });
  impl_->started.clear();
  impl_->finished.clear();
}

}  // namespace weft::data::detail
