// Logistic regression: ten yes-or-no questions, "is it a 3?", each a weighted sum of the pixels and a sigmoid. --tuned
// makes them one question, with a softmax.
#include "weft/app/command_line.h"
#include "weft/train/digits.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

// The rate is constant within an epoch: 1/100, 1/10 and the full value of a cosine that restarts every three epochs.
optim::LRScheduler original_schedule(optim::Optimizer& optimizer, int64_t batches) {
  const auto by_epoch = optim::WarmupCosineLR(
      optimizer, optim::WarmupCosineLROptions(3, 10).factors({0.01, 0.1, 1}).restart_every(3).eta_min(1e-4));
  return {optimizer, "WarmupCosineByEpoch", [rate = by_epoch.schedule(), batches](double base, int64_t step, size_t g) {
            return rate(base, step / batches, g);
          }};
}

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::Options options(
        "Logistic regression on MNIST: SGD in batches of 512, the rate a cosine from 0.1 to 0.0001 that restarts every "
        "three epochs, after a warm-up.");
    bool tuned = false;
    options.app.add_flag("--tuned", tuned, "softmax, weights from zero, Adam, and one cosine from 0.005");
    options.epochs = 10;
    options.parse(argc, argv);
    options.set_defaults(tuned ? 0.005 : 0.1, 512);

    auto digits = train::load_digits(options.data);
    const train::InputScale scale{{0.5}, {1}};
    options.announce(digits, scale, tuned ? "cross_entropy" : "binary_cross_entropy sum");
    data::transforms::Normalize<> normalize(scale.mean, scale.deviation);
    data::transforms::Stack<> stack;
    auto train_loader =
        data::make_data_loader<data::samplers::RandomSampler>(digits.train.map(normalize).map(stack), *options.batch);
    auto test_loader =
        data::make_data_loader<data::samplers::SequentialSampler>(digits.test.map(normalize).map(stack), 1000);

    // Rows of 785 values: the pixels from -0.5 to 0.5, and a 1 whose weight is the bias.
    auto questions = nn::linear(10).no_bias();
    tuned ? questions.init("zeros") : questions.init("normal", 1);
    nn::Model net = nn::input(1, 28, 28) | nn::flatten() | nn::constant_pad(0, 1).value(1) | questions;
    std::unique_ptr<optim::Optimizer> optimizer;
    if (tuned)
      optimizer = std::make_unique<optim::Adam>(net->named_parameters(), *options.lr);
    else
      optimizer = std::make_unique<optim::SGD>(net->named_parameters(), *options.lr);
    const train::Position position = train::position_of(*train_loader);

    optim::LRScheduler schedule =
        tuned ? optim::CosineAnnealingLR(*optimizer, options.steps.value_or(options.epochs * position.batches))
              : original_schedule(*optimizer, position.batches);

    // The ten questions' losses are summed.
    auto loss_of = [&](const Tensor& logits, const Tensor& target) {
      return tuned ? F::cross_entropy(logits, target)
                   : F::binary_cross_entropy_with_logits(logits, one_hot(target, 10).to(kFloat), kSum) /
                         static_cast<double>(target.size(0));
    };
    auto sure = [&](const Tensor& logits) { return tuned ? logits.softmax(1) : logits.sigmoid(); };
    auto test = [&] { return train::evaluate(net, *test_loader, {loss_of, sure}); };
    train::Run run(options, *net, *optimizer, position, test, &schedule);
    while (run.next_epoch())
      for (auto& batch : *train_loader) {
        Tensor logits = net(batch.data);
        Tensor loss = loss_of(logits, batch.target);
        optimizer->zero_grad();
        loss.backward();
        optimizer->step();
        if (!run.step(loss, logits, batch.target)) break;
      }
    const train::Evaluation last = run.finish();
    if (last.metrics) fmt::print("{}", last.metrics->table());
    return 0;
  });
}
