// The options that all programs share, and what a program does with an error.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>

#include "weft/tensor/error.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/random.h"
#include "weft/train/run.h"

namespace models {

/// The command line of a training program. Add the program's own options to `app`, then parse.
struct Options : weft::train::RunOptions {
  explicit Options(const std::string& description) : app(description) {}

  std::optional<double> lr;
  std::optional<int64_t> batch;
  uint64_t seed = 0;
  std::optional<int> threads;
  std::optional<std::string> data;
  CLI::App app;

  /// Reads the command line, seeds the generator and sets the number of threads.
  void parse(int argc, char** argv) {
    app.add_option("--lr", lr, "learning rate")->check(CLI::NonNegativeNumber);
    app.add_option("--epochs", epochs, "passes over the training set")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--steps", steps, "stop after so many steps instead, testing every 100")->check(CLI::PositiveNumber);
    app.add_option("--batch", batch, "images per step")->check(CLI::PositiveNumber);
    app.add_option("--seed", seed, "of the random numbers")->capture_default_str();
    app.add_option("--threads", threads, "threads to use [WEFT_THREADS, else all cores]")->check(CLI::Range(1, 1024));
    app.add_option("--data", data, "folder that holds mnist/ [WEFT_DATA, else the cache folder]");
    app.add_option("--metrics", metrics, "write one JSON object per epoch (per 100 steps with --steps) to this file");
    app.add_option("--save", save, "write the weights, with all that --resume needs, to this file");
    app.add_option("--resume", resume, "go on from a file that --save wrote");
    app.parse(argc, argv);
    if (threads) weft::set_num_threads(*threads);
    weft::manual_seed(seed);
  }
};

/// Calls `program(options)`, and turns what it throws into a line on standard error and exit code 2.
template <class Program>
int run(int argc, char** argv, Program program) {
  try {
    return program(argc, argv);
  } catch (const CLI::ParseError& e) {
    CLI::App app;
    return app.exit(e) == 0 ? 0 : 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 2;
  }
}

}  // namespace models
