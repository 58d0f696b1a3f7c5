#include "weft/data/digit_strokes.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "weft/data/digit_draws.h"

namespace weft::data {
namespace {

// One way to write a digit. A path lists points "xxyy", 00 to 99 of the box, y downwards, and arcs "(xxyy rrss a b)":
// about xxyy, radii rr and ss, from angle a to b in degrees, 0 to the right and 90 down. The pen runs through them
// smoothly; "|" makes the point before it a corner, "/" lifts the pen.
struct Template {
  int digit;
  float weight;  // how often, against the digit's other templates
  float width;   // of the box, against its height
  std::string_view path;
};

constexpr Template kTemplates[] = {
    // 0: begun at the top, closed, lapped over, or left open
    {0, 6, 0.72f, "(5050 4848 -90 -455)"},
    {0, 2, 0.68f, "(5050 4848 -60 -440)"},
    {0, 1, 0.72f, "(5050 4848 -120 -420)"},
    {0, 1, 0.70f, "(5050 4848 -60 -430) 3525"},
    {0, 1, 0.72f, "(5050 4848 -120 270)"},
    {0, 1, 0.75f, "2520 5503 (5050 4848 -60 -440)"},
    // 1: a stroke, sometimes with a flag and a foot
    {1, 6, 0.30f, "5000 5050 5099"},
    {1, 2, 0.30f, "5800 4850 5299"},
    {1, 2, 0.45f, "1528 5500|5599"},
    {1, 2, 0.40f, "3018 5000|5099"},
    {1, 1, 0.60f, "1525 5000|5099/1599 8599"},
    {1, 1, 0.50f, "0535 5500|5599"},
    // 2: a swan's neck with a corner, a loop or a wave at the foot
    {2, 3, 0.75f, "(4528 4028 -170 50) 1095|9592"},
    {2, 3, 0.80f, "(4528 4028 -170 45) 4070 1592 0880 1868 4578 9595"},
    {2, 2, 0.80f, "(4826 3826 -160 50) 3082 1095 0378 2062 5078 9298"},
    {2, 1, 0.75f, "1008 8808|1095|9595"},
    {2, 2, 0.75f, "1015 5002 8512 7040 1095|9597"},
    {2, 2, 0.75f, "2535 (4826 3826 -190 50) 1095|9592"},
    {2, 2, 0.80f, "(4528 4028 -170 50) 0595|4085 9597"},
    {2, 1, 0.75f, "(4528 4028 -170 40) 4575 2092 3599 9590"},
    // 3: two bows, meeting in a corner or a small loop
    {3, 4, 0.65f, "(4526 3826 -155 75)|(4573 4327 -75 150)"},
    {3, 2, 0.65f, "(4526 3826 -155 60) 4048|(4573 4327 -60 150)"},
    {3, 2, 0.70f, "1204 8804|4540 (4572 4327 -70 150)"},
    {3, 2, 0.65f, "(4526 3826 -155 70) 3550 2848 3844 (4573 4327 -60 150)"},
    {3, 1, 0.70f, "(4526 3826 -150 75)|(4070 5029 -70 120) 1095"},
    {3, 1, 0.65f, "1510 5002 8022 4548|8872 5599 0890"},
    // 4: open, round or closed
    {4, 3, 0.72f, "2502 1550|9250/7203 7099"},
    {4, 2, 0.75f, "3502 1052|9550/8005 6099"},
    {4, 2, 0.70f, "1500 1030 2052 4555 8045/8500 8050 8099"},
    {4, 2, 0.70f, "1502 1035 3055 7548 8803|8050 7899"},
    {4, 2, 0.72f, "6500 0562|9562/6500 6599"},
    {4, 1, 0.72f, "2502 1550|9250/6525 6599"},
    {4, 1, 0.80f, "1003 2048 5052 8810|9003 7055 6099"},
    {4, 1, 0.72f, "3002 0862 5560 9858/7500 7055 6599"},
    {4, 1, 0.70f, "7502 3020 0855 5058 9555/7802 7599"},
    // 5: neck and bow, the bar on top drawn first or last
    {5, 3, 0.70f, "8803 3003|2042 (4868 4230 -115 150)"},
    {5, 3, 0.72f, "3005 2242|(4868 4230 -115 150)/3004 9503"},
    {5, 2, 0.70f, "8504 4005 2025 3542 (4870 4228 -80 150)"},
    {5, 1, 0.70f, "8003 3003|2545|(4270 4829 -100 130)"},
    {5, 2, 0.80f, "3508 2842|(4272 3626 -110 150)/3506 9900"},
    {5, 1, 0.70f, "9003 4003|2545 5045 8065 6595 1095"},
    // 6: a stem that runs into a loop
    {6, 3, 0.62f, "7503 4015 1845 (4870 3629 180 -190)"},
    {6, 3, 0.58f, "6000 2535 (4572 3627 180 -180)"},
    {6, 2, 0.55f, "5000 1560 (4575 3524 170 -190)"},
    {6, 2, 0.70f, "8505 3018 0850 (4864 4235 180 -170)"},
    {6, 1, 0.65f, "7502 3515 1245 (4868 3831 180 -230) 4585"},
    {6, 2, 0.62f, "7503 3515 1545 (4870 3629 180 -120)"},
    {6, 1, 0.60f, "2500 1550 (4572 3827 180 -185)"},
    // 7: corner or curve, sometimes with a bar, a serif or a hook
    {7, 3, 0.70f, "0805 9005|4599"},
    {7, 2, 0.70f, "0808 4005 9203|6050 4599"},
    {7, 2, 0.70f, "0812 3005 9203 6050 4599"},
    {7, 2, 0.70f, "0805 9005|4599/2550 8048"},
    {7, 2, 0.70f, "0825 0805|9205|5099"},
    {7, 1, 0.70f, "0525 1505 5005 9204|5599"},
    {7, 1, 0.70f, "0805 9205|8040 5599"},
    {7, 1, 0.70f, "0805 9203|5040 4599"},
    // 8: one crossing stroke, or two rings
    {8, 4, 0.62f, "(5024 3224 -30 -205) 5047 (5073 3826 -25 205) 5047 8018"},
    {8, 2, 0.65f, "8808 (4825 3024 -60 -205) 5048 (5074 3625 -25 205) 5546 9005"},
    {8, 1, 0.62f, "(5024 3224 -150 25) 5047 (5073 3826 205 -25) 5047 2018"},
    {8, 2, 0.62f, "(5023 3323 -90 -450)/(5073 3827 -90 -450)"},
    {8, 1, 0.62f, "5048 (5023 3123 140 410) 5048 (5074 3625 220 -40) 5048"},
    {8, 2, 0.65f, "(5524 3524 -20 -200) 5049 (4576 2623 -20 210) 5549 9020"},
    // 9: a loop with a straight or bent stem
    {9, 3, 0.62f, "(4627 3827 -20 -370)|8055 7899"},
    {9, 2, 0.62f, "(4627 3827 -40 -400)|7860 6099"},
    {9, 2, 0.65f, "(4627 3827 -20 -370)|8560 7090 2595"},
    {9, 2, 0.62f, "8005 (4528 3726 -60 -350) 8510|7599"},
    {9, 2, 0.58f, "(4522 3622 -20 -370)|7560 6599"},
    {9, 1, 0.62f, "8508 5003 1528 4552 8228|8008|7599"},
    {9, 1, 0.62f, "7805 3505 1030 3852 7840|8505|8099"},
    {9, 1, 0.62f, "(4527 3627 -30 -350)/8303 7599"},
};

const Template& pick_template(int digit, Draws& draws) {
  float sum = 0;
  for (const Template& t : kTemplates) sum += t.digit == digit ? t.weight : 0;
  float left = draws.uniform(0, sum);
  const Template* last = nullptr;
  for (const Template& t : kTemplates) {
    if (t.digit != digit) continue;
    last = &t;
    if ((left -= t.weight) < 0) break;
  }
  return *last;
}

// Reads a path and writes it, each point and arc moved a little and, now and then, a corner written as a curve.
class Writer {
 public:
  Writer(const Template& t, Draws& draws, float wobble)
      : path_(t.path),
        width_(t.width),
        draws_(draws),
        wobble_(wobble),
        step_(0.028f * wobble * std::exp(0.35f * draws.normal())) {}

  std::vector<Stroke> write() {
    strokes_.emplace_back();
    while (at_ < path_.size()) {
      switch (path_[at_]) {
        case ' ':
          ++at_;
          break;
        case '|':
          ++at_, corner();
          break;
        case '/':
          ++at_, strokes_.emplace_back();
          break;
        case '(':
          ++at_, arc();
          break;
        default: {
          const Point p = pair();
          add(p, step_);
        }
      }
    }
    return std::move(strokes_);
  }

 private:
  void add(Point p, float step) {
    strokes_.back().push_back({width_ * p.x + step * draws_.normal(), p.y + step * draws_.normal()});
  }
  void corner() {
    if (draws_.chance(0.25f * std::min(wobble_, 1.0f))) return;
    const Point p = strokes_.back().back();
    strokes_.push_back({p});
  }
  void arc() {
    Point c = pair(), r = pair();
    float from = number(), to = number();
    ++at_;  // the closing bracket
    constexpr float kStep = 40, kDegree = std::numbers::pi_v<float> / 180;
    c.x += step_ * draws_.normal(), c.y += step_ * draws_.normal();
    r.x *= std::exp(0.10f * wobble_ * draws_.normal()), r.y *= std::exp(0.10f * wobble_ * draws_.normal());
    from += 10 * wobble_ * draws_.normal(), to += 12 * wobble_ * draws_.normal();
    const int pieces = std::max(2, static_cast<int>(std::lround(std::abs(to - from) / kStep)));
    for (int i = 0; i <= pieces; ++i) {
      const float a = (from + (to - from) * static_cast<float>(i) / static_cast<float>(pieces)) * kDegree;
      add({c.x + r.x * std::cos(a), c.y + r.y * std::sin(a)}, 0.5f * step_);
    }
  }
  // "xxyy" as a point of the unit box.
  Point pair() {
    while (path_[at_] == ' ') ++at_;
    auto two = [&](size_t i) { return static_cast<float>((path_[i] - '0') * 10 + (path_[i + 1] - '0')) / 99; };
    const Point p{two(at_), two(at_ + 2)};
    at_ += 4;
    return p;
  }
  float number() {
    while (path_[at_] == ' ') ++at_;
    const bool negative = path_[at_] == '-';
    float v = 0;
    for (at_ += negative; path_[at_] >= '0' && path_[at_] <= '9'; ++at_)
      v = 10 * v + static_cast<float>(path_[at_] - '0');
    return negative ? -v : v;
  }

  std::string_view path_;
  size_t at_ = 0;
  float width_;
  Draws& draws_;
  float wobble_, step_;
  std::vector<Stroke> strokes_;
};

}  // namespace

std::vector<Stroke> write_digit(int digit, Draws& draws, float wobble) {
  return Writer(pick_template(digit, draws), draws, wobble).write();
}

}  // namespace weft::data
