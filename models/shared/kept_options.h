// What a run was told, kept in its checkpoints, so that --resume need not be told it again.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weft/train/digits.h"
#include "weft/train/notes.h"

namespace models {

using weft::train::ToldOptions;

/// Options that may be told anew when a run goes on (how long it is, and what does not change what it computes), those
/// that have no meaning for a later command, and when two values of an option mean the same.
struct KeepingRules {
  std::vector<std::string> free{"--epochs", "--steps",   "--test-every", "--threads",
                                "--data",   "--metrics", "--save",       "--allow-nan"};
  std::vector<std::string> growing = {};  ///< lists: what is told anew is added
  std::vector<std::string> not_kept{"--out", "--resume", "--threads", "--data", "--metrics", "--save", "--allow-nan"};
  std::function<bool(const std::string& option, const std::string& now, const std::string& then)> same = same_value;

  /// By the value of numbers, also of several with spaces between them, else by the text.
  static bool same_value(const std::string& option, const std::string& now, const std::string& then);
};

/// The options of a command line with what they were given or are by default.
ToldOptions told(const CLI::App& app);
/// Those of them that are kept.
ToldOptions kept(const CLI::App& app, const KeepingRules& rules);

/// The command line that goes on with a run: what it leaves out is what the run was told. Throws ValueError where it
/// tells otherwise what may not change. `app` has read argc and argv; `run` names the run in errors.
std::vector<std::string> resumed_arguments(const CLI::App& app, int argc, char** argv, const ToldOptions& then,
                                           const std::string& run, const KeepingRules& rules);

/// The notes of a program that trains on digits, but for its options and how it scales them.
weft::train::Notes notes_on(const weft::train::DigitSets& digits, const std::string& program);

/// The folder or file that --resume names. Throws ValueError where it names nothing and there is no --out, IoError
/// where there is no such folder.
std::string resumed_path(const std::string& resume, const std::optional<std::string>& out);
/// The notes of the run there: of a folder, of its last checkpoint, or, where it has none, of its lock file. Throws
/// StateError for a run of another program; nothing for a checkpoint without notes, which weft once wrote, and for a
/// folder without either.
std::optional<weft::train::Notes> notes_of_run(const std::string& path, const std::string& program);

}  // namespace models
