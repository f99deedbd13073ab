"""The assistant behind a URL on this machine, in the wire shapes of OpenAI's chat completions and of Anthropic's messages.

    python examples/assistant/server.py            version 1.1.0; prints its address, and serves until it is stopped
    python examples/assistant/server.py --former   version 1.0.0

Nothing leaves the machine, and no model is behind it: `assistant.py` answers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from assistant import reply, reply_1_0


def from_anthropic(request: dict) -> list[dict]:
    """Anthropic's turns as the assistant reads them: parts become text, a tool's result a turn of its own."""
    turns = [{"role": "system", "content": request["system"]}] if request.get("system") else []
    for turn in request["messages"]:
        parts = turn["content"] if isinstance(turn["content"], list) else [{"type": "text", "text": turn["content"]}]
        for part in parts:
            if part["type"] == "tool_result":
                turns.append({"role": "tool", "content": str(part["content"])})
            elif part["type"] == "text":
                turns.append({"role": turn["role"], "content": part["text"]})
    return turns


def as_openai(message: dict, tokens: int) -> dict:
    calls = [
        {
            "id": f"call_{n}",
            "type": "function",
            "function": {"name": c["name"], "arguments": json.dumps(c["arguments"])},
        }
        for n, c in enumerate(message.get("tool_calls", ()))
    ]
    said = {"role": "assistant", "content": message["content"] or None, **({"tool_calls": calls} if calls else {})}
    finish = "tool_calls" if calls else "stop"
    return {"choices": [{"index": 0, "message": said, "finish_reason": finish}], "usage": {"total_tokens": tokens}}


def as_anthropic(message: dict, tokens: int) -> dict:
    parts = [{"type": "text", "text": message["content"]}] if message["content"] else []
    parts += [
        {"type": "tool_use", "id": f"toolu_{n}", "name": c["name"], "input": c["arguments"]}
        for n, c in enumerate(message.get("tool_calls", ()))
    ]
    stop = "tool_use" if message.get("tool_calls") else "end_turn"
    usage = {"input_tokens": tokens, "output_tokens": 0}
    return {"type": "message", "role": "assistant", "content": parts, "stop_reason": stop, "usage": usage}


def answer(reply: Callable[[list[dict]], dict], turns: list[dict], tools: list[dict]) -> dict:
    """What the assistant says, or the call of the first tool that it is offered, which is the one that looks things up."""
    offered = [tool.get("name") or tool["function"]["name"] for tool in tools]
    if turns[-1]["role"] == "tool":
        return {"role": "assistant", "content": "I have looked it up: trains run as in the timetable."}
    if offered and "your tool" in str(turns[-1]["content"]):
        return {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"name": offered[0], "arguments": {"query": "news"}}],
        }
    message = reply(turns)
    if any(call["name"] not in offered for call in message.get("tool_calls", ())):
        return {"role": "assistant", "content": "Trains leave Harbour Central every hour at 20 past."}
    return message


class Chat(BaseHTTPRequestHandler):
    answers = staticmethod(reply)

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        anthropic = self.path.endswith("/messages")
        turns = from_anthropic(request) if anthropic else request["messages"]
        message = answer(self.answers, turns, request.get("tools") or [])
        tokens = sum(len(str(turn["content"]).split()) for turn in (*turns, message))
        raw = json.dumps((as_anthropic if anthropic else as_openai)(message, tokens)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing: what is asked may be somebody's."""


class FormerChat(Chat):
    answers = staticmethod(reply_1_0)


def serve(former: bool = False, port: int = 0) -> ThreadingHTTPServer:
    """A server that is ready; `serve_forever` answers."""
    return ThreadingHTTPServer(("127.0.0.1", port), FormerChat if former else Chat)


if __name__ == "__main__":
    with serve("--former" in sys.argv[1:], 8765) as running:
        print(f"http://127.0.0.1:{running.server_port}/v1", flush=True)
        running.serve_forever()
