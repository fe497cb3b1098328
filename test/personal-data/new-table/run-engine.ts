import { createHolds } from '../../../service/engine/consent/index.ts';
import { createRetention, createSubjectRecords } from '../../../service/engine/people/index.ts';
import type { SubjectId } from '../../../service/lib/id.ts';
import type { DatabaseLocation } from '../../../service/storage/connection.ts';
import { operator, startEngine } from '../../support/engine.ts';
import { openErasure } from '../../support/erasure.ts';
import { direction } from '../../support/faces.ts';

// Runs in a copy of the tree to which a sealed table was added: prints what became of its rows.
const DAY = 86_400_000;
const location = JSON.parse(process.argv[2]!) as DatabaseLocation;
const dialect = location.kind === 'postgres' ? 'postgres' : 'sqlite';
const engine = await startEngine({ location });
const { db, sealer, clock, personalData } = engine;
const realm = { organization: engine.organization, world: 'live' } as const;

async function enroll(email: string): Promise<SubjectId> {
  const input = { email, embeddings: { 'a-net': direction(email) }, quality: 0.9 };
  return (await engine.subjects.enroll(realm, input, operator)).subject.id;
}
async function object(id: string, subject: SubjectId, days: number): Promise<void> {
  const field = `objection.words/${id}`;
  const words = new TextEncoder().encode(`words of ${id}`);
  const words_sealed = await sealer.seal({ ...realm, subject, field, version: 1 }, words);
  await db
    // The schema of the tree that the test lies in does not have the table.
    .insertInto('objection' as never)
    .values({ id, ...realm, subject, words_sealed, created_at: clock.now() - days * DAY } as never)
    .execute();
}
async function left(): Promise<string[]> {
  const rows = await db
    .selectFrom('objection' as never)
    .select('id' as never)
    .orderBy('id' as never)
    .execute();
  return (rows as { id: string }[]).map(({ id }) => id);
}

const [ada, bea, cid] = [await enroll('ada@x.org'), await enroll('bea@x.org'), await enroll('cid@x.org')];
await createHolds(engine).place({ ...realm, subject: bea }, 'lawsuit 7', operator);
await object('ada-new', ada, 364);
await object('ada-old', ada, 366);
await object('bea-old', bea, 366);
await object('cid-new', cid, 1);

const read = (person: string) =>
  createSubjectRecords(engine).read(realm, {
    person,
    withTemplates: false,
    withInternal: false,
    actor: operator,
  });
const record = await read('ada@x.org');

const erasure = await openErasure(engine, { dialect });
const retention = createRetention({
  ...engine,
  notes: engine.keys,
  erase: (where, subject, how) => erasure.erase(where, subject, how),
  pruneAudit: async () => ({ lines: 0 }),
});
const preview = await retention.preview(engine.organization);
const { report } = await retention.sweep(engine.organization, { actor: operator, confirm: 0 });
const swept = await left();

const order = { reason: 'request', actor: operator, prove: true } as const;
const { proof } = await erasure.erase(realm, ada, order);
const erased = await left();

// As a developer does it who forgets to forget.
const forgetful = personalData.map((one) =>
  'objection' in one.tables ? { ...one, forget: async () => {} } : one,
);
const careless = await openErasure(engine, { dialect, personalData: forgetful });
const { proof: carelessProof } = await careless.erase(realm, cid, order);

console.log(
  JSON.stringify({
    tables: personalData.flatMap(({ tables }) => Object.keys(tables)),
    sections: Object.keys(record),
    objections: record.objections,
    unreadable: record.unreadable,
    afterErasure: (await read(ada)).objections,
    preview: preview,
    report: report,
    swept,
    erased,
    proof,
    carelessProof,
  }),
);
await engine.stop();
