"""Whether a package is whole and true, from the file alone: no database, no network, nothing of the running product.

Checked: every file against ``SHA256SUMS`` and none besides; each revision against the hash that was signed; the signatures (three
different persons, none of them an author of that text, on the approved hash); what each channel was given against its frozen
hash and the approved text; every record of the audit chain against its own hash.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from console.archive.acts import hash_of
from console.archive.package import MANIFEST, SUMS

MOST_FILES: Final = 200_000
MOST_BYTES: Final = 16 * 1024**3
"""Of all files of one ZIP file, uncompressed."""
MOST_TEXT: Final = 64 * 1024**2
"""Of a file that is read as a whole (the manifest, a text)."""
REQUIRED: Final = ("first", "second", "final")
STEPS: Final = {"first": "初审", "second": "复审", "final": "终审"}
_SUM: Final = re.compile(r"([0-9a-f]{64})  (\S.*)")
_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found in one package; ``faults`` is empty when it is whole and true."""

    folder: str
    title: str
    index_number: str
    files: int
    revisions: int
    signatures: int
    deliveries: int
    acts: int
    faults: tuple[str, ...]


class Unreadable(Exception):
    """这个文件不是归档包，或者已经损坏。"""


def verify(path: Path) -> tuple[Checked, ...]:
    """Every package in the file. Raises Unreadable when it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = _names(archive)
            folders = sorted({name.split("/", 1)[0] for name in names if name.endswith(f"/{MANIFEST}")})
            found = tuple(
                [_Package(archive, folder, names).checked() for folder in folders if f"{folder}/{MANIFEST}" in names]
            )
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as trouble:
        raise Unreadable(f"打不开归档包：{trouble}") from trouble
    if not found:
        raise Unreadable("文件里没有归档包（缺少 manifest.json）。")
    return found


def _names(archive: zipfile.ZipFile) -> frozenset[str]:
    infos = archive.infolist()
    if len(infos) > MOST_FILES or sum(info.file_size for info in infos) > MOST_BYTES:
        raise Unreadable("文件解开后过大，没有核对。")
    names = [info.filename for info in infos if not info.is_dir()]
    if len(set(names)) != len(names):
        raise Unreadable("文件里有同名的内容，可能被改动。")
    if bad := next((name for name in names if name.startswith("/") or ".." in name.split("/") or "\\" in name), None):
        raise Unreadable(f"文件里有不安全的路径：{bad[:80]}")
    return frozenset(names)


class _Package:
    """One folder of the file."""

    def __init__(self, archive: zipfile.ZipFile, folder: str, names: frozenset[str]) -> None:
        self._archive = archive
        self._folder = folder
        self._names = {name.removeprefix(f"{folder}/") for name in names if name.startswith(f"{folder}/")}
        self._hashes: dict[str, str] = {}
        self._faults: list[str] = []

    def checked(self) -> Checked:
        self._sums()
        manifest: dict[str, Any] = {}
        if self._begun(self._read_manifest, manifest) and manifest:
            for check in (self._revisions, self._signatures, self._deliveries, self._files, self._acts):
                self._begun(check, manifest)
        about = manifest.get("disclosure") if isinstance(manifest.get("disclosure"), dict) else {}
        counts = {name: len(manifest.get(name) or ()) for name in ("revisions", "signatures", "deliveries")}
        acts = manifest.get("audit") if isinstance(manifest.get("audit"), dict) else {}
        return Checked(
            folder=self._folder, title=str((about or {}).get("title", "")), index_number=str((about or {}).get("index_number", "")),
            files=len(self._names), acts=int((acts or {}).get("records", 0) or 0), faults=tuple(self._faults), **counts,
        )  # fmt: skip

    def _begun(self, check: Callable[[dict[str, Any]], None], manifest: dict[str, Any]) -> bool:
        """Runs a check; what does not have the form of a package is a fault and no crash."""
        try:
            check(manifest)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as trouble:
            self._faults.append(f"归档清单读不懂：{type(trouble).__name__}")
            return False
        return True

    # Every file

    def _sums(self) -> None:
        told: dict[str, str] = {}
        if SUMS not in self._names:
            self._faults.append(f"缺少 {SUMS}")
            return
        for line in self._text(SUMS).splitlines():
            found = _SUM.fullmatch(line)
            if found is None:
                self._faults.append(f"{SUMS} 里有读不懂的一行：{line[:60]}")
                continue
            told[found[2]] = found[1]
        for path in sorted(self._names - {SUMS}):
            if path not in told:
                self._faults.append(f"多出的文件：{path}")
            elif self._hash(path) != told[path]:
                self._faults.append(f"内容被改动：{path}")
        self._faults += [f"缺少文件：{path}" for path in sorted(told.keys() - self._names)]

    def _read_manifest(self, manifest: dict[str, Any]) -> None:
        found = json.loads(self._text(MANIFEST))
        if not isinstance(found, dict) or found.get("format") != "mingbai-archive":
            raise ValueError("no manifest")
        manifest |= found

    # What was signed

    def _revisions(self, manifest: dict[str, Any]) -> None:
        for each in manifest["revisions"]:
            path = f"{each['folder']}/content.json"
            if self._hash(path) != each["content_hash"]:
                self._faults.append(f"第 {each['number']} 版的内容与签署的摘要值不符")

    def _signatures(self, manifest: dict[str, Any]) -> None:
        approved, number = manifest["disclosure"]["approved_hash"], manifest["disclosure"]["approved_revision"]
        hashes = {each["content_hash"] for each in manifest["revisions"]}
        self._faults += [
            f"{each['step_name']}签署的内容不在归档包里"
            for each in manifest["signatures"]
            if each["content_hash"] not in hashes
        ]
        if approved is not None:
            named = next((each["content_hash"] for each in manifest["revisions"] if each["number"] == number), None)
            if named != approved:
                self._faults.append("审定的摘要值与审定的版本不符")
        # What went out had to be signed when it did, also when it was withdrawn or corrected since.
        sent = {each["content_hash"] for each in manifest.get("deliveries", ()) if each["published_at"]}
        for wanted in sorted(sent | ({approved} if approved is not None else set())):
            self._signed(manifest, wanted)

    def _signed(self, manifest: dict[str, Any], wanted: str) -> None:
        """Three different persons signed this text, and none of them wrote it."""
        signed = self._signers(manifest, wanted)
        if signed is None:
            if not self._emergency(manifest):
                self._faults.append(f"内容 {wanted[:12]} 没有齐全的三审签署")
            return
        if len(set(signed.values())) != len(signed):
            self._faults.append("同一人签署了两个审核步骤")
        writers = {each["author_id"] for each in manifest["revisions"] if each["content_hash"] == wanted}
        if writers & set(signed.values()):
            self._faults.append("撰稿人签署了自己的稿件")

    @staticmethod
    def _signers(manifest: dict[str, Any], approved: str) -> dict[str, int] | None:
        """Step → reviewer of the newest submission in which all three steps signed the approved hash."""
        by_submission: dict[int, dict[str, int]] = {}
        for each in manifest["signatures"]:
            if each["decision"] == "approved" and each["content_hash"] == approved:
                by_submission.setdefault(int(each["submission"]), {})[each["step"]] = int(each["reviewer_id"])
        whole = [found for _, found in sorted(by_submission.items()) if set(REQUIRED) <= found.keys()]
        return whole[-1] if whole else None

    @staticmethod
    def _emergency(manifest: dict[str, Any]) -> bool:
        """A release before the reviews, with its debt, is recorded as such."""
        return any("emergency" in name or "debt" in name for name in manifest.get("records", {}))

    # What went out

    def _deliveries(self, manifest: dict[str, Any]) -> None:
        hashes = {each["content_hash"] for each in manifest["revisions"]}
        for each in manifest.get("deliveries", ()):
            if self._hash(each["payload"]) != each["payload_sha256"]:
                self._faults.append(f"投放 {each['id']}（{each['channel']}）的定稿与冻结时的校验值不符")
            if each["content_hash"] not in hashes:
                self._faults.append(f"投放 {each['id']}（{each['channel']}）所依据的版本不在归档包里")

    def _files(self, manifest: dict[str, Any]) -> None:
        for each in manifest.get("files", ()):
            if each["path"] is None:
                self._faults.append(f"归档时库中已没有文件“{each['name']}”")
            elif self._hash(each["path"]) != each["sha256"]:
                self._faults.append(f"文件“{each['name']}”与其校验值不符")

    # Who did it

    def _acts(self, manifest: dict[str, Any]) -> None:
        before: tuple[int, str] | None = None
        count = 0
        for line in self._text(manifest["audit"]["path"]).splitlines():
            record, told, has = hash_of(line)
            number, previous = int(str(record[0])), str(record[7])
            count += 1
            if told != has:
                self._faults.append(f"审计记录 {number} 被改动")
            if before is not None and (number <= before[0] or (number == before[0] + 1 and previous != before[1])):
                self._faults.append(f"审计记录 {number} 与前一条接不上")
            before = (number, told)
        if count != manifest["audit"]["records"] or (before and before[1] != manifest["audit"]["last_hash"]):
            self._faults.append("审计记录的条数或末条与清单不符")

    # Reading

    def _text(self, path: str) -> str:
        info = self._archive.getinfo(f"{self._folder}/{path}")
        if info.file_size > MOST_TEXT:
            raise ValueError("too large")
        return self._archive.read(info).decode("utf-8")

    def _hash(self, path: str) -> str:
        """SHA-256 of a file of this package; empty when it is not there or cannot be unpacked."""
        if path not in self._hashes:
            self._hashes[path] = self._digest(path) if path in self._names else ""
        return self._hashes[path]

    def _digest(self, path: str) -> str:
        mark = hashlib.sha256()
        try:
            for piece in _pieces(self._archive, f"{self._folder}/{path}"):
                mark.update(piece)
        except (zipfile.BadZipFile, OSError, EOFError, ValueError) as _trouble:
            return ""
        return mark.hexdigest()


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as file:
        while piece := file.read(_PIECE):
            yield piece


def faults(found: Sequence[Checked]) -> int:
    """How many faults there are in all."""
    return sum(len(each.faults) for each in found)
