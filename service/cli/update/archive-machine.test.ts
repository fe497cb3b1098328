import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { archiveHome, archiveMachine } from './archive-machine.ts';
import { OWN_SCHEMA } from './installed-data.ts';
import { openJournal, readJournal, sweepUpdateFolder } from './journal.ts';
import { runProgram } from './machine.ts';
import { recover, update } from './update-steps.ts';

const versions = { from: '0.1.0', to: '0.2.0' };

function temporary(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-archive-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A program that migrates nothing, and serves at a port of the test. */
function writeVersion(folder: string, version: string, { port = 0, name = 'gatehouse' } = {}): string {
  const place = join(folder, `gatehouse-${version}`);
  mkdirSync(join(place, 'bin'), { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version }));
  const header = Buffer.alloc(64);
  header.writeUInt16LE(process.arch === 'x64' ? 0x3e : 0xb7, 18);
  writeFileSync(join(place, 'bin/node'), header);
  const script = `#!/bin/sh
case "$1" in
  migrate)
    [ "$2" != --back ] || { echo 'DATA holds no snapshot with an older one' >&2; exit 1; }
    echo '{"changes":[]}' ;;
  serve) echo '{"event":"listening","url":"http://127.0.0.1:${port}"}'; exec sleep 60 ;;
esac
`;
  writeFileSync(join(place, 'bin/gatehouse'), script);
  chmodSync(join(place, 'bin/gatehouse'), 0o755);
  return place;
}

async function archiveOf(version: string, own?: { port?: number; name?: string }): Promise<string> {
  const folder = temporary();
  writeVersion(folder, version, own);
  const file = join(folder, `gatehouse-${version}.tar.gz`);
  await runProgram('tar', ['-C', folder, '-czf', file, `gatehouse-${version}`]);
  return file;
}

async function installed() {
  const home = temporary();
  mkdirSync(join(home, 'versions'));
  const own = writeVersion(join(home, 'versions'), '0.1.0');
  symlinkSync('versions/gatehouse-0.1.0', join(home, 'current'));
  const data = join(home, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'keys.db'), '');
  const answer = { status: 200 };
  const server = createServer((_, response) => response.writeHead(answer.status).end());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const machine = archiveMachine(home, { data, env: {} });
  const place = { data, schema: OWN_SCHEMA, home };
  const kept = temporary();
  const order = { ...versions, place, journal: openJournal(kept), say() {} };
  return { home, own, machine, kept, order, answer, port: (server.address() as AddressInfo).port };
}

test('an archive is unpacked beside the version in use, and one link makes it the current one', async () => {
  const { home, own, machine, order, kept, port } = await installed();
  expect([archiveHome(own), await machine.installedVersion()]).toEqual([home, '0.1.0']);
  const file = await archiveOf('0.2.0', { port });
  expect(await machine.describe(file)).toEqual({
    name: 'gatehouse',
    version: '0.2.0',
    architecture: process.arch,
  });
  mkdirSync(join(home, 'versions/.incoming-interrupted'));
  expect(await update(machine, file, order)).toEqual(versions);
  expect(readlinkSync(join(home, 'current'))).toBe('versions/gatehouse-0.2.0');
  expect(await machine.installedVersion()).toBe('0.2.0');
  expect(readdirSync(join(home, 'versions')).sort()).toEqual(['gatehouse-0.1.0', 'gatehouse-0.2.0']);
  sweepUpdateFolder(kept);
  expect(readdirSync(kept)).toEqual([]);
});

test('a version that is not ready is left by the same link', async () => {
  const { home, machine, order, answer, port } = await installed();
  answer.status = 503;
  const file = await archiveOf('0.2.0', { port });
  expect(await update(machine, file, order)).toEqual({
    ...versions,
    wentBack: '/ready answered 503',
    restored: false,
  });
  expect(readlinkSync(join(home, 'current'))).toBe('versions/gatehouse-0.1.0');
});

test('an update that was killed once the link had moved is taken back by a program of the version from before', async () => {
  const { home, own, machine, order, kept, port } = await installed();
  const file = await archiveOf('0.2.0', { port });
  const killed = new Promise((_, refuse) => {
    const migrate = () => {
      refuse(new Error('killed'));
      return new Promise<void>(() => {});
    };
    const dies = { ...machine, migrate };
    update(dies, file, order).catch(refuse);
  });
  await expect(killed).rejects.toThrow('killed');
  const entry = readJournal(kept)!;
  expect([entry.step, entry.program, readlinkSync(join(home, 'current'))]).toEqual([
    'changing data',
    own,
    'versions/gatehouse-0.2.0',
  ]);
  expect(readFileSync(join(kept, 'recover'), 'utf8')).toContain(`exec '${own}/bin/node'`);
  const { journal, say } = order;
  expect(await recover(machine, entry, { journal, say, opens: true })).toMatchObject({ installed: '0.1.0' });
  expect(readlinkSync(join(home, 'current'))).toBe('versions/gatehouse-0.1.0');
  sweepUpdateFolder(kept);
  expect(readdirSync(kept)).toEqual([]);
});

test('what is no archive of Gatehouse changes nothing', async () => {
  const { home, machine } = await installed();
  const other = join(temporary(), 'other.tar.gz');
  writeFileSync(other, 'no archive');
  await expect(machine.describe(other)).rejects.toThrow('other.tar.gz is no archive of Gatehouse');
  await expect(machine.install(other)).rejects.toThrow('tar');
  expect(readdirSync(join(home, 'versions'))).toEqual(['gatehouse-0.1.0']);
});

test('a folder of another shape is not one for updates', () => {
  const folder = temporary();
  expect(archiveHome(writeVersion(folder, '0.1.0'))).toBeUndefined();
  mkdirSync(join(folder, 'versions'));
  expect(archiveHome(writeVersion(join(folder, 'versions'), '0.1.0'))).toBeUndefined();
});
