import { createHash, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ErasureId, OrganizationId, SubjectId } from '../../../lib/id.ts';
import { verifySignature } from '../../../storage/keys/signing-keys.ts';
import { createLedger, type Signing } from './ledger.ts';

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

function createKeys(entries: { seq: number; entry: string }[] = []) {
  return {
    entries,
    erasureLedger: async () => [...entries],
    async appendToErasureLedger(seq: number, entry: string) {
      if (seq !== entries.length + 1) throw new Error(`entry ${seq} does not follow`);
      entries.push({ seq, entry });
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
        async appendToErasureLedger(seq, entry) {
          if (reached || !failing) await keys.appendToErasureLedger(seq, entry);
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
