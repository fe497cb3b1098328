import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface ReachedPostgres {
  /** A new database, empty unless it is a copy of the one of this URL, which nothing may be connected to; gives its URL. */
  createDatabase(template?: string): Promise<string>;
  /** SQL of the server itself, in its database `postgres`. */
  administer<T>(work: (client: pg.Client) => Promise<T>): Promise<T>;
}

export interface TestPostgres extends ReachedPostgres {
  /** Where its socket lies: for `reachPostgres` of another process. */
  folder: string;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** As in postgresql.conf. */
  settings?: Record<string, string>;
  /** Contents by name, written into its data directory before it starts: `pg_hba.conf`, certificates. */
  files?: Record<string, string>;
}

/** The folder of `initdb` and `postgres`: Debian's newest version, else whatever is on PATH. */
export function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ].find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/**
 * A PostgreSQL of its own on a socket in a temporary folder, which `stop` removes. It syncs nothing: these tests ask
 * what is committed, not what survives a power cut.
 */
export async function startPostgres(
  binaries: string,
  { settings: more = {}, files = {} }: PostgresOptions = {},
): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pg-'));
  const data = join(folder, 'data');
  const user = unprivileged();
  if (user) chownSync(folder, user.uid, user.gid);
  const as = { cwd: folder, ...user };

  const made = spawnSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'gatehouse', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    { ...as, encoding: 'utf8' },
  );
  if (made.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`initdb failed: ${made.stderr}${made.error ?? ''}`);
  }
  for (const [name, contents] of Object.entries(files)) {
    writeFileSync(join(data, name), contents, { mode: 0o600 });
    if (user) chownSync(join(data, name), user.uid, user.gid);
  }
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder,
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '16MB',
    max_connections: '200',
    // Nothing happens there but what a test asks for: rows that it reads in no order keep theirs.
    autovacuum: 'off',
    ...more,
  };
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...as, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  async function stop(): Promise<void> {
    if (server.exitCode === null) server.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }

  const ready = new Promise<void>((resolve, reject) => {
    let said = '';
    server.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes('ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error(`postgres ended: ${said}`)));
  });
  try {
    await ready;
  } catch (error) {
    await stop();
    throw error;
  }

  return { ...reachPostgres(folder, more.port), folder, stop };
}

/** The server that another process of this run has started. */
export function reachPostgres(folder: string, port?: string): ReachedPostgres {
  // Of a busy machine, which may take longer than a service would wait.
  const url = (database: string) =>
    `postgresql://gatehouse@${encodeURIComponent(folder)}${port === undefined ? '' : `:${port}`}/${database}?connect_timeout=60`;

  async function administer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: url('postgres') });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  return {
    administer,
    async createDatabase(template) {
      const name = `t${randomUUID().replaceAll('-', '')}`;
      const like = template === undefined ? '' : ` template ${nameOf(template)} strategy file_copy`;
      await administer((client) => client.query(`create database ${name}${like}`));
      return url(name);
    },
  };
}

/** Of the database of a URL. */
export const nameOf = (url: string): string => new URL(url).pathname.slice(1);

/** PostgreSQL refuses to run as root: the `postgres` account, else `nobody`. Nothing when we are not root. */
export function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account = ['postgres', 'nobody'].map((name) => accounts.find((row) => row[0] === name)).find(Boolean);
  if (!account)
    throw new Error('PostgreSQL does not run as root, and there is no account postgres or nobody.');
  return { uid: Number(account[2]), gid: Number(account[3]) };
}
