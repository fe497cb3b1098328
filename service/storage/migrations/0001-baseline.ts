import type { Columns, Migration } from '../migration.ts';

/** The schema that the last Gatehouse 0.1 wrote. */
export const LAST_01 = '0055-session-pictures';

/**
 * Every table, the same on SQLite and PostgreSQL. Times are integer milliseconds since 1970 (bigint on PostgreSQL, read back as number), truth
 * values are 0 or 1, JSON is text, `*_sealed` is AES-256-GCM under the person's key (sealing/sealed.ts). schema.ts is made from it.
 *
 * Never changed after the release of 0.2.0. Until then what is changed here is changed in `fromLast01` too, and `npm run generate` is run.
 */
export const baseline: Migration = {
  name: '0001-baseline',
  up: (columns) => statements(columns),
  replaces: {
    name: LAST_01,
    digest: {
      sqlite: '133403658fe42ad28612fb0c644501bb02cac59fa48bb3fb4afdf4394b973cd5',
      postgres: 'ab132cd96b5c39e4de1842bbb29bd7f122ce2090ef8e4bbc04956eed2293d39f',
    },
    up: fromLast01,
  },
};

const windowColumns = 'organization, world, fingerprint, sid_hash, seq, up_ms, seen_at';

/** What the last 0.1 lacks, and has too much. */
function fromLast01(columns: Columns): readonly string[] {
  const { text, integer, strict } = columns;
  /** As they are made below, with their indexes. */
  const made = (...tables: string[]) =>
    statements(columns).filter((one) =>
      tables.some((table) => one.includes(`create table ${table} (`) || one.includes(` on ${table} (`)),
    );
  return [
    ...['erasure', 'model_setting', 'behavior_layer'].map(
      (table) => `alter table ${table} add column mac ${text}`,
    ),
    `alter table erasure add column consents ${text}`,
    ...['erasure', 'backup_run', 'backup_drill', 'setup'].map(
      (table) => `alter table ${table} add column begun_by ${text}`,
    ),
    `alter table live_session add column running_by ${text}`,
    `alter table backup_plan add column node ${text}`,
    `alter table behavior_verdict add column asked ${text}`,

    'alter table behavior_window rename to former_window',
    ...made('behavior_window'),
    // Of copies the one that was first seen. SQLite reads a conflict clause after a select only behind a condition.
    `insert into behavior_window (${windowColumns})
      select ${windowColumns} from former_window where true order by seen_at on conflict do nothing`,
    'drop table former_window',
    'drop table behavior_window_print',
    'drop table behavior_window_indexed',
    'drop table behavior_confirmed',
    'alter table behavior_layer drop column zero',
    'alter table behavior_layer drop column adapts',
    `delete from job_schedule where name = 'behavior-zero'`,
    `delete from job where kind = 'behavior-zero'`,

    ...made('delivery', 'delivery_attempt', 'recurring_work'),
    ...queueGoesOver(
      strict === ''
        ? (field) => `(job.payload::json ->> '${field}')`
        : (field) => `(job.payload ->> '$.${field}')`,
    ),

    ...made('relying_order'),
    ...ordersGoOver(strict === '' ? 'jsonb_strip_nulls(jsonb_build_object' : `json_patch('{}', json_object`),

    ...(strict === '' ? rightConstraintNames : []),

    ...references,
    sessionsOfFlow,
    'drop index live_session_undecided',
    ...undecidedSessions,
    keptProbes,

    ...['consent_text', 'former_names'].map(
      (column) => `alter table organization add column ${column} ${text}`,
    ),
    ...made('consent_text'),
    `alter table consent add column shown ${integer} not null default 0`,
    // The page of the kiosk showed the text first, and sent its version with the typed name; what has another method is of another program.
    `update consent set shown = 1
      where recorded_through = 'self' and recorded_by like 'kiosk:%' and method = 'kiosk, typed name'`,
    consentsOfOrganization,
    'drop index template_subject',
    templatesOfPeople,

    ...made('known_node', 'erasure_node', 'model_import', 'model_part'),

    `alter table live_session add column node ${text}`,
    `alter table live_session add column consent_purposes ${text}`,
    `alter table kiosk add column node ${text}`,
    `alter table audit add column chain ${text} not null default ''`,
    'drop index audit_seq',
    auditSeq,
    'create table former_checkpoint as select * from audit_checkpoint',
    'drop table audit_checkpoint',
    ...made('audit_checkpoint'),
    `insert into audit_checkpoint (${checkpointColumns}) select ${checkpointColumns} from former_checkpoint`,
    'drop table former_checkpoint',
  ];
}

/** A place in each chain. */
const auditSeq = 'create unique index audit_seq on audit (chain, seq)';
const checkpointColumns = 'seq, hash, at, kind, previous, kid, signature';

/** Of an id the last six characters, which people are shown as a reference; and the session of a verification. */
const references = [
  ...['verification', 'live_session'].map(
    (table) =>
      `create index ${table}_reference on ${table} (organization, world, substr(id, length(id) - 5), id)`,
  ),
  'create index live_session_verification on live_session (verification) where verification is not null',
];

/** Of the probes that are kept, for a renewal of their secret. */
const keptProbes =
  'create index verification_probe on verification (organization, id) where subject is not null and probe_sealed is not null';

/** With what the snapshot of the galleries is compared by, so that a start reads no row of those whose templates are as they were. */
const templatesOfPeople = 'create index template_subject on template (subject, id, anchor)';

/** For the list of consents. */
const consentsOfOrganization = 'create index consent_organization on consent (organization, id)';

/** For the run of each minute that ends what is due, in turns by organization, and takes over attempts; and for the list of those in review. */
const undecidedSessions = [
  'create index live_session_undecided on live_session (organization, world, expires_at, id) where decision is null',
  'create index live_session_running on live_session (running_since) where decision is null and running_since is not null',
  'create index live_session_held on live_session (organization, world, id) where decision is null and held_until is not null',
];

/** For the lists of keys. */
const sessionsOfFlow = 'create index live_session_flow on live_session (organization, world, flow, id)';

/** Jobs of webhooks go into the rows they stand for, mails into rows of their own, the rest is due again. */
const queueGoesOver = (ofJob: (field: string) => string): readonly string[] => [
  `insert into delivery (id, seq, kind, organization, world, endpoint, event, event_name, subject, origin, url_sealed, lane, state,
      state_reason, attempts, tries, next_at, created_at, finished_at, mac)
    select old.id, row_number() over (order by case when job.id is null then 0 else 1 end, job.seq, old.id), 'webhook',
      old.organization, old.world, old.endpoint, old.event, old.event_name, old.subject, old.origin, old.url_sealed, old.lane,
      old.state, old.state_reason, old.attempts, coalesce(job.attempts, old.attempts),
      case when job.id is not null then job.run_at when old.state = 'waiting' and old.job is not null then old.next_at end,
      old.created_at, old.finished_at, old.mac
    from webhook_delivery as old
    left join job on job.id = old.job and job.state in ('waiting', 'relayed', 'leased') and old.state in ('waiting', 'failed')`,
  `insert into delivery (id, seq, kind, organization, world, event, event_name, origin, lane, state, state_reason, attempts, tries,
      next_at, created_at, finished_at)
    select 'dlv_' || substr(job.id, 5), (select count(*) from webhook_delivery) + row_number() over (order by job.seq), 'mail',
      alert.organization, alert.world, alert.id, 'mail.' || ${ofJob('to')}, 'alert', 'mail',
      case job.state when 'dead' then 'failed' else 'waiting' end, job.last_error, job.attempts, job.attempts,
      case job.state when 'dead' then null else job.run_at end, job.created_at, job.finished_at
    from job join alert on alert.id = ${ofJob('alert')}
    where job.kind = 'mail' and job.state in ('waiting', 'relayed', 'leased', 'dead')`,
  `insert into delivery_attempt (id, delivery, number, at, outcome, status, milliseconds, exchange_sealed)
    select id, delivery, number, at, outcome, status, milliseconds, exchange_sealed from webhook_attempt`,
  `insert into recurring_work (kind, every, next_at, last_at, last_error, fence)
    select plan.name, plan.every,
      case when job.state in ('waiting', 'relayed', 'leased') then 0 else plan.next_at end,
      job.finished_at, case job.state when 'dead' then coalesce(job.last_error, 'It failed.') end, 0
    from job_schedule as plan left join job on job.id = plan.last_job`,
  `insert into recurring_work (kind, next_at, fence)
    select 'backup-drill', 0, 0
    where exists (select 1 from job where kind = 'backup-drill' and state in ('waiting', 'relayed', 'leased'))`,

  'drop table webhook_attempt',
  'drop table webhook_delivery',
  'drop table job_schedule',
  'drop table job',
];

/** Each kind had a table. What is sealed stays as it is: its field is named after that table (engine/orders/order-store.ts). */
function ordersGoOver(object: string): readonly string[] {
  const json = (fields: string) => `cast(${object}(${fields})) as text)`;
  const columns = `id, kind, organization, world, token_hash, about_hash, subject, created_at, created_by, lineage, expires_at, ends_at, session,
      opened_at, state, ended_at, terms, result, request_sealed, proof_sealed`;
  return [
    `insert into relying_order (${columns})
      select id, 'hosted', organization, world, token_hash, email_hash, null, created_at, created_by, '', expires_at,
        case when status = 'PENDING' and opened_at is null then expires_at end, session, opened_at,
        case status when 'PENDING' then 'pending' when 'PASS' then 'passed' when 'FAIL' then 'failed' else 'expired' end, completed_at,
        ${json(`'product', product, 'flow', flow`)}, '{"reasons":' || reasons || '}', page_sealed, null
      from hosted_link`,
    `insert into relying_order (${columns})
      select id, 'registration', organization, world, token_hash, reference_hash, subject, created_at, created_by, '', expires_at,
        case when status = 'pending' and opened_at is null then expires_at end, session, opened_at,
        case status when 'completed' then 'passed' else status end, completed_at,
        ${json(`'region', region, 'dataRequest', data_request`)},
        ${json(`'failure', failure_code, 'humanness', humanness_score, 'humanId', unique_human`)}, request_sealed, null
      from registration`,
    `insert into relying_order (${columns})
      select id, 'presence', organization, world, link_hash, email_hash, subject, created_at, created_by, lineage, expires_at,
        case state when 'pending' then expires_at end, session, begun_at,
        case state when 'verified' then 'passed' when 'cancelled' then 'failed' else state end, decided_at,
        ${json(`'ttlSeconds', ttl_seconds, 'singleUse', single_use`)},
        ${json(`'reason', reason, 'jti', token_id, 'tokenExpiresAt', token_expires_at`)}, request_sealed, token_sealed
      from presence_session`,
    'drop table hosted_link',
    'drop table registration',
    'drop table presence_session',
  ];
}

/** PostgreSQL keeps the names that the constraints of a table got when it had another name. */
const rightConstraintNames = [
  ['behavior_verdict', 'pkey', 'token_hash_key', 'organization_fkey'],
  ['gallery_calibration', 'pkey', 'organization_fkey'],
].flatMap(([table, ...constraints]) =>
  constraints.map((one) => `alter table ${table} rename constraint ${table}_new_${one} to ${table}_${one}`),
);

const statements = ({ text, integer, real, bytes, strict, strictInKey }: Columns): readonly string[] => [
  `
    create table organization (
      id ${text} primary key not null,
      name ${text} not null,
      created_at ${integer} not null,
      -- Live verifications may run without PAD; recorded with who and when in 'audit'.
      match_only ${integer} not null check (match_only in (0, 1)),
      -- 'off' | 'warn' | 'block': what happens when a face already belongs to another e-mail.
      uniqueness_policy ${text} not null check (uniqueness_policy in ('off', 'warn', 'block')),
      -- 'attested' | 'with-call': whether consent must come with each enrollment.
      consent_policy ${text} not null check (consent_policy in ('attested', 'with-call')),
      -- JSON: terms in days; empty means the defaults (engine/consent).
      retention ${text} not null default '{}',
      -- JSON: quota, burst and trial of the organization; empty means none of its own (engine/limits).
      limits ${text} not null default '{}',
      -- JSON: the consent that the organization attests for people without one of their own; null: none yet.
      attestation ${text},
      -- When its people and secrets were erased; the empty organization stays. Null: in use.
      erased_at ${integer},
      -- JSON: slugs of the profiles that callers may name; null: its own, and built-in ones it has not replaced.
      allowed_profiles ${text},
      -- 1: two administrators have to agree on a review.
      two_person_review ${integer} not null default 0,
      -- What people read before they sign in; null: nothing.
      sign_in_notice ${text},
      -- JSON: where hosted flows may lead back to; null: nowhere.
      redirect_targets ${text},
      -- 1: a second administrator has to confirm what erases or exports.
      four_eyes ${integer} not null default 0,
      -- JSON: how far the assistant has come; null: the organization was made without it.
      setup_steps ${text},
      -- In which the consent text is shown first; null: the language of the reader.
      consent_language ${text},
      -- 1: administrators may sign in by face beside the password.
      face_factor ${integer} not null default 0,
      -- '#rrggbb'; null: none.
      color ${text},
      -- JSON: width, height and SHA-256 of the logo; null: none.
      logo ${text},
      -- JSON: settings of the behavior score; null: the defaults.
      behavior ${text},
      -- HMAC over the row (keys/protected-tables.ts); null in a row of an earlier release that was not protected yet.
      mac ${text},
      -- JSON: the consent text that it published, without its paragraphs; null: that of the product alone.
      consent_text ${text},
      -- JSON: names that it had, and until when; null: none.
      former_names ${text}
    )${strict}`,
  `
    create table api_key (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      name ${text} not null,
      prefix ${text} not null,
      world ${text} not null check (world in ('live', 'test')),
      -- SHA-256 of the whole key, hex.
      secret_hash ${text} not null unique,
      -- Last four characters, to recognize it in a list.
      hint ${text} not null,
      scopes ${text} not null,
      origins ${text} not null,
      browser ${integer} not null check (browser in (0, 1)),
      lineage ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer},
      revoked_at ${integer},
      last_used_at ${integer},
      last_used_address ${text},
      -- JSON: networks it may be used from; empty means any.
      cidrs ${text} not null default '[]',
      -- JSON: limits of this key alone.
      limits ${text} not null default '{}',
      -- The key it was rotated to; null until then.
      successor ${text},
      -- JSON: slugs of the profiles it may name; empty means those of the organization.
      profiles ${text} not null default '[]',
      -- HMAC over the row under a key of the key store; null in a row from before there was one.
      mac ${text}
    )${strict}`,
  `create index api_key_organization on api_key (organization, id)`,
  `
    create table site (
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
  `create index site_organization on site (organization, id)`,
  `
    create table profile (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      slug ${text} not null,
      version ${integer} not null,
      definition ${text} not null,
      created_at ${integer} not null,
      created_by ${text} not null,
      -- When the organization put its own versions of this slug away, and who did. Verifications name them still.
      removed_at ${integer},
      -- The version whose settings this one has put back.
      restored_from ${integer},
      removed_by ${text},
      -- HMAC over the row (keys/protected-tables.ts); null in a row of an earlier release that was not protected yet.
      mac ${text},
      unique (organization, slug, version)
    )${strict}`,
  `
    create table subject (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      -- Keyed hash of the normalized address; unique per organization and world. Null once erased or never given.
      email_hash ${text},
      email_sealed ${bytes},
      name_sealed ${bytes},
      created_at ${integer} not null,
      updated_at ${integer} not null,
      -- Last verified verification; null when there was none yet.
      last_used_at ${integer},
      -- JSON: for what this person may not be used and from when, as consents and withdrawals leave it (engine/consent).
      withheld ${text} not null default '[]',
      -- JSON: when keys enrolled pictures of this person in the last day.
      key_enrollments ${text} not null default '[]',
      -- Since when the person does not verify; null: they do.
      disabled_at ${integer},
      -- Date of birth that an operator has approved.
      birth_date_sealed ${bytes},
      -- Scope and epoch of a person without an address who is known to that uniqueness scope alone; null: all others.
      member_of ${text},
      unique (organization, world, email_hash)
    )${strict}`,
  `create index subject_realm on subject (organization, world, id)`,
  `create index subject_disabled on subject (disabled_at) where disabled_at is not null`,
  `create index subject_member_of on subject (member_of) where member_of is not null`,
  `
    create table template (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      subject ${text} not null references subject (id),
      -- One picture makes one template per embedder; they share the enrollment.
      enrollment ${text} not null,
      embedder ${text} not null,
      -- SHA-256 of the model file: templates of different files are never compared.
      embedder_sha256 ${text} not null,
      vector_sealed ${bytes} not null,
      -- The caller's mark of the picture, so that the same one is not enrolled twice.
      mark_sealed ${bytes},
      quality ${real} not null,
      created_at ${integer} not null,
      -- Generation of the organization's template transform; 0 = stored as the model gave it.
      transform ${integer} not null default 0,
      -- Keyed hash of the picture's pixels; null: enrolled before it was kept.
      picture_hash ${text},
      -- The person's first enrollment, or one that an operator confirmed: what later ones have to match.
      anchor ${integer} not null default 0
    )${strict}`,
  templatesOfPeople,
  `create index template_realm on template (organization, world, embedder, id)`,
  `create index template_organization on template (organization, id)`,
  `create index template_picture on template (organization, world, picture_hash) where picture_hash is not null`,
  `
    create table consent (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      subject ${text} not null references subject (id),
      text_version ${text} not null,
      purposes ${text} not null,
      method ${text} not null,
      legal_basis ${text} not null,
      given_at ${integer} not null,
      recorded_by ${text} not null,
      -- 'integrator' | 'operator' | 'self'
      recorded_through ${text} not null default 'integrator' check (recorded_through in ('integrator', 'operator', 'self')),
      expires_at ${integer},
      -- The person read the text of the box: text_version is not only what a sender said.
      shown ${integer} not null default 0
    )${strict}`,
  `create index consent_subject on consent (subject, given_at)`,
  consentsOfOrganization,
  `
    create table verification (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      subject ${text} references subject (id),
      -- '1:1' | '1:N'
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
      -- Sealed under the subject's key, only when it was recognized and verified.
      place_sealed ${bytes},
      device_sealed ${bytes},
      probe_sealed ${bytes},
      -- What decided: the scorer, how many of the person's pictures were compared, and what the organization's own gallery had raised the
      -- threshold by. Null where nothing was compared, and for everything before the column was there: those were decided by the best of
      -- the person's pictures without a rise, and the confidence of a 1:N was 0.5 at the threshold of its search.
      scorer ${text},
      pictures ${integer},
      gallery_shift ${real},
      -- 'VERIFIED', or why not (engine/verification/outcome.ts).
      outcome ${text} not null default '',
      -- The check that decided against it; empty where none did.
      decided_by ${text} not null default '',
      -- The checks that failed, each with a comma on both sides.
      failed ${text} not null default '',
      -- Whether the face matched, and how many people a 1:N searched. Null: written before it was kept, or not a search.
      matched ${integer},
      gallery_size ${integer},
      -- How many enrolled people the picture of a 1:N matched, where there are several that no reviewer marked as distinct.
      people_alike ${integer},
      -- 'every-group' | 'average': the groups for which the rates of the scorer's table held. Null where 'scorer' is, and in older rows:
      -- average.
      holds_for ${text},
      -- 'kiosk' | 'browser' | 'api' (engine/profiles/capture-source.ts). Null: written before it was kept.
      capture_source ${text}
    )${strict}`,
  `create index verification_subject on verification (subject, created_at)`,
  `create index verification_organization on verification (organization, id)`,
  `create index verification_realm on verification (organization, world, created_at, id, outcome, decided_by, failed, profile, actor)`,
  `create index verification_profile on verification (organization, world, profile, created_at)`,
  keptProbes,
  `
    create table model_setting (
      model ${text} primary key not null,
      enabled ${integer} not null check (enabled in (0, 1)),
      accepted_licence_doubt ${integer} not null check (accepted_licence_doubt in (0, 1)),
      set_by ${text} not null,
      set_at ${integer} not null,
      mac ${text}
    )${strict}`,

  `
    create table model_import (
      -- Imported models of a service of several nodes.
      id ${text} primary key not null,
      sha256 ${text} not null,
      -- JSON: the entry, and the scorers and PAD sets that came with it.
      kept ${text} not null,
      imported_at ${integer} not null,
      mac ${text} not null
    )${strict}`,
  `create index model_import_sha256 on model_import (sha256)`,
  `
    create table model_part (
      sha256 ${text} not null,
      -- From 0.
      part ${integer} not null,
      bytes ${bytes} not null,
      primary key (sha256, part)
    )${strict}`,
  `
    create table audit (
      id ${text} primary key not null,
      organization ${text},
      actor ${text} not null,
      action ${text} not null,
      target ${text},
      outcome ${text} not null check (outcome in ('done', 'refused')),
      request ${text},
      details ${text} not null,
      at ${integer} not null,
      -- Place in its hash chain, from 1 without gaps; null for lines from before there was one.
      seq ${integer},
      -- Person of the sealed details.
      subject ${text},
      personal_sealed ${bytes},
      previous_hash ${text},
      hash ${text},
      -- The node that writes the chain; empty: the service that shares its database with none.
      chain ${text} not null default ''
    )${strict}`,
  `create index audit_organization on audit (organization, at)`,
  auditSeq,
  `create index audit_subject on audit (subject, at)`,
  `create index audit_target on audit (target)`,
  `
    create table consent_withdrawal (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      subject ${text} not null references subject (id),
      purpose ${text} not null,
      withdrawn_at ${integer} not null,
      recorded_by ${text} not null,
      recorded_through ${text} not null check (recorded_through in ('integrator', 'operator', 'self'))
    )${strict}`,
  `create index consent_withdrawal_subject on consent_withdrawal (subject, withdrawn_at)`,
  `
    create table legal_hold (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      subject ${text} not null references subject (id),
      reason_sealed ${bytes} not null,
      placed_by ${text} not null,
      placed_at ${integer} not null,
      released_by ${text},
      released_at ${integer}
    )${strict}`,
  `create index legal_hold_subject on legal_hold (subject, placed_at)`,
  `
    create table retention_sweep (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      started_at ${integer} not null,
      finished_at ${integer},
      actor ${text} not null,
      report ${text} not null
    )${strict}`,
  `create index retention_sweep_organization on retention_sweep (organization, started_at)`,
  `
    create table erasure (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      -- The person's row is deleted once this is done.
      subject ${text} not null,
      -- 'intended' | 'key-destroyed' | 'pending' (a copy of the key store could not be reached) | 'done'
      state ${text} not null check (state in ('intended', 'key-destroyed', 'pending', 'done')),
      reason ${text} not null,
      actor ${text} not null,
      request ${text},
      intended_at ${integer} not null,
      completed_at ${integer},
      -- JSON: what became of each copy of the key store.
      copies ${text} not null default '[]',
      -- The signed receipt, JSON.
      receipt ${text},
      -- HMAC over what was ordered (keys/protected-tables.ts).
      mac ${text},
      -- The run of the program that began it (storage/runs.ts).
      begun_by ${text},
      -- JSON: what the person had agreed to, for the receipt.
      consents ${text}
    )${strict}`,
  `create index erasure_state on erasure (state, id)`,
  `create index erasure_subject on erasure (organization, subject)`,
  `create index erasure_organization on erasure (organization, id)`,
  `create index erasure_unfinished on erasure (id) where state <> 'done'`,
  `
    create table known_node (
      -- Of a service among several, as long as its data directory is: 'node_…'.
      node ${text} primary key not null,
      joined_at ${integer} not null
    )${strict}`,
  `
    create table erasure_node (
      erasure ${text} not null references erasure (id),
      -- Keeps files in its data directory.
      node ${text} not null,
      asked_at ${integer} not null,
      -- Null until it has removed what it keeps of the person outside the database.
      cleared_at ${integer},
      primary key (erasure, node)
    )${strict}`,
  `create index erasure_node_open on erasure_node (node) where cleared_at is null`,
  `
    create table audit_checkpoint (
      chain ${text} not null default '',
      seq ${integer} not null,
      hash ${text} not null,
      at ${integer} not null,
      -- 'lines' | 'time' | 'stop' | 'export' | 'restore' | 'prune'
      kind ${text} not null,
      -- Seq of the checkpoint before it; 0 for the first, and for one that pruning left as the anchor.
      previous ${integer} not null,
      kid ${text} not null,
      signature ${text} not null,
      primary key (chain, seq)
    )${strict}`,
  `
    create table outbox (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      type ${text} not null,
      subject ${text},
      -- JSON, nothing personal.
      payload ${text} not null,
      personal_sealed ${bytes},
      created_at ${integer} not null,
      relayed_at ${integer},
      -- Order of what happened, from 1; null for what was written before there was one.
      seq ${integer},
      -- Null once no delivery waits for it.
      until_delivered_sealed ${bytes}
    )${strict}`,
  `create index outbox_subject on outbox (subject)`,
  `create index outbox_realm on outbox (organization, world, created_at)`,
  `create unique index outbox_seq on outbox (seq)`,
  `create index outbox_unrelayed on outbox (seq) where relayed_at is null`,
  `create index outbox_until_delivered on outbox (created_at) where until_delivered_sealed is not null`,
  `create index outbox_page on outbox (organization, world, id)`,
  `
    create table usage_counter (
      -- What is counted: 'burst/key_…', 'month/org_…'.
      name ${text} not null,
      -- Start of the window, ms since 1970.
      period ${integer} not null,
      used ${integer} not null,
      updated_at ${integer} not null,
      primary key (name, period)
    )${strict}`,
  `
    create table claim (
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      -- Keyed hash of the claimed address, whether it is enrolled or not.
      claim_hash ${text} not null,
      failures ${integer} not null,
      last_failed_at ${integer} not null,
      disabled_at ${integer},
      primary key (organization, world, claim_hash)
    )${strict}`,
  `
    create table backup_plan (
      folder ${text} primary key not null,
      every_minutes ${integer} not null,
      keep ${integer} not null,
      set_by ${text} not null,
      set_at ${integer} not null,
      -- The node whose disk the folder is on; null where one service has the record for itself.
      node ${text}
    )${strict}`,
  `
    create table backup_run (
      id ${text} primary key not null,
      path ${text} not null,
      started_at ${integer} not null,
      finished_at ${integer},
      bytes ${integer},
      -- 'running' | 'done' | 'failed'
      outcome ${text} not null check (outcome in ('running', 'done', 'failed')),
      -- Why it failed, or what to look at.
      reason ${text},
      -- 'operator' | 'schedule'
      origin ${text} not null check (origin in ('operator', 'schedule')),
      -- When 'backup verify' last proved the file.
      verified_at ${integer},
      -- The run of the program that writes it, or wrote it (storage/runs.ts).
      begun_by ${text}
    )${strict}`,
  `
    create table destination_grant (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      -- 'name' | 'cidr' | 'preset'
      kind ${text} not null check (kind in ('name', 'cidr', 'preset')),
      value ${text} not null,
      -- Null: the port of the scheme, 443 or 80.
      port ${integer},
      note ${text} not null,
      created_at ${integer} not null,
      created_by ${text} not null,
      revoked_at ${integer},
      revoked_by ${text},
      -- 'any' | 'public'
      reach ${text} not null default 'any' check (reach in ('any', 'public')),
      -- HMAC over the row (keys/protected-tables.ts); null in a row of an earlier release that was not protected yet.
      mac ${text}
    )${strict}`,
  `create index destination_grant_organization on destination_grant (organization, id)`,
  `
    create table webhook_endpoint (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      -- 'callback': what signs the callbacks of one family; its deliveries carry their own URL.
      kind ${text} not null check (kind in ('endpoint', 'callback')),
      family ${text} not null,
      url ${text} not null,
      description ${text} not null,
      -- JSON: '<family>.<event>'.
      events ${text} not null,
      -- 'standard' | 'timestamped' | 'sha256' | 'hex'
      signature ${text} not null check (signature in ('standard', 'timestamped', 'sha256', 'hex')),
      -- Null: the dialect's own.
      signature_header ${text},
      -- Custom headers and secrets: under the organization's own key (Sealer.sealOwn).
      headers_sealed ${bytes},
      secret_sealed ${bytes} not null,
      next_secret_sealed ${bytes},
      -- When the next secret takes the place of the present one.
      cut_over_at ${integer},
      -- PEM of the only trusted CA; null: the system's CAs.
      ca ${text},
      -- Base64 SHA-256 of the only trusted public key.
      pin ${text},
      -- Lineage of the API key that created it through /api/v1/webhooks; null if an administrator did.
      lineage ${text},
      -- 'enabled' | 'disabled' | 'removed'
      state ${text} not null check (state in ('enabled', 'disabled', 'removed')),
      state_reason ${text},
      state_at ${integer} not null,
      -- Time of the first failed attempt since the last accepted one.
      failing_since ${integer},
      created_at ${integer} not null,
      created_by ${text} not null,
      -- HMAC over the row (keys/protected-tables.ts); null in a row of an earlier release that was not protected yet.
      mac ${text}
    )${strict}`,
  `create index webhook_endpoint_realm on webhook_endpoint (organization, world, id)`,
  `create index webhook_endpoint_lineage on webhook_endpoint (lineage)`,
  `
    create table delivery (
      id ${text} primary key not null,
      -- Order in which they were added.
      seq ${integer} not null unique,
      kind ${text} not null check (kind in ('webhook', 'mail')),
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      -- Of a webhook.
      endpoint ${text} references webhook_endpoint (id),
      -- Row of the outbox; null for a test event. Of a mail, its alert.
      event ${text},
      -- '<family>.<event>', or 'mail.<number of the recipient>'
      event_name ${text} not null,
      -- The person named in the event, so that erasing them reaches what is sealed here.
      subject ${text},
      origin ${text} not null check (origin in ('event', 'callback', 'resend', 'replay', 'test', 'alert')),
      -- Of a callback.
      url_sealed ${bytes},
      -- First attempts of one lane begin one at a time, in the order of 'seq'. Null: the endpoint.
      lane ${text},
      -- 'failed': no attempt is left; 'dropped': nothing to send any more
      state ${text} not null check (state in ('waiting', 'delivered', 'failed', 'dropped')),
      state_reason ${text},
      -- All there were.
      attempts ${integer} not null,
      -- Those of the schedule that runs now: an operator begins it anew.
      tries ${integer} not null,
      -- Null: it is over, or it waits until its endpoint is enabled again.
      next_at ${integer},
      -- The process that sends it, until this moment unless it renews the claim.
      claimed_by ${text},
      claimed_until ${integer},
      created_at ${integer} not null,
      finished_at ${integer},
      -- HMAC over the row (keys/protected-tables.ts); null of a mail, and in a row of an earlier release that was not protected yet.
      mac ${text},
      check ((kind = 'mail') = (origin = 'alert')),
      check (kind = 'mail' or endpoint is not null)
    )${strict}`,
  `
    create table delivery_attempt (
      id ${text} primary key not null,
      delivery ${text} not null references delivery (id),
      -- From 1.
      number ${integer} not null,
      at ${integer} not null,
      -- 'delivered', or why not.
      outcome ${text} not null,
      status ${integer},
      milliseconds ${real} not null,
      -- JSON: what was sent and answered; under the person's key where the event names one, else the organization's own.
      exchange_sealed ${bytes},
      unique (delivery, number)
    )${strict}`,
  `
    create table recurring_work (
      kind ${text} primary key not null,
      -- Milliseconds; null: only when it is asked for.
      every ${integer},
      -- Null: not before it is asked for.
      next_at ${integer},
      -- End of the last run.
      last_at ${integer},
      last_milliseconds ${integer},
      -- Null: the last run was good. A fixed sentence.
      last_error ${text},
      -- The process that runs it, until this moment unless it renews the claim.
      claimed_by ${text},
      claimed_until ${integer},
      -- Grows with each run: the result of an older one counts for nothing.
      fence ${integer} not null
    )${strict}`,
  `create index delivery_realm on delivery (organization, world, id)`,
  `create index delivery_endpoint on delivery (endpoint, id)`,
  `create index delivery_event on delivery (event)`,
  `create index delivery_subject on delivery (subject)`,
  `create index delivery_of_kind on delivery (kind, state, id)`,
  `create index delivery_waiting on delivery (organization, world) where state = 'waiting'`,
  `create index delivery_parked on delivery (endpoint, id) where state = 'waiting' and next_at is null`,
  `create index delivery_first on delivery (coalesce(lane, endpoint), seq) where next_at is not null and claimed_by is null and tries = 0`,
  `create index delivery_retry on delivery (coalesce(lane, endpoint), next_at, seq) where next_at is not null and claimed_by is null and tries > 0`,
  `create index delivery_claimed on delivery (claimed_until) where claimed_by is not null`,
  `
    create table alert_rule (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      name ${text} not null,
      metric ${text} not null,
      -- JSON: window, threshold, filter, hold-off, channels.
      definition ${text} not null,
      enabled ${integer} not null check (enabled in (0, 1)),
      created_at ${integer} not null,
      created_by ${text} not null,
      removed_at ${integer}
    )${strict}`,
  `create index alert_rule_realm on alert_rule (organization, world, id)`,
  `
    create table alert (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      rule ${text} not null references alert_rule (id),
      metric ${text} not null,
      subject ${text},
      -- Its subject's or key's id, where the rule counts each separately.
      about ${text},
      value ${real} not null,
      threshold ${real} not null,
      fired_at ${integer} not null,
      -- Until then the same rule does not fire again about the same.
      hold_until ${integer} not null,
      -- JSON: what became of each channel.
      notified ${text} not null,
      acknowledged_at ${integer},
      acknowledged_by ${text}
    )${strict}`,
  `create index alert_realm on alert (organization, world, id)`,
  `create index alert_rule_about on alert (rule, about, fired_at)`,
  `create index alert_subject on alert (subject)`,
  `
    -- Addresses in lower case that alerts of the organization may be mailed to.
    create table mail_recipient (
      organization ${text} not null references organization (id),
      address ${text} not null,
      approved_at ${integer} not null,
      approved_by ${text} not null,
      primary key (organization, address)
    )${strict}`,
  `
    -- One row for each alert mail of the last hour.
    create table sent_mail (
      organization ${text} not null references organization (id),
      queued_at ${integer} not null
    )${strict}`,
  `create index sent_mail_organization on sent_mail (organization, queued_at)`,
  `
    create table refused_picture (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      -- Lineage of the key that sent it.
      lineage ${text} not null,
      -- Keyed hash of the source address.
      source_hash ${text} not null,
      -- Keyed hash of the pixels.
      picture_hash ${text} not null,
      created_at ${integer} not null
    )${strict}`,
  `create index refused_picture_source on refused_picture (lineage, source_hash, created_at)`,
  `create index refused_picture_hash on refused_picture (lineage, picture_hash, created_at)`,
  `create index refused_picture_time on refused_picture (created_at)`,
  `create index refused_picture_lineage on refused_picture (lineage, created_at)`,
  `
    create table administrator (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      -- Normalized; staff data, not sealed: signing in begins with nothing else. Unique over all organizations.
      email ${text} not null unique,
      name ${text} not null,
      role ${text} not null,
      -- May act for the whole appliance.
      appliance_owner ${integer} not null,
      -- argon2id, PHC form, under a pepper of the key store; null: a one-time code sets one.
      password ${text},
      created_at ${integer} not null,
      disabled_at ${integer},
      last_sign_in_at ${integer},
      -- Until when the password alone signs in while there is no second factor.
      factor_due_at ${integer} not null,
      -- The service saw that time pass, or a factor was enrolled: neither a clock set back nor a deleted factor undoes it.
      factor_required ${integer} not null,
      -- HMAC over the row under a key of the key store.
      mac ${text} not null
    )${strict}`,
  `create index administrator_organization on administrator (organization)`,
  `
    create table administrator_session (
      id ${text} primary key,
      administrator ${text} not null references administrator (id),
      -- SHA-256 of the cookie's secret, hex.
      secret_hash ${text} not null unique,
      created_at ${integer} not null,
      -- Written at most once a minute.
      last_seen_at ${integer} not null,
      expires_at ${integer} not null,
      -- Network address it was opened from.
      source ${text} not null,
      device ${text},
      -- When a second factor was last proven in it.
      factor_at ${integer},
      -- 'enrollment': nothing but enrolling a second factor.
      limited_to ${text},
      mac ${text} not null
    )${strict}`,
  `create index administrator_session_owner on administrator_session (administrator)`,
  `
    create table passkey (
      -- The WebAuthn credential id, base64url.
      id ${text} primary key,
      administrator ${text} not null references administrator (id),
      -- The relying party id: host name under which it was made, and works.
      site ${text} not null,
      -- COSE, base64url.
      public_key ${text} not null,
      counter ${integer} not null,
      -- JSON.
      transports ${text} not null,
      name ${text} not null,
      created_at ${integer} not null,
      last_used_at ${integer},
      mac ${text} not null
    )${strict}`,
  `create index passkey_administrator on passkey (administrator)`,
  `
    -- One row for each that is left. The MAC is made of the code, which is kept nowhere.
    create table recovery_code (
      administrator ${text} not null references administrator (id),
      mac ${text} not null,
      created_at ${integer} not null,
      primary key (administrator, mac)
    )${strict}`,
  `
    -- 'purpose': 'password' | 'enrollment'. The MAC is made of the code, which is kept nowhere.
    create table one_time_code (
      administrator ${text} not null references administrator (id),
      purpose ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      mac ${text} not null,
      primary key (administrator, purpose)
    )${strict}`,
  `
    -- A sign-in whose password was right. 'purpose': 'second-factor' | 'enrollment'.
    create table sign_in_ticket (
      -- SHA-256 of the ticket, hex.
      hash ${text} primary key,
      administrator ${text} not null references administrator (id),
      purpose ${text} not null,
      -- Where the password came from: the ticket is of no use elsewhere.
      source ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      mac ${text} not null
    )${strict}`,
  `create index sign_in_ticket_administrator on sign_in_ticket (administrator)`,
  `
    -- For one use. 'holder': 'ticket/<hash>', 'prove/<session>' or 'add/<session>'.
    create table passkey_challenge (
      holder ${text} primary key,
      challenge ${text} not null,
      created_at ${integer} not null,
      mac ${text} not null
    )${strict}`,
  `
    -- Failed sign-ins by account and source, both as keyed hashes; account '': of the source over all accounts.
    create table sign_in_failure (
      account ${text} not null,
      source ${text} not null,
      failures ${integer} not null,
      last_failed_at ${integer} not null,
      -- When the account last signed in from this source; null: never.
      known_at ${integer},
      primary key (account, source)
    )${strict}`,
  `
    -- Two people who look alike and were marked as distinct by a reviewer.
    create table distinct_people (
      -- The lesser id of the two.
      subject ${text} not null references subject (id),
      other ${text} not null references subject (id),
      marked_at ${integer} not null,
      marked_by ${text} not null,
      primary key (subject, other)
    )${strict}`,
  `create index distinct_people_other on distinct_people (other)`,
  `
    -- An enrollment that two faces have to be compared for by a person (engine/review).
    create table review_item (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      -- 'duplicate' | 'uniqueness'
      kind ${text} not null,
      -- 'warn': the face was enrolled all the same; 'block': it waits.
      policy ${text} not null,
      -- The enrolled person whose face is similar; the waiting enrollment is sealed under their key.
      subject ${text} not null,
      -- The person who was enrolled with it; null while it waits.
      other ${text},
      -- Keyed hash of the address that waits; null where the person is enrolled.
      email_hash ${text},
      -- JSON: what waits to be enrolled; under the key of 'subject'.
      order_sealed ${bytes},
      -- JSON: how alike the faces are. Nothing personal.
      figures ${text} not null,
      -- 'open' | 'decided' | 'expired'
      state ${text} not null,
      decision ${text},
      decided_by ${text},
      decided_at ${integer},
      -- 1: the decision enrolled 'other'.
      enrolled ${integer} not null default 0,
      created_at ${integer} not null,
      -- When its pictures and what waited were erased.
      erased_at ${integer}
    )${strict}`,
  `create index review_item_realm on review_item (organization, world, state, id)`,
  `create index review_item_subject on review_item (subject)`,
  `create index review_item_other on review_item (other)`,
  `create index review_item_kept on review_item (erased_at, created_at)`,
  `create index review_item_page on review_item (organization, world, id)`,
  `create index review_item_address on review_item (email_hash) where email_hash is not null`,
  `
    create table review_picture (
      id ${text} primary key,
      item ${text} not null references review_item (id),
      organization ${text} not null,
      world ${text} not null,
      -- 'new' | 'known'
      side ${text} not null,
      -- Under whose key it is.
      subject ${text} not null,
      -- JPEG of the face.
      picture_sealed ${bytes} not null,
      created_at ${integer} not null,
      unique (item, side)
    )${strict}`,
  `create index review_picture_subject on review_picture (subject)`,
  `
    create table review_vote (
      item ${text} not null references review_item (id),
      actor ${text} not null,
      decision ${text} not null,
      at ${integer} not null,
      primary key (item, actor)
    )${strict}`,
  `
    -- A hosted flow that is saved (engine/flows).
    create table flow (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      -- Part of its URL, unique on the box.
      slug ${text} not null unique,
      -- JSON: what is edited.
      definition ${text} not null,
      -- JSON: what visitors get; null: not published.
      published ${text},
      published_at ${integer},
      published_by ${text},
      created_at ${integer} not null,
      created_by ${text} not null,
      changed_at ${integer} not null,
      changed_by ${text} not null
    )${strict}`,
  `create index flow_organization on flow (organization, id)`,
  `
    create table kiosk (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      name ${text} not null,
      -- ECDSA P-256, SPKI as base64url; the private key never leaves the device's browser.
      public_key ${text} not null,
      paired_at ${integer} not null,
      revoked_at ${integer},
      -- Written at most once a minute.
      last_seen_at ${integer},
      -- Wrong PINs in a row; at five only a password signs an operator in.
      pin_failures ${integer} not null,
      -- HMAC over who the device is.
      mac ${text} not null,
      -- Token of the run of the node that has its sessions in memory; null before, and where no other node shares the record.
      node ${text}
    )${strict}`,
  `create index kiosk_organization on kiosk (organization)`,
  `
    -- 'hash': argon2id under a pepper of the key store.
    create table operator_pin (
      administrator ${text} primary key,
      hash ${text} not null,
      set_at ${integer} not null,
      mac ${text} not null,
      -- Wrong ones in a row, at whatever kiosk.
      failures ${integer} not null default 0
    )${strict}`,
  `
    -- At most one row: how the first owner is made.
    create table setup (
      id ${text} primary key,
      -- SHA-256 of the token, hex.
      token_hash ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      -- SHA-256 of the secret of the browser that used the token, hex; null: none has.
      claim_hash ${text},
      -- 1: no person is enrolled before the owner has a second factor.
      factor_owed ${integer} not null,
      mac ${text} not null,
      -- The run of the program whose machine has the token in a file (storage/runs.ts).
      begun_by ${text}
    )${strict}`,
  `
    -- What a second administrator has to confirm.
    create table approval (
      id ${text} primary key,
      organization ${text} not null,
      -- Null: it concerns the organization.
      world ${text},
      -- engine/approvals
      action ${text} not null,
      subject ${text},
      requested_by ${text} not null,
      requested_at ${integer} not null,
      expires_at ${integer} not null,
      -- 'confirmed' | 'declined'; null: none yet.
      decision ${text},
      decided_by ${text},
      decided_at ${integer},
      -- HMAC over the row (keys/protected-tables.ts); null in a row of an earlier release that was not protected yet.
      mac ${text},
      -- Keyed hash of the address that it is about; null: of none.
      about ${text}
    )${strict}`,
  `create index approval_organization on approval (organization, id)`,
  `create index approval_subject on approval (subject)`,
  `
    -- Trials of backups: restored to scratch, and looked at.
    create table backup_drill (
      id ${text} primary key,
      backup ${text} not null,
      path ${text} not null,
      asked_by ${text} not null,
      asked_at ${integer} not null,
      finished_at ${integer},
      -- 'waiting' | 'running' | 'passed' | 'failed'
      state ${text} not null,
      -- JSON: what is wrong, a sentence each.
      problems ${text},
      -- JSON: what was found.
      found ${text},
      -- The run of the program that tries it, or tried it (storage/runs.ts).
      begun_by ${text}
    )${strict}`,
  `
    -- A person in front of a camera (engine/sessions).
    create table live_session (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      -- 'api' | 'presence' | 'hosted' | 'registration'
      flow ${text} not null,
      -- 'created' | 'opened' | 'processing' | 'finalized'
      state ${text} not null,
      -- SHA-256 of the capability of the browser that has it, hex.
      token_hash ${text} not null unique,
      -- The same of the device that handed it over, which can only follow.
      follower_hash ${text} unique,
      actor ${text} not null,
      -- Slug.
      profile ${text} not null,
      -- 'none' | 'any' | 'email'
      matching ${text} not null,
      -- Keyed hash of the claimed address.
      email_hash ${text},
      verification ${text},
      -- The recognized person.
      subject ${text},
      -- JSON: what was ordered. Under the key of the recognized person; without one under the organization's own.
      order_sealed ${bytes},
      -- JSON: what the device said of itself; sealed as the order is.
      device_sealed ${bytes},
      -- JSON: what the flow gave to the browser; sealed as the order is.
      answer_sealed ${bytes},
      -- Version of the text that the person agreed to; no frame is judged before.
      consent_version ${text},
      consent_at ${integer},
      flash ${integer},
      motion ${integer},
      -- Attempts that were begun.
      attempts ${integer} not null,
      -- When the attempt in progress was begun; its challenge is in memory alone.
      running_since ${integer},
      -- The run of the program that has it (storage/runs.ts).
      running_by ${text},
      -- While a reviewer decides: until when.
      held_until ${integer},
      -- 'approved' | 'rejected' | 'duplicate' | 'expired' | 'cancelled'
      decision ${text},
      decided_at ${integer},
      -- JSON: liveness, risk, reasons; nothing that names a person.
      outcome ${text},
      created_at ${integer} not null,
      opened_at ${integer},
      expires_at ${integer} not null,
      -- HMAC over what lies plain and names no person.
      mac ${text},
      -- While a person decides: the face, for the uniqueness scope that is asked then; sealed as the order is.
      waiting_sealed ${bytes},
      -- While a person decides: pictures of the last attempt, where the person agreed to it; sealed as the order is.
      pictures_sealed ${bytes},
      -- Token of the run of the node that has it in memory; null before, and where no other node shares the record.
      node ${text},
      -- JSON: purposes that the person agreed to beside the check; null where the text of an earlier release did not name them.
      consent_purposes ${text}
    )${strict}`,
  `create index live_session_realm on live_session (organization, world, id)`,
  ...undecidedSessions,
  `create index live_session_subject on live_session (subject)`,
  `create index live_session_email on live_session (email_hash)`,
  sessionsOfFlow,
  `create index live_session_age on live_session (organization, world, created_at)`,
  ...references,
  `
    -- A frame of an earlier session: its keyed hash, for thirty days.
    create table live_frame (
      organization ${text} not null,
      hash ${text} not null,
      session ${text} not null,
      created_at ${integer} not null,
      primary key (organization, hash)
    )${strict}`,
  `create index live_frame_time on live_frame (created_at)`,
  `
    -- What a relying party asks of one person on a page of ours (engine/orders).
    create table relying_order (
      -- 'ver_…' (also of the verification that decides it), 'reg_…' or 'prs_…'.
      id ${text} primary key,
      -- 'hosted' | 'registration' | 'presence'
      kind ${text} not null,
      organization ${text} not null references organization (id),
      world ${text} not null,
      -- SHA-256 of the token of its link, hex; null for a visit of a flow, whose page holds a token of the session alone.
      token_hash ${text} unique,
      -- Keyed hash of the address that has to be matched, or of the caller's own name of a user; null: of no one.
      about_hash ${text},
      -- The person who was there; of a presence session, until then the person asked for. Their key seals the row; null: the organization's own.
      subject ${text},
      created_at ${integer} not null,
      created_by ${text} not null,
      -- The keys, or the administrator, that alone may read it, of a presence session; empty: every key of the organization.
      lineage ${text} not null,
      -- Until when it can be opened.
      expires_at ${integer} not null,
      -- When its time ends it; null: its session does, or it has ended.
      ends_at ${integer},
      -- The live session that its link opened; null: not opened.
      session ${text} unique,
      opened_at ${integer},
      -- 'pending' | 'passed' | 'failed' | 'expired' | 'replaced'; a pending one has expired once 'ends_at' is past.
      state ${text} not null,
      ended_at ${integer},
      -- JSON, by kind: what was ordered, and what came of it, as far as it names no person.
      terms ${text} not null,
      result ${text} not null,
      -- JSON, by kind: what was asked.
      request_sealed ${bytes} not null,
      -- JSON, of a presence session: the token, and the address of the person.
      proof_sealed ${bytes}
    )${strict}`,
  `create index relying_order_due on relying_order (kind, ends_at) where ends_at is not null`,
  `create index relying_order_realm on relying_order (organization, world, kind, created_at)`,
  `create index relying_order_about on relying_order (organization, world, about_hash, id)`,
  `create index relying_order_page on relying_order (organization, world, kind, lineage, id)`,
  `create index relying_order_subject on relying_order (subject)`,
  `
    -- Where each human counts once (engine/uniqueness): the organization, or a region that a caller names.
    create table uniqueness_scope (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      -- Of the region; empty: the organization.
      name ${text} not null,
      -- 'active' | 'ended'
      state ${text} not null,
      -- From 1; each has its own key and its own members.
      epoch ${integer} not null,
      false_flag_rate ${real} not null,
      review_rate ${real} not null,
      -- 'reopen' | 'hold'
      on_erasure ${text} not null,
      -- Days after its last use in which a member is erased; null: at the scope's end.
      retention_days ${integer},
      -- When it ends by itself; null: when an administrator ends it.
      ends_at ${integer},
      created_at ${integer} not null,
      ended_at ${integer},
      unique (organization, world, name)
    )${strict}`,
  `create index uniqueness_scope_state on uniqueness_scope (state, ends_at)`,
  `
    create table uniqueness_member (
      id ${text} primary key,
      organization ${text} not null,
      world ${text} not null,
      scope ${text} not null references uniqueness_scope (id),
      epoch ${integer} not null,
      -- Who has the templates; known by no address.
      subject ${text} not null unique,
      -- The enrolled person as which the member was verified; in the scope of the organization only.
      account ${text},
      -- Keyed hash, under the scope's key, of the reference that the caller gave.
      reference_hash ${text},
      -- 1: to be erased.
      leaving ${integer} not null default 0,
      joined_at ${integer} not null,
      last_seen_at ${integer} not null
    )${strict}`,
  `create index uniqueness_member_scope on uniqueness_member (scope, epoch, last_seen_at)`,
  `create index uniqueness_member_account on uniqueness_member (account)`,
  `create index uniqueness_member_leaving on uniqueness_member (leaving)`,
  `
    -- A newcomer whose face a reviewer has to compare before the session is decided.
    create table uniqueness_wait (
      -- Of the review queue.
      item ${text} primary key,
      organization ${text} not null,
      world ${text} not null,
      scope ${text} not null references uniqueness_scope (id),
      session ${text} not null unique,
      created_at ${integer} not null,
      -- When it is over, decided or not.
      due_at ${integer} not null
    )${strict}`,
  `create index uniqueness_wait_due on uniqueness_wait (due_at)`,
  `create index uniqueness_wait_scope on uniqueness_wait (scope)`,
  `
    -- Tokens for one use that were used.
    create table token_use (
      jti ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      used_at ${integer} not null,
      expires_at ${integer} not null
    )${strict}`,
  `create index token_use_expiry on token_use (expires_at)`,
  `
    -- Answers to requests with an 'Idempotency-Key', for a day.
    create table idempotent_reply (
      organization ${text} not null references organization (id),
      world ${text} not null,
      -- Lineage of an API key.
      caller ${text} not null,
      key_hash ${text} not null,
      -- MAC of key, method, path and body.
      fingerprint ${text} not null,
      -- The process and the request in it that began.
      run ${text} not null,
      started_at ${integer} not null,
      -- Null until it is answered.
      status ${integer},
      reply_sealed ${bytes},
      primary key (organization, world, caller, key_hash)
    )${strict}`,
  `create index idempotent_reply_start on idempotent_reply (started_at)`,
  `
    -- The face with which an administrator signs in.
    create table administrator_face (
      administrator ${text} primary key,
      organization ${text} not null,
      -- Under the organization's own key (Sealer.sealOwn).
      template_sealed ${bytes} not null,
      -- JSON: keyed hashes of pictures that were used.
      seen ${text} not null,
      consent ${text} not null,
      created_at ${integer} not null,
      last_used_at ${integer},
      mac ${text} not null
    )${strict}`,
  `
    -- How the face moved in an attempt of a live session, for thirty days.
    create table live_movement (
      session ${text} not null,
      attempt ${integer} not null,
      organization ${text} not null,
      world ${text} not null,
      -- The recognized person.
      subject ${text},
      -- As engine/challenges packs it. Under the key of the recognized person; without one under the organization's own.
      movement_sealed ${bytes} not null,
      created_at ${integer} not null,
      primary key (session, attempt)
    )${strict}`,
  `create index live_movement_realm on live_movement (organization, world, created_at)`,
  `create index live_movement_subject on live_movement (subject, created_at)`,
  `create index live_movement_time on live_movement (created_at)`,
  `
    -- The logo that people see who are verified.
    create table organization_logo (
      organization ${text} primary key references organization (id),
      png ${bytes} not null
    )${strict}`,
  `
    -- Consent texts of the organization's own, as they were published; each stays.
    create table consent_text (
      organization ${text} not null references organization (id),
      version ${integer} not null,
      -- JSON (engine/consent).
      content ${text} not null,
      primary key (organization, version)
    )${strict}`,
  `
    -- How many verdicts of a day had each score.
    create table behavior_tally (
      organization ${text} not null references organization (id),
      world ${text} not null,
      -- ms since 1970, its first in UTC.
      day ${integer} not null,
      score ${integer} not null,
      verdicts ${integer} not null,
      agents ${integer} not null,
      primary key (organization, world, day, score)
    )${strict}`,
  `
    -- Visual challenges; removed an hour after their end.
    create table behavior_challenge (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      lineage ${text} not null,
      -- Keyed hash of the caller's own name of the person (engine/verdicts).
      user_hash ${text} not null,
      -- 'click_targets' | 'pattern'
      type ${text} not null,
      -- 1: the hint is in words.
      accessible ${integer} not null,
      -- 'open' | 'passed' | 'failed' | 'replaced'
      state ${text} not null,
      attempts ${integer} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      last_answer_at ${integer},
      -- Of the challenge and its answer, which is not stored.
      answer_mac ${text} not null
    )${strict}`,
  `create index behavior_challenge_state on behavior_challenge (organization, world, lineage, state, last_answer_at)`,
  `create index behavior_challenge_expiry on behavior_challenge (expires_at)`,
  `create index behavior_challenge_user on behavior_challenge (organization, world, lineage, user_hash, last_answer_at)`,
  `create index behavior_challenge_left on behavior_challenge (expires_at) where state = 'open' and attempts > 0`,
  `
    -- What heartbeats have shown since the token was issued; removed with it.
    create table behavior_session (
      -- SHA-256 of the token, hex.
      token_hash ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      -- JSON: figures of the session so far (engine/heartbeats).
      state ${text} not null,
      -- 1: the last beat was an anomaly.
      anomaly ${integer} not null,
      beat_at ${integer} not null,
      expires_at ${integer} not null,
      mac ${text} not null
    )${strict}`,
  `create index behavior_session_expiry on behavior_session (expires_at)`,
  `
    -- The learned layer of the behavior score that an organization has chosen; no row: rules alone.
    create table behavior_layer (
      organization ${text} primary key references organization (id),
      -- 'rules' | 'research' | 'own'
      layer ${text} not null,
      -- Id of the weights whose doubtful licence was accepted, by which administrator, and when.
      accepted_model ${text},
      accepted_by ${text},
      -- ms since 1970
      accepted_at ${integer},
      -- JSON of the organization's own weights.
      own_weights ${text},
      mac ${text}
    )${strict}`,
  `
    -- A verdict on behavior, for as long as its token counts (engine/verdicts).
    create table behavior_verdict (
      id ${text} not null,
      -- SHA-256, hex.
      token_hash ${text} not null unique,
      organization ${text} not null references organization (id),
      world ${text} not null,
      -- Lineage of the key that asked.
      lineage ${text} not null,
      -- 'verified' | 'challenge'
      kind ${text} not null,
      -- Keyed hash of the caller's id of the user.
      user_hash ${text} not null,
      human ${integer} not null,
      confidence ${real} not null,
      evidence ${real} not null,
      -- JSON; null without signals.
      agent ${text},
      -- JSON array.
      notes ${text} not null,
      -- JSON: which rules fired with what weight; null without signals.
      parts ${text},
      judged_at ${integer} not null,
      expires_at ${integer} not null,
      mac ${text} not null,
      -- JSON: host of the page that asked, and the action that it named; null without either.
      asked ${text},
      primary key (organization, world, id)
    )${strict}`,
  `create index behavior_verdict_expiry on behavior_verdict (expires_at)`,
  `
    -- Windows of behavior as they were first seen, so that a copy is recognized.
    create table behavior_window (
      organization ${text} not null references organization (id),
      world ${text} not null,
      fingerprint ${text} not null,
      -- Keyed hash of the collector's session id.
      sid_hash ${text} not null,
      seq ${integer} not null,
      -- Age of the page at the first sight, ms.
      up_ms ${real} not null,
      seen_at ${integer} not null,
      primary key (organization, world, fingerprint)
    )${strict}`,
  `create index behavior_window_age on behavior_window (seen_at)`,
  `
    -- Of a picture of a verified visit: becomes a template when the next visit agrees. One picture a person.
    create table provisional_template (
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
  `create index provisional_template_organization on provisional_template (organization, id)`,
  `create index provisional_template_realm on provisional_template (world, organization, subject)`,
  `
    -- What is known of a gallery's own scores (engine/gallery-calibration): figures, nothing about a person.
    create table gallery_calibration (
      organization ${text} not null references organization (id),
      world ${text} not null,
      scorer ${text} not null,
      -- 'every-group' or 'average': whose table it was measured with.
      holds_for ${text} not null,
      -- Hashes of the scorer's table and of its models' files: with others the shift is not applied.
      basis ${text} not null,
      -- What thresholds are raised by, in the scorer's scale; 0 or more.
      shift ${real} not null,
      -- Those a search by the scorer could find when it was measured; of them 'compared' took part.
      people ${integer} not null,
      compared ${integer} not null,
      pairs ${integer} not null,
      -- The false-match rate it was measured at, and the pairs that reached the table's threshold for it.
      rate ${real} not null,
      above ${integer} not null,
      -- Share of pairs that reached the threshold among those of the tenth of people with most of them.
      worst_tenth ${real} not null,
      -- People compared whose template does not distinguish them from others.
      doubtful ${integer} not null,
      measured_at ${integer} not null,
      primary key (organization, world, scorer, holds_for)
    )${strict}`,
  `
    -- An address that a person had until lately (engine/subjects).
    create table former_address (
      organization ${text} not null references organization (id),
      world ${text} not null,
      -- As in 'subject'.
      email_hash ${text} not null,
      -- Null: of a person who was erased.
      subject ${text},
      freed_at ${integer} not null,
      primary key (organization, world, email_hash)
    )${strictInKey}`,
  `create index former_address_subject on former_address (subject)`,
  `create index former_address_freed on former_address (freed_at)`,
];
