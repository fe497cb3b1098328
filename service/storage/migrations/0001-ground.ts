import type { Migration } from '../migration.ts';

export const ground: Migration = {
  name: '0001-ground',
  up: ({ text, integer, real, bytes, strict }) => [
    `create table organization (
      id ${text} primary key not null,
      name ${text} not null,
      created_at ${integer} not null,
      match_only ${integer} not null check (match_only in (0, 1)),
      uniqueness_policy ${text} not null check (uniqueness_policy in ('off', 'warn', 'block')),
      consent_policy ${text} not null check (consent_policy in ('attested', 'with-call'))
    )${strict}`,

    `create table api_key (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      name ${text} not null,
      prefix ${text} not null,
      world ${text} not null check (world in ('live', 'test')),
      secret_hash ${text} not null unique,
      hint ${text} not null,
      scopes ${text} not null,
      origins ${text} not null,
      browser ${integer} not null check (browser in (0, 1)),
      lineage ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer},
      revoked_at ${integer},
      last_used_at ${integer},
      last_used_address ${text}
    )${strict}`,
    'create index api_key_organization on api_key (organization, id)',

    `create table site (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      name ${text} not null,
      cidr ${text} not null,
      country ${text} not null,
      latitude ${real} not null,
      longitude ${real} not null,
      time_zone ${text} not null,
      created_at ${integer} not null
    )${strict}`,
    'create index site_organization on site (organization, id)',

    `create table profile (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      slug ${text} not null,
      version ${integer} not null,
      definition ${text} not null,
      created_at ${integer} not null,
      created_by ${text} not null,
      removed_at ${integer},
      unique (organization, slug, version)
    )${strict}`,

    `create table subject (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      email_hash ${text},
      email_sealed ${bytes},
      name_sealed ${bytes},
      created_at ${integer} not null,
      updated_at ${integer} not null,
      unique (organization, world, email_hash)
    )${strict}`,
    'create index subject_realm on subject (organization, world, id)',

    `create table template (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      subject ${text} not null references subject (id),
      enrollment ${text} not null,
      embedder ${text} not null,
      embedder_sha256 ${text} not null,
      vector_sealed ${bytes} not null,
      mark_sealed ${bytes},
      quality ${real} not null,
      created_at ${integer} not null
    )${strict}`,
    'create index template_subject on template (subject, enrollment)',
    'create index template_realm on template (organization, world, embedder, id)',

    `create table consent (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      subject ${text} not null references subject (id),
      text_version ${text} not null,
      purposes ${text} not null,
      method ${text} not null,
      legal_basis ${text} not null,
      given_at ${integer} not null,
      recorded_by ${text} not null
    )${strict}`,
    'create index consent_subject on consent (subject, given_at)',

    `create table verification (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      subject ${text} references subject (id),
      kind ${text} not null check (kind in ('1:1', '1:N')),
      profile ${text} not null,
      profile_version ${integer} not null,
      verified ${integer} not null check (verified in (0, 1)),
      reason ${text},
      confidence ${real} not null,
      composite ${real} not null,
      assurance ${text} not null,
      checks ${text} not null,
      models ${text} not null,
      timing ${text} not null,
      actor ${text} not null,
      created_at ${integer} not null,
      place_sealed ${bytes},
      device_sealed ${bytes},
      probe_sealed ${bytes}
    )${strict}`,
    'create index verification_realm on verification (organization, world, created_at)',
    'create index verification_subject on verification (subject, created_at)',

    `create table model_setting (
      model ${text} primary key not null,
      enabled ${integer} not null check (enabled in (0, 1)),
      accepted_licence_doubt ${integer} not null check (accepted_licence_doubt in (0, 1)),
      set_by ${text} not null,
      set_at ${integer} not null
    )${strict}`,

    `create table audit (
      id ${text} primary key not null,
      organization ${text},
      actor ${text} not null,
      action ${text} not null,
      target ${text},
      outcome ${text} not null check (outcome in ('done', 'refused')),
      request ${text},
      details ${text} not null,
      at ${integer} not null
    )${strict}`,
    'create index audit_organization on audit (organization, at)',
  ],
};
