"""The process that holds the embedded model: `python embedded_child.py '{"path": ...}'`.

Run as a file, it imports nothing of this package. It answers the OpenAI HTTP API on 127.0.0.1,
says where by one JSON line on stdout, and ends as soon as its stdin does: when the parent closes
it, or when the parent is gone, however it went. PR_SET_PDEATHSIG would not do, as it fires when
the *thread* that started the child ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

# Messages are joined by newlines and nothing is added: a base model goes on with the text, so
# that a prompt which ends in 'Queue:' is continued right there.
PLAIN_TEMPLATE = (
    "{% for message in messages %}{{ message['content'] }}"
    "{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}"
)
_WARNINGS = 2
_CACHE_MIB = 256


def main() -> None:
    """Serves until stdin ends."""
    wanted = json.loads(sys.argv[1])
    api_key = sys.stdin.readline().strip()
    report = _keep_stdout()
    watch = threading.Thread(target=_exit_with_parent, daemon=True)
    watch.start()
    server = _serve(wanted, api_key)
    line = json.dumps({"address": server.listening_address}) + "\n"
    os.write(report, line.encode())
    os.close(report)
    watch.join()


def _keep_stdout() -> int:
    """A descriptor for the parent; native code's own prints go where stderr goes."""
    report = os.dup(1)
    os.dup2(2, 1)
    return report


def _exit_with_parent() -> None:
    while os.read(0, 4096):
        pass
    # Without the native destructors: they wait for answers that nobody reads any more.
    os._exit(0)


def _serve(wanted: dict[str, Any], api_key: str) -> Any:
    import xllamacpp  # type: ignore[import-not-found, import-untyped, unused-ignore]

    params = xllamacpp.CommonParams()
    params.model.path = wanted["path"]
    params.model_alias = {wanted["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = wanted["slots"]
    params.n_ctx = wanted["slots"] * wanted["context_tokens"]
    params.cpuparams.n_threads = wanted["threads"]
    params.cpuparams_batch.n_threads = wanted["threads"]
    # Without it, llama.cpp cannot reuse the prefix of a prompt on sliding-window models.
    params.swa_full = True
    params.cache_prompt = True
    # Prefixes are kept in the slots. Copies of old ones in RAM, the default, grow to 8 GB, and
    # checkpoints are for windows that are not full-size.
    params.cache_ram_mib = 0
    params.n_ctx_checkpoints = 0
    # llama.cpp would keep up to 8 GiB of old prompts; a slot's own cache is what a suite needs.
    params.cache_ram_mib = _CACHE_MIB
    params.use_jinja = True
    if wanted["plain"]:
        params.chat_template = PLAIN_TEMPLATE
    params.api_keys = [api_key]
    params.cors_origins = "http://127.0.0.1"
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = _WARNINGS
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
