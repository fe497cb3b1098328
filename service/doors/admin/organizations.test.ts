import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { readLogo } from '../../inference/pictures/read-logo.ts';
import type { SubjectId } from '../../lib/id.ts';
import { organizationRoutes } from './organizations.ts';
import { subjectRoutes } from './subjects.ts';

let engine: Engine;
let control: ControlAdmin;
let asked: unknown[];

const calibration = {
  holdsFor: 'every-group' as const,
  worstTenth: 0.005,
  doubtful: 1,
  scorer: 'r',
  shift: 0.01,
  people: 40,
  compared: 40,
  pairs: 780,
  rate: 0.001,
  share: 0.002,
  outdated: false,
};
const gallery = { scorer: 'r', holdsFor: 'average', people: 12, standing: 'too-few-people' } as const;
const ada = { is: 'operator', name: 'ada', request: expect.stringMatching(/^req_/) };

beforeEach(async () => {
  asked = [];
  const record =
    <Answer>(name: string, answer: Answer) =>
    (...input: unknown[]): Answer => {
      asked.push([name, ...input]);
      return answer;
    };
  const measured = [{ ...calibration, world: 'test' as const, measuredAt: Date.UTC(2026, 10, 20) }];
  const copies = [{ place: '/media/stick', state: 'unreachable' as const, reason: 'It is not there.' }];
  engine = await startEngine({ attested: false });
  control = await openControlAdmin(
    engine,
    {
      readLogo,
      auditLog: { record: record('audit', Promise.resolve()) },
      calibrations: {
        list: () => measured,
        galleries: () => [{ ...gallery, world: 'live' }],
        measure: record('measure', Promise.resolve(measured)),
        doubtful: async () => [
          { subject: 'sub_1' as SubjectId, email: 'ada@example.com', doubt: 'no-person' },
        ],
      },
      organizationErasure: {
        erase: record('erase', Promise.resolve({ erased: [], left: 0, done: true, copies })),
      },
      custody: {
        rotateOrganization: record('rotate', Promise.resolve({ generation: 2, total: 7 })),
        organizationRotation: async () => ({ is: 'running', done: 3, total: 7 }),
      },
      renewals: {
        start: record('renew', Promise.resolve({ generation: 3, total: 9 })),
        anywhere: async () => ({ is: 'stopped', done: 1, total: 9, reason: 'The disk is full.' }),
      },
    },
    [organizationRoutes, subjectRoutes],
  );
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

test('an organization is made, changed and shown, and the operator is in the audit log', async () => {
  const made = await control.call('POST', '/organizations', { name: 'Museum' });
  expect(made).toEqual({
    status: 201,
    body: {
      id: expect.stringMatching(/^org_/),
      name: 'Museum',
      createdAt: '2026-11-20T12:00:00.000Z',
      matchOnly: false,
      uniquenessPolicy: 'off',
      consentPolicy: 'attested',
    },
  });
  const change = { name: 'Acme 2', matchOnly: true, uniquenessPolicy: 'block', allowedProfiles: ['default'] };
  const changed = await control.call('PATCH', '/organization', change);
  expect(changed).toEqual({
    status: 200,
    body: {
      ...made.body,
      ...change,
      id: engine.organization,
    },
  });
  expect(await control.call('GET', '/organization')).toEqual(changed);
  const all = await control.call('PATCH', '/organization', { allowedProfiles: null });
  expect(all.body).not.toHaveProperty('allowedProfiles');
  const lines = await engine.db
    .selectFrom('audit')
    .select(['actor', 'action'])
    .where('target', '=', made.body.id)
    .execute();
  expect(lines).toEqual([{ actor: 'operator:ada', action: 'organization.create' }]);
});

test('organizations come the newest first, page by page', async () => {
  const made: string[] = [engine.organization];
  for (const name of ['One', 'Two']) made.unshift((await engine.organizations.create({ name }, operator)).id);
  const first = await control.call('GET', '/organizations?limit=2');
  const second = await control.call('GET', `/organizations?limit=2&cursor=${first.body.next}`);
  const listed = [...first.body.items, ...second.body.items].map(({ id }: { id: string }) => id);
  expect([first.body.items.length, listed]).toEqual([2, made]);
  expect(second.body).not.toHaveProperty('next');
});

test('the organization’s attestation is shown with its time', async () => {
  const consent = { textVersion: 'v1', purposes: ['verification'], method: 'form', legalBasis: 'consent' };
  await engine.organizations.attestConsent(
    engine.organization,
    { ...consent, purposes: ['verification'] },
    operator,
  );
  expect((await control.call('GET', '/organization')).body.attestation).toEqual({
    ...consent,
    attestedBy: 'operator:ada',
    attestedAt: '2026-11-20T12:00:00.000Z',
  });
});

test('a setting that is wrong is named, and a profile that there is not', async () => {
  expect(await control.call('PATCH', '/organization', { uniquenessPolicy: 'never' })).toMatchObject({
    status: 400,
    body: {
      code: 'INVALID_REQUEST',
      details: [{ path: 'uniquenessPolicy', message: 'It must be one of: off, warn, block.' }],
    },
  });
  expect(await control.call('PATCH', '/organization', { allowedProfiles: ['dor'] })).toMatchObject({
    status: 404,
    body: { code: 'PROFILE_NOT_FOUND' },
  });
  expect(await control.call('PATCH', '/organization', {})).toMatchObject({ status: 400 });
});

test('a logo is set, shown and removed; what is no picture of ours is refused and changes nothing', async () => {
  const upload = (file: Uint8Array<ArrayBuffer>) =>
    control.upload('/organization/logo', { request: '{}' }, file, 'PUT');
  expect(await control.call('GET', '/organization/logo')).toMatchObject({ status: 404 });
  const picture = sharp({ create: { width: 300, height: 100, channels: 3, background: '#1f4e3d' } });
  const set = await upload(new Uint8Array(await picture.jpeg().toBuffer()));
  expect(set).toMatchObject({ status: 200, body: { logo: { width: 204, height: 68 } } });
  const shown = await control.call('GET', '/organization/logo');
  expect(shown).toMatchObject({
    status: 200,
    body: { width: 204, height: 68, image: expect.stringMatching(/^data:image\/png;base64,iVBORw0KGgo/) },
  });
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>';
  for (const [file, code] of [
    [Buffer.from(svg), 'IMAGE_FORMAT_UNSUPPORTED'],
    [Buffer.from(`<?xml version="1.0"?>${svg}`), 'IMAGE_FORMAT_UNSUPPORTED'],
    [Buffer.from('<html><script>alert(1)</script>'), 'IMAGE_FORMAT_UNSUPPORTED'],
    [await picture.avif().toBuffer(), 'IMAGE_FORMAT_UNSUPPORTED'],
    [Buffer.concat([await picture.png().toBuffer(), Buffer.alloc(70_000)]), 'IMAGE_TOO_LARGE'],
    [(await picture.png().toBuffer()).subarray(0, 60), 'IMAGE_UNREADABLE'],
    [Buffer.alloc(1_000_001), 'PAYLOAD_TOO_LARGE'],
  ] as const)
    expect(await upload(new Uint8Array(file)), code).toMatchObject({ body: { code } });
  expect(await control.call('GET', '/organization/logo')).toEqual(shown);
  const removed = await control.call('DELETE', '/organization/logo');
  expect([removed.status, removed.body.logo]).toEqual([200, undefined]);
  expect(await control.call('GET', '/organization/logo')).toMatchObject({ status: 404 });
});

test('a color has six digits', async () => {
  expect(await control.call('PATCH', '/organization', { color: '#1F4E3D' })).toMatchObject({
    status: 200,
    body: { color: '#1f4e3d' },
  });
  for (const color of ['red', '#fff', 'url(https://evil.example)', '#1f4e3d;background:red'])
    expect(await control.call('PATCH', '/organization', { color }), color).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST', details: [{ path: 'color' }] },
    });
  expect((await control.call('PATCH', '/organization', { color: null })).body).not.toHaveProperty('color');
});

test('galleries are measured, and the reply has their figures', async () => {
  const reply = {
    status: 200,
    body: {
      items: [{ ...calibration, env: 'test', measuredAt: '2026-11-20T00:00:00.000Z' }],
      galleries: [{ ...gallery, env: 'live', fewest: 30 }],
    },
  };
  expect(await control.call('GET', '/organization/calibrations')).toEqual(reply);
  expect(asked).toEqual([]);
  expect(await control.call('POST', '/organization/calibrations')).toEqual(reply);
  expect(asked).toEqual([['measure', engine.organization, ada]]);
});

test('people with a template in doubt are listed, as CSV too', async () => {
  expect(await control.call('GET', '/subjects/doubtful?env=test')).toEqual({
    status: 200,
    body: { items: [{ id: 'sub_1', email: 'ada@example.com', doubt: 'no-person' }] },
  });
  const csv = `/subjects/doubtful.csv?env=test&columns=doubt%3DWhy&organization=${engine.organization}`;
  const headers = { 'x-gatehouse-operator': 'ada' };
  const answer = await control.fetch(new Request(`http://box/api/admin${csv}`, { headers }));
  expect(await answer.text()).toBe('Why\r\nno-person\r\n');
  expect(asked).toEqual([['audit', expect.objectContaining({ action: 'list.export' })]]);
});

test('an erasure reaches the engine with what confirms it, or without', async () => {
  expect(await control.call('POST', '/organization/erase', { confirm: 'Acme', limit: 2 })).toEqual({
    status: 200,
    body: {
      erased: [],
      left: 0,
      done: true,
      copies: [{ place: '/media/stick', state: 'unreachable', reason: 'It is not there.' }],
    },
  });
  await control.call('POST', '/organization/erase');
  const order = { actor: ada, request: ada.request };
  expect(asked).toEqual([
    ['erase', engine.organization, { ...order, confirm: 'Acme', limit: 2 }],
    ['erase', engine.organization, { ...order, limit: 100 }],
  ]);
  expect(await control.call('POST', '/organization/erase', { force: true })).toMatchObject({ status: 400 });
  expect(asked).toHaveLength(2);
});

test('a key rotation and a renewal of templates go on in the background; the renewal asks for the name', async () => {
  expect(await control.call('POST', '/organization/key/rotation')).toEqual({
    status: 202,
    body: { generation: 2, total: 7 },
  });
  expect(await control.call('GET', '/organization/key/rotation')).toEqual({
    status: 200,
    body: { is: 'running', done: 3, total: 7 },
  });
  for (const body of [undefined, { confirm: 'acme' }])
    expect(await control.call('POST', '/organization/templates/renewal', body)).toMatchObject({
      body: { code: 'CONFIRMATION_REQUIRED', error: expect.stringContaining('{"confirm": "Acme"}') },
    });
  expect(asked).toEqual([['rotate', engine.organization, ada]]);
  expect(await control.call('POST', '/organization/templates/renewal', { confirm: 'Acme' })).toEqual({
    status: 202,
    body: { generation: 3, total: 9 },
  });
  expect(asked.at(-1)).toEqual(['renew', engine.organization, ada]);
  expect(await control.call('GET', '/organization/templates/renewal')).toEqual({
    status: 200,
    body: { is: 'stopped', done: 1, total: 9, reason: 'The disk is full.' },
  });
});
