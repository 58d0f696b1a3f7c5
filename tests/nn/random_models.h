// Random texts of the model language, drawn from its table: every registered layer and option can occur.
#pragma once

#include <algorithm>
#include <random>
#include <string>

#include "weft/nn/lang/initialisers.h"
#include "weft/nn/lang/summary.h"
#include "weft/nn/lang/table.h"

namespace weft::test {

class RandomModels {
 public:
  explicit RandomModels(uint32_t seed) : random_(seed) {}

  /// A valid model with small layers.
  nn::lang::Chain model() {
    while (true) {
      nn::lang::Chain out{nn::lang::make_layer("input", input())};
      for (int wanted = below(7) + 1; wanted > 0; --wanted) extend(out, 2);
      if (out.layers.size() > 1) return out;
    }
  }

  /// The chain's text with random spaces, newlines and comments between its words.
  std::string spaced(const nn::lang::Chain& chain) {
    std::string out;
    for (char c : chain.text()) {
      if (std::string_view("|(),=").find(c) != std::string_view::npos && chance(2)) out += space();
      if (c == ' ')
        out += space();
      else
        out += c;
      if (c == '|' && chance(3)) out += space();
    }
    return out;
  }

  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  bool chance(int one_in) { return below(one_in) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(below(static_cast<int>(from.size())))];
  }

 private:
  using Kind = nn::lang::Field::Kind;

  std::string space() { return pick(std::vector<std::string>{" ", "  ", "\n", "\t", " # relu | (\n", "\r\n "}); }

  std::vector<nn::lang::Value> input() {
    switch (below(3)) {
      case 0:
        return {1 + below(12)};
      case 1:
        return {1 + below(6), 1 + below(12)};
      default:
        return {1 + below(6), 1 + below(10), 1 + below(10)};
    }
  }

  double whole(const nn::lang::Field& field) {
    const int least = std::max(-4, static_cast<int>(field.least));
    return least + below(static_cast<int>(std::min(field.most, 6.0)) - least + 1);
  }
  double real(const nn::lang::Field& field) {
    const double low = std::max(field.least, -2.0), high = std::min(field.most, 2.0);
    if (chance(3)) return low + (high - low) / 4;
    return std::uniform_real_distribution<double>(low, high)(random_);
  }

  nn::lang::Value value(const nn::lang::Field& field) {
    nn::lang::Value out;
    switch (field.kind) {
      case Kind::Flag:
        break;
      case Kind::Whole:
        out = whole(field);
        break;
      case Kind::Number:
        out = real(field);
        break;
      case Kind::Sizes:
        for (size_t n = chance(2) ? 1 : field.count; n > 0; --n) out.numbers.push_back(whole(field));
        break;
      case Kind::List:
        for (int n = 1 + below(static_cast<int>(field.count)); n > 0; --n) out.numbers.push_back(whole(field));
        break;
      case Kind::Word:
        out = pick(field.words);
        break;
      case Kind::Initialiser: {
        const auto& row = pick(nn::lang::initialisers());
        out.word = row.name;
        for (const auto& number : row.numbers)
          if (!number.default_value || chance(2)) out.numbers.push_back(real(number));
      }
    }
    return out;
  }

  nn::lang::LayerSpec layer(const nn::lang::LayerRow& row, const nn::lang::Chain& before, int depth) {
    std::vector<nn::lang::Value> arguments;
    for (const auto& field : row.arguments) {
      if (field.default_value && chance(2)) break;
      const nn::lang::Value v = value(field);
      if (field.kind == Kind::List)
        for (double n : v.numbers) arguments.emplace_back(n);
      else
        arguments.push_back(v);
    }
    std::vector<nn::lang::Chain> branches;
    const size_t count = std::min<size_t>(row.branches.most, row.branches.least + static_cast<size_t>(below(2)));
    for (size_t i = 0; i < count; ++i) {
      nn::lang::Chain longer = before;
      for (int wanted = below(3) + 1; wanted > 0; --wanted) extend(longer, depth - 1);
      nn::lang::Chain branch(
          std::vector(longer.layers.begin() + static_cast<int64_t>(before.layers.size()), longer.layers.end()));
      if (branch.layers.empty()) branch.layers.push_back(nn::lang::make_layer("relu", {}));
      branches.push_back(branch);
    }
    auto out = nn::lang::make_layer(row.name, arguments, branches);
    for (const auto& option : row.options)
      if (chance(option.name == "add" || option.name == "concat" ? 2 : 4))
        nn::lang::set_option(out, option.name, value(option));
    if (chance(6)) nn::lang::set_name(out, "name" + std::to_string(below(100)));
    return out;
  }

  /// Adds a random layer that fits, if a few attempts find one.
  void extend(nn::lang::Chain& chain, int depth) {
    const auto rows = nn::lang::rows();
    for (int tries = 0; tries < 20; ++tries) {
      const nn::lang::LayerRow& row = *pick(rows);
      if (row.branches.most > 0 && depth == 0) continue;
      nn::lang::Chain longer = chain;
      try {
        longer.layers.push_back(layer(row, chain, depth));
        if (!small(nn::summary(longer))) continue;
      } catch (const Error&) {
        continue;
      }
      chain = longer;
      return;
    }
  }

  static bool small(const nn::Summary& s) {
    for (const auto& row : s.rows)
      if (numel_of(row.output) > 2000) return false;
    return s.parameters < 20000 && s.rows.size() < 60;
  }

  std::mt19937 random_;
};

}  // namespace weft::test
