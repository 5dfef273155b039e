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
    found = client.get_prompt(name, label=label, cache_ttl_seconds=0, max_retries=0)
    prompt, is_text = found.prompt, isinstance(found.prompt, str)
    client.create_prompt(
        name="again",
        prompt=prompt
        if is_text
        else [{"role": m["role"], "content": m["content"]} for m in prompt],
        type="text" if is_text else "chat",
        labels=["v1.2.0"],
        config=found.config,
        commit_message=found.commit_message,
    )
    made = found.compile(**values)
    turns = [{"role": "user", "content": made}] if is_text else made
    messages = [[turn["role"], turn["content"]] for turn in turns]
    return {"messages": messages, "settings": found.config}


def langsmith(uri: str, name: str, label: str, values: dict[str, str]) -> Any:
    from langsmith import Client

    client = Client(api_url=uri, api_key=KEY)
    found = client.pull_prompt(f"{name}:{label}", skip_cache=True)
    metadata = {k: v for k, v in found.metadata.items() if not k.startswith("lc_hub")}
    roles = {"human": "user", "ai": "assistant", "chat": "developer"}
    messages = [[roles.get(m.type, m.type), m.content] for m in found.format_messages(**values)]
    found.metadata = metadata
    client.push_prompt("again", object=found)
    return {"messages": messages, "settings": metadata["settings"]}


def phoenix(uri: str, name: str, label: str, values: dict[str, str]) -> Any:
    from phoenix.client import Client

    client = Client(base_url=uri, api_key=KEY)
    found = client.prompts.get(prompt_identifier=name, tag=label)
    client.prompts.create(name="again", version=found)
    made = found.format(variables=values)
    messages = [[m["role"], m["content"]] for m in made.messages]
    return {"messages": messages, "settings": made.kwargs}


if __name__ == "__main__":
    service, uri, name, label, values = sys.argv[1:]
    found = {"langfuse": langfuse, "langsmith": langsmith, "phoenix": phoenix}[service]
    sys.stdout.write(json.dumps(found(uri, name, label, json.loads(values))) + "\n")
