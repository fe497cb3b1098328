import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { request } from 'undici';
import { createCli, type Service } from '../cli/gatehouse.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { quantile } from './statistics.ts';

const DATA = join(import.meta.dirname, '../../../shared/data');
const ROUTES = ['/api/verify', '/api/enroll'];
const ROUNDS = 12;
/** Seconds a picture's analysis may take before the service gives it up (config.ts), and a little for the way. */
const DEADLINE = 22_000;
const MEBIBYTE = 2 ** 20;

interface Post {
  name: string;
  folder: string;
  headers: Record<string, string>;
  body: Buffer | string;
}

interface Answer {
  folder: string;
  name: string;
  route: string;
  status: number;
  code: string;
  milliseconds: number;
}

/** Posts every hostile file at the doors of a real service, several times over: answers, times, memory, and that it lives. */
export async function benchHostile(say: (line: string) => void): Promise<Evidence> {
  const title = 'Hostile files';
  if (!existsSync(DATA)) {
    return { title, measured: null, lines: [`Not measured: ${DATA} is not here.`] };
  }
  const cli = createCli({});
  try {
    const { keys } = await cli.json<{ keys: { test: string } }>('init', '--org', 'Bench');
    // What is measured is the box, not its limits.
    await cli.json('limits', 'set', '--burst', '1000000', '--per-user', '1000000');
    const service = await cli.serve('--log-level', 'error');
    const posts = [...pictures('bad-images'), ...pictures('exif'), ...bodies('bad-json')];
    const answers: Answer[] = [];
    const memory: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      say(`hostile: round ${round} of ${ROUNDS}, ${posts.length * ROUTES.length} requests`);
      for (const post of posts) {
        for (const route of ROUTES) answers.push(await send(service, keys.test, route, post));
      }
      memory.push((await residentBytes(service)) / MEBIBYTE);
    }
    const { code } = await service.end();
    return {
      title,
      measured: { memory, exit: code, answers: answers.length },
      lines: report(answers, memory, code),
    };
  } finally {
    await cli.clean();
  }
}

/** Each file as a multipart form and as base64 in JSON. */
function pictures(folder: string): Post[] {
  return filesIn(folder).flatMap(({ name, bytes }) => {
    const image = bytes.toString('base64');
    const boundary = 'gatehouse-hostile';
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="email"\r\n\r\na@example.com\r\n--${boundary}\r\ncontent-disposition: form-data; name="image"; filename="x"\r\ncontent-type: image/jpeg\r\n\r\n`;
    return [
      {
        name,
        folder,
        headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
        body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
      },
      {
        name,
        folder,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ image, email: 'a@example.com' }),
      },
    ];
  });
}

const bodies = (folder: string): Post[] =>
  filesIn(folder).map(({ name, bytes }) => ({
    name,
    folder,
    headers: { 'content-type': 'application/json' },
    body: bytes,
  }));

function filesIn(folder: string): { name: string; bytes: Buffer }[] {
  const root = join(DATA, folder);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'manifest.csv')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ name: relative(root, path), bytes: readFileSync(path) }));
}

async function send(
  service: Service,
  key: string,
  route: string,
  { name, folder, headers, body }: Post,
): Promise<Answer> {
  const start = performance.now();
  const { statusCode, body: reply } = await request(`${service.url}${route}`, {
    method: 'POST',
    headers: { 'x-api-key': key, ...headers },
    body,
  });
  const answer = (await reply.json()) as { code?: string };
  return {
    folder,
    name,
    route,
    status: statusCode,
    code: answer.code ?? '',
    milliseconds: performance.now() - start,
  };
}

async function residentBytes(service: Service): Promise<number> {
  const text = await (await request(`${service.url}/metrics`)).body.text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
}

function report(answers: Answer[], memory: number[], exit: number | null): string[] {
  const folders = [...new Set(answers.map(({ folder }) => folder))];
  const rows = folders.map((folder) => {
    const own = answers.filter((answer) => answer.folder === folder);
    const times = own.map(({ milliseconds }) => milliseconds);
    const statuses = [...new Set(own.map(({ status }) => status))].sort();
    return [
      folder,
      own.length,
      statuses
        .map((status) => `${status}: ${own.filter((answer) => answer.status === status).length}`)
        .join(', '),
      quantile(times, 0.5).toFixed(0),
      Math.max(...times).toFixed(0),
      own.filter(({ milliseconds }) => milliseconds > DEADLINE).length,
    ];
  });
  const faults = answers.filter(({ status }) => status >= 500);
  return [
    `Every file of shared/data, ${ROUNDS} rounds, at ${ROUTES.join(' and ')} in the test world; pictures as multipart and as JSON.`,
    '',
    ...markdownTable(
      ['folder', 'requests', 'answers by status', 'ms p50', 'ms max', 'past the deadline'],
      rows,
    ),
    '',
    `Server errors (5xx): ${faults.length}${faults.length > 0 ? `: ${[...new Set(faults.map(({ name, status, code }) => `${name} ${status} ${code}`))].slice(0, 10).join('; ')}` : ''}. ` +
      `Resident memory after each round: ${memory.map((value) => `${value.toFixed(0)} MiB`).join(', ')}. The service then ended with ${exit}.`,
  ];
}
