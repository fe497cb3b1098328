import { createWaitingApprovals } from '../engine/accounts/index.ts';
import {
  createEvidence,
  createModelChanges,
  createOverviews,
  type Evidence,
  type ModelChanges,
  type Overviews,
} from '../engine/appliance/index.ts';
import { type BehaviorLayers, createBehaviorLayers } from '../engine/behavior/index.ts';
import { type Consents, createConsents, createHolds, type Holds } from '../engine/consent/index.ts';
import { countWaitingSessions, createFlows, type Flows, type Sessions } from '../engine/live/index.ts';
import {
  type Captures,
  createCaptures,
  createGalleryCalibrations,
  createRefusedPictures,
  deleteClaim,
  type GalleryCalibrations,
  type Profiles,
} from '../engine/matching/index.ts';
import { createSubjects, type Subjects } from '../engine/people/index.ts';
import {
  createReviews,
  createSuspects,
  type Reviews,
  type Scopes,
  type Uniqueness,
} from '../engine/uniqueness/index.ts';
import {
  type Checks,
  createChecks,
  createPastVerifications,
  type PastVerifications,
} from '../engine/verification/index.ts';
import { crossScoresInThread } from '../inference/gallery/cross-scores.ts';
import { createGalleries } from '../inference/gallery/galleries.ts';
import type { Galleries } from '../inference/gallery/gallery-matrix.ts';
import type { Audited, Callers } from './audit.ts';
import type { Base, Queue } from './base.ts';
import { readModelFile } from './model-imports.ts';
import type { Outbound } from './outbound.ts';
import type { Pictures } from './pictures.ts';
import type { FirstOwner } from './staff/administrators.ts';
import { openUniqueness } from './uniqueness.ts';

export interface People {
  consents: Consents;
  holds: Holds;
  galleries: Galleries;
  subjects: Subjects;
  calibrations: GalleryCalibrations;
  behaviorLayers: BehaviorLayers;
  checks: Checks;
  captures: Captures;
  verifications: PastVerifications;
  overviews: Overviews;
  reviews: Reviews;
  uniqueness: Uniqueness;
  uniquenessScopes: Scopes;
  evidence: Evidence;
  flows: Flows;
  modelChanges: ModelChanges;
}

/** People, what they consented to, and how they are verified. */
export function createPeople({
  config,
  ground,
  metrics,
  opened,
  audit,
  organizations,
  limits,
  setup,
  models,
  profiles,
  analyzer,
  recurring,
  eventsOut: { events, alerts },
  // No session waits for a reviewer yet.
  live,
}: {
  profiles: Profiles;
  /** Asked once they are there. */
  live(): { liveSessions: Pick<Sessions, 'newcomerDecided'> };
} & Base &
  Audited &
  Callers &
  Pick<FirstOwner, 'setup'> &
  Pictures &
  Pick<Queue, 'recurring'> &
  Pick<Outbound, 'eventsOut'>): People {
  const shared = { ...ground, audit, organizations, models, profiles, events };
  const holds = createHolds(shared);
  const consents = createConsents(shared);
  const galleries = createGalleries({ log: ground.log });
  opened.defer(() => galleries.close());
  const subjects: Subjects = createSubjects({
    ...shared,
    galleries,
    consents,
    forgetAddress: deleteClaim,
    changed: (realm) => calibrations.noticed(realm),
  });
  opened.defer(() => subjects.closeSearch());
  const calibrations = createGalleryCalibrations({
    ...shared,
    subjects,
    crossScores: crossScoresInThread,
    due: () => recurring.soon('gallery-calibration'),
  });
  const suspects = createSuspects(shared);
  const checks = createChecks({
    ...shared,
    suspects,
    refusedPictures: createRefusedPictures(shared),
    shifts: calibrations,
    analyzer,
    subjects,
    consents,
    limits,
    deadline: config.deadlineSeconds * 1000,
    observed: metrics.verification,
    disputedAreas: config.disputedAreas,
    requireOwnersFactor: setup.requireOwnersFactor,
  });
  const uniqueness = openUniqueness({
    ...shared,
    subjects,
    consents,
    suspects,
    shifts: calibrations,
    decided: (tx, one) => live().liveSessions.newcomerDecided(tx, one),
  });
  const { newcomers } = uniqueness;
  const reviews = createReviews({ ...shared, subjects, newcomers, look: checks.lookForReview });
  const captures = createCaptures({ ...shared, analyzer });
  const flows = createFlows(shared);
  const verifications = createPastVerifications({ ...shared, subjects });
  const modelChanges = createModelChanges({
    ...shared,
    subjects,
    readImport: (file) => readModelFile(file),
  });
  const overviews = createOverviews({
    ...shared,
    verifications,
    checks,
    subjects,
    alerts,
    reviews,
    approvals: createWaitingApprovals(shared),
    sessions: { countWaiting: (realm) => countWaitingSessions(shared.db, realm) },
    templates: (realm) => subjects.people(realm),
  });
  return {
    consents,
    holds,
    galleries,
    subjects,
    calibrations,
    checks,
    captures,
    verifications,
    overviews,
    reviews,
    flows,
    modelChanges,
    evidence: createEvidence(shared),
    uniqueness,
    uniquenessScopes: uniqueness.scopes,
    behaviorLayers: createBehaviorLayers(shared),
  };
}
