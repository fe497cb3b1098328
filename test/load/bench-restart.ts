import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { compose } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { Manifest } from '../../service/inference/models/manifest.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { manifestFile } from '../support/measured-pipeline.ts';
import { addPeople } from './people-directory.ts';
import { median } from './statistics.ts';

const ROUNDS = 3;
const SNAPSHOT = 'gallery.snapshot';
const MEBIBYTE = 2 ** 20;
const PAGE = 4096;
/** Bytes of a person's row: 256 float32, and as many bytes of the first pass. */
const ROW = 256 * 5;

interface Start {
  seconds: number;
  rssMiB: number;
}

/**
 * A restart with many people enrolled: to the first answer of `/ready`, with the sealed snapshot of the galleries and without it. `made`: a
 * folder where the data directory is kept, and taken from when it is there: to make one takes minutes.
 */
export async function benchRestart(
  { people, made }: { people: number; made: string | undefined },
  say: (line: string) => void,
): Promise<Evidence> {
  const cli = createCli({});
  try {
    if (made !== undefined && existsSync(made)) cpSync(made, cli.data, { recursive: true });
    else {
      await make(cli, people, say);
      if (made !== undefined) cpSync(cli.data, made, { recursive: true });
    }
    const read = readingTime(cli);
    const touched = touchingTime(people);
    const withSnapshot: Start[] = [];
    for (let round = 0; round < ROUNDS; round++) withSnapshot.push(await start(cli));
    say(`restart: with the snapshot ${withSnapshot.map(({ seconds }) => seconds.toFixed(2)).join(', ')} s`);
    const file = join(cli.data, SNAPSHOT);
    renameSync(file, join(cli.temporary, SNAPSHOT));
    const without = await start(cli);
    say(`restart: without it ${without.seconds.toFixed(2)} s`);
    const seconds = median(withSnapshot.map((one) => one.seconds));
    const rssMiB = median(withSnapshot.map((one) => one.rssMiB));
    const load = loadavg();
    return {
      title: 'Restart with many people',
      measured: { people, read, touched, withSnapshot, without, load },
      lines: [
        `From the start of the process to the first answer of \`/ready\` with ${people.toLocaleString('en')} people of one picture (SQLite, files in the page cache); median of ${ROUNDS} with the snapshot of the galleries, one without it. ` +
          `Reading the files of the snapshot and of the database, ${(read.bytes / MEBIBYTE).toFixed(0)} MiB, once takes ${read.seconds.toFixed(2)} s in the same run, and writing ${(touched.bytes / MEBIBYTE).toFixed(0)} MiB of new memory, which their rows fill, ${touched.seconds.toFixed(2)} s. ` +
          `Load of the machine ${load.map((one) => one.toFixed(1)).join(', ')} (1, 5, 15 minutes) at the end.`,
        '',
        ...markdownTable(
          ['', 'seconds', 'of the read', 'resident MiB then'],
          [
            ['with the snapshot', seconds, rssMiB] as const,
            ['without it', without.seconds, without.rssMiB] as const,
          ].map(([what, took, rss]) => [
            what,
            took.toFixed(2),
            (took / read.seconds).toFixed(1),
            rss.toFixed(0),
          ]),
        ),
      ],
    };
  } finally {
    await cli.clean();
  }
}

/** People, and the snapshot that a service of them would have written. */
async function make(cli: Cli, people: number, say: (line: string) => void): Promise<void> {
  const manifest = Manifest.parse(JSON.parse(readFileSync(manifestFile, 'utf8')));
  const { organizationId } = await cli.json<{ organizationId: OrganizationId }>('init', '--org', 'Bench');
  await addPeople(cli.data, { organization: organizationId, count: people, manifest }, (done) => {
    if (done % 50_000 === 0) say(`restart: ${done} of ${people} people made`);
  });
  const gatehouse = await compose(parseConfig({ data: cli.data }, {}), {
    log: silentLog,
    workers: 'when-needed',
  });
  await gatehouse.subjects.snapshot.keep();
  await gatehouse.close();
  const file = join(cli.data, SNAPSHOT);
  if (!existsSync(file)) throw new Error(`${people} people are too few for a snapshot.`);
  say(`restart: a snapshot of ${(statSync(file).size / MEBIBYTE).toFixed(0)} MiB`);
}

function readingTime(cli: Cli): { bytes: number; seconds: number } {
  const files = [SNAPSHOT, 'gatehouse.db', 'keys.db'].map((name) => join(cli.data, name));
  const read = () => files.reduce((sum, file) => sum + readWhole(file), 0);
  read();
  const begun = performance.now();
  const bytes = read();
  return { bytes, seconds: (performance.now() - begun) / 1000 };
}

/** Shared memory as the rows of so many people take, each page written once: the system gives it out at its first use. */
function touchingTime(people: number): { bytes: number; seconds: number } {
  const bytes = people * ROW;
  const begun = performance.now();
  const rows = new Uint8Array(new SharedArrayBuffer(bytes));
  for (let at = 0; at < bytes; at += PAGE) rows[at] = 1;
  return { bytes, seconds: (performance.now() - begun) / 1000 };
}

const part = Buffer.alloc(MEBIBYTE);
function readWhole(file: string): number {
  const opened = openSync(file, 'r');
  let bytes = 0;
  for (let read = -1; read !== 0; bytes += read) read = readSync(opened, part);
  closeSync(opened);
  return bytes;
}

async function start(cli: Cli): Promise<Start> {
  const begun = performance.now();
  const service = await cli.serve('--log-level', 'error');
  const { statusCode, body } = await request(`${service.url}/ready`);
  await body.dump();
  if (statusCode !== 200) throw new Error(`/ready answers ${statusCode} after the start.`);
  const seconds = (performance.now() - begun) / 1000;
  const metrics = await (await request(`${service.url}/metrics`)).body.text();
  const rssMiB = Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)![1]) / MEBIBYTE;
  await service.end();
  return { seconds, rssMiB };
}
