#include "weft/tensor/cores.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#ifdef __linux__
#include <sched.h>
#include <unistd.h>
#endif

namespace weft {
namespace {

// A mount of control groups: the group `top` of the hierarchy appears in the folder `at`.
struct Mount {
  bool v2;
  std::string top, at;
};

// True if the list "cpu,cpuacct" contains cpu.
bool names_cpu(const std::string& controllers) {
  std::istringstream in(controllers);
  for (std::string name; std::getline(in, name, ',');)
    if (name == "cpu") return true;
  return false;
}

// The mounts of version 2 and of version 1's cpu controller. A line of mountinfo reads
// "36 35 98:0 TOP AT options ... - type source options".
std::vector<Mount> cpu_mounts(const std::string& root) {
  std::vector<Mount> mounts;
  std::ifstream file(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::string skip, top, at, type, options;
    std::istringstream(line) >> skip >> skip >> skip >> top >> at;
    std::istringstream(line.substr(dash + 3)) >> type >> skip >> options;
    if (type == "cgroup2" || (type == "cgroup" && names_cpu(options))) mounts.push_back({type == "cgroup2", top, at});
  }
  return mounts;
}

// The process's group in the hierarchy of that version: a line reads "4:cpu,cpuacct:/group", in version 2 "0::/group".
std::optional<std::string> cpu_group(const std::string& root, bool v2) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (v2 ? controllers.empty() : names_cpu(controllers)) return line.substr(second + 1);
  }
  return std::nullopt;
}

// Cores granted by the group in `folder` alone; infinite without a limit ("max" or -1).
double quota_of(const std::string& folder, bool v2) {
  double quota = -1, period = -1;
  if (v2)
    std::ifstream(folder + "/cpu.max") >> quota >> period;
  else {
    std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;
    std::ifstream(folder + "/cpu.cfs_period_us") >> period;
  }
  return quota > 0 && period > 0 ? quota / period : INFINITY;
}

// The minimum over a group and its ancestors, as far as the mount shows them. In a container the mount may begin at the
// container's group while the path is the machine's: then the mount's own folder counts.
double quota_at(const std::string& root, const Mount& mount, std::string group) {
  if (mount.top != "/" && group.starts_with(mount.top)) group.erase(0, mount.top.size());
  double cores = quota_of(root + mount.at, mount.v2);
  for (size_t slash; (slash = group.rfind('/')) != std::string::npos; group.erase(slash))
    cores = std::min(cores, quota_of(root + mount.at + group, mount.v2));
  return cores;
}

int affinity_cores() {
#ifdef __linux__
  // The kernel's set may be larger than cpu_set_t: then the call fails until the set is large enough.
  for (int size = CPU_SETSIZE; size <= 1 << 20; size *= 2) {
    cpu_set_t* set = CPU_ALLOC(static_cast<size_t>(size));
    if (!set) break;
    const size_t bytes = CPU_ALLOC_SIZE(static_cast<size_t>(size));
    const int cores = sched_getaffinity(getpid(), bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (cores > 0) return cores;
  }
#endif
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

}  // namespace

int detail::cgroup_cores(const std::string& root) {
  double cores = INFINITY;
  for (const Mount& mount : cpu_mounts(root))
    if (const auto group = cpu_group(root, mount.v2)) cores = std::min(cores, quota_at(root, mount, *group));
  return cores < 1e6 ? static_cast<int>(std::ceil(cores)) : 0;
}

int usable_cores() {
  const int affinity = affinity_cores(), granted = detail::cgroup_cores("");
  return granted > 0 ? std::min(affinity, granted) : affinity;
}

}  // namespace weft
