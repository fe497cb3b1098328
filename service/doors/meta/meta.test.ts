import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { recordedAccess } from '../../../test/support/recorded-access.ts';
import { createOwnHosts, type OwnHosts } from '../../http/listening/own-hosts.ts';
import { createMetrics } from '../../http/metrics.ts';
import { createServer } from '../../http/server.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createIdentityDoor } from '../identity/index.ts';
import { EnrollRequest, VerifyRequest } from '../identity/wire.ts';
import { CheckResultReply, EnrollReply, VerifyReply } from '../identity/wire-replies.ts';
import { type ApplianceStatus, createMetaDoor } from './index.ts';
import { HealthReply } from './wire.ts';

const sha256 = 'ab'.repeat(32);
const blazeface = {
  id: 'blazeface',
  name: 'BlazeFace',
  role: 'detector' as const,
  sha256,
  maturity: 'proven' as const,
  licence: 'Apache-2.0',
  enabled: true,
};
/** For administrators: not in `/health`. */
const unshown = {
  origin: 'built' as const,
  sources: [],
  accuracy: [],
  needsLicenceAcceptance: false,
};
const own = {
  world: 'live',
  scorer: 'r',
  holdsFor: 'every-group',
  measured: 2,
  notMeasured: 1,
  tooFewPeople: 3,
  raised: 1,
  doubtful: 4,
} as const;
const healthy: ApplianceStatus = {
  readiness: { is: 'ready' },
  models: [
    { ...blazeface, ...unshown, provenance: 'npm' },
    {
      id: 'mobilefacenet',
      name: 'MobileFaceNet',
      role: 'embedder',
      sha256,
      maturity: 'alternate',
      licence: 'unclear',
      provenance: 'npm',
      doubts: 'training data undisclosed',
      enabled: true,
      ...unshown,
      acceptedBy: 'Alice Operator',
      acceptedAt: 5,
    },
  ],
  pad: { is: 'installed', set: 'minifasnet', maturity: 'proven' },
  inference: {
    workers: 2,
    busy: 1,
    queued: 3,
    queueLimit: 64,
    provider: { providersAsked: ['cpu'], provider: 'cpu', nets: [] },
  },
  storage: { kind: 'sqlite', state: 'ok' },
  people: [{ world: 'live', total: 120, largest: 100 }],
  upgrades: [{ world: 'live', upgraded: 5, provisional: 2, waiting: 1 }],
  templates: [{ world: 'live', embedder: 'dlib', count: 300 }],
  ownGalleries: [{ ...own, largestExcess: 11.6 }],
  safeGallery: [{ rate: 0.01, holdsFor: 'every-group', people: 1000 }],
  matchOnlyOrganizations: 0,
  damagedModels: [],
  unreachablePeople: 0,
  attention: [],
};

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

async function start(status: () => Promise<ApplianceStatus>, metricsToken?: string, hosts?: OwnHosts) {
  let now = 1_000_000;
  const clock = { now: () => now };
  const metrics = createMetrics({ processMetrics: false });
  const app = createServer({
    access: recordedAccess(),
    log: silentLog,
    ids: createIds(clock),
    metrics,
    ...(hosts && { hosts }),
  });
  running.push(app);
  const unused = async () => {
    throw new Error('not asked here');
  };
  await app.register(createIdentityDoor({ checks: { verify: unused, enroll: unused } }));
  await app.register(
    createMetaDoor({
      version: '1.2.3',
      families: { checkResult: z.unknown(), webhooks: [] },
      clock,
      log: silentLog,
      metrics,
      status,
      readiness: async () => (await status()).readiness,
      metricsToken,
    }),
  );
  await app.ready();
  now += 61_500;
  const advance = (milliseconds: number) => {
    now += milliseconds;
  };
  return { app, metrics, advance };
}

test('the state is read once for all who ask at one time, and anew for who asks later', async () => {
  let reads = 0;
  const { app } = await start(async () => {
    reads++;
    await new Promise(setImmediate);
    return healthy;
  });
  for (const url of ['/health', '/ready']) {
    reads = 0;
    const answers = await Promise.all(Array.from({ length: 100 }, () => app.inject(url)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect(reads).toBeLessThan(10);
    const before = reads;
    await app.inject(url);
    expect(reads).toBe(before + 1);
  }
});

describe('a health check of a load balancer', () => {
  const hosts = createOwnHosts({ listen: '127.0.0.1', allowed: ['gate.example'] });
  /** As it comes over the wire: `Host` may be absent, which no HTTP client sends. */
  async function exchange(app: Awaited<ReturnType<typeof start>>['app'], ...lines: string[]) {
    if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.end([...lines, 'Connection: close', '', ''].join('\r\n'));
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    return [Number(head.split(' ')[1]), JSON.parse(body)];
  }

  test.each([
    ['no Host, as HAProxy sends it', ['HTTP/1.0']],
    ['no Host in HTTP/1.1', ['HTTP/1.1']],
    ['another Host', ['HTTP/1.1', 'Host: evil.example']],
    ['two of them', ['HTTP/1.1', 'Host: gate.example', 'Host: evil.example']],
  ])('with %s is answered, and gets the state alone', async (_, [version, ...rest]) => {
    const down: ApplianceStatus = {
      ...healthy,
      readiness: { is: 'not-ready', reason: 'The database cannot be used.' },
    };
    for (const [status, health, ready] of [
      [healthy, 'ok', [200, { ready: true }]],
      [down, 'unavailable', [503, { ready: false, reason: expect.not.stringContaining('database') }]],
    ] as const) {
      const { app } = await start(async () => status, undefined, hosts);
      expect(await exchange(app, `GET /health ${version}`, ...rest)).toEqual([200, { status: health }]);
      expect(await exchange(app, `GET /ready ${version}`, ...rest)).toEqual(ready);
    }
  });

  test('with a Host of the appliance gets all of it; every other address takes no other Host', async () => {
    const { app } = await start(async () => healthy, undefined, hosts);
    const own = await exchange(app, 'GET /health HTTP/1.1', 'Host: gate.example');
    expect(own).toEqual([200, expect.objectContaining({ version: '1.2.3' })]);
    for (const path of ['/', '/metrics', '/openapi.json', '/health/x'])
      expect(await exchange(app, `GET ${path} HTTP/1.1`, 'Host: evil.example')).toEqual([
        421,
        expect.objectContaining({ code: 'HOST_NOT_ALLOWED' }),
      ]);
    for (const version of ['HTTP/1.0', 'HTTP/1.1'])
      expect(await exchange(app, `GET / ${version}`)).toEqual([
        421,
        expect.objectContaining({
          error: expect.stringMatching(/^The proxy or client sends no Host header/),
        }),
      ]);
  });
});

describe('/health', () => {
  test('gives the state and no names', async () => {
    const { app } = await start(async () => healthy);
    const { statusCode, body } = await app.inject('/health');
    expect([statusCode, JSON.parse(body)]).toEqual([
      200,
      {
        status: 'ok',
        version: '1.2.3',
        uptimeSeconds: 61,
        warnings: [],
        attention: [],
        models: [
          blazeface,
          {
            id: 'mobilefacenet',
            name: 'MobileFaceNet',
            role: 'embedder',
            maturity: 'alternate',
            licence: 'unclear',
            doubts: 'training data undisclosed',
            doubtsAccepted: true,
            sha256,
            enabled: true,
          },
        ],
        pad: { installed: true, set: 'minifasnet', maturity: 'proven' },
        inference: {
          workers: 2,
          busy: 1,
          queued: 3,
          queueLimit: 64,
          providersAsked: ['cpu'],
          provider: 'cpu',
          nets: [],
        },
        storage: { kind: 'sqlite', state: 'ok' },
        people: [{ world: 'live', total: 120, largest: 100 }],
        ownGalleries: [{ ...own, largestExcess: 12 }],
        safeGallery: [{ rate: 0.01, holdsFor: 'every-group', people: 1000 }],
      },
    ]);
    expect(body).not.toContain('Alice');
  });

  test('says what needs attention, most urgent first, and fits its own schema', async () => {
    const attention = [
      { code: 'NOT_READY', urgency: 'now', sentence: 'The galleries are being read.', remedy: 'Wait.' },
      { code: 'NO_BACKUP', urgency: 'soon', sentence: 'There is no backup.', remedy: 'Schedule one.' },
    ] satisfies ApplianceStatus['attention'];
    let status: ApplianceStatus = { ...healthy, attention };
    const { app } = await start(async () => status);
    const health = async () => HealthReply.parse((await app.inject('/health')).json());
    expect(await health()).toMatchObject({
      status: 'warning',
      warnings: ['The galleries are being read. Wait.', 'There is no backup. Schedule one.'],
      attention,
    });
    const reason = 'No detector model is enabled.';
    status = { ...healthy, readiness: { is: 'not-ready', reason } };
    expect(await health()).toMatchObject({ status: 'unavailable' });
    const ready = await app.inject('/ready');
    expect([ready.statusCode, ready.json()]).toEqual([503, { ready: false, reason }]);
    expect((await app.inject('/metrics')).body.split('\n')).toContain('gatehouse_ready 0');
  });
});

describe('/', () => {
  test('leads a browser to the console, and shows other clients the list of addresses', async () => {
    const { app } = await start(async () => healthy);
    const browser = await app.inject({
      url: '/',
      headers: { accept: 'text/html,application/xhtml+xml,*/*' },
    });
    expect([browser.statusCode, browser.headers.location, browser.headers.vary]).toEqual([
      302,
      '/console/',
      'accept',
    ]);
    const curl = await app.inject({ url: '/', headers: { accept: '*/*' } });
    expect([curl.statusCode, curl.json()]).toEqual([
      200,
      { name: 'Gatehouse', version: '1.2.3', docs: '/docs', openapi: '/openapi.json', health: '/health' },
    ]);
  });

  test('has an icon', async () => {
    const { app } = await start(async () => healthy);
    const { statusCode, headers, body } = await app.inject('/favicon.ico');
    expect([statusCode, headers['content-type']]).toEqual([200, 'image/svg+xml']);
    expect(body).toMatch(/^<svg [\s\S]*<\/svg>$/);
  });
});

describe('/ready', () => {
  test.each<[string, () => Promise<ApplianceStatus>, number, unknown]>([
    ['yes', async () => healthy, 200, { ready: true }],
    [
      'no',
      async () => ({ ...healthy, readiness: { is: 'not-ready', reason: 'Stopping.' } }),
      503,
      { ready: false, reason: 'Stopping.' },
    ],
    [
      'unknown',
      async () => {
        throw new Error('database is gone: postgres://user:secret@db');
      },
      503,
      { ready: false, reason: 'The state of the appliance cannot be read; the log says why.' },
    ],
  ])('%s', async (_, status, code, answer) => {
    const response = await (await start(status)).app.inject('/ready');
    expect([response.statusCode, response.json()]).toEqual([code, answer]);
  });
});

describe('/metrics', () => {
  test('counts, times and gauges, and follows what changes', async () => {
    let people: ApplianceStatus['people'] = [];
    const { app, metrics, advance } = await start(async () => ({ ...healthy, people }));
    await app.inject('/metrics');
    people = [{ world: 'live', total: 7, largest: 4 }];
    metrics.inference({ decode: 4, total: 120 });
    expect((await app.inject('/metrics')).body).not.toContain('gatehouse_people{');
    advance(1_000);
    const { headers, body } = await app.inject('/metrics');
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const line of [
      'gatehouse_ready 1',
      'gatehouse_uptime_seconds 62.5',
      'gatehouse_inference_queue 3',
      'gatehouse_inference_fallback 0',
      'gatehouse_people{world="live"} 7',
      'gatehouse_template_upgrades{world="live",state="provisional"} 2',
      'gatehouse_largest_gallery{world="live"} 4',
      'gatehouse_gallery_templates{world="live",embedder="dlib"} 300',
      'gatehouse_inference_stage_seconds_sum{stage="total"} 0.12',
      'gatehouse_http_requests_total{method="GET",route="/metrics",status="200",world="none"} 2',
    ]) {
      expect(body.split('\n')).toContain(line);
    }
    people = [];
    advance(1_000);
    expect((await app.inject('/metrics')).body).not.toContain('gatehouse_people{');
  });

  test('is for programs on the machine, or for the holder of the token, and is sent from one buffer a second', async () => {
    const code = async (
      { app }: Awaited<ReturnType<typeof start>>,
      headers: Record<string, string> = {},
      remoteAddress = '127.0.0.1',
    ) => (await app.inject({ url: '/metrics', headers, remoteAddress })).statusCode;
    const local = await start(async () => healthy);
    expect(await code(local)).toBe(200);
    expect(await code(local, {}, '::1')).toBe(200);
    expect(await code(local, {}, '192.0.2.1')).toBe(401);
    for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])
      expect(await code(local, { [name]: '192.0.2.1' })).toBe(401);
    const token = 'a-token-of-the-scraper';
    const scraped = await start(async () => healthy, token);
    expect(await code(scraped)).toBe(401);
    expect(await code(scraped, { authorization: `Bearer ${token}x` }, '192.0.2.1')).toBe(401);
    const headers = { authorization: `Bearer ${token}` };
    expect(await code(scraped, headers, '192.0.2.1')).toBe(200);
    const { headers: sent } = await scraped.app.inject({ url: '/metrics', headers });
    const known = { ...headers, 'if-none-match': String(sent.etag) };
    expect(await code(scraped, known)).toBe(304);
  });

  test('has metrics of the process where the setting asks for them', async () => {
    const text = await createMetrics({ processMetrics: true }).render([]);
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  });
});

describe('/openapi.json', () => {
  test('other requests are answered while it is made for the first time', async () => {
    const { app } = await start(async () => healthy);
    const order: string[] = [];
    const made = app.inject('/openapi.json').then(() => order.push('document'));
    for (let i = 0; i < 5; i++) await app.inject('/ready').then(() => order.push('ready'));
    await made;
    expect(order).toEqual([...Array(5).fill('ready'), 'document']);
  });

  // biome-ignore lint/suspicious/noExplicitAny: a document of unknown depth is walked
  type Any = any;
  const document = async (): Promise<Any> =>
    (await (await start(async () => healthy)).app.inject('/openapi.json')).json();

  test('is OpenAPI 3.1 with every public route, and nothing that hides', async () => {
    const { openapi, info, paths, servers } = await document();
    expect([openapi, info.version, servers]).toEqual([
      '3.1.0',
      '1.2.3',
      [{ url: '/', description: 'This appliance' }],
    ]);
    expect(
      Object.entries<Any>(paths).flatMap(([path, item]) =>
        Object.keys(item).map((method) => `${method} ${path}`),
      ),
    ).toEqual([
      'post /api/verify',
      'post /api/enroll',
      'get /health',
      'get /ready',
      'get /metrics',
      'get /openapi.json',
      'get /openapi/{family}',
    ]);
  });

  test('says what each operation is, takes, answers and needs', async () => {
    const scopeOf = (path: string) => (path === '/api/enroll' ? 'identity:enroll' : 'identity:verify');
    const { paths } = await document();
    const ids = new Set<string>();
    for (const [path, item] of Object.entries<Any>(paths)) {
      for (const operation of Object.values<Any>(item)) {
        ids.add(operation.operationId);
        expect(operation).toMatchObject({
          summary: expect.any(String),
          description: expect.any(String),
          tags: [expect.any(String)],
          security: path.startsWith('/api/')
            ? [{ apiKey: [scopeOf(path)] }, { bearer: [scopeOf(path)] }, { accessToken: [] }]
            : [],
        });
        for (const [status, answer] of Object.entries<Any>(operation.responses)) {
          expect(status).toMatch(/^[2-5]\d\d$/);
          expect(answer).toMatchObject({ description: expect.any(String), content: expect.any(Object) });
        }
      }
    }
    expect(ids.size).toBe(Object.keys(paths).length);
    expect(Object.keys(paths['/api/verify'].post.requestBody.content)).toEqual([
      'application/json',
      'multipart/form-data',
    ]);
    expect(paths['/api/verify'].post.responses['422'].description).toBe(
      [
        '- `FACE_NOT_FOUND`: No face is in the picture.',
        '- `SEVERAL_FACES`: A second face of similar size is in the picture.',
        '- `FACE_TOO_SMALL`: The face is too small to be judged.',
        '- `FACE_QUALITY_REFUSED`: The picture has a fault that the profile refuses; `reason` names it.',
        '- `REPLAYED_PICTURE`: The picture is identical to an enrolled one, which the live world refuses; `reason` asks for a new one.',
        '- `CHECK_FAILED`: A hard-fail check of the profile failed; `checkResults` says which.',
      ].join('\n'),
    );
  });

  test('every example of an error has a code of its own status, and 422 has what it promises', async () => {
    const { paths } = await document();
    const { responses } = paths['/api/verify'].post;
    const answers = [
      ...Object.entries<Any>(responses),
      ...Object.entries<Any>(paths['/api/enroll'].post.responses),
    ];
    for (const [status, answer] of answers) {
      const { examples = {} } = answer.content['application/json'];
      expect(Object.keys(examples).length > 0).toBe(status !== '200');
      for (const [code, { value }] of Object.entries<Any>(examples)) {
        expect(answer.description).toContain(`- \`${code}\`:`);
        expect(value).toMatchObject({ error: expect.any(String), code, requestId: expect.any(String) });
      }
    }
    const { value } = responses['422'].content['application/json'].examples.FACE_NOT_FOUND;
    expect(Object.keys(value)).toEqual(['error', 'code', 'requestId', 'reason', 'checkResults']);
    for (const result of value.checkResults) CheckResultReply.parse(result);
    expect(paths['/ready'].get.responses['503'].content['application/json'].example).toEqual({
      ready: false,
      reason: 'The database cannot be used.',
    });
  });

  test('every link leads somewhere, every security scheme exists, every field is described', async () => {
    const whole = await document();
    const undescribed: string[] = [];
    const visit = (node: Any, path: string): void => {
      if (node === null || typeof node !== 'object') return;
      if (typeof node.$ref === 'string') {
        const [, kind = '', name = ''] = /^#\/components\/(schemas|headers)\/(\w.*)$/.exec(node.$ref) ?? [];
        expect(whole.components[kind], node.$ref).toHaveProperty(name);
      }
      for (const [name, field] of Object.entries<Any>(path.endsWith('.properties') ? node : {})) {
        const target = field.$ref ? whole.components.schemas[field.$ref.split('/').at(-1)] : field;
        if (!target.description) undescribed.push(`${path}.${name}`);
      }
      for (const [key, inner] of Object.entries(node))
        if (key !== 'examples' && key !== 'example') visit(inner, `${path}.${key}`);
    };
    visit(whole.components.schemas, 'schemas');
    visit(whole.paths, 'paths');
    expect(undescribed).toEqual([]);
    expect(Object.keys(whole.components.securitySchemes)).toEqual(['apiKey', 'bearer', 'accessToken']);
    expect(JSON.stringify(whole)).not.toContain('$defs');
  });

  test('its examples are what the schemas take', async () => {
    const whole = await document();
    const schemas: Record<string, z.ZodType> = { VerifyRequest, EnrollRequest, VerifyReply, EnrollReply };
    for (const [name, schema] of Object.entries(schemas)) {
      const { examples } = whole.components.schemas[name];
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) schema.parse(example);
    }
    for (const schema of [VerifyRequest, EnrollRequest, VerifyReply, EnrollReply]) checkFieldExamples(schema);
  });

  function checkFieldExamples(schema: z.ZodType): void {
    for (const example of (schema.meta()?.examples as unknown[]) ?? []) schema.parse(example);
    const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
    if (inner instanceof z.ZodObject)
      for (const field of Object.values<z.ZodType>(inner.shape)) checkFieldExamples(field);
  }
});
