import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replyOf, type Schemas, toUploadForm } from '../../sdk/admin/client.ts';
import { type Control, createControl } from '../../service/cli/control/control.ts';
import { createSocketTransport } from '../../service/cli/control/socket-transport.ts';
import { createSubjectData } from '../../service/engine/people/index.ts';
import { createSubjectStore } from '../../service/engine/people/subjects/subject-store.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { openVault } from '../../service/storage/keys/vault.ts';
import { fullSize } from '../attacks/size.ts';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { withMeasuredPipeline } from '../support/measured-pipeline.ts';
import { findBytes, type Needle, textNeedles, vectorNeedles } from './find-bytes.ts';

const PEOPLE = fullSize ? 50 : 12;
const REASON = 'a lawsuit of the Zeppelin family against the museum';
const faces = ['ada', 'bea', 'stranger'] as const;

let cli: Cli;
let elsewhere: string;
let echoes: Server[];
beforeEach(() => {
  echoes = [];
  cli = createCli();
  elsewhere = mkdtempSync(join(tmpdir(), 'gatehouse-elsewhere-'));
});
afterEach(async () => {
  for (const server of echoes) {
    server.closeAllConnections();
    server.close();
  }
  await cli.clean();
  rmSync(elsewhere, { recursive: true });
});

/** A receiver of webhooks that answers with what it was sent, and once in a while with an error. */
async function startEcho() {
  const texts: string[] = [];
  let waiting = () => {};
  const server = createServer(async (request, reply) => {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    texts.push(text);
    reply.writeHead(texts.length % 5 === 0 ? 500 : 200).end(text);
    waiting();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  echoes.push(server);
  return {
    port: (server.address() as AddressInfo).port,
    async received(sought: readonly string[]): Promise<void> {
      while (!sought.every((one) => texts.some((text) => text.includes(one)))) {
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      }
    },
  };
}

interface Person {
  email: string;
  name: string;
  picture: Buffer;
}

const makePeople = (): Promise<Person[]> =>
  Promise.all(
    Array.from({ length: PEOPLE }, async (_, i) => ({
      email: `quirin.nebelhorn.${i}@zeppelin.example`,
      name: `Quirin Nebelhorn the ${i}th`,
      // The quality makes each one's embedding its own.
      picture: await portrait(faces[i % faces.length]!, 40 + i),
    })),
  );

/** What these people are and look like, their embeddings among it as the model gives them. */
const needlesOf = (people: readonly Person[]): Promise<Needle[]> =>
  withMeasuredPipeline(
    { workers: 1, embedders: 'default', scratch: elsewhere },
    async ({ analyzer, request }) => {
      const needles = textNeedles('reason of the hold', REASON);
      for (const { email, name, picture } of people) {
        needles.push(...textNeedles(email, email), ...textNeedles(name, name));
        const { face } = await analyzer.analyze(picture, { ...request, deadline: 300_000 });
        for (const vector of Object.values(face!.embeddings))
          needles.push(...vectorNeedles(`embedding of ${email}`, vector));
        needles.push({ what: `picture of ${email}`, bytes: picture.subarray(1000, 1032) });
      }
      return needles;
    },
  );

/** Their templates as they are sealed (under the organization's transform) and as they are when that is undone. */
async function templateNeedlesOf(people: readonly Person[], organization: OrganizationId): Promise<Needle[]> {
  const clock = { now: () => Date.now() };
  const context = { kind: 'sqlite', path: join(cli.data, 'gatehouse.db') } as const;
  const { db, close } = await openDatabase(context, { clock, log: silentLog });
  const { sealer, close: closeVault } = await openVault(cli.data, { db, clock, log: silentLog });
  try {
    const store = createSubjectStore({ db, sealer });
    const needles: Needle[] = [];
    for (const { email } of people) {
      const realm = { organization, world: 'test' } as const;
      const subject = await store.find(realm, { email });
      const values = await createSubjectData({ db, sealer }).sealedValues!({
        ...realm,
        subject: subject!.id,
      });
      const templates = values.filter(({ searched }) => searched?.kind === 'template');
      expect(templates.length).toBeGreaterThan(0);
      for (const { context, sealed } of templates) {
        const stored = new Float32Array((await sealer.open(context, sealed)).slice().buffer);
        needles.push(...vectorNeedles(`stored template of ${email}`, stored));
        const restored = sealer.transformOf(organization).restore(stored);
        needles.push(...vectorNeedles(`template of ${email}`, restored));
      }
    }
    return needles;
  } finally {
    await closeVault();
    await close();
  }
}

async function enrollAll(control: Control, organization: string, people: readonly Person[]): Promise<void> {
  const consent: Schemas['NewConsent'] = {
    textVersion: 'v3',
    method: 'signed form',
    legalBasis: 'explicit consent',
    purposes: ['verification', 'identification', 'deduplication'],
  };
  for (const { email, name, picture } of people)
    await replyOf(
      control.admin.POST('/api/admin/subjects', {
        params: { query: { organization, env: 'test' } },
        body: { request: { email, name, consent }, file: new Blob([Uint8Array.from(picture)]) },
        bodySerializer: toUploadForm,
      }),
    );
}

test('no address, name, picture or template lies in plain sight: not in the data directory, a backup, a key copy, a temporary file or the log', async () => {
  const { organizationId, keys } = await cli.json<{ organizationId: OrganizationId; keys: { test: string } }>(
    'init',
    '--org',
    'Museum',
  );
  const people = await makePeople();
  const needles = await needlesOf(people);
  const echo = await startEcho();
  await cli.json('grant', 'add', `127.0.0.1/32:${echo.port}`);
  const url = `http://127.0.0.1:${echo.port}/in`;
  await cli.json('webhook', 'add', url, '--family', 'identity', '--test');
  const service = await cli.serve('--log-level', 'debug');
  const control = createControl(createSocketTransport(join(cli.data, 'control.sock')));
  await enrollAll(control, organizationId, people);
  const [first, second, third] = people;
  const of = ({ email }: Person) => ({
    path: { id: email },
    query: { organization: organizationId, env: 'test' as const },
  });
  const verify = async (body: object, to = '/api/verify') =>
    (
      await fetch(`${service.url}${to}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': keys.test },
        body: JSON.stringify(body),
      })
    ).status;
  const image = first!.picture.toString('base64');
  expect(await verify({ image, deviceInfo: { platform: 'Linux' } })).toBe(200);
  expect(await verify({ image, email: second!.email })).toBe(200);
  expect(await verify({ image, email: `${first!.email} ` })).toBe(200);
  expect(await verify({ image, email: `${first!.email} x` })).toBe(400);
  expect(await verify({ image, email: third!.email, name: third!.name }, '/api/enroll')).toBe(409);
  // Each enrollment was sent to a receiver that echoes it, and both are in the log of deliveries.
  await echo.received(people.map((one) => one.email));
  const { items: deliveries } = await cli.json<{ items: { id: string }[] }>(
    'webhook',
    'deliveries',
    '--test',
    '--state',
    'delivered',
  );
  expect(deliveries.length).toBeGreaterThan(0);
  await control.admin.POST('/api/admin/subjects/{id}/holds', {
    params: of(second!),
    body: { reason: REASON },
  });
  await control.admin.POST('/api/admin/subjects/{id}/consent/withdrawals', {
    params: of(third!),
    body: { purposes: ['identification'] },
  });
  const { email, name } = await replyOf(
    control.admin.GET('/api/admin/subjects/{id}', { params: of(first!) }),
  );
  expect([email, name]).toEqual([first!.email, first!.name]);
  await cli.json('keystore', 'add', elsewhere);
  mkdirSync(join(elsewhere, 'backups'));
  await cli.json('backup', join(elsewhere, 'backups'));
  await cli.json('audit', 'export', join(elsewhere, 'audit.jsonl'));

  const everywhere = (sought: readonly Needle[]) =>
    [cli.data, cli.temporary, elsewhere].flatMap((folder) => findBytes(folder, sought));
  expect(everywhere(needles)).toEqual([]);
  await control.close();
  await service.end();
  const all = [...needles, ...(await templateNeedlesOf(people, organizationId))];
  expect(everywhere(all)).toEqual([]);
  const log = Buffer.from(service.output.stdout + service.output.stderr);
  expect(log.length).toBeGreaterThan(5_000);
  expect(all.filter(({ bytes }) => log.includes(bytes)).map(({ what }) => what)).toEqual([]);

  // The same search finds a deliberate export, so it would find the data anywhere else.
  const file = join(elsewhere, 'export.json');
  await cli.json('subject', 'export', first!.email, '--test', '--with-templates', '--out', file);
  const taken = new Set(everywhere(all));
  const exported = [first!.email, first!.name, `template of ${first!.email} (base64)`].map(
    (what) => `export.json: ${what}`,
  );
  expect([...taken]).toEqual(expect.arrayContaining(exported));
  // A part of the restored template is the model's own embedding, bit for bit, where the rounding of the transform happens to vanish.
  const equal = `export.json: embedding of ${first!.email} (base64)`;
  expect([...taken].filter((one) => !exported.includes(one) && one !== equal)).toEqual([]);
});
