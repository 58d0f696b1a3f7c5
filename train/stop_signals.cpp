#include "weft/train/stop_signals.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include "weft/tensor/error.h"

namespace weft::train {
namespace {

volatile std::sig_atomic_t g_signal = 0;
extern "C" void note_signal(int signal) { g_signal = signal; }

void check_done(int result, const char* what) {
  check<StateError>(result == 0, "[StopSignals] {}: {}", what, std::strerror(errno));
}

// The thread's stack for handlers, where it has none yet. It stays until the thread ends.
struct SignalStack {
  SignalStack() {
    stack_t present{};
    check_done(sigaltstack(nullptr, &present), "sigaltstack");
    if (!(present.ss_flags & SS_DISABLE)) return;
    // A frame holds all vector registers; the kernel tells how much that is on this machine.
    memory.resize(static_cast<size_t>(std::max<long>(64 << 10, sysconf(_SC_SIGSTKSZ))));
    const stack_t own{.ss_sp = memory.data(), .ss_flags = 0, .ss_size = memory.size()};
    check_done(sigaltstack(&own, nullptr), "sigaltstack");
  }
  ~SignalStack() {
    const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
    if (!memory.empty()) sigaltstack(&none, nullptr);
  }
  std::vector<std::byte> memory;
};

}  // namespace

StopSignals::StopSignals() {
  thread_local const SignalStack stack;
  static_cast<void>(stack);
  g_signal = 0;
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_ONSTACK | SA_RESTART | static_cast<int>(SA_RESETHAND);
  check_done(sigaction(SIGINT, &action, &interrupt_), "sigaction");
  check_done(sigaction(SIGTERM, &action, &terminate_), "sigaction");
}

StopSignals::~StopSignals() {
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGTERM, &terminate_, nullptr);
}

int stopped_by() { return g_signal; }

}  // namespace weft::train
