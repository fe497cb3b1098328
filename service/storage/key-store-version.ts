import { existsSync } from 'node:fs';
import { Problem } from '../lib/problem.ts';
import type { KeyStorePlace } from './keys/key-store.ts';
import { withPostgresSession } from './postgres/postgres-session.ts';
import { openSqliteFile } from './sqlite.ts';

export interface KeyStoreVersion {
  /** Its newest migration. */
  name: string;
  /** When its last one was applied, ms since 1970. */
  at: number;
}

const NEWEST = 'select max(name) as name, max(applied_at) as at from schema_migration';

/** As the key store is, without opening it. Throws SEALED where there is none, CONFLICT where PostgreSQL cannot be reached. */
export async function readKeyStoreVersion(place: KeyStorePlace): Promise<KeyStoreVersion> {
  switch (place.kind) {
    case 'sqlite': {
      if (!existsSync(place.path)) {
        throw new Problem(
          'SEALED',
          `The key store ${place.path} is missing: put back its newest copy. Nothing was changed.`,
        );
      }
      const keys = openSqliteFile(place.path);
      try {
        return keys.prepare(NEWEST).get() as KeyStoreVersion;
      } finally {
        keys.close();
      }
    }
    case 'postgres':
      return withPostgresSession(place.url, 'gatehouse migrate --back', async (session) => {
        const { rows } = await session.query<KeyStoreVersion>(NEWEST);
        return rows[0]!;
      });
    case 'sqlite-memory':
      throw new Error('A key store in memory has no version to read.');
    default:
      return place satisfies never;
  }
}
