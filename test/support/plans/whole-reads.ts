import type { Plan, TableRead } from './read-plan.ts';

/** Tables that stay small, whatever number of people are enrolled and however long the box runs. */
const small = new Set([
  // What administrators and operators made.
  ...[
    'organization',
    'organization_logo',
    'consent_text',
    'site',
    'profile',
    'flow',
    'kiosk',
    'operator_pin',
    'setup',
    'api_key',
  ],
  ...[
    'administrator',
    'administrator_face',
    'passkey',
    'recovery_code',
    'destination_grant',
    'webhook_endpoint',
  ],
  ...[
    'alert_rule',
    'mail_recipient',
    'backup_plan',
    'uniqueness_scope',
    'model_import',
    'model_setting',
    'known_node',
    'legal_hold',
    'approval',
  ],
  // A row a day or a backup, and at most some years of them.
  ...['backup_run', 'backup_drill', 'retention_sweep', 'behavior_tally', 'audit_checkpoint'],
  // Of administrators and sources that sign in now; removed every hour.
  ...['administrator_session', 'sign_in_ticket', 'one_time_code', 'passkey_challenge', 'sign_in_failure'],
  // A row for each counter of a key or an organization, and for each scorer, model and recurring work.
  ...['usage_counter', 'gallery_calibration', 'behavior_layer', 'recurring_work'],
  // Mails of a day.
  'sent_mail',
  ...['schema_migration', 'sqlite_master', 'sqlite_stat1'],
  // Of the key store: as many rows as organizations, secrets, places.
  ...['organization_key', 'appliance_secret', 'note', 'copy_place', 'former_copy', 'store_state'],
]);

/** Columns with few values: an index that is searched by these alone reads a large part of a table. */
const few = new Set([
  ...[
    'organization',
    'world',
    'kind',
    'state',
    'status',
    'outcome',
    'leaving',
    'embedder',
    'embedder_sha256',
  ],
  ...['lineage', 'scope', 'epoch', 'profile'],
]);

/** Indexes of a few rows: what is not done yet, and what is seldom so. */
const ofFewRows = new RegExp(
  [
    ...['delivery_waiting', 'delivery_parked', 'live_session_running', 'erasure_unfinished'],
    ...['outbox_unrelayed', 'outbox_until_delivered', 'delivery_claimed', 'delivery_first', 'delivery_retry'],
    ...['subject_disabled', 'subject_member_of', 'uniqueness_wait_scope'],
  ].join('|'),
);

/** Statements that read a whole table or all rows of an organization, each with its reason. */
const allowed: readonly { table: string; sql: RegExp; why: string }[] = [
  {
    table: '*',
    sql: /^(?:delete from "\w+"|update "alert" set "notified" = \?) where "organization" = \?$/,
    why: 'An organization is erased: all of its rows go.',
  },
  {
    table: 'behavior_window',
    sql: /from behavior_window where organization = \? limit \?/,
    why: 'The same, some at a time.',
  },
  {
    table: '*',
    sql: /^select "id" from "(?:subject|live_session)" where "organization" = \? limit \?$/,
    why: 'Whether there is any: one row.',
  },
  {
    table: '*',
    sql: /like \?$/,
    why: 'PostgreSQL alone: the proof of an erasure looks at every row, in the server.',
  },
  {
    table: 'subject',
    sql: /^select count\(\*\) as "n" from "subject" where "organization" = \? and "world" = \? and not exists/,
    why: 'How many people there are, read from an index alone.',
  },
  {
    table: 'template',
    sql: /count\(distinct "subject"\)|count\(distinct "embedder"\)|"transform" < \?$/,
    why: 'At a start, before models change, and at the begin of a renewal: how many there are.',
  },
  {
    table: 'template',
    sql: /group by "embedder", "embedder_sha256"$/,
    why: 'The test of a backup, on the copy in it and in a thread.',
  },
  {
    table: 'provisional_template',
    sql: /"transform" < \?$|^select "world", count\(distinct "subject"\)/,
    why: 'How many there are, the second read from an index alone.',
  },
  {
    table: 'verification',
    sql: /^select count\(\*\) as "n" from "verification" where "organization" = \? and "subject" is not null/,
    why: 'At the begin of a renewal: how many there are.',
  },
  {
    table: 'verification',
    sql: /order by "created_at" desc, "id" desc limit \? offset \?$/,
    why: 'Where the slice ends that is looked through next.',
  },
  {
    table: 'person_key',
    sql: /^select (?:count\(\*\)|distinct "organization"|"subject")/,
    why: 'At a start, at a restore, and at the end of a rotation or of an organization.',
  },
  { table: 'erasure', sql: /where "state" != \?$/, why: 'At a start: erasures that a restore took back.' },
  { table: 'erasure_ledger', sql: /order by "seq"/, why: 'A signed chain is checked whole, at a start.' },
  {
    table: 'audit',
    sql: /"action" = \? and "details" like \?$/,
    why: 'The calibration of a gallery leaves out people who were found alike.',
  },
  {
    table: 'claim',
    sql: /"claim"."last_failed_at" < \?/,
    why: 'Once a day: addresses that no longer need to be remembered.',
  },
  {
    table: 'review_item',
    sql: /from "review_item" as "old"|^select count\(\*\) as "n" from "review_item"/,
    why: 'What people review, which is no more than people can; once a day, and the number of what waits.',
  },
  {
    table: 'uniqueness_member',
    sql: /"leaving" = \?(?: and "account" is not null)?$|"epoch" <= \?$/,
    why: 'A scope is counted, searched or ended as a whole.',
  },
  {
    table: 'erasure',
    sql: /^select "id" from "erasure" where "mac" is null/,
    why: 'Once, at the first start after an upgrade: erasures of an earlier release get their MAC.',
  },
  {
    table: 'delivery',
    sql: /^select "id" from "delivery" where "mac" is null and "state" in/,
    why: 'Once, at the first start after an upgrade: deliveries of an earlier release get their MAC.',
  },
  {
    table: 'delivery',
    sql: /"event_name" = \?.* order by "id" desc limit \?$/,
    why: 'A filter of a list, whose rows PostgreSQL may sort.',
  },
  {
    table: 'consent',
    sql: /"consent"\."organization" = .* order by "consent"\."id" desc limit /s,
    why: 'A filter of a list, whose rows PostgreSQL may sort.',
  },
  {
    table: 'outbox',
    sql: /"outbox"."type" = \?.* order by "outbox"."id" desc limit \?$/,
    why: 'A filter of a list, whose rows PostgreSQL may sort.',
  },
  {
    table: 'alert',
    sql: /"acknowledged_at" is null group by "world", "metric"$/,
    why: 'The figures of monitoring: a rule pauses between two alerts.',
  },
  {
    table: 'erasure',
    sql: /^select count\(\*\) as "n" from "subject"|from "uniqueness_member" as "member"/,
    why: 'PostgreSQL may look up all erasures of an organization at once.',
  },
  {
    table: 'subject',
    sql: /from "uniqueness_member" as "member"|from "legal_hold" inner join "subject"/,
    why: 'As many people as have left a scope or are held; PostgreSQL may read them in order.',
  },
  {
    table: 'delivery',
    sql: /^insert into "webhook_endpoint"/,
    why: 'A new endpoint has no deliveries: the foreign key is looked up.',
  },
];

/** What the plan reads of tables that grow and must not: in whole, or all rows of an organization. */
export function wholeReads(sql: string, { reads, paged }: Plan, grows: ReadonlySet<string>): TableRead[] {
  return reads.filter(
    ({ table, by, detail }) =>
      grows.has(table) &&
      !small.has(table) &&
      by.every((column) => few.has(column)) &&
      !(paged && (by.length > 0 || /INDEX|Index/.test(detail))) &&
      !ofFewRows.test(detail) &&
      !allowed.some(
        (one) => (one.table === table || one.table === '*') && one.sql.test(sql.replaceAll(/\$\d+/g, '?')),
      ),
  );
}
