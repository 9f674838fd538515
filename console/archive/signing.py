"""Of the package: every signature and every rejection with its remark, bound to the hash of the text."""

from console.archive.case import Case, Section
from console.archive.package import json_entry
from disclosures.records import Review
from disclosures.review import STEP_NAMES

DECISIONS = {"approved": "通过", "rejected": "退回"}
_STEPS = {str(step): name for step, name in STEP_NAMES.items()} | {"secrecy": "保密审查"}


async def signatures(case: Case) -> Section:
    rows = await Review.filter(disclosure_id=case.id).order_by("id")
    numbers = {version.content_hash: version.number for version in case.versions}
    plain = [
        {
            "submission": row.submission, "step": row.step, "step_name": _STEPS.get(row.step, row.step),
            "decision": row.decision, "reviewer_id": row.reviewer_id, "reviewer": row.reviewer_name,
            "content_hash": row.content_hash, "remark": row.remark, "at": row.at.isoformat(),
            "for": getattr(row, "for_name", None), "opinion": getattr(row, "opinion", None),
        }
        for row in rows
    ]  # fmt: skip
    html = case.render("signatures.html", rows=rows, numbers=numbers, steps=_STEPS, decisions=DECISIONS)
    return Section(
        key="signatures", title="审核签署", html=html, entries=(json_entry("reviews.json", plain),),
        manifest={"signatures": plain},
    )  # fmt: skip
