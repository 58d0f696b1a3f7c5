#include "weft/train/step_curve.h"

#include <fmt/format.h>

#include <sstream>

#include "weft/tensor/error.h"
#include "weft/tensor/named_tensors.h"

namespace weft::train {
namespace {

constexpr size_t kMostPoints = 400;

double number_of(std::istringstream& in) {
  std::string word;
  in >> word;
  return double_at({{"curve", word}}, "curve");
}

}  // namespace

void StepCurve::add(int64_t step, double loss, double accuracy) {
  ++pending_;
  loss_sum_ += loss, right_sum_ += accuracy;
  if (pending_ < every_) return;
  const auto n = static_cast<double>(pending_);
  points_.push_back({step, loss_sum_ / n, right_sum_ / n});
  pending_ = 0, loss_sum_ = right_sum_ = 0;
  if (points_.size() < kMostPoints) return;
  for (size_t i = 0; i < kMostPoints / 2; ++i) {
    const StepPoint &a = points_[2 * i], &b = points_[2 * i + 1];
    points_[i] = {b.step, (a.loss + b.loss) / 2, (a.accuracy + b.accuracy) / 2};
  }
  points_.resize(kMostPoints / 2);
  every_ *= 2;
}

std::string StepCurve::text() const {
  std::string out =
      fmt::format("{} {} {} {} {}", points_.size(), every_, pending_, to_text(loss_sum_), to_text(right_sum_));
  for (const StepPoint& p : points_) out += fmt::format(" {} {} {}", p.step, to_text(p.loss), to_text(p.accuracy));
  return out;
}

StepCurve StepCurve::of(const std::string& text) {
  std::istringstream in(text);
  StepCurve out;
  size_t count = 0;
  in >> count >> out.every_ >> out.pending_;
  check<StateError>(in.good() && count < kMostPoints && out.every_ >= 1 && out.pending_ >= 0,
                    "[train] the curve of the checkpoint cannot be read");
  out.loss_sum_ = number_of(in), out.right_sum_ = number_of(in);
  for (size_t i = 0; i < count; ++i) {
    StepPoint p;
    in >> p.step;
    p.loss = number_of(in), p.accuracy = number_of(in);
    out.points_.push_back(p);
  }
  return out;
}

}  // namespace weft::train
