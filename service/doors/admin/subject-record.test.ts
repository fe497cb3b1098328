import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import { createServer } from '../../http/server.ts';
import { silentLog } from '../../lib/log.ts';
import { type AdminDeps, createControlAdminDoor } from './index.ts';
import { subjectRecordRoutes } from './subject-record.ts';

let engine: Engine;
let control: ControlAdmin;
beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, { subjectRecords }, [subjectRecordRoutes]);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

const pdf = new TextEncoder().encode('%PDF-1.3 printed');
const subjectRecords: AdminDeps['subjectRecords'] = {
  read: async () => ({ format: 'gatehouse-subject-record/1', exportedAt: 'now' }),
  print: async () => pdf,
};

test('a record is JSON, or a PDF that a browser saves', async () => {
  expect(await control.call('GET', '/subjects/ada@x.org/export?env=test')).toEqual({
    status: 200,
    body: { format: 'gatehouse-subject-record/1', exportedAt: 'now' },
  });
  const app = createServer({ ids: engine.ids, log: silentLog });
  const deps = { ...engine, subjectRecords } as unknown as AdminDeps;
  await app.register(createControlAdminDoor(deps));
  const place = `organization=${engine.organization}&env=test`;
  const reply = await app.inject({ url: `/api/admin/subjects/ada@x.org/export?${place}&format=pdf` });
  expect(reply.statusCode).toBe(200);
  expect(reply.headers['content-type']).toBe('application/pdf');
  expect(reply.headers['content-disposition']).toBe('attachment; filename="person.pdf"');
  expect(reply.rawPayload).toEqual(Buffer.from(pdf));
  await app.close();
});

test('a PDF has no vectors', async () => {
  const reply = await control.call(
    'GET',
    '/subjects/ada@x.org/export?env=test&format=pdf&withTemplates=true',
  );
  expect(reply).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
});
