-- What was exchanged with a contact beside words. Each kind is read newest first from an index that holds nothing else, so that a page of it costs
-- the same however much was said in between.
create index message_pictures on message (workspace_id, conversation_id, sent_at desc, id desc) where kind in ('image', 'video');
create index message_files on message (workspace_id, conversation_id, sent_at desc, id desc) where kind in ('document', 'audio');
create index message_links on message (workspace_id, conversation_id, sent_at desc, id desc) where direction <> 'system' and body ~* 'https?://';
