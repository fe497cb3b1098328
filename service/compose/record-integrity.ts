import { adoptRows, createRecordIntegrity, type RecordIntegrity } from '../engine/integrity/index.ts';
import type { Profiles } from '../engine/profiles/index.ts';
import type { EndpointId } from '../lib/id.ts';
import { verifySignature } from '../storage/keys/signing-keys.ts';
import type { Audited } from './audit.ts';
import type { Base } from './base.ts';
import { appliance } from './callers.ts';
import type { EventsOut } from './events-out.ts';

/** Before rows are read: those of an earlier release get their MAC. */
export async function adoptOlderRows({ ground, vault, audit }: Base & Audited): Promise<void> {
  await adoptRows({ ...ground, audit, keys: vault.keys }, appliance);
}

/** Checks of what is signed or carries a MAC. A service that serves looks at its rows first. */
export async function openRecordIntegrity(
  {
    ground,
    vault,
    audit,
    profiles,
    eventsOut,
  }: Base & Audited & { profiles: Profiles; eventsOut: Pick<EventsOut, 'grants' | 'webhooks'> },
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
      profiles.forgetRead();
      eventsOut.grants.forgetRead();
      await eventsOut.webhooks.refresh(id as EndpointId);
    },
  });
  if (serves) await recordIntegrity.tend();
  return recordIntegrity;
}
