// StepCurve: the course of training within epochs, in a bounded number of points.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weft::train {

/// Means over consecutive training steps.
struct StepPoint {
  int64_t step = 0;     ///< the last of them
  double loss = 0;      ///< mean
  double accuracy = 0;  ///< fraction of correct predictions, 0 to 1; NaN if the steps gave none
};

/// Averages steps into points of N steps each. N begins at 1 and doubles whenever there are 400 points.
class StepCurve {
 public:
  void add(int64_t step, double loss, double accuracy);
  const std::vector<StepPoint>& points() const { return points_; }

  /// Converts the state to one line, and back. Throws StateError for an invalid text.
  std::string text() const;
  static StepCurve of(const std::string& text);

 private:
  std::vector<StepPoint> points_;
  int64_t every_ = 1, pending_ = 0;      // steps per point, steps since the last
  double loss_sum_ = 0, right_sum_ = 0;  // of the pending steps
};

}  // namespace weft::train
