import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestAuditLog } from '../../../test/support/audit.ts';
import { testIntegrity } from '../../../test/support/integrity.ts';
import { createAccess } from '../../engine/access/index.ts';
import type { Consents, Holds } from '../../engine/consent/index.ts';
import type { Deliveries, EventLog } from '../../engine/deliveries/index.ts';
import type { Grants } from '../../engine/destinations/index.ts';
import type { Erasure } from '../../engine/erasure/index.ts';
import { createOrganizations, type Organizations } from '../../engine/organizations/index.ts';
import type { Retention } from '../../engine/retention/index.ts';
import type { SubjectRecords } from '../../engine/subject-record/index.ts';
import type { Subjects } from '../../engine/subjects/index.ts';
import type { Checks, EnrollCommand, VerifyCommand } from '../../engine/verification/index.ts';
import type { Webhooks } from '../../engine/webhooks/index.ts';
import { createServer } from '../../http/server.ts';
import { createIds, type SubjectId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { type Database, openDatabase } from '../../storage/connection.ts';
import { controlDoor } from './index.ts';

const clock = { now: () => Date.UTC(2026, 10, 20, 12) };
const ids = createIds(clock);

let database: Database;
let app: FastifyInstance;
let organizations: Organizations;
let enrolled: EnrollCommand[];
let verified: VerifyCommand[];

const quality = { check: 'faceQuality', pass: true, score: 0.9, weight: 1 } as const;

beforeEach(async () => {
  database = await openDatabase({ kind: 'sqlite-memory' }, { clock, log: silentLog });
  const { db, inTransaction } = database;
  const auditLog = createTestAuditLog({ db, inTransaction, ids, clock });
  const { audit } = auditLog;
  const sealer = { async createOrganization() {} };
  organizations = createOrganizations({ db, inTransaction, sealer, audit, ids, clock });
  enrolled = [];
  verified = [];
  const checks: Pick<Checks, 'enroll' | 'verify'> = {
    async enroll(command) {
      enrolled.push(command);
      return { subject: 'sub_1' as SubjectId, created: true, enrollments: 1, quality };
    },
    async verify(command) {
      verified.push(command);
      throw new Problem('FACE_NOT_FOUND', 'There is no face.', {
        reason: 'Move closer.',
        checkResults: [quality],
      });
    },
  };
  const subjects: Pick<Subjects, 'list' | 'count'> = {
    list: async (_realm, { limit, after }) => ({
      subjects: [
        {
          id: 'sub_1' as SubjectId,
          organization: _realm.organization,
          world: _realm.world,
          email: `${limit} ${after}`,
          createdAt: clock.now(),
          updatedAt: clock.now(),
          enrollments: 2,
        },
      ],
      next: 'sub_2' as SubjectId,
    }),
    count: async () => 7,
  };
  app = createServer({ ids, log: silentLog });
  await app.register(controlDoor, {
    auditLog,
    organizations,
    access: createAccess({ db, inTransaction, integrity: testIntegrity, audit, ids, clock, log: silentLog }),
    checks: checks as Checks,
    subjects: subjects as Subjects,
    erasure: {} as Erasure,
    consents: {} as Consents,
    holds: {} as Holds,
    retention: {} as Retention,
    subjectRecords: {} as SubjectRecords,
    grants: {} as Grants,
    webhooks: {} as Webhooks,
    deliveries: {} as Deliveries,
    eventLog: {} as EventLog,
    status: () => ({ version: 'x' }),
  });
});
afterEach(async () => {
  await app.close();
  await database.close();
});

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

async function call(method: Method, url: string, body?: object) {
  const reply = await app.inject({
    method,
    url,
    headers: { 'x-gatehouse-operator': 'ada' },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}

async function upload(url: string, fields: Record<string, string>, file?: string) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file !== undefined) form.append('file', new Blob([file]), 'file');
  const encoded = new Response(form);
  const reply = await app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': encoded.headers.get('content-type') ?? '', 'x-gatehouse-operator': 'ada' },
    payload: Buffer.from(await encoded.arrayBuffer()),
  });
  return { status: reply.statusCode, body: reply.json() };
}

const make = async () => (await organizations.create({ name: 'Museum' }, { is: 'operator', name: 'ada' })).id;

test('what is asked of a made-up organization is NOT_FOUND, before anything is done', async () => {
  const paths = ['holds', 'retention', 'subjects?world=test'];
  for (const path of paths) {
    expect(await call('GET', `/organizations/org_none/${path}`)).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  }
  const request = JSON.stringify({ world: 'test', email: 'ada@x.org' });
  const reply = await upload('/organizations/org_none/subjects', { request }, 'picture');
  expect([reply.status, enrolled]).toEqual([404, []]);
});

test('a picture is enrolled with its fields and the operator as actor', async () => {
  const id = await make();
  const consent = { textVersion: 'v1', purposes: ['verification'], method: 'form', legalBasis: 'consent' };
  const mark = '0'.repeat(64);
  const request = JSON.stringify({ world: 'test', email: 'ada@x.org', name: 'Ada', consent, mark });
  const reply = await upload(`/organizations/${id}/subjects`, { request }, 'picture');
  expect(reply).toEqual({
    status: 201,
    body: { enrolled: true, userId: 'sub_1', email: 'ada@x.org', created: true, enrollments: 1, quality },
  });
  const [command] = enrolled;
  expect({ ...command, picture: Buffer.from(command?.picture ?? []).toString() }).toEqual({
    organization: id,
    world: 'test',
    email: 'ada@x.org',
    name: 'Ada',
    consent,
    mark,
    picture: 'picture',
    actor: { is: 'operator', name: 'ada', request: expect.stringMatching(/^req_/) },
    request: expect.stringMatching(/^req_/),
  });
});

test('a refusal of a picture carries its reason and the checks there were', async () => {
  const id = await make();
  const request = JSON.stringify({ world: 'live', email: 'ada@x.org', profile: 'strict-finance' });
  expect(await upload(`/organizations/${id}/verify`, { request }, 'picture')).toEqual({
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
  ['no file', { request: '{"world":"test","email":"a@x.org"}' }, undefined, 'The file `file` is missing.'],
  ['no request', {}, 'picture', 'The field `request` is missing.'],
  ['no JSON', { request: '{' }, 'picture', 'The field `request` is not JSON.'],
  ['no address', { request: '{"world":"test","email":"ada"}' }, 'picture', 'email'],
  [
    'a mark that is no SHA-256',
    { request: '{"world":"test","email":"a@x.org","mark":"1"}' },
    'picture',
    'mark',
  ],
  ['an unknown field', { request: '{"world":"test","email":"a@x.org","age":3}' }, 'picture', 'age'],
])('an upload with %s is refused and nothing is enrolled', async (_what, fields, file, message) => {
  const id = await make();
  const reply = await upload(`/organizations/${id}/subjects`, fields as Record<string, string>, file);
  expect(reply.status).toBe(400);
  expect(reply.body.error).toContain(message);
  expect(enrolled).toEqual([]);
});

test('a picture over 10 MB is refused', async () => {
  const id = await make();
  const request = JSON.stringify({ world: 'test', email: 'ada@x.org' });
  const reply = await upload(`/organizations/${id}/subjects`, { request }, 'x'.repeat(10_000_001));
  expect(reply).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
  expect(enrolled).toEqual([]);
});

test('people are listed a page at a time', async () => {
  const id = await make();
  expect(await call('GET', `/organizations/${id}/subjects?world=test&limit=5&after=sub_0`)).toEqual({
    status: 200,
    body: {
      subjects: [
        {
          userId: 'sub_1',
          organization: id,
          world: 'test',
          email: '5 sub_0',
          enrollments: 2,
          createdAt: '2026-11-20T12:00:00.000Z',
          updatedAt: '2026-11-20T12:00:00.000Z',
        },
      ],
      total: 7,
      next: 'sub_2',
    },
  });
});
