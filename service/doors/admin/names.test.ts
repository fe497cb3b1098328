import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { direction } from '../../../test/support/faces.ts';

let engine: Engine;
let control: ControlAdmin;
const elin = { id: 'adm_01m7w3ayykpzv1m774b6g68g31', name: 'Elin Berg' };
const desk = { id: 'ksk_01m7w3ayykpzv1m774b6g68g32', name: 'Lisbon 2' };

beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, {
    administrators: { list: async () => [elin, { ...elin, id: 'adm_other' }] as never },
    kiosks: { list: async () => [desk] as never },
  });
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

const enroll = (email: string, name?: string) =>
  engine.subjects.enroll(
    { organization: engine.organization, world: 'test' },
    { email, ...(name && { name }), embeddings: { 'a-net': direction(email) }, quality: 1 },
    operator,
  );
const namesOf = (...ids: string[]) => control.call('GET', `/names?env=test&ids=${ids.join(',')}`);

test('people, keys, kiosks and administrators have names; others have none', async () => {
  const { subject: ada } = await enroll('ada@x.org', 'Ada');
  const { subject: bob } = await enroll('bob@x.org');
  const { body: key } = await control.call('POST', '/keys', {
    name: 'Branch',
    scopes: ['identity'],
    env: 'test',
  });
  const unknown = ada.id.replace(/.$/, 'z');
  const { status, body } = await namesOf(ada.id, bob.id, unknown, key.id, elin.id, desk.id);
  expect([status, body]).toEqual([
    200,
    {
      names: {
        [ada.id]: 'Ada',
        [bob.id]: 'bob@x.org',
        [key.id]: 'Branch',
        [elin.id]: 'Elin Berg',
        [desk.id]: 'Lisbon 2',
      },
    },
  ]);
  expect((await control.call('GET', `/names?env=live&ids=${ada.id}`)).body).toEqual({ names: {} });
});

test('that names of people were read is in the audit log, once a request', async () => {
  const { subject: ada } = await enroll('ada@x.org', 'Ada');
  const { subject: bob } = await enroll('bob@x.org', 'Bob');
  await namesOf(ada.id, bob.id);
  await namesOf(elin.id);
  const lines = await engine.db
    .selectFrom('audit')
    .select('details')
    .where('action', '=', 'subject.list')
    .execute();
  expect(lines.map(({ details }) => JSON.parse(details).people)).toEqual([2]);
});

test('other ids, none and too many are refused', async () => {
  for (const ids of ['', 'ver_01m7w3hbbec1gf5vj2bmeef098', 'x', Array(201).fill(elin.id).join(',')])
    expect(await namesOf(ids)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
});
