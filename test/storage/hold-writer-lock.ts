/** Opens the PostgreSQL database of argv as its writer, commits one organization after another, and prints each id once it is acknowledged. */
import { writeSync } from 'node:fs';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';

const [url = '', writer = ''] = process.argv.slice(2);
const { inTransaction } = await openDatabase(
  { kind: 'postgres', url },
  { clock: { now: () => 1 }, log: silentLog, writer },
);
for (let n = 0; ; n++) {
  const id = `org_${writer.replaceAll(/\W/g, '')}_${n}`;
  const row = {
    id,
    name: id,
    created_at: 1,
    match_only: 0,
    uniqueness_policy: 'off',
    consent_policy: 'attested',
  };
  await inTransaction((tx) => tx.insertInto('organization').values(row).execute());
  writeSync(1, `${id}\n`);
}
