import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createCli } from '../cli/gatehouse.ts';
import { createPost } from '../live/live-door.ts';
import { type LivePictures, openLivePictures } from '../live/live-pictures.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { withMeasuredPipeline } from '../support/measured-pipeline.ts';
import { type LiveClient, startLiveClient } from './live-clients.ts';
import { median, quantile } from './statistics.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
/** Milliseconds until a session that began is measured. */
const SETTLING = 3_000;
/** Milliseconds for which a session has to wait to count as queued: a place may come with the next figures. */
const QUEUED = 8_000;
const MOST = 24;
/** Milliseconds within which a person has to see what is wrong, at p95. */
const BAR = 250;
const FRAMES_PER_SECOND = 10;
/** Verifications of the other door, at a time. */
const LANES = 4;
const BARE_FRAMES = 60;

interface Measured {
  what: string;
  sessions: number;
  queued: number;
  /** Of each admitted session. */
  each: { frames: number; p50: number; p95: number; p99: number; perSecond: number }[];
  /** Places that the others see. */
  places: number[];
  verifications?: number;
}

/**
 * Live sessions over HTTP and WebSockets, ten frames a second each: one more at a time, until one has to wait; alone, and beside a door
 * that verifies as fast as it can. Asserts nothing.
 */
export async function benchSessions(say: (line: string) => void): Promise<Evidence> {
  const pictures = await openLivePictures();
  const bare = await timeBareFrame(pictures);
  say(
    `sessions: a bare frame takes ${bare.landmarks.toFixed(1)} ms, one for the identity ${bare.identity.toFixed(1)} ms`,
  );
  const cli = createCli({});
  try {
    const { organizationId } = await cli.json<{ organizationId: string }>('init', '--org', 'Bench');
    await cli.json('limits', 'set', '--burst', '1000000', '--per-user', '1000000');
    const made = async (scope: string) =>
      (
        await cli.json<{ key: string }>(
          ...['key', 'create', '--org', organizationId, '--scopes', scope, '--env', 'test'],
        )
      ).key;
    const [sessions, identity] = [await made('sessions'), await made('identity')];
    const service = await cli.serve('--log-level', 'error');
    const open = () => startLiveClient(service.url, sessions, () => pictures.person());
    const measured: Measured[] = [];
    const keep = (row: Measured) => {
      measured.push(row);
      say(`sessions: ${row.what}: ${lineOf(row).join(' | ')}`);
    };

    const clients = await fill(open, async (all) => keep(await measure('alone', all)));
    const busy = await verifyAllTheTime(service.url, identity, pictures.still);
    await pause(SETTLING);
    keep(await measure('the same, verifications begin', clients, busy));
    for (const client of clients) client.end();
    await pause(SETTLING);
    const beside = await fill(open, async (all) => keep(await measure('beside verifications', all, busy)));
    for (const client of beside) client.end();
    await busy.end();
    await service.end();
    return {
      title: 'Live sessions',
      measured: { bare, rows: measured },
      lines: report(pictures, bare, measured),
    };
  } finally {
    await cli.clean();
  }
}

/** One more at a time, each measured, until one has to wait. */
async function fill(
  open: () => LiveClient,
  measured: (clients: LiveClient[]) => Promise<void>,
): Promise<LiveClient[]> {
  const clients: LiveClient[] = [];
  while (clients.length < MOST) {
    const client = open();
    clients.push(client);
    const until = performance.now() + QUEUED;
    await pause(SETTLING);
    while (client.state?.state === 'queued' && performance.now() < until) await pause(200);
    await measured(clients);
    if (client.state?.state === 'queued') break;
  }
  return clients;
}

async function measure(
  what: string,
  clients: readonly LiveClient[],
  verifications?: { done(): number },
): Promise<Measured> {
  const before = verifications?.done() ?? 0;
  for (const client of clients) client.watch();
  await pause(1000 * SECONDS);
  // Where a session ends meanwhile, the client's next one waits: a pace needs two frames of one attempt.
  const [admitted, others] = [
    clients.filter(({ judgedFrames }) => judgedFrames > 0),
    clients.filter(({ judgedFrames }) => judgedFrames === 0),
  ];
  return {
    what,
    sessions: admitted.length,
    queued: others.length,
    each: admitted.map(({ latencies, judgedFrames, judgedFor }) => ({
      frames: latencies.length,
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      p99: quantile(latencies, 0.99),
      perSecond: (1000 * judgedFrames) / judgedFor,
    })),
    places: others.map(({ state }) => state?.position ?? 0),
    ...(verifications && { verifications: verifications.done() - before }),
  };
}

interface Bare {
  landmarks: number;
  identity: number;
}

/** What one frame costs a worker when there is nothing else: with the face followed, and with the embedders. */
async function timeBareFrame({ person }: LivePictures): Promise<Bare> {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  try {
    return await withMeasuredPipeline(
      { workers: 1, embedders: 'default', scratch },
      async ({ analyzer, request }) => {
        const next = person();
        const state = { is: 'state', state: 'running', attempt: 1, attemptsLeft: 2 } as const;
        const common = { ...request, challenge: true, deadline: 10_000 } as const;
        const first = (await analyzer.analyze(next(state), common)).face!;
        const follow = { box: first.box, mesh: first.motion.mesh };
        const time = async (more: object) => {
          const times: number[] = [];
          for (let i = 0; i < BARE_FRAMES; i++) {
            const start = performance.now();
            await analyzer.analyze(next(state), { ...common, ...more });
            times.push(performance.now() - start);
          }
          return median(times);
        };
        await time({ follow });
        return { landmarks: await time({ embedders: [], follow }), identity: await time({ follow }) };
      },
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Some at a time, until `end`. */
async function verifyAllTheTime(url: string, key: string, picture: Buffer) {
  const { post } = createPost(url);
  const body = { email: 'p@example.com', image: picture.toString('base64') };
  await post('/api/enroll', body, { 'x-api-key': key });
  let over = false;
  let done = 0;
  const lane = async () => {
    while (!over) {
      await post('/api/verify', body, { 'x-api-key': key });
      done++;
    }
  };
  const lanes = Promise.all(Array.from({ length: LANES }, lane));
  lanes.catch(() => {});
  return {
    done: () => done,
    async end(): Promise<void> {
      over = true;
      await lanes;
    },
  };
}

const worst = (row: Measured, of: 'p50' | 'p95' | 'p99') => Math.max(0, ...row.each.map((one) => one[of]));

function lineOf(row: Measured): string[] {
  const rates = row.each.map(({ perSecond }) => perSecond);
  return [
    String(row.sessions),
    row.places.length === 0 ? '–' : row.places.join(', '),
    ...(['p50', 'p95', 'p99'] as const).map((of) => worst(row, of).toFixed(0)),
    `${((100 * worst(row, 'p95')) / BAR).toFixed(0)} %`,
    rates.length === 0 ? '–' : `${Math.min(...rates).toFixed(1)} to ${Math.max(...rates).toFixed(1)}`,
    row.verifications === undefined ? '–' : (row.verifications / SECONDS).toFixed(1),
  ];
}

function report({ name }: LivePictures, bare: Bare, rows: Measured[]): string[] {
  const most = (what: string) =>
    Math.max(0, ...rows.filter((row) => row.what === what).map((row) => row.sessions));
  const limit = (availableParallelism() * 1000) / (FRAMES_PER_SECOND * bare.landmarks);
  return [
    `Frames of ${name}, ten a second for each session in the test world, sent from this machine (its load counts against the service); ${SECONDS} s for each row. ` +
      'Milliseconds from the moment a frame is sent to the state that judges it; those of the session for which it is the most. ' +
      `The bar is ${BAR} ms at p95 for every admitted session. Verifications beside it are of another key, ${LANES} at a time.`,
    '',
    `Admitted: ${most('alone')} alone, ${most('beside verifications')} beside verifications. One worker alone takes ${bare.landmarks.toFixed(1)} ms for a frame of a challenge and ` +
      `${bare.identity.toFixed(1)} ms for one that is embedded too: at most ${limit.toFixed(1)} sessions of frames without embedding fill the cores, of which ${((100 * most('alone')) / limit).toFixed(0)} % are admitted.`,
    '',
    ...markdownTable(
      [
        '',
        'sessions judged',
        'places that the others see',
        'ms p50',
        'p95',
        'p99',
        'p95 of the bar',
        'frames judged a second',
        'verifications a second',
      ],
      rows.map((row) => [row.what, ...lineOf(row)]),
    ),
  ];
}
