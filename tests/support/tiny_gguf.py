"""A GGUF file that llama.cpp loads in no time: one layer, byte tokens, weights of a formula.

    tiny_gguf(path, template="{{ messages[0]['content'] }}")

What it answers means nothing; how it is asked can be seen.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

_WIDTH, _FEED = 32, 64
_ALIGNMENT = 32
_U32, _I32, _F32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9


def tiny_gguf(path: Path, *, template: str | None = None) -> Path:
    """Write one to `path`, with a chat template or without."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    keys: list[tuple[str, int, Any]] = [
        ("general.architecture", _STRING, "llama"),
        ("general.name", _STRING, "tiny"),
        ("llama.context_length", _U32, 512),
        ("llama.embedding_length", _U32, _WIDTH),
        ("llama.block_count", _U32, 1),
        ("llama.feed_forward_length", _U32, _FEED),
        ("llama.attention.head_count", _U32, 2),
        ("llama.rope.dimension_count", _U32, _WIDTH // 2),
        ("llama.attention.layer_norm_rms_epsilon", _F32, 1e-5),
        ("llama.vocab_size", _U32, len(tokens)),
        ("tokenizer.ggml.model", _STRING, "llama"),
        ("tokenizer.ggml.tokens", _ARRAY, (_STRING, tokens)),
        ("tokenizer.ggml.scores", _ARRAY, (_F32, [0.0] * len(tokens))),
        ("tokenizer.ggml.token_type", _ARRAY, (_I32, [2, 3, 3] + [6] * 256)),
        ("tokenizer.ggml.bos_token_id", _U32, 1),
        ("tokenizer.ggml.eos_token_id", _U32, 2),
        ("tokenizer.ggml.add_space_prefix", _BOOL, False),
    ]
    if template is not None:
        keys.append(("tokenizer.chat_template", _STRING, template))
    tensors = {"token_embd.weight": (_WIDTH, len(tokens)), "output_norm.weight": (_WIDTH,)}
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        tensors[f"blk.0.{name}.weight"] = (_WIDTH, _WIDTH)
    for name in ("attn_norm", "ffn_norm"):
        tensors[f"blk.0.{name}.weight"] = (_WIDTH,)
    for name, shape in (("gate", (_WIDTH, _FEED)), ("up", (_WIDTH, _FEED))):
        tensors[f"blk.0.ffn_{name}.weight"] = shape
    tensors["blk.0.ffn_down.weight"] = (_FEED, _WIDTH)
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(keys))
    head += b"".join(
        _text(name) + struct.pack("<I", kind) + _value(kind, value) for name, kind, value in keys
    )
    weights = b""
    for name, shape in tensors.items():
        head += _text(name) + struct.pack("<I", len(shape))
        head += struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", 0, len(weights))
        weights += _weights(math.prod(shape))
    path.write_bytes(head + b"\0" * (-len(head) % _ALIGNMENT) + weights)
    return path


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(kind: int, value: Any) -> bytes:
    if kind == _STRING:
        return _text(value)
    if kind == _ARRAY:
        inner, items = value
        return struct.pack("<IQ", inner, len(items)) + b"".join(_value(inner, i) for i in items)
    return struct.pack({_U32: "<I", _I32: "<i", _F32: "<f", _BOOL: "<?"}[kind], value)


def _weights(count: int) -> bytes:
    raw = struct.pack(f"<{count}f", *(math.sin(at * 0.7) for at in range(count)))
    return raw + b"\0" * (-len(raw) % _ALIGNMENT)
