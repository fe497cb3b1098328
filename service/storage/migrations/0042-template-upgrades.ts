import type { Migration } from '../migration.ts';

/**
 * Another embedder is the default. The former one (`face-recognition`) is off in a new installation and stays on where a person is
 * compared by it. Templates of `faceres`, which nothing reads any more, go where the picture has another template, and where no legal
 * hold keeps them.
 */
export const templateUpgrades: Migration = {
  name: '0042-template-upgrades',
  up: ({ text, integer, real, bytes, strict }) => [
    // One picture of a person makes one row per embedder; the columns have the meaning of those of `template`.
    `create table provisional_template (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      subject ${text} not null references subject (id),
      embedder ${text} not null,
      embedder_sha256 ${text} not null,
      vector_sealed ${bytes} not null,
      transform ${integer} not null,
      picture_hash ${text} not null,
      quality ${real} not null,
      created_at ${integer} not null,
      unique (subject, embedder)
    )${strict}`,
    'create index provisional_template_organization on provisional_template (organization, id)',
    `insert into model_setting (model, enabled, accepted_licence_doubt, set_by, set_at)
      select 'face-recognition', 1, 0, 'appliance:start', used.at
      from (
        select max(made.at) as at from (
          select max(created_at) as at from template where embedder = 'face-recognition'
          union all
          select max(created_at) as at from administrator_face
        ) as made
      ) as used
      where used.at is not null
        and not exists (select 1 from model_setting where model = 'face-recognition')`,
    `delete from template where embedder = 'faceres'
      and exists (
        select 1 from template as other
        where other.subject = template.subject
          and other.enrollment = template.enrollment and other.embedder <> 'faceres'
      )
      and not exists (
        select 1 from legal_hold where legal_hold.subject = template.subject and legal_hold.released_at is null
      )`,
    `delete from model_setting where model = 'faceres'`,
    `delete from gallery_calibration where scorer = 'fused'`,
  ],
};
