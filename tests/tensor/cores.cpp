// The number of usable cores: affinity, quotas in control group files, WEFT_THREADS and set_num_threads.
#include "weft/tensor/cores.h"

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/temp_folder.h"
#include "weft/tensor/error.h"
#include "weft/tensor/parallel.h"

using namespace weft;

namespace {

// The result of cgroup_cores() for these files.
int cores_of(const std::map<std::string, std::string>& files) {
  TempFolder root;
  for (const auto& [name, text] : files) {
    const std::filesystem::path path = root.path / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text << "\n";
  }
  return detail::cgroup_cores(root.path.string());
}

const std::string kV2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";
const std::string kV1 = "33 32 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct";

}  // namespace

BOOST_AUTO_TEST_SUITE(cores)

BOOST_AUTO_TEST_CASE(version_2) {
  std::map<std::string, std::string> files{{"proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + kV2},
                                           {"proc/self/cgroup", "0::/user.slice/job.scope"},
                                           {"sys/fs/cgroup/user.slice/job.scope/cpu.max", "max 100000"}};
  BOOST_TEST(cores_of(files) == 0);
  files["sys/fs/cgroup/user.slice/job.scope/cpu.max"] = "300000 100000";
  BOOST_TEST(cores_of(files) == 3);
  files["sys/fs/cgroup/user.slice/cpu.max"] = "150000 100000";  // the parent group counts too, 1.5 as 2
  BOOST_TEST(cores_of(files) == 2);
  files["sys/fs/cgroup/user.slice/cpu.max"] = "20000 100000";
  BOOST_TEST(cores_of(files) == 1);
}

BOOST_AUTO_TEST_CASE(version_2_in_a_container) {
  BOOST_TEST(cores_of({{"proc/self/mountinfo", kV2},
                       {"proc/self/cgroup", "0::/"},
                       {"sys/fs/cgroup/cpu.max", "200000 50000"}}) == 4);
}

BOOST_AUTO_TEST_CASE(version_1) {
  std::map<std::string, std::string> files{
      {"proc/self/mountinfo", "31 32 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n" + kV1},
      {"proc/self/cgroup", "5:cpuset:/other\n4:cpu,cpuacct:/jobs/a\n1:name=systemd:/x\n0::/y"},
      {"sys/fs/cgroup/cpu,cpuacct/jobs/a/cpu.cfs_quota_us", "-1"},
      {"sys/fs/cgroup/cpu,cpuacct/jobs/a/cpu.cfs_period_us", "100000"}};
  BOOST_TEST(cores_of(files) == 0);
  files["sys/fs/cgroup/cpu,cpuacct/jobs/a/cpu.cfs_quota_us"] = "500000";
  BOOST_TEST(cores_of(files) == 5);
}

BOOST_AUTO_TEST_CASE(version_1_in_a_container) {
  // The path is the machine's, the mount begins at the container's group.
  const std::string mount = "33 32 0:30 /docker/f00 /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu";
  const std::string folder = "sys/fs/cgroup/cpu/";
  for (const char* group : {"4:cpu:/docker/f00", "4:cpu:/", "4:cpu:/docker/other"})
    BOOST_TEST(cores_of({{"proc/self/mountinfo", mount},
                         {"proc/self/cgroup", group},
                         {folder + "cpu.cfs_quota_us", "200000"},
                         {folder + "cpu.cfs_period_us", "100000"}}) == 2);
  BOOST_TEST(cores_of({{"proc/self/mountinfo", mount},
                       {"proc/self/cgroup", "4:cpu:/docker/f00/inner"},
                       {folder + "inner/cpu.cfs_quota_us", "100000"},
                       {folder + "inner/cpu.cfs_period_us", "100000"}}) == 1);
}

BOOST_AUTO_TEST_CASE(no_limit_and_no_sense) {
  BOOST_TEST(cores_of({}) == 0);
  BOOST_TEST(
      cores_of({{"proc/self/mountinfo", "nonsense\n - \n" + kV2}, {"proc/self/cgroup", "::\n0:nonsense\n0::x"}}) == 0);
  for (const char* text : {"", "0 0", "100000", "-5 100000", "1e300 1", "x y"})
    BOOST_TEST(
        cores_of({{"proc/self/mountinfo", kV2}, {"proc/self/cgroup", "0::/"}, {"sys/fs/cgroup/cpu.max", text}}) == 0);
}

BOOST_AUTO_TEST_CASE(affinity) {
  cpu_set_t before, one;
  BOOST_REQUIRE(sched_getaffinity(getpid(), sizeof before, &before) == 0);
  BOOST_TEST(usable_cores() >= 1);
  BOOST_TEST(usable_cores() <= CPU_COUNT(&before));
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  BOOST_REQUIRE(sched_setaffinity(getpid(), sizeof one, &one) == 0);
  const int pinned = usable_cores();
  sched_setaffinity(getpid(), sizeof before, &before);
  BOOST_TEST(pinned == 1);
}

BOOST_AUTO_TEST_CASE(number_of_threads) {
  const int before = get_num_threads();
  for (int n : {0, -1, kMaxThreads + 1, 100000}) BOOST_CHECK_THROW(set_num_threads(n), ValueError);
  BOOST_TEST(get_num_threads() == before);
  set_num_threads(kMaxThreads);
  std::atomic<int64_t> sum{0};
  parallel_pieces(5000, 1e6, [&](int64_t i) { sum += i; });
  set_num_threads(before);
  BOOST_TEST(sum == 5000 * 4999 / 2);
}

BOOST_AUTO_TEST_CASE(text_of_weft_threads) {
  BOOST_TEST(detail::threads_of("1") == 1);
  BOOST_TEST(detail::threads_of("1024") == 1024);
  for (const char* text : {"", "0", "-2", "3x", "x", " 3", "3 ", "2.5", "1025", "99999999999999999999"})
    BOOST_CHECK_EXCEPTION(static_cast<void>(detail::threads_of(text)), ValueError, [&](const ValueError& e) {
      return std::string(e.what()) ==
             "[WEFT_THREADS] must be an integer from 1 to 1024, got \"" + std::string(text) + "\"";
    });
}

BOOST_AUTO_TEST_SUITE_END()
