import type { Setup } from '../engine/accounts/index.ts';
import {
  circumstancesIn,
  createCaptures,
  createMatching,
  createRefusedPictures,
  type Profiles,
  planMatching,
} from '../engine/matching/index.ts';
import {
  createDuplicateCandidates,
  createReviews,
  createUniqueness,
  type UniquenessDeps,
} from '../engine/uniqueness/index.ts';
import { createChecks, createPastVerifications } from '../engine/verification/index.ts';
import type { Accounts } from './accounts.ts';
import { createConnection } from './connection.ts';
import type { EventsOut } from './events.ts';
import type { Foundation } from './foundation.ts';
import type { People } from './people.ts';
import type { Pictures } from './pictures.ts';

export type Verification = ReturnType<typeof createVerification>;

/** How people are verified, and counted once. */
export function createVerification(
  { config, db, inTransaction, sealer, audit, ids, clock, locks, log, metrics, nodes }: Foundation,
  { organizations, limits }: Accounts,
  { models, analyzer }: Pictures,
  { events }: EventsOut,
  { consents, subjects, calibrations }: People,
  { profiles, setup }: { profiles: Profiles; setup: Setup },
) {
  const candidates = createDuplicateCandidates({ db, sealer, audit, ids, clock });
  const refusedPictures = createRefusedPictures({ db, inTransaction, sealer, ids, clock, locks });
  const checks = createChecks({
    db,
    inTransaction,
    sealer,
    audit,
    ids,
    clock,
    log,
    organizations,
    limits,
    events,
    models,
    profiles,
    analyzer,
    subjects,
    consents,
    candidates,
    refusedPictures,
    locks,
    shifts: calibrations,
    deadline: config.deadlineSeconds * 1000,
    observed: metrics.verification,
    disputedAreas: config.disputedAreas,
    requireOwnersFactor: setup.requireOwnersFactor,
  });
  /** Of the live session whose newcomer was decided. */
  const newcomerDecided = createConnection<UniquenessDeps['decided']>('uniqueness.decided');
  const uniqueness = createUniqueness({
    db,
    inTransaction,
    audit,
    ids,
    clock,
    log,
    organizations,
    models,
    subjects,
    consents,
    candidates,
    keys: sealer.scopeKeys,
    locks,
    matching: createMatching({ subjects, shifts: calibrations }),
    planOf: async (realm) =>
      planMatching(
        await profiles.get(realm.organization, 'default'),
        circumstancesIn({ models, subjects, clock }, realm),
      ),
    decided: newcomerDecided.call,
  });
  const reviews = createReviews({
    db,
    inTransaction,
    sealer,
    audit,
    ids,
    clock,
    organizations,
    models,
    subjects,
    newcomers: uniqueness.newcomers,
    faceOf: checks.faceForReview,
  });
  const captures = createCaptures({ ids, clock, models, analyzer, tag: nodes?.here.tag });
  const verifications = createPastVerifications({
    db,
    inTransaction,
    sealer,
    audit,
    clock,
    subjects,
    profiles,
  });
  return { checks, refusedPictures, uniqueness, newcomerDecided, reviews, captures, verifications };
}
