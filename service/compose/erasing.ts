import { type Approvals, createApprovals } from '../engine/accounts/index.ts';
import { deleteChallengesOf, deleteHeartbeatsOf } from '../engine/behavior/index.ts';
import { isHeld } from '../engine/consent/index.ts';
import { deleteOrdersOf, deleteSessionsOf } from '../engine/live/index.ts';
import {
  createErasure,
  createOrganizationErasure,
  createRetention,
  createSubjectRecords,
  deleteFormerOf,
  type Erasure,
  type OrganizationErasure,
  type Retention,
  type SubjectRecords,
} from '../engine/people/index.ts';
import { isHeldByScope } from '../engine/uniqueness/index.ts';
import { verifySignature } from '../storage/keys/signing-keys.ts';
import type { Audited, Callers } from './audit.ts';
import type { Base } from './base.ts';
import { endEventsOut } from './events-out.ts';
import type { Behavior } from './live/behavior.ts';
import type { Outbound } from './outbound.ts';
import type { People } from './people.ts';
import { createPersonalData, tablesWithoutPersons } from './personal-data.ts';
import type { Pictures } from './pictures.ts';
import type { Staff } from './staff/administrators.ts';

export interface Erasing {
  erasure: Erasure;
  retention: Retention;
  subjectRecords: SubjectRecords;
  organizationErasure: OrganizationErasure;
  approvals: Approvals;
}

/** What erases, keeps for a time and exports what the features hold about people. */
export function createErasing({
  config,
  ground,
  database,
  vault,
  audit,
  auditLog,
  organizations,
  limits,
  access,
  models,
  eventsOut,
  subjects,
  calibrations,
  behaviorLayers,
  flows,
  administrators,
  uniqueness,
  live,
}: Base &
  Audited &
  Callers &
  Staff &
  Pictures &
  Pick<Outbound, 'eventsOut'> &
  People & {
    /** Asked once they are there. */
    live(): Pick<Behavior, 'verdicts'>;
  }): Erasing {
  const personalData = createPersonalData({ ...ground, organizations });
  const shared = { ...ground, audit, organizations, subjects, personalData };
  const erasure = createErasure({
    ...shared,
    dialect: database.dialect,
    keys: vault.keys,
    signing: { ...vault.signing, verify: verifySignature },
    forgetUse: limits.forgetPerson,
    isHeld: async (tx, subject) => (await isHeld(tx, subject)) || isHeldByScope(tx, subject),
    galleries: () => models.current().galleries,
    appliance: async () => auditLog.appliance,
    events: eventsOut.events,
    data: config.data,
  });
  const approvals = createApprovals({ ...shared, administrators });
  const retention = createRetention({
    ...shared,
    notes: vault.keys,
    erase: (realm, subject, order) => erasure.erase(realm, subject, order),
    pruneAudit: (order) => auditLog.prune(order),
  });
  const subjectRecords = createSubjectRecords({ ...shared, tablesWithoutPersons });
  const organizationErasure = createOrganizationErasure({
    ...shared,
    erasure,
    access,
    beginnings: [(organization, actor) => uniqueness.endAll(organization, actor)],
    endings: [
      (organization, actor) => endEventsOut(eventsOut, organization, actor),
      (organization) => calibrations.forget(organization),
      (organization) => behaviorLayers.forget(organization),
      (organization) => flows.forget(organization),
      (organization) => uniqueness.forget(organization),
      (organization) => ground.inTransaction((tx) => deleteOrdersOf(tx, organization)),
      (organization) => ground.inTransaction((tx) => deleteSessionsOf(tx, organization)),
      (organization) => ground.inTransaction((tx) => deleteChallengesOf(tx, organization)),
      (organization) => ground.inTransaction((tx) => deleteHeartbeatsOf(tx, organization)),
      (organization) => live().verdicts.forget(organization),
      (organization) => ground.inTransaction((tx) => deleteFormerOf(tx, organization)),
      (organization) => approvals.forgetOrganization(organization),
      (organization, actor) => administrators.forgetOrganization(organization, actor),
    ],
  });
  return { erasure, retention, subjectRecords, organizationErasure, approvals };
}
