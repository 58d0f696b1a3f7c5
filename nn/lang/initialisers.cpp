#include "weft/nn/lang/initialisers.h"

#include "weft/nn/init.h"
#include "weft/nn/lang/words.h"

namespace weft::nn::lang {
namespace {

using Numbers = std::vector<double>;
Field std_field() { return number("std", 1e-12, kMostNumber).defaults_to(1); }
Field gain_field() { return number("gain", 1e-12, kMostNumber).defaults_to(1); }

}  // namespace

const std::vector<InitialiserRow>& initialisers() {
  constexpr int kAny = 100;
  // Never destroyed: models may be built at exit.
  static const auto* const rows = new std::vector<InitialiserRow>{
      {"normal",
       {std_field(), number("mean", -kMostNumber, kMostNumber).defaults_to(0)},
       "normal numbers",
       0,
       kAny,
       [](Tensor t, const Numbers& n) { init::normal_(t, n[1], n[0]); }},
      {"truncated_normal",
       {std_field()},
       "normal, truncated at two standard deviations",
       0,
       kAny,
       [](Tensor t, const Numbers& n) { init::trunc_normal_(t, 0, n[0], -2 * n[0], 2 * n[0]); }},
      {"uniform",
       {number("low", -kMostNumber, kMostNumber), number("high", -kMostNumber, kMostNumber)},
       "uniform in [low, high)",
       0,
       kAny,
       [](Tensor t, const Numbers& n) { init::uniform_(t, n[0], n[1]); },
       true},
      {kConstant,
       {number("value", -kMostNumber, kMostNumber)},
       "the value; a single number means the same",
       0,
       kAny,
       [](Tensor t, const Numbers& n) { init::constant_(t, n[0]); }},
      {"zeros", {}, "0", 0, kAny, [](Tensor t, const Numbers&) { init::zeros_(t); }},
      {"ones", {}, "1", 0, kAny, [](Tensor t, const Numbers&) { init::ones_(t); }},
      {"kaiming_normal",
       {number("slope", -kMostNumber, kMostNumber).defaults_to(0)},
       "He's normal distribution of variance 2 / (1 + slope^2) / inputs",
       2,
       kAny,
       [](Tensor t, const Numbers& n) { init::kaiming_normal_(t, n[0]); }},
      {"kaiming_uniform",
       {number("slope", -kMostNumber, kMostNumber).defaults_to(0)},
       "uniform with the same variance",
       2,
       kAny,
       [](Tensor t, const Numbers& n) { init::kaiming_uniform_(t, n[0]); }},
      {"xavier_normal",
       {gain_field()},
       "Glorot's normal distribution of variance 2 gain^2 / (inputs + outputs)",
       2,
       kAny,
       [](Tensor t, const Numbers& n) { init::xavier_normal_(t, n[0]); }},
      {"xavier_uniform",
       {gain_field()},
       "uniform with the same variance",
       2,
       kAny,
       [](Tensor t, const Numbers& n) { init::xavier_uniform_(t, n[0]); }},
      {"orthogonal",
       {gain_field()},
       "orthonormal rows or columns times gain",
       2,
       kAny,
       [](Tensor t, const Numbers& n) { init::orthogonal_(t, n[0]); }},
      {"sparse",
       {number("zeros", 0, 1), number("std", 1e-12, kMostNumber).defaults_to(0.01)},
       "normal, with the fraction `zeros` of each column set to 0; `linear` and `embedding`",
       2,
       2,
       [](Tensor t, const Numbers& n) { init::sparse_(t, n[0], n[1]); }},
      {"eye", {}, "the identity; `linear` and `embedding`", 2, 2, [](Tensor t, const Numbers&) { init::eye_(t); }},
      {"dirac", {}, "passes channels through; convolutions", 3, 5, [](Tensor t, const Numbers&) { init::dirac_(t); }},
  };
  return *rows;
}

const InitialiserRow& initialiser_of(std::string_view where, std::string_view name) {
  std::vector<std::string> names;
  for (const InitialiserRow& row : initialisers()) {
    if (row.name == name) return row;
    names.push_back(row.name);
  }
  fail<ValueError>("[{}] unknown initialiser '{}'{}", where, shortened(name), did_you_mean(name, names));
}

void check_initialiser(std::string_view layer, std::string_view field, const Value& value, int dims) {
  const InitialiserRow& row = initialiser_of(layer, value.word);
  check<ShapeError>(dims >= row.least_dims && dims <= row.most_dims,
                    "[{}] {} {} is for {}{} dimensions, this tensor has {}", layer, field, row.name, row.least_dims,
                    row.most_dims == row.least_dims ? "" : " and more", dims);
}

void fill(const Tensor& tensor, const Value& value) {
  const InitialiserRow& row = initialiser_of("init", value.word);
  Numbers numbers = value.numbers;
  for (size_t i = numbers.size(); i < row.numbers.size(); ++i)
    numbers.push_back(row.numbers[i].default_value->numbers[0]);
  row.fill(tensor, numbers);
}

}  // namespace weft::nn::lang
