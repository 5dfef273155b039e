"""The programs that benchmarks/engine.py measures, each a process of its own.

    python benchmarks/support/engine_child.py raw|bare|ours BASE_URL CASES [STORE]

Nothing is imported here that the program itself does not need.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

CONCURRENCY = 50
TICKET = "My invoice number {n} shows the amount twice, please have a look at it."
SYSTEM = "Answer with one queue name only: billing, shipping, account, returns, technical, other."


def raw(base_url: str, cases: int) -> dict[str, float]:
    """The least that can be done: a loop over sockets that looks for the answer in the bytes."""
    import asyncio
    from urllib.parse import urlsplit

    address = urlsplit(base_url)
    path = f"{address.path}/chat/completions"

    async def main() -> int:
        numbers = iter(range(cases))

        async def work() -> int:
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            right = 0
            for n in numbers:
                messages = [
                    {"role": "system", "content": SYSTEM},
                    {"role": "user", "content": TICKET.format(n=n)},
                ]
                asked = {"model": "mock-model", "messages": messages, "temperature": 0}
                body = json.dumps(asked).encode()
                head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                answer = await reader.readuntil(b"\r\n\r\n")
                length = int(answer.lower().partition(b"content-length:")[2].split()[0])
                completion = json.loads(await reader.readexactly(length))
                right += completion["choices"][0]["message"]["content"] == "billing"
            writer.close()
            return right

        return sum(await asyncio.gather(*(work() for _ in range(CONCURRENCY))))

    started = time.perf_counter()
    assert asyncio.run(main()) == cases
    return {"inner_s": time.perf_counter() - started, "calls": cases}


def bare(base_url: str, cases: int) -> dict[str, float]:
    """What everybody writes first: a semaphore, gather, exact match, results in a list."""
    import asyncio

    from openai import AsyncOpenAI

    async def main() -> int:
        gate = asyncio.Semaphore(CONCURRENCY)
        async with AsyncOpenAI(base_url=base_url, api_key="bench") as client:

            async def one(n: int) -> bool:
                async with gate:
                    completion = await client.chat.completions.create(
                        model="mock-model",
                        messages=[
                            {"role": "system", "content": SYSTEM},
                            {"role": "user", "content": TICKET.format(n=n)},
                        ],
                        temperature=0,
                    )
                return completion.choices[0].message.content == "billing"

            right = await asyncio.gather(*(one(n) for n in range(cases)))
        return sum(right)

    started = time.perf_counter()
    assert asyncio.run(main()) == cases
    return {"inner_s": time.perf_counter() - started, "calls": cases}


def ours(base_url: str, cases: int, store: str) -> dict[str, float]:
    """The engine with scoring, storing, caching and progress."""
    from workbench.datasets.values import Case, Dataset
    from workbench.prompts.values import Input, Message, Model, Prompt
    from workbench.runs.engine.engine import start_run
    from workbench.runs.spec.suite import GatePolicy, RunOptions, Suite
    from workbench.runs.spec.values import RunSpec, RunStatus
    from workbench.scorers.catalog import make_scorer
    from workbench.settings import ProviderSettings

    dataset = Dataset(
        "bench",
        tuple(Case(f"t{n}", {"ticket": TICKET.format(n=n)}, "billing") for n in range(cases)),
    )
    suite = Suite(
        "bench",
        "bench",
        dataset,
        (make_scorer("exact_match", {}, "bench"),),
        GatePolicy(("exact_match",)),
        RunOptions(concurrency=CONCURRENCY),
    )
    prompt = Prompt(
        "bench",
        (Message("system", SYSTEM), Message("user", "{{ ticket }}")),
        Model("mock-model", "mock", {"temperature": 0}),
        (Input("ticket"),),
    )

    def provider():  # type: ignore[no-untyped-def]
        from workbench.providers.opening import open_provider

        # One name for the endpoint whatever its port, so that the second run finds the first.
        settings = ProviderSettings("mock", base_url=base_url, api_key_env="BENCH_KEY")
        return open_provider(settings, environ={"BENCH_KEY": "bench"})

    started = time.perf_counter()
    live = start_run(RunSpec(prompt, suite, dataset.cases), provider, Path(store))
    seen = 0
    while not live.ends_within(0.1):  # as the screen does
        seen += len(live.drain())
        live.progress()
    seen += len(live.drain())
    summary = live.wait()
    assert summary.status is RunStatus.COMPLETE, summary.reason
    assert summary.scored == cases == seen and summary.score == 1.0
    if summary.calls == 0:
        assert "openai" not in sys.modules
    return {"inner_s": time.perf_counter() - started, "calls": summary.calls}


if __name__ == "__main__":
    kind, base_url, cases, *rest = sys.argv[1:]
    program = {"raw": raw, "bare": bare, "ours": ours}[kind]
    print(json.dumps(program(base_url, int(cases), *rest)))
