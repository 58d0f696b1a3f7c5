// error: write [](Tensor x) { return F::relu(x); }
#include "weft/weft.h"
namespace nn = weft::nn;
namespace F = weft::nn::functional;
nn::Sequential net(nn::Linear(784, 10), F::relu);
