#include "weft/autograd/stack.h"

#include <pthread.h>

#include <cstring>
#include <exception>

#include "weft/autograd/grad_mode.h"
#include "weft/tensor/error.h"

namespace weft::autograd {
namespace {

constexpr size_t kReserve = size_t{512} << 10;  // available to the code between two such calls
constexpr size_t kNewStack = size_t{64} << 20;  // untouched pages cost nothing

/// The lowest address of this thread's stack; null if unknown.
const char* lowest_of_stack() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return nullptr;
  void* lowest = nullptr;
  size_t size = 0;
  pthread_attr_getstack(&attributes, &lowest, &size);
  pthread_attr_destroy(&attributes);
  return static_cast<const char*>(lowest);
}

bool little_is_left() {
  thread_local const char* const lowest = lowest_of_stack();
  return static_cast<const char*>(__builtin_frame_address(0)) < lowest + kReserve;
}

struct StackCall {
  FunctionRef<void()> body;
  bool grad_mode;
  std::exception_ptr error;
};

void* carry_out(void* argument) {
  StackCall& call = *static_cast<StackCall*>(argument);
  AutoGradMode mode(call.grad_mode);
  try {
    call.body();
  } catch (...) {
    call.error = std::current_exception();
  }
  return nullptr;
}

}  // namespace

void call_with_stack(FunctionRef<void()> body) {
  if (!little_is_left()) return body();
  StackCall call{body, GradMode::is_enabled(), nullptr};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kNewStack);
  pthread_t thread;
  const int status = pthread_create(&thread, &attributes, carry_out, &call);
  pthread_attr_destroy(&attributes);
  check<StateError>(status == 0, "[backward] a backward inside a backward needs another thread's stack: {}",
                    std::strerror(status));
  pthread_join(thread, nullptr);
  if (call.error) std::rethrow_exception(call.error);
}

}  // namespace weft::autograd
