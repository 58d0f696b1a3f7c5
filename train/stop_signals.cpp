#include "weft/train/stop_signals.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <vector>

#include "weft/tensor/error.h"

namespace weft::train {
namespace {

std::atomic<int> g_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);
extern "C" void note_signal(int signal) { g_signal = signal; }

constexpr std::array<int, 2> kSignals{SIGINT, SIGTERM};
std::array<struct sigaction, 2> g_before;  // while any object exists
int g_alive = 0;

void check_done(int result, const char* what) {
  check<StateError>(result == 0, "[StopSignals] {}: {}", what, std::strerror(errno));
}

// The thread's stack for handlers, unless it already has one. It stays until the thread ends.
class SignalStack {
 public:
  void ensure() {
    if (!(present().ss_flags & SS_DISABLE)) return;
    // A frame holds all vector registers; the kernel reports their size on this machine.
    memory_.resize(static_cast<size_t>(std::max<long>(64 << 10, sysconf(_SC_SIGSTKSZ))));
    const stack_t own{.ss_sp = memory_.data(), .ss_flags = 0, .ss_size = memory_.size()};
    check_done(sigaltstack(&own, nullptr), "sigaltstack");
  }
  ~SignalStack() {
    const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
    if (!memory_.empty() && present().ss_sp == memory_.data()) sigaltstack(&none, nullptr);
  }

 private:
  static stack_t present() {
    stack_t now{};
    sigaltstack(nullptr, &now);
    return now;
  }
  std::vector<std::byte> memory_;
};
thread_local SignalStack t_stack;

}  // namespace

StopSignals::StopSignals() {
  t_stack.ensure();
  if (g_alive > 0) {  // handlers of another object are installed, and a signal they received counts
    ++g_alive;
    return;
  }
  g_signal = 0;
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_ONSTACK | SA_RESTART | static_cast<int>(SA_RESETHAND);
  for (size_t i = 0; i < kSignals.size(); ++i) check_done(sigaction(kSignals[i], &action, &g_before[i]), "sigaction");
  g_alive = 1;
}

StopSignals::~StopSignals() {
  if (--g_alive > 0) return;
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &g_before[i], nullptr);
}

int stopped_by() { return g_signal; }

}  // namespace weft::train
