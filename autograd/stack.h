// Calls that nest without bound.
#pragma once

#include "weft/tensor/parallel.h"

namespace weft::autograd {

/// Calls body: on this thread, or, when little of its stack is left, on a new thread with a stack of its own while this
/// one waits. An exception of body reaches the caller. Throws StateError if the system has no further thread.
void call_with_stack(FunctionRef<void()> body);

}  // namespace weft::autograd
