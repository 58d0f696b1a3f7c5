// error: the loader gives lists of samples: add .map(data::transforms::Stack<>()) to its data set
#include "weft/weft.h"
using namespace weft;
void run(nn::Sequential net) {
  auto set = data::datasets::MNIST("mnist").map(data::transforms::Normalize<>(0.1307, 0.3081));
  auto loader = data::make_data_loader(std::move(set), 64);
  for (auto& batch : *loader) nn::functional::cross_entropy(net->forward(batch.data), batch.target);
}
