// Runs programs like a user.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/temp_folder.h"
#include "weft/data/idx.h"
#include "weft/data/synthetic_digits.h"

namespace fs = std::filesystem;

namespace weft {

struct Outcome {
  int code;
  std::string text;
};

inline std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// A folder with a small MNIST, in which programs run.
struct Folder : TempFolder {
  Folder() {
    fs::create_directories(path / "mnist");
    write("train", 1280, 1);
    write("t10k", 200, 2);
  }
  void write(const std::string& part, size_t count, uint64_t seed) const {
    data::datasets::SyntheticDigits set(count, seed);
    data::write_idx((path / "mnist" / (part + "-images-idx3-ubyte")).string(), set.pixels());
    data::write_idx((path / "mnist" / (part + "-labels-idx1-ubyte")).string(), set.targets().to(kUInt8));
  }
  /// `before` is put in front of the program: a limit of the shell.
  Outcome run(const std::string& command, const std::string& before = "") const {
    const fs::path out = path / "out.txt";
    const std::string line = "cd '" + path.string() + "' && " + before + " WEFT_DATA='" + path.string() + "' '" +
                             WEFT_PROGRAMS_DIR "'/" + command + " >'" + out.string() + "' 2>&1 </dev/null";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(out)};
  }
  /// Sends Ctrl-C when the run's folder contains the first record.
  Outcome interrupt(const std::vector<std::string>& command, const std::string& run_folder) const {
    const std::string program = WEFT_PROGRAMS_DIR "/" + command.front(), out = (path / "out.txt").string();
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      const bool ok = chdir(path.c_str()) == 0 && std::freopen(out.c_str(), "w", stdout) &&
                      std::freopen(out.c_str(), "a", stderr) && setenv("WEFT_DATA", path.c_str(), 1) == 0;
      if (ok) execv(program.c_str(), arguments.data());
      _exit(99);
    }
    int status = 0;
    while (read(path / run_folder / "metrics.jsonl").empty()) {
      if (waitpid(child, &status, WNOHANG) != 0) return {status, read(out)};
      usleep(2000);
    }
    kill(child, SIGINT);
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(out)};
  }
};

inline bool contains(const Outcome& o, const std::string& part) {
  const bool found = o.text.find(part) != std::string::npos;
  if (!found) BOOST_TEST_MESSAGE(o.text);
  return found;
}

}  // namespace weft
