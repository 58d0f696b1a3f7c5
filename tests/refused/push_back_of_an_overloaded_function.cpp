// error: write [](Tensor x) { return F::relu(x); }
#include "weft/weft.h"
void add(weft::nn::Sequential net) { net->push_back("relu", weft::nn::functional::relu); }
