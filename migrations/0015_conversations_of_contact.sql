-- A contact's conversations, closed ones too: a new profile name shows on all of them, and deleting a contact asks for them.
create index conversation_of_contact on conversation (workspace_id, contact_id);
