// Compares the first steps of training on MNIST with PyTorch's: losses and final parameters.
#include <boost/test/unit_test.hpp>
#include <iostream>

#include "tests/golden.h"
#include "weft/weft.h"

using namespace weft;
using test::Json;

namespace {

/// The initial values of training.json: parameter k is, at flat index i, sin((0.37 i) i mod 1000 + k) / sqrt(fan), fan
/// being the elements of one row, or of a vector; PReLU's weight is 0.25.
void start_from_formula(nn::Sequential& net) {
  NoGradGuard no_grad;
  double k = 0;
  for (const auto& p : net->named_parameters()) {
    Tensor values = empty(p.value().sizes(), kFloat64);
    const int64_t n = values.numel();
    const double fan = static_cast<double>(values.dim() > 1 ? n / values.size(0) : n);
    for (int64_t i = 0; i < n; ++i) {
      const double x = static_cast<double>(i);
      values.data_ptr<double>()[i] = n == 1 ? 0.25 : std::sin(std::fmod(0.37 * x * x, 1000) + k) / std::sqrt(fan);
    }
    p.value().copy_(values);
    ++k;
  }
}

/// |got - want| <= tolerance (1 + |want|)
void check_near(double got, double want, double tolerance, const std::string& what) {
  BOOST_CHECK_MESSAGE(std::abs(got - want) <= tolerance * (1 + std::abs(want)),
                      what << " is " << got << " instead of " << want);
}

/// Trains as defined by `run` of training.json and compares every loss to `loss_tolerance` and, relative to their
/// sizes, sums and first elements of the final parameters to `parameter_tolerance`.
void train_as(const char* run, nn::Sequential net, optim::Optimizer& optimizer, Dims image, Dtype dtype,
              double loss_tolerance, double parameter_tolerance) {
  const data::MnistLocation mnist = data::find_mnist();
  if (!mnist.folder) {
    std::cout << "no MNIST here: all cases skipped\n";
    return;
  }
  const data::MnistTensors set = data::load_mnist(*mnist.folder);
  const Json golden = test::read_json("training.json").at(run);
  const int64_t batch = golden["batch"];
  int64_t step = 0;
  for (const double want : golden["losses"]) {
    Dims sizes = image;
    sizes.insert(0, batch);
    const Tensor x = set.images.narrow(0, step * batch, batch).to(dtype).div(255).view(sizes);
    const Tensor loss = nn::functional::cross_entropy(net->forward(x), set.labels.narrow(0, step * batch, batch));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    BOOST_CHECK_MESSAGE(std::abs(loss.item<double>() - want) <= loss_tolerance,
                        "the loss of step " << step << " is " << loss.item<double>() << " instead of " << want);
    ++step;
  }
  BOOST_CHECK(step >= 10);
  for (const auto& p : net->named_parameters()) {
    const Json& want = golden["parameters"].at(p.key());
    const Tensor got = p.value().detach().to(kFloat64).contiguous();
    check_near(got.abs().sum().item<double>(), want["abs_sum"], parameter_tolerance, p.key() + "'s sum of magnitudes");
    for (size_t i = 0; i < want["first"].size(); ++i)
      check_near(got.data_ptr<double>()[i], want["first"][i], parameter_tolerance, p.key() + "'s first elements");
  }
}

void train_mlp(Dtype dtype, double loss_tolerance, double parameter_tolerance) {
  nn::Sequential net(nn::Linear(784, 256), nn::PReLU(), nn::Linear(256, 10));
  net->to(dtype);
  start_from_formula(net);
  optim::SGD sgd(net->parameters(), optim::SGDOptions(0.1));
  train_as("mlp_prelu_sgd", net, sgd, {784}, dtype, loss_tolerance, parameter_tolerance);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden_training)

BOOST_AUTO_TEST_CASE(mlp_in_float32) { train_mlp(kFloat32, 1e-3, 1e-4); }
BOOST_AUTO_TEST_CASE(mlp_in_float64) { train_mlp(kFloat64, 1e-9, 1e-9); }

BOOST_AUTO_TEST_CASE(cnn_in_float32) {
  nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(1, 32, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2),
                     nn::Conv2d(nn::Conv2dOptions(32, 64, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                     nn::Linear(3136, 1024), nn::ReLU(), nn::Linear(1024, 10));
  start_from_formula(net);
  optim::Adam adam(net->parameters(), optim::AdamOptions(1e-4));
  train_as("cnn_adam", net, adam, {1, 28, 28}, kFloat32, 1e-3, 1e-3);
}

BOOST_AUTO_TEST_SUITE_END()
