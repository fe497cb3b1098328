import type { Migration } from '../migration.ts';

/**
 * Enrollments that wait for a person to compare two faces, with their pictures for as long as that takes; and what the organization sets for
 * reviewing and signing in.
 */
export const review: Migration = {
  name: '0014-review',
  up: ({ text, integer, bytes, strict }) => [
    `create table review_item (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      kind ${text} not null,
      policy ${text} not null,
      subject ${text} not null,
      other ${text},
      email_hash ${text},
      order_sealed ${bytes},
      figures ${text} not null,
      state ${text} not null,
      decision ${text},
      decided_by ${text},
      decided_at ${integer},
      enrolled ${integer} not null default 0,
      created_at ${integer} not null,
      erased_at ${integer}
    )${strict}`,
    'create index review_item_realm on review_item (organization, world, state, id)',
    'create index review_item_subject on review_item (subject)',
    'create index review_item_other on review_item (other)',
    'create index review_item_kept on review_item (erased_at, created_at)',
    `create table review_picture (
      id ${text} primary key,
      item ${text} not null references review_item (id),
      organization ${text} not null,
      world ${text} not null,
      side ${text} not null,
      subject ${text} not null,
      picture_sealed ${bytes} not null,
      created_at ${integer} not null,
      unique (item, side)
    )${strict}`,
    'create index review_picture_subject on review_picture (subject)',
    `create table review_vote (
      item ${text} not null references review_item (id),
      actor ${text} not null,
      decision ${text} not null,
      at ${integer} not null,
      primary key (item, actor)
    )${strict}`,
    `alter table organization add column two_person_review ${integer} not null default 0`,
    `alter table organization add column sign_in_notice ${text}`,
  ],
};
