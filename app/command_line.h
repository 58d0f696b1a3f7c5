// The options shared by all programs, and their handling of errors and Ctrl-C.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "weft/app/kept_options.h"
#include "weft/nn/lang/words.h"
#include "weft/report/report.h"
#include "weft/tensor/error.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/printable.h"
#include "weft/tensor/random.h"
#include "weft/train/digits.h"
#include "weft/train/run.h"

namespace models {

/// `code`, or 2 with a message on standard error if standard output could not be written.
inline int written(int code) {
  std::cout.flush();
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && !std::ferror(stdout) && std::cout.good()) return code;
  std::fprintf(stderr, "error: standard output cannot be written%s%s\n", errno ? ": " : "",
               errno ? std::strerror(errno) : "");
  return 2;
}

/// The command line of a program. Add the program's own options to `app`, then call parse.
struct BaseOptions {
  /// Selects the common options that affect this program: only they are offered.
  struct Takes {
    bool seed, threads, data;
  };

  explicit BaseOptions(const std::string& description) : BaseOptions(description, {true, true, true}) {}
  BaseOptions(const std::string& description, Takes takes) : app(description), takes_(takes) {}

  uint64_t seed = 1;
  std::optional<int> threads;
  std::optional<std::string> data;
  CLI::App app;

  /// Parses the command line, seeds the generator and sets the number of threads. Exits after --help, and with exit
  /// code 2 and a message about the option if the command line is invalid.
  void parse(int argc, char** argv) {
    if (takes_.seed)
      app.add_option("--seed", seed, "seed of the random numbers")
          ->check(integer(0, UINT64_MAX))
          ->capture_default_str();
    if (takes_.threads)
      app.add_option("--threads", threads, "threads to use [WEFT_THREADS, else all cores]")->check(integer(1, 1024));
    if (takes_.data) app.add_option("--data", data, "folder that contains mnist/ [WEFT_DATA, else the cache folder]");
    read(argc, argv);
  }

  /// The program's name for errors and reports.
  static std::string name_of(char** argv) { return std::filesystem::path(argv[0]).filename().string(); }

  /// Exits with a message about the unknown option and the nearest known one.
  [[noreturn]] void refuse_unknown(const std::string& name) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
    std::fprintf(stderr, "error: unknown option %s%s\nRun with --help for more information.\n", name.c_str(),
                 weft::nn::lang::did_you_mean(name, names).c_str());
    std::exit(2);
  }

  /// The first of the words that looks like an option and is unknown; empty if there is none. CLI11 reads a value of an
  /// unknown option as an argument and complains about that.
  std::string unknown_option(const std::vector<std::string>& words) const {
    for (const std::string& word : words) {
      if (word == "--") break;
      const std::string name = word.substr(0, word.find('='));
      if (name.starts_with("--") && !app.get_option_no_throw(name)) return name;
    }
    return "";
  }

  /// A check of an option's value; `wanted` describes valid values.
  static CLI::Validator number(std::string wanted, std::function<bool(double)> right) {
    return CLI::Validator(
        [=](const std::string& text) {
          char* end = nullptr;
          const double value = std::strtod(text.c_str(), &end);
          const bool ok = !text.empty() && *end == '\0' && std::isfinite(value) && right(value);
          return ok ? std::string() : "must be " + wanted + ", got \"" + text + "\"";
        },
        "");
  }
  /// A check that the value is one of these names.
  static CLI::Validator one_of(const std::vector<std::string>& names) {
    return CLI::Validator(
        [=](const std::string& text) {
          if (std::find(names.begin(), names.end(), text) != names.end()) return std::string();
          return "must be one of " + CLI::detail::join(names, ", ") + ", got \"" + text + "\"" +
                 weft::nn::lang::did_you_mean(text, names);
        },
        "");
  }
  /// A check that the value is an integer from `low` to `high`, in digits only.
  static CLI::Validator integer(uint64_t low, uint64_t high) {
    return CLI::Validator(
        [=](const std::string& text) {
          uint64_t value = 0;
          const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
          const bool is_integer = error != std::errc::invalid_argument && end == text.data() + text.size();
          if (is_integer && error == std::errc{} && value >= low && value <= high) return std::string();
          const bool too_large = is_integer && (error != std::errc{} || value > high);
          return fmt::format("must be an integer of at {} {}, got \"{}\"", too_large ? "most" : "least",
                             too_large ? high : low, text);
        },
        "");
  }
  static CLI::Validator count() { return integer(1, 1'000'000'000'000'000); }

 private:
  Takes takes_;

 protected:
  void read(int argc, char** argv) {
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      const bool is_help = e.get_exit_code() == 0;
      const std::string unknown = is_help ? "" : unknown_option({argv + 1, argv + argc});
      if (!unknown.empty()) refuse_unknown(unknown);
      const std::vector<std::string> rest = app.remaining();
      if (!is_help && !rest.empty() && rest.front().starts_with("-")) refuse_unknown(rest.front());
      app.exit(e);
      std::exit(is_help ? written(0) : 2);
    }
    if (threads) weft::set_num_threads(*threads);
    weft::manual_seed(seed);
  }

  /// Parses the command line again, with the options of the run that --resume names, so that they need not be repeated.
  /// Throws the errors of resumed_arguments and notes_of_run.
  void read_resumed(int argc, char** argv, const std::string& run, const GivenOptions& then,
                    const KeepingRules& rules) {
    std::vector<std::string> arguments = resumed_arguments(app, argc, argv, then, run, rules);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    read(static_cast<int>(pointers.size()), pointers.data());
  }
};

/// The command line of a program that trains a network on digits.
struct Options : BaseOptions, weft::train::RunOptions {
  using BaseOptions::BaseOptions;

  std::optional<double> lr;
  std::optional<int64_t> batch;
  KeepingRules rules;

  /// Like BaseOptions::parse; with --resume, missing options are those of the original run. Throws ValueError,
  /// StateError or IoError for a run that cannot be resumed.
  void parse(int argc, char** argv) {
    app.add_option("--lr", lr, "learning rate")->check(number("at least 0", [](double v) { return v >= 0; }));
    app.add_option("--epochs", epochs, "passes over the training set")->check(count())->capture_default_str();
    app.add_option("--batch", batch, "images per step")->check(count());
    add_run_options(app, *this, stop_);
    app.add_option("--metrics", metrics, "write one JSON object per test to this file");
    app.add_option("--save", save, "write the last weights, with the state for --resume, to this file");
    BaseOptions::parse(argc, argv);
    about.title = name_of(argv);
    write_report = weft::train::write_report;
    tests_steps_ = app.count("--test-every") > 0;
    if (resume) {
      const std::string run = resumed_path(*resume, out);
      if (const auto notes = notes_of_run(run, about.title)) {
        read_resumed(argc, argv, run, notes->options, rules);
        trained_on_ = notes->data_set;
      } else {
        fmt::print("{} does not record its options: those of this command line are used\n", run);
      }
    }
    if (!stop_.empty()) early_stop = early_stop_of(stop_);
  }

  /// Sets the program's default rate and batch size.
  void set_defaults(double default_lr, int64_t default_batch) {
    lr = lr.value_or(default_lr), batch = batch.value_or(default_batch);
  }

  /// Reports the training data on the terminal and in the run's files: `scale` is the scaling of the images, `loss` the
  /// name of the loss in `weft train`. Throws ValueError if a resumed run was trained on something else, and for
  /// --test-every in a run of epochs.
  void announce(const weft::train::DigitSets& digits, const weft::train::InputScale& scale = {},
                const std::string& loss = "cross_entropy") {
    weft::train::Notes notes = notes_on(digits, about.title);
    weft::check<weft::ValueError>(trained_on_.empty() || trained_on_ == notes.data_set,
                                  "[resume] the run was trained on {}; the data set here is {}", trained_on_,
                                  digits.description);
    check_test_every(tests_steps_, *this);
    notes.scale = scale, notes.loss = loss, notes.options = kept(app, rules);
    for (auto [name, value] : {std::pair{"--lr", fmt::format("{}", *lr)}, {"--batch", fmt::format("{}", *batch)}})
      if (app.count(name) == 0) notes.options.emplace_back(name, value);
    // Keep only the one of --epochs and --steps that ends the run.
    std::erase_if(notes.options, [&](const auto& o) {
      return steps ? o.first == "--epochs" : o.first == "--steps" || o.first == "--test-every";
    });
    if (steps && app.count("--steps") == 0) notes.options.emplace_back("--steps", fmt::format("{}", *steps));
    if (about.data.empty()) about.data = digits.description;
    about.class_names = notes.class_names, about.options = notes.options, about.metadata = metadata_of(notes);
    about.options.emplace_back("threads", fmt::format("{}", weft::get_num_threads()));
    fmt::print("training on {}, {} threads\n", about.data, weft::get_num_threads());
  }

  /// The options of a run that do not depend on the training data.
  static void add_run_options(CLI::App& app, weft::train::RunOptions& run, std::vector<double>& stop) {
    app.add_option("--steps", run.steps, "stop after this many steps instead")->check(count());
    app.add_option("--test-every", run.test_every, "steps between tests, with --steps")
        ->check(count())
        ->capture_default_str();
    app.add_option("--early-stop", stop,
                   "PATIENCE [MIN_DELTA]: stop after this many tests without a lower loss on the validation part, or, "
                   "without one, on the training part")
        ->expected(1, 2)
        ->check(number("at least 0", [](double v) { return v >= 0; }));
    app.add_flag("--allow-nan", run.allow_nan,
                 "continue if the loss or a weight is not finite; otherwise the run ends with exit code 3");
    app.add_option("--out", run.out,
                   "folder for report.html, metrics.jsonl, last and best.safetensors; one that contains a run is "
                   "an error");
    app.add_option("--resume", run.resume,
                   "resume the run in this folder (default: that of --out), or from a file of --save")
        ->expected(0, 1);
  }
  /// Throws ValueError if --test-every was given but has no effect.
  static void check_test_every(bool given, const weft::train::RunOptions& run) {
    weft::check<weft::ValueError>(
        !given || run.steps, "[train] --test-every counts steps of a run of --steps; without, each epoch is tested");
  }
  static weft::train::EarlyStop early_stop_of(const std::vector<double>& given) {
    weft::check<weft::ValueError>(given[0] >= 1 && given[0] == std::floor(given[0]),
                                  "[train] --early-stop: the patience must be an integer of at least 1, got {}",
                                  given[0]);
    return {static_cast<int64_t>(given[0]), given.size() > 1 ? given[1] : 0};
  }

 private:
  std::vector<double> stop_;
  bool tests_steps_ = false;  // given on this command line
  std::string trained_on_;    // the data set of the resumed run
};

inline constexpr int kNotFinite = 3;

/// Calls `program(argc, argv)`, and converts exceptions to a message on standard error and exit code 2. Returns 130 for
/// a run stopped by Ctrl-C, as shells do (143 for SIGTERM), and 3 for one whose loss is not finite.
template <class Program>
int run(int argc, char** argv, Program program) {
  std::signal(SIGXFSZ, SIG_IGN);  // exceeding the file size limit is an error, not the end of the process
  try {
    const int code = written(program(argc, argv));
    return code == 0 && weft::train::stopped_by() ? 128 + weft::train::stopped_by() : code;
  } catch (const weft::train::NotFinite& e) {
    std::fflush(stdout);
    std::fprintf(stderr, "error: %s; use --allow-nan to continue\n", e.what());
    return kNotFinite;
  } catch (const std::exception& e) {
    std::fflush(stdout);
    std::fprintf(stderr, "error: %s\n", weft::printable(e.what()).c_str());
    return 2;
  }
}

}  // namespace models
