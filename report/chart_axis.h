// Maps values to positions along an axis.
#pragma once

#include <string>
#include <vector>

#include "weft/report/chart.h"

namespace weft::train {

/// The scale of one axis: its ends and its ticks.
class AxisScale {
 public:
  /// `values`: the values to show; `ticks`: the approximate number of ticks that fit. With `whole_ticks` the axis ends
  /// on ticks, unless the ends are given.
  AxisScale(const Axis& axis, const std::vector<double>& values, int ticks, bool whole_ticks);
  /// 0 at one end and 1 at the other.
  double place(double value) const;
  bool shows(double value) const;
  const std::vector<double>& ticks() const { return ticks_; }
  std::string label(double tick) const;

 private:
  void linear_ticks(int count, bool whole_ticks, const Axis& axis);
  void log_ticks();
  bool log_;
  double low_ = 0, high_ = 1, step_ = 0;
  std::vector<double> ticks_;
};

/// A number in few digits, for people.
std::string short_number(double value);

}  // namespace weft::train
