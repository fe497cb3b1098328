import type { Migration } from '../migration.ts';

/** Recipients of alert mail are approved; those that rules mailed to before count as approved. */
export const mailRecipients: Migration = {
  name: '0004-mail-recipients',
  up: ({ text, integer, strict }) => [
    `create table mail_recipient (
      organization ${text} not null references organization (id),
      address ${text} not null,
      approved_at ${integer} not null,
      approved_by ${text} not null,
      primary key (organization, address)
    )${strict}`,
    `insert into mail_recipient (organization, address, approved_at, approved_by)
      select organization, address, min(created_at), 'before approval'
      from (${strict === '' ? addressesInPostgres : addressesInSqlite}) as mailed
      group by organization, address`,
    `create table sent_mail (
      organization ${text} not null references organization (id),
      queued_at ${integer} not null
    )${strict}`,
    'create index sent_mail_organization on sent_mail (organization, queued_at)',
  ],
};

const addressesInSqlite = `
  select r.organization, lower(e.value) as address, r.created_at
  from alert_rule r, json_each(r.definition, '$.channels.email') e where r.removed_at is null`;
const addressesInPostgres = `
  select r.organization, lower(e.value) as address, r.created_at
  from alert_rule r, jsonb_array_elements_text(r.definition::jsonb -> 'channels' -> 'email') as e (value)
  where r.removed_at is null`;
