import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { type KeyStore, openKeyStore } from '../keys/key-store.ts';
import { openOrganizationKeys } from '../keys/organization-keys.ts';
import { openSigningKeys } from '../keys/signing-keys.ts';
import { createSealer } from '../sealing/sealed.ts';
import { createMasterCare, replaceMaster } from './master-care.ts';
import { masterKeyFile } from './master-key-file.ts';
import { createCurrentMaster, type MasterKeyProvider, PASSPHRASE_NOTE } from './master-key-provider.ts';
import { masterPassphrase } from './master-passphrase.ts';
import { masterKeySources, openMaster } from './open-master.ts';

const org = 'org_a' as OrganizationId;
const subject = 'sub_ada' as SubjectId;
const context = { organization: org, subject, field: 'subject.name', version: 1 };
const clock = { now: () => Date.parse('2026-11-20T12:00:00Z') };
const cheap = { cost: { memoryKiB: 8, passes: 1, lanes: 1 } };
const passphrase = 'correct horse battery';
const random = (into: Uint8Array) => crypto.getRandomValues(into as Uint8Array<ArrayBuffer>);

let folder: string;
const opened: KeyStore[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-rotate-'));
});
afterEach(async () => {
  for (const keys of opened.splice(0)) await keys.close();
  rmSync(folder, { recursive: true, force: true });
});

/** As a start opens it. */
async function start(give = passphrase) {
  const keys = await openKeyStore({ kind: 'sqlite', path: join(folder, 'keys.db') }, { clock });
  opened.push(keys);
  const sources = {
    ...(await masterKeySources(folder, { keys })),
    passphrase: masterPassphrase(join(folder, 'master-passphrase.json'), cheap),
  };
  const unlock = (open: (passphrase: string) => Promise<void>) => open(give);
  const master = await openMaster({ keys, sources, log: silentLog, mayCreate: true, unlock });
  const organizations = await openOrganizationKeys({ keys, master, random });
  const sealer = await createSealer({ keys, master, organizations, clock, log: silentLog });
  const signing = await openSigningKeys({ keys, master });
  return { keys, sources, master, sealer, signing, organizations };
}

async function stop(): Promise<void> {
  for (const keys of opened.splice(0)) await keys.close();
}

/** An organization and a person; gives the sealed name and the public keys. */
async function begin() {
  const { sealer, signing } = await start();
  await sealer.createOrganization(org);
  await sealer.createPerson(org, subject);
  const sealed = await sealer.seal(context, Buffer.from('Ada'));
  const hash = sealer.emailHash(org, 'ada@example.org');
  await stop();
  return {
    async expectWhole() {
      const now = await start();
      expect(Buffer.from(await now.sealer.open(context, sealed)).toString()).toBe('Ada');
      expect(now.sealer.emailHash(org, 'ada@example.org')).toBe(hash);
      expect(now.signing.publicKeys()).toEqual(signing.publicKeys());
      expect(await now.keys.masters()).toEqual([now.master.id]);
      return now;
    },
  };
}

/** Where the new key goes. */
const targets: [string, (from: Awaited<ReturnType<typeof start>>) => MasterKeyProvider][] = [
  ['its own file', ({ master }) => master.provider],
  ['a file elsewhere', () => masterKeyFile(join(folder, 'stick', 'other.key'))],
  ['a passphrase', ({ sources }) => sources.passphrase],
];

test.each(targets)('into %s: everything opens, and the old key is in no file', async (_, target) => {
  const { expectWhole } = await begin();
  const old = readFileSync(join(folder, 'master.key'), 'utf8').split(' ')[1]!.trim();
  const service = await start();
  const was = service.master.id;
  const to = target(service);
  const replaced = await replaceMaster({ ...service, clock }, to, passphrase);
  expect(replaced).toEqual({ was, is: service.master.id });
  expect(service.master.id).not.toBe(was);
  // The service that rotated goes on, with what it holds and with what it makes.
  await service.sealer.createOrganization('org_b' as OrganizationId);
  await service.keys.removeSecret('none');
  await stop();
  const again = await expectWhole();
  expect(again.master.id).toBe(replaced.is);
  expect(again.master.provider.path).toBe(to.path);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const text = files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join();
  expect(text).not.toContain(old);
  expect(files.filter(({ name }) => /\.next|unfinished/.test(name))).toEqual([]);
});

/** Throws at the n-th moment: before or after each thing a rotation does. Nothing runs after it, as after a kill. */
function cutAt(n: number) {
  let moment = 0;
  const pass = () => {
    if (++moment === n) throw new Error('cut');
  };
  const around = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      pass();
      const result = await work(...args);
      pass();
      return result;
    };
  };
  return {
    around,
    provider: (one: MasterKeyProvider): MasterKeyProvider => ({
      ...one,
      prepare: around(one.prepare),
      commit: around(one.commit),
      remove: around(one.remove),
    }),
    reached: () => moment,
  };
}

test.each(targets)(
  'into %s, cut short at every moment: the next start opens everything',
  async (_, target) => {
    for (let moment = 1; ; moment++) {
      const { expectWhole } = await begin();
      const service = await start();
      const was = service.master.id;
      const cut = cutAt(moment);
      const to = cut.provider(target(service));
      const from = cut.provider(service.master.provider);
      const same = to.path === from.path;
      const master = createCurrentMaster(service.master, same ? to : from);
      let masters = 0;
      const keys: KeyStore = {
        ...service.keys,
        rewrapMaster: cut.around(service.keys.rewrapMaster),
        async masters() {
          // After a kill no code checks it again.
          if (++masters > 1) throw new Error('cut');
          return service.keys.masters();
        },
      };
      const result = await replaceMaster({ keys, master, clock }, to, passphrase).catch(
        (error: Error) => error,
      );
      const finished = !(result instanceof Error) && result.left === undefined;
      await stop();
      const again = await expectWhole();
      const committed = again.master.id !== was;
      // Before the transaction the old key counts, after it the new one, wherever it was cut.
      expect(committed).toBe(moment > 3);
      const left = again.master.provider.held();
      expect(left.current).toEqual({ is: 'key', id: again.master.id });
      if (committed) {
        expect(left.next).toEqual({ is: 'none' });
        expect(existsSync(join(folder, 'master.key'))).toBe(same);
      }
      // And another rotation works from there.
      const next = await replaceMaster({ ...again, clock }, again.master.provider, passphrase);
      expect(next.left).toBeUndefined();
      await stop();
      await expectWhole();
      await stop();
      rmSync(folder, { recursive: true, force: true });
      folder = mkdtempSync(join(tmpdir(), 'gatehouse-rotate-'));
      if (finished) {
        expect(moment).toBe(same ? 7 : 9);
        return;
      }
    }
  },
);

test('the old bytes are overwritten and the new file is not there yet: completed all the same', async () => {
  const { expectWhole } = await begin();
  const service = await start();
  const { provider } = service.master;
  const halted = createCurrentMaster(service.master, {
    ...provider,
    commit: () => Promise.reject(new Error('cut')),
  });
  const { left, is } = await replaceMaster({ ...service, master: halted, clock }, halted.provider);
  expect(left).toBe('cut');
  await stop();
  writeFileSync(join(folder, 'master.key'), Buffer.alloc(68));
  expect((await expectWhole()).master.id).toBe(is);
  expect(readdirSync(folder).filter((name) => name.startsWith('master'))).toEqual(['master.key']);
});

test('what fails after the transaction does not make the new key forgotten', async () => {
  const { expectWhole } = await begin();
  const service = await start();
  const keys: KeyStore = {
    ...service.keys,
    async rewrapMaster(rewrap) {
      await service.keys.rewrapMaster(rewrap);
      throw new Error('the log could not be emptied');
    },
  };
  const { is } = await replaceMaster({ ...service, keys, clock }, service.master.provider);
  expect(service.master.id).toBe(is);
  await replaceMaster({ ...service, clock }, service.master.provider);
  await stop();
  await expectWhole();
});

test('rows that another master key wrapped stop a rotation before anything is written over', async () => {
  await begin();
  const service = await start();
  const stale = createCurrentMaster(service.master, service.master.provider);
  const old = { ...(await service.master.provider.open('current')) };
  stale.replace(old, service.master.provider);
  await replaceMaster({ ...service, clock }, service.master.provider);
  await expect(replaceMaster({ ...service, master: stale, clock }, stale.provider)).rejects.toMatchObject({
    code: 'SEALED',
  });
  expect(stale.provider.held().next).toEqual({ is: 'none' });
});

test('an organization made meanwhile is in the rotation, or under the new key', async () => {
  const { expectWhole } = await begin();
  const service = await start();
  let made: Promise<void> | undefined;
  const keys: KeyStore = {
    ...service.keys,
    async secrets() {
      // After the organizations were read.
      made ??= service.organizations.create('org_b' as OrganizationId);
      await made;
      return service.keys.secrets();
    },
  };
  await replaceMaster({ ...service, keys, clock }, service.master.provider);
  await stop();
  const again = await expectWhole();
  expect(again.organizations.generations('org_b' as OrganizationId)).toEqual([1]);
});

test('what was wrapped by a replaced key is not stored any more', async () => {
  await begin();
  const service = await start();
  const late = { name: 'late', master: service.master.id, wrapped: new Uint8Array(1), details: '{}' };
  await replaceMaster({ ...service, clock }, service.master.provider);
  await expect(service.keys.addSecret(late)).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('the old key, put back, is refused with the reason; so is a stranger', async () => {
  await begin();
  const path = join(folder, 'master.key');
  const old = readFileSync(path);
  const service = await start();
  const { was, is } = await replaceMaster({ ...service, clock }, service.master.provider);
  await stop();
  writeFileSync(path, old);
  const reason = `${was}) was replaced by another (${is}) on 2026-11-20`;
  await expect(start()).rejects.toMatchObject({ code: 'SEALED', message: expect.stringContaining(reason) });
  await stop();
  rmSync(path);
  const stranger = await masterKeyFile(path).create();
  await expect(start()).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringMatching(new RegExp(`${stranger.id}\\) is not the one .*${is}`)),
  });
  expect(existsSync(path)).toBe(true);
});

test('the wrapped key travels in the key store, and an old passphrase opens nothing in it', async () => {
  const { expectWhole } = await begin();
  const file = () => readFileSync(join(folder, 'master-passphrase.json'), 'utf8');
  const service = await start();
  const care = createMasterCare({ ...service, clock });
  const note = () => service.keys.note(PASSPHRASE_NOTE);
  await care.toPassphrase(passphrase);
  expect(await note()).toBe(file());
  await care.rotate(passphrase);
  expect(await note()).toBe(file());
  const old = JSON.parse(file()).wrapped;
  await care.changePassphrase(passphrase, 'another horse battery');
  expect(await note()).toBe(file());
  const store = readdirSync(folder).filter((name) => name.startsWith('keys.db'));
  for (const name of store) expect(readFileSync(join(folder, name), 'latin1')).not.toContain(old);
  // Cut short between the file and the note.
  await service.sources.passphrase.change('another horse battery', passphrase);
  expect(await note()).not.toBe(file());
  await stop();
  const again = await expectWhole();
  expect(await again.keys.note(PASSPHRASE_NOTE)).toBe(file());
  await createMasterCare({ ...again, clock }).toFile(undefined);
  expect(await again.keys.note(PASSPHRASE_NOTE)).toBe('');
});

test('a file that is there is never written over', async () => {
  await begin();
  const service = await start();
  const path = join(folder, 'precious');
  writeFileSync(path, 'precious');
  await expect(createMasterCare({ ...service, clock }).toFile(path)).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  expect(readFileSync(path, 'utf8')).toBe('precious');
});

test('a new key goes nowhere where it would be lost: among our own files, or where no medium is', async () => {
  await begin();
  const service = await start();
  const { id } = service.master;
  const care = createMasterCare({ ...service, clock });
  const stick = mkdtempSync(join(tmpdir(), 'gatehouse-stick-'));
  symlinkSync(folder, join(stick, 'link'));
  try {
    for (const path of [
      join(folder, 'gatehouse.db-journal'),
      join(folder, 'gatehouse.json'),
      join(stick, 'link', 'other.key'),
      join(stick, 'gatehouse-keys.db-journal'),
      join(stick, 'not-mounted', 'master.key'),
    ]) {
      await expect(care.toFile(path), path).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      expect(existsSync(path), path).toBe(false);
    }
    expect(care.state()).toMatchObject({ id, kind: 'file' });
    await care.toFile(join(stick, 'master.key'));
    expect(existsSync(join(stick, 'master.key'))).toBe(true);
  } finally {
    rmSync(stick, { recursive: true });
  }
});
