// The cores that this process may use.
#pragma once

#include <string>

namespace weft {

/// Cores that the process's affinity allows, or fewer where a control group (version 1 or 2) grants less time: a quota
/// of 1.5 cores counts as 2. At least 1. Asked anew at every call.
int usable_cores();

namespace detail {
/// The number of cores, rounded up, that the control groups of the process with the files below `root` grant: 0 without
/// a limit. `root` is "" for this process.
int cgroup_cores(const std::string& root);
}  // namespace detail

}  // namespace weft
