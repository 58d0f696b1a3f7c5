// k nearest neighbours on MNIST: there is no training; the most similar training images vote.
#include <chrono>

#include "weft/app/command_line.h"
#include "weft/train/digits.h"
#include "weft/train/nearest.h"
#include "weft/train/progress.h"
#include "weft/train/table.h"
#include "weft/weft.h"

using namespace weft;

// `count` images drawn without replacement, as float32 [count, 784] in [0, 1], with their labels.
data::Example<> draw(const train::Digits& digits, int64_t count) {
  const auto size = static_cast<int64_t>(digits.size().value());
  check<ValueError>(count <= size, "[knn_mnist] {} images cannot be drawn from a set of {}", count, size);
  const Tensor chosen = randperm(size).slice(0, 0, count);
  const Tensor pixels = digits.pixels().index_select(0, chosen).to(kFloat).div(255);
  return {pixels.flatten(1), digits.targets().index_select(0, chosen)};
}

// The `k` nearest of each query, computed in blocks of the classifier's size to show progress on a terminal.
train::Neighbors ask(const train::KNeighborsClassifier& knn, const Tensor& queries, int64_t k) {
  constexpr int64_t kPiece = train::KNeighborsClassifier::kQueries;
  TensorList distances, indices;
  train::Progress progress;
  for (int64_t begin = 0; begin < queries.size(0); begin += kPiece) {
    progress.show([&] {
      return fmt::format("{} of {} queries", train::format_count(static_cast<double>(begin)),
                         train::format_count(static_cast<double>(queries.size(0))));
    });
    const auto part = knn.kneighbors(queries.slice(0, begin, std::min(begin + kPiece, queries.size(0))), k);
    distances.push_back(part.distances);
    indices.push_back(part.indices);
  }
  return {cat(distances), cat(indices)};
}

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::BaseOptions options("Classifies MNIST's test images by their nearest training images.");
    int64_t train_count = 20000, test_count = 200;
    bool all = false, by_distance = false;
    options.app.add_option("--train", train_count, "training images to draw")
        ->check(options.count())
        ->capture_default_str();
    options.app.add_option("--test", test_count, "test images to draw")->check(options.count())->capture_default_str();
    options.app.add_flag("--all", all, "use all images");
    options.app.add_flag("--distance", by_distance, "weight votes by 1 / distance");
    options.parse(argc, argv);

    auto digits = train::load_digits(options.data);
    if (all) {
      train_count = static_cast<int64_t>(digits.train.size().value());
      test_count = static_cast<int64_t>(digits.test.size().value());
    }
    fmt::print("{}: {} training and {} test images, {} threads\n", digits.description, train_count, test_count,
               get_num_threads());
    const auto known = draw(digits.train, train_count), asked = draw(digits.test, test_count);
    const train::KNeighborsClassifier knn(known.data, known.target);

    // The seven nearest of each, nearest first, include those for every smaller k.
    const auto start = std::chrono::steady_clock::now();
    const train::Neighbors neighbors = ask(knn, asked.data, std::min<int64_t>(7, train_count));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

    train::Table table({"k", "accuracy"});
    for (int64_t k = 1; k <= neighbors.indices.size(1); k += 2) {
      const Tensor votes =
          knn.votes(neighbors, k, by_distance ? train::NeighborWeights::kDistance : train::NeighborWeights::kUniform);
      const double accuracy = votes.argmax(1).eq(asked.target).to(kDouble).mean().item<double>();
      table.add({fmt::format("{}", k), fmt::format("{:.2f} %", 100 * accuracy)});
    }
    fmt::print("{}{} queries in {}: {} per second\n", table.text(), test_count, train::format_duration(seconds),
               train::format_count(static_cast<double>(test_count) / seconds));
    return 0;
  });
}
