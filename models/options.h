// The options that all programs share, and what a program does with an error.
#pragma once

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "weft/tensor/error.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/random.h"
#include "weft/train/chart.h"
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
    } catch (const CLI::ParseError& e) {
      std::exit(app.exit(e) == 0 ? 0 : 2);
    }
    if (threads) weft::set_num_threads(*threads);
    weft::manual_seed(seed);
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

  /// As BaseOptions::parse.
  void parse(int argc, char** argv) {
    app.add_option("--lr", lr, "learning rate")->check(number("at least 0", [](double v) { return v >= 0; }));
    app.add_option("--epochs", epochs, "passes over the training set")->check(count())->capture_default_str();
    app.add_option("--steps", steps, "stop after so many steps instead, testing every 100")->check(count());
    app.add_option("--batch", batch, "images per step")->check(count());
    app.add_option("--metrics", metrics, "write one JSON object per epoch (per 100 steps with --steps) to this file");
    app.add_option("--save", save, "write the weights, with all that --resume needs, to this file");
    app.add_option("--resume", resume, "go on from a file that --save wrote");
    BaseOptions::parse(argc, argv);
  }
};

/// The command line of a program that trains one kind of network under many settings.
struct SweepOptions : BaseOptions {
  using BaseOptions::BaseOptions;

  std::vector<int64_t> hidden = {500, 1000, 1500, 2000};
  std::vector<double> rates;
  int64_t epochs = 200, images = 20000;
  std::optional<std::string> results, chart;

  /// As BaseOptions::parse; also throws ValueError for the name of a chart that cannot be drawn.
  void parse(int argc, char** argv) {
    app.add_option("--hidden", hidden, "hidden units; several, with spaces or commas between them")
        ->delimiter(',')
        ->check(count())
        ->capture_default_str();
    app.add_option("--lr", rates, "learning rates, as many as wanted")
        ->delimiter(',')
        ->check(number("at least 0", [](double v) { return v >= 0; }))
        ->capture_default_str();
    app.add_option("--epochs", epochs, "passes over the images, at most")->check(count())->capture_default_str();
    app.add_option("--images", images, "training images, the first of the set")->check(count())->capture_default_str();
    app.add_option("--results", results, "keep the results in this file; a run that it holds is not made again");
    app.add_option("--chart", chart, "draw the results into this file (.png or .svg)");
    BaseOptions::parse(argc, argv);
    if (chart) weft::train::check_chart_name(*chart);
  }
};

/// Calls `program(options)`, and turns what it throws into a line on standard error and exit code 2.
template <class Program>
int run(int argc, char** argv, Program program) {
  try {
    return program(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 2;
  }
}

}  // namespace models
