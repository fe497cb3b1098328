import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onBothDatabases } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { createHolds } from '../../consent/index.ts';

const email = 'ada@example.com';
const acts = ['erase', 'enroll', '1:1', '1:N', 'withdraw', 'consent', 'hold'] as const;
type Act = (typeof acts)[number];
/** What is begun when, counted in turns of the event loop. */
const orders = fc.array(fc.tuple(fc.constantFrom(...acts), fc.nat(12)), { minLength: 2, maxLength: 8 });

let pictures = 0;
const realm = (engine: Engine) => ({ organization: engine.organization, world: 'test' as const });

async function begin(engine: Engine, parts: Parts, subject: SubjectId, act: Act): Promise<unknown> {
  const person = { ...realm(engine), subject };
  const name = `picture ${++pictures}`;
  const picture = engine.analyzer.show(
    name,
    analysisOf(name, { embeddings: { 'a-net': near(direction('ada'), 0.97, name) } }),
  );
  const consent = {
    textVersion: 'v1',
    purposes: ['verification' as const, 'identification' as const],
    method: 'form',
    legalBasis: 'consent',
  };
  switch (act) {
    case 'erase':
      return parts.erasure.erase(realm(engine), subject, { reason: 'request', actor: operator });
    case 'enroll':
      return (await engine.checks.enroll({ ...realm(engine), picture, email, actor: key, consent })).subject;
    case '1:1':
      return engine.checks.verify({ ...realm(engine), picture, email, actor: key });
    case '1:N':
      return engine.checks.verify({ ...realm(engine), picture, actor: key });
    case 'withdraw':
      return engine.consents.withdraw(person, ['identification'], operator);
    case 'consent':
      return engine.consents.give(person, consent, operator);
    case 'hold':
      return parts.holds.place(person, 'lawsuit', operator);
    default:
      return act satisfies never;
  }
}

interface Parts {
  erasure: Awaited<ReturnType<typeof openErasure>>;
  holds: ReturnType<typeof createHolds>;
}

/** Rows of every table that names the person in a column of its own. */
async function rowsAbout({ db }: Engine, subject: SubjectId): Promise<string[]> {
  const tables = [
    'template',
    'consent',
    'consent_withdrawal',
    'legal_hold',
    'verification',
    'outbox',
    'delivery',
    'alert',
  ] as const;
  const found: string[] = [];
  for (const table of tables) {
    const rows = await db
      .selectFrom(table as 'template')
      .select('id')
      .where('subject', '=', subject)
      .execute();
    if (rows.length > 0) found.push(table);
  }
  return found;
}

onBothDatabases('one person erased, enrolled, verified, held and asked at once', (newLocation, dialect) => {
  test('ends with nothing of who was erased, and with everything that was acknowledged of who was not', async () => {
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const engine = await startEngine({ location: await newLocation() });
        try {
          const parts = { erasure: await openErasure(engine, { dialect }), holds: createHolds(engine) };
          const old = (await begin(engine, parts, 'sub_none' as SubjectId, 'enroll')) as SubjectId;
          const done = await Promise.all(
            order.map(async ([act, turns]) => {
              for (let i = 0; i < turns; i++) await new Promise(setImmediate);
              return begin(engine, parts, old, act).then(
                (value) => ({ act, value }),
                (error: Error & { code?: string }) => ({ act, code: error.code ?? String(error.stack) }),
              );
            }),
          );
          const of = (act: Act) => done.filter((one) => one.act === act && 'value' in one);
          const refusals = done.flatMap((one) => ('code' in one ? [one.code] : []));
          const known = [
            'SUBJECT_NOT_FOUND',
            'LEGAL_HOLD',
            'CONSENT_WITHDRAWN',
            'CONFLICT',
            'USER_FLOOD_DETECTED',
          ];
          expect(refusals.filter((code) => !known.includes(code))).toEqual([]);

          const erased = of('erase').length > 0;
          expect(erased && of('hold').length > 0).toBe(false);
          const now = await engine.subjects.find(realm(engine), email);
          const enrolled = of('enroll').map((one) => ('value' in one ? one.value : undefined));
          for (const id of enrolled) expect([now?.id, ...(erased ? [old] : [])]).toContain(id);
          if (erased) {
            expect(now?.id).not.toBe(old);
            expect(await rowsAbout(engine, old)).toEqual([]);
            expect(await engine.keys.persons([old])).toEqual([]);
          } else expect(now?.id).toBe(old);
          const nearest = await engine.subjects.nearest(realm(engine), 'a-net', direction('ada'), 64);
          expect(nearest).toEqual(now ? [now.id] : []);
          expect((await engine.auditLog.verify()).valid).toBe(true);
        } finally {
          await engine.stop();
        }
      }),
      { numRuns: dialect === 'sqlite' ? 25 : 8 },
    );
  });

  test('an enrollment whose person goes while the picture is compared is to be tried again', async () => {
    const engine = await startEngine({ location: await newLocation() });
    try {
      const parts = { erasure: await openErasure(engine, { dialect }), holds: createHolds(engine) };
      const old = (await begin(engine, parts, 'sub_none' as SubjectId, 'enroll')) as SubjectId;
      const checks = engine.openChecks({
        subjects: {
          ...engine.subjects,
          async enrollments(where, subject) {
            await begin(engine, parts, old, 'erase');
            return engine.subjects.enrollments(where, subject);
          },
        },
      });
      const again = begin({ ...engine, checks }, parts, old, 'enroll');
      await expect(again).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await begin(engine, parts, old, 'enroll')).not.toBe(old);
    } finally {
      await engine.stop();
    }
  });
});
