import type { Migration } from '../migration.ts';
import { ground } from './0001-ground.ts';
import { record } from './0002-record.ts';
import { eventsOut } from './0003-events-out.ts';
import { mailRecipients } from './0004-mail-recipients.ts';
import { allowedProfiles } from './0005-allowed-profiles.ts';
import { apiKeyMac } from './0006-api-key-mac.ts';
import { refusedPictures } from './0007-refused-pictures.ts';
import { anchors } from './0008-anchors.ts';
import { galleryCalibration } from './0009-gallery-calibration.ts';
import { jobErrors } from './0010-job-errors.ts';
import { checkpointsJob } from './0011-checkpoints-job.ts';
import { administrators } from './0012-administrators.ts';
import { verificationLists } from './0013-verification-lists.ts';
import { review } from './0014-review.ts';
import { profileVersions } from './0015-profile-versions.ts';
import { flows } from './0016-flows.ts';
import { kiosks } from './0017-kiosks.ts';
import { setup } from './0018-setup.ts';
import { approvalsAndDrills } from './0019-approvals-and-drills.ts';
import { setupSteps } from './0020-setup-steps.ts';
import { sessions } from './0021-sessions.ts';
import { presence } from './0022-presence.ts';
import { hostedAndRegistrations } from './0023-hosted-and-registrations.ts';
import { uniqueness } from './0024-uniqueness.ts';
import { tokens } from './0025-tokens.ts';
import { faceFactor } from './0026-face-factor.ts';
import { movements } from './0027-movements.ts';
import { sessionMac } from './0028-session-mac.ts';
import { organizationLook } from './0029-organization-look.ts';
import { behaviorVerdicts } from './0030-behavior-verdicts.ts';
import { behaviorChallenges } from './0031-behavior-challenges.ts';
import { behaviorLayer } from './0033-behavior-layer.ts';
import { sessionReview } from './0034-session-review.ts';
import { untilDelivered } from './0035-until-delivered.ts';
import { peopleAlike } from './0036-people-alike.ts';
import { behaviorConfirmed } from './0037-behavior-confirmed.ts';
import { confirmedSubject } from './0038-confirmed-subject.ts';
import { smallerVerdictIndexes } from './0039-smaller-verdict-indexes.ts';
import { wrongAnswers } from './0040-wrong-answers.ts';
import { windowPrints } from './0041-window-prints.ts';
import { templateUpgrades } from './0042-template-upgrades.ts';
import { holdsFor } from './0043-holds-for.ts';
import { galleriesByRates } from './0044-galleries-by-rates.ts';
import { captureSource } from './0045-capture-source.ts';
import { provisionalRealm } from './0046-provisional-realm.ts';
import { grantReach } from './0047-grant-reach.ts';
import { operatorPinFailures } from './0048-operator-pin-failures.ts';
import { rowMacs } from './0049-row-macs.ts';
import { formerAddresses } from './0050-former-addresses.ts';
import { queryIndexes } from './0053-query-indexes.ts';
import { sessionPictures } from './0055-session-pictures.ts';

/** In the order they are applied. A database knows a prefix of this list. */
export const migrations: readonly Migration[] = [
  ground,
  record,
  eventsOut,
  mailRecipients,
  allowedProfiles,
  apiKeyMac,
  refusedPictures,
  anchors,
  galleryCalibration,
  jobErrors,
  checkpointsJob,
  administrators,
  verificationLists,
  review,
  profileVersions,
  flows,
  kiosks,
  setup,
  approvalsAndDrills,
  setupSteps,
  sessions,
  presence,
  hostedAndRegistrations,
  uniqueness,
  tokens,
  faceFactor,
  movements,
  sessionMac,
  organizationLook,
  behaviorVerdicts,
  behaviorChallenges,
  behaviorLayer,
  sessionReview,
  untilDelivered,
  peopleAlike,
  behaviorConfirmed,
  confirmedSubject,
  smallerVerdictIndexes,
  wrongAnswers,
  windowPrints,
  templateUpgrades,
  holdsFor,
  galleriesByRates,
  captureSource,
  provisionalRealm,
  grantReach,
  operatorPinFailures,
  rowMacs,
  formerAddresses,
  queryIndexes,
  sessionPictures,
];
