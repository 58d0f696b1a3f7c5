// error: the loader gives lists of samples: add .map(data::transforms::Stack<>()) to its data set
#include "weft/train/evaluate.h"
#include "weft/weft.h"
using namespace weft;
void run(nn::Sequential net) {
  auto loader = data::make_data_loader(data::datasets::MNIST("mnist"), 64);
  train::evaluate(net, loader);
}
