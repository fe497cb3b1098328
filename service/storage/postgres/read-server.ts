import { withClient } from './check-postgres.ts';

/** A standby that streams. Of a role that may not read it (`pg_monitor`) only that it is there is known. */
export interface Standby {
  name: string | null;
  /** `sync`, `quorum`, `potential` or `async`. */
  sync: string | null;
  /** Bytes of the log that it has not replayed. */
  behind: number | null;
}

/** What nodes have to know of the server of a database. */
export interface ServerFacts {
  version: string;
  /** What the URL leads to is itself a standby. */
  isStandby: boolean;
  /** Without those that are kept for its administrator. */
  connections: number;
  /** As in postgresql.conf. */
  synchronousCommit: string;
  synchronousStandbys: string;
  standbys: Standby[];
}

const FACTS = `select current_setting('server_version') as version, pg_is_in_recovery() as "isStandby",
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as connections,
  current_setting('synchronous_commit') as "synchronousCommit",
  current_setting('synchronous_standby_names') as "synchronousStandbys"`;

const STANDBYS = `select application_name as name, sync_state as sync,
  pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 as behind from pg_stat_replication order by application_name`;

/** Throws as `checkPostgres` does. */
export const readServer = (url: string): Promise<ServerFacts> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<Omit<ServerFacts, 'standbys'>>(FACTS);
    const facts = rows[0]!;
    // The place in the log is asked of a server that writes.
    const standbys = facts.isStandby ? [] : (await client.query<Standby>(STANDBYS)).rows;
    return { ...facts, standbys };
  });
