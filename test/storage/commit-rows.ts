/** Commits one organization after another (as many as argv says, or without end) to the SQLite files of argv and prints each id once it is acknowledged. */
import { writeSync } from 'node:fs';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { openKeyStore } from '../../service/storage/keys/key-store.ts';
import { createMasterKey } from '../../service/storage/master/master-key.ts';
import { createSealer } from '../../service/storage/sealing/sealed.ts';

const [path, keysPath, run, most = 'Infinity'] = process.argv.slice(2) as [string, string, string, string?];
const clock = { now: () => 1 };
const { inTransaction } = await openDatabase({ kind: 'sqlite', path }, { clock, log: silentLog });
const keys = await openKeyStore({ kind: 'sqlite', path: keysPath }, { clock });
const sealer = await createSealer({
  keys,
  master: createMasterKey(new Uint8Array(32)),
  clock,
  log: silentLog,
});

for (let index = 0; index < Number(most); index++) {
  const id = `org_${run}_${index}` as OrganizationId;
  await sealer.createOrganization(id);
  await inTransaction(async (tx) => {
    for (const part of ['a', 'b']) {
      await tx
        .insertInto('organization')
        .values({
          id: `${id}_${part}`,
          name: id,
          created_at: 1,
          match_only: 0,
          uniqueness_policy: 'off',
          consent_policy: 'attested',
        })
        .execute();
    }
  });
  writeSync(1, `${id}\n`);
}
process.exit();
