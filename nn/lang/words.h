// What the parts of the model language do with words. Internal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::nn::lang {

/// Letters, digits and _, a letter or _ first.
bool is_word(std::string_view text);

/// The text as it may stand in a message: without the middle where it is long, bytes that do not print as \xHH.
std::string shortened(std::string_view text);

/// "; did you mean 'conv'?", by edit distance, or "" where nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace weft::nn::lang
