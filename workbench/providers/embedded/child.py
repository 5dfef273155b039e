"""The child process of the embedded model: `python child.py '{"path": ...}'`.

Run as a file, it imports nothing of this package. It serves the OpenAI HTTP API on 127.0.0.1,
prints its address as one JSON line on stdout, and exits at the end of stdin: when the parent closes
it or dies. PR_SET_PDEATHSIG is no alternative, as it fires when the *thread* that started the child
ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

# Messages are joined by newlines, with nothing added: a base model completes the text, so a prompt
# that ends in 'Queue:' is continued right there.
PLAIN_TEMPLATE = (
    "{% for message in messages %}{{ message['content'] }}"
    "{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}"
)
_WARNINGS = 2
_CACHE_MIB = 256


def main() -> None:
    """Serve until stdin ends."""
    config = json.loads(sys.argv[1])
    api_key = sys.stdin.readline().strip()
    report = _keep_stdout()
    watch = threading.Thread(target=_exit_with_parent, daemon=True)
    watch.start()
    server = _serve(config, api_key)
    line = json.dumps({"address": server.listening_address}) + "\n"
    os.write(report, line.encode())
    os.close(report)
    watch.join()


def _keep_stdout() -> int:
    """A descriptor of stdout for the parent; native code's output is redirected to stderr."""
    report = os.dup(1)
    os.dup2(2, 1)
    return report


def _exit_with_parent() -> None:
    while os.read(0, 4096):
        pass
    # Skips native destructors, which wait for answers that nobody reads.
    os._exit(0)


def _serve(config: dict[str, Any], api_key: str) -> Any:
    import xllamacpp  # type: ignore[import-not-found, import-untyped, unused-ignore]

    params = xllamacpp.CommonParams()
    params.model.path = config["path"]
    params.model_alias = {config["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = config["slots"]
    params.n_ctx = config["slots"] * config["context_tokens"]
    params.cpuparams.n_threads = config["threads"]
    params.cpuparams_batch.n_threads = config["threads"]
    # Without it, llama.cpp cannot reuse the prefix of a prompt on sliding-window models.
    params.swa_full = True
    params.cache_prompt = True
    # Slots keep prompt prefixes. The default, copies of old ones in RAM, grows to 8 GB, and
    # checkpoints serve only models with sliding windows.
    params.cache_ram_mib = 0
    params.n_ctx_checkpoints = 0
    # llama.cpp would keep up to 8 GiB of old prompts; a slot's own cache is what a suite needs.
    params.cache_ram_mib = _CACHE_MIB
    params.use_jinja = True
    if config["plain"]:
        params.chat_template = PLAIN_TEMPLATE
    params.api_keys = [api_key]
    params.cors_origins = "http://127.0.0.1"
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = _WARNINGS
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
