-- What messages carry beside words, of all conversations in their order: `has:photo` is read from here. Links are carried too.
create index message_carries on message (workspace_id, sent_at desc, id desc)
  where direction <> 'system' and (kind in ('image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts') or body ~* 'https?://');
