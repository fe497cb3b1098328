import { join } from 'node:path';
import type { Alerts } from '../engine/appliance/index.ts';
import type { AuditLog } from '../engine/audit/index.ts';
import { deleteChallengesOf, deleteHeartbeatsOf } from '../engine/behavior/index.ts';
import { isHeld } from '../engine/consent/index.ts';
import { deleteOrdersOf, deleteSessionsOf } from '../engine/live/index.ts';
import {
  createErasure,
  createErasureNodes,
  createOrganizationErasure,
  createRetention,
  createSubjectRecords,
  createTimelines,
  deleteFormerOf,
  keptByRecord,
  openKeptErasures,
} from '../engine/people/index.ts';
import { isHeldByScope } from '../engine/uniqueness/index.ts';
import { verifySignature } from '../storage/keys/signing-keys.ts';
import type { Accounts } from './accounts.ts';
import type { Behavior } from './behavior.ts';
import { type EventsOut, endEventsOut } from './events.ts';
import type { Foundation } from './foundation.ts';
import type { Live } from './live.ts';
import type { People } from './people.ts';
import { createPersonalData, tablesWithoutPersons } from './personal-data.ts';
import type { Pictures } from './pictures.ts';
import type { Verification } from './verification.ts';

export type Erasing = ReturnType<typeof createErasing>;

/** What erases, keeps for a time and exports what the features hold about people. */
export function createErasing(
  foundation: Foundation,
  auditLog: AuditLog,
  { organizations, limits }: Accounts,
  { models }: Pictures,
  { events }: EventsOut,
  { subjects }: People,
) {
  const { config, db, inTransaction, sealer, integrity, audit, ids, clock, log, runs, database, vault } =
    foundation;
  const nodes = createNodesOfErasures(foundation);
  const personalData = createPersonalData({ db, sealer, integrity, organizations, clock });
  const { keys, signing } = vault;
  const erasure = createErasure({
    db,
    inTransaction,
    sealer,
    integrity,
    audit,
    ids,
    clock,
    log,
    runs,
    dialect: database.dialect,
    data: config.data,
    keys,
    signing: { sign: signing.sign, publicKeys: signing.publicKeys, verify: verifySignature },
    appliance: async () => auditLog.appliance,
    events,
    subjects,
    personalData,
    organizations,
    forgetUse: limits.forgetPerson,
    isHeld: async (tx, subject) => (await isHeld(tx, subject)) || isHeldByScope(tx, subject),
    galleries: () => models.current().galleries,
    nodes,
    kept:
      config.keysDatabaseUrl === undefined
        ? keptByRecord
        : openKeptErasures({
            file: join(config.data, 'erasures.jsonl'),
            keys,
            signing: { publicKeys: signing.publicKeys, verify: verifySignature },
            log,
          }),
  });
  const retention = createRetention({
    db,
    inTransaction,
    audit,
    ids,
    clock,
    log,
    organizations,
    personalData,
    notes: keys,
    chain: auditLog.chain,
    erase: erasure.erase,
    pruneAudit: auditLog.prune,
  });
  const subjectRecords = createSubjectRecords({
    db,
    inTransaction,
    sealer,
    audit,
    clock,
    organizations,
    subjects,
    personalData,
    tablesWithoutPersons,
  });
  const timelines = createTimelines({ inTransaction, audit, organizations, subjects, personalData });
  return { erasure, erasureNodes: nodes, retention, subjectRecords, timelines };
}

function createNodesOfErasures({ node, db, config, position, clock, log, opened }: Foundation) {
  if (!node) return undefined;
  const { catchUp } = position;
  const nodes = createErasureNodes({ node: node.id, db, data: config.data, catchUp, clock, log });
  opened.defer(() => nodes.close());
  return nodes;
}

/** Erasure of a whole organization, with all that belongs to it. */
export function createOrganizationErasing(
  { inTransaction, sealer, audit }: Foundation,
  { organizations, access, approvals, administrators, kiosks }: Accounts,
  { webhooks, grants }: EventsOut,
  { subjects, calibrations }: People,
  { uniqueness }: Verification,
  { erasure }: Erasing,
  { behaviorLayers, verdicts }: Behavior,
  { flows }: Live,
  { alerts }: { alerts: Alerts },
) {
  return createOrganizationErasure({
    inTransaction,
    sealer,
    audit,
    organizations,
    access,
    subjects,
    erasure,
    beginnings: [(organization, actor) => uniqueness.endAll(organization, actor)],
    endings: [
      (organization, actor) => kiosks.revokeAll(organization, actor),
      (organization, actor) => endEventsOut({ alerts, webhooks, grants }, organization, actor),
      (organization) => calibrations.forget(organization),
      (organization) => behaviorLayers.forget(organization),
      (organization) => flows.forget(organization),
      (organization) => uniqueness.forget(organization),
      (organization) => inTransaction((tx) => deleteOrdersOf(tx, organization)),
      (organization) => inTransaction((tx) => deleteSessionsOf(tx, organization)),
      (organization) => inTransaction((tx) => deleteChallengesOf(tx, organization)),
      (organization) => inTransaction((tx) => deleteHeartbeatsOf(tx, organization)),
      (organization) => verdicts.forget(organization),
      (organization) => inTransaction((tx) => deleteFormerOf(tx, organization)),
      (organization) => approvals.forgetOrganization(organization),
      (organization, actor) => administrators.forgetOrganization(organization, actor),
    ],
  });
}
