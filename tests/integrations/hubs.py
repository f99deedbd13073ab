"""A Hub on loopback that speaks what huggingface_hub asks: it knows a token, holds a repository and keeps all that it receives."""

import base64
import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler

import yaml

TOKEN = "hf_" + "a" * 30 + "Zq7"
HEAD = "1" * 40
MADE = "2" * 40


def git_blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Hub(BaseHTTPRequestHandler):
    """On `self.server`: `held` (files by path, those in `lfs` in LFS), `asked` (what was received), `answers` (a status instead)."""

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    do_PUT = do_POST

    def answer(self, body):
        path = self.path.partition("?")[0]
        self.server.asked.append((self.command, self.path, body))
        for ending, status in self.server.answers.items():
            if path.endswith(ending):
                return self.say({"error": f"never repeat {TOKEN}"}, status)
        if path == "/upload":
            self.server.uploaded[hashlib.sha256(body).hexdigest()] = body
            return self.say({})
        if self.headers.get("Authorization") not in (f"Bearer {TOKEN}", *self.basic()):
            return self.say({"error": "who?"}, 401)
        if path == "/api/validate-yaml":
            return self.say({"errors": [], "warnings": []})
        if path.endswith("/info/lfs/objects/batch"):
            return self.say(
                {"transfer": "basic", "objects": [self.batched(one) for one in json.loads(body)["objects"]]}
            )
        if "/preupload/" in path:
            modes = [{"path": one["path"], "uploadMode": "lfs" if one["path"].endswith(".pdf") else "regular",
                      "shouldIgnore": False, "oid": None} for one in json.loads(body)["files"]]  # fmt: skip
            return self.say({"files": modes})
        if "/commit/" in path:
            return self.committed(body)
        if re.fullmatch(r"/api/(models|datasets)/acme/loans/revision/main", path):
            return self.say(self.repository())
        return self.say({"error": "no such repository"}, 404)

    def basic(self):
        """LFS asks with the token as a password, too."""
        return [f"Basic {base64.b64encode(f'user:{TOKEN}'.encode()).decode()}"]

    def repository(self):
        held, lfs = self.server.held, self.server.lfs
        card = held.get("README.md", b"").decode()
        files = []
        for name, data in held.items():
            one = {"rfilename": name, "size": len(data), "blobId": git_blob(data)}
            if name in lfs:
                one["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 120}
            files.append(one)
        said = {"id": "acme/loans", "modelId": "acme/loans", "sha": HEAD, "siblings": files, "tags": [], "private": False,
                "downloads": 0, "likes": 0}  # fmt: skip
        if card.startswith("---\n"):
            said["cardData"] = yaml.safe_load(card.split("---\n")[1])
        return said

    def batched(self, one):
        return {**one, "actions": {"upload": {"href": f"{self.server.uploads}/upload", "header": {}}}}

    def committed(self, body):
        lines = [json.loads(line) for line in body.splitlines()]
        head = next(line["value"] for line in lines if line["key"] == "header")
        if head.get("parentCommit") != HEAD:
            return self.say({"error": "moved"}, 412)
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                self.server.received[value["path"]] = base64.b64decode(value["content"])
            if line["key"] == "lfsFile":
                self.server.received[value["path"]] = self.server.uploaded[value["oid"]]
        self.server.heads.append(head)
        at = f"http://127.0.0.1:{self.server.server_port}/acme/loans"
        return self.say({"success": True, "commitOid": MADE, "commitUrl": f"{at}/commit/{MADE}", "hookOutput": "",
                         "pullRequestUrl": f"{at}/discussions/1"})  # fmt: skip

    def say(self, said, status=200):
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *said):
        pass
