import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Selectable } from 'kysely';
import { openIntegrity } from '../../service/storage/keys/integrity.ts';
import { macOf } from '../../service/storage/keys/protected-tables.ts';
import type { WrappedSecret } from '../../service/storage/keys/wrapped-key.ts';
import { masterKeyFile } from '../../service/storage/master/master-key-file.ts';
import type { Schema } from '../../service/storage/schema.ts';

export type SessionColumns = Partial<Selectable<Schema['live_session']>>;

/** HMACs of rows of live sessions, as the service of this data directory makes them: a row without one is no session. */
export async function sessionMacs(data: string): Promise<(row: SessionColumns) => string> {
  const keys = new Database(join(data, 'keys.db'), { readonly: true });
  const secrets = keys
    .prepare('select name, master, wrapped, details from appliance_secret')
    .all() as WrappedSecret[];
  keys.close();
  const integrity = await openIntegrity({
    keys: { secrets: async () => secrets },
    master: await masterKeyFile(join(data, 'master.key')).open('current'),
    organizations: { boundToIntegrity: () => true },
  });
  return (row) => macOf(integrity!, 'live_session', row);
}
