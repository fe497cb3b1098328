import { type RestoreMarker, readRestoreMarker } from '../backup/finish-restore.ts';
import {
  type Access,
  createAccess,
  createLimits,
  createOrganizations,
  type Limits,
  type Organizations,
} from '../engine/accounts/index.ts';
import { adoptRows, createRecordIntegrity, type RecordIntegrity } from '../engine/appliance/index.ts';
import {
  type Actor,
  type Audit,
  type AuditLog,
  applianceIdentity,
  createAudit,
  createAuditLog,
} from '../engine/audit/index.ts';
import type { BehaviorSettingsOf } from '../engine/behavior/index.ts';
import type { Profiles } from '../engine/matching/index.ts';
import type { EndpointId } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { verifySignature } from '../storage/keys/signing-keys.ts';
import type { Base } from './base.ts';
import type { EventsOut } from './events-out.ts';

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
  // Before rows are read: those of an earlier release get their MAC.
  await adoptRows({ ...ground, audit, keys: vault.keys }, { is: 'appliance', task: 'start' });
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

/** Checks of what is signed or carries a MAC. A service that serves looks at its rows first. */
export async function openRecordIntegrity(
  {
    ground,
    vault,
    audit,
    profiles,
    eventsOut,
    live,
  }: Base &
    Audited & {
      profiles: Profiles;
      eventsOut: Pick<EventsOut, 'grants' | 'webhooks'>;
      /** Called when a row was accepted. */
      live(): { behaviorSettings: Pick<BehaviorSettingsOf, 'forgetRead'> };
    },
  serves: boolean,
): Promise<RecordIntegrity> {
  const recordIntegrity = createRecordIntegrity({
    ...ground,
    audit,
    keys: vault.keys,
    master: vault.master,
    organizations: vault.organizations,
    signing: { ...vault.signing, verify: verifySignature },
    async changed(_, id) {
      live().behaviorSettings.forgetRead();
      profiles.forgetRead();
      eventsOut.grants.forgetRead();
      await eventsOut.webhooks.refresh(id as EndpointId);
    },
  });
  if (serves) await recordIntegrity.tend();
  return recordIntegrity;
}

export interface Callers {
  organizations: Organizations;
  limits: Limits;
  access: Access;
}

/** The task that the appliance names in the audit log where it ends what an earlier run began. */
export const appliance: Actor = { is: 'appliance', task: 'start' };

/** Organizations, their API keys, and what these may ask. */
export async function openCallers({
  config,
  ground,
  vault,
  opened,
  audit,
}: Base & Audited): Promise<Callers> {
  const organizations = createOrganizations({ ...ground, audit });
  const limits = createLimits({ ...ground, audit, refusedPerMinute: config.refusedKeysPerMinute });
  await limits.load();
  opened.defer(() => limits.flush());
  const access = createAccess({
    ...ground,
    integrity: vault.integrity,
    audit,
    refusals: limits.refusals,
  });
  opened.defer(() => access.settled());
  await access.alteredKeys();
  return { organizations, limits, access };
}
