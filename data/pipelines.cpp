#include "weft/data/pipelines.h"

namespace weft::data {
WEFT_PIPELINES(, MNIST)
WEFT_PIPELINES(, FashionMNIST)
WEFT_PIPELINES(, SyntheticDigits)
}  // namespace weft::data
