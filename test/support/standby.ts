import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestPostgres, unprivileged } from './postgres.ts';

/** Settings of a primary that a standby may follow. */
export const ofPrimary = { wal_level: 'replica', max_wal_senders: '4', hot_standby: 'on' };

/** A server that streams from `primary`, in a temporary folder that `stop` removes; from then on every commit waits for it. */
export async function startStandby(
  binaries: string,
  primary: Pick<TestPostgres, 'folder' | 'administer'>,
): Promise<{ pid: number; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-standby-'));
  const user = unprivileged();
  if (user) chownSync(folder, user.uid, user.gid);
  const as = { cwd: folder, ...user };
  const data = join(folder, 'data');
  const from = `host=${primary.folder} user=gatehouse application_name=standby`;
  const words = ['-D', data, '-d', from, '-R', '-c', 'fast', '--no-sync'];
  const copied = spawnSync(join(binaries, 'pg_basebackup'), words, { ...as, encoding: 'utf8' });
  if (copied.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`pg_basebackup failed: ${copied.stderr}${copied.error ?? ''}`);
  }
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder,
    fsync: 'off',
    shared_buffers: '16MB',
    // No fewer than the primary has.
    max_connections: '200',
    max_wal_senders: ofPrimary.max_wal_senders,
  };
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...as, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  async function stop(): Promise<void> {
    await primary
      .administer(async (client) => {
        await client.query("alter system set synchronous_standby_names = ''");
        await client.query('select pg_reload_conf()');
      })
      .catch(() => {});
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGINT');
      await once(server, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  }
  try {
    await primary.administer(async (client) => {
      for (;;) {
        const { rowCount } = await client.query("select from pg_stat_replication where state = 'streaming'");
        if (rowCount === 1) break;
        if (server.exitCode !== null) throw new Error(`The standby ended: ${said}`);
        await client.query('select pg_sleep(0.1)');
      }
      await client.query("alter system set synchronous_standby_names = 'standby'");
      await client.query('select pg_reload_conf()');
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: server.pid!, stop };
}
