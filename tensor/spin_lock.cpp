#include "weft/tensor/spin_lock.h"

#include <thread>

namespace weft {

void SpinLock::yield() noexcept { std::this_thread::yield(); }

}  // namespace weft
