// A report with all of its parts.
#pragma once

#include <fmt/format.h>

#include <cmath>

#include "weft/report/report.h"
#include "weft/tensor/creation.h"

namespace weft::train {

inline Report sample_report() {
  Report r{"Sample", "four classes"};
  for (int64_t epoch = 1; epoch <= 12; ++epoch) {
    const auto e = static_cast<double>(epoch);
    r.course.push_back(
        {epoch, 100 * epoch, 2 / e, 2.2 / e, 1 - 0.5 / e, 3 * e, 70000 + 1000 * std::sin(e), 1e-1 * std::pow(0.5, e)});
  }
  Metrics metrics(2);
  const Tensor target = tensor({0, 0, 1, 1, 2, 2, 2, 2, 3, 3}, kInt64);
  Tensor logits = zeros({10, 4});
  for (int64_t i = 0; i < 10; ++i) logits[i][target[i].item<int64_t>()].fill_(4);
  logits[7][3].fill_(6);  // a two predicted as a three
  metrics.add(logits, target);
  WorstMistakes worst;
  worst.add(arange(10).to(kFloat).div(10).reshape({10, 1, 1}).expand({10, 28, 28}), logits, target);
  r.test = metrics;
  r.mistakes = worst.mistakes();
  r.class_names = {"zero", "one", "two", "three"};
  r.model = fmt::format("layer     output   parameters\nlinear    [4]             3140\n{:-<200}\n", "");
  r.options = {{"--lr", "0.1"}, {"--net", fmt::format("input 784 | linear 4 {:|<120}", "")}};
  return r;
}

}  // namespace weft::train
