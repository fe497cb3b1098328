import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createShellWindows } from '../../main/windows/shell-windows.ts';
import { createKioskDoor } from '../../service/doors/kiosk/index.ts';
import { createAccess } from '../../service/engine/accounts/index.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createTestElectron } from '../support/electron.ts';
import { createManualTimers } from '../support/manual-timers.ts';
import { openDoors } from '../support/open-doors.ts';
import { startStaff } from '../support/staff.ts';

type Waiting = Parameters<(typeof staff)['kiosks']['leave']>[0];

const pin = '482913';
const operator = { is: 'operator', name: 'ada' } as const;
let staff: Awaited<ReturnType<typeof startStaff>>;
let app: FastifyInstance;
let kiosk: string;
let email: string;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

beforeEach(async () => {
  staff = await startStaff();
  const { kiosks } = staff;
  app = await openDoors(staff, { access: createAccess({ ...staff, log: silentLog }), kiosks }, [
    createKioskDoor(staff),
  ]);
  const cara = await staff.make('Cara Diaz', 'operator');
  email = cara.email;
  await staff.kiosks.setPin(cara.id, staff.organization, pin);
  const realm = { organization: staff.organization, world: 'test' } as const;
  const { id, code } = await staff.kiosks.beginPairing(realm, 'Lobby', operator);
  staff.kiosks.claim(code, publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'));
  kiosk = (await staff.kiosks.confirmPairing(staff.organization, id, operator)).id;
});
afterEach(async () => {
  await app?.close();
  await staff?.stop();
});

async function post(path: string, payload: object, token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const reply = await app.inject({ method: 'POST', url: `/api/kiosk/${path}`, payload, headers });
  return { status: reply.statusCode, body: reply.body === '' ? {} : reply.json() };
}

/** As the page of the device does whenever its session is over. */
async function openSession(): Promise<string> {
  const { challenge } = (await post('challenge', { kiosk })).body;
  const signed = Buffer.from(`gatehouse-kiosk-1\n${kiosk}\n${challenge}`);
  const signature = sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return (await post('session', { kiosk, challenge, signature: signature.toString('base64url') })).body.token;
}
const leave = async (body: object) => post('leave', body, await openSession());

test('five wrong PINs sign the operator out, and the sixth, with a session opened anew, does not leave the kiosk', async () => {
  const token = await openSession();
  await post('operator', { email, pin }, token);
  for (let guess = 0; guess < 5; guess++)
    expect((await post('leave', { pin: '000001' }, token)).status).toBe(401);
  for (const body of [{ pin: '000001' }, { pin }, { pin, email }])
    expect(await leave(body)).toMatchObject({ status: 401, body: { code: 'SIGN_IN_REFUSED' } });
  await staff.kiosks.unlock(staff.organization, kiosk, operator);
  expect((await leave({ pin, email })).status).toBe(401);
  // The PIN of that operator is locked too, until it is set anew.
  const [cara] = (await staff.administrators.list(staff.organization)).filter((one) => one.email === email);
  await staff.kiosks.setPin(cara!.id, staff.organization, pin);
  expect((await leave({ pin, email })).status).toBe(200);
});

test('a PIN that vouches for a person is counted as any other: five wrong ones end the session, and none verifies', async () => {
  const token = await openSession();
  const picture = Buffer.from('a picture').toString('base64');
  expect((await post('verify', { picture, pin }, token)).status).toBe(403);
  await post('operator', { email, pin }, token);
  for (let guess = 0; guess < 5; guess++)
    expect(await post('verify', { picture, pin: '000001' }, token)).toMatchObject({
      status: 401,
      body: { code: 'SIGN_IN_REFUSED' },
    });
  expect((await post('verify', { picture, pin }, token)).status).toBe(401);
});

test('fifty wrong PINs at once, each with a session of its own, leave nothing', async () => {
  await post('operator', { email, pin }, await openSession());
  const tokens = await Promise.all(Array.from({ length: 50 }, openSession));
  const answers = await Promise.all(
    tokens.map((token, i) => post('leave', { pin: String(100_000 + i) }, token)),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  expect((await leave({ pin: '000001' })).status).toBe(401);
});

test('without an operator any digits leave nothing, an operator’s address with a wrong PIN neither, and with the right one it is left', async () => {
  expect(await leave({ pin: '000001' })).toMatchObject({ status: 401, body: { code: 'SIGN_IN_REFUSED' } });
  expect((await leave({ pin, email: 'unknown@example.com' })).status).toBe(401);
  expect((await leave({ pin: '000001', email })).status).toBe(401);
  expect(await leave({ pin, email })).toEqual({
    status: 200,
    body: { token: expect.stringMatching(/^kiosk_left_/) },
  });
});

test('a right PIN whose sender has hung up meanwhile leaves nothing, and signs no operator in', async () => {
  const { kiosks } = staff;
  // Hashes of tests are cheap: a real one takes until its sender has hung up.
  const slowly =
    <Rest extends unknown[], Reply>(work: (caller: Waiting, ...rest: Rest) => Promise<Reply>) =>
    async (caller: Waiting, ...rest: Rest) => {
      if (caller.signal && !caller.signal.aborted) await once(caller.signal, 'abort');
      return work(caller, ...rest).finally(() => settled++);
    };
  let settled = 0;
  const slow = { ...kiosks, signIn: slowly(kiosks.signIn), leave: slowly(kiosks.leave) };
  const callers = { access: createAccess({ ...staff, log: silentLog }), kiosks };
  const late = await openDoors(staff, callers, [createKioskDoor({ ...staff, kiosks: slow })]);
  const { port } = new URL(await late.listen({ host: '127.0.0.1', port: 0 }));
  const token = await openSession();
  const operatorAfter = async (path: string, body: object) => {
    const before = settled;
    const text = JSON.stringify(body);
    const head = `POST /api/kiosk/${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}`;
    connect(Number(port)).end(
      `${head}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    );
    await expect.poll(() => settled).toBe(before + 1);
    const headers = { authorization: `Bearer ${token}` };
    return (await app.inject({ url: '/api/kiosk/state', headers })).json().operator;
  };
  expect(await operatorAfter('operator', { email, pin })).toBeUndefined();
  await post('operator', { email, pin }, token);
  expect(await operatorAfter('leave', { pin })).toEqual({ name: 'Cara Diaz' });
  await late.close();
});

test('the token of leaving is good once and for a minute; guesses and another one’s session tokens are not', async () => {
  const { token } = (await leave({ pin, email })).body;
  const session = await openSession();
  for (const wrong of [`${token}x`, session, 'kiosk_left_', '/kiosk/left'])
    expect((await post('left', { token: wrong })).status).toBe(401);
  expect((await post('left', { token })).status).toBe(204);
  expect((await post('left', { token })).status).toBe(401);
  const late = (await leave({ pin, email })).body.token;
  staff.advance(60_000);
  expect((await post('left', { token: late })).status).toBe(401);
});

test('the desktop app leaves its kiosk for a token that the service issued, and for no address', async () => {
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const desktop = createTestElectron(tmpdir());
  const said: string[] = [];
  const windows = createShellWindows({
    electron: desktop.electron,
    own: tmpdir(),
    locale: 'en',
    service: {
      find: async () => ({ is: 'ready', url }),
      authority: () => undefined,
      pinned: false,
      home: () => '/console/',
      unseal: 'gatehouse unseal',
    },
    now: Date.now,
    after: createManualTimers().after,
    say: (line) => said.push(line),
    act: () => {},
  });
  windows.follow({ is: 'ready', url, own: false });
  windows.open('kiosk');
  const [window] = desktop.windows;
  const go = (hash: string) =>
    window!.webContents.fireAs('will-navigate', { url: `${url}/kiosk/left${hash}` });
  for (const hash of ['', '#token=', '#token=kiosk_left_guess', `#token=${await openSession()}`]) {
    const before = said.length;
    expect(go(hash)).toBe(true);
    await expect.poll(() => said.length).toBe(before + 1);
  }
  expect([windows.isKioskOpen(), window!.isDestroyed]).toEqual([true, false]);
  const { token } = (await leave({ pin, email })).body;
  expect(go(`#token=${token}`)).toBe(true);
  await expect.poll(() => window!.isDestroyed).toBe(true);
  expect(desktop.windows.at(-1)!.loaded).toEqual([`${url}/console/`]);
});
