import { createHmac, randomFillSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { type KeyStore, openKeyStore } from '../keys/key-store.ts';
import { openOrganizationKeys } from '../keys/organization-keys.ts';
import { createMasterKey } from '../master/master-key.ts';
import { createSealer, type SealContext, type Sealer, type SealerDeps } from './sealed.ts';

const hour = 3_600_000;
const org = (name: string) => `org_${name}` as OrganizationId;
const sub = (name: string) => `sub_${name}` as SubjectId;
const text = (value: string) => new TextEncoder().encode(value);
const read = (value: Uint8Array) => new TextDecoder().decode(value);
const master = createMasterKey(new Uint8Array(32).fill(9));

let now = 0;
const clock = { now: () => now };
let keys: KeyStore;
let sealer: Sealer;
const seal = (change: Partial<SealerDeps> = {}) =>
  createSealer({ keys, master, clock, log: silentLog, ...change });

beforeEach(async () => {
  now = 100 * hour;
  keys = await openKeyStore({ kind: 'sqlite-memory' }, { clock });
  sealer = await seal();
  for (const organization of [org('a'), org('b')]) await sealer.createOrganization(organization);
  await sealer.createPerson(org('a'), sub('ada'));
  await sealer.createPerson(org('a'), sub('eve'));
  await sealer.createPerson(org('b'), sub('bob'));
});
afterEach(() => keys.close());

/** Gives what `work` gives once it may go on. */
function holdAfter<A extends unknown[], R>(work: (...given: A) => Promise<R>) {
  const [done, mayGoOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  return {
    done: done.promise,
    goOn: mayGoOn.resolve,
    async work(...given: A): Promise<R> {
      const result = await work(...given);
      done.resolve();
      await mayGoOn.promise;
      return result;
    },
  };
}

const context: SealContext = {
  organization: org('a'),
  subject: sub('ada'),
  field: 'subject.email',
  version: 1,
};

describe('sealing', () => {
  test('opens in its context, also with the keys read anew', async () => {
    const sealed = await sealer.seal(context, text('ada@example.org'));
    expect(read(await sealer.open(context, sealed))).toBe('ada@example.org');
    expect(read(await (await seal()).open(context, sealed))).toBe('ada@example.org');
    expect(Buffer.from(sealed).includes('ada')).toBe(false);
  });

  test('moved to any other organization, person, field or version it does not open', async () => {
    const organization = fc.constantFrom(org('a'), org('b'));
    const subject = fc.constantFrom(sub('ada'), sub('eve'), sub('bob'));
    const field = fc.constantFrom(
      'subject.email',
      'subject.name',
      'template.vector/tpl_1',
      'template.vector/tpl_2',
    );
    const anywhere = fc.record({ organization, subject, field, version: fc.integer({ min: 1, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(anywhere, anywhere, fc.uint8Array({ maxLength: 64 }), async (from, to, plain) => {
        const sealed = await sealer.seal(from, plain);
        const same = JSON.stringify(from) === JSON.stringify(to);
        const [opened] = await sealer.openMany([{ context: to, sealed }]);
        if (same) expect(opened).toEqual({ is: 'open', plain: Buffer.from(plain) });
        else {
          expect(opened).toEqual({ is: 'damaged' });
          await expect(sealer.open(to, sealed)).rejects.toThrow('changed or belongs elsewhere');
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a field name cannot pose as another context', async () => {
    await expect(sealer.seal({ ...context, field: 'a|1' }, text('x'))).rejects.toThrow('without "|"');
  });

  test('many at once: each answered, in order', async () => {
    const values = [];
    for (const [subject, field] of [
      ['ada', 'x'],
      ['eve', 'x'],
      ['ada', 'y'],
    ] as const) {
      const at = { ...context, subject: sub(subject), field };
      values.push({ context: at, sealed: await sealer.seal(at, text(subject + field)) });
    }
    values.push({ context: { ...context, subject: sub('none') }, sealed: values[0]!.sealed });
    values.push({ context: values[0]!.context, sealed: values[2]!.sealed });
    const answers = await (await seal()).openMany(values);
    expect(answers.map((answer) => (answer.is === 'open' ? read(answer.plain) : answer.is))).toEqual([
      'adax',
      'evex',
      'aday',
      'erased',
      'damaged',
    ]);
  });

  test('more people than are remembered', async () => {
    const few = await seal({ cachedKeys: 4 });
    const values = [];
    for (let index = 0; index < 50; index++) {
      const at = { ...context, subject: sub(`p${index}`) };
      await few.createPerson(org('a'), at.subject);
      values.push({ context: at, sealed: await few.seal(at, text(`value ${index}`)) });
    }
    for (const [index, { context: at, sealed }] of values.entries()) {
      expect(read(await few.open(at, sealed))).toBe(`value ${index}`);
    }
  });

  test('nothing is sealed for a person without a key, and no person gets a second one', async () => {
    const stranger = { ...context, subject: sub('stranger') };
    await expect(sealer.seal(stranger, text('x'))).rejects.toMatchObject({ code: 'SUBJECT_NOT_FOUND' });
    await expect(sealer.createPerson(org('a'), sub('ada'))).rejects.toThrow(/unique/i);
    await expect(sealer.createPerson(org('c'), sub('cy'))).rejects.toMatchObject({ code: 'SEALED' });
  });
});

describe('what is an organization’s own', () => {
  const own = { organization: org('a'), field: 'webhook_endpoint.secret/wh_1', version: 1 };

  test('opens in its context after its keys were read anew or rotated, and nowhere else', async () => {
    const sealed = sealer.sealOwn(own, text('whsec_1'));
    expect(read((await seal()).openOwn(own, sealed))).toBe('whsec_1');
    const organizations = await openOrganizationKeys({ keys, master, random: randomFillSync });
    await organizations.addGeneration(org('a'));
    expect(read((await seal({ organizations })).openOwn(own, sealed))).toBe('whsec_1');
    for (const change of [
      { organization: org('b') },
      { field: 'webhook_endpoint.secret/wh_2' },
      { version: 2 },
    ]) {
      expect(() => sealer.openOwn({ ...own, ...change }, sealed)).toThrow(/changed or belongs elsewhere/);
    }
  });

  test('is gone once the organization’s secrets were replaced', async () => {
    await sealer.createOrganization(org('empty'));
    const context = { ...own, organization: org('empty') };
    const sealed = sealer.sealOwn(context, text('whsec_1'));
    await sealer.replaceOrganization(org('empty'));
    expect(() => sealer.openOwn(context, sealed)).toThrow(/changed or belongs elsewhere/);
  });
});

describe('destroying a person', () => {
  test('nothing of that person opens again, everything else does', async () => {
    const hers = await sealer.seal(context, text('hers'));
    const evesContext = { ...context, subject: sub('eve') };
    const eves = await sealer.seal(evesContext, text('eves'));
    expect(await sealer.destroyPerson(sub('ada'))).toEqual({ existed: true, copies: [] });
    expect(await sealer.destroyPerson(sub('ada'))).toEqual({ existed: false, copies: [] });
    for (const any of [sealer, await seal()]) {
      await expect(any.open(context, hers)).rejects.toMatchObject({ code: 'SUBJECT_NOT_FOUND' });
      await expect(any.seal(context, text('new'))).rejects.toMatchObject({ code: 'SUBJECT_NOT_FOUND' });
      expect(read(await any.open(evesContext, eves))).toBe('eves');
    }
  });

  describe('a key that is read while its person is destroyed opens nothing afterwards', () => {
    let sealed: Uint8Array;
    beforeEach(async () => {
      sealed = await sealer.seal(context, text('hers'));
    });
    async function expectGone(reader: Sealer) {
      await expect(reader.open(context, sealed)).rejects.toMatchObject({ code: 'SUBJECT_NOT_FOUND' });
      await expect(reader.seal(context, text('new'))).rejects.toMatchObject({ code: 'SUBJECT_NOT_FOUND' });
      expect(await reader.openMany([{ context, sealed }])).toEqual([{ is: 'erased' }]);
    }

    test('read before, not cached after', async () => {
      const readRows = holdAfter(keys.persons);
      const reader = await seal({ keys: { ...keys, persons: readRows.work } });
      const reading = reader.open(context, sealed);
      await readRows.done;
      await reader.destroyPerson(sub('ada'));
      readRows.goOn();
      await reading;
      await expectGone(reader);
    });

    test('read before, and kept while the destruction was not at its end', async () => {
      const [readRows, removed] = [holdAfter(keys.persons), holdAfter(keys.removePersons)];
      const reader = await seal({ keys: { ...keys, persons: readRows.work, removePersons: removed.work } });
      const reading = reader.open(context, sealed);
      await readRows.done;
      const destroying = reader.destroyPerson(sub('ada'));
      await removed.done;
      readRows.goOn();
      await reading;
      removed.goOn();
      await destroying;
      await expectGone(reader);
    });

    test('read after the destruction had begun, and before it came to the key', async () => {
      const begun = holdAfter(async () => {});
      const removePersons = async (subjects: readonly SubjectId[]) => {
        await begun.work();
        return keys.removePersons(subjects);
      };
      const reader = await seal({ keys: { ...keys, removePersons } });
      const destroying = reader.destroyPerson(sub('ada'));
      await begun.done;
      expect(read(await reader.open(context, sealed))).toBe('hers');
      begun.goOn();
      await destroying;
      await expectGone(reader);
    });
  });

  test('its wrapped key is in no file of the key store any more', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-keys-'));
    const store = await openKeyStore({ kind: 'sqlite', path: join(folder, 'keys.db') }, { clock });
    try {
      const onDisk = await createSealer({ keys: store, master, clock, log: silentLog });
      await onDisk.createOrganization(org('a'));
      for (let index = 0; index < 200; index++) await onDisk.createPerson(org('a'), sub(`p${index}`));
      const [wrapped] = await store.persons([sub('p77')]);
      const found = () =>
        readdirSync(folder).filter((name) =>
          readFileSync(join(folder, name)).includes(Buffer.from(wrapped!.wrapped)),
        );
      expect(found()).not.toEqual([]);
      await onDisk.destroyPerson(sub('p77'));
      expect(found()).toEqual([]);
      expect(await store.countPersons()).toBe(199);
    } finally {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('e-mail hashes', () => {
  test('one per address and organization, the same at the next start', async () => {
    const hash = sealer.emailHash(org('a'), 'Ada@Example.org ');
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(sealer.emailHash(org('a'), 'ada@example.org')).toBe(hash);
    expect((await seal()).emailHash(org('a'), 'ada@example.org')).toBe(hash);
    expect(sealer.emailHash(org('b'), 'ada@example.org')).not.toBe(hash);
    expect(sealer.emailHash(org('a'), 'eve@example.org')).not.toBe(hash);
    expect(() => sealer.emailHash(org('c'), 'ada@example.org')).toThrow(/key store holds no key/);
  });

  test('are HMAC-SHA-256 under the secret that only the master key opens', async () => {
    const [row] = (await keys.organizations()).filter(({ organization }) => organization === org('a'));
    const secret = await master.unwrap(row!.lookupWrapped, 'lookup|org_a');
    const expected = createHmac('sha256', secret!).update('ada@example.org').digest('hex');
    expect(sealer.emailHash(org('a'), 'ADA@example.org')).toBe(expected);
  });
});

describe('the master key', () => {
  test('another one is refused, naming both', async () => {
    const other = createMasterKey(new Uint8Array(32).fill(1));
    await expect(seal({ master: other })).rejects.toMatchObject({
      code: 'SEALED',
      message: expect.stringMatching(new RegExp(`\\(${other.id}\\).*\\(${master.id}\\)`)),
    });
  });
});

describe('sweeping orphans', () => {
  const known = async () => new Set(['sub_ada', 'sub_eve', 'sub_bob']);
  const none = async () => new Set<string>();

  test('destroys keys without a person once the grace period is over', async () => {
    await sealer.createPerson(org('a'), sub('cut-short'));
    now += 24 * hour;
    expect(await sealer.sweepOrphans(known)).toEqual({ swept: 0, suspicious: 0 });
    now += 1;
    expect(await sealer.suspiciousOrphans(known)).toBe(0);
    expect(await sealer.sweepOrphans(known)).toEqual({ swept: 1, suspicious: 0 });
    expect(await sealer.sweepOrphans(known)).toEqual({ swept: 0, suspicious: 0 });
    const sealed = await sealer.seal(context, text('still'));
    expect(read(await sealer.open(context, sealed))).toBe('still');
    await expect(sealer.seal({ ...context, subject: sub('cut-short') }, text('x'))).rejects.toMatchObject({
      code: 'SUBJECT_NOT_FOUND',
    });
  });

  test('beside the wrong database it destroys nothing and says so', async () => {
    for (let index = 0; index < 20; index++) await sealer.createPerson(org('a'), sub(`p${index}`));
    now += 25 * hour;
    const warnings: object[] = [];
    const wary = await seal({ log: { ...silentLog, warn: (fields) => warnings.push(fields) } });
    expect(await wary.suspiciousOrphans(none)).toBe(23);
    expect(await wary.suspiciousOrphans(known)).toBe(20);
    expect(await wary.sweepOrphans(none)).toEqual({ swept: 0, suspicious: 23 });
    expect(warnings).toEqual([{ orphans: 23, keys: 23 }]);
    expect(await keys.countPersons()).toBe(23);
  });
});
