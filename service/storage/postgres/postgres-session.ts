import pg from 'pg';
import { unreachable } from './check-postgres.ts';
import { parseInteger } from './postgres.ts';
import { explainRefusal } from './postgres-refusal.ts';
import { connectTimeoutOf, sessionSettings } from './session-settings.ts';

/** One connection of its own, whose statements may take as long as they need. */
export type PostgresSession = pg.Client;

/** Not connected yet; reads integers as numbers. `name` is what the server shows of it. */
export function createPostgresClient(url: string, name: string): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: connectTimeoutOf(url),
    types: {
      // biome-ignore lint/suspicious/noExplicitAny: pg's own type of a parser.
      getTypeParser: (id: number, format?: any): any =>
        id === pg.types.builtins.INT8 && format !== 'binary'
          ? parseInteger
          : pg.types.getTypeParser(id, format),
    },
  });
  client.on('error', () => {}); // the query it carries fails
  return client;
}

/** As `createPostgresClient`, connected. Throws CONFLICT for a PostgreSQL that cannot be reached or refuses the role. */
export async function openPostgresSession(url: string, name: string): Promise<PostgresSession> {
  const client = createPostgresClient(url, name);
  try {
    await client.connect();
    await client.query(sessionSettings({ statement_timeout: 0 }));
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw explainRefusal(error, url) ?? unreachable(error);
  }
}

/** Ends the session after `work`, and with it a transaction that `work` left open: nothing of that stays. */
export async function withPostgresSession<T>(
  url: string,
  name: string,
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  const session = await openPostgresSession(url, name);
  try {
    return await work(session);
  } catch (error) {
    throw explainRefusal(error, url) ?? error;
  } finally {
    await session.end().catch(() => {});
  }
}
