// error: AddMapStackFirst
#include <iostream>

#include "weft/weft.h"
using namespace weft;
void run() {
  auto loader = data::make_data_loader(data::datasets::MNIST("mnist"), 64);
  for (auto& batch : *loader) std::cout << batch.data.sizes();
}
