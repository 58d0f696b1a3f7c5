#include "weft/report/chart_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace weft::train {
namespace {

// 1, 2 or 5 times a power of ten, approximately range / count.
double nice_step(double range, int count) {
  const double rough = range / count, power = std::pow(10.0, std::floor(std::log10(rough)));
  for (double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * 0.999) return factor * power;
  return 10 * power;
}

}  // namespace

std::string short_number(double value) {
  std::string text = fmt::format("{:.4g}", value);
  return text == "-0" ? "0" : text;
}

AxisScale::AxisScale(const Axis& axis, const std::vector<double>& values, int ticks, bool whole_ticks)
    : log_(axis.log) {
  low_ = std::numeric_limits<double>::infinity(), high_ = -low_;
  auto take = [&](double v) {
    if (shows(v)) low_ = std::min(low_, v), high_ = std::max(high_, v);
  };
  for (double v : values) take(v);
  if (low_ > high_) low_ = log_ ? 0.1 : 0, high_ = 1;
  if (axis.min && shows(*axis.min)) low_ = *axis.min;
  if (axis.max && shows(*axis.max)) high_ = *axis.max;
  // A single value is in the middle.
  const double size = std::max(std::abs(low_), std::abs(high_));
  if (log_ && high_ < low_ * 1.0001) low_ /= 2, high_ *= 2;
  if (!log_ && high_ - low_ <= size * 1e-9) low_ -= size > 0 ? size / 2 : 0.5, high_ += size > 0 ? size / 2 : 0.5;
  log_ ? log_ticks() : linear_ticks(ticks, whole_ticks, axis);
}

bool AxisScale::shows(double value) const { return std::isfinite(value) && (!log_ || value > 0); }

double AxisScale::place(double value) const {
  if (log_) return std::log(value / low_) / std::log(high_ / low_);
  return (value - low_) / (high_ - low_);
}

void AxisScale::linear_ticks(int count, bool whole_ticks, const Axis& axis) {
  step_ = nice_step(high_ - low_, count);
  if (axis.whole) step_ = std::max(1.0, step_);
  if (whole_ticks && !axis.min) low_ = std::floor(low_ / step_ + 1e-6) * step_;
  if (whole_ticks && !axis.max) high_ = std::ceil(high_ / step_ - 1e-6) * step_;
  const double first = std::ceil(low_ / step_ - 1e-6), last = std::floor(high_ / step_ + 1e-6);
  for (double i = first; i <= last; ++i) ticks_.push_back(i * step_);
}

void AxisScale::log_ticks() {
  const double decades = std::log10(high_ / low_);
  const int every = static_cast<int>(std::ceil(decades / 6));
  const bool between = decades < 1.8;
  for (int power = static_cast<int>(std::floor(std::log10(low_))); power <= std::ceil(std::log10(high_)); ++power)
    for (double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10.0, power);
      if ((factor > 1 && !between) || (every > 1 && power % every != 0)) continue;
      if (tick >= low_ * 0.999 && tick <= high_ * 1.001) ticks_.push_back(tick);
    }
}

std::string AxisScale::label(double tick) const {
  if (log_ || tick == 0) return short_number(tick);
  const double largest = std::max(std::abs(low_), std::abs(high_));
  if (largest >= 1e6 || step_ < 1e-5) return short_number(tick);
  const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step_) - 1e-6)));
  return fmt::format("{:.{}f}", tick, decimals);
}

}  // namespace weft::train
