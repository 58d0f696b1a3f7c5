// The number of cores that this process may use.
#pragma once

#include <string>

namespace weft {

/// Cores allowed by the process's affinity, or fewer if a control group (version 1 or 2) grants less time: a quota of
/// 1.5 cores counts as 2. At least 1. Read anew at every call.
int usable_cores();

namespace detail {
/// Cores, rounded up, granted by the process's control groups with the files below `root`; 0 without a limit. `root` is
/// "" for this process.
int cgroup_cores(const std::string& root);
}  // namespace detail

}  // namespace weft
