import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { OrganizationId } from '../../service/lib/id.ts';
import type { KeyStore } from '../../service/storage/keys/key-store.ts';
import { openOrganizationKeys } from '../../service/storage/keys/organization-keys.ts';
import { masterKeyFile } from '../../service/storage/master/master-key-file.ts';
import { createOwnValues } from '../../service/storage/sealing/person-values.ts';

const steps = ['turn-left', 'blink', 'turn-right', 'hold-still'];

/** As the service of this data directory seals the pictures of a session without a recognized person: the same of each step. */
export async function sealedPictures(
  data: string,
  { organization, session, jpeg }: { organization: string; session: string; jpeg: Uint8Array },
): Promise<Uint8Array> {
  const store = new Database(join(data, 'keys.db'), { readonly: true });
  const rows = store
    .prepare('select *, lookup_wrapped as lookupWrapped from organization_key order by generation')
    .all();
  store.close();
  const keys = { organizations: async () => rows } as unknown as KeyStore;
  const master = await masterKeyFile(join(data, 'master.key')).open('current');
  const organizations = await openOrganizationKeys({ keys, master, random: randomFillSync });
  const pictures = steps.map((step) => ({ step, jpeg: Buffer.from(jpeg).toString('base64') }));
  return createOwnValues(organizations, randomFillSync).sealOwn(
    {
      organization: organization as OrganizationId,
      field: `live_session.pictures/${session}`,
      version: 1,
    },
    Buffer.from(JSON.stringify(pictures)),
  );
}
