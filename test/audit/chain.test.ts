import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashLine, type StoredLine } from '../../service/engine/audit/chain.ts';
import { onBothDatabases } from '../storage/databases.ts';
import { type Audited, startAudited } from '../support/audited.ts';

onBothDatabases('the audit chain', (newLocation) => {
  let audited: Audited;
  beforeEach(async () => {
    audited = await startAudited({ location: await newLocation() });
  });
  afterEach(() => audited.close());

  test('numbers lines from 1 without gaps, each with the hash of the one before', async () => {
    await audited.add(3);
    const lines = await audited.stored();
    expect(lines.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(lines[0]?.previous_hash).toBe('0'.repeat(64));
    expect(lines.slice(1).map((line) => line.previous_hash)).toEqual(
      lines.slice(0, -1).map(({ hash }) => hash),
    );
  });

  test('a transaction that fails leaves neither its change, its line, nor a gap', async () => {
    await audited.add(1);
    const failing = audited.inTransaction(async (tx) => {
      await audited.audit.add(tx, audited.line());
      throw new Error('half way');
    });
    await expect(failing).rejects.toThrow('half way');
    await audited.add(1);
    expect((await audited.stored()).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await audited.auditLog.verify()).toMatchObject({ valid: true, lines: 2 });
  });

  test('several lines of one transaction follow one another', async () => {
    await audited.inTransaction(async (tx) => {
      await audited.audit.add(tx, audited.line());
      await audited.audit.add(tx, audited.line());
    });
    expect(await audited.auditLog.verify()).toMatchObject({ valid: true, lines: 2 });
  });

  test('200 transactions at the same time make one whole chain, and none gives up', async () => {
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        audited.inTransaction(async (tx) => {
          const change = { id: `org_${index}`, name: 'x', created_at: 1, match_only: 0 };
          await tx
            .insertInto('organization')
            .values({ ...change, uniqueness_policy: 'off', consent_policy: 'attested' })
            .execute();
          await audited.audit.add(tx, audited.line({ target: change.id }));
        }),
      ),
    );
    const lines = await audited.stored();
    expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(new Set(lines.map(({ target }) => target)).size).toBe(200);
    expect(await audited.auditLog.verify()).toMatchObject({ valid: true, lines: 200, last: 200 });
  });

  test('lines from before the chain stay outside it; the first line says how many and what they were', async () => {
    const old = { actor: 'operator:ada', action: 'old.thing', outcome: 'done', details: '{}', at: 5 };
    for (const id of ['aud_1', 'aud_2']) {
      await audited.db
        .insertInto('audit')
        .values({ ...old, id, organization: null, target: null, request: null })
        .execute();
    }
    await audited.auditLog.begin();
    await audited.auditLog.begin();
    await audited.add(1);
    expect(await audited.auditLog.verify()).toMatchObject({ valid: true, lines: 2, outside: 2 });
    await audited.db.updateTable('audit').set({ at: 6 }).where('id', '=', 'aud_2').execute();
    expect(await audited.auditLog.verify()).toMatchObject({
      valid: false,
      damage: { seq: 1, is: 'outside-changed' },
    });
  });

  test('texts that no database keeps as they are do not break the chain', async () => {
    await audited.add(1, { target: 'lone \ud800 surrogate', details: { text: '\ud800 "\\ \u2028 é' } });
    expect(await audited.auditLog.verify()).toMatchObject({ valid: true, lines: 1 });
  });
});

test('the hash of a line is what its documentation says, byte for byte', () => {
  const line: Omit<StoredLine, 'hash'> = {
    seq: 7,
    previousHash: '0'.repeat(64),
    id: 'aud_1',
    organization: null,
    actor: 'key:key_1',
    action: 'subject.enroll',
    target: 'sub_1',
    outcome: 'done',
    request: 'req_1',
    details: '{"a":"é"}',
    at: 1_700_000_000_000,
    subject: 'sub_1',
    personalSealed: 'AQID',
  };
  // printf '%s' '["gatehouse-audit-line-1",7,"000…000","aud_1",null,"key:key_1","subject.enroll","sub_1","done","req_1","{\"a\":\"é\"}",1700000000000,"sub_1","AQID"]' | sha256sum
  expect(hashLine(line)).toBe('738f21236494ae36070befb6a8daceef313517911f997ed91b2d3d99f23dc93a');
});
