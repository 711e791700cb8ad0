-- A text with choices under it that could not be sent stays for the page that says so, as a text does.
alter table unsent drop constraint unsent_kind_check;
alter table unsent add constraint unsent_kind_check check (kind in ('reply', 'note', 'template', 'choices'));
