#!/usr/bin/env python3
"""Splits PyTorch's golden numbers into the files of this folder: split.py SOURCE, where SOURCE holds ops.json, layers.json and
their safetensors. Each family becomes NAME.json (a list of {case, op, args, inputs, grads}) and NAME.safetensors, which
holds for case C the tensors C/in/NAME, C/out/I, C/grad_out/I (the gradient fed into output I) and C/grad/NAME."""
import json
import os
import struct
import sys

FAMILIES = {
    "elementwise": """neg abs exp log log1p expm1 sqrt rsqrt sin cos tan tanh sigmoid reciprocal square erf floor ceil
        round sign atan asin acos sinh cosh add sub mul div pow maximum minimum clamp where atan2""",
    "activation": """relu leaky_relu elu selu celu gelu silu mish softplus softsign hardtanh relu6 logsigmoid tanhshrink
        hardshrink softshrink threshold hardswish hardsigmoid glu prelu softmax log_softmax""",
    "reduce": """sum mean var std prod amax amin logsumexp norm cumsum max min argmax argmin topk sort""",
    "matmul": "matmul linear einsum",
    "shape": """permute reshape cat stack slice index_select gather pad masked_fill expand flip roll pixel_shuffle
        embedding""",
    "conv": "conv2d conv1d conv_transpose2d",
    "pool": "max_pool2d avg_pool2d adaptive_avg_pool2d adaptive_max_pool2d",
    "norm": "batch_norm layer_norm group_norm instance_norm",
    "loss": """cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy
        binary_cross_entropy_with_logits kl_div hinge_embedding_loss multi_margin_loss soft_margin_loss""",
}
LAYER_FAMILIES = {
    "recurrent": "rnn lstm gru rnn_cell lstm_cell gru_cell",
    "attention": """scaled_dot_product_attention multihead_attention transformer_encoder_layer
        transformer_decoder_layer""",
}
NOT_IN_WEFT = "conv3d lstm gru rnn scaled_dot_product_attention interpolate".split()


def read_safetensors(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length :]
    return {name: (t["dtype"], t["shape"], body[slice(*t["data_offsets"])]) for name, t in header.items()}


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(t[2] for t in tensors.values()))


def split(source, stem, families, elsewhere):
    """Writes the families of one pair of files; `elsewhere` names the ops that belong to none, None allows any."""
    here = os.path.dirname(os.path.abspath(__file__))
    cases = json.load(open(os.path.join(source, stem + ".json")))
    tensors = read_safetensors(os.path.join(source, stem + ".safetensors"))
    family_of = {op: family for family, ops in families.items() for op in ops.split()}
    unknown = {c["op"] for c in cases} - family_of.keys() - set(elsewhere or {c["op"] for c in cases})
    if unknown:
        sys.exit(f"ops of no family: {sorted(unknown)}")
    for family in families:
        mine = [c for c in cases if family_of.get(c["op"]) == family]
        prefixes = tuple(c["case"] + "/" for c in mine)
        with open(os.path.join(here, family + ".json"), "w") as f:
            f.write("[\n" + ",\n".join(json.dumps(c) for c in mine) + "\n]\n")
        own = {name: t for name, t in tensors.items() if name.startswith(prefixes)}
        write_safetensors(os.path.join(here, family + ".safetensors"), own)


def main(source):
    split(source, "ops", FAMILIES, NOT_IN_WEFT)
    split(source, "layers", LAYER_FAMILIES, None)


main(sys.argv[1])
