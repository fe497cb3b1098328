import { expect, test } from 'vitest';
import { consentOfAll, operator, startEngine } from '../../test/support/engine.ts';
import { analysisOf, direction } from '../../test/support/faces.ts';
import { asWrittenByService } from '../../test/support/integrity.ts';
import { warnWithoutConsent } from './serve.ts';

test('an organization that holds real people without a word on consent is warned of, and no other', async () => {
  const engine = await startEngine();
  await engine.installPad();
  const warned: unknown[] = [];
  const warn = async () => {
    await warnWithoutConsent({ ...engine, log: { warn: (fields) => void warned.push(fields) } });
    return warned.splice(0);
  };
  const { organization } = engine;
  await engine.checks.enroll({
    organization,
    world: 'live',
    picture: engine.analyzer.show(
      'ada',
      analysisOf('ada', { embeddings: { 'a-net': direction('ada') }, live: 0.99 }),
    ),
    email: 'ada@example.com',
    actor: operator,
  });
  await engine.organizations.create({ name: 'Without people' }, operator);
  expect(await warn()).toEqual([]);
  await engine.db.updateTable('organization').set({ attestation: null }).execute();
  await asWrittenByService(engine, 'organization');
  expect(await warn()).toEqual([{ organization, people: 1 }]);
  await engine.organizations.set(organization, { consentPolicy: 'with-call' }, operator);
  expect(await warn()).toEqual([]);
  await engine.organizations.set(organization, { consentPolicy: 'attested' }, operator);
  await engine.organizations.attestConsent(organization, consentOfAll, operator);
  expect(await warn()).toEqual([]);
  await engine.stop();
});
