import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { certificate, certificateKey } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

// docs/NODES.md and installers/cluster, as they stand there but for addresses, ports and paths.

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const document = read('docs/NODES.md');
const blocks = (language: string) =>
  [...document.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text = '']) => text,
  );
const binaries = findPostgres();
const HAPROXY = '/usr/sbin/haproxy';

test('the settings of a machine are those of installers/cluster', () => {
  expect(blocks('json').map((text) => JSON.parse(text))).toEqual([
    JSON.parse(read('installers/cluster/gatehouse.json')),
  ]);
});

test('what a start says, as the table of refusals has it, stands in the sources', () => {
  const sources = globSync('service/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
    .map(read)
    .join('\n');
  const [, table = ''] = document.split('| what a start says | remedy |');
  const first = table.split('\n\n')[0]!.matchAll(/^[|] (".*?) [|]/gm);
  const quoted = [...first].flatMap(([, cell = '']) =>
    [...cell.matchAll(/"(.*?)"/g)].map(([, said]) => said!),
  );
  expect(quoted.length).toBeGreaterThan(8);
  expect(quoted.filter((said) => !sources.includes(said))).toEqual([]);
});

test.skipIf(!existsSync(HAPROXY))('HAProxy reads installers/cluster/haproxy.cfg', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-haproxy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'gatehouse.pem'), certificate + certificateKey);
  writeFileSync(join(folder, 'gatehouse-authority.pem'), certificate);
  const file = join(folder, 'haproxy.cfg');
  const shipped = read('installers/cluster/haproxy.cfg');
  writeFileSync(file, shipped.replaceAll('/etc/haproxy', folder));
  const checked = spawnSync(HAPROXY, ['-c', '-f', file], { encoding: 'utf8' });
  expect([checked.status, checked.stderr]).toEqual([0, expect.not.stringMatching(/ALERT|WARNING/)]);
  const settings = JSON.parse(read('installers/cluster/gatehouse.json')) as Record<string, unknown>;
  expect(shipped).toContain(`server ${settings.nodeName} ${settings.host}:7300`);
  expect(shipped).toContain(`verifyhost ${settings.hostName}`);
});

const ETCD = '/usr/bin/etcd';
const PATRONI = '/usr/bin/patroni';

test.skipIf(!existsSync(ETCD) || !existsSync(PATRONI))(
  'three etcd start with etcd.env, and Patroni finds nothing wrong in patroni.yml',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-etcd-'));
    const ports = new Map([
      [':2379', `:${await freePort()}`],
      [':2380', `:${await freePort()}`],
      [':8008', `:${await freePort()}`],
      [':5432', `:${await freePort()}`],
    ]);
    /** Of the machine 10.0.0.`machine`, on loopback. */
    function settings(file: string, machine: number): string {
      const own = read(file)
        .replaceAll('10.0.0.11', `10.0.0.${machine}`)
        .replace(/INITIAL_CLUSTER=.*|hosts: .*/, (all) => all.replace(`10.0.0.${machine}`, '10.0.0.11'))
        .replace('http://127.0.0.1:2379', `http://127.0.1.${machine}:2379`)
        .replace('NAME=etcd-1', `NAME=etcd-${machine - 10}`)
        .replaceAll('10.0.0.', '127.0.0.');
      return own.replace(/:(?:2379|2380|8008|5432)\b/g, (port) => ports.get(port)!);
    }
    const children: ChildProcess[] = [];
    onTestFinished(async () => {
      const ends = children.map((child) => child.kill('SIGKILL') && once(child, 'exit'));
      await Promise.all(ends);
      rmSync(folder, { recursive: true });
    });
    for (const machine of [11, 12, 13]) {
      const lines = settings('installers/cluster/etcd.env', machine).trim().split('\n').slice(1);
      const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/)));
      // As its unit has it, but for the folder.
      env.ETCD_DATA_DIR = join(folder, String(machine));
      children.push(spawn(ETCD, [], { env, stdio: 'ignore' }));
    }
    const health = () => fetch(`http://127.0.0.11${ports.get(':2379')}/health`).then((reply) => reply.json());
    await expect.poll(() => health().catch(() => undefined)).toEqual({ health: 'true' });
    const file = join(folder, 'config.yml');
    const valid = settings('installers/cluster/patroni.yml', 11).replace(
      /bin_dir: .*/,
      `bin_dir: ${binaries ?? '/usr/bin'}`,
    );
    const faultsOf = (text: string) => {
      writeFileSync(file, text);
      const { stdout, stderr } = spawnSync(PATRONI, ['--validate-config', file], { encoding: 'utf8' });
      return `${stdout}${stderr}`.trim().split('\n');
    };
    // It has both in other places: postgresql.pg_hba, and a superuser that rewinds.
    const left = ['bootstrap.pg_hba  is not defined.', 'postgresql.authentication.rewind  is not defined.'];
    expect(faultsOf(valid)).toEqual(left);
    expect(faultsOf(valid.replace('ttl: 20', 'ttl: long'))).toHaveLength(3);
    // As every Patroni asks for, whichever version checks it.
    const [ttl, loop, retry] = ['ttl', 'loop_wait', 'retry_timeout'].map((name) =>
      Number(new RegExp(`${name}: (\\d+)`).exec(valid)![1]),
    );
    expect(ttl).toBeGreaterThanOrEqual(20);
    expect(loop! + 2 * retry!).toBeLessThanOrEqual(ttl!);
  },
);

const ANALYZE = '/usr/bin/systemd-analyze';

test.skipIf(!existsSync(ANALYZE))('systemd reads node.conf beside the unit of the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-units-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const unit = join(folder, 'gatehouse.service');
  const program = (text: string) => text.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true');
  mkdirSync(`${unit}.d`);
  writeFileSync(unit, program(read('installers/linux/debian/gatehouse.service')));
  writeFileSync(join(folder, 'haproxy.service'), '[Service]\nExecStart=/bin/true\n');
  writeFileSync(
    join(folder, 'gatehouse-update-recover.service'),
    program(read('installers/linux/debian/gatehouse-update-recover.service')),
  );
  const verified = (conf: string) => {
    writeFileSync(join(`${unit}.d`, 'node.conf'), conf);
    const { status, stderr } = spawnSync(ANALYZE, ['verify', '--man=no', unit], {
      env: { SYSTEMD_UNIT_PATH: `${folder}:` },
      encoding: 'utf8',
    });
    return [status, stderr];
  };
  const shipped = read('installers/cluster/node.conf');
  expect(verified(shipped)).toEqual([0, '']);
  expect(verified(shipped.replace('Wants=', 'Wishes='))[1]).toContain('Wishes');
});

describe.skipIf(binaries === undefined)('each command of the document, one after another', () => {
  let server: TestPostgres;
  let first: Cli;
  let second: Cli;
  const serving = new Map<Cli, Service>();
  beforeAll(async () => {
    server = await startPostgres(binaries!);
    first = createCli(await settingsOf('gate-1'));
    second = createCli(await settingsOf('gate-2'));
  });
  afterAll(async () => {
    for (const cli of [first, second]) await cli?.clean();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-docs-'));
  async function settingsOf(nodeName: string): Promise<Record<string, string>> {
    const settings = JSON.parse(blocks('json')[0]!) as object;
    const here = { host: '127.0.0.1', nodeName, nodeAddress: `127.0.0.1:${await freePort()}` };
    const file = join(folder, `${nodeName}.json`);
    writeFileSync(file, JSON.stringify({ ...settings, ...here }));
    return { GATEHOUSE_SETTINGS: file, GATEHOUSE_WORKERS: '1', GATEHOUSE_PROVIDERS: 'cpu' };
  }

  test('does what is said', async () => {
    const lines = blocks('sh').flatMap((block) => block.trim().split('\n'));
    const urls = new Map<string, string>();
    for (const url of new Set(document.match(/postgresql:\/\/\S+\/gatehouse\w*/g)))
      urls.set(url, await server.createDatabase());
    expect(urls.size).toBe(2);
    const token = join(folder, 'token');
    let at = first;
    let id = '';
    const done: string[] = [];
    for (const line of lines) {
      if (line === 'sudo systemctl start gatehouse') {
        serving.set(at, await at.serve('--port', '0'));
        continue;
      }
      const [program, ...words] = line.match(/"[^"]*"|\S+/g)!;
      expect(program).toBe('gatehouse');
      const verb = words.slice(0, 2).join(' ');
      if (verb === 'node join') at = second;
      if (verb === 'node remove') {
        await serving.get(second)!.end();
        at = first;
      }
      const replaced = words
        .map((word) => word.replaceAll('"', ''))
        .map((word, i, all) => (all[i - 1] === '--token-file' ? token : word))
        .map((word) => urls.get(word) ?? (word === 'node_5f0c' ? id : word));
      const { code, stdout, stderr } = await at.run(...replaced);
      expect([line, code, code === 0 ? '' : stdout + stderr]).toEqual([line, 0, '']);
      if (verb === 'node token') writeFileSync(token, /ghnode\S+/.exec(stdout)![0], { mode: 0o600 });
      if (verb === 'node join') id = /node_\w+/.exec(stdout)![0];
      done.push(verb);
    }
    expect(done).toEqual([
      ...['init --org', 'node token', 'node join', 'node list', 'doctor --cluster'],
      ...['node drain', 'node undrain', 'node remove'],
    ]);
  });
});
