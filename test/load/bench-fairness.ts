import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { request } from 'undici';
import { createCli, type Service } from '../cli/gatehouse.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { progressiveJpeg } from '../support/progressive-jpeg.ts';
import type { AttackMessage } from './attack-process.ts';
import { picturesToEnroll } from './pictures.ts';
import { quantile } from './statistics.ts';

const VERIFICATIONS = 60;
const WARM_UP = 20;
const MEBIBYTE = 2 ** 20;
/** Of the idle p95, the most that another organization may need while one key sends its worst. */
const BAR = 3;

interface Measured {
  attack: string;
  bytes: number;
  /** Milliseconds on the idle box. */
  idle: { p50: number; p95: number };
  p50: number;
  p95: number;
  /** p95 over the p95 of the idle box. */
  ratio: number;
  answers: Record<string, number>;
}

/**
 * Verifications of one organization, one after another, while one key of another sends its worst within its ordinary limits; idle
 * and attacked in the same run. Asserts nothing.
 */
export async function benchFairness(say: (line: string) => void): Promise<Evidence> {
  const cli = createCli({});
  try {
    const victim = await cli.json<{ keys: { test: string } }>('init', '--org', 'Bench');
    await cli.json('limits', 'set', '--burst', '1000000', '--per-user', '1000000');
    const second = await cli.json<{ organizationId?: string; id?: string }>(
      'org',
      'create',
      '--name',
      'Attacker',
    );
    const org = second.organizationId ?? second.id!;
    const service = await cli.serve('--log-level', 'error');
    const body = await enroll(service, victim.keys.test);
    await verifications(service, victim.keys.test, body, WARM_UP);
    const measured: Measured[] = [];
    for (const [attack, make] of Object.entries(attacks)) {
      say(`fairness: the same while one key sends ${attack}`);
      const file = join(cli.temporary, 'attack.json');
      writeFileSync(file, await make());
      // A key of its own, with a whole burst.
      const { key } = await cli.json<{ key: string }>(
        ...['key', 'create', '--org', org, '--scopes', 'identity', '--env', 'test'],
      );
      // Right before, since others may use the machine too.
      const idle = await verifications(service, victim.keys.test, body, VERIFICATIONS);
      const base = quantile(idle, 0.95);
      const under = await begin(service, key, file);
      const times = await verifications(service, victim.keys.test, body, VERIFICATIONS);
      const p95 = quantile(times, 0.95);
      measured.push({
        attack,
        bytes: readFileSync(file).length,
        idle: { p50: quantile(idle, 0.5), p95: base },
        p50: quantile(times, 0.5),
        p95,
        ratio: p95 / base,
        answers: await under.end(),
      });
      say(`fairness: ${(p95 / base).toFixed(2)} times idle`);
    }
    await service.end();
    return {
      title: 'Fairness',
      measured,
      lines: report(measured),
    };
  } finally {
    await cli.clean();
  }
}

/** Each is the body of a request to `/api/verify`. */
const attacks: Record<string, () => Promise<Buffer>> = {
  'half a million JSON values and 40 MiB of white space': async () =>
    Buffer.from(`{${' '.repeat(40 * MEBIBYTE)}"image":"x","more":[${'[],'.repeat(249_990)}[]]}`),
  'a progressive JPEG of 50 megapixels in 99 scans': async () =>
    picture(progressiveJpeg({ width: 8000, height: 6240, scans: 99 })),
  'a progressive JPEG of 300 million pixels times scans': async () =>
    picture(progressiveJpeg({ width: 5000, height: 4000, scans: 15 })),
  'an interlaced PNG of 50 megapixels': async () =>
    picture(
      await sharp({
        create: { width: 8000, height: 6240, channels: 3, background: '#888' },
        limitInputPixels: false,
      })
        .png({ progressive: true })
        .toBuffer(),
    ),
};

const picture = (bytes: Buffer) => Buffer.from(JSON.stringify({ image: bytes.toString('base64') }));

/** Enrolls the first picture that can be; the body that verifies it. */
async function enroll(service: Service, key: string): Promise<string> {
  for await (const picture of picturesToEnroll()) {
    const body = JSON.stringify({ email: 'p@example.com', image: picture.toString('base64') });
    if ((await post(service, key, '/api/enroll', body)) < 300) return body;
  }
  throw new Error('No picture could be enrolled.');
}

/** Milliseconds of each. */
async function verifications(service: Service, key: string, body: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const status = await post(service, key, '/api/verify', body);
    if (status !== 200) throw new Error(`A verification was answered ${status}.`);
    times.push(performance.now() - start);
  }
  return times;
}

async function post({ url }: Service, key: string, path: string, body: string): Promise<number> {
  const { statusCode, body: reply } = await request(`${url}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body,
  });
  await reply.dump();
  return statusCode;
}

/** A process of its own: what sends is not what measures. Resolves when its first request is answered. */
async function begin(service: Service, key: string, file: string) {
  const child = fork(join(import.meta.dirname, 'attack-process.ts'), [service.url, key, file]);
  await once(child, 'message');
  return {
    async end(): Promise<Record<string, number>> {
      const last = once(child, 'message');
      child.send('stop');
      const [message] = (await last) as [AttackMessage];
      return message === 'under way' ? {} : message.answers;
    },
  };
}

function report(measured: Measured[]): string[] {
  const rows = measured.map(({ attack, bytes, idle, p50, p95, ratio, answers }) => [
    attack,
    `${(bytes / MEBIBYTE).toFixed(1)} MiB`,
    Object.entries(answers)
      .map(([status, count]) => `${status}: ${count}`)
      .join(', '),
    `${idle.p50.toFixed(0)}, ${idle.p95.toFixed(0)}`,
    `${p50.toFixed(0)}, ${p95.toFixed(0)}`,
    `${ratio.toFixed(2)} ${ratio <= BAR ? '(within 3)' : '(beyond 3)'}`,
  ]);
  return [
    `${VERIFICATIONS} verifications of one organization, one after another, while one key of another organization posts the same body on 8 ` +
      'connections, with the ordinary limit of 600 requests a minute. The sender is a process on the same machine, with the lowest priority.',
    '',
    ...markdownTable(
      ['one key sends', 'body', 'it is answered', 'idle, ms p50, p95', 'attacked', 'p95 over idle'],
      rows,
    ),
  ];
}
