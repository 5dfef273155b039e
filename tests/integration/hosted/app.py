"""An app with a registry's own client: prints what it is served, and writes it once more.

python app.py SERVICE URI NAME LABEL VALUES
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

KEY, PUBLIC_KEY = os.environ["LANGSMITH_API_KEY"], os.environ["LANGFUSE_PUBLIC_KEY"]


def langfuse(uri: str, name: str, label: str, values: dict[str, str]) -> Any:
    from langfuse import Langfuse

    client = Langfuse(public_key=PUBLIC_KEY, secret_key=KEY, base_url=uri, tracing_enabled=False)
    held = client.get_prompt(name, label=label, cache_ttl_seconds=0, max_retries=0)
    prompt, is_text = held.prompt, isinstance(held.prompt, str)
    client.create_prompt(
        name="again",
        prompt=prompt
        if is_text
        else [{"role": m["role"], "content": m["content"]} for m in prompt],
        type="text" if is_text else "chat",
        labels=["v1.2.0"],
        config=held.config,
        commit_message=held.commit_message,
    )
    made = held.compile(**values)
    turns = [{"role": "user", "content": made}] if is_text else made
    messages = [[turn["role"], turn["content"]] for turn in turns]
    return {"messages": messages, "settings": held.config}


def langsmith(uri: str, name: str, label: str, values: dict[str, str]) -> Any:
    from langsmith import Client

    client = Client(api_url=uri, api_key=KEY)
    held = client.pull_prompt(f"{name}:{label}", skip_cache=True)
    metadata = {k: v for k, v in held.metadata.items() if not k.startswith("lc_hub")}
    roles = {"human": "user", "ai": "assistant", "chat": "developer"}
    messages = [[roles.get(m.type, m.type), m.content] for m in held.format_messages(**values)]
    held.metadata = metadata
    client.push_prompt("again", object=held)
    return {"messages": messages, "settings": metadata["settings"]}


def phoenix(uri: str, name: str, label: str, values: dict[str, str]) -> Any:
    from phoenix.client import Client

    client = Client(base_url=uri, api_key=KEY)
    held = client.prompts.get(prompt_identifier=name, tag=label)
    client.prompts.create(name="again", version=held)
    made = held.format(variables=values)
    messages = [[m["role"], m["content"]] for m in made.messages]
    return {"messages": messages, "settings": made.kwargs}


if __name__ == "__main__":
    service, uri, name, label, values = sys.argv[1:]
    read = {"langfuse": langfuse, "langsmith": langsmith, "phoenix": phoenix}[service]
    sys.stdout.write(json.dumps(read(uri, name, label, json.loads(values))) + "\n")
