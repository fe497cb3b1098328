import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { unprivileged } from './postgres.ts';

export interface TestPgbouncer {
  /** The URL of a database at the pooler, of one at the server. */
  through(url: string): string;
  stop(): Promise<void>;
}

/** Debian's, else whatever is on PATH. */
export function findPgbouncer(): string | undefined {
  return ['/usr/sbin', ...(process.env.PATH ?? '').split(':')]
    .map((folder) => join(folder, 'pgbouncer'))
    .find((path) => existsSync(path));
}

/** A PgBouncer of its own before the PostgreSQL whose socket lies in `server`, with its defaults but `settings`. */
export async function startPgbouncer(
  binary: string,
  server: string,
  settings: Record<string, string>,
): Promise<TestPgbouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pgbouncer-'));
  const port = await freePort();
  const users = join(folder, 'users.txt');
  writeFileSync(users, '"gatehouse" ""\n');
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'trust',
    auth_file: users,
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, `[databases]\n* = host=${server}\n[pgbouncer]\n${lines.join('\n')}\n`);
  const user = unprivileged();
  if (user) for (const path of [folder, users, file]) chownSync(path, user.uid, user.gid);
  const child = spawn(binary, [file], { cwd: folder, ...user, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes('process up')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`pgbouncer ended: ${said}`)));
  });
  return {
    through: (url) => `postgresql://gatehouse@127.0.0.1:${port}${URL.parse(url)?.pathname}`,
    async stop() {
      if (child.exitCode === null) child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
