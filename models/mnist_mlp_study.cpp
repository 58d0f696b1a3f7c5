// scikit-learn's MLPClassifier under many sizes and learning rates: what training and prediction cost, and how well
// each does. Every run has MLPClassifier's standard settings: relu, Adam, batches of 200, an L2 penalty of 1e-4 that a
// batch shares, Glorot's first weights, and an end when ten epochs in a row have not lowered the loss by 1e-4.
#include <chrono>

#include "sweep_options.h"
#include "weft/train/digits.h"
#include "weft/train/early_stopping.h"
#include "weft/train/progress.h"
#include "weft/train/sweep.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

constexpr int64_t kBatch = 200;
constexpr double kAlpha = 1e-4;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Trains and tests one network. `scale` is what the brightest pixel becomes: 1, or 255 for the bytes as they are.
train::Numbers study(const train::DigitSets& digits, int64_t hidden, double rate, double scale, int64_t epochs) {
  nn::Model net = nn::parse(fmt::format(
      "input 1 28 28 | flatten | linear {} init xavier_uniform bias zeros | relu | linear 10 init xavier_uniform bias "
      "zeros",
      hidden));
  TensorList weights, biases;
  for (auto& p : net->named_parameters()) (p.key().ends_with("weight") ? weights : biases).push_back(p.value());
  optim::Adam optimizer({{weights, optim::AdamOptions().weight_decay(kAlpha / kBatch)}, {biases}},
                        optim::AdamOptions(rate));

  auto images = train::Digits(digits.train).map(data::transforms::Normalize<>(0, 1 / scale));
  auto loader = data::make_data_loader<data::samplers::RandomSampler>(images.map(data::transforms::Stack<>()), kBatch);
  train::EarlyStopping stopping(1e-4, 10);
  train::Progress progress;
  int64_t epoch = 0, samples = 0;
  const auto start = std::chrono::steady_clock::now();
  for (double loss = 0; epoch < epochs; ++epoch) {
    progress.show([&] { return fmt::format("{} hidden, rate {}: epoch {}, loss {:.4f}", hidden, rate, epoch, loss); });
    Tensor sum = zeros({});
    for (auto& batch : *loader) {
      Tensor mean = F::cross_entropy(net(batch.data), batch.target);
      optimizer.zero_grad();
      mean.backward();
      optimizer.step();
      sum += mean.detach() * batch.data.size(0);
    }
    samples += digits.train.targets().size(0);
    loss = sum.item<double>() / static_cast<double>(digits.train.targets().size(0));
    if (stopping.step(loss)) break;
  }
  const double training = seconds_since(start);

  NoGradGuard no_grad;
  net->eval();
  const Tensor test = digits.test.images() * scale;
  double prediction = std::numeric_limits<double>::infinity(), accuracy = 0;
  for (int i = 0; i < 3; ++i) {  // the first also fetches memory
    const auto asked = std::chrono::steady_clock::now();
    const Tensor right = net(test).argmax(1).eq(digits.test.targets());
    prediction = std::min(prediction, seconds_since(asked));
    accuracy = right.to(kDouble).mean().item<double>();
  }
  return {{"epochs run", std::min(epoch + 1, epochs)},
          {"training s", training},
          {"samples/s", static_cast<double>(samples) / training},
          {"prediction ms", 1000 * prediction},
          {"accuracy %", 100 * accuracy}};
}

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::SweepOptions options("Sizes and learning rates of scikit-learn's MLPClassifier on MNIST, with Adam.");
    options.rates = {1, 0.1, 0.01, 0.001, 0.0001};
    std::vector<double> scales = {1, 255};
    options.app.add_option("--scale", scales, "what the brightest pixel becomes: 1, 255, or both")
        ->delimiter(',')
        ->check(CLI::IsMember({"1", "255"}))
        ->capture_default_str();
    options.parse(argc, argv);

    auto digits = train::load_digits(options.data);
    digits.train = train::first(digits.train, options.images);
    fmt::print("{} of {}, {} threads\n", options.images, digits.description, get_num_threads());
    train::Sweep sweep({{"scale", "{}"},
                        {"hidden", "{}"},
                        {"rate", "{}"},
                        {"epochs run", "{}"},
                        {"training s", "{:.1f}"},
                        {"samples/s", "{:.0f}"},
                        {"prediction ms", "{:.0f}"},
                        {"accuracy %", "{:.2f}"}},
                       options.results);
    for (double scale : scales)
      for (int64_t hidden : options.hidden)
        for (double rate : options.rates) {
          const auto images = static_cast<double>(options.images), epochs = static_cast<double>(options.epochs);
          manual_seed(options.seed);
          sweep.run({{"scale", scale},
                     {"hidden", static_cast<double>(hidden)},
                     {"rate", rate},
                     {"images", images},
                     {"epochs", epochs},
                     {"seed", static_cast<double>(options.seed)}},
                    [&] { return study(digits, hidden, rate, scale, options.epochs); });
        }
    fmt::print("\n{}", sweep.table().text());
    if (!options.chart) return 0;

    // A row of charts for each scale.
    std::vector<train::Chart> charts;
    for (double scale : scales)
      for (const char* what : {"training s", "prediction ms", "accuracy %"})
        charts.push_back({fmt::format("{}, pixels to {}", what, scale),
                          {"hidden units"},
                          {},
                          sweep.series("hidden", what, "rate", {{"scale", scale}}),
                          {},
                          380,
                          300});
    train::write_charts(*options.chart, charts, 3);
    return 0;
  });
}
