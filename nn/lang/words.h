// Word helpers of the model language. Internal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/tensor/printable.h"

namespace weft::nn::lang {

/// True for letters, digits and _, starting with a letter or _.
bool is_word(std::string_view text);

/// "; did you mean 'conv'?", by edit distance, or "" if nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace weft::nn::lang
