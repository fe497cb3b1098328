import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { type KeyStore, openKeyStore } from '../keys/key-store.ts';
import { createMasterKey } from '../master/master-key.ts';
import { createSealer, type SealContext, type Sealer } from './sealed.ts';

const clock = { now: () => 1 };
const organizations = ['org_one', 'org_two'] as OrganizationId[];
let keys: KeyStore;
let sealer: Sealer;
beforeEach(async () => {
  keys = await openKeyStore({ kind: 'sqlite-memory' }, { clock });
  sealer = await createSealer({ keys, master: createMasterKey(new Uint8Array(32)), clock, log: silentLog });
  for (const organization of organizations) await sealer.createOrganization(organization);
});
afterEach(() => keys.close());

async function sealedValues(count: number) {
  const values: { context: SealContext; sealed: Uint8Array; plain: Uint8Array }[] = [];
  for (let i = 0; i < count; i++) {
    const context = {
      organization: organizations[i % 2]!,
      subject: `sub_${i}` as SubjectId,
      field: 'template.vector/tpl',
      version: 1,
    };
    await sealer.createPerson(context.organization, context.subject);
    // Of every length, also none: what is opened lies between others in one piece.
    const plain = new Uint8Array(i % 37).fill(i);
    values.push({ context, plain, sealed: await sealer.seal(context, plain) });
  }
  return values;
}

test('threads open what openMany opens, in order; erased and damaged values are reported', async () => {
  const values = await sealedValues(300);
  await sealer.destroyPerson(values[7]!.context.subject);
  values[8]!.sealed[20]! ^= 1;
  values[9]!.context = { ...values[9]!.context, field: 'template.vector/other' };
  values[10]!.sealed = new Uint8Array(3);
  const opener = sealer.openInThreads();
  try {
    const pages = [values.slice(0, 150), values.slice(150), []];
    const opened = (await Promise.all(pages.map((page) => opener.openMany(page)))).flat();
    const bytes = (found: typeof opened) =>
      found.map((value) => (value.is === 'open' ? [...value.plain] : value.is));
    expect(bytes(opened)).toEqual(bytes(await sealer.openMany(values)));
    expect(opened.slice(6, 12).map(({ is }) => is)).toEqual([
      'open',
      'erased',
      'damaged',
      'damaged',
      'damaged',
      'open',
    ]);
  } finally {
    await opener.close();
  }
});

test('threads that opened values of a person open none of them after the destruction', async () => {
  const values = await sealedValues(4);
  const opener = sealer.openInThreads();
  try {
    const states = async () => (await opener.openMany(values)).map(({ is }) => is);
    // More than there are threads, so that each has seen the person.
    for (let i = 0; i < 3; i++) expect(await states()).toEqual(Array(4).fill('open'));
    await sealer.destroyPerson(values[2]!.context.subject);
    for (let i = 0; i < 3; i++) expect(await states()).toEqual(['open', 'open', 'erased', 'open']);
  } finally {
    await opener.close();
  }
});

test('what is asked when the threads have ended is refused, not left waiting', async () => {
  const values = await sealedValues(1);
  const opener = sealer.openInThreads();
  await opener.close();
  await expect(opener.openMany(values)).rejects.toThrow('ended');
});
