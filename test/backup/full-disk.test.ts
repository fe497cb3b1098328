import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { silentLog } from '../../service/lib/log.ts';
import { mountSmallDisk, type SmallDisk } from '../record/small-disk.ts';
import { sparing } from '../support/sparing.ts';

const ada = { is: 'operator', name: 'ada' } as const;
const probe = mountSmallDisk(1);
probe?.remove();
const mayMount = probe !== undefined;

let root: string;
let disk: SmallDisk;
let gatehouse: Gatehouse;
let stick: string;

const open = (data: string) =>
  compose(parseConfig({ data, ...sparing }, {}), { log: silentLog, workers: 'when-needed' });
const fill = () => {
  const { bavail, bsize } = statfsSync(disk.folder);
  const path = join(disk.folder, 'foreign-file');
  writeFileSync(path, Buffer.alloc(Math.max(0, bavail * bsize - 100_000)));
  return path;
};

beforeEach(() => {
  if (!mayMount) return;
  root = mkdtempSync(join(tmpdir(), 'gatehouse-full-'));
  stick = join(root, 'stick');
  mkdirSync(stick);
  disk = mountSmallDisk(8)!;
});
afterEach(async () => {
  await gatehouse?.close();
  disk?.remove();
  if (root) rmSync(root, { recursive: true, force: true });
});

test.skipIf(!mayMount)(
  'a full medium: nothing is left there, the error gives the reason, and with room it works',
  async () => {
    gatehouse = await open(join(root, 'data'));
    const other = fill();
    await expect(gatehouse.backups.create({ folder: disk.folder, keysTo: stick }, ada)).rejects.toMatchObject(
      {
        code: 'STORAGE_FULL',
        message: expect.stringContaining(disk.folder),
      },
    );
    expect(readdirSync(disk.folder)).toEqual(['foreign-file']);
    expect(readdirSync(join(root, 'data', 'tmp'))).toEqual([]);
    rmSync(other);
    const { run } = await gatehouse.backups.create({ folder: disk.folder, keysTo: stick }, ada);
    expect(run.outcome).toBe('done');
    expect((await gatehouse.backups.page({ limit: 50 })).map(({ outcome }) => outcome)).toEqual([
      'done',
      'failed',
    ]);
  },
);

test.skipIf(!mayMount)(
  'no room for the copy beside the database: no backup, nothing left, the box goes on',
  async () => {
    const data = join(disk.folder, 'data');
    gatehouse = await open(data);
    await gatehouse.organizations.create({ name: 'before' }, ada);
    const other = fill();
    await expect(gatehouse.backups.create({ folder: root, keysTo: stick }, ada)).rejects.toMatchObject({
      code: 'STORAGE_FULL',
    });
    expect(readdirSync(join(data, 'tmp'))).toEqual([]);
    expect(readdirSync(root)).toEqual(['stick']);
    rmSync(other);
    await gatehouse.organizations.create({ name: 'after' }, ada);
    const { run } = await gatehouse.backups.create({ folder: root, keysTo: stick }, ada);
    expect(run.outcome).toBe('done');
  },
);
