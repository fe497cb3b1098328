import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import { createEvidence } from '../../engine/appliance/index.ts';
import { createServer } from '../../http/server.ts';
import { silentLog } from '../../lib/log.ts';
import { type AdminDeps, createControlAdminDoor } from './index.ts';

let engine: Engine;
let app: ReturnType<typeof createServer>;
beforeEach(async () => {
  engine = await startEngine();
  app = createServer({ ids: engine.ids, log: silentLog });
  const evidence = createEvidence({
    organizations: engine.organizations,
    clock: engine.clock,
    models: { list: async () => [] },
  });
  await app.register(createControlAdminDoor({ ...engine, evidence } as unknown as AdminDeps));
});
afterEach(async () => {
  await app.close();
  await engine.stop();
});

const read = (query = '') =>
  app.inject({ url: `/api/admin/evidence?organization=${engine.organization}${query}` });

test('the published figures, each with its limits', async () => {
  const reply = await read();
  expect(reply.statusCode).toBe(200);
  const { claims, version } = reply.json<{ claims: { id: string; limits: string[] }[]; version: string }>();
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  expect(claims.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['recognition-a', 'live-attacks', 'behavior', 'speed-verification']),
  );
});

test('the report is a PDF that a browser saves', async () => {
  const reply = await read('&format=pdf');
  expect(reply.statusCode).toBe(200);
  expect(reply.headers['content-type']).toBe('application/pdf');
  expect(reply.headers['content-disposition']).toBe('attachment; filename="evidence.pdf"');
  expect(reply.rawPayload.subarray(0, 5).toString()).toBe('%PDF-');
  expect(reply.rawPayload.toString('latin1').match(/\/Type \/Page\n/g)?.length).toBeGreaterThan(5);
});

test('another format is refused', async () => {
  expect((await read('&format=html')).statusCode).toBe(400);
});
