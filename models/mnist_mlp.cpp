// A perceptron with one hidden layer on MNIST: Linear, PReLU, Linear, trained by SGD. About 97.5 % after nine epochs.
#include "weft/app/command_line.h"
#include "weft/train/digits.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::Options options("Trains a perceptron with one hidden layer on MNIST: SGD of rate 0.1 on batches of 64.");
    int64_t hidden = 256;
    options.app.add_option("--hidden", hidden, "hidden units")->check(options.count())->capture_default_str();
    options.epochs = 9;
    options.parse(argc, argv);
    options.set_defaults(0.1, 64);

    auto digits = train::load_digits(options.data);
    options.announce(digits);
    auto train_loader = data::make_data_loader<data::samplers::RandomSampler>(
        digits.train.map(data::transforms::Stack<>()), *options.batch);
    auto test_loader =
        data::make_data_loader<data::samplers::SequentialSampler>(digits.test.map(data::transforms::Stack<>()), 1000);

    nn::Model net = nn::input(1, 28, 28) | nn::flatten() | nn::linear(hidden).named("fc1") | nn::prelu().named("act") |
                    nn::linear(10).named("fc2");
    optim::SGD optimizer(net->named_parameters(), *options.lr);

    auto test = [&] { return train::evaluate(net, *test_loader); };
    train::Run run(options, *net, optimizer, train::position_of(*train_loader), test);
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
