import type { Migration } from '../migration.ts';

/**
 * Queries of requests that read all rows of an organization, and have an index of their own now. The picture of one person was looked for
 * among all pictures of the organization: SQLite chose the index of which more columns were compared.
 */
export const queryIndexes: Migration = {
  name: '0053-query-indexes',
  up: () => [
    'drop index template_picture',
    'create index template_picture on template (organization, world, picture_hash) where picture_hash is not null',
    'drop index subject_member_of',
    'create index subject_member_of on subject (member_of) where member_of is not null',
    "create index erasure_unfinished on erasure (id) where state <> 'done'",
    'create index hosted_link_session on hosted_link (session) where session is not null',
    'create index registration_session on registration (session) where session is not null',
    'create index outbox_page on outbox (organization, world, id)',
    'create index review_item_page on review_item (organization, world, id)',
    'create index review_item_address on review_item (email_hash) where email_hash is not null',
    'create index refused_picture_lineage on refused_picture (lineage, created_at)',
    'create index uniqueness_wait_scope on uniqueness_wait (scope)',
  ],
};
