// Gradient descent with a backward pass written out by hand (by_hand.h), on all images at once, as a sweep over sizes
// and learning rates.
#include <chrono>

#include "by_hand.h"
#include "sweep_options.h"
#include "weft/train/digits.h"
#include "weft/train/progress.h"
#include "weft/train/sweep.h"
#include "weft/weft.h"

using namespace weft;
using models::HandLoss;
using models::HandNet;

double accuracy(const HandNet& net, const Tensor& x, const Tensor& labels) {
  return net.forward(x).argmax(1).eq(labels).to(kDouble).mean().item<double>();
}

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::SweepOptions options("Trains a hand-written network on all images at once, under many settings.");
    HandLoss loss = HandLoss::cross_entropy;
    const std::map<std::string, HandLoss> losses{{"cross_entropy", HandLoss::cross_entropy},
                                                 {"squared_error", HandLoss::squared_error}};
    options.app.add_option("--loss", loss, "cross_entropy or squared_error, which begins with fewer runs and epochs")
        ->transform(CLI::CheckedTransformer(losses));
    options.rates = {1, 0.01, 0.001, 0.0001};
    options.parse(argc, argv);
    if (loss == HandLoss::squared_error) {
      if (options.app.count("--hidden") == 0) options.hidden = {1000};
      if (options.app.count("--lr") == 0) options.rates = {0.01, 0.001, 0.0001};
      if (options.app.count("--epochs") == 0) options.epochs = 100;
    }

    auto digits = train::load_digits(options.data);
    digits.train = train::first(digits.train, options.images);
    fmt::print("{} of {}, {} threads\n", options.images, digits.description, get_num_threads());
    // Squared error: pixels from -1 to 1. Cross entropy: of mean 0 and deviation 1, as He's first weights suppose; the
    // rate of 1 needs it.
    const double mean = loss == HandLoss::squared_error ? 0.5 : 0.1307;
    const double deviation = loss == HandLoss::squared_error ? 0.5 : 0.3081;
    auto flat = [&](const train::Digits& d) { return d.images().flatten(1).sub_(mean).div_(deviation); };
    const Tensor x = flat(digits.train), test = flat(digits.test);
    const Tensor target = one_hot(digits.train.targets(), 10).to(kFloat);

    auto train_net = [&](int64_t hidden, double rate) {
      HandNet net = HandNet::make(784, hidden, 10);
      double value = 0;
      train::Progress progress;
      const auto start = std::chrono::steady_clock::now();
      for (int64_t epoch = 0; epoch < options.epochs; ++epoch) {
        net.step(net.backward(x, target, loss, value), rate);
        progress.show(
            [&] { return fmt::format("{} hidden, rate {}: epoch {}, loss {:.4f}", hidden, rate, epoch + 1, value); });
      }
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      return train::Numbers{{"training s", seconds},
                            {"loss", value},
                            {"accuracy %", 100 * accuracy(net, x, digits.train.targets())},
                            {"test accuracy %", 100 * accuracy(net, test, digits.test.targets())}};
    };
    train::Sweep sweep({{"hidden", "{}"},
                        {"rate", "{}"},
                        {"training s", "{:.1f}"},
                        {"loss", "{:.4f}"},
                        {"accuracy %", "{:.2f}"},
                        {"test accuracy %", "{:.2f}"}},
                       options.results);
    for (int64_t hidden : options.hidden)
      for (double rate : options.rates) {
        manual_seed(options.seed);
        sweep.run({{"hidden", hidden},
                   {"rate", rate},
                   {"images", options.images},
                   {"epochs", options.epochs},
                   {"squared error", loss == HandLoss::squared_error},
                   {"seed", options.seed}},
                  [&] { return train_net(hidden, rate); });
      }
    fmt::print("\n{}", sweep.table().text());
    if (options.chart)
      train::write_chart(
          *options.chart,
          {"Accuracy on the test images, %", {"hidden units"}, {}, sweep.series("hidden", "test accuracy %", "rate")});
    return 0;
  });
}
