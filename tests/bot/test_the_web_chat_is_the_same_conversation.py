from bot.conversation import Conversation
from bot.decision import Step
from bot.records import ConversationState
from bot.web import WebChat


async def test_a_visitor_chooses_by_number_and_is_remembered_by_his_random_id(conversation: Conversation) -> None:
    chat = WebChat(conversation=conversation)
    offered = await chat.answer("v-1", "这个怎么办")
    assert [option.title for option in offered.options] == ["低保怎么申请", "养老金怎么认证", "小学入学怎么报名"]
    assert (await chat.answer("v-2", "2")).step is Step.HELP
    picked = await chat.answer("v-1", "2")
    assert picked.text.startswith("每年认证一次")
    assert picked.sources[0].unit == "区人社局"
    assert (await ConversationState.get()).sender == "v-1"


async def test_the_greeting_shows_real_questions(conversation: Conversation) -> None:
    assert "· 低保怎么申请？" in WebChat(conversation=conversation).greeting()
