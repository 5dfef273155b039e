"""A branch of a git repository, read and written by the git program.

Every call works in a bare repository of its own in a temporary folder: nobody's working tree,
index or hooks are touched. Git runs without hooks, without prompts, over its usual transports
alone; the user's own settings (credentials, proxies, ssh) hold, as for the user's own git.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import ExtraMissing, TargetError, TargetRefused, TargetUnreachable
from workbench.exchange.addresses import without_passwords
from workbench.providers.redact import one_line

_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.askPass=",
    "tag.gpgSign=false",
    "push.gpgSign=false",
    "push.followTags=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.followRedirects=false",
)
_KEPT = re.compile(r"GIT_(?:CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM)|SSH|SSH_COMMAND|SSH_VARIANT|SSL_\w+)")
"""Of the variables of git in the environment; the others say which repository is meant."""
_TRANSPORTS = "file:git:http:https:ssh"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./+-]{0,249}")
_UNREACHABLE = re.compile(
    r"could not resolve|connection (?:refused|timed out|reset|closed)|timed out|no route to host"
    r"|network is unreachable|unexpected disconnect|early EOF|returned error: (?:429|5\d\d)"
    r"|failed to connect|couldn't connect|empty reply|unable to lock|cannot lock ref",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"\[rejected\]|non-fast-forward|fetch first|cannot lock ref"
    r"|\[remote rejected\].*(?:already exists|failed to update ref)"
)
_CHECKED_OUT = "branch is currently checked out"
_HEADS = "refs/heads/"
_TAGS = "refs/tags/"
_FILE_MODE = "100644"


class Moved(TargetError):
    """Somebody else pushed to the branch meanwhile."""


def name_problem(name: str) -> str:
    """Why git takes no branch or tag of that name; empty where it does."""
    parts = name.split("/")
    is_safe = _NAME.fullmatch(name) and ".." not in name and not name.endswith((".", "/"))
    if is_safe and not any(p.endswith(".lock") or p.startswith(".") or not p for p in parts):
        return ""
    return f"git has no branch or tag named {name[:100]!r}"


def address_problem(address: str) -> str:
    """Why an address is not given to git; empty where it is."""
    if not address:
        return "it has no uri"
    if address.startswith("-") or not address.isprintable() or "::" in address.split("/")[0]:
        return "its uri is no path, and no address that git takes"
    scheme = address.partition("://")[0] if "://" in address else ""
    if scheme and scheme not in _TRANSPORTS.split(":"):
        return f"git is not asked over {scheme[:20]!r}"
    return ""


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the repository is, and the branch that is meant."""

    address: str
    """A URL, or an absolute path."""
    branch: str
    timeout_s: float = 60.0
    hidden: tuple[str, ...] = ()
    """What errors must not show."""

    @contextmanager
    def fetched(self, tags: str) -> Iterator[Fetched]:
        """The branch as it is now, and the tags of a pattern such as `triage/*`.

        Raises TargetRefused or TargetUnreachable.
        """
        with tempfile.TemporaryDirectory(
            prefix="workbench-git-", ignore_cleanup_errors=True
        ) as name:
            scratch = _Git(self, Path(name))
            scratch.start()
            fetched = Fetched(scratch)
            fetched.refs = scratch.remote_refs(_HEADS + self.branch, _TAGS + tags)
            if fetched.refs:
                specs = [f"+{ref}:{ref}" for ref in fetched.refs]
                options = ["--quiet", "--no-tags", "--depth=1", "--no-write-fetch-head"]
                scratch.over_there("fetch", *options, "--", scratch.remote, *specs)
            yield fetched


class Fetched:
    """A fetched branch in a scratch repository."""

    def __init__(self, git: _Git) -> None:
        self._git = git
        self.refs: dict[str, str] = {}

    @property
    def _head(self) -> str:
        return self.refs.get(_HEADS + self._git.of.branch, "")

    def paths(self, folder: str) -> list[str]:
        """The files in a folder of the branch."""
        if not self._head:
            return []
        listed = self._git.run("ls-tree", "-z", "--name-only", self._head, f"{folder}/")
        return [name.decode("utf-8", "replace") for name in listed.split(b"\0") if name]

    def read(self, path: str, *, tag: str = "", most: int) -> bytes | None:
        """A file of the branch, or of a tag; None where there is none. Raises TargetRefused for
        one of more than `most` bytes.
        """
        commit = self.refs.get(_TAGS + tag, "") if tag else self._head
        if not commit:
            return None
        listed = self._git.run("ls-tree", "-z", "-l", commit, "--", path)
        mode, _, rest = listed.decode("utf-8", "replace").partition(" ")
        kind, _, rest = rest.partition(" ")
        if kind != "blob" or not mode.startswith("100"):
            return None  # a link or a module is no file of ours
        name, size = rest.split("\t")[0].split()
        if int(size) > most:
            raise TargetRefused(f"git: {path} has {int(size):,} bytes")
        return self._git.run("cat-file", "blob", name)

    def commit(
        self, files: Mapping[str, bytes | None], message: str, author: str, tag: str = ""
    ) -> str:
        """Push a commit that changes these files (None removes one), and a tag that names it, all
        or nothing; the commit.

        Raises Moved where the branch moved meanwhile, TargetRefused or TargetUnreachable.
        """
        git, branch = self._git, self._git.of.branch
        git.name_committer()
        entries = []
        for path, data in files.items():
            blob = git.run("hash-object", "-w", "--stdin", data=data or b"").decode().strip()
            entries.append(f"{_FILE_MODE if data is not None else 0} {blob}\t{path}\0".encode())
        git.run("read-tree", *([self._head] if self._head else ["--empty"]))
        git.run("update-index", "-z", "--index-info", data=b"".join(entries))
        tree = git.run("write-tree").decode().strip()
        parents = ["-p", self._head] if self._head else []
        made = git.run("commit-tree", tree, *parents, data=message.encode(), author=author)
        commit = made.decode().strip()
        specs = [f"{commit}:{_HEADS}{branch}"]
        if tag:
            there = self.refs.get(_TAGS + tag)
            name = git.tag(tag, commit, message, author)
            specs.append(f"{'+' if there else ''}{name}:{_TAGS}{tag}")
        git.over_there("push", "--quiet", "--atomic", "--no-verify", "--", git.remote, *specs)
        return commit


class _Git:
    """The git program in a scratch repository."""

    def __init__(self, of: Repository, folder: Path) -> None:
        self.of = of
        self._folder = folder
        self._is_local = "://" not in of.address and Path(of.address).is_absolute()
        self._committer = ""
        self._ssh = ""
        self.remote = Path(of.address).as_uri() if self._is_local else of.address

    def run(self, *arguments: str, data: bytes = b"", author: str = "") -> bytes:
        """Its output. Raises TargetRefused where it fails, TargetUnreachable where it is slow."""
        command = ["git", *(part for setting in _SETTINGS for part in ("-c", setting))]
        try:
            done = subprocess.run(
                [*command, f"--git-dir={self._folder}", *arguments],
                input=data,
                capture_output=True,
                timeout=self.of.timeout_s,
                env=_environment(self._folder, author, self._committer, self._ssh),
                cwd=self._folder,
                check=False,
            )
        except FileNotFoundError as error:
            raise ExtraMissing("there is no git on this machine", hint="install git") from error
        except subprocess.TimeoutExpired as error:
            raise TargetUnreachable(
                f"git {arguments[0]} took more than {self.of.timeout_s:g} s",
                may_have_committed=arguments[0] == "push",
            ) from error
        if done.returncode:
            raise self._failure(arguments[0], done.stderr)
        return done.stdout

    def start(self) -> None:
        """Make the scratch repository."""
        self.run("init", "--quiet", "--bare", "--template=", str(self._folder))
        if not self._is_local and not self.of.address.startswith("http"):
            ssh = self.run("config", "--default=", "--get", "core.sshCommand")
            self._ssh = ssh.decode("utf-8", "replace").strip()

    def name_committer(self) -> None:
        """Commits are made by whom the user's git names, if it names somebody."""
        email = self.run("config", "--default=", "--get", "user.email").strip()
        self._committer = "" if email else "workbench"

    def over_there(self, command: str, *arguments: str) -> bytes:
        """A command that asks the other repository. Its hooks do not run where it is a folder."""
        other = "receive-pack" if command == "push" else "upload-pack"
        program = [f"--{other}=git -c core.hooksPath=/dev/null {other}"] if self._is_local else []
        return self.run(command, *program, *arguments)

    def remote_refs(self, *patterns: str) -> dict[str, str]:
        """The refs over there that match, with the objects that they name."""
        lines = self.over_there("ls-remote", "--quiet", "--refs", "--", self.remote, *patterns)
        rows = (line.partition("\t") for line in lines.decode("utf-8", "replace").splitlines())
        wanted = _HEADS + self.of.branch
        return {ref: name for name, _, ref in rows if ref == wanted or _is_tag(ref)}

    def tag(self, tag: str, commit: str, message: str, author: str) -> str:
        """Make an annotated tag; its object."""
        self.run(
            "tag",
            "--annotate",
            "--force",
            "--file=-",
            "--",
            tag,
            commit,
            data=message.encode(),
            author=author,
        )
        return self.run("rev-parse", _TAGS + tag).decode().strip()

    def _failure(self, command: str, stderr: bytes) -> TargetError:
        text = stderr.decode("utf-8", "replace")
        message = one_line(without_passwords(_telling(text)), self.of.hidden)
        if _CHECKED_OUT in text:
            return TargetRefused(
                f"git: the branch {self.of.branch} is checked out there, and stays as it is",
                hint="name another branch (options.branch), or use a bare repository",
            )
        if command == "push" and _MOVED.search(text):
            return Moved(f"git: somebody else pushed to {self.of.branch}: {message}")
        if _UNREACHABLE.search(text):
            return TargetUnreachable(f"git: {message}", may_have_committed=command == "push")
        return TargetRefused(
            f"git {command}: {message}", hint="try git ls-remote with that address"
        )


def _is_tag(ref: str) -> bool:
    return ref.startswith(_TAGS) and not name_problem(ref.removeprefix(_TAGS))


def _telling(text: str) -> str:
    """The line of git's errors that says most."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "! ", "remote:"))]
    return (telling or lines or ["it failed"])[0]


def _environment(folder: Path, author: str, committer: str, ssh: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "SSH_ASKPASS")) or _KEPT.fullmatch(name)
    }
    people = {"AUTHOR": author, "COMMITTER": committer}
    for who, name in people.items():
        if name:
            kept |= {f"GIT_{who}_NAME": name, f"GIT_{who}_EMAIL": "workbench@localhost"}
    ssh = kept.get("GIT_SSH_COMMAND") or ssh
    if ssh or "GIT_SSH" not in kept:
        kept["GIT_SSH_COMMAND"] = f"{ssh or 'ssh'} -oBatchMode=yes"
    return {
        **kept,
        "GIT_ALLOW_PROTOCOL": _TRANSPORTS,
        "GIT_INDEX_FILE": str(folder / "index"),
        "GIT_TERMINAL_PROMPT": "0",
        "SSH_ASKPASS_REQUIRE": "never",
        "LC_ALL": "C",
    }


def hidden_in(address: str) -> Sequence[str]:
    """The password in an address, which errors must not show."""
    match = re.match(r"[a-z+]+://[^/@]*?:([^/@]+)@", address)
    return (match[1],) if match else ()
