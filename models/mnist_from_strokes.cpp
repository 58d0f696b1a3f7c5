// Learns to read handwriting from drawn digits alone: trains on SyntheticDigits and tests on MNIST, of which no image
// is used for training; `weft eval` tests its checkpoints on either part of MNIST. docs/synthetic-digits.md describes
// how the digits are drawn.
#include "weft/app/command_line.h"
#include "weft/models/nets.h"
#include "weft/train/digits.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::Options options("Trains the quick convolutional network on generated digits only, and tests it on MNIST.");
    size_t count = 180000;
    options.app.add_option("--count", count, "digits to draw")->check(CLI::PositiveNumber)->capture_default_str();
    options.parse(argc, argv);
    options.set_defaults(1e-2, 256);

    auto mnist = train::load_digits(options.data);
    options.about.data = fmt::format("{} drawn digits; tested on {}", count, mnist.description);
    const train::InputScale scale{{0.1307}, {0.3081}};
    options.announce(mnist, scale);
    data::datasets::SyntheticDigits digits(count, 1000 + options.seed);
    data::transforms::Normalize<> normalize(scale.mean, scale.deviation);
    data::transforms::Stack<> stack;
    auto train_loader =
        data::make_data_loader<data::samplers::RandomSampler>(digits.map(normalize).map(stack), *options.batch);
    auto test_loader =
        data::make_data_loader<data::samplers::SequentialSampler>(mnist.test.map(normalize).map(stack), 1000);

    nn::Model net = models::quick_net();
    optim::Adam optimizer(net->named_parameters(), optim::AdamOptions(*options.lr).betas({0.7, 0.9}));
    train::Position position = train::position_of(*train_loader);
    const int64_t steps = options.steps.value_or(options.epochs * position.batches);
    optim::OneCycleLR schedule(optimizer, optim::OneCycleLROptions(*options.lr, steps).cycle_momentum(false));

    auto test = [&] { return train::evaluate(net, *test_loader); };
    train::Run run(options, *net, optimizer, position, test, &schedule);
    while (run.next_epoch())
      for (auto& batch : *train_loader) {
        Tensor logits = net(batch.data);
        Tensor loss = F::cross_entropy(logits, batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        if (!run.step(loss, logits, batch.target)) break;
      }
    run.finish();
    return 0;
  });
}
