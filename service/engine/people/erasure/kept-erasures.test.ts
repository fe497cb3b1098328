import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { direction } from '../../../../test/support/faces.ts';
import { silentLog } from '../../../lib/log.ts';
import { verifySignature } from '../../../storage/keys/signing-keys.ts';
import { openKeptErasures } from './kept-erasures.ts';

let engine: Engine;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'erasures-'));
  engine = await startEngine();
});
afterEach(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true });
});

const realm = () => ({ organization: engine.organization, world: 'live' as const });
const file = () => join(folder, 'erasures.jsonl');
const openKept = (keys: Pick<Engine['keys'], 'erasureLedger'> = engine.keys) =>
  openKeptErasures({
    file: file(),
    keys,
    signing: { publicKeys: engine.signing.publicKeys, verify: verifySignature },
    log: silentLog,
  });
const erase = async (name: string) => {
  const { subject } = await engine.subjects.enroll(
    realm(),
    { email: `${name}@example.com`, embeddings: { 'a-net': direction(name) }, quality: 1 },
    operator,
  );
  const erasure = await openErasure(engine, { kept: openKept() });
  await erasure.erase(realm(), subject.id, { reason: 'request', actor: operator });
  return subject.id;
};

test('an erasure is on the disk of the machine before it is answered, once', async () => {
  const ids = [await erase('ada'), await erase('bob')];
  expect(readFileSync(file(), 'utf8').trim().split('\n')).toHaveLength(2);
  const kept = openKept();
  await kept.keep();
  expect(kept.erased().map(({ subject }) => subject)).toEqual(ids);
  expect(readFileSync(file(), 'utf8').trim().split('\n')).toHaveLength(2);
});

test('what the list of an older record lacks stays, and a changed line counts for nothing', async () => {
  const [ada, bob] = [await erase('ada'), await erase('bob')];
  const older = openKept({ erasureLedger: async () => (await engine.keys.erasureLedger()).slice(0, 1) });
  await older.keep();
  expect(older.erased().map(({ subject }) => subject)).toEqual([ada, bob]);
  writeFileSync(file(), readFileSync(file(), 'utf8').replace(bob, ada.replace(/.$/, 'z')));
  expect(
    openKept()
      .erased()
      .map(({ subject }) => subject),
  ).toEqual([ada]);
});

test('a start over a record that lacks an erasure erases the person again', async () => {
  const { subject } = await engine.subjects.enroll(
    realm(),
    { email: 'ada@example.com', embeddings: { 'a-net': direction('ada') }, quality: 1 },
    operator,
  );
  // As it would be after a failover: the machine has the entry, the record has the person.
  const kept = openKept();
  const erasure = await openErasure(engine, {
    kept: {
      ...kept,
      erased: () => [
        {
          erasure: engine.ids.next('erasure'),
          subject: subject.id,
          organization: engine.organization,
          world: 'live',
          at: '2026-11-20T12:00:00.000Z',
        },
      ],
    },
  });
  expect(await erasure.resume()).toMatchObject({ restored: 1, pending: 0 });
  expect(await engine.subjects.find(realm(), subject.id)).toBeUndefined();
  await kept.keep();
  expect(kept.erased().map((one) => one.subject)).toEqual([subject.id]);
});
