// Run folders with killed processes and with two processes at once.
#include <cmath>

#include "tests/models/support.h"
#include "weft/tensor/safetensors.h"
#include "weft/train/metrics_file.h"

using namespace weft;

namespace {

const std::vector<std::string> kTrain{"weft",       "train", "--net",   "flatten | linear 300 | relu | linear 10",
                                      "--data-set", "mnist", "--epochs"};

struct Desk : Folder {
  pid_t start(std::vector<std::string> command, const std::string& out) const {
    std::vector<char*> arguments;
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string program = WEFT_PROGRAMS_DIR "/" + command.front(), text = (path / out).string();
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      const bool ok = chdir(path.c_str()) == 0 && std::freopen(text.c_str(), "w", stdout) &&
                      std::freopen(text.c_str(), "a", stderr) && setenv("WEFT_DATA", path.c_str(), 1) == 0;
      if (ok) execv(program.c_str(), arguments.data());
      _exit(99);
    }
    return child;
  }
  pid_t start_run(const std::string& epochs, const std::vector<std::string>& more, const std::string& out) const {
    std::vector<std::string> command = kTrain;
    command.push_back(epochs);
    command.insert(command.end(), more.begin(), more.end());
    return start(command, out);
  }
  static int code_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  static void kill_hard(pid_t child) {
    kill(child, SIGKILL);
    code_of(child);
  }
  bool any_file(const std::string& begin, const std::string& end) const {
    std::error_code error;
    for (fs::directory_iterator at(path / "k", error), last; !error && at != last; at.increment(error)) {
      const std::string name = at->path().filename().string();
      if (name.starts_with(begin) && name.ends_with(end)) return true;
    }
    return false;
  }
  std::string text(const std::string& name) const { return read(path / name); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(run_folders, Desk)

BOOST_AUTO_TEST_CASE(a_killed_run_starts_anew_or_is_resumed_by_either_command) {
  const std::pair<const char*, const char*> moments[] = {{".lock", ""},
                                                         {"last.safetensors.", ".tmp"},
                                                         {"metrics.jsonl", ""},
                                                         {"last.safetensors", ""},
                                                         {"best.safetensors.", ".tmp"}};
  for (const auto& [begin, end] : moments)
    for (const bool by_resume : {false, true})
      BOOST_TEST_CONTEXT(begin << "*" << end << (by_resume ? ", resumed" : "")) {
        fs::remove_all(path / "k");
        const pid_t child = start_run("100000", {"--out", "k"}, "killed.txt");
        while (!any_file(begin, end) && waitpid(child, nullptr, WNOHANG) == 0) {
        }
        if (std::string(begin) == ".lock") usleep(1000);  // until its options are in the file
        kill_hard(child);
        const bool saved = fs::exists(path / "k/last.safetensors");
        std::string step = "0";
        if (saved) step = load_safetensors((path / "k/last.safetensors").string()).metadata.at("checkpoint/epoch");
        std::ofstream(path / "k/last.safetensors.1-0.tmp") << "left by another container";
        const std::string epochs = std::to_string(std::stoll(step) + 2);
        const pid_t next = by_resume || saved
                               ? start({"weft", "train", "--resume", "k", "--epochs", epochs}, "next.txt")
                               : start_run(epochs, {"--out", "k"}, "next.txt");
        BOOST_TEST(code_of(next) == 0, text("next.txt"));
        BOOST_TEST(!any_file("", ".tmp"));
        BOOST_TEST(!any_file(".lock", ""));
        BOOST_TEST(train::read_metrics((path / "k/metrics.jsonl").string()).size() == std::stoul(epochs));
      }
}

BOOST_AUTO_TEST_CASE(a_second_process_is_refused) {
  const pid_t first = start_run("100000", {"--out", "k"}, "first.txt");
  while (!fs::exists(path / "k/last.safetensors")) usleep(1000);
  const std::string in_use = "k is in use by process " + std::to_string(first) + " on ";
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--out", "k"}, std::vector<std::string>{"--resume", "k"}}) {
    BOOST_TEST(code_of(start_run("100000", more, "second.txt")) == 2);
    BOOST_TEST(text("second.txt").find(in_use) != std::string::npos, text("second.txt"));
  }
  kill_hard(first);  // its lock ends with it
  const std::string epoch = load_safetensors((path / "k/last.safetensors").string()).metadata.at("checkpoint/epoch");
  const std::string epochs = std::to_string(std::stoll(epoch) + 200);
  // Two at once: one trains, the other is rejected.
  for (const bool resumed : {true, false}) {
    if (!resumed) fs::remove_all(path / "k");
    const std::vector<std::string> more{resumed ? "--resume" : "--out", "k"};
    const pid_t a = start_run(epochs, more, "a.txt"), b = start_run(epochs, more, "b.txt");
    const int codes = code_of(a) + code_of(b);
    BOOST_TEST(codes == 2, text("a.txt") + text("b.txt"));
    const auto course = train::read_metrics((path / "k/metrics.jsonl").string());
    for (size_t i = 0; i < course.size(); ++i) BOOST_TEST_REQUIRE(course[i].epoch == static_cast<int64_t>(i + 1));
  }
}

BOOST_AUTO_TEST_CASE(other_folders_are_left_alone) {
  for (const char* name : {"letter.txt", "best.safetensors", "report.html"}) {
    fs::create_directories(path / "k");
    std::ofstream(path / "k" / name) << "mine";
    BOOST_TEST(code_of(start_run("1", {"--out", "k"}, "o.txt")) == 2);
    BOOST_TEST(text("o.txt").find("k exists already") != std::string::npos, text("o.txt"));
    BOOST_TEST(text(std::string("k/") + name) == "mine");
    fs::remove_all(path / "k");
  }
}

// In a container the process id is always 1.
BOOST_AUTO_TEST_CASE(processes_of_number_one) {
  if (std::system("unshare --pid --fork --map-root-user true >/dev/null 2>&1") != 0) return;
  const std::string inside = "timeout -s KILL 1 unshare --pid --fork --kill-child --map-root-user env ";
  const std::string train = "weft train --net 'flatten | linear 300 | linear 10' --out k --epochs 100000";
  run(train, inside);
  BOOST_REQUIRE(fs::exists(path / "k/last.safetensors"));
  for (const char* name : {"last.safetensors.1-0.tmp", "metrics.jsonl.1-0.tmp", "best.safetensors.1-1.tmp"})
    std::ofstream(path / "k" / name) << "left";
  const Outcome o = run("weft train --resume k --epochs 100000", inside);
  BOOST_TEST(o.text.find("File exists") == std::string::npos, o.text);
  BOOST_TEST(contains(o, "resuming after"));
}

BOOST_AUTO_TEST_SUITE_END()
