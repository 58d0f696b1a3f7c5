// Ranges of options.
#include "weft/optim/options.h"

#include <cmath>

namespace weft::optim {

void check_not_negative(const char* optimizer, const char* option, double value) {
  check<ValueError>(value >= 0 && std::isfinite(value), "[{}] {} is {}, expected at least 0", optimizer, option, value);
}

void check_fraction(const char* optimizer, const char* option, double value) {
  check<ValueError>(value >= 0 && value < 1, "[{}] {} is {}, expected at least 0 and below 1", optimizer, option,
                    value);
}

void check_betas(const char* optimizer, const Betas& betas) {
  check_fraction(optimizer, "betas[0]", std::get<0>(betas));
  check_fraction(optimizer, "betas[1]", std::get<1>(betas));
}

}  // namespace weft::optim
