// error: write [](Tensor x) { return F::relu(x); }
#include "weft/weft.h"
weft::nn::Functional relu(weft::nn::functional::relu);
