#include "weft/tensor/parallel.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "weft/tensor/cores.h"
#include "weft/tensor/error.h"

#ifdef WEFT_STD_THREADS
#include <condition_variable>
#include <deque>
#include <vector>
#else
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace weft {
namespace {

constexpr int64_t kMaxPieces = 64;
constexpr double kPieceNs = 4000;   // a smaller piece does not pay for its scheduling
constexpr double kSerialNs = 8000;  // less work is done by the caller
constexpr double kSliceNs = 2e6;    // less work is over before threads that share a core take turns

int default_threads() {
  if (const char* text = std::getenv("WEFT_THREADS")) return detail::threads_of(text);
  return std::min(usable_cores(), kMaxThreads);
}

std::atomic<int> g_threads{0};

int threads() {
  int n = g_threads.load(std::memory_order_relaxed);
  if (n == 0) [[unlikely]] {
    int expected = 0;
    g_threads.compare_exchange_strong(expected, default_threads());
    n = g_threads.load();
  }
  return n;
}

// The number of threads to use for `ns` nanoseconds of work. More threads than cores slow down work that ends within
// their time slice.
int threads_for(double ns) {
  static const int cores = usable_cores();
  return ns < kSliceNs ? std::min(threads(), cores) : threads();
}

#ifdef WEFT_STD_THREADS

// A task queue for the thread sanitizer, which cannot see into TBB: the caller and up to threads()-1 helpers take
// pieces of one job until none is left.
struct Job {
  FunctionRef<void(int64_t)> body;
  int64_t count;
  std::atomic<int64_t> next{0};
  int helpers = 0;  // guarded by the pool's mutex
  std::exception_ptr error;
  std::mutex error_mutex;
  void work() {
    FlushDenormals flush;
    for (int64_t i; (i = next.fetch_add(1)) < count;) {
      try {
        body(i);
      } catch (...) {
        std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
        next = count;
      }
    }
  }
};

class Pool {
 public:
  void run(int64_t count, FunctionRef<void(int64_t)> body, int n) {
    Job job{body, count};
    {
      std::lock_guard lock(mutex_);
      while (static_cast<int>(workers_.size()) < n - 1) workers_.emplace_back([this] { serve(); });
      for (int i = 0; i < std::min<int64_t>(n - 1, count - 1); ++i) queue_.push_back(&job);
    }
    wake_.notify_all();
    job.work();
    std::unique_lock lock(mutex_);
    std::erase(queue_, &job);
    done_.wait(lock, [&] { return job.helpers == 0; });
    lock.unlock();
    if (job.error) std::rethrow_exception(job.error);
  }

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return !queue_.empty(); });
      Job* job = queue_.front();
      queue_.pop_front();
      ++job->helpers;
      lock.unlock();
      job->work();
      lock.lock();
      if (--job->helpers == 0) done_.notify_all();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<Job*> queue_;
  std::vector<std::thread> workers_;
};

void run(int64_t count, int slots, FunctionRef<void(int64_t)> body) {
  static auto* const pool = new Pool;  // never destroyed: threads may compute while the process exits
  pool->run(count, body, slots);
}

#else

// An arena of the requested number of slots, if TBB's default one has another number.
struct Arena {
  explicit Arena(int n)
      : control(tbb::global_control::max_allowed_parallelism,
                static_cast<size_t>(std::max(n, tbb::this_task_arena::max_concurrency()))),
        arena(n) {}
  tbb::global_control control;
  tbb::task_arena arena;
};
std::mutex g_arena_mutex;
// Guarded by g_arena_mutex; null: the default arena. Never destroyed: static objects of the program may compute at
// exit.
std::shared_ptr<Arena>& kept_arena() {
  static auto* const arena = new std::shared_ptr<Arena>;
  return *arena;
}

thread_local bool t_inside = false;  // of the running call

void tbb_for(int64_t count, FunctionRef<void(int64_t)> body) {
  struct Inside {
    bool before = std::exchange(t_inside, true);
    ~Inside() { t_inside = before; }
  } inside;
  tbb::parallel_for(
      tbb::blocked_range<int64_t>(0, count, 1),
      [&](const tbb::blocked_range<int64_t>& r) {
        FlushDenormals flush;
        for (int64_t i = r.begin(); i < r.end(); ++i) body(i);
      },
      tbb::simple_partitioner());
}

void run(int64_t count, int slots, FunctionRef<void(int64_t)> body) {
  // Inside a task the surrounding arena is already the right one.
  if (t_inside || tbb::this_task_arena::current_thread_index() > 0 || tbb::this_task_arena::max_concurrency() == slots)
    return tbb_for(count, body);
  std::shared_ptr<Arena> arena;
  {
    std::lock_guard lock(g_arena_mutex);
    std::shared_ptr<Arena>& kept = kept_arena();
    if (!kept || kept->arena.max_concurrency() != slots) kept = std::make_shared<Arena>(slots);
    arena = kept;
  }
  arena->arena.execute([&] { tbb_for(count, body); });
}

#endif

}  // namespace

FlushDenormals::FlushDenormals() {
#if defined(__SSE__)
  saved_ = _mm_getcsr();
  if ((saved_ & 0x8040) != 0x8040) _mm_setcsr(saved_ | 0x8040);  // flush to zero, denormals are zero
#elif defined(__aarch64__)
  uint64_t fpcr;
  __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
  saved_ = static_cast<unsigned>(fpcr);
  fpcr |= uint64_t{1} << 24;
  __asm__ volatile("msr fpcr, %0" ::"r"(fpcr));
#else
  saved_ = 0;
#endif
}

FlushDenormals::~FlushDenormals() {
#if defined(__SSE__)
  if ((saved_ & 0x8040) != 0x8040) _mm_setcsr((_mm_getcsr() & ~0x8040u) | (saved_ & 0x8040));
#elif defined(__aarch64__)
  uint64_t fpcr = saved_;
  __asm__ volatile("msr fpcr, %0" ::"r"(fpcr));
#endif
}

int detail::threads_of(std::string_view text) {
  const char* end = text.data() + text.size();
  int n = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, n);
  check<ValueError>(error == std::errc() && stop == end && n >= 1 && n <= kMaxThreads,
                    "[WEFT_THREADS] must be an integer from 1 to {}, got \"{}\"", kMaxThreads, text);
  return n;
}

void set_num_threads(int n) {
  check<ValueError>(n >= 1 && n <= kMaxThreads, "[set_num_threads] must be from 1 to {}, got {}", kMaxThreads, n);
  g_threads = n;
}

int get_num_threads() { return threads(); }

Pieces pieces_of(int64_t size, double cost, int64_t multiple) {
  double total = cost * static_cast<double>(size);
  if (total < kSerialNs || size <= multiple) return {size, size > 0};
  auto count = static_cast<int64_t>(std::min<double>(kMaxPieces, total / kPieceNs));
  int64_t piece = (size + count - 1) / count;
  piece = (piece + multiple - 1) / multiple * multiple;
  return {piece, (size + piece - 1) / piece};
}

void parallel_pieces(int64_t count, double cost, FunctionRef<void(int64_t)> body) {
  if (count <= 0) return;
  const double total = cost * static_cast<double>(count);
  const int slots = threads_for(total);
  if (count == 1 || slots == 1 || total < kSerialNs) {
    FlushDenormals flush;
    for (int64_t i = 0; i < count; ++i) body(i);
    return;
  }
  run(count, slots, body);
}

void parallel_for(int64_t size, double cost, FunctionRef<void(int64_t, int64_t)> body) {
  if (size <= 0) return;
  // Boundaries at multiples of 64 items fall on cache lines for every dtype.
  Pieces p = pieces_of(size, cost, cost < 50 ? 64 : 1);
  if (p.count == 1) {
    FlushDenormals flush;
    return body(0, size);
  }
  parallel_pieces(p.count, cost * static_cast<double>(p.piece),
                  [&](int64_t i) { body(i * p.piece, std::min(size, (i + 1) * p.piece)); });
}

}  // namespace weft
