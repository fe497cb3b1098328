import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelEntry } from '../../../test/support/engine.ts';
import type { ModelReport } from '../../engine/models/index.ts';
import { createServer } from '../../http/server.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createDoor } from './door.ts';
import type { ModelRouteDeps } from './models.ts';
import { modelRoutes } from './models.ts';
import { controlMount } from './mount.ts';

const at = Date.UTC(2026, 10, 20, 12);
const model: ModelReport = {
  id: 'b-net',
  name: 'Second embedder',
  role: 'embedder',
  sha256: 'ab',
  maturity: 'alternate',
  licence: 'MIT',
  provenance: 'made for tests',
  needsLicenceAcceptance: true,
  origin: 'built',
  sources: [],
  accuracy: [],
  enabled: true,
};
const known = modelEntry('pad-1', 'pad', { origin: 'imported' });
const provider = { providersAsked: ['auto'], provider: 'cpu', note: 'auto: there is no GPU', nets: [] };
const accepted = { ...model, acceptedBy: 'operator:ada', acceptedAt: at };

let app: FastifyInstance;
let asked: unknown[];

beforeEach(async () => {
  asked = [];
  const models: ModelRouteDeps['models'] = {
    list: async () => [model, accepted],
    importable: () => [known, modelEntry('b-net', 'embedder')],
    combinations: () => ({ scorers: [], padSets: [] }),
    current: () => ({ scorers: [], padSets: [] }) as never,
    verify: async () => [{ id: 'b-net', file: 'b-net.onnx', ok: false, expected: 'ab' }],
    async enable(id, input, actor) {
      asked.push({ id, ...input, actor });
      return accepted;
    },
    disable: async () => ({ ...model, enabled: false }),
    async remove(id, actor) {
      asked.push({ id, actor });
    },
  };
  app = createServer({ ids: createIds({ now: () => at }), log: silentLog });
  const modelChanges: ModelRouteDeps['modelChanges'] = {
    async stage({ name, bytes, entry }) {
      asked.push({ name, bytes: Buffer.from(bytes).toString(), entry });
      throw new Problem('INVALID_REQUEST', 'Not known.');
    },
    isStaged: () => false,
    async dryRun(changes) {
      asked.push(changes);
      throw new Problem('NOT_FOUND', 'Gone.');
    },
    async importStaged(id, actor) {
      asked.push({ id, actor });
      return model;
    },
    async import(input, actor) {
      asked.push({ ...input, onnx: Buffer.from(input.onnx).toString(), actor });
      throw new Problem('INVALID_REQUEST', 'Not a model.');
    },
  };
  const organizations = {
    get: async () => {
      throw new Error('No route of models is within an organization.');
    },
  };
  await app.register(
    createDoor(
      modelRoutes({ models, modelChanges, netProvider: () => provider }),
      controlMount(organizations),
    ),
  );
});
afterEach(() => app.close());

async function call(method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) {
  const headers = { 'x-gatehouse-operator': 'ada' };
  const url = `/api/admin/models${path}`;
  const reply = await app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}

const ada = { is: 'operator', name: 'ada', request: expect.stringMatching(/^req_/) };

test('a model is shown with its entry and its uses; a refusal of the engine is passed on', async () => {
  const form = new FormData();
  form.append('request', '{"entry":{"id":"ours"},"scorers":[{"id":"own"}]}');
  form.append('file', new Blob(['onnx']), 'file');
  const encoded = new Response(form);
  const reply = await app.inject({
    method: 'POST',
    url: '/api/admin/models',
    headers: { 'content-type': encoded.headers.get('content-type') ?? '', 'x-gatehouse-operator': 'ada' },
    payload: Buffer.from(await encoded.arrayBuffer()),
  });
  expect([reply.statusCode, reply.json()]).toMatchObject([400, { error: 'Not a model.' }]);
  expect(asked).toEqual([
    { onnx: 'onnx', entry: { id: 'ours' }, scorers: [{ id: 'own' }], padSets: [], actor: ada },
  ]);
});

test('a file is looked at, tried and imported', async () => {
  const form = new FormData();
  form.append('request', '{"name":"own.onnx","entry":{"model":{}}}');
  form.append('file', new Blob(['onnx']), 'file');
  const encoded = new Response(form);
  const reply = await app.inject({
    method: 'POST',
    url: '/api/admin/models/files',
    headers: { 'content-type': encoded.headers.get('content-type') ?? '', 'x-gatehouse-operator': 'ada' },
    payload: Buffer.from(await encoded.arrayBuffer()),
  });
  expect([reply.statusCode, reply.json()]).toMatchObject([400, { error: 'Not known.' }]);
  const file = 'mdf_01m7w3hb8hbf355he5zqwjztdk';
  const changes = [
    { change: 'import', staged: file },
    { change: 'enable', id: 'b-net' },
  ];
  expect(await call('POST', '/dry-run', { changes })).toMatchObject({ status: 404 });
  expect(await call('POST', '/dry-run', { changes: [{ change: 'erase', id: 'b-net' }] })).toMatchObject({
    status: 400,
  });
  expect(await call('POST', `/files/${file}/import`)).toMatchObject({ status: 201, body: { id: 'b-net' } });
  expect(asked).toEqual([
    { name: 'own.onnx', bytes: 'onnx', entry: { model: {} } },
    [changes[0], { ...changes[1], acceptLicenceDoubt: false }],
    { id: file, actor: ada },
  ]);
});

test('models and their files are listed with what there is', async () => {
  const text = { ...accepted, acceptedAt: '2026-11-20T12:00:00.000Z' };
  expect(await call('GET', '')).toEqual({
    status: 200,
    body: {
      items: [model, text],
      scorers: [],
      padSets: [],
      // Of those that are known, one is installed.
      importable: [
        {
          id: 'pad-1',
          name: 'pad-1',
          role: 'pad',
          licence: 'MIT',
          provenance: 'made for tests',
          maturity: 'proven',
          sources: known.sources,
          remedy: expect.stringContaining('“gatehouse models import pad-1.pth”'),
        },
      ],
      provider,
    },
  });
  expect((await call('GET', '/verification')).body).toEqual({
    items: [{ id: 'b-net', file: 'b-net.onnx', ok: false, expected: 'ab' }],
  });
});

test('a model is enabled without a body, disabled and removed', async () => {
  expect((await call('POST', '/b-net/enable')).body).toMatchObject({ acceptedBy: 'operator:ada' });
  expect((await call('POST', '/b-net/disable')).body).toEqual({ ...model, enabled: false });
  expect(await call('DELETE', '/b-net')).toEqual({ status: 204, body: undefined });
  expect(asked).toEqual([
    { id: 'b-net', acceptLicenceDoubt: false, actor: ada },
    { id: 'b-net', actor: ada },
  ]);
});
