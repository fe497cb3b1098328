import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordedAccess, recordedKeys } from '../../../test/support/recorded-access.ts';
import type { EnrollCommand, EnrollResult } from '../../engine/verification/index.ts';
import { wireErrorOf } from '../../http/default-errors.ts';
import { createServer } from '../../http/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds, type SubjectId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { problemCodes } from '../../lib/problem.ts';
import { wireErrors } from './errors.ts';
import { createIdentityDoor } from './index.ts';

/** The statuses that identity.txt names, and those it is silent on. */
test('every problem has its status', () => {
  const byStatus: Record<number, string[]> = {};
  for (const code of problemCodes) {
    const { status } = wireErrorOf(code, wireErrors);
    byStatus[status] = [...(byStatus[status] ?? []), code];
  }
  expect(byStatus).toEqual({
    400: [
      'INVALID_REQUEST',
      'MALFORMED_JSON',
      'PASSKEY_REFUSED',
      'IMAGE_UNREADABLE',
      'IMAGE_FORMAT_UNSUPPORTED',
      'CONFIRMATION_REQUIRED',
      'PROFILE_NOT_FOUND',
    ],
    401: [
      'MISSING_AUTH',
      'INVALID_API_KEY_FORMAT',
      'INVALID_API_KEY',
      'SIGN_IN_REFUSED',
      'FACE_REFUSED',
      'SETUP_TOKEN_REFUSED',
    ],
    402: ['TRIAL_EXPIRED'],
    403: [
      'INSUFFICIENT_SCOPE',
      'ORIGIN_NOT_ALLOWED',
      'SECOND_FACTOR_REQUIRED',
      'FRESH_FACTOR_REQUIRED',
      'APPROVAL_REQUIRED',
      'CSRF_REFUSED',
      'CONSENT_WITHDRAWN',
      'VERIFICATION_DISABLED',
      'SESSION_KEY_MISMATCH',
      'ORGANIZATION_MISMATCH',
      'EMAIL_MISMATCH',
      'KIOSK_REQUIRED',
      'DESTINATION_NOT_GRANTED',
      'DESTINATION_FORBIDDEN',
      'RECIPIENT_NOT_APPROVED',
      'PROFILE_NOT_ALLOWED',
      'WRONG_PASSPHRASE',
    ],
    404: ['NOT_FOUND', 'SUBJECT_NOT_FOUND'],
    405: ['METHOD_NOT_ALLOWED'],
    409: [
      'CONFLICT',
      'LAST_FACTOR',
      'SETUP_CLOSED',
      'TEMPLATE_MISMATCH',
      'DUPLICATE_IDENTITY',
      'LEGAL_HOLD',
      'LICENCE_NOT_ACCEPTED',
      'BACKUP_UNUSABLE',
    ],
    410: ['SESSION_EXPIRED'],
    413: ['PAYLOAD_TOO_LARGE', 'IMAGE_TOO_LARGE'],
    415: ['UNSUPPORTED_MEDIA_TYPE'],
    421: ['HOST_NOT_ALLOWED'],
    422: [
      'IDEMPOTENCY_KEY_REUSED',
      'PASSWORD_TOO_WEAK',
      'FACE_NOT_FOUND',
      'SEVERAL_FACES',
      'FACE_TOO_SMALL',
      'FACE_QUALITY_REFUSED',
      'REPLAYED_PICTURE',
      'CHECK_FAILED',
      'CONSENT_REQUIRED',
      'MOTION_REQUIRED',
    ],
    429: ['MONTHLY_LIMIT_EXCEEDED', 'BURST_LIMIT_EXCEEDED', 'USER_FLOOD_DETECTED', 'SIGN_IN_DELAYED'],
    500: ['INTERNAL'],
    503: [
      'MODEL_NOT_INSTALLED',
      'PAD_NOT_INSTALLED',
      'OVERLOADED',
      'TIMEOUT',
      'SEALED',
      'STORAGE_UNAVAILABLE',
    ],
    507: ['STORAGE_FULL'],
  });
});

test('a form whose key is revoked while it comes is refused', async () => {
  const access = recordedAccess();
  const enrolled: EnrollCommand[] = [];
  let revoked = false;
  const app = createServer({
    log: silentLog,
    ids: createIds(systemClock),
    limits: { late: 0 },
    access: {
      ...access,
      authenticate: (request) =>
        access.authenticate({ ...request, ...(revoked && { credential: undefined }) }),
    },
  });
  const refused = async (command: EnrollCommand | object) => {
    enrolled.push(command as EnrollCommand);
    throw new Error('not asked here');
  };
  await app.register(createIdentityDoor({ checks: { verify: refused, enroll: refused } }));
  const payload = new FormData();
  payload.set('email', 'a@b.example');
  payload.set('image', new Blob([Buffer.alloc(9, 3)]), 'a.jpg');
  const encoded = new Response(payload);
  const bytes = Buffer.from(await encoded.arrayBuffer());
  async function* sent() {
    yield bytes.subarray(0, 9);
    revoked = true;
    yield bytes.subarray(9);
  }
  const { statusCode } = await app.inject({
    method: 'POST',
    url: '/api/enroll',
    headers: {
      'x-api-key': recordedKeys.live,
      'content-type': encoded.headers.get('content-type')!,
    },
    payload: Readable.from(sent()),
  });
  expect([statusCode, enrolled]).toEqual([401, []]);
  await app.close();
});

describe('sizes, over a real socket', () => {
  const MIB = 1024 * 1024;
  const asked: EnrollCommand[] = [];
  const enrolled: EnrollResult = {
    subject: 'sub_1' as SubjectId,
    picture: 'enr_1',
    created: true,
    enrollments: 1,
    quality: { check: 'faceQuality', pass: true, score: 1, weight: 1 },
  };
  const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
  let url: string;

  beforeAll(async () => {
    const verify = async () => {
      throw new Error('not asked here');
    };
    const enroll = async (command: EnrollCommand) => {
      asked.push(command);
      return enrolled;
    };
    await app.register(createIdentityDoor({ checks: { verify, enroll } }));
    await app.listen({ host: '127.0.0.1', port: 0 });
    url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  });
  afterAll(() => app.close());

  async function post(
    path: string,
    body: NonNullable<RequestInit['body']>,
    type?: string,
  ): Promise<unknown[]> {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': recordedKeys.live, ...(type ? { 'content-type': type } : {}) },
      body,
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    } as RequestInit);
    const { code, details } = (await response.json()) as { code?: string; details?: { path: string }[] };
    return [response.status, code, details?.[0]?.path];
  }

  const json = (bytes: number, more: object = {}) =>
    JSON.stringify({ email: 'a@b.example', image: Buffer.alloc(bytes, 3).toString('base64'), ...more });

  function form(image: number, frames: number[] = []): FormData {
    const data = new FormData();
    data.set('email', 'a@b.example');
    data.set('image', new Blob([Buffer.alloc(image, 3)]), 'a.jpg');
    for (const size of frames) data.append('frames', new Blob([Buffer.alloc(size, 4)]), 'f.jpg');
    return data;
  }

  test('ten MiB arrive whole, as JSON and as a form', async () => {
    for (const body of [json(10 * MIB), form(10 * MIB)]) {
      asked.length = 0;
      expect(
        await post('/api/enroll', body, typeof body === 'string' ? 'application/json' : undefined),
      ).toEqual([200, undefined, undefined]);
      expect(Buffer.alloc(10 * MIB, 3).equals(asked[0]!.picture)).toBe(true);
    }
  });

  test('one byte more is refused by name', async () => {
    asked.length = 0;
    const tooLarge = [413, 'IMAGE_TOO_LARGE', 'image'];
    expect(await post('/api/enroll', json(10 * MIB + 1), 'application/json')).toEqual(tooLarge);
    expect(await post('/api/enroll', form(10 * MIB + 1))).toEqual(tooLarge);
    expect(await post('/api/enroll', form(20 * MIB))).toEqual(tooLarge);
    expect(await post('/api/verify', form(5, [MIB, MIB + 1]))).toEqual([413, 'IMAGE_TOO_LARGE', 'frames.1']);
    expect(asked).toEqual([]);
  });

  test('a body over 48 MiB is refused, announced or not', async () => {
    const refused = [413, 'PAYLOAD_TOO_LARGE', undefined];
    const large = json(1, { padding: 'x'.repeat(48 * MIB) });
    expect(await post('/api/enroll', large, 'application/json')).toEqual(refused);
    expect(await post('/api/enroll', new Blob([large]).stream(), 'application/json')).toEqual(refused);
    const frames = form(9 * MIB, Array(30).fill(1.5 * MIB));
    expect(await post('/api/verify', frames)).toEqual(refused);
    const encoded = new Response(frames);
    expect(await post('/api/verify', encoded.body!, encoded.headers.get('content-type')!)).toEqual(refused);
  });

  test('a form of too many parts, and one cut off, are refused', async () => {
    const many = new FormData();
    for (let i = 0; i < 200; i++) many.append('deviceInfo', '{}');
    expect((await post('/api/verify', many)).slice(0, 2)).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    const cut = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\nabc';
    expect((await post('/api/verify', cut, 'multipart/form-data; boundary=b')).slice(0, 2)).toEqual([
      400,
      'INVALID_REQUEST',
    ]);
    // What is wrong is the header, and sending the same again does not help.
    expect(await post('/api/verify', 'abc', 'multipart/form-data')).toEqual([
      400,
      'INVALID_REQUEST',
      'content-type',
    ]);
    expect((await post('/api/verify', '', 'multipart/form-data; boundary=b')).slice(0, 2)).toEqual([
      400,
      'INVALID_REQUEST',
    ]);
    const poison = '--b\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\nx\r\n--b--\r\n';
    expect((await post('/api/verify', poison, 'multipart/form-data; boundary=b')).slice(0, 2)).toEqual([
      400,
      'INVALID_REQUEST',
    ]);
    const nul = '--b\r\nContent-Disposition: form-data; name="email"\r\n\r\na\0@b\r\n--b--\r\n';
    expect(await post('/api/verify', nul, 'multipart/form-data; boundary=b')).toEqual([
      400,
      'INVALID_REQUEST',
      'email',
    ]);
  });

  const marked = (fields: Record<string, string>) =>
    [
      ...Object.entries({ image: '"AAAA"', ...fields }).map(
        ([name, text]) =>
          `--b\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n${text}\r\n`,
      ),
      '--b--\r\n',
    ].join('');

  test.each<[string, Record<string, string>, unknown[]]>([
    ['a text', { email: '"a@b.example"' }, [200, undefined, undefined]],
    ['null', { email: '"a@b.example"', name: 'null', consent: ' null' }, [200, undefined, undefined]],
    ['nesting', { email: '['.repeat(100_000) }, [400, 'INVALID_REQUEST', 'email']],
    ['a name twice', { consent: '{"method":"a","method":"b"}' }, [400, 'INVALID_REQUEST', 'consent']],
    ['__proto__', { consent: '{"__proto__":{}}' }, [400, 'INVALID_REQUEST', 'consent']],
    ['broken JSON', { consent: '{"method"' }, [400, 'INVALID_REQUEST', 'consent']],
    ['many values', { consent: `[${'0,'.repeat(5000)}0]` }, [413, 'PAYLOAD_TOO_LARGE', 'consent']],
    ['half a character', { name: '"\\ud800"' }, [400, 'INVALID_REQUEST', 'name']],
  ])('a field marked as JSON obeys the limits of JSON: %s', async (_, fields, answer) => {
    expect(await post('/api/enroll', marked(fields), 'multipart/form-data; boundary=b')).toEqual(answer);
  });

  test('a boundary longer than RFC 2046 has it, or none, is refused', async () => {
    for (const [length, status] of [
      [70, 200],
      [71, 400],
      [5000, 400],
      [0, 400],
    ] as const) {
      const boundary = 'b'.repeat(length);
      const body = marked({ email: '"a@b.example"' }).replaceAll('--b', `--${boundary}`);
      for (const type of [`boundary=${boundary}`, `boundary="${boundary}"; charset=utf-8`]) {
        expect((await post('/api/enroll', body, `multipart/form-data; ${type}`))[0]).toBe(status);
      }
    }
  });

  test('the server still answers after all that', async () => {
    expect(await post('/api/enroll', json(10), 'application/json')).toEqual([200, undefined, undefined]);
  });
});

describe('the values of a body', () => {
  let asked = 0;
  const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
  beforeAll(async () => {
    const seen = async () => {
      asked += 1;
      throw new Error('seen');
    };
    await app.register(createIdentityDoor({ checks: { verify: seen, enroll: seen } }));
  });
  afterAll(() => app.close());
  const post = async (url: string, body: object) =>
    (
      await app.inject({ method: 'POST', url, headers: { 'x-api-key': recordedKeys.test }, payload: body })
    ).json();
  const picture = Buffer.from('picture').toString('base64');
  /** As many pictures as there may be, and `extra` tokens beside them: a name, brackets, numbers with commas between. */
  const body = (extra: number) => ({
    image: picture,
    frames: Array.from({ length: 30 }, () => picture),
    email: 'a@example.com',
    more: Array.from({ length: (extra - 6) / 2 }, () => 1),
  });

  test.each(['/api/verify', '/api/enroll'])(
    '%s takes 2,000 beside the pictures, and no more',
    async (url) => {
      asked = 0;
      expect(await post(url, body(1_998))).toMatchObject({ code: 'INTERNAL' });
      expect(asked).toBe(1);
      expect(await post(url, body(2_006))).toMatchObject({
        code: 'PAYLOAD_TOO_LARGE',
        error: expect.stringContaining('more than 2066 values, names and commas'),
      });
      expect(asked).toBe(1);
    },
  );
});
