// error: an element of a container is a module or a function of one tensor: write [](Tensor x) { return ...; }
#include "weft/weft.h"
weft::nn::Sequential net(weft::nn::Linear(784, 10), 3);
