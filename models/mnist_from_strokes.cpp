// Learns to read handwriting from drawn digits alone: trains on SyntheticDigits, and tests on MNIST, of which no image
// is ever trained on. docs/synthetic-digits.md tells how the digits are drawn.
#include "options.h"
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
    const int64_t batch_size = options.batch.value_or(256);
    const double lr = options.lr.value_or(1e-2);

    auto mnist = train::load_digits(options.data);
    options.about.data = fmt::format("{} drawn digits; tested on {}", count, mnist.description);
    fmt::print("drawing {} digits; testing on {}\n", count, mnist.description);
    data::datasets::SyntheticDigits digits(count, 1000 + options.seed);
    data::transforms::Normalize<> normalize(0.1307, 0.3081);
    data::transforms::Stack<> stack;
    auto train_loader =
        data::make_data_loader<data::samplers::RandomSampler>(digits.map(normalize).map(stack), batch_size);
    auto test_loader =
        data::make_data_loader<data::samplers::SequentialSampler>(mnist.test.map(normalize).map(stack), 1000);

    nn::Sequential net(nn::Conv2d(1, 24, 5), nn::MaxPool2d(2), nn::ReLU(), nn::Conv2d(24, 32, 3), nn::MaxPool2d(2),
                       nn::ReLU(), nn::Flatten(), nn::Linear(800, 256), nn::ReLU(), nn::Linear(256, 10));
    optim::Adam optimizer(net->named_parameters(), optim::AdamOptions(lr).betas({0.7, 0.9}));
    train::Position position = train::position_of(*train_loader);
    const int64_t steps = options.steps.value_or(options.epochs * position.batches);
    optim::OneCycleLR schedule(optimizer, optim::OneCycleLROptions(lr, steps).cycle_momentum(false));

    auto test = [&] { return train::evaluate([&](const Tensor& x) { return net->forward(x); }, *test_loader); };
    train::Run run(options, *net, optimizer, position, test, &schedule);
    while (run.next_epoch())
      for (auto& batch : *train_loader) {
        Tensor loss = F::cross_entropy(net->forward(batch.data), batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        if (!run.step(loss, batch.data.size(0))) break;
      }
    run.finish();
    return 0;
  });
}
