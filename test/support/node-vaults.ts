import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { openVault, type Vault } from '../../service/storage/keys/vault.ts';
import { isJoined } from '../../service/storage/master/joined-master.ts';
import type { Unlock } from '../../service/storage/master/open-master.ts';
import { openKeysInUse } from '../../service/storage/position/keys-in-use.ts';
import type { Db } from '../../service/storage/transaction.ts';
import { createMigrated } from '../storage/databases.ts';
import type { ReachedPostgres } from './postgres.ts';

const clock = { now: () => Date.now() };

const hasKey = (data: string) => isJoined(data) || existsSync(join(data, 'master.key'));

/** Where the directory joined: who it is. */
const nodeIn = (data: string): string | undefined =>
  isJoined(data)
    ? (JSON.parse(readFileSync(join(data, 'node.json'), 'utf8')) as { node: string }).node
    : undefined;

/** The record and the keys of one node. */
export interface NodeVault {
  vault: Vault;
  database: Database;
  stop(): Promise<void>;
}

/** Nodes of one record, each with a data directory of its own, without anything above their keys. */
export interface NodeVaults {
  folder: string;
  /** `wrap`: what the vault reads of the record. */
  start(name: string, wrap?: (db: Db) => Db, unlock?: Unlock): Promise<NodeVault>;
  dataOf(name: string): string;
  keysUrl: string;
  /** Another program that writes to the record, and to the keys. */
  record: pg.Client;
  keys: pg.Client;
  stop(): Promise<void>;
}

export async function openNodeVaults(server: ReachedPostgres): Promise<NodeVaults> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-node-keys-'));
  const databaseUrl = await createMigrated(server);
  const keysUrl = await server.createDatabase();
  const connect = async (url: string) => {
    const client = new pg.Client({ connectionString: url, application_name: 'admin' });
    await client.connect();
    return client;
  };
  const [record, keys] = [await connect(databaseUrl), await connect(keysUrl)];
  const closers: (() => Promise<unknown>)[] = [() => record.end(), () => keys.end()];

  return {
    folder,
    record,
    keys,
    dataOf: (name) => join(folder, name),
    keysUrl,
    async start(name, wrap = (db) => db, unlock) {
      const data = join(folder, name);
      mkdirSync(data, { recursive: true });
      if (name !== 'a' && !hasKey(data))
        copyFileSync(join(folder, 'a', 'master.key'), join(data, 'master.key'));
      const as = {
        clock,
        log: silentLog,
        writer: `gatehouse ${name}`,
        node: { id: nodeIn(data) ?? `node_${name}`, version: '0.2.0', address: `http://127.0.0.1/${name}` },
      };
      const database = await openDatabase({ kind: 'postgres', url: databaseUrl }, as);
      const own = new AsyncDisposableStack();
      closers.push(() => own.disposeAsync());
      own.defer(() => database.close());
      const inUse = await openKeysInUse({ database, log: silentLog });
      own.defer(() => inUse.close());
      const keysLocation = { kind: 'postgres', url: keysUrl } as const;
      const vault = await openVault(data, { db: wrap(database.db), keysLocation, inUse, unlock, ...as });
      own.defer(() => vault.close());
      return { vault, database, stop: () => own.disposeAsync() };
    },
    async stop() {
      for (const close of closers.toReversed()) await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
