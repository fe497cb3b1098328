import { generateKeyPairSync } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAccess, type Role, roles } from '../../service/engine/accounts/index.ts';
import { createOwnHosts } from '../../service/http/listening/own-hosts.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { createAuthenticator, type SoftAuthenticator } from '../support/authenticator.ts';
import { openEventsOut } from '../support/events-out.ts';
import { analysisOf, direction, near } from '../support/faces.ts';
import { operatorParts } from '../support/operator-parts.ts';
import { password, startStaff } from '../support/staff.ts';

const HOST = 'localhost:7300';
const origin = `http://${HOST}`;
const minutes = (count: number) => count * 60_000;
const DAY = 86_400_000;

let staff: Awaited<ReturnType<typeof startStaff>>;
let app: FastifyInstance;
beforeEach(async () => {
  staff = await startStaff();
  app = await createPublicServer(
    {
      ...staff,
      ...operatorParts,
      ...(await openEventsOut(staff)),
      access: createAccess({ ...staff, log: silentLog }),
      metrics: createMetrics({ processMetrics: false }),
      log: silentLog,
    },
    { trustedProxies: [], hosts: createOwnHosts({ listen: '127.0.0.1', allowed: [] }) },
  );
  await app.ready();
});
afterEach(async () => {
  await app?.close();
  await staff?.stop();
});

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
async function send(method: Method, url: string, token?: string, body?: object, host = HOST) {
  const reply = await app.inject({
    method,
    url,
    headers: { host, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    ...(body && { payload: body }),
  });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}
const answer = async (...sent: Parameters<typeof send>) => {
  const { status, body } = await send(...sent);
  return status < 400 ? status : `${status} ${body.code}`;
};

const login = async (email = staff.ada.email) =>
  (await send('POST', '/api/auth/login', undefined, { email, password })).body;
const root = '/api/auth/2fa/passkey';

async function enroll(token: string, key = createAuthenticator()): Promise<SoftAuthenticator> {
  const { options } = (await send('POST', `${root}/register-options`, token)).body;
  const credential = key.create(options, { origin });
  const { status, body } = await send('POST', `${root}/register`, token, { credential, name: 'Key' });
  expect([status, body]).toEqual([
    200,
    { success: true, credentialId: key.id, name: 'Key', createdAt: expect.any(String) },
  ]);
  return key;
}

async function enter(key: SoftAuthenticator, email = staff.ada.email): Promise<string> {
  const { sessionToken } = await login(email);
  const { options } = (await send('POST', `${root}/authenticate-options`, undefined, { sessionToken })).body;
  const credential = key.get(options, { origin });
  const { body } = await send('POST', `${root}/authenticate`, undefined, { sessionToken, credential });
  return body.token;
}

async function stepUp(token: string, key: SoftAuthenticator) {
  const { options } = (await send('POST', '/api/auth/step-up/options', token)).body;
  return send('POST', '/api/auth/step-up', token, { credential: key.get(options, { origin }) });
}

test('four eyes: one administrator alone erases and exports no person, nor switches it off', async () => {
  const bob = await staff.make('Bob', 'administrator');
  const keys = [await enroll((await login()).token), await enroll((await login(bob.email)).token)];
  staff.advance(2 * DAY);
  const [ada, second] = [await enter(keys[0]!), await enter(keys[1]!, bob.email)];
  const person = `sub_${'0'.repeat(26)}`;
  const what = { action: 'subject.erase', env: 'live', person };
  const attempts = [
    ['POST', `/api/admin/subjects/${person}/erase?env=live`, { confirm: person }],
    ['GET', `/api/admin/subjects/${person}/export?env=live`],
    ['POST', '/api/admin/subjects/erase?env=live', { confirm: 1 }],
    ['PUT', '/api/admin/organization/four-eyes', { required: false }],
  ] as const;
  expect(await answer('PUT', '/api/admin/organization/four-eyes', ada, { required: true })).toBe(200);
  for (const [method, url, body] of attempts)
    expect([url, await answer(method, url, ada, body)]).toEqual([url, '403 APPROVAL_REQUIRED']);

  const { id } = (await send('POST', '/api/admin/approvals', ada, what)).body;
  const confirm = `/api/admin/approvals/${id}/confirm`;
  expect(await answer('POST', confirm, ada)).toBe('409 CONFLICT');
  staff.advance(minutes(6));
  expect(await answer('POST', confirm, second)).toBe('403 FRESH_FACTOR_REQUIRED');
  await stepUp(second, keys[1]!);
  expect(await answer('POST', confirm, second)).toBe(200);
  await stepUp(ada, keys[0]!);
  // The erasure itself is none of these parts: it is reached.
  expect(await answer(attempts[0][0], attempts[0][1], ada, attempts[0][2])).toBe('500 INTERNAL');
  for (const [method, url, body] of attempts.slice(1))
    expect([url, await answer(method, url, ada, body)]).toEqual([url, '403 APPROVAL_REQUIRED']);
});

describe('a second factor', () => {
  test('is enrolled, asked for at sign-in, and listed; the password alone answers which one has to follow', async () => {
    const { token } = await login();
    const key = await enroll(token);
    expect(await login()).toEqual({
      requires_2fa: true,
      methods: { passkey: true, face: false, recoveryCode: false },
      sessionToken: expect.stringMatching(/^tmp_sess_/),
      message: 'Two-factor authentication required',
    });
    const second = await enter(key);
    const { body } = await send('GET', `${root}/credentials`, second);
    expect(body.credentials).toEqual([
      { credentialId: key.id, name: 'Key', createdAt: expect.any(String), lastUsedAt: expect.any(String) },
    ]);
  });

  test('the answer of the passkey is the contract’s, and works once', async () => {
    const key = await enroll((await login()).token);
    const { sessionToken } = await login();
    const { options } = (await send('POST', `${root}/authenticate-options`, undefined, { sessionToken }))
      .body;
    expect(options).toMatchObject({
      rpId: 'localhost',
      allowCredentials: [{ id: key.id, type: 'public-key' }],
      userVerification: 'required',
    });
    const credential = key.get(options, { origin });
    const finish = () => send('POST', `${root}/authenticate`, undefined, { sessionToken, credential });
    expect((await finish()).body).toEqual({
      success: true,
      token: expect.any(String),
      expiresAt: expect.any(String),
      admin: { id: staff.ada.id, email: staff.ada.email, orgId: staff.organization },
    });
    expect((await finish()).status).toBeGreaterThanOrEqual(400);
  });

  test('of another origin, of another key, or malformed is refused', async () => {
    const key = await enroll((await login()).token);
    const forms: ((options: never) => unknown)[] = [
      (options) => key.get(options, { origin: 'https://evil.example' }),
      (options) => createAuthenticator().get(options, { origin }),
      (options) => key.get(options, { origin, verified: false }),
      (options) => ({ ...key.get(options, { origin }), response: { clientDataJSON: 'AAAA' } }),
      () => ({}),
      () => ({ id: 5, rawId: [], type: 'public-key', response: null }),
      (options) => ({ ...key.get(options, { origin }), id: '../../x' }),
    ];
    for (const form of forms) {
      staff.advance(minutes(20));
      const { sessionToken } = await login();
      const { options } = (await send('POST', `${root}/authenticate-options`, undefined, { sessionToken }))
        .body;
      const credential = form(options as never);
      expect(await answer('POST', `${root}/authenticate`, undefined, { sessionToken, credential })).toBe(
        '400 PASSKEY_REFUSED',
      );
    }
    staff.advance(minutes(20));
    const { sessionToken } = await login();
    for (const credential of [undefined, null, 'text', [1]]) {
      expect(
        await answer('POST', `${root}/authenticate`, undefined, { sessionToken, credential } as object),
      ).toBe('400 INVALID_REQUEST');
    }
  });

  test('the last one stays; another one, and codes, take a fresh one', async () => {
    const { token } = await login();
    const key = await enroll(token);
    expect(await answer('DELETE', `${root}/credentials/${key.id}`, token)).toBe('409 LAST_FACTOR');
    staff.advance(minutes(6));
    const other = createAuthenticator();
    for (const [method, url] of [
      ['POST', `${root}/register-options`],
      ['POST', '/api/auth/recovery-codes'],
      ['DELETE', `${root}/credentials/${key.id}`],
    ] as const) {
      expect(await answer(method, url, token)).toBe('403 FRESH_FACTOR_REQUIRED');
    }
    const { status, body } = await stepUp(token, key);
    expect([status, Date.parse(body.factorAt)]).toEqual([200, staff.clock.now()]);
    await enroll(token, other);
    const { codes } = (await send('POST', '/api/auth/recovery-codes', token)).body;
    expect(codes).toHaveLength(10);
    const removed = await send('DELETE', `${root}/credentials/${key.id}`, token);
    expect(removed.body).toEqual({ success: true, message: 'Passkey removed' });

    const { sessionToken, methods } = await login();
    expect(methods).toEqual({ passkey: true, face: false, recoveryCode: true });
    const byCode = { sessionToken, code: codes[0] };
    expect((await send('POST', '/api/auth/2fa/recovery', undefined, byCode)).body).toMatchObject({
      token: expect.any(String),
      user: { email: staff.ada.email },
    });
    const again = { sessionToken: (await login()).sessionToken, code: codes[0] };
    expect(await answer('POST', '/api/auth/2fa/recovery', undefined, again)).toBe('401 SIGN_IN_REFUSED');
  });

  test('at an IP address there are no passkeys, and the refusal says what to do', async () => {
    const { token } = await login();
    const { status, body } = await send(
      'POST',
      `${root}/register-options`,
      token,
      undefined,
      '127.0.0.1:7300',
    );
    expect([status, body.code, body.error]).toEqual([
      400,
      'PASSKEY_REFUSED',
      expect.stringContaining('host name'),
    ]);
  });

  test('seven days without one: the password opens nothing, and with a code it opens enrolling alone', async () => {
    staff.advance(7 * DAY);
    const late = await send('POST', '/api/auth/login', undefined, { email: staff.ada.email, password });
    expect([late.status, late.body]).toEqual([
      403,
      {
        error: '2FA enrollment required',
        code: 'SECOND_FACTOR_REQUIRED',
        doc_url: expect.stringMatching(/\/docs\/errors\/SECOND_FACTOR_REQUIRED$/),
        requestId: expect.any(String),
        sessionToken: expect.any(String),
      },
    ]);
    const { sessionToken } = late.body;
    expect(
      await answer('POST', '/api/auth/2fa/enrollment', undefined, {
        sessionToken,
        code: 'aaaa-bbbb-cccc-dddd',
      }),
    ).toBe('401 SIGN_IN_REFUSED');
    const { code } = await staff.administrators.reset(
      staff.ada.id,
      { factors: true },
      { is: 'operator', name: 'ada' },
    );
    const next = await send('POST', '/api/auth/login', undefined, { email: staff.ada.email, password });
    const limited = (
      await send('POST', '/api/auth/2fa/enrollment', undefined, {
        sessionToken: next.body.sessionToken,
        code,
      })
    ).body.token;
    for (const [method, url] of [
      ['GET', '/api/admin/keys'],
      ['GET', '/api/admin/organizations'],
      ['GET', '/api/auth/sessions'],
      ['POST', '/api/auth/recovery-codes'],
    ] as const) {
      expect(await answer(method, url, limited)).toBe('403 SECOND_FACTOR_REQUIRED');
    }
    await enroll(limited);
    expect(await answer('GET', '/api/admin/keys', limited)).toBe(200);
  });
});

describe('a face after the password', () => {
  const url = '/api/auth/2fa/face';
  /** As a page sends them, of what the analyzer is scripted to see. */
  const pictures = (moment: string) => {
    const one = (name: string, eyesOpen = 0.3) => {
      const embeddings = { 'a-net': near(direction('ada'), 0.99, name), 'b-net': direction('ada b', 64) };
      const script = { live: 0.99, embeddings, quality: { eyesOpen } };
      const bytes = staff.analyzer.show(name, analysisOf(name, script));
      return Buffer.from(bytes).toString('base64');
    };
    const frames = Array.from({ length: 20 }, (_, i) => one(`${moment} frame ${i}`, i === 10 ? 0.05 : 0.3));
    const frameTimes = frames.map((_, i) => i * 100);
    return { image: one(`${moment} picture`), frames, frameTimes, consent: true };
  };
  const textVersion = 'gatehouse-face-factor-1';
  const allow = (token: string, allowed: boolean) =>
    answer('PUT', '/api/admin/organization/face-factor', token, { allowed });

  test('only an owner with a fresh factor allows it, and each person enrolls with a fresh one and consent', async () => {
    await staff.installPad();
    const { email } = await staff.make('Grace Hopper', 'administrator');
    const hers = (await login(email)).token;
    await enroll(hers);
    expect(await allow(hers, true)).toBe('403 INSUFFICIENT_SCOPE');
    expect(await answer('PATCH', '/api/admin/organization', hers, { faceFactor: true })).toBe(
      '400 INVALID_REQUEST',
    );
    const { token } = await login();
    const key = await enroll(token);
    staff.advance(minutes(6));
    expect(await allow(token, true)).toBe('403 FRESH_FACTOR_REQUIRED');
    expect(await answer('PUT', url, token, { ...pictures('early'), textVersion })).toBe(
      '403 FRESH_FACTOR_REQUIRED',
    );
    await stepUp(token, key);
    expect(await answer('PUT', url, token, { ...pictures('early'), textVersion })).toBe('409 CONFLICT');
    expect(await allow(token, true)).toBe(200);
    const { consent: _, ...silent } = pictures('silent');
    for (const body of [silent, { ...silent, consent: false }, pictures('no text')])
      expect(await answer('PUT', url, token, { textVersion: undefined, ...body })).toBe(
        '400 INVALID_REQUEST',
      );
    expect(await answer('PUT', url, token, { ...pictures('first'), textVersion })).toBe(200);
    expect((await send('GET', url, token)).body).toMatchObject({ allowed: true, enrolled: { textVersion } });
    expect((await send('GET', url, hers)).body).not.toHaveProperty('enrolled');
  });

  test('opens a session in which nothing works that needs a fresh factor, until a passkey is used', async () => {
    await staff.installPad();
    const first = (await login()).token;
    const key = await enroll(first);
    await allow(first, true);
    await answer('PUT', url, first, { ...pictures('enrollment'), textVersion });
    const { sessionToken, methods } = await login();
    expect(methods).toEqual({ passkey: true, face: true, recoveryCode: false });
    const { status, body } = await send('POST', url, undefined, { sessionToken, ...pictures('morning') });
    expect([status, body.success, body.admin.email]).toEqual([200, true, staff.ada.email]);
    const { token } = body;
    expect(await answer('GET', '/api/admin/keys', token)).toBe(200);
    const stale = '403 FRESH_FACTOR_REQUIRED';
    const asked: [Method, string, object?][] = [
      ['POST', '/api/admin/keys', { env: 'test', scopes: ['identity'] }],
      ['POST', `${root}/register-options`],
      ['POST', '/api/auth/recovery-codes'],
      ['DELETE', `${root}/credentials/${key.id}`],
      ['PUT', url, { ...pictures('other'), textVersion }],
      ['PUT', '/api/admin/organization/face-factor', { allowed: false }],
    ];
    for (const [method, path, wanted] of asked) expect(await answer(method, path, token, wanted)).toBe(stale);
    await stepUp(token, key);
    expect(await answer('POST', '/api/admin/keys', token, { env: 'test', scopes: ['identity'] })).toBe(201);
    expect(await allow(token, false)).toBe(200);
    const after = (await login()).sessionToken;
    expect(await answer('POST', url, undefined, { sessionToken: after, ...pictures('noon') })).toBe(
      '401 FACE_REFUSED',
    );
  });
});

describe('a fresh second factor', () => {
  test('is what making a key takes, and does not last', async () => {
    const { token } = await login();
    const make = () => answer('POST', '/api/admin/keys', token, { env: 'test', scopes: ['identity'] });
    expect(await make()).toBe('403 FRESH_FACTOR_REQUIRED');
    const key = await enroll(token);
    expect(await make()).toBe(201);
    staff.advance(minutes(5));
    expect(await make()).toBe('403 FRESH_FACTOR_REQUIRED');
    await stepUp(token, key);
    expect(await make()).toBe(201);
  });

  test('is no step-up with the passkey of another account', async () => {
    const grace = await staff.make('Grace Hopper', 'owner');
    const hers = await enroll((await login(grace.email)).token);
    const { token } = await login();
    await enroll(token);
    staff.advance(minutes(6));
    expect((await stepUp(token, hers)).body.code).toBe('PASSKEY_REFUSED');
    expect(await answer('POST', '/api/admin/keys', token, { env: 'test', scopes: ['identity'] })).toBe(
      '403 FRESH_FACTOR_REQUIRED',
    );
  });
});

describe('roles over HTTP, with real sessions', () => {
  test('each role does what it may and nothing else', async () => {
    const seen: Record<string, unknown[]> = {};
    for (const role of roles) {
      const { email } = await staff.make(`${role}1 Person`, role);
      const { token } = await login(email);
      await enroll(token);
      seen[role] = [
        await answer('GET', '/api/admin/keys', token),
        await answer('POST', '/api/admin/keys', token, { env: 'test', scopes: ['identity'] }),
        await answer('GET', '/api/admin/administrators', token),
        await answer('GET', '/api/admin/organizations', token),
        await answer('GET', '/api/admin/subjects/count?env=test', token),
        await answer('POST', '/api/verify', token, {}),
      ];
    }
    const no = '403 INSUFFICIENT_SCOPE';
    // Admitted: the body is empty.
    const wrong = '400 INVALID_REQUEST';
    expect(seen).toEqual({
      owner: [200, 201, 200, no, 200, wrong],
      administrator: [200, 201, no, no, 200, wrong],
      operator: [200, no, no, no, 200, wrong],
      reviewer: [no, no, no, no, no, no],
      auditor: [200, no, 200, no, 200, no],
    } satisfies Record<Role, unknown[]>);
  });

  test('a world route takes the world from the query', async () => {
    const { token } = await login();
    expect(await answer('GET', '/api/admin/subjects/count', token)).toBe('400 INVALID_REQUEST');
  });

  test('an appliance owner acts on the box, in every organization; an owner of one organization does not', async () => {
    const other = await staff.organizations.create({ name: 'Other' }, { is: 'operator', name: 'ada' });
    const { token } = await login();
    await enroll(token);
    const { body } = await send('GET', '/api/admin/organizations', token);
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(['Other', 'Acme']);
    expect(await answer('PATCH', `/api/admin/limits?organization=${other.id}`, token, { burst: 9 })).toBe(
      200,
    );
    staff.advance(minutes(6));
    expect(await answer('PATCH', `/api/admin/limits?organization=${other.id}`, token, { burst: 8 })).toBe(
      '403 FRESH_FACTOR_REQUIRED',
    );
    // What is the organization's own stays its own.
    expect(await answer('GET', `/api/admin/keys?organization=${other.id}`, token)).toBe(
      '403 INSUFFICIENT_SCOPE',
    );
  });

  test('an organization’s owner does not become one of the appliance', async () => {
    const { id, email } = await staff.make('Grace Hopper', 'owner');
    const { token } = await login(email);
    await enroll(token);
    const administrators = '/api/admin/administrators';
    const wanted = { email: 'eve@example.com', name: 'Eve', role: 'owner', applianceOwner: true };
    const no = '403 INSUFFICIENT_SCOPE';
    expect(await answer('POST', administrators, token, wanted)).toBe(no);
    expect(await answer('PATCH', `${administrators}/${id}`, token, { applianceOwner: true })).toBe(no);
    expect(await answer('PATCH', `${administrators}/${staff.ada.id}`, token, { disabled: true })).toBe(no);
    expect(await answer('POST', `${administrators}/${staff.ada.id}/reset`, token, { password: true })).toBe(
      no,
    );
    expect(await answer('DELETE', `${administrators}/${staff.ada.id}`, token)).toBe(no);
    const { applianceOwner: _, ...plain } = wanted;
    expect(await answer('POST', administrators, token, plain)).toBe(201);
  });

  test('an owner reaches no administrator of another organization', async () => {
    const other = await staff.organizations.create({ name: 'Other' }, { is: 'operator', name: 'ada' });
    const theirs = await staff.make('Linus Other', 'owner', { organization: other.id });
    const { email } = await staff.make('Grace Hopper', 'owner');
    const { token } = await login(email);
    await enroll(token);
    const url = `/api/admin/administrators/${theirs.id}`;
    expect(await answer('GET', url, token)).toBe('404 NOT_FOUND');
    expect(await answer('POST', `${url}/reset`, token, { password: true })).toBe('404 NOT_FOUND');
    expect(await answer('POST', `${url}/unlock`, token)).toBe('404 NOT_FOUND');
    expect(await answer('DELETE', url, token)).toBe('404 NOT_FOUND');
    expect(await answer('GET', `${url}?organization=${other.id}`, token)).toBe('403 INSUFFICIENT_SCOPE');
  });

  test('a role that is taken away is gone at once, also from an access token', async () => {
    const { id, email } = await staff.make('Grace Hopper', 'administrator');
    const { token } = await login(email);
    expect(await answer('GET', '/api/admin/keys', token)).toBe(200);
    const by = { is: 'operator', name: 'ada' } as const;
    await staff.administrators.change(staff.organization, id, { role: 'reviewer' }, by);
    expect(await answer('GET', '/api/admin/keys', token)).toBe('403 INSUFFICIENT_SCOPE');
    await staff.administrators.change(staff.organization, id, { disabled: true }, by);
    expect(await answer('GET', '/api/admin/keys', token)).toBe('401 MISSING_AUTH');
  });
});

describe('forged access tokens', () => {
  test('are refused, and so is a right one whose session has ended', async () => {
    const { token } = await login();
    const [, payload = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const { kid, privateKey } = staff.signing.keyPair('administrators');
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const sign = (
      more: object = {},
      header: { typ?: string } = {},
      key: Parameters<SignJWT['sign']>[0] = privateKey,
    ) =>
      new SignJWT({ ...claims, ...more })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'admin+jwt', kid, ...header })
        .sign(key);
    expect(await answer('GET', '/api/admin/keys', await sign())).toBe(200);
    const forged = [
      new UnsecuredJWT(claims).encode(),
      await sign({}, {}, stranger),
      await sign({}, { typ: 'JWT' }),
      await sign({ exp: claims.iat - 1 }),
      await sign({ aud: 'another' }),
      await sign({ sid: 'ses_00000000000000000000000000' }),
      await sign({ sub: (await staff.make('Grace Hopper', 'owner')).id }),
      `${token.slice(0, -4)}AAAA`,
      'a.b.c',
    ];
    for (const one of forged) expect(await answer('GET', '/api/admin/keys', one)).toBe('401 MISSING_AUTH');
    await send('POST', '/api/auth/logout', token);
    expect(await answer('GET', '/api/admin/keys', token)).toBe('401 MISSING_AUTH');
  });

  test('the key that signs them is in no public document', async () => {
    const { body } = await send('GET', '/openapi.json');
    expect(JSON.stringify(body)).not.toContain(staff.signing.keyPair('administrators').kid);
    // The keys of people's tokens alone.
    const keys = await send('GET', '/.well-known/jwks.json');
    expect(keys.status).toBe(200);
    expect(JSON.stringify(keys.body)).not.toContain(staff.signing.keyPair('administrators').kid);
  });

  test('15 minutes, and a rotated key, end them; the session of the cookie goes on', async () => {
    const { token } = await login();
    staff.advance(minutes(15));
    expect(await answer('GET', '/api/admin/keys', token)).toBe('401 MISSING_AUTH');
    const next = (await login()).token;
    await staff.signing.rotate('administrators');
    expect(await answer('GET', '/api/admin/keys', next)).toBe('401 MISSING_AUTH');
    expect(await answer('GET', '/api/admin/keys', (await login()).token)).toBe(200);
  });
});
