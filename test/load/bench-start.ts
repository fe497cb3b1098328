import { readFileSync } from 'node:fs';
import { request } from 'undici';
import { Manifest } from '../../service/inference/models/manifest.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { createCli } from '../cli/gatehouse.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { manifestFile } from '../support/measured-pipeline.ts';
import { addPeople } from './people-directory.ts';
import { median } from './statistics.ts';

const SIZES = [0, 10_000, 100_000];
const ROUNDS = 3;

/** From the start of the process to the first answer of `/ready`, with so many people enrolled. */
export async function benchStart(say: (line: string) => void): Promise<Evidence> {
  const manifest = Manifest.parse(JSON.parse(readFileSync(manifestFile, 'utf8')));
  const rows: { people: number; seconds: number[]; rssMiB: number }[] = [];
  for (const people of SIZES) {
    const cli = createCli({});
    try {
      const { organizationId } = await cli.json<{ organizationId: OrganizationId }>('init', '--org', 'Bench');
      await addPeople(cli.data, { organization: organizationId, count: people, manifest }, (done) => {
        if (done % 10_000 === 0) say(`start: ${done} of ${people} people made`);
      });
      const seconds: number[] = [];
      let rssMiB = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const start = performance.now();
        const service = await cli.serve('--log-level', 'error');
        const { statusCode, body } = await request(`${service.url}/ready`);
        await body.dump();
        if (statusCode !== 200) throw new Error(`/ready answers ${statusCode} after the start.`);
        seconds.push((performance.now() - start) / 1000);
        const metrics = await (await request(`${service.url}/metrics`)).body.text();
        rssMiB = Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)![1]) / 2 ** 20;
        await service.end();
        say(`start: ${people} people, ${seconds.at(-1)!.toFixed(2)} s`);
      }
      rows.push({ people, seconds, rssMiB });
    } finally {
      await cli.clean();
    }
  }
  return {
    title: 'Start to ready',
    measured: rows,
    lines: [
      `From the start of the process to the first answer of \`/ready\`; median of ${ROUNDS} (SQLite, files in the page cache).`,
      '',
      ...markdownTable(
        ['people', 'seconds', 'resident MiB then'],
        rows.map(({ people, seconds, rssMiB }) => [people, median(seconds).toFixed(2), rssMiB.toFixed(0)]),
      ),
    ],
  };
}
