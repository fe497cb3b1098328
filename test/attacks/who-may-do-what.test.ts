import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAccess } from '../../service/engine/accounts/index.ts';
import type { Actor } from '../../service/engine/audit/index.ts';
import { noteFormer, releaseAddress } from '../../service/engine/people/index.ts';
import { createOwnHosts } from '../../service/http/listening/own-hosts.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { defined } from '../../service/lib/defined.ts';
import type { AdministratorId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { operator } from '../support/engine.ts';
import { openEventsOut } from '../support/events-out.ts';
import { analysisOf, direction, near } from '../support/faces.ts';
import { operatorParts } from '../support/operator-parts.ts';
import { send as sendRecorded } from '../support/send.ts';
import { startStaff } from '../support/staff.ts';

const HOST = 'localhost:7300';
const minutes = (count: number) => count * 60_000;
const DAY = 86_400_000;
const allPurposes = ['verification', 'identification', 'deduplication'];

let staff: Awaited<ReturnType<typeof startStaff>>;
let out: Awaited<ReturnType<typeof openEventsOut>>;
let app: FastifyInstance;
/** What every name resolves to. */
let resolved: string[];
beforeEach(async () => {
  staff = await startStaff();
  resolved = ['93.184.215.14'];
  out = await openEventsOut(staff, {
    resolve: async () => resolved,
    post: async () => ({
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: 'thanks',
      truncated: false,
    }),
    mail: async () => undefined,
    close: async () => undefined,
  });
  app = await createPublicServer(
    {
      ...staff,
      ...operatorParts,
      ...out,
      access: createAccess({ ...staff, log: silentLog }),
      metrics: createMetrics({ processMetrics: false }),
      log: silentLog,
    },
    { trustedProxies: [], hosts: createOwnHosts({ listen: '127.0.0.1', allowed: [] }) },
  );
  await app.ready();
  await staff.installPad();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app?.close();
  await staff?.stop();
});

const site = { name: 'Bern', country: 'CH', latitude: 46.95, longitude: 7.45, timeZone: 'Europe/Zurich' };

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
async function send(method: Method, url: string, token: string, body?: object) {
  const reply = await app.inject({
    method,
    url: `/api/admin${url}`,
    headers: { host: HOST, authorization: `Bearer ${token}` },
    ...(body && { payload: body }),
  });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}
const answer = async (...sent: Parameters<typeof send>) => {
  const { status, body } = await send(...sent);
  return status < 400 ? status : `${status} ${body.code}`;
};

type Role = Parameters<typeof staff.make>[1];
/** The access token of an account that signed in, with a passkey used just now unless `factor` is false. */
async function enter(email: string, { factor = true } = {}): Promise<string> {
  const opened = await staff.open(email);
  if (factor) await staff.addPasskey(opened);
  const { session } = opened;
  const { token } = await staff.tokens.issue(
    { administrator: session.administrator.id, session: session.id },
    session.expiresAt,
  );
  return token;
}
const member = async (name: string, role: Role, more?: { factor: boolean }) =>
  enter((await staff.make(name, role)).email, more);

async function person(email: string): Promise<string> {
  const realm = { organization: staff.organization, world: 'live' } as const;
  const embeddings = { 'a-net': direction(email), 'b-net': direction(`${email} b`, 64) };
  const picture = staff.analyzer.show(email, analysisOf(email, { live: 0.99, embeddings }));
  await staff.checks.enroll({ ...realm, email, picture, actor: operator });
  return (await staff.subjects.get(realm, email)).id;
}

const signed = {
  textVersion: 'v3',
  purposes: allPurposes,
  method: 'signed form',
  legalBasis: 'explicit consent',
};

/** The status, and the code of a refusal. */
async function enrollAgain(token: string, email: string, more: object) {
  const embeddings = { 'a-net': direction(email), 'b-net': direction(`${email} b`, 64) };
  const picture = staff.analyzer.show(`${email} again`, analysisOf('again', { live: 0.99, embeddings }));
  const form = new FormData();
  form.set('request', JSON.stringify({ email, ...more }));
  form.set('file', new Blob([new Uint8Array(picture)]));
  const body = new Response(form);
  const reply = await app.inject({
    method: 'POST',
    url: '/api/admin/subjects?env=live',
    headers: {
      host: HOST,
      authorization: `Bearer ${token}`,
      'content-type': body.headers.get('content-type')!,
    },
    payload: Buffer.from(await body.arrayBuffer()),
  });
  return [reply.statusCode, reply.json().code];
}

/** Each time that it is read a millisecond later. */
function runClock(): void {
  const now = staff.clock.now;
  let reads = 0;
  vi.spyOn(staff.clock, 'now').mockImplementation(() => now() + ++reads);
}

const changeAlerts = async (token: string) =>
  (await send('GET', '/alerts?env=live', token)).body.items.filter(
    ({ metric }: { metric: string }) => metric === 'protected-change',
  );

describe('a session without a second factor', () => {
  test('reads nothing personal and changes nothing', async () => {
    const subject = await person('live1@example.com');
    const operator = await member('Olga', 'operator', { factor: false });
    const administrator = await member('Adam', 'administrator', { factor: false });
    const of = `/subjects/${subject}`;
    const tries = [
      [operator, 'GET', '/subjects?env=live'],
      [operator, 'GET', '/template-upgrades?env=live&names=true'],
      [operator, 'GET', `${of}?env=live`],
      [operator, 'GET', `${of}/consent?env=live`],
      [operator, 'GET', '/verifications?env=live'],
      [operator, 'GET', '/holds?env=live'],
      [operator, 'POST', `${of}/consent/withdrawals?env=live`, { purposes: allPurposes }],
      [operator, 'PATCH', `${of}?env=live`, { email: 'moved@example.com' }],
      [operator, 'POST', `${of}/disable?env=live`],
      [administrator, 'GET', '/audit'],
      [administrator, 'POST', '/grants', { to: 'public-https' }],
      [
        administrator,
        'POST',
        '/webhooks?env=live',
        { url: 'https://attacker.example/x', family: 'identity' },
      ],
      [administrator, 'PATCH', '/organization', { matchOnly: true }],
      [administrator, 'PATCH', '/organization', { twoPersonReview: false }],
      [administrator, 'PATCH', '/retention', { unusedDays: 1 }],
      [administrator, 'PUT', '/profiles/default', {}],
      [administrator, 'POST', '/subjects/erase?env=live', { confirm: 1 }],
    ] as const;
    for (const [token, method, url, body] of tries)
      expect([url, await answer(method, url, token, body)]).toEqual([
        url,
        expect.stringMatching(/^403 (SECOND|FRESH)_FACTOR_REQUIRED$|^403 INSUFFICIENT_SCOPE$/),
      ]);
    expect(await answer('GET', '/organization', administrator)).toBe(200);
  });

  test('an appliance owner without one notes the steps of setup, and changes no setting beside them', async () => {
    const ada = await enter(staff.ada.email, { factor: false });
    expect(await answer('PATCH', '/organization', ada, { setupSteps: { factor: 'later' } })).toBe(200);
    expect(
      await answer('PATCH', '/organization', ada, { matchOnly: true, setupSteps: { factor: 'later' } }),
    ).toBe('403 SECOND_FACTOR_REQUIRED');
  });
});

test('what weakens, opens or changes an identity takes a factor proven within five minutes', async () => {
  const subject = await person('live1@example.com');
  const ada = await enter(staff.ada.email);
  staff.advance(minutes(6));
  for (const [method, url, body] of [
    ['PATCH', '/organization', { matchOnly: true }],
    ['PATCH', '/retention', { unusedDays: 1 }],
    ['POST', '/grants', { to: 'public-https' }],
    ['POST', '/webhooks?env=live', { url: 'https://attacker.example/x', family: 'identity' }],
    ['PATCH', `/subjects/${subject}?env=live`, { email: 'moved@example.com' }],
    ['POST', `/subjects/${subject}/consent/withdrawals?env=live`, { purposes: allPurposes }],
    ['POST', `/subjects/${subject}/holds/release?env=live`, { hold: `hold_${'0'.repeat(26)}` }],
  ] as const)
    expect([url, await answer(method, url, ada, body)]).toEqual([url, '403 FRESH_FACTOR_REQUIRED']);
  expect(await answer('GET', '/subjects?env=live', ada)).toBe(200);
});

describe('four eyes', () => {
  let adam: string;
  let second: string;
  beforeEach(async () => {
    second = (await staff.make('Bea', 'administrator')).email;
    await enter(second);
    staff.advance(2 * DAY);
    adam = await member('Adam', 'administrator');
    await staff.approvals.setRequired(staff.organization, true, operator);
  });

  test('no way around: a sweep, the release of a hold, the terms, two renames and confirmed blends are each guarded', async () => {
    const victim = await person('victim@example.com');
    const evil = await person('evil@example.com');
    const olga = await member('Olga', 'operator');
    const tries = [
      [adam, 'POST', '/retention/sweeps', { confirm: 1 }],
      [adam, 'POST', `/subjects/${victim}/holds/release?env=live`, { hold: `hold_${'0'.repeat(26)}` }],
      [adam, 'POST', `/subjects/${victim}/erase?env=live`, { confirm: victim }],
      [adam, 'PATCH', '/retention', { unusedDays: 1 }],
      [olga, 'PATCH', `/subjects/${victim}?env=live`, { email: 'moved@example.com' }],
      [olga, 'PATCH', `/subjects/${evil}?env=live`, { email: 'victim@example.com' }],
      [olga, 'PATCH', `/subjects/${victim}/pictures/enr_${'0'.repeat(26)}?env=live`, { confirmed: true }],
      [adam, 'PATCH', '/organization', { matchOnly: true }],
      [adam, 'PATCH', '/organization', { twoPersonReview: false }],
      [adam, 'DELETE', '/profiles/default'],
      [adam, 'PATCH', '/organization', { name: 'Another one' }],
      [adam, 'POST', '/sites', { ...site, cidr: '0.0.0.0/0' }],
    ] as const;
    for (const [token, method, url, body] of tries) {
      const reply = await send(method, url, token, body);
      expect([url, reply.status, reply.body.code ?? reply.body]).toEqual([url, 403, 'APPROVAL_REQUIRED']);
    }
    expect(await answer('PATCH', '/organization', adam, { color: '#1f4e3d' })).toBe(200);
  });

  test('the eleventh withdrawal of a day takes a second administrator, with four eyes off, too', async () => {
    await staff.approvals.setRequired(staff.organization, false, operator);
    const olga = await member('Olga', 'operator');
    const people: string[] = [];
    for (let i = 0; i < 11; i++) people.push(await person(`p${i}@example.com`));
    const withdraw = (id: string | undefined) =>
      send('POST', `/subjects/${id}/consent/withdrawals?env=live`, olga, { purposes: allPurposes });
    for (const id of people.slice(0, 10)) {
      const { status, body } = await withdraw(id);
      expect([status, body.allowed, body.erasedFrom]).toEqual([
        201,
        [],
        new Date(staff.clock.now() + 7 * DAY).toISOString(),
      ]);
    }
    const refused = await withdraw(people[10]);
    expect(refused.body).toMatchObject({
      code: 'APPROVAL_REQUIRED',
      approval: { action: 'consent.withdraw' },
    });
    const what = { organization: staff.organization, action: 'consent.withdraw' } as const;
    expect(await staff.approvals.guard(what, operator, async () => 'done')).toBe('done');
  });

  test('of withdrawals at once no more than ten pass either', async () => {
    await staff.approvals.setRequired(staff.organization, false, operator);
    const olga = await member('Olga', 'operator');
    const people = await Promise.all(Array.from({ length: 14 }, (_, i) => person(`p${i}@example.com`)));
    const withdraw = (id: string) =>
      answer('POST', `/subjects/${id}/consent/withdrawals?env=live`, olga, { purposes: allPurposes });
    expect((await Promise.all(people.map(withdraw))).toSorted()).toEqual([
      ...Array.from({ length: 10 }, () => 201),
      ...Array.from({ length: 4 }, () => '403 APPROVAL_REQUIRED'),
    ]);
  });

  test('a consent that ends uses, which the organization attested, counts as a withdrawal and alerts', async () => {
    await staff.approvals.setRequired(staff.organization, false, operator);
    const olga = await member('Olga', 'operator');
    const people: string[] = [];
    for (let i = 0; i < 12; i++) people.push(await person(`p${i}@example.com`));
    const record = (id: string | undefined, more: object) =>
      send('POST', `/subjects/${id}/consent?env=live`, olga, { ...signed, ...more });
    const alerts = () => changeAlerts(olga);
    expect((await record(people[11], {})).body.allowed).toEqual(allPurposes);
    const years = new Date(staff.clock.now() + 1000 * DAY).toISOString();
    expect((await record(people[11], { expiresAt: years })).status).toBe(201);
    expect(await alerts()).toEqual([]);
    const inAMinute = new Date(staff.clock.now() + 60_000).toISOString();
    for (const [i, id] of people.slice(0, 10).entries()) {
      const more = i % 2 === 0 ? { expiresAt: inAMinute } : { purposes: ['deduplication'] };
      const { status, body } = await record(id, more);
      expect([i, status, body.allowed]).toEqual([i, 201, i % 2 === 0 ? allPurposes : ['deduplication']]);
    }
    expect((await alerts()).length).toBe(1);
    expect((await record(people[10], { expiresAt: inAMinute })).body).toMatchObject({
      code: 'APPROVAL_REQUIRED',
      approval: { action: 'consent.withdraw' },
    });
    expect((await record(people[10], {})).status).toBe(201);
    staff.advance(60_000);
    const { body } = await send('GET', `/subjects/${people[0]}/consent?env=live`, olga);
    expect([body.allowed, body.ended]).toEqual([[], true]);
  });

  test('with a term for consents, those of twelve people who keep every use cause no alert and no approval', async () => {
    await staff.approvals.setRequired(staff.organization, false, operator);
    await staff.organizations.setRetention(staff.organization, { consentDays: 365 }, operator);
    const olga = await member('Olga', 'operator');
    runClock();
    const inAYear = new Date(staff.clock.now() + 365 * DAY).toISOString();
    for (let i = 0; i < 12; i++) {
      const id = await person(`p${i}@example.com`);
      const more = i % 2 === 0 ? {} : { expiresAt: inAYear };
      const { status, body } = await send('POST', `/subjects/${id}/consent?env=live`, olga, {
        ...signed,
        ...more,
      });
      expect([i, status, body.allowed]).toEqual([i, 201, allPurposes]);
    }
    expect(await changeAlerts(olga)).toEqual([]);
  });

  test('with a term for consents, a further picture may bring the first one', async () => {
    await staff.organizations.setRetention(staff.organization, { consentDays: 365 }, operator);
    const olga = await member('Olga', 'operator');
    runClock();
    await person('one@example.com');
    expect(await enrollAgain(olga, 'one@example.com', { consent: signed })).toEqual([201, undefined]);
  });

  test('a consent to the text of the box, signed on the screen, ends no use', async () => {
    const olga = await member('Olga', 'operator');
    const { body } = await send('GET', '/consent-text', olga);
    expect(body.purposes).toEqual(['verification', 'identification']);
    const shown = { ...signed, textVersion: `${body.version}.en`, purposes: body.purposes, shown: true };
    await person('one@example.com');
    expect(await enrollAgain(olga, 'one@example.com', { consent: shown })).toEqual([201, undefined]);
    const other = await person('other@example.com');
    expect(await answer('POST', `/subjects/${other}/consent?env=live`, olga, shown)).toBe(201);
    expect(await changeAlerts(olga)).toEqual([]);
  });

  test('where each face is compared, a consent that does not name that use ends it', async () => {
    await staff.organizations.set(staff.organization, { uniquenessPolicy: 'warn' }, operator);
    const olga = await member('Olga', 'operator');
    await person('one@example.com');
    const consent = { ...signed, purposes: ['verification', 'identification'] };
    expect(await enrollAgain(olga, 'one@example.com', { consent })).toEqual([409, 'CONFLICT']);
  });

  test('a consent that takes uses away since it was looked at is not recorded without its alert', async () => {
    await staff.approvals.setRequired(staff.organization, false, operator);
    const olga = await member('Olga', 'operator');
    const id = await person('one@example.com');
    const record = () =>
      answer('POST', `/subjects/${id}/consent?env=live`, olga, { ...signed, purposes: ['deduplication'] });
    vi.spyOn(staff.consents, 'takesAway').mockResolvedValueOnce(false);
    expect(await record()).toBe('409 CONFLICT');
    expect(await staff.db.selectFrom('consent').select('id').execute()).toEqual([]);
    expect(await record()).toBe(201);
    expect((await changeAlerts(olga)).length).toBe(1);
  });

  test('what a consent takes away is an event and a line of the audit log as a withdrawal is', async () => {
    await staff.approvals.setRequired(staff.organization, false, operator);
    const olga = await member('Olga', 'operator');
    const id = await person('one@example.com');
    const inAMinute = new Date(staff.clock.now() + 60_000).toISOString();
    const consent = { ...signed, purposes: ['verification'], expiresAt: inAMinute };
    expect(await answer('POST', `/subjects/${id}/consent?env=live`, olga, consent)).toBe(201);
    const lines = await staff.db
      .selectFrom('audit')
      .select(['action', 'details'])
      .where('action', 'like', 'consent.%')
      .where('target', '=', id)
      .orderBy('seq')
      .execute();
    const purposes = ['verification', 'identification'];
    expect(lines.map(({ action, details }) => [action, JSON.parse(details).purposes])).toEqual([
      ['consent.withdraw', purposes],
      ['consent.record', ['verification']],
    ]);
    const events = await staff.db
      .selectFrom('outbox')
      .select('payload')
      .where('type', '=', 'consent.withdrawn')
      .execute();
    expect(events.map(({ payload }) => JSON.parse(payload).purposes)).toEqual([purposes]);
  });

  test('staff enrolls no picture with a consent that ends uses of the person', async () => {
    const olga = await member('Olga', 'operator');
    await person('one@example.com');
    const consent = { ...signed, purposes: ['deduplication'] };
    expect(await enrollAgain(olga, 'one@example.com', { consent })).toEqual([409, 'CONFLICT']);
  });

  test('staff gives a person no other name by a picture: it is changed as an identity is', async () => {
    const olga = await member('Olga', 'operator');
    const email = 'one@example.com';
    const id = await person(email);
    const realm = { organization: staff.organization, world: 'live' } as const;
    const nameNow = async () => (await staff.subjects.get(realm, id)).name;
    const refused = [409, 'CONFLICT'];
    expect(await enrollAgain(olga, email, { name: 'Mallory' })).toEqual(refused);
    const patched = await answer('PATCH', `/subjects/${id}?env=live`, olga, { name: 'Mallory' });
    expect(patched).toBe('403 APPROVAL_REQUIRED');
    await staff.subjects.change(realm, id, { name: 'Ada' }, operator);
    expect(await enrollAgain(olga, email, { name: 'Mallory' })).toEqual(refused);
    expect(await enrollAgain(olga, email, { name: 'Ada' })).toEqual([201, undefined]);
    const by = (actor: Actor, name: string) => {
      const embeddings = { 'a-net': direction(email), 'b-net': direction(`${email} b`, 64) };
      const picture = staff.analyzer.show(`by ${actor.is}`, analysisOf(actor.is, { live: 0.99, embeddings }));
      return staff.checks.enroll({ ...realm, email, name, picture, actor }).then(
        () => 'done',
        ({ code }) => code,
      );
    };
    const account: Actor = { is: 'administrator', administrator: staff.ada.id };
    expect(await by(account, 'Mallory')).toBe('CONFLICT');
    expect(await by({ is: 'kiosk', kiosk: 'kio_1', administrator: staff.ada.id }, 'Mallory')).toBe(
      'CONFLICT',
    );
    expect(await nameNow()).toBe('Ada');
    expect(await by({ is: 'key', key: 'key_1' }, 'Ada Lovelace')).toBe('done');
    expect(await nameNow()).toBe('Ada Lovelace');
    expect(await by(operator, 'Ada King')).toBe('done');
    expect(await nameNow()).toBe('Ada King');
  });

  test('the refusal has the request as a second administrator is asked; it opens this change for this person', async () => {
    const one = await person('one@example.com');
    const other = await person('other@example.com');
    const olga = await member('Olga', 'operator');
    const rename = (id: string, email: string) => send('PATCH', `/subjects/${id}?env=live`, olga, { email });
    const { approval } = (await rename(one, 'moved@example.com')).body;
    expect(approval).toEqual({ action: 'subject.change', env: 'live', person: one });
    const { id } = (await send('POST', '/approvals', olga, approval)).body;
    expect(await answer('POST', `/approvals/${id}/confirm`, olga)).toBe('403 INSUFFICIENT_SCOPE');
    const bea = await staff.administrators.list(staff.organization);
    const by = bea.find(({ email }) => email === second.toLowerCase())!;
    await staff.approvals.decide(staff.organization, id, 'confirmed', {
      is: 'administrator',
      administrator: by.id,
    });
    expect((await rename(one, 'moved@example.com')).status).toBe(200);
    expect((await rename(other, 'one@example.com')).body.code).toBe('APPROVAL_REQUIRED');
  });
});

describe('an address that another person had, with four eyes off', () => {
  const rename = (token: string, id: string, email: string) =>
    send('PATCH', `/subjects/${id}?env=live`, token, { email });
  const confirmBy = async (id: string, email: string) => {
    const all = await staff.administrators.list(staff.organization);
    const by = all.find((one) => one.email === email.toLowerCase())!;
    await staff.approvals.decide(staff.organization, id, 'confirmed', {
      is: 'administrator',
      administrator: by.id,
    });
  };

  test('two renames do not make a face stand for it: a second administrator confirms just this address', async () => {
    const victim = await person('victim@example.com');
    const evil = await person('evil@example.com');
    const bea = await staff.make('Bea', 'administrator');
    await staff.addPasskey(await staff.open(bea.email));
    staff.advance(DAY);
    const olga = await member('Olga', 'operator');
    // A swap: the address is the victim's still.
    expect((await rename(olga, evil, 'victim@example.com')).body.code).toBe('APPROVAL_REQUIRED');
    expect((await rename(olga, victim, 'moved@example.com')).status).toBe(200);
    const refused = await rename(olga, evil, 'victim@example.com');
    expect(refused.body).toMatchObject({
      code: 'APPROVAL_REQUIRED',
      approval: { action: 'subject.rebind', env: 'live', person: evil, about: expect.any(String) },
    });
    const { id } = (await send('POST', '/approvals', olga, refused.body.approval)).body;
    await confirmBy(id, bea.email);
    // The confirmation is for one address.
    expect((await rename(olga, victim, 'again@example.com')).status).toBe(200);
    expect((await rename(olga, evil, 'moved@example.com')).body.code).toBe('APPROVAL_REQUIRED');
    expect((await rename(olga, evil, 'victim@example.com')).status).toBe(200);
    // Who had it before takes it back alone.
    expect((await rename(olga, evil, 'evil@example.com')).status).toBe(200);
    expect((await rename(olga, victim, 'moved@example.com')).status).toBe(200);
  });

  test('without a second administrator it waits until the 90 days are over; the operator of the box needs none', async () => {
    const victim = await person('victim@example.com');
    const evil = await person('evil@example.com');
    const olga = await member('Olga', 'operator');
    for (const one of await staff.administrators.list(staff.organization))
      if (one.role === 'owner' || one.role === 'administrator')
        for (const { id } of await staff.administrators.listPasskeys(one.id))
          await staff.administrators.removePasskey(one.id, id, operator);
    expect((await rename(olga, victim, 'moved@example.com')).status).toBe(200);
    const { body } = await rename(olga, evil, 'victim@example.com');
    expect([body.code, body.message ?? body.error]).toEqual([
      'CONFLICT',
      expect.stringContaining('Wait until the 90 days are over'),
    ]);
    const realm = { organization: staff.organization, world: 'live' } as const;
    staff.advance(90 * DAY);
    await staff.subjects.sweepFormerAddresses();
    expect(await staff.subjects.addressOfAnother(realm, evil, 'victim@example.com')).toBeUndefined();
    await staff.subjects.change(realm, evil, { email: 'victim@example.com' }, operator);
  });

  test('nor does a new person: renamed, erased by an administrator, or renamed and then erased', async () => {
    const realm = { organization: staff.organization, world: 'live' } as const;
    const adam = await staff.make('Adam', 'administrator');
    const who = { is: 'administrator', administrator: adam.id } as const;
    const renamed = await person('renamed@example.com');
    const both = await person('both@example.com');
    await person('erased@example.com');
    await staff.subjects.change(realm, renamed, { email: 'moved@example.com' }, who);
    await staff.subjects.change(realm, both, { email: 'moved2@example.com' }, who);
    const erase = async (email: string) => {
      const { id } = await staff.subjects.get(realm, email);
      await staff.inTransaction(async (tx) => {
        const emailHash = await releaseAddress(tx, id);
        await noteFormer(tx, realm, { emailHash: emailHash!, subject: undefined, at: staff.clock.now() });
        for (const one of staff.personalData) await one.forget?.(tx, [id], staff.clock.now());
      });
    };
    await erase('moved2@example.com');
    await erase('erased@example.com');
    const enroll = (email: string, actor: Actor) => {
      const embeddings = { 'a-net': direction(`new ${email}`), 'b-net': direction(`new ${email} b`, 64) };
      const picture = staff.analyzer.show(
        `new ${email}`,
        analysisOf(`new ${email}`, { live: 0.99, embeddings }),
      );
      return staff.checks.enroll({ ...realm, email, picture, actor }).then(
        () => 'enrolled',
        ({ code }) => code,
      );
    };
    for (const email of ['renamed@example.com', 'both@example.com', 'erased@example.com'])
      expect([email, await enroll(email, who)]).toEqual([email, 'CONFLICT']);
    const key = { is: 'key', key: 'key_1' } as const;
    expect(await enroll('renamed@example.com', key)).toBe('CONFLICT');
    // An erased person may come back through the organization's own program.
    expect(await enroll('erased@example.com', key)).toBe('enrolled');
  });
});

describe('a picture is confirmed by two, with four eyes off', () => {
  const realm = () => ({ organization: staff.organization, world: 'live' }) as const;
  /** A picture, unlike the first by so much, that this account or program enrolled for the person. */
  async function add(subject: string, email: string, actor: Actor, name: string): Promise<string> {
    const embeddings = {
      'a-net': near(direction(email), 0.95, name),
      'b-net': near(direction(`${email} b`, 64), 0.95, name),
    };
    const picture = staff.analyzer.show(name, analysisOf(name, { live: 0.99, embeddings }));
    await staff.checks.enroll({ ...realm(), email, picture, actor });
    return (await staff.subjects.pictures(subject as SubjectId)).at(-1)!.enrollment;
  }
  const confirm = (token: string, subject: string, picture: string, confirmed = true) =>
    send('PATCH', `/subjects/${subject}/pictures/${picture}?env=live`, token, { confirmed });
  const as = ({ id }: { id: string }): Actor => ({ is: 'administrator', administrator: id });
  const confirmedLines = async () =>
    (
      await staff.db
        .selectFrom('audit')
        .select('details')
        .where('action', '=', 'subject.confirm')
        .orderBy('id')
        .execute()
    ).map(({ details }) => JSON.parse(details).alone);

  test('who enrolled it asks a second administrator, for this picture; another confirms alone', async () => {
    const subject = await person('victim@example.com');
    const bea = await staff.make('Bea', 'administrator');
    await staff.addPasskey(await staff.open(bea.email));
    staff.advance(2 * DAY);
    const oscar = await staff.make('Oscar', 'operator');
    const olga = await staff.make('Olga', 'operator');
    const [byOscar, byOlga] = [await enter(oscar.email), await enter(olga.email)];
    const kiosk = (administrator?: string): Actor => ({
      is: 'kiosk',
      kiosk: 'kio_1',
      ...defined({ administrator }),
    });
    const own = [
      await add(subject, 'victim@example.com', as(oscar), 'blend 1'),
      await add(subject, 'victim@example.com', kiosk(oscar.id), 'blend 2'),
      await add(subject, 'victim@example.com', kiosk(), 'blend 3'),
      await add(subject, 'victim@example.com', { is: 'key', key: 'key_1' }, 'blend 4'),
    ];
    const refused = await confirm(byOscar, subject, own[0]!);
    for (const picture of own)
      expect((await confirm(byOscar, subject, picture)).body).toMatchObject({
        code: 'APPROVAL_REQUIRED',
        approval: { action: 'picture.confirm', env: 'live', person: subject, about: expect.any(String) },
      });
    // Another member of staff confirms what Oscar enrolled, and not what a program did.
    expect((await confirm(byOlga, subject, own[1]!)).status).toBe(200);
    expect((await confirm(byOlga, subject, own[3]!)).body.code).toBe('APPROVAL_REQUIRED');
    const asked = await send('POST', '/approvals', byOscar, refused.body.approval);
    await staff.approvals.decide(staff.organization, asked.body.id, 'confirmed', as(bea));
    expect((await confirm(byOscar, subject, own[2]!)).body.code).toBe('APPROVAL_REQUIRED');
    expect(await confirm(byOscar, subject, own[0]!)).toMatchObject({
      status: 200,
      body: { items: expect.any(Array) },
    });
    expect((await confirm(byOscar, subject, own[0]!, false)).status).toBe(200);
    expect(await confirmedLines()).toEqual([undefined, undefined]);
  });

  test('without a second administrator the answer, the audit log and the alert say so', async () => {
    const subject = await person('victim@example.com');
    const ada = await enter(staff.ada.email);
    const picture = await add(subject, 'victim@example.com', as(staff.ada), 'blend 1');
    const { status, body } = await confirm(ada, subject, picture);
    expect([status, body.alone]).toEqual([200, true]);
    expect(await confirmedLines()).toEqual([true]);
    const [alert] = await out.alerts.list(realm(), { limit: 1 });
    expect(alert).toMatchObject({ metric: 'protected-change', about: 'confirmPicture/alone' });
    const fired = await staff.db
      .selectFrom('outbox')
      .select('payload')
      .where('type', '=', 'alert.triggered')
      .execute();
    expect(fired.at(-1)!.payload).toContain('No second administrator could confirm it.');
  });

  test('the test world asks no one', async () => {
    const inTest = { organization: staff.organization, world: 'test' } as const;
    const email = 'tester@example.com';
    const show = (name: string) =>
      staff.analyzer.show(
        name,
        analysisOf(name, { embeddings: { 'a-net': direction(email), 'b-net': direction(`${email} b`, 64) } }),
      );
    const { subject } = await staff.checks.enroll({
      ...inTest,
      email,
      picture: show('t1'),
      actor: as(staff.ada),
    });
    const { picture } = await staff.checks.enroll({
      ...inTest,
      email,
      picture: show('t2'),
      actor: as(staff.ada),
    });
    const ada = await enter(staff.ada.email);
    await member('Bea', 'administrator');
    const { status } = await send('PATCH', `/subjects/${subject}/pictures/${picture}?env=test`, ada, {
      confirmed: true,
    });
    expect(status).toBe(200);
  });
});

describe('where an organization may send', () => {
  const kept = ['127.0.0.1:7455', 'localhost:7456', '10.0.0.0/8', '192.168.0.0/16:22', '0.0.0.0/0:6379'];
  const alsoKept = ['127.0.0.0/8:9229', '[::1]:7455', '100.64.0.0/10', '93.184.215.14', 'intranet'];

  test('an administrator grants names of the public internet; an appliance owner, with a fresh factor, the rest', async () => {
    const adam = await member('Adam', 'administrator');
    for (const to of [...kept, ...alsoKept])
      expect([to, await answer('POST', '/grants', adam, { to })]).toEqual([to, '403 DESTINATION_FORBIDDEN']);
    expect((await send('POST', '/grants', adam, { to: 'hooks.example.org' })).body).toMatchObject({
      reach: 'public',
    });
    const ada = await enter(staff.ada.email);
    for (const to of kept) expect([to, await answer('POST', '/grants', ada, { to })]).toEqual([to, 201]);
    // Granted again, further.
    const wide = await send('POST', '/grants', ada, { to: 'hooks.example.org' });
    expect([wide.status, wide.body.reach]).toEqual([201, undefined]);
    staff.advance(minutes(6));
    expect(await answer('POST', '/grants', ada, { to: '10.1.0.0/16' })).toBe('403 FRESH_FACTOR_REQUIRED');
  });

  test('a name that an administrator granted opens no private address', async () => {
    resolved = ['10.0.0.5'];
    const adam = await member('Adam', 'administrator');
    expect(await answer('POST', '/grants', adam, { to: 'rebound.example.org' })).toBe(201);
    const url = 'https://rebound.example.org/x';
    expect(await answer('POST', '/webhooks?env=test', adam, { url, family: 'identity' })).toBe(
      '403 DESTINATION_NOT_GRANTED',
    );
    resolved = ['93.184.215.14'];
    const { status, body } = await send('POST', '/webhooks?env=test', adam, { url, family: 'identity' });
    expect(status).toBe(201);
    resolved = ['127.0.0.1'];
    const { log } = (await send('POST', `/webhooks/${body.id}/test?env=test`, adam, {})).body;
    expect(log).toMatchObject([{ outcome: expect.stringContaining('not-granted') }]);
  });

  test('the answer of a private receiver is shown to appliance owners, not to tenants', async () => {
    resolved = ['10.0.0.5'];
    const adam = await member('Adam', 'administrator');
    const ada = await enter(staff.ada.email);
    expect(await answer('POST', '/grants', ada, { to: 'inside.example.org' })).toBe(201);
    const url = 'https://inside.example.org/x';
    const { body } = await send('POST', '/webhooks?env=test', adam, { url, family: 'identity' });
    const tested = (await send('POST', `/webhooks/${body.id}/test?env=test`, adam, {})).body;
    const read = async (token: string) =>
      (await send('GET', `/deliveries/${tested.id}?env=test`, token)).body.log[0].response;
    for (const response of [tested.log[0].response, await read(adam)])
      expect(response).toEqual({
        headers: {},
        body: expect.stringContaining('not shown'),
        truncated: false,
      });
    expect(await read(ada)).toMatchObject({ body: 'thanks', headers: { 'content-type': 'text/plain' } });
    resolved = ['93.184.215.14'];
    const open = (await send('POST', `/webhooks/${body.id}/test?env=test`, adam, {})).body;
    expect(open.log[0].response).toMatchObject({ body: 'thanks' });
  });
});

test('a scan is enrolled by owners and administrators, with an alert, and with four eyes by two; no other says so', async () => {
  const upload = async (token: string, request: object) => {
    const email = 'scan@example.com';
    const embeddings = { 'a-net': direction(email), 'b-net': direction(`${email} b`, 64) };
    const picture = staff.analyzer.show(email, analysisOf(email, { live: 0.001, embeddings }));
    const { status, body } = await sendRecorded(app, {
      method: 'POST',
      path: '/api/admin/subjects?env=live',
      headers: { host: HOST, authorization: `Bearer ${token}` },
      form: [
        { name: 'request', text: JSON.stringify({ email, ...request }) },
        { name: 'picture', file: Buffer.from(picture).toString('base64') },
      ],
    });
    return status < 400 ? status : `${status} ${(body as { code: string }).code}`;
  };
  const adam = await member('Adam', 'administrator');
  await member('Bea', 'administrator');
  const olga = await member('Olga', 'operator');
  expect(await upload(adam, {})).toBe('422 CHECK_FAILED');
  expect(await upload(olga, { overrideLiveness: true })).toBe('403 INSUFFICIENT_SCOPE');
  expect(await upload(adam, { confirmed: true })).toBe('400 INVALID_REQUEST');
  expect(await upload(adam, { overrideMismatch: true })).toBe('400 INVALID_REQUEST');
  await staff.approvals.setRequired(staff.organization, true, operator);
  expect(await upload(adam, { overrideLiveness: true })).toBe('403 APPROVAL_REQUIRED');
  await staff.approvals.setRequired(staff.organization, false, operator);
  expect(await upload(adam, { overrideLiveness: true })).toBe(201);
  const realm = { organization: staff.organization, world: 'live' } as const;
  const alerts = await out.alerts.list(realm, { limit: 10 });
  expect(alerts.map(({ about }) => about)).toContain('enrollSubject');
});

test('the administrators get an alert of a change that weakens, once an hour for each operation', async () => {
  const ada = await enter(staff.ada.email);
  const alerts = async () =>
    (await out.alerts.list({ organization: staff.organization, world: 'live' }, { limit: 10 })).map(
      ({ metric, about }) => [metric, about],
    );
  const { name } = (await send('GET', '/organization', ada)).body;
  const named = { name: 'Acme of Bern', setupSteps: { name: 'done' } };
  for (const harmless of [{ name }, named, { color: '#1f4e3d' }])
    expect(await answer('PATCH', '/organization', ada, harmless)).toBe(200);
  expect(await alerts()).toEqual([]);
  await person('live1@example.com');
  expect(await answer('PATCH', '/organization', ada, { name: 'Acme of Basel' })).toBe(200);
  expect(await answer('PATCH', '/organization', ada, { matchOnly: true })).toBe(200);
  expect(await answer('PATCH', '/organization', ada, { matchOnly: false })).toBe(200);
  expect(await alerts()).toEqual([['protected-change', 'changeOrganization']]);
  expect(await answer('POST', '/grants', ada, { to: 'public-https' })).toBe(201);
  expect(await alerts()).toEqual([
    ['protected-change', 'addGrant'],
    ['protected-change', 'changeOrganization'],
  ]);
});

test('who stops the webhook that takes alerts, or what it needs, does not do so unnoticed', async () => {
  const ada = await enter(staff.ada.email);
  const { id: grant } = (await send('POST', '/grants', ada, { to: 'public-https' })).body;
  const hook = async (events?: string[]) =>
    (
      await send('POST', '/webhooks?env=live', ada, {
        url: 'https://hooks.example.org/x',
        family: 'identity',
        ...defined({ events }),
      })
    ).body.id;
  const [other, second, all] = [
    await hook(['identity.verification.success']),
    await hook(['identity.alert.triggered']),
    await hook(),
  ];
  const stops = async () =>
    (await changeAlerts(ada))
      .map(({ about }: { about: string }) => about)
      .filter((about: string) => !['createWebhook', 'addGrant'].includes(about));
  expect(await answer('DELETE', `/webhooks/${other}?env=live`, ada)).toBe(204);
  expect(await stops()).toEqual([]);
  expect(await answer('POST', `/webhooks/${second}/disable?env=live`, ada, {})).toBe(200);
  expect(await answer('DELETE', `/webhooks/${all}?env=live`, ada)).toBe(204);
  expect(await answer('DELETE', `/grants/${grant}`, ada)).toBe(200);
  expect(await stops()).toEqual(['revokeGrant', 'removeWebhook', 'disableWebhook']);
});

test('the rule of these alerts is not removed unnoticed, and one that sends nowhere does not stand for it', async () => {
  const ada = await enter(staff.ada.email);
  const silent = { webhook: false, desktop: false };
  for (const channels of [silent, undefined, { desktop: true }]) {
    const made = { metric: 'protected-change', holdOffMinutes: 43_200, ...defined({ channels }) };
    expect(await answer('POST', '/alert-rules?env=live', ada, made)).toBe(201);
  }
  expect(await answer('PATCH', '/organization', ada, { matchOnly: true })).toBe(200);
  const rules = async () => (await send('GET', '/alert-rules?env=live', ada)).body.items;
  const own = (await rules()).find((rule: { holdOffMinutes: number }) => rule.holdOffMinutes === 60);
  expect(own).toMatchObject({ metric: 'protected-change', enabled: true });

  for (const { id } of await rules())
    expect(await answer('DELETE', `/alert-rules/${id}?env=live`, ada)).toBe(204);
  expect(await changeAlerts(ada)).toContainEqual(
    expect.objectContaining({ about: 'removeAlertRule', rule: own.id }),
  );
});

test('a change by an appliance owner of another organization alerts the organization that was changed', async () => {
  const ada = await enter(staff.ada.email);
  const { id: organization } = await staff.organizations.create({ name: 'Museum' }, operator);
  expect(await answer('PATCH', `/limits?organization=${organization}`, ada, { monthly: 100 })).toBe(200);
  const alertsOf = (of: typeof organization) =>
    out.alerts.list({ organization: of, world: 'live' }, { limit: 10 });
  expect(await alertsOf(organization)).toMatchObject([{ metric: 'protected-change' }]);
  expect(await alertsOf(staff.organization)).toEqual([]);
});

test('with four eyes no API key removes or changes what guards, and what a key opens alerts as well', async () => {
  const ada = await enter(staff.ada.email);
  await enter((await staff.make('Bea', 'administrator')).email);
  await staff.approvals.setRequired(staff.organization, true, operator);
  expect(await answer('POST', '/grants', ada, { to: 'public-https' })).toBe(201);
  const { key } = (await send('POST', '/keys', ada, { env: 'live', scopes: ['admin'] })).body;
  const byKey = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) => {
    const headers = { host: HOST, 'x-api-key': key };
    const reply = await app.inject({ method, url: `/api/admin${path}`, headers, ...defined({ payload }) });
    return reply.statusCode < 300 ? reply.statusCode : reply.json().code;
  };
  const { items } = (await send('GET', '/alert-rules?env=live', ada)).body;
  const rule = items.find(({ metric }: { metric: string }) => metric === 'protected-change').id;
  expect(await byKey('PATCH', `/alert-rules/${rule}`, { enabled: false })).toBe('APPROVAL_REQUIRED');
  expect(await byKey('DELETE', `/alert-rules/${rule}`)).toBe('APPROVAL_REQUIRED');
  const hook = { url: 'https://hooks.example.org/x', family: 'identity' };
  expect(await byKey('POST', '/webhooks', hook)).toBe(201);
  const about = (await changeAlerts(ada)).map((alert: { about: string }) => alert.about);
  expect(about).toEqual(['createWebhook', 'createKey', 'addGrant']);
  await staff.organizations.set(staff.organization, { fourEyes: false }, operator);
  expect(await byKey('PATCH', `/alert-rules/${rule}`, { enabled: false })).toBe(200);
});

test.each([
  ['signed out', (id: AdministratorId) => staff.administrators.endSessions(id, operator)],
  ['disabled', (id: AdministratorId) => changed(id, { disabled: true })],
  ['given another role', (id: AdministratorId) => changed(id, { role: 'reviewer' })],
])('an account that is %s no longer goes on with what it reads', async (_, end) => {
  const { id, email } = await staff.make('Rosa Parks', 'auditor');
  const caller = (await staff.sessions.byToken(await enter(email)))!;
  expect(await staff.sessions.goesOn(caller)).toBe(true);
  await end(id);
  expect(await staff.sessions.goesOn(caller)).toBe(false);
});
const changed = (id: AdministratorId, change: { disabled?: true; role?: Role }) =>
  staff.administrators.change(staff.organization, id, change, operator);
