// A perceptron with one hidden layer on MNIST: Linear, PReLU, Linear, trained by SGD. About 97.5 % after nine epochs.
#include "options.h"
#include "weft/train/digits.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

struct NetImpl : nn::Module {
  explicit NetImpl(int64_t hidden) : fc1(28 * 28, hidden), fc2(hidden, 10) {
    register_module("fc1", fc1);
    register_module("act", act);
    register_module("fc2", fc2);
  }
  Tensor forward(const Tensor& x) { return fc2(act(fc1(x.flatten(1)))); }

  nn::Linear fc1;
  nn::PReLU act;
  nn::Linear fc2;
};
WEFT_MODULE(Net);

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::Options options("Trains a perceptron with one hidden layer on MNIST: SGD of rate 0.1 on batches of 64.");
    int64_t hidden = 256;
    options.app.add_option("--hidden", hidden, "hidden units")->check(options.count())->capture_default_str();
    options.epochs = 9;
    options.parse(argc, argv);
    const int64_t batch_size = options.batch.value_or(64);

    auto digits = train::load_digits(options.data);
    options.about.data = digits.description;
    fmt::print("training on {}, {} threads\n", digits.description, get_num_threads());
    auto train_loader = data::make_data_loader<data::samplers::RandomSampler>(
        digits.train.map(data::transforms::Stack<>()), batch_size);
    auto test_loader =
        data::make_data_loader<data::samplers::SequentialSampler>(digits.test.map(data::transforms::Stack<>()), 1000);

    Net net(hidden);
    optim::SGD optimizer(net->named_parameters(), options.lr.value_or(0.1));

    auto test = [&] { return train::evaluate([&](const Tensor& x) { return net(x); }, *test_loader); };
    train::Run run(options, *net, optimizer, train::position_of(*train_loader), test);
    while (run.next_epoch())
      for (auto& batch : *train_loader) {
        Tensor loss = F::cross_entropy(net(batch.data), batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        if (!run.step(loss, batch.data.size(0))) break;
      }
    run.finish();
    return 0;
  });
}
