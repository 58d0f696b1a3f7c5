// Initialisers: PyTorch's values, and the distributions' properties.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/nn/support.h"

namespace weft {
namespace {

const nlohmann::json& golden() {
  static const nlohmann::json all = nlohmann::json::parse(std::ifstream(WEFT_TEST_DIR "/golden/random_init.json"));
  return all;
}

/// float32 values, written with all digits: equal except for the last bit of a sqrt or log.
void check_golden(const Tensor& got, const nlohmann::json& want) {
  check_close(got, want.get<std::vector<double>>(), 2e-7);
}

double deviation(const Tensor& t) { return t.std().item<double>(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(init)

BOOST_AUTO_TEST_CASE(layers_draw_pytorchs_numbers) {
  manual_seed(0);
  nn::Linear fc(7, 15);
  nn::Conv2d conv(2, 3, 3);
  check_golden(fc->weight, golden()["seed0/Linear(7,15)"]["weight"]);
  check_golden(fc->bias, golden()["seed0/Linear(7,15)"]["bias"]);
  check_golden(conv->weight, golden()["seed0/then Conv2d(2,3,3)"]["weight"]);
  check_golden(conv->bias, golden()["seed0/then Conv2d(2,3,3)"]["bias"]);
  manual_seed(0);
  fc->reset_parameters();
  check_golden(fc->bias, golden()["seed0/Linear(7,15)"]["bias"]);
}

BOOST_AUTO_TEST_CASE(functions_draw_pytorchs_numbers) {
  const std::pair<const char*, std::function<void(Tensor)>> rows[] = {
      {"kaiming_uniform_", [](Tensor t) { nn::init::kaiming_uniform_(t, std::sqrt(5.0)); }},
      {"kaiming_normal_", [](Tensor t) { nn::init::kaiming_normal_(t); }},
      {"xavier_uniform_", [](Tensor t) { nn::init::xavier_uniform_(t); }},
      {"xavier_normal_", [](Tensor t) { nn::init::xavier_normal_(t); }}};
  for (const auto& [name, fill] : rows) BOOST_TEST_CONTEXT(name) {
      const Tensor t = empty({6, 5});
      manual_seed(0);
      fill(t);
      check_golden(t, golden()[std::string("seed0/") + name + " on (6,5)"]);
    }
}

BOOST_AUTO_TEST_CASE(gains) {
  BOOST_CHECK_EQUAL(nn::init::calculate_gain(kLinear), 1);
  BOOST_CHECK_EQUAL(nn::init::calculate_gain(kConvTranspose2D), 1);
  BOOST_CHECK_EQUAL(nn::init::calculate_gain(kSigmoid), 1);
  BOOST_CHECK_CLOSE(nn::init::calculate_gain(kTanh), 5.0 / 3, 1e-12);
  BOOST_CHECK_CLOSE(nn::init::calculate_gain(kReLU), std::sqrt(2.0), 1e-12);
  BOOST_CHECK_CLOSE(nn::init::calculate_gain(kLeakyReLU, 0.2), std::sqrt(2 / 1.04), 1e-12);
  BOOST_CHECK_EQUAL(nn::init::calculate_gain(kSELU), 0.75);
}

BOOST_AUTO_TEST_CASE(fans_count_the_kernel) {
  const auto [in, out] = nn::init::calculate_fan_in_and_fan_out(empty({6, 4, 3, 5}));
  BOOST_CHECK_EQUAL(in, 60);
  BOOST_CHECK_EQUAL(out, 90);
  BOOST_CHECK_THROW(nn::init::xavier_uniform_(empty({3})), ShapeError);
}

BOOST_AUTO_TEST_CASE(modes_set_the_scale) {
  manual_seed(1);
  const Tensor t = empty({400, 100});
  BOOST_CHECK_CLOSE(deviation(nn::init::kaiming_normal_(t, 0, kFanOut, kReLU)), std::sqrt(2.0 / 400), 3);
  BOOST_CHECK_CLOSE(deviation(nn::init::kaiming_uniform_(t, std::sqrt(5.0))), std::sqrt(1.0 / 3 / 100), 3);
  BOOST_CHECK_CLOSE(deviation(nn::init::xavier_normal_(t, 2)), 2 * std::sqrt(2.0 / 500), 3);
  BOOST_CHECK_CLOSE(deviation(nn::init::uniform_(t, -1, 3)), 4 / std::sqrt(12.0), 3);
  BOOST_CHECK_CLOSE(nn::init::normal_(t, 5, 0.5).mean().item<double>(), 5.0, 1);
}

BOOST_AUTO_TEST_CASE(constants_and_identities) {
  BOOST_CHECK(nn::init::ones_(empty({2, 2})).equal(ones({2, 2})));
  BOOST_CHECK(nn::init::zeros_(empty({2, 2})).equal(zeros({2, 2})));
  BOOST_CHECK(nn::init::constant_(empty({3}), 0.5).equal(full({3}, 0.5)));
  BOOST_CHECK(nn::init::eye_(empty({2, 3})).equal(eye(2, 3)));
  BOOST_CHECK_THROW(nn::init::eye_(empty({2})), ShapeError);
  const Tensor parameter = empty({3, 3}).requires_grad_();
  nn::init::eye_(parameter);
  BOOST_CHECK(parameter.is_leaf() && parameter.requires_grad());
}

BOOST_AUTO_TEST_CASE(dirac_keeps_channels) {
  const Tensor x = randn({2, 3, 5, 5});
  check_same(weft::conv2d(x, nn::init::dirac_(empty({3, 3, 3, 3})), {}, 1, 1), x);
  const Tensor grouped = nn::init::dirac_(empty({4, 2, 3}), 2);
  const Tensor line = randn({1, 4, 6});
  check_same(weft::conv1d(line, grouped, {}, 1, 1, 1, 2), line);
  BOOST_CHECK_THROW(nn::init::dirac_(empty({3, 3})), ShapeError);
  BOOST_CHECK_THROW(nn::init::dirac_(empty({3, 3, 1}), 2), ValueError);
}

BOOST_AUTO_TEST_CASE(truncated_normal_numbers_stay_inside) {
  manual_seed(0);
  const Tensor t = nn::init::trunc_normal_(empty({200, 100}), 0.0, 0.1, -0.2, 0.2);
  BOOST_CHECK(t.abs().max().item<float>() <= 0.2f);
  BOOST_CHECK_SMALL(t.mean().item<double>(), 2e-3);
  // The standard deviation of a normal distribution truncated at two standard deviations.
  BOOST_CHECK_CLOSE(deviation(t), 0.1 * 0.87963, 2);
  // Each value is the quantile of the uniform value drawn for it.
  manual_seed(0);
  const Tensor u = rand({200, 100});
  const double edge = std::erf(2 / std::sqrt(2.0));
  check_close((t.to(kFloat64) / (0.1 * std::sqrt(2.0))).erf(), values((u.to(kFloat64) * 2 - 1) * edge), 1e-5);
  BOOST_CHECK_THROW(nn::init::trunc_normal_(empty({3}), 0, 1, 1, 0), ValueError);
  BOOST_CHECK_THROW(nn::init::trunc_normal_(empty({3}), 0, -1), ValueError);
}

BOOST_AUTO_TEST_CASE(orthogonal_matrices_are) {
  manual_seed(0);
  for (Dims sizes : {Dims{4, 4}, Dims{7, 3}, Dims{3, 7}, Dims{4, 2, 3}}) {
    const Tensor w = nn::init::orthogonal_(empty(sizes, kFloat64), 2).flatten(1);
    const bool tall = w.size(0) > w.size(1);
    const Tensor product = tall ? w.t().matmul(w) : w.matmul(w.t());
    BOOST_CHECK(product.allclose(eye(product.size(0), kFloat64) * 4, 0, 1e-12));
  }
  // The Q of a QR factorisation whose R has a positive diagonal: Q^T A is triangular, with a positive diagonal.
  manual_seed(5);
  const Tensor q = nn::init::orthogonal_(empty({5, 3}, kFloat64));
  manual_seed(5);
  const Tensor r = q.t().matmul(empty({5, 3}, kFloat64).normal_());
  BOOST_CHECK(r.tril(-1).allclose(zeros({3, 3}, kFloat64), 0, 1e-12));
  BOOST_CHECK((r.diagonal() > 0).all().item<bool>());
  BOOST_CHECK_THROW(nn::init::orthogonal_(empty({3})), ShapeError);
}

BOOST_AUTO_TEST_CASE(sparse_columns_have_their_zeros) {
  manual_seed(0);
  const Tensor w = nn::init::sparse_(empty({10, 6}), 0.35, 0.5);
  for (double zeros_in_column : values((w == 0).sum({0}))) BOOST_CHECK_EQUAL(zeros_in_column, 4);
  BOOST_CHECK_THROW(nn::init::sparse_(empty({3}), 0.5), ShapeError);
  BOOST_CHECK_THROW(nn::init::sparse_(empty({3, 3}), 1.5), ValueError);
}

BOOST_AUTO_TEST_CASE(layers_start_as_documented) {
  nn::BatchNorm2d bn(3);
  BOOST_CHECK(bn->weight.equal(ones({3})) && bn->bias.equal(zeros({3})));
  BOOST_CHECK(bn->running_mean.equal(zeros({3})) && bn->running_var.equal(ones({3})));
  BOOST_CHECK(nn::PReLU(nn::PReLUOptions(2).init(0.1))->weight.equal(full({2}, 0.1)));
  nn::ConvTranspose2d up(4, 9, 2);
  BOOST_CHECK(up->weight.abs().max().item<double>() <= 1 / std::sqrt(36.0) &&
              up->bias.abs().max().item<double>() <= 1 / std::sqrt(36.0));
  manual_seed(0);
  BOOST_CHECK_CLOSE(deviation(nn::Embedding(100, 50)->weight), 1.0, 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
