// scikit-learn's MLPClassifier with many sizes and learning rates: cost of training and prediction, and accuracy. Every
// run has MLPClassifier's defaults: relu, Adam, batches of 200, an L2 penalty of 1e-4 per batch, Glorot's
// initialisation, and an end when ten consecutive epochs have not lowered the loss by 1e-4.
#include <chrono>

#include "weft/models/network_sweep.h"
#include "weft/train/digits.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

constexpr int64_t kBatch = 200;
constexpr double kAlpha = 1e-4;

// The minimum of three prediction times for all test images, in milliseconds.
double prediction_time(nn::Model& net, const Tensor& images) {
  NoGradGuard no_grad;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 3; ++i) {  // the first also allocates memory
    const auto start = std::chrono::steady_clock::now();
    net(images).argmax(1);
    least =
        std::min(least, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  return least;
}

// Trains and tests one network. `scale` is the value of the brightest pixel: 1, or 255 for unscaled bytes.
train::Numbers study(train::DigitSets digits, int64_t hidden, double rate, double scale,
                     const train::RunOptions& options) {
  nn::Model net = nn::parse(fmt::format(
      "input 1 28 28 | flatten | linear {} init xavier_uniform bias zeros | relu | linear 10 init xavier_uniform bias "
      "zeros",
      hidden));
  const int64_t batch = std::min(kBatch, digits.train.targets().size(0));
  TensorList weights, biases;
  for (auto& p : net->named_parameters()) (p.key().ends_with("weight") ? weights : biases).push_back(p.value());
  optim::Adam optimizer({{weights, optim::AdamOptions().weight_decay(kAlpha / static_cast<double>(batch))}, {biases}},
                        optim::AdamOptions(rate));

  data::transforms::Normalize<> brighter(0, 1 / scale);
  data::transforms::Stack<> stack;
  auto train_loader =
      data::make_data_loader<data::samplers::RandomSampler>(digits.train.map(brighter).map(stack), batch);
  auto test_loader =
      data::make_data_loader<data::samplers::SequentialSampler>(digits.test.map(brighter).map(stack), 1000);
  auto test = [&] { return train::evaluate(net, *test_loader); };
  train::Run run(options, *net, optimizer, train::position_of(*train_loader), test);
  while (run.next_epoch())
    for (auto& batch : *train_loader) {
      Tensor scores = net(batch.data);
      Tensor loss = F::cross_entropy(scores, batch.target);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      if (!run.step(loss, scores, batch.target)) break;
    }
  const train::Evaluation last = run.finish();
  const auto samples = static_cast<double>(run.epochs() * digits.train.targets().size(0));
  return {{"epochs run", run.epochs()},
          {"training s", run.training_seconds()},
          {"samples/s", samples / run.training_seconds()},
          {"prediction ms", prediction_time(net, digits.test.images() * scale)},
          {"accuracy %", 100 * last.accuracy}};
}

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::SweepOptions options("Sizes and learning rates of scikit-learn's MLPClassifier on MNIST, with Adam.");
    options.rates = {1, 0.1, 0.01, 0.001, 0.0001};
    std::vector<double> scales = {1, 255};
    options.app.add_option("--scale", scales, "value of the brightest pixel: 1, 255, or both")
        ->delimiter(',')
        ->check(options.one_of({"1", "255"}))
        ->capture_default_str();
    options.parse(argc, argv);

    auto digits = train::load_digits(options.data);
    digits.train = train::first(digits.train, options.images);
    models::NetworkSweep sweep(options, digits,
                               {{"scale", "{}"},
                                {"hidden", "{}"},
                                {"rate", "{}"},
                                {"epochs run", "{}"},
                                {"training s", "{:.1f}"},
                                {"samples/s", "{:.0f}"},
                                {"prediction ms", "{:.0f}"},
                                {"accuracy %", "{:.2f}"}},
                               scales.size() * options.hidden.size() * options.rates.size());
    for (double scale : scales)
      for (int64_t hidden : options.hidden)
        for (double rate : options.rates)
          sweep.train({{"scale", scale},
                       {"hidden", hidden},
                       {"rate", rate},
                       {"images", options.images},
                       {"epochs", options.epochs},
                       {"seed", static_cast<double>(options.seed)}},
                      {.scale = {{0}, {1 / scale}}}, [&](train::RunOptions run) {
                        run.epochs = options.epochs;
                        run.early_stop = {10, 1e-4};
                        return study(digits, hidden, rate, scale, run);
                      });

    // A row of charts for each scale.
    std::vector<train::Chart> charts;
    for (double scale : scales)
      for (const char* what : {"training s", "prediction ms", "accuracy %"})
        charts.push_back({fmt::format("{}, pixels to {}", what, scale),
                          {"hidden units"},
                          {},
                          sweep.results().series("hidden", what, "rate", {{"scale", scale}}),
                          {},
                          380,
                          300});
    return sweep.finish(charts);
  });
}
