#include "weft/data/digit_strokes.h"

namespace weft::data {
namespace {

constexpr DigitTemplate kTemplates[] = {
    // 0: a round, begun at the top, closed, crossed or left a little open
    {0, 4, 0.70f, "5200 2512 0850 2588 5099 8085 9250 7812 5200"},
    {0, 3, 0.60f, "6508 3505 1040 1578 4599 8080 9040 7510 4802"},
    {0, 2, 0.70f, "4505 1530 1070 4099 8080 9245 8015 6205"},
    {0, 2, 0.75f, "5504 2215 1060 3595 7590 9255 7815 5008 4018"},
    {0, 1, 0.70f, "4808 7808 9245 8085 5099 1578 0838 2510 5503 6808"},
    // 1: a stroke, sometimes with a flag and a foot
    {1, 6, 0.30f, "5000 5050 5099"},
    {1, 2, 0.30f, "5500 4550 5299"},
    {1, 2, 0.45f, "1525 5500|5599"},
    {1, 1, 0.60f, "1525 5000|5099/1599 8599"},
    // 2: swan neck, with a corner or a loop at the foot
    {2, 3, 0.75f, "1025 3003 7005 8530 6060 1095|9095"},
    {2, 3, 0.80f, "1525 3505 7508 8235 5575 1592 1075 3070 6090 9592"},
    {2, 2, 0.80f, "1020 4000 8515 7545 4575 0599|4092 9599"},
    {2, 2, 0.75f, "1010 5002 8512 7040 1095|9597"},
    // 3: two bows, meeting in a corner, a curve or a small loop
    {3, 3, 0.65f, "1512 5000 8520 4545|9070 5599 1085"},
    {3, 2, 0.65f, "1510 5002 8522 4548 8872 5099 0888"},
    {3, 2, 0.70f, "1005 8505|4542|8865 6095 1092"},
    {3, 1, 0.65f, "1510 5002 8020 5045 3848 5050 9072 5599 0888"},
    // 4: open, closed, or with a round bottom
    {4, 3, 0.75f, "2005 1252|9250/7203 7099"},
    {4, 2, 0.75f, "6500 0562|9560/6500 6599"},
    {4, 2, 0.70f, "1500 1240 3555 8545/8500 8099"},
    {4, 1, 0.75f, "2503 1050|8848/8500 6099"},
    // 5: neck and bow, the bar on top drawn first or last
    {5, 3, 0.70f, "8803 2503|1845 5538 8868 5599 1090"},
    {5, 3, 0.70f, "2505 2045|5540 8868 5099 1088/2505 9203"},
    {5, 2, 0.70f, "8505 3005 2240 6050 8575 5099 1090"},
    // 6: a bow that closes into a loop
    {6, 3, 0.60f, "7500 3025 1065 3098 7590 8262 5050 1870"},
    {6, 3, 0.55f, "5500 2050 1580 4599 7882 6058 2572"},
    {6, 1, 0.65f, "8505 4010 1055 2595 6598 9075 7050 3055 1875"},
    // 7: corner or curve, sometimes with a bar or a hook
    {7, 3, 0.70f, "0805 9005|4599"},
    {7, 2, 0.70f, "0812 3005 9203 6050 4599"},
    {7, 2, 0.70f, "0805 9005|4599/3050 8048"},
    {7, 1, 0.70f, "0520 0805|9205|5099"},
    // 8: one crossing stroke, or two rings
    {8, 4, 0.60f, "8018 5000 2018 5048 8575 5099 1575 5048 8018"},
    {8, 2, 0.60f, "5000 2022 5045 8022 5000/5045 1572 5099 8572 5045"},
    {8, 2, 0.60f, "8512 4502 2025 7560 6595 2590 2570 7030 8512"},
    // 9: a loop with a straight or bent stem
    {9, 3, 0.60f, "8022 5002 1525 3850 7540 8520|8060 7599"},
    {9, 2, 0.60f, "8022 5002 1528 4552 8530|8270 5099 2090"},
    {9, 2, 0.55f, "8515 5002 1528 4550 8515|7060 6599"},
};

}  // namespace

const std::vector<DigitTemplate>& templates_of(int digit) {
  static const auto tables = [] {
    std::array<std::vector<DigitTemplate>, 10> t;
    for (const DigitTemplate& row : kTemplates) t[static_cast<size_t>(row.digit)].push_back(row);
    return t;
  }();
  return tables[static_cast<size_t>(digit)];
}

std::vector<Stroke> strokes_of(const DigitTemplate& t) {
  std::vector<Stroke> strokes(1);
  const std::string_view p = t.path;
  for (size_t i = 0; i < p.size();) {
    if (p[i] == ' ') {
      ++i;
    } else if (p[i] == '|') {
      const Point corner = strokes.back().points.back();
      strokes.push_back({{corner}, true});
      ++i;
    } else if (p[i] == '/') {
      strokes.emplace_back();
      ++i;
    } else {
      auto number = [&](size_t at) { return static_cast<float>((p[at] - '0') * 10 + (p[at + 1] - '0')) / 99; };
      strokes.back().points.push_back({number(i) * t.width, number(i + 2)});
      i += 4;
    }
  }
  return strokes;
}

}  // namespace weft::data
