import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import type { Checks, EnrollCommand, VerifyCommand } from '../../engine/verification/index.ts';
import type { SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { subjectRoutes } from './subjects.ts';
import { verificationRoutes } from './verifications.ts';

const quality = { check: 'faceQuality', pass: true, score: 0.9, weight: 1 } as const;

let engine: Engine;
let control: ControlAdmin;
let enrolled: EnrollCommand[];
let verified: VerifyCommand[];

beforeEach(async () => {
  enrolled = [];
  verified = [];
  const checks: Pick<Checks, 'enroll' | 'verify'> = {
    async enroll(command) {
      enrolled.push(command);
      return { subject: 'sub_1' as SubjectId, picture: 'enr_1', created: true, enrollments: 1, quality };
    },
    async verify(command) {
      verified.push(command);
      throw new Problem('FACE_NOT_FOUND', 'There is no face.', {
        reason: 'Move closer.',
        checkResults: [quality],
      });
    },
  };
  engine = await startEngine();
  control = await openControlAdmin(engine, { checks: checks as Checks }, [subjectRoutes, verificationRoutes]);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

test('a picture is enrolled with its fields and the operator as actor', async () => {
  const consent = { textVersion: 'v1', purposes: ['verification'], method: 'form', legalBasis: 'consent' };
  const mark = '0'.repeat(64);
  const expiresAt = '2090-01-31T12:00:00Z';
  const request = JSON.stringify({
    email: 'ada@x.org',
    name: 'Ada',
    consent: { ...consent, expiresAt },
    mark,
  });
  const reply = await control.upload('/subjects?env=test', { request }, 'picture');
  expect(reply).toEqual({
    status: 201,
    body: {
      enrolled: true,
      userId: 'sub_1',
      email: 'ada@x.org',
      picture: 'enr_1',
      created: true,
      enrollments: 1,
      quality,
    },
  });
  const [command] = enrolled;
  expect({ ...command, picture: Buffer.from(command?.picture ?? []).toString() }).toEqual({
    organization: engine.organization,
    world: 'test',
    email: 'ada@x.org',
    name: 'Ada',
    consent: { ...consent, expiresAt: Date.parse(expiresAt) },
    mark,
    picture: 'picture',
    actor: { is: 'operator', name: 'ada', request: expect.stringMatching(/^req_/) },
    request: expect.stringMatching(/^req_/),
  });
});

test('a refusal of a picture carries its reason and the checks there were', async () => {
  const request = JSON.stringify({ email: 'ada@x.org', profile: 'strict-finance' });
  expect(await control.upload('/verifications?env=live', { request }, 'picture')).toEqual({
    status: 422,
    body: {
      error: 'There is no face.',
      code: 'FACE_NOT_FOUND',
      requestId: expect.stringMatching(/^req_/),
      reason: 'Move closer.',
      checkResults: [quality],
    },
  });
  expect(verified).toMatchObject([{ world: 'live', email: 'ada@x.org', profile: 'strict-finance' }]);
});

test.each([
  ['no file', { request: '{"email":"a@x.org"}' }, undefined, 'The file `file` is missing.'],
  ['no request', {}, 'picture', 'The field `request` is missing.'],
  ['no JSON', { request: '{' }, 'picture', 'The field `request` is not JSON.'],
  ['no address', { request: '{"email":"ada"}' }, 'picture', 'email'],
  ['a mark that is no SHA-256', { request: '{"email":"a@x.org","mark":"1"}' }, 'picture', 'mark'],
  ['an unknown field', { request: '{"email":"a@x.org","age":3}' }, 'picture', 'age'],
])('an upload with %s is refused and nothing is enrolled', async (_what, fields, file, message) => {
  const reply = await control.upload('/subjects?env=test', fields as Record<string, string>, file);
  expect(reply.status).toBe(400);
  expect(reply.body.error).toContain(message);
  expect(enrolled).toEqual([]);
});

test('a picture over 10 MB is refused', async () => {
  const request = JSON.stringify({ email: 'ada@x.org' });
  const reply = await control.upload('/subjects?env=test', { request }, 'x'.repeat(10_000_001));
  expect(reply).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
  expect(enrolled).toEqual([]);
});
