// k nearest neighbours on iris: finds the best number of neighbours by cross validation, and draws the regions into
// which they divide the plane.
#include "weft/app/command_line.h"
#include "weft/report/chart.h"
#include "weft/train/nearest.h"
#include "weft/train/table.h"
#include "weft/weft.h"

using namespace weft;
using train::NeighborWeights;

constexpr int64_t kMostNeighbors = 30;

// For each k from 1 to 30, the error rate of the classifier of the other folds.
std::vector<double> errors(const data::datasets::Iris& iris, NeighborWeights weights) {
  std::vector<double> wrong(kMostNeighbors);
  for (const data::Fold& fold : data::stratified_k_fold(iris.target(), 6)) {
    const auto known = iris.gather(fold.train), asked = iris.gather(fold.test);
    const train::KNeighborsClassifier knn(known.data, known.target);
    const train::Neighbors neighbors = knn.kneighbors(asked.data, kMostNeighbors);
    for (int64_t k = 1; k <= kMostNeighbors; ++k) {
      const Tensor answers = knn.votes(neighbors, k, weights).argmax(1);
      wrong[static_cast<size_t>(k - 1)] += answers.ne(asked.target).sum().item<double>() / 150;
    }
  }
  return wrong;
}

// The plane of the first two lengths, each point in the colour of the species voted for by its 11 neighbours.
train::Chart regions(const data::datasets::Iris& iris) {
  const Tensor plane = iris.data().slice(1, 0, 2).contiguous();
  const Tensor low = plane.amin({0}) - 0.5, high = plane.amax({0}) + 0.5;
  constexpr int64_t kSide = 200;
  const Tensor x = linspace(low[0].item(), high[0].item(), kSide, kFloat64);
  const Tensor y = linspace(high[1].item(), low[1].item(), kSide, kFloat64);  // pictures begin at the top
  const Tensor grid = stack({x.expand({kSide, kSide}), y.unsqueeze(1).expand({kSide, kSide})}, 2).reshape({-1, 2});
  const Tensor species = train::KNeighborsClassifier(plane, iris.target()).predict(grid, 11);
  const Tensor colors = tensor({{205, 220, 252}, {253, 222, 204}, {205, 232, 210}}, kUInt8);

  const auto& names = iris.feature_names();
  train::Chart chart{"Regions of 11 neighbours",
                     {names[0], false, low[0].item<double>(), high[0].item<double>()},
                     {names[1], false, low[1].item<double>(), high[1].item<double>()},
                     {},
                     {},
                     520,
                     400};
  chart.background = colors.index_select(0, species).reshape({kSide, kSide, 3}).permute({2, 0, 1});
  for (int64_t c = 0; c < 3; ++c) {
    train::Series flowers{iris.class_names()[static_cast<size_t>(c)], {}, {}, /*line=*/false};
    for (int64_t i = 0; i < plane.size(0); ++i)
      if (iris.target()[i].item<int64_t>() == c) {
        flowers.x.push_back(plane[i][0].item<double>());
        flowers.y.push_back(plane[i][1].item<double>());
      }
    chart.series.push_back(std::move(flowers));
  }
  return chart;
}

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::BaseOptions options("Classifies iris flowers by their nearest neighbours; 6-fold cross validation.");
    std::optional<std::string> curve_file, regions_file;
    options.app.add_option("--curve", curve_file, "draw the errors into this file (.png or .svg)");
    options.app.add_option("--regions", regions_file, "draw the regions of 11 neighbours into this file");
    options.parse(argc, argv);
    for (const auto& file : {curve_file, regions_file})
      if (file) train::check_chart_name(*file);

    const data::datasets::Iris iris(kFloat64);
    const auto uniform = errors(iris, NeighborWeights::kUniform), distance = errors(iris, NeighborWeights::kDistance);
    train::Table table({"k", "error", "error, nearer count more"});
    train::Series curves[] = {{"uniform", {}, uniform}, {"by distance", {}, distance}};
    for (size_t i = 0; i < uniform.size(); ++i) {
      table.add({fmt::format("{}", i + 1), fmt::format("{:.4f}", uniform[i]), fmt::format("{:.4f}", distance[i])});
      for (train::Series& curve : curves) curve.x.push_back(static_cast<double>(i + 1));
    }
    const auto best = std::min_element(uniform.begin(), uniform.end());
    fmt::print("{}lowest error {:.3f} at k = {}\n", table.text(), *best, best - uniform.begin() + 1);
    if (curve_file)
      train::write_chart(*curve_file, {"Error of 6-fold cross validation", {"neighbours"}, {}, {curves[0], curves[1]}});
    if (regions_file) train::write_chart(*regions_file, regions(iris));
    return 0;
  });
}
