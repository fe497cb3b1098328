import { createApprovalData } from '../engine/accounts/index.ts';
import { createAlertData } from '../engine/appliance/index.ts';
import { createAuditData, type PersonalData } from '../engine/audit/index.ts';
import { type ConsentDataDeps, createConsentData } from '../engine/consent/index.ts';
import { createDeliveryData } from '../engine/events/index.ts';
import { createOrderData, createSessionData } from '../engine/live/index.ts';
import { createLockoutData } from '../engine/matching/index.ts';
import { createErasureData, createSubjectData, type SubjectDataDeps } from '../engine/people/index.ts';
import { createReviewData, createUniquenessData } from '../engine/uniqueness/index.ts';
import { createVerificationData, type VerificationDataDeps } from '../engine/verification/index.ts';
import { document } from '../lib/installation.ts';
import type { RowIntegrity } from '../storage/transaction.ts';

type PersonalDataDeps = SubjectDataDeps &
  ConsentDataDeps &
  VerificationDataDeps & { integrity: RowIntegrity };

/**
 * Every feature that keeps anything about a person, in the order of the record's sections. Erasure goes through the list from its end:
 * what refers to a person goes first.
 */
export const createPersonalData = (deps: PersonalDataDeps): PersonalData[] => [
  createSubjectData(deps),
  ...createConsentData(deps),
  createVerificationData(deps),
  createSessionData(deps),
  createOrderData(deps),
  createReviewData(deps),
  createUniquenessData(deps),
  createLockoutData(deps),
  createDeliveryData(deps),
  createAlertData(deps),
  createApprovalData(deps),
  createAuditData(deps),
  createErasureData(deps),
];

/** Every other table, and why it holds nothing about a person. */
export const tablesWithoutPersons: Readonly<Record<string, string>> = {
  organization: 'The organization itself; its id and name stand at the head of the record.',
  organization_logo: 'The logo of the organization.',
  consent_text: 'Consent texts that the organization published.',
  api_key: 'Keys of the organization’s programs.',
  site: 'Places and networks of the organization.',
  profile: 'Rules of verifications; each verification names its profile and version.',
  gallery_calibration: 'Figures about all people of the organization together.',
  model_setting: 'Settings of the appliance.',
  model_import: 'Models that were imported.',
  model_part: 'Their files.',
  webhook_endpoint: 'Where the organization’s events go; each delivery names its endpoint.',
  destination_grant: 'Where the organization may send to.',
  mail_recipient: 'Addresses that alerts of the organization are mailed to.',
  sent_mail: 'Times at which alerts of the organization were mailed.',
  recurring_work: 'When recurring work runs, and how the last run ended: a fixed sentence.',
  retention_sweep: 'Counts only, no person.',
  known_node: 'Services of which several share the database.',
  erasure_node: 'Which of these have cleared their files for an erasure, by its id.',
  audit_checkpoint: 'Signatures over the whole log.',
  usage_counter: 'Counts of requests; those about one address last a minute, under a keyed hash.',
  live_frame: 'Keyed hashes of frames of live sessions, for thirty days; they name no person.',
  refused_picture: 'Keyed hashes of pictures that liveness refused, for a day; they name no person.',
  administrator: `Staff who sign in, with their e-mail addresses; removed with the account or the organization (${document('PRIVACY')}).`,
  administrator_session: 'Sessions of staff, for at most twelve hours.',
  kiosk: 'Devices and their public keys.',
  operator_pin: 'Hashes of PINs of staff.',
  passkey: 'Public keys of staff.',
  administrator_face:
    'Sealed templates of staff who chose to sign in by face: until they or the organization remove them, or with the account.',
  recovery_code: 'MACs of codes of staff.',
  one_time_code: 'MACs of codes of staff, for at most a day.',
  sign_in_ticket: 'Sign-ins of staff that wait for their second step, for five minutes.',
  passkey_challenge: 'Random numbers, for five minutes.',
  sign_in_failure: 'Counts of failed sign-ins of staff, under keyed hashes.',
  flow: 'Texts and addresses of the organization’s hosted pages.',
  uniqueness_scope: 'Settings of scopes, by the names that the organization’s programs chose.',
  uniqueness_wait: 'Sessions that wait for a reviewer, by ids, for at most 72 hours.',
  review_vote: 'Which administrators said what of a review, by its id.',
  behavior_layer:
    'Which learned layer the organization has chosen, and which administrator accepted its licence.',
  behavior_verdict:
    'Verdicts on behavior under keyed hashes of the callers’ ids of users, until their tokens have run out (a day by default), with the host of the page and the action that it named; they name no person.',
  behavior_window: 'Hashes of windows of behavior, for seven days; they name no person.',
  behavior_tally: 'Counts of verdicts by day and score.',
  behavior_challenge:
    'Visual challenges under keyed hashes of the callers’ ids of users, for an hour after their end; they name no person.',
  behavior_session:
    'Figures of heartbeats by the hash of a token, until it has run out; they name no person.',
  setup: 'The hash of the setup token, for a day.',
  backup_plan: 'Settings of the appliance.',
  backup_run: 'Where and when backups were made.',
  backup_drill: 'Trials of backups, with counts.',
  token_use:
    'Random ids of tokens, visits and signed requests that were used, as hashes where others made them.',
  idempotent_reply:
    'Answers to requests with an Idempotency-Key, for a day, sealed under the organization’s own key; a hash finds them.',
};
