"""The OpenAPI 3.1 document, made from the route table and the models: it cannot say anything else than the code."""

import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from console.api.bodies import Problem
from console.api.operation import Operation
from console.api.problems import CONTENT_TYPE

_PARAMETER: Final = re.compile(r"\{(\w+)(?::[^{}]*(?:\{[^{}]*\})?[^{}]*)?\}")
_FAILURES: Final = {
    "400": "请求无法读取",
    "401": "缺少有效的访问令牌",
    "403": "没有权限",
    "404": "没有找到",
    "409": "当前状态不允许，或内容已被他人修改",
    "413": "请求内容过大",
    "415": "内容类型不对",
    "422": "内容不符合要求，errors 指明字段和改法",
}
_QUERY: Final[dict[str, dict[str, Any]]] = {
    "channel": {"description": "只列出这个渠道的", "schema": {"type": "string", "enum": ["portal", "wechat", "weibo"]}},
    "disclosure": {"description": "公开信息的编号", "schema": {"type": "integer", "minimum": 1}},
    "month": {"description": "月份，如 2026-11", "schema": {"type": "string"}},
    "state": {"description": "只列出这个状态的；投放可写几个状态，以逗号分隔", "schema": {"type": "string"}},
    "page": {"description": "页码，从 1 开始", "schema": {"type": "integer", "minimum": 1, "default": 1}},
    "q": {"description": "标题或索引号中的文字", "schema": {"type": "string"}},
    "view": {
        "description": "month 或 week",
        "schema": {"type": "string", "enum": ["month", "week"], "default": "month"},
    },
    "at": {"description": "要看的日期，默认今天", "schema": {"type": "string", "format": "date"}},
    "unit": {"description": "只列出这个发布机构的", "schema": {"type": "string"}},
    "late": {"description": "yes：只列出已超期的", "schema": {"type": "string", "enum": ["yes"]}},
    "from": {"description": "旧的版本号；缺省为上次审定稿", "schema": {"type": "integer", "minimum": 1}},
    "to": {"description": "新的版本号；缺省为最新版", "schema": {"type": "integer", "minimum": 1}},
}


def document(operations: Sequence[Operation], *, title: str, version: str, server: str) -> dict[str, Any]:
    """The whole document. ``server`` is the public address of the gateway."""
    models = {model for op in operations for model in (op.takes, op.gives) if model is not None} | {Problem}
    ordered = sorted(models, key=lambda model: model.__name__)
    refs, schema = models_json_schema(
        [(model, "serialization" if _is_answer(model) else "validation") for model in ordered],
        ref_template="#/components/schemas/{model}",
    )
    named = {model: refs[(model, "serialization" if _is_answer(model) else "validation")] for model in ordered}
    paths: dict[str, dict[str, Any]] = {}
    for op in operations:
        paths.setdefault(_PARAMETER.sub(r"{\1}", op.path), {})[op.method.lower()] = _operation(op, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": "政务公开发布与问答网关的接口，规则与工作台相同。"},
        "servers": [{"url": server}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schema["$defs"],
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": "mingbai staff token 发放的令牌"}},
        },
    }  # fmt: skip


def _is_answer(model: type[BaseModel]) -> bool:
    return model.model_config.get("extra") != "forbid" and model.__name__ != "FileBody"


def _operation(op: Operation, named: dict[type[BaseModel], Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": op.summary,
        "operationId": op.handler.__name__,
        "responses": {
            str(op.status): {"description": "完成", "content": _given(op, named)},
            **{
                status: {"description": said, "content": {CONTENT_TYPE: {"schema": named[Problem]}}}
                for status, said in _FAILURES.items()
                if _may_fail(op, status)
            },
        },
    }
    if parameters := _parameters(op):
        described["parameters"] = parameters
    if op.takes is not None:
        kind = "multipart/form-data" if op.uploads else "application/json"
        described["requestBody"] = {"required": _needs_body(op.takes), "content": {kind: {"schema": named[op.takes]}}}
    return described


def _given(op: Operation, named: dict[type[BaseModel], Any]) -> dict[str, Any]:
    if op.gives is None:
        return {op.file: {"schema": {"type": "string", "format": "binary"}}}
    return {"application/json": {"schema": named[op.gives]}}


def _may_fail(op: Operation, status: str) -> bool:
    if status in {"413", "415"}:
        return op.takes is not None
    if status in {"400", "422"}:
        return op.takes is not None or bool(op.query)
    return True


def _needs_body(model: type[BaseModel]) -> bool:
    return any(field.is_required() for field in model.model_fields.values())


def _parameters(op: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
        for name in _PARAMETER.findall(op.path)
    ]
    found += [{"name": name, "in": "query", **_QUERY[name]} for name in op.query]
    if op.keyed:
        found.append({
            "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 100},
            "description": "24 小时内以同一个键重复同一请求，只办理一次，返回同一结果",
        })  # fmt: skip
    if op.method == "PATCH":
        found.append({
            "name": "If-Match", "in": "header", "schema": {"type": "string"},
            "description": "GET 返回的 ETag；他人已保存更新的版本时返回 409",
        })  # fmt: skip
    return found
