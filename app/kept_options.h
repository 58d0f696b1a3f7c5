// The options of a run, stored in its checkpoints, so that --resume need not repeat them.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weft/train/digits.h"
#include "weft/train/notes.h"

namespace models {

using weft::train::GivenOptions;

/// Rules for resuming: options that may change (the length of a run, and those that do not affect its results), options
/// that have no meaning for a later command, and a comparison of an option's values.
struct KeepingRules {
  std::vector<std::string> free{"--epochs", "--steps",   "--test-every", "--threads",
                                "--data",   "--metrics", "--save",       "--allow-nan"};
  std::vector<std::string> growing = {};  ///< lists: new values are appended
  std::vector<std::string> not_kept{"--out", "--resume", "--threads", "--data", "--metrics", "--save", "--allow-nan"};
  std::function<bool(const std::string& option, const std::string& now, const std::string& then)> same = same_value;

  /// Compares numbers by value, also several separated by spaces, else texts.
  static bool same_value(const std::string& option, const std::string& now, const std::string& then);
};

/// The options of a command line with their given or default values.
GivenOptions given_options(const CLI::App& app);
/// Those of them that are stored.
GivenOptions kept(const CLI::App& app, const KeepingRules& rules);

/// The command line that resumes a run: missing options are those of the run. Throws ValueError for another value of an
/// option that may not change. `app` has parsed argc and argv; `run` names the run in errors.
std::vector<std::string> resumed_arguments(const CLI::App& app, int argc, char** argv, const GivenOptions& then,
                                           const std::string& run, const KeepingRules& rules);

/// The notes of a program that trains on digits, without its options and scaling.
weft::train::Notes notes_on(const weft::train::DigitSets& digits, const std::string& program);

/// The folder or file of --resume. Throws ValueError if it is empty and there is no --out, IoError if there is no such
/// folder.
std::string resumed_path(const std::string& resume, const std::optional<std::string>& out);
/// The notes of the run: from a folder's last checkpoint, or, without one, from its lock file. Throws StateError for a
/// run of another program; nullopt for a checkpoint without notes, as written by early versions of weft, and for a
/// folder without either.
std::optional<weft::train::Notes> notes_of_run(const std::string& path, const std::string& program);

}  // namespace models
