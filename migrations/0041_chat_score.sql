-- What a customer's messages have in them that speaks for or against a deal (F78): one bit each, so that whatever order messages come in and however often, the same
-- stands here. Which bit is what, and what it is worth, is `inbox/server/scoring.rs`. Null: to be counted; so is all that was there before, and what a process that knows
-- no scores begins while both run.
alter table conversation add column chat_marks bigint;
create index conversation_to_count on conversation (workspace_id, id) where chat_marks is null;
