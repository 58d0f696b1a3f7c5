// error: evaluate() takes a model whose forward takes one tensor, or a function
#include "weft/train/evaluate.h"
#include "weft/weft.h"
template <class Loader>
void run(Loader& loader) {
  weft::train::evaluate(3, loader);
}
void run_it() {
  run(*weft::data::make_data_loader(weft::data::datasets::MNIST("mnist").map(weft::data::transforms::Stack<>())));
}
