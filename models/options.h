// The options that all programs share, and what a program does with an error and with Ctrl-C.
#pragma once

#include <CLI/CLI.hpp>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "weft/nn/lang/words.h"
#include "weft/tensor/error.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/random.h"
#include "weft/train/run.h"

namespace models {

/// The command line of any program. Add the program's own options to `app`, then parse.
struct BaseOptions {
  explicit BaseOptions(const std::string& description) : app(description) {}

  uint64_t seed = 1;
  std::optional<int> threads;
  std::optional<std::string> data;
  CLI::App app;

  /// Reads the command line, seeds the generator and sets the number of threads. Ends the program after --help, and
  /// with exit code 2 and a line that names the option when the command line is wrong.
  void parse(int argc, char** argv) {
    app.add_option("--seed", seed, "of the random numbers")
        ->check(number("a whole number of at least 0", [](double v) { return v >= 0 && v == std::floor(v); }))
        ->capture_default_str();
    app.add_option("--threads", threads, "threads to use [WEFT_THREADS, else all cores]")->check(count());
    app.add_option("--data", data, "folder that holds mnist/ [WEFT_DATA, else the cache folder]");
    try {
      app.parse(argc, argv);
    } catch (const CLI::ExtrasError& e) {
      refuse_unknown(e);
    } catch (const CLI::ParseError& e) {
      std::exit(app.exit(e) == 0 ? 0 : 2);
    }
    if (threads) weft::set_num_threads(*threads);
    weft::manual_seed(seed);
  }

  /// Ends the program with a line that names what is not known, and the known option that is nearest to it.
  [[noreturn]] void refuse_unknown(const CLI::ExtrasError& e) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
    const std::vector<std::string> extras = app.remaining();
    const std::string extra = extras.empty() ? "" : extras.front().substr(0, extras.front().find('='));
    if (extra.starts_with("-"))
      std::fprintf(stderr, "error: unknown option %s%s\nRun with --help for more information.\n", extra.c_str(),
                   weft::nn::lang::did_you_mean(extra, names).c_str());
    else
      app.exit(e);
    std::exit(2);
  }

  /// A check of an option's value, with what it must be.
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
  static CLI::Validator count() {
    return number("a whole number of at least 1", [](double v) { return v >= 1 && v < 1e15 && v == std::floor(v); });
  }
};

/// The command line of a training program.
struct Options : BaseOptions, weft::train::RunOptions {
  using BaseOptions::BaseOptions;

  std::optional<double> lr;
  std::optional<int64_t> batch;

  /// As BaseOptions::parse; also says in `about` what the program is and was told.
  void parse(int argc, char** argv) {
    std::vector<double> stop;
    app.add_option("--lr", lr, "learning rate")->check(number("at least 0", [](double v) { return v >= 0; }));
    app.add_option("--epochs", epochs, "passes over the training set")->check(count())->capture_default_str();
    app.add_option("--batch", batch, "images per step")->check(count());
    add_run_options(app, *this, stop);
    app.add_option("--metrics", metrics, "write one JSON object per test to this file");
    app.add_option("--save", save, "write the weights, with all that --resume needs, to this file");
    BaseOptions::parse(argc, argv);
    if (!stop.empty()) early_stop = early_stop_of(stop);
    about.title = std::filesystem::path(argv[0]).filename().string();
    about.options = told(app);
  }

  /// Those of a run that do not depend on what is trained.
  static void add_run_options(CLI::App& app, weft::train::RunOptions& run, std::vector<double>& stop) {
    app.add_option("--steps", run.steps, "stop after so many steps instead")->check(count());
    app.add_option("--test-every", run.test_every, "steps between tests, with --steps")
        ->check(count())
        ->capture_default_str();
    app.add_option(
           "--early-stop", stop,
           "PATIENCE [MIN_DELTA]: stop after so many tests without a lower loss on the validation set, or where "
           "there is none on what is trained on")
        ->expected(1, 2)
        ->check(number("at least 0", [](double v) { return v >= 0; }));
    app.add_option("--out", run.out,
                   "folder for report.html, metrics.jsonl, last and best.safetensors; one that holds a run already is "
                   "an error");
    app.add_option("--resume", run.resume,
                   "go on with the run in this folder (that of --out where none is named), or from a file of --save")
        ->expected(0, 1);
  }
  static weft::train::EarlyStop early_stop_of(const std::vector<double>& given) {
    weft::check<weft::ValueError>(given[0] >= 1 && given[0] == std::floor(given[0]),
                                  "[train] --early-stop: the patience must be a whole number of at least 1, got {}",
                                  given[0]);
    return {static_cast<int64_t>(given[0]), given.size() > 1 ? given[1] : 0};
  }
  /// The options of a command line with what they were given or are by default.
  static std::vector<std::pair<std::string, std::string>> told(const CLI::App& app) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const CLI::Option* option : app.get_options()) {
      if (option == app.get_help_ptr()) continue;
      const bool given = option->count() > 0, is_flag = option->get_expected_max() == 0;
      const std::string value = !given    ? option->get_default_str()
                                : is_flag ? "yes"
                                          : CLI::detail::join(option->results(), " ");
      if (!value.empty()) out.emplace_back(option->get_name(), value);
    }
    return out;
  }
};

/// Calls `program(argc, argv)`, and turns what it throws into a line on standard error and exit code 2. A run that
/// Ctrl-C stopped gives 130, as shells say of a program that it ended (143 for SIGTERM).
template <class Program>
int run(int argc, char** argv, Program program) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow further is an error, not the end
  try {
    const int code = program(argc, argv);
    return code == 0 && weft::train::stopped_by() ? 128 + weft::train::stopped_by() : code;
  } catch (const std::exception& e) {
    std::fflush(stdout);
    std::fprintf(stderr, "error: %s\n", e.what());
    return 2;
  }
}

}  // namespace models
