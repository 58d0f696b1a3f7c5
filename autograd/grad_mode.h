// Grad mode: enables or disables recording of ops on this thread.
#pragma once

namespace weft {

namespace autograd {
inline thread_local bool t_grad_mode = true;  // NOLINT: read by every op
}

/// True if ops are recorded on this thread (the default).
struct GradMode {
  static bool is_enabled() { return autograd::t_grad_mode; }
  static void set_enabled(bool on) { autograd::t_grad_mode = on; }
};

/// Sets grad mode during its lifetime.
class AutoGradMode {
 public:
  explicit AutoGradMode(bool on) : saved_(autograd::t_grad_mode) { autograd::t_grad_mode = on; }
  ~AutoGradMode() { autograd::t_grad_mode = saved_; }
  AutoGradMode(const AutoGradMode&) = delete;
  AutoGradMode& operator=(const AutoGradMode&) = delete;

 private:
  bool saved_;
};
/// Disables recording of ops during its lifetime.
struct NoGradGuard : AutoGradMode {
  NoGradGuard() : AutoGradMode(false) {}
};

}  // namespace weft
