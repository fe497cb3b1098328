import { join } from 'node:path';
import { readRestoreMarker } from '../backup/finish-restore.ts';
import { adoptRows } from '../engine/appliance/index.ts';
import { type Actor, type AuditLog, applianceIdentity, createAuditLog } from '../engine/audit/index.ts';
import type { Log } from '../lib/log.ts';
import type { Foundation } from './foundation.ts';

/** The task that the appliance names in the audit log where it ends what an earlier run began. */
export const appliance: Actor = { is: 'appliance', task: 'start' };

/** Begins the audit log of this run, and notes a restore in it. `restored`: this start is the first after one. */
export async function openAuditLog({
  config,
  db,
  inTransaction,
  integrity,
  audit,
  auditEnd,
  ids,
  clock,
  log,
  node,
  vault: { keys, signing, checkpointNote },
  opened,
}: Foundation): Promise<{ auditLog: AuditLog; restored: boolean }> {
  const auditLog = createAuditLog({
    db,
    inTransaction,
    audit,
    signing,
    note: checkpointNote,
    appliance: await applianceIdentity(keys, ids),
    node,
    machine:
      config.databaseUrl === undefined
        ? undefined
        : { file: join(config.data, 'audit-heads.json'), end: auditEnd },
    clock,
    log,
  });
  const restored = await readRestoreMarker(config.data, { integrity, keys, checkpointNote, log });
  if (restored) {
    const { actor: name, details } = restored;
    await auditLog.acknowledgeRestore({ actor: { is: 'operator', name }, details });
  }
  await auditLog.begin();
  // Before rows are read: those of an earlier release get their MAC.
  await adoptRows({ db, inTransaction, integrity, keys, audit, log }, appliance);
  opened.defer(() => signEnd(auditLog, log));
  return { auditLog, restored: restored !== undefined };
}

/** A failure does not hold up the stop: the lines are chained, and the next start signs them. */
async function signEnd(auditLog: AuditLog, log: Log): Promise<void> {
  try {
    await auditLog.end();
  } catch (error) {
    log.error({ err: error }, 'the end of the audit log was not signed at this stop');
  }
}
