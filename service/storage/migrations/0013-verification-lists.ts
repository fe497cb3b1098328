import type { Migration } from '../migration.ts';

/** The checks of the releases that wrote verifications without `failed`. */
const checks = [
  'liveness',
  'frameConsistency',
  'impossibleTravel',
  'embeddingHistory',
  'deviceConsistency',
  'geoFence',
  'timeRestriction',
  'faceQuality',
];

/** Earlier releases wrote each result as `{"check":…,"pass":…`. */
const failedOf = [
  "','",
  ...checks.map(
    (name) => `case when checks like '%"check":"${name}","pass":false%' then '${name},' else '' end`,
  ),
].join(' || ');

/**
 * What lists and counts of verifications are filtered by, in one index that answers them alone: how each ended, which check decided,
 * and which failed. Older verifications get their outcome from the stored sentence. People can be disabled, and marked as not the same.
 */
export const verificationLists: Migration = {
  name: '0013-verification-lists',
  up: ({ text, integer, strict }) => [
    `alter table verification add column outcome ${text} not null default ''`,
    `alter table verification add column decided_by ${text} not null default ''`,
    `alter table verification add column failed ${text} not null default ''`,
    `update verification set failed = ${failedOf}, outcome = case
      when verified = 1 then 'VERIFIED'
      when reason is null or reason = 'Identity not recognised' then 'NOT_RECOGNIZED'
      when reason = 'This very picture was enrolled before: take a new one with the camera.' then 'REPLAYED_PICTURE'
      when reason = 'No face was found in the picture.' then 'FACE_NOT_FOUND'
      when reason = 'There is more than one face in the picture.' then 'SEVERAL_FACES'
      when reason = 'The face is too small in the picture.' then 'FACE_TOO_SMALL'
      when reason like 'The picture is not good enough%' then 'FACE_QUALITY_REFUSED'
      when checks like '%"pass":false%' then 'CHECK_FAILED'
      else 'BELOW_MINIMUM' end`,
    // With one failure it is the one that decided; which of several did was not kept.
    `update verification set decided_by = substr(failed, 2, length(failed) - 2)
      where outcome = 'CHECK_FAILED' and replace(failed, ',', '') = substr(failed, 2, length(failed) - 2)`,
    'drop index verification_realm',
    `create index verification_realm on verification
      (organization, world, created_at, id, outcome, decided_by, failed, profile, actor)`,

    // A disabled person stays enrolled, and does not verify.
    `alter table subject add column disabled_at ${integer}`,
    'create index subject_disabled on subject (disabled_at) where disabled_at is not null',
    // Two people who look alike and were marked as distinct by a reviewer. The lesser id is the subject.
    `create table distinct_people (
      subject ${text} not null references subject (id),
      other ${text} not null references subject (id),
      marked_at ${integer} not null,
      marked_by ${text} not null,
      primary key (subject, other)
    )${strict}`,
    'create index distinct_people_other on distinct_people (other)',
  ],
};
