// Calls of unbounded nesting depth.
#pragma once

#include "weft/tensor/parallel.h"

namespace weft::autograd {

/// Calls body on this thread, or, if little of its stack is left, on a new thread with its own stack while this one
/// waits. Rethrows an exception of body. Throws StateError if the system has no further thread.
void call_with_stack(FunctionRef<void()> body);

}  // namespace weft::autograd
