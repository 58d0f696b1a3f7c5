// StopSignals: SIGINT (Ctrl-C) and SIGTERM ask for an end instead of being one.
#pragma once

namespace weft::train {

/// While it lives, the first SIGINT or SIGTERM is only noted, so that a loop can save its work and end; a second of
/// the same kind ends the process at once. Several may live, one in another: the first sets the handlers, and where the
/// last ends, those of before come back.
/// Made on the thread that trains, which should be the process's first: that one is normally given the signal. Throws
/// StateError where the system refuses.
///
/// Handlers of your own need SA_ONSTACK and a stack (sigaltstack) on each thread that computes: inside a matrix product
/// oneDNN's stack pointer may stand in a buffer of the heap, and a handler that runs there overwrites what lies below
/// (oneDNN issue 4845, mended there in March 2026).
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
};

/// The signal noted since the outermost StopSignals was made, or 0.
int stopped_by();

}  // namespace weft::train
