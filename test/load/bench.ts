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
import { benchNodes } from './bench-nodes.ts';
import { benchPeople } from './bench-people.ts';
import { benchPipeline, benchScaling } from './bench-pipeline.ts';
import { benchRestart } from './bench-restart.ts';
import { benchSearch } from './bench-search.ts';
import { benchService } from './bench-service.ts';
import { benchSessions } from './bench-sessions.ts';
import { benchStart } from './bench-start.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Options {
  people: number;
  made?: string;
}

/** Each part of the whole, by name: what it measures, and its evidence by title. */
const parts: Record<string, (options: Options) => Promise<Record<string, Evidence>>> = {
  pipeline: async () => ({ pipeline: await benchPipeline(say), workers: await benchScaling(say) }),
  search: async () => ({ search: await benchSearch(say) }),
  loop: () => benchService(say),
  memory: () => benchService(say),
  hostile: async () => ({ hostile: await benchHostile(say) }),
  fairness: async () => ({ fairness: await benchFairness(say) }),
  start: async () => ({ start: await benchStart(say) }),
  restart: async ({ people, made }) => ({ restart: await benchRestart({ people, made }, say) }),
  guidance: async () => ({ guidance: await benchGuidance(say) }),
  sessions: async () => ({ sessions: await benchSessions(say) }),
  behavior: async () => ({ behavior: await benchBehavior(say) }),
  collector: async () => ({
    collector: await benchCollector(say),
    collectorEngines: await benchCollectorEngines(say),
  }),
  nodes: async () => ({ nodes: await benchNodes(say) }),
  gpu: async () => ({ gpu: await benchGpu(say) }),
  people: ({ people, made }) => benchPeople({ people, made }, say),
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
  .option('--people <count>', 'people of the parts `people` and `restart`', Number, 1_000_000)
  .option(
    '--made <folder>',
    'where `people` or `restart` keeps the data directory that it makes, or finds one',
  )
  .showHelpAfterError()
  .action(async (named: string[], { out, ...options }: Options & { out: string }) => {
    const unknown = named.find((name) => !(name in parts));
    if (unknown !== undefined) program.error(`There is no part "${unknown}".`);
    for (const name of named.length > 0 ? named : everything) {
      const measured = await parts[name]!(options);
      for (const { title, lines } of Object.values(measured))
        console.log(`${[title, ...lines].join('\n')}\n`);
      keepEvidence(out, 'bench', measured, describeMachine());
    }
    say(`Kept in ${out}.`);
  });

await program.parseAsync();
