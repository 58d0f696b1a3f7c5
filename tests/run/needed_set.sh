#!/usr/bin/env bash
# Tests the choice of the data set that ./run downloads for a command line: needed_set of cmake/data_sets.sh.
set -u -o pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/data_sets.sh"
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder" || exit 1

# The relevant part of a checkpoint's header.
checkpoint() { mkdir -p "$(dirname "$1")" && printf 'xxxxxxxx{"__metadata__":{"weft.train":"{\\"data_set\\":\\"%s\\"}"}}' "$2" >"$1"; }
checkpoint "runs/a fashion/best.safetensors" fashion
checkpoint runs/iris/last.safetensors iris
checkpoint drawn.safetensors digits
checkpoint clothes.safetensors fashion
mkdir sweep && echo '{"program":"mnist_by_hand","data_set":"digits","options":[]}' >sweep/sweep.json

failed=0
# wants SET COMMAND LINE...
wants() {
  local found
  found=$(needed_set "${@:2}")
  [ "$found" = "$1" ] || { echo "'${*:2}' needs '$found', expected '$1'"; failed=1; }
}
wants mnist mnist_cnn --epochs 2
wants mnist knn_mnist
wants "" knn_iris --curve=mnist.png
wants mnist mnist_by_hand --out sweep
wants "" mnist_by_hand --resume sweep
wants "" mnist_mlp --data here
wants "" mnist_mlp --help
wants mnist mnist_mlp --save drawn.safetensors
wants "" mnist_mlp --resume drawn.safetensors
wants mnist weft train --net "linear 10"
wants fashion weft train --net "linear 10" --data-set fashion
wants "" weft train --net "linear 3" --data-set=iris
wants mnist weft train --net "linear 10" --out "runs/a fashion"
wants fashion weft train --resume "runs/a fashion"
wants fashion weft train "--resume=runs/a fashion" --epochs 9
wants fashion weft train --resume --out "runs/a fashion"
wants "" weft train --resume runs/iris
wants fashion weft eval "runs/a fashion"
wants fashion weft eval clothes.safetensors
wants mnist weft eval clothes.safetensors --data-set mnist
wants fashion weft eval --part train "runs/a fashion"
wants "" weft eval nowhere
wants "" weft eval
wants fashion weft show fashion --count 3
wants fashion weft show --count 3 fashion
wants "" weft show clothes.safetensors
wants "" weft show
wants "" weft predict clothes.safetensors a.png
wants "" weft summary clothes.safetensors
wants "" weft
exit $failed
