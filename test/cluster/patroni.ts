import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
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
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type ReachedPostgres, unprivileged } from '../support/postgres.ts';
import { freePort } from './free-port.ts';
import { HAPROXY } from './node-processes.ts';

const PATRONI = '/usr/bin/patroni';
const ETCD = '/usr/bin/etcd';

/** What of it is not installed (Debian: `patroni`, `etcd-server`, `haproxy`). */
export const lacking = [PATRONI, ETCD, HAPROXY].filter((path) => !existsSync(path));

/** A server with its Patroni; both stay in their folder over kills. */
export interface Member {
  name: string;
  port: number;
  /** Of Patroni's own answers. */
  rest: number;
  data: string;
  /** Undefined while it does not run. */
  patroni: ChildProcess | undefined;
}

/** PostgreSQL under Patroni with one synchronous standby, reached through HAProxy. */
export interface PatroniCluster extends ReachedPostgres {
  /** The one that Patroni says is the primary, once all others follow it and one of them confirms what is written: until then a kill would be the second one. */
  primary(): Promise<Member>;
  /** `server`: PostgreSQL alone. `machine`: with its Patroni, which says nothing to etcd any more. */
  kill(member: Member, what: 'server' | 'machine'): Promise<void>;
  /** Where its Patroni does not run. */
  start(member: Member): void;
  /** What all of it has written. */
  log(): string;
  /** What each Patroni says of its server. */
  state(): Promise<string>;
  stop(): Promise<void>;
}

export async function startPatroni(binaries: string, names: readonly string[]): Promise<PatroniCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-patroni-'));
  const user = unprivileged();
  const own = (path: string) => user && chownSync(path, user.uid, user.gid);
  own(folder);
  let log = '';
  const children = new Set<ChildProcess>();

  function run(program: string, words: string[], name: string): ChildProcess {
    const child = spawn(program, words, {
      cwd: folder,
      ...user,
      env: { PATH: `${binaries}:${process.env.PATH}`, HOME: folder, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text.replace(/^(?=.)/gm, `${name}: `);
      });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  }

  const [client, peer, front] = [await freePort(), await freePort(), await freePort()];
  const [here, there] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  run(
    ETCD,
    [
      ...['--name', 'etcd', '--data-dir', join(folder, 'etcd')],
      ...['--listen-client-urls', here, '--advertise-client-urls', here],
      ...['--listen-peer-urls', there, '--initial-advertise-peer-urls', there],
      ...['--initial-cluster', `etcd=${there}`],
    ],
    'etcd',
  );

  const members: Member[] = [];
  for (const name of names)
    members.push({
      name,
      port: await freePort(),
      rest: await freePort(),
      data: join(folder, name),
      patroni: undefined,
    });
  for (const member of members) {
    const file = join(folder, `${member.name}.yml`);
    writeFileSync(file, settingsOf(member, { folder, etcd: `127.0.0.1:${client}`, binaries }));
    own(file);
  }
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, frontOf(front, members));
  own(file);
  run(HAPROXY, ['-db', '-f', file], 'haproxy');

  function start(member: Member): void {
    const child = run(PATRONI, [join(folder, `${member.name}.yml`)], member.name);
    member.patroni = child;
    child.once('exit', () => {
      if (member.patroni === child) member.patroni = undefined;
    });
  }
  for (const member of members) start(member);

  const url = (database: string) => `postgresql://gatehouse@127.0.0.1:${front}/${database}`;
  async function administer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: url('postgres') });
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Patroni of a new primary names who may follow it some seconds after commits are acknowledged again; if it dies before, no standby takes over by itself. */
  async function isStandbyNamed(): Promise<boolean> {
    for (const { rest } of members) {
      const found = await fetch(`http://127.0.0.1:${rest}/synchronous`).catch(() => undefined);
      if (found?.status === 200) return true;
    }
    return false;
  }

  async function primary(): Promise<Member> {
    while (true) {
      for (const member of members) {
        const found = await fetch(`http://127.0.0.1:${member.rest}/primary`).catch(() => undefined);
        const state = (found?.status === 200 ? await found.json().catch(() => ({})) : {}) as {
          replication?: { sync_state: string; state: string }[];
        };
        const standbys = (state.replication ?? []).filter((one) => one.state === 'streaming');
        const whole = standbys.length === members.length - 1;
        if (whole && standbys.some((one) => one.sync_state === 'sync') && (await isStandbyNamed()))
          return member;
      }
      await pause(200);
    }
  }

  const cluster: PatroniCluster = {
    administer,
    async createDatabase() {
      await primary();
      const name = `t${randomUUID().replaceAll('-', '')}`;
      await administer((one) => one.query(`create database ${name}`));
      return url(name);
    },
    primary,
    async kill(member, what) {
      const patroni = member.patroni;
      if (what === 'machine' && patroni) {
        const exit = once(patroni, 'exit');
        patroni.kill('SIGKILL');
        await exit;
      }
      killServer(member.data);
    },
    start,
    log: () => log,
    async state() {
      const said = members.map(({ rest }) =>
        fetch(`http://127.0.0.1:${rest}/patroni`).then((found) => found.text(), String),
      );
      return (await Promise.all(said)).join('\n');
    },
    async stop() {
      const left = [...children];
      const ends = left.map((child) => once(child, 'exit'));
      for (const child of left) child.kill('SIGKILL');
      await Promise.all(ends);
      for (const { data } of members) killServer(data);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await primary();
  // HAProxy learns of it at its next check, and closes what comes before.
  while (!(await administer((one) => one.query('select 1')).catch(() => false))) await pause(200);
  return cluster;
}

/** PostgreSQL that runs in this folder, and all that it has begun: first the one that would begin others. */
function serversOf(data: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  const begunBy = new Map<number, number>();
  let first: number | undefined;
  for (const pid of pids) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      begunBy.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      const [program, ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (program?.endsWith('/postgres') && words.includes(data)) first = pid;
    } catch {
      // It has ended meanwhile.
    }
  }
  if (first === undefined) return [];
  return [first, ...[...begunBy].flatMap(([pid, parent]) => (parent === first ? [pid] : []))];
}

function killServer(data: string): void {
  for (const pid of serversOf(data)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended with the first one.
    }
  }
}

const shipped = (name: string) =>
  readFileSync(new URL(`../../installers/cluster/${name}`, import.meta.url), 'utf8');

/** installers/cluster/patroni.yml, with the addresses, folders and accounts of this member, and PostgreSQL small. */
function settingsOf(
  { name, port, rest, data }: Member,
  { folder, etcd, binaries }: { folder: string; etcd: string; binaries: string },
): string {
  const [settings = ''] = shipped('patroni.yml').split('  authentication:');
  const own = settings
    .replace('name: db-1', `name: ${name}`)
    .replaceAll('10.0.0.11:8008', `127.0.0.1:${rest}`)
    .replace(/hosts: .*/, `hosts: ${etcd}`)
    .replace('encoding: UTF8', 'encoding: UTF8\n    - locale: C.UTF-8')
    .replaceAll('10.0.0.11:5432', `127.0.0.1:${port}`)
    .replace(/bin_dir: .*/, `bin_dir: ${binaries}`)
    .replace(/data_dir: .*/, `data_dir: ${data}`)
    .replace(/pgpass: .*/, `pgpass: ${join(folder, `${name}.pgpass`)}`);
  return `${own}  authentication:
    superuser: { username: gatehouse, password: of-a-test }
    replication: { username: replicator, password: of-a-test }
  pg_hba:
    - host all all 127.0.0.1/32 trust
    - host replication all 127.0.0.1/32 trust
    - local all all trust
  parameters:
    unix_socket_directories: ${folder}
    shared_buffers: 16MB
    fsync: "off"
    autovacuum: "off"
`;
}

/** The way to the primary of installers/cluster/haproxy.cfg, with these addresses. */
function frontOf(port: number, members: readonly Member[]): string {
  const [before = '', way = ''] = shipped('haproxy.cfg').split('listen postgresql');
  const [, defaults = ''] = /^(defaults\n(?: .*\n)+)/m.exec(before) ?? [];
  const servers = members.map(
    ({ name, port: server, rest }) => `  server ${name} 127.0.0.1:${server} port ${rest}`,
  );
  return `${defaults}listen postgresql${way
    .replace(/bind .*/, `bind 127.0.0.1:${port}`)
    .replace(' port 8008', '')
    .replace(/(?: {2}server .*\n)+/, `${servers.join('\n')}\n`)}`;
}
