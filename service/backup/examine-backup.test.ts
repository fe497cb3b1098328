import { expect, onTestFinished, test } from 'vitest';
import { measuredByGroups, operator, scorerR, startEngine } from '../../test/support/engine.ts';
import { direction } from '../../test/support/faces.ts';
import { silentLog } from '../lib/log.ts';
import { findOwnTemplates } from './examine-backup.ts';

test('a provisional template is opened as well, and counts as damaged where it was changed', async () => {
  const engine = await startEngine({
    scorers: [
      measuredByGroups({ ...scorerR, id: 'a', supersededBy: 'r' }),
      { ...scorerR, terms: [{ model: 'b-net', weight: 1, offset: 0 }] },
    ],
  });
  onTestFinished(() => engine.stop());
  const realm = { organization: engine.organization, world: 'test' } as const;
  const who = { email: 'ada@example.com', quality: 0.9, embeddings: { 'a-net': direction('ada') } };
  const { subject } = await engine.subjects.enroll(realm, who, operator);
  await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
  const visit = {
    verification: 'ver_1',
    quality: 0.9,
    pixelHash: 'pixels',
    agrees: () => false,
    embeddings: { 'b-net': direction('ada', 64) },
  };
  await engine.subjects.visited(realm, subject.id, visit, operator);
  const look = async () => (await findOwnTemplates(engine, engine.sealer, { log: silentLog })).templates;
  expect(await look()).toEqual({ there: 2, opened: 2, erased: 0, damaged: 0 });

  const sealed = await engine.db
    .selectFrom('provisional_template')
    .select('vector_sealed')
    .executeTakeFirst();
  const vector_sealed = Uint8Array.from(sealed!.vector_sealed, (byte, i) => (i === 20 ? byte ^ 1 : byte));
  await engine.db.updateTable('provisional_template').set({ vector_sealed }).execute();
  expect(await look()).toEqual({ there: 2, opened: 1, erased: 0, damaged: 1 });
});
