// Gradient descent with a handwritten backward pass (by_hand.h), on all images at once, as a sweep over sizes and
// learning rates.
#include "weft/models/by_hand.h"
#include "weft/models/network_sweep.h"
#include "weft/train/digits.h"
#include "weft/weft.h"

using namespace weft;
using models::HandLoss;
using models::HandNet;

constexpr int64_t kTestEvery = 10;

// All images of a set as rows, scaled for training.
struct Rows {
  Rows(const train::Digits& digits, const train::InputScale& scale)
      : x(digits.images().flatten(1).sub_(scale.mean[0]).div_(scale.deviation[0])), labels(digits.targets()) {}
  Tensor x, labels;
};

Tensor loss_of(HandLoss kind, const Tensor& y, const Tensor& labels) {
  return kind == HandLoss::cross_entropy ? cross_entropy(y, labels)
                                         : (y - one_hot(labels, 10).to(kFloat)).square().sum({1}).mean();
}

// Trains and tests one network.
train::Numbers train_net(const Rows& rows, const Rows& test_rows, HandLoss kind, int64_t hidden, double rate,
                         const train::RunOptions& options) {
  nn::Model model = HandNet::model(rows.x.size(1), hidden, 10);
  HandNet net(model);
  optim::SGD optimizer(model->named_parameters(), rate);  // every parameter takes a step against its gradient
  const Tensor target = one_hot(rows.labels, 10).to(kFloat);

  auto test = [&] {
    train::Evaluator evaluator({[&](const Tensor& y, const Tensor& labels) { return loss_of(kind, y, labels); }});
    evaluator.add(test_rows.x.view({-1, 28, 28}), net.forward(test_rows.x), test_rows.labels);
    return evaluator.evaluation();
  };
  // All images are the only batch of every epoch; a run may be resumed after it.
  bool taken = false;
  const train::Position position{[&] { return tensor({int64_t{taken}}, kInt64); },
                                 [&](const Tensor& state) { taken = state[0].item<int64_t>() != 0; }, 1};
  train::Run run(options, *model, optimizer, position, test);
  while (run.next_epoch()) {
    if (std::exchange(taken, false)) continue;
    const auto [y, loss] = net.backward(rows.x, target, kind);
    optimizer.step();
    taken = true;
    if (run.step(tensor(loss), y, rows.labels)) taken = false;
  }
  const train::Evaluation last = run.finish();
  const Tensor y = net.forward(rows.x);
  return {{"training s", run.training_seconds()},
          {"loss", loss_of(kind, y, rows.labels).item<double>()},
          {"accuracy %", 100 * y.argmax(1).eq(rows.labels).to(kDouble).mean().item<double>()},
          {"test accuracy %", 100 * last.accuracy}};
}

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::SweepOptions options("Trains a hand-written network on all images at once, under many settings.");
    std::string name = "cross_entropy";
    options.app
        .add_option("--loss", name, "cross_entropy or squared_error, which has fewer networks and epochs by default")
        ->check(options.one_of({"cross_entropy", "squared_error"}))
        ->capture_default_str();
    options.rates = {1, 0.01, 0.001, 0.0001};
    options.parse(argc, argv);
    const bool squared = name == "squared_error";
    const HandLoss kind = squared ? HandLoss::squared_error : HandLoss::cross_entropy;
    if (squared && options.app.count("--hidden") == 0) options.hidden = {1000};
    if (squared && options.app.count("--lr") == 0) options.rates = {0.01, 0.001, 0.0001};
    if (squared && options.app.count("--epochs") == 0) options.epochs = 100;

    auto digits = train::load_digits(options.data);
    digits.train = train::first(digits.train, options.images);
    // Squared error: pixels from -1 to 1. Cross entropy: mean 0 and deviation 1, as He's initialisation assumes; the
    // rate of 1 needs it.
    const models::NetworkSweep::Inputs inputs{
        .loss = squared ? "mse sum" : "cross_entropy",
        .scale = squared ? train::InputScale{{0.5}, {0.5}} : train::InputScale{{0.1307}, {0.3081}}};
    const Rows rows(digits.train, inputs.scale), test_rows(digits.test, inputs.scale);

    models::NetworkSweep sweep(options, digits,
                               {{"hidden", "{}"},
                                {"rate", "{}"},
                                {"training s", "{:.1f}"},
                                {"loss", "{:.4f}"},
                                {"accuracy %", "{:.2f}"},
                                {"test accuracy %", "{:.2f}"}},
                               options.hidden.size() * options.rates.size());
    for (int64_t hidden : options.hidden)
      for (double rate : options.rates)
        sweep.train({{"hidden", hidden},
                     {"rate", rate},
                     {"images", options.images},
                     {"epochs", options.epochs},
                     {"squared error", squared},
                     {"seed", static_cast<double>(options.seed)}},
                    inputs, [&](train::RunOptions run) {
                      run.steps = options.epochs;
                      run.test_every = kTestEvery;
                      return train_net(rows, test_rows, kind, hidden, rate, run);
                    });
    return sweep.finish({{"Accuracy on the test images, %",
                          {"hidden units"},
                          {},
                          sweep.results().series("hidden", "test accuracy %", "rate")}});
  });
}
