import { type RestoreMarker, readRestoreMarker } from '../backup/finish-restore.ts';
import {
  type Audit,
  type AuditLog,
  applianceIdentity,
  createAudit,
  createAuditLog,
} from '../engine/audit/index.ts';
import type { Log } from '../lib/log.ts';
import type { Base } from './base.ts';

export interface Audited {
  audit: Audit;
  auditLog: AuditLog;
  /** This start is the first after a restore. */
  restored: RestoreMarker | undefined;
}

/** Begins the audit log of this run, and notes a restore in it. */
export async function openAudit({ config, ground, vault, opened }: Base): Promise<Audited> {
  const { ids, log } = ground;
  const audit = createAudit(ground);
  const auditLog = createAuditLog({
    ...ground,
    audit,
    signing: vault.signing,
    note: vault.checkpointNote,
    appliance: await applianceIdentity(vault.keys, ids),
  });
  const restored = await readRestoreMarker(config.data, { ...vault, log });
  if (restored) {
    const { actor: name, details } = restored;
    await auditLog.acknowledgeRestore({ actor: { is: 'operator', name }, details });
  }
  await auditLog.begin();
  opened.defer(() => signEnd(auditLog, log));
  return { audit, auditLog, restored };
}

/** A failure does not hold up the stop: the lines are chained, and the next start signs them. */
async function signEnd(auditLog: AuditLog, log: Log): Promise<void> {
  try {
    await auditLog.checkpoint('stop');
  } catch (error) {
    log.error({ err: error }, 'the end of the audit log was not signed at this stop');
  }
}
