import type { MasterKey } from '../master/master-key.ts';
import { CHECKPOINT_NOTE, openNote } from './checkpoint-note.ts';
import { INTEGRITY_SECRET, openIntegrity, ROWS_NOTE, TAKE_OVER_NOTE } from './integrity.ts';
import type { KeyStore } from './key-store.ts';
import { openOrganizationKeys } from './organization-keys.ts';
import { formerOrganizationBound, organizationBound } from './wrapped-key.ts';

/**
 * Brings the key store back to the form that a Gatehouse from before the integrity secret opens. The next start of a newer one
 * makes a new secret. Does nothing where there is none. Throws SEALED when the master key does not open it.
 */
export async function leaveIntegrity(
  keys: KeyStore,
  master: MasterKey,
  random: Parameters<typeof openOrganizationKeys>[0]['random'],
): Promise<void> {
  const organizations = await openOrganizationKeys({ keys, master, random });
  const integrity = await openIntegrity({ keys, master, organizations });
  if (!integrity) return;
  const { identity } = await keys.state();
  const note = openNote(integrity, identity, await keys.note(CHECKPOINT_NOTE));
  const rewrapped = [];
  for (const row of await keys.organizations()) {
    const { organization, generation } = row;
    const key = await master.unwrap(row.wrapped, organizationBound(organization, generation));
    if (key === undefined) continue;
    const wrapped = await master.wrap(key, formerOrganizationBound(organization, generation));
    key.fill(0);
    rewrapped.push({ ...row, wrapped });
  }
  await keys.leaveIntegrity({
    secret: INTEGRITY_SECRET,
    organizations: rewrapped,
    notes: [
      { name: CHECKPOINT_NOTE, value: note.is === 'sound' ? note.text : undefined },
      { name: TAKE_OVER_NOTE, value: undefined },
      { name: ROWS_NOTE, value: undefined },
    ],
  });
}
