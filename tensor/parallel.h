// The thread layer: the only use of more than one core in weft.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>

namespace weft {

/// A reference to a callable, valid during the call it is passed to.
template <class Signature>
class FunctionRef;
template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>) FunctionRef(F&& f)  // NOLINT: made from any callable
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))), call_([](void* o, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(o))(static_cast<Args>(args)...);
        }) {}
  R operator()(Args... args) const { return call_(object_, static_cast<Args>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

/// The largest number of threads.
inline constexpr int kMaxThreads = 1024;

/// Sets the number of threads of the process: from 1 to kMaxThreads (ValueError otherwise). The default is the
/// environment variable WEFT_THREADS, else usable_cores(): the cores that affinity and control groups leave to the
/// process. Results have the same bits for every number. Threads beyond the number of cores take part only in long
/// work, where they cost nothing.
void set_num_threads(int n);
int get_num_threads();
namespace detail {
/// Parses the text of WEFT_THREADS. Throws ValueError.
int threads_of(std::string_view text);
}  // namespace detail

/// Calls body(begin, end) on consecutive pieces of [0, size), on several threads if that pays. `cost`: estimated
/// nanoseconds per item; the pieces follow from size and cost alone, never from the number of threads. Denormals are
/// flushed to zero inside. The first exception of a piece is rethrown to the caller.
void parallel_for(int64_t size, double cost, FunctionRef<void(int64_t begin, int64_t end)> body);

/// The partition that parallel_for uses for [0, size): pieces of `piece` items, a multiple of `multiple` except the
/// last.
struct Pieces {
  int64_t piece, count;
};
Pieces pieces_of(int64_t size, double cost, int64_t multiple = 1);

/// Calls body(i) once for each i of [0, count): for work partitioned by the caller. `cost`: nanoseconds per piece.
void parallel_pieces(int64_t count, double cost, FunctionRef<void(int64_t i)> body);

/// Flushes denormal values to zero on this thread during its lifetime.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;

 private:
  unsigned saved_;
};

}  // namespace weft
