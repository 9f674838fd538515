"""The addresses of the API's calls on the knowledge base."""

from console.api import knowledge_calls as bodies
from console.api.knowledge_calls import KnowledgeCalls
from console.api.operation import Operation, operation
from staff.roles import Verb

READ, WRITE, APPROVE = Verb.KNOWLEDGE_READ, Verb.KNOWLEDGE_WRITE, Verb.KNOWLEDGE_APPROVE


def knowledge_operations(k: KnowledgeCalls) -> tuple[Operation, ...]:
    home = "/api/v1/knowledge"
    one, version = home + r"/drafts/{id:\d{1,9}}", home + r"/releases/{id:\d{1,9}}"
    draft, prepared, release = bodies.DraftAnswer, bodies.PreparedAnswer, bodies.KnowledgeReleaseAnswer
    return (
        operation("GET", f"{home}/drafts", k.list_knowledge_drafts, "知识草稿列表", bodies.DraftListAnswer, None, READ,
                  query=("state", "page")),
        operation("POST", f"{home}/drafts", k.create_knowledge_draft, "起草知识条目", draft, bodies.DraftBody, WRITE,
                  status=201, keyed=True),
        operation("GET", one, k.read_knowledge_draft, "查看知识草稿", draft, None, READ),
        operation("PUT", one, k.save_knowledge_draft, "保存知识草稿", draft, bodies.DraftChanges, WRITE),
        operation("POST", f"{one}/submit", k.submit_knowledge_draft, "知识草稿送审", draft, bodies.VersionBody, WRITE),
        operation("POST", f"{one}/accept", k.accept_knowledge_draft, "通过知识草稿", draft, bodies.AcceptDraftBody,
                  APPROVE),
        operation("POST", f"{one}/send-back", k.send_back_knowledge_draft, "退回知识草稿", draft, bodies.RemarkBody,
                  APPROVE),
        operation("POST", f"{one}/discard", k.discard_knowledge_draft, "作废知识草稿", draft, bodies.VersionBody, WRITE),
        operation("GET", f"{home}/release", k.read_prepared_knowledge_release, "准备发布的知识库版本", prepared, None, READ),
        operation("POST", f"{home}/release/prepare", k.prepare_knowledge_release, "检查要发布的知识草稿", prepared,
                  bodies.PrepareBody, WRITE, status=201),
        operation("POST", f"{home}/release/ask", k.ask_for_knowledge_release, "提出例外放行退步的测试", prepared,
                  bodies.ReasonBody, APPROVE),
        operation("POST", f"{home}/release", k.publish_knowledge_release, "发布知识库版本，或确认另一人的提出", release,
                  bodies.PublishBody, APPROVE),
        operation("GET", f"{home}/releases", k.list_knowledge_releases, "知识库版本列表", bodies.KnowledgeReleaseListAnswer,
                  None, READ, query=("page",)),
        operation("GET", version, k.read_knowledge_release, "查看知识库版本（按版号）", release, None, READ),
        operation("POST", f"{version}/roll-back", k.roll_back_knowledge, "提出回退到这一版", prepared, bodies.ReasonBody,
                  WRITE, status=201),
        operation("GET", f"{home}/due", k.list_due_knowledge, "须复核和到期的知识条目", bodies.DueListAnswer, None, READ,
                  query=("page",)),
    )  # fmt: skip
