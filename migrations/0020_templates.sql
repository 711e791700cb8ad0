-- The business account that a number belongs to: its templates are kept there. Asked of the provider once; null until then.
alter table whatsapp_number add column business_account_id text check (business_account_id <> '');

-- What was filled in for a template and could not be sent stays for the page that says so, as a text does.
alter table unsent drop constraint unsent_kind_check;
alter table unsent add constraint unsent_kind_check check (kind in ('reply', 'note', 'template'));
