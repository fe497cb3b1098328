import { createHash, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ErasureId, OrganizationId, SubjectId } from '../../../lib/id.ts';
import { verifySignature } from '../../../storage/keys/signing-keys.ts';
import { createLedger, type LedgerDeps, type Signing } from './ledger.ts';

function createSigning(): Signing {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const kid = createHash('sha256').update(der).digest('hex').slice(0, 16);
  return {
    sign: (_, bytes) => ({ kid, signature: signBytes(null, bytes, privateKey).toString('base64url') }),
    publicKeys: () => [{ kid, purpose: 'receipts', publicKey: pem }],
    verify: verifySignature,
  };
}

type Make = Parameters<LedgerDeps['keys']['appendToErasureLedger']>[1];

function createKeys(entries: { seq: number; entry: string }[] = []) {
  return {
    entries,
    erasureLedger: async (from = 0) => entries.filter(({ seq }) => seq >= from),
    async appendToErasureLedger(from: number, make: Make) {
      const made = make(entries.filter(({ seq }) => seq >= from));
      if (made && made.seq !== entries.length + 1) throw new Error(`entry ${made.seq} does not follow`);
      if (made) entries.push(made);
    },
  };
}

const erased = (n: number) => ({
  erasure: `ers_${n}` as ErasureId,
  subject: `sub_${n}` as SubjectId,
  organization: 'org_1' as OrganizationId,
  world: 'live' as const,
  at: '2026-11-20T12:00:00.000Z',
});

async function filled(count: number) {
  const [keys, signing] = [createKeys(), createSigning()];
  const ledger = createLedger({ keys, signing });
  for (let n = 1; n <= count; n++) await ledger.append(erased(n));
  return { keys, signing, ledger };
}

test('entries follow one another, also when many are asked for at once, and a person stands in it once', async () => {
  const { keys, signing, ledger } = await filled(0);
  const places = await Promise.all([1, 2, 1, 3].map((n) => ledger.append(erased(n))));
  expect(places.map(({ seq }) => seq)).toEqual([1, 2, 1, 3]);
  expect(places[2]).toEqual(places[0]);
  const again = createLedger({ keys, signing });
  expect([...(await again.entries()).values()].map(({ seq, subject }) => [seq, subject])).toEqual([
    [1, 'sub_1'],
    [2, 'sub_2'],
    [3, 'sub_3'],
  ]);
  expect(await again.append(erased(2))).toEqual(places[1]);
  expect((await again.append(erased(4))).seq).toBe(4);
});

test('an append that failed is read anew, whether it reached the disk or not', async () => {
  for (const reached of [true, false]) {
    const { keys, signing } = await filled(1);
    let failing = true;
    const ledger = createLedger({
      keys: {
        ...keys,
        async appendToErasureLedger(from, make) {
          if (reached || !failing) await keys.appendToErasureLedger(from, make);
          if (failing) throw new Error('disk');
        },
      },
      signing,
    });
    await expect(ledger.append(erased(2))).rejects.toThrow('disk');
    failing = false;
    expect((await ledger.append(erased(2))).seq).toBe(2);
    expect((await ledger.append(erased(3))).seq).toBe(3);
    expect((await createLedger({ keys, signing }).entries()).size).toBe(3);
  }
});

test('two that append to one list, each with what it read before in memory, follow one another', async () => {
  const { keys, signing, ledger } = await filled(1);
  const other = createLedger({ keys, signing });
  await other.entries();
  expect((await ledger.append(erased(2))).seq).toBe(2);
  expect((await other.append(erased(3))).seq).toBe(3);
  expect(await ledger.append(erased(3))).toEqual(await other.append(erased(3)));
  expect([...(await ledger.entries()).keys()]).toEqual(['sub_1', 'sub_2', 'sub_3']);
  // A list that lost its end since it was read: an older key store was put back.
  keys.entries.pop();
  await expect(other.entries()).rejects.toMatchObject({ code: 'SEALED' });
  await expect(ledger.append(erased(4))).rejects.toMatchObject({ code: 'SEALED' });
  expect(keys.entries).toHaveLength(2);
});

test('an entry that another appends between the look and the transaction is followed, and a forged one is not', async () => {
  const { keys, signing } = await filled(1);
  const other = createLedger({ keys, signing });
  const late = (before: () => Promise<unknown>) =>
    createLedger({
      keys: {
        ...keys,
        async appendToErasureLedger(from, make) {
          await before();
          await keys.appendToErasureLedger(from, make);
        },
      },
      signing,
    });
  expect((await late(() => other.append(erased(2))).append(erased(3))).seq).toBe(3);
  expect(await late(() => other.append(erased(4))).append(erased(4))).toEqual(await other.append(erased(4)));
  const stranger = createLedger({
    keys,
    signing: { ...createSigning(), publicKeys: signing.publicKeys, verify: () => true },
  });
  await expect(late(() => stranger.append(erased(5))).append(erased(6))).rejects.toMatchObject({
    code: 'SEALED',
  });
  expect(keys.entries).toHaveLength(5);
});

test('a change, a removal, an exchange or a forged entry anywhere is found', async () => {
  const { keys, signing } = await filled(5);
  const whole = keys.entries.map(({ entry }) => entry);
  const opened = (texts: readonly string[]) =>
    createLedger({ keys: createKeys(texts.map((entry, i) => ({ seq: i + 1, entry }))), signing }).entries();
  expect((await opened(whole)).size).toBe(5);
  await fc.assert(
    fc.asyncProperty(fc.nat(4), fc.nat(2000), fc.integer({ min: 1, max: 255 }), async (which, where, by) => {
      const bytes = Buffer.from(whole[which]!);
      bytes[where % bytes.length]! ^= by;
      await expect(opened(whole.with(which, bytes.toString('latin1')))).rejects.toMatchObject({
        code: 'SEALED',
      });
    }),
    { numRuns: 100 },
  );
  for (let i = 0; i < 4; i++) {
    await expect(opened(whole.toSpliced(i, 1))).rejects.toMatchObject({ code: 'SEALED' });
    await expect(opened(whole.with(i, whole[i + 1]!).with(i + 1, whole[i]!))).rejects.toMatchObject({
      code: 'SEALED',
    });
  }
  const other = await filled(0);
  const forged = createLedger({
    keys: createKeys(keys.entries.slice(0, 5)),
    signing: { ...other.signing, publicKeys: signing.publicKeys },
  });
  await forged.append(erased(6));
  const entries = createKeys();
  const forger = createLedger({
    keys: entries,
    signing: { ...other.signing, publicKeys: signing.publicKeys },
  });
  await forger.append(erased(9));
  await expect(opened(entries.entries.map(({ entry }) => entry))).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringContaining('entry 1'),
  });
});
