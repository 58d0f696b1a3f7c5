// StopSignals: SIGINT (Ctrl-C) and SIGTERM request an end instead of causing one.
#pragma once

namespace weft::train {

/// During its lifetime the first SIGINT or SIGTERM is only recorded, so that a loop can save its work and end; a second
/// one of the same kind ends the process at once. Objects may be nested: the first installs the handlers, and the last
/// restores the previous ones. Construct it on the thread that trains, which should be the process's first: the system
/// normally delivers the signal to that one. Throws StateError if the system refuses.
///
/// Custom handlers need SA_ONSTACK and a stack (sigaltstack) on each thread that computes: inside a matrix product
/// oneDNN's stack pointer may point into a heap buffer, and a handler that runs there overwrites the memory below it
/// (oneDNN issue 4845, fixed there in March 2026).
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
};

/// The signal received since the outermost StopSignals was constructed, or 0.
int stopped_by();

}  // namespace weft::train
