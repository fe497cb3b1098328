import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createControl } from '../../service/cli/control/control.ts';
import { createSocketTransport } from '../../service/cli/control/socket-transport.ts';
import type { PersonalData, SealedValue } from '../../service/engine/audit/index.ts';
import { createSubjectData } from '../../service/engine/people/index.ts';
import type { OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { openVault } from '../../service/storage/keys/vault.ts';
import type { Sealer } from '../../service/storage/sealing/sealed.ts';
import { createRandom } from '../accuracy/random.ts';
import { fullSize } from '../attacks/size.ts';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';

const ENROLLMENTS = fullSize ? 200 : 10;
const ERASURES = fullSize ? 50 : 4;
const LIVES = {
  enrolling: { answers: fullSize ? 16 : 3, pause: 100 },
  erasing: { answers: fullSize ? 6 : 1, pause: 20 },
};

let cli: Cli;
let organization: OrganizationId;
let key: string;

beforeEach(async () => {
  cli = createCli();
  const made = await cli.json<{ organizationId: OrganizationId; keys: { test: string } }>(
    'init',
    '--org',
    'Museum',
  );
  organization = made.organizationId;
  key = made.keys.test;
});
afterEach(() => cli.clean());

const random = createRandom(3);

interface Life {
  /** Answers that a service may give at most before it is killed. */
  answers: number;
  /** Milliseconds from the last of them to the kill at most: about what one takes. */
  pause: number;
}

/** Asked after the last answer before the kill, beside what is under way then: more would let a slow machine finish everything in few lives. */
const FURTHER = 1;

interface Calls {
  /** Whether the service may be asked once more. */
  mayAsk(): boolean;
  onAnswer(): void;
}

/** Starts the service again and again and kills it at a random moment after some answers, until nothing is left to do. */
async function underKills(
  { answers, pause }: Life,
  left: () => number,
  work: (service: Service, calls: Calls) => Promise<void>,
): Promise<number> {
  let kills = 0;
  while (left() > 0) {
    const service = await cli.serve();
    const kill = () => service.child.kill('SIGKILL');
    let more = Math.ceil(random() * answers);
    let further = FURTHER;
    const calls: Calls = {
      mayAsk: () => more > 0 || further-- > 0,
      onAnswer() {
        more -= 1;
        if (more === 0) setTimeout(kill, random() * pause);
      },
    };
    await Promise.all([work(service, calls), work(service, calls)]);
    kill();
    await service.ended;
    kills += 1;
  }
  return kills;
}

/** Runs `work` on the files of the directory while no service runs. */
async function onFiles<T>(work: (data: PersonalData, sealer: Sealer) => Promise<T>): Promise<T> {
  const clock = { now: () => Date.now() };
  const location = { kind: 'sqlite', path: join(cli.data, 'gatehouse.db') } as const;
  const { db, close } = await openDatabase(location, { clock, log: silentLog });
  const { sealer, close: closeVault } = await openVault(cli.data, { db, clock, log: silentLog });
  try {
    return await work(createSubjectData({ db, sealer }), sealer);
  } finally {
    await closeVault();
    await close();
  }
}

/** The sealed templates of these people as they lie in the database. */
const sealedTemplates = (subjects: readonly SubjectId[]) =>
  onFiles(async (data) => {
    const values = await Promise.all(
      subjects.map((subject) => data.sealedValues!({ organization, world: 'test', subject })),
    );
    return values.flat().filter(({ searched }) => searched?.kind === 'template');
  });

const openAll = (templates: readonly SealedValue[]) =>
  onFiles(async (_, sealer) => (await sealer.openMany(templates)).map(({ is }) => is));

const people = async () =>
  (await cli.json<{ items: { id: SubjectId; email: string }[] }>('subject', 'list', '--test')).items;

test('kill -9 at random moments: no acknowledged enrollment is lost, no erased template opens, the chain is valid', {
  timeout: 1_200_000,
}, async () => {
  const pictures = await Promise.all(
    (['ada', 'bea', 'stranger'] as const).map(async (who) => (await portrait(who)).toString('base64')),
  );
  const waiting = Array.from({ length: ENROLLMENTS }, (_, i) => `person-${i}@example.com`);
  // Always the same picture of the same person: an enrollment without a reply is sent again.
  const pictureOf = (email: string) => pictures[Number(/\d+/.exec(email)) % pictures.length];
  const enrolled = new Set<string>();
  const enrolling = await underKills(
    LIVES.enrolling,
    () => waiting.length,
    async ({ url }, { mayAsk, onAnswer }) => {
      while (waiting.length > 0 && mayAsk()) {
        const email = waiting.shift()!;
        const image = pictureOf(email);
        try {
          const reply = await fetch(`${url}/api/enroll`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-api-key': key },
            body: JSON.stringify({ image, email }),
          });
          if (reply.status !== 200) throw new Error(`${reply.status}: ${await reply.text()}`);
          enrolled.add(email);
          onAnswer();
        } catch (error) {
          waiting.push(email);
          if (error instanceof TypeError) return;
          throw error;
        }
      }
    },
  );
  const before = await people();
  expect(before.map(({ email }) => email).sort()).toEqual([...enrolled].sort());
  expect(enrolled.size).toBe(ENROLLMENTS);

  const chosen = before.slice(0, ERASURES);
  const old = await sealedTemplates(chosen.map(({ id }) => id));
  const others = await sealedTemplates(before.slice(ERASURES).map(({ id }) => id));
  // A person whose enrollment had no reply was enrolled again, and has two.
  expect(new Set(old.map(({ context }) => context.subject)).size).toBe(ERASURES);
  expect(new Set(others.map(({ context }) => context.subject)).size).toBe(ENROLLMENTS - ERASURES);
  expect(new Set(await openAll([...old, ...others]))).toEqual(new Set(['open']));
  const left = chosen.map(({ id }) => id);
  const erased = new Set<SubjectId>();
  const erasing = await underKills(
    LIVES.erasing,
    () => left.length,
    async (_, { mayAsk, onAnswer }) => {
      const control = createControl(createSocketTransport(join(cli.data, 'control.sock')));
      try {
        while (left.length > 0 && mayAsk()) {
          const person = left.shift()!;
          try {
            await control.admin.POST('/api/admin/subjects/{id}/erase', {
              params: { path: { id: person }, query: { organization, env: 'test' } },
              body: { confirm: person, reason: 'request', prove: false },
            });
            erased.add(person);
            onAnswer();
          } catch (error) {
            // Killed in between: a person already gone was erased, the others are tried again.
            left.push(person);
            if ((error as { code?: string }).code === 'INTERNAL') return;
            throw error;
          }
        }
      } finally {
        await control.close();
      }
    },
  );
  expect(erased.size).toBe(ERASURES);
  const after = await people();
  expect(after.map(({ email }) => email)).toEqual(before.slice(ERASURES).map(({ email }) => email));
  expect(new Set(await openAll(old))).toEqual(new Set(['erased']));
  expect(new Set(await openAll(others))).toEqual(new Set(['open']));
  expect(await sealedTemplates(chosen.map(({ id }) => id))).toEqual([]);
  const { items: receipts } = await cli.json<{ items: { subject: SubjectId; state: string }[] }>(
    'receipt',
    'list',
  );
  expect(receipts.map(({ subject }) => subject).sort()).toEqual([...erased].sort());
  expect(new Set(receipts.map(({ state }) => state))).toEqual(new Set(['done']));
  const { code, stdout } = await cli.run('audit', 'verify');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/valid|whole|intact/i)]);
  expect(enrolling).toBeGreaterThan(fullSize ? 5 : 1);
  expect(erasing).toBeGreaterThan(fullSize ? 3 : 1);
});
