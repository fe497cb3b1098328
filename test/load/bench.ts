import { join } from 'node:path';
import { Command } from 'commander';
import { type Evidence, keepEvidence } from '../support/evidence.ts';
import { describeMachine } from '../support/machine.ts';
import { benchBehavior } from './bench-behavior.ts';
import { benchCollector } from './bench-collector.ts';
import { benchCollectorEngines } from './bench-collector-engines.ts';
import { benchDeliveries } from './bench-deliveries.ts';
import { benchFairness } from './bench-fairness.ts';
import { benchGpu } from './bench-gpu.ts';
import { benchGuidance } from './bench-guidance.ts';
import { benchHostile } from './bench-hostile.ts';
import { benchJobs } from './bench-jobs.ts';
import { benchPeople } from './bench-people.ts';
import { benchPipeline, benchScaling } from './bench-pipeline.ts';
import { benchSearch } from './bench-search.ts';
import { benchService } from './bench-service.ts';
import { benchSessions } from './bench-sessions.ts';
import { benchStart } from './bench-start.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Each part of the whole, by name: what it measures, and its evidence by title. */
const parts: Record<string, (options: { people: number }) => Promise<Record<string, Evidence>>> = {
  pipeline: async () => ({ pipeline: await benchPipeline(say), workers: await benchScaling(say) }),
  search: async () => ({ search: await benchSearch(say) }),
  loop: () => benchService(say),
  memory: () => benchService(say),
  hostile: async () => ({ hostile: await benchHostile(say) }),
  fairness: async () => ({ fairness: await benchFairness(say) }),
  start: async () => ({ start: await benchStart(say) }),
  guidance: async () => ({ guidance: await benchGuidance(say) }),
  sessions: async () => ({ sessions: await benchSessions(say) }),
  behavior: async () => ({ behavior: await benchBehavior(say) }),
  collector: async () => ({
    collector: await benchCollector(say),
    collectorEngines: await benchCollectorEngines(say),
  }),
  gpu: async () => ({ gpu: await benchGpu(say) }),
  people: ({ people }) => benchPeople(people, say),
  jobs: async () => ({ jobs: await benchJobs(say), deliveries: await benchDeliveries(say) }),
};
/** `memory` is measured by `loop` on the way. */
const everything = [
  'pipeline',
  'search',
  'loop',
  'start',
  'hostile',
  'fairness',
  'jobs',
  'people',
  'guidance',
  'sessions',
];

const program = new Command('bench')
  .description(
    'Measures Gatehouse and its peers on this machine. It asserts nothing: figures go to docs/evidence/.',
  )
  .argument('[parts...]', `any of ${Object.keys(parts).join(', ')}; all when none is named`)
  .option(
    '--out <folder>',
    'where bench.md and bench.json are kept',
    join(import.meta.dirname, '../../docs/evidence'),
  )
  .option('--people <count>', 'people of the part `people`', Number, 1_000_000)
  .showHelpAfterError()
  .action(async (named: string[], { out, people }: { out: string; people: number }) => {
    const unknown = named.find((name) => !(name in parts));
    if (unknown !== undefined) program.error(`There is no part "${unknown}".`);
    for (const name of named.length > 0 ? named : everything) {
      const measured = await parts[name]!({ people });
      for (const { title, lines } of Object.values(measured))
        console.log(`${[title, ...lines].join('\n')}\n`);
      keepEvidence(out, 'bench', measured, describeMachine());
    }
    say(`Kept in ${out}.`);
  });

await program.parseAsync();
