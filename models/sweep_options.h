// The options of programs that train one kind of network under many settings.
#pragma once

#include "options.h"
#include "weft/train/chart.h"

namespace models {

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

}  // namespace models
