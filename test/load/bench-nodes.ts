import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import { createCli } from '../cli/gatehouse.ts';
import { type NodePlace, type NodeProcesses, startNodeProcesses } from '../cluster/node-processes.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { enroll, load, metrics } from './bench-service.ts';

/** In turns, so that what else the machine does falls on all alike. */
const TURNS = [1, 2, 3, 3, 2, 1];
const VERIFICATIONS = Number(process.env.BENCH_VERIFICATIONS ?? 500);
const WARM_UP = 80;
/** The balancer asks four times a second who is ready. A node whose cores are all busy is slow to say so, and is not gone. */
const NOTICED = 1_500;
const SLOW = '30s';
const TICKS_PER_SECOND = 100;

interface Turn {
  nodes: number;
  perSecond: number;
  /** Processor time for a verification, milliseconds. */
  cpu: { nodes: number; postgres: number };
}

/** 1:1 verifications a second of one, two and three nodes on one PostgreSQL on the cores of this machine, and of one service on SQLite. */
export async function benchNodes(say: (line: string) => void): Promise<Evidence> {
  const sqlite = await measureSqlite(say);
  const server = await startPostgres(findPostgres()!);
  let nodes: NodeProcesses | undefined;
  const turns: Turn[] = [];
  try {
    const postgres = await processOf(server);
    nodes = await startNodeProcesses(server, ['a', 'b', 'c'], { check: SLOW });
    await raiseLimits(nodes.cli);
    let bodies: string[] | undefined;
    for (const count of TURNS) {
      const running = nodes.places.slice(0, count);
      for (const place of running) await startWith(nodes, place, workersOf(count));
      await pause(NOTICED);
      bodies ??= await enroll(nodes, nodes.keys.test);
      const services = { key: nodes.keys.test, bodies, services: running, postgres };
      const turn = { ...(await timed(nodes, services)), nodes: count };
      turns.push(turn);
      say(`nodes: ${describe(turn)}`);
      for (const place of running) await nodes.end(place, 'SIGTERM');
    }
  } finally {
    await nodes?.close();
    await server.stop();
  }
  return evidenceOf(sqlite, turns);
}

const workersOf = (nodes: number): number => Math.max(1, Math.round(availableParallelism() / nodes));
const raiseLimits = (cli: NodeProcesses['cli']) =>
  cli.json('limits', 'set', '--burst', '1000000', '--per-user', '1000000');
const describe = ({ nodes, perSecond, cpu }: Turn): string =>
  `${nodes === 0 ? 'one service on SQLite' : `${nodes} of them`}: ${perSecond.toFixed(1)} a second, ${cpu.nodes.toFixed(1)} ms of processor time each, and ${cpu.postgres.toFixed(1)} of PostgreSQL`;

async function measureSqlite(say: (line: string) => void): Promise<Turn> {
  const cli = createCli({});
  try {
    const { keys } = await cli.json<{ keys: { test: string } }>('init', '--org', 'Bench');
    await raiseLimits(cli);
    const service = await cli.serve('--log-level', 'error');
    const bodies = await enroll(service, keys.test);
    const turn = { ...(await timed(service, { key: keys.test, bodies, services: [service] })), nodes: 0 };
    await service.end();
    say(`nodes: ${describe(turn)}`);
    return turn;
  } finally {
    await cli.clean();
  }
}

async function startWith(nodes: NodeProcesses, place: NodePlace, workers: number): Promise<void> {
  place.order = { ...place.order, config: { ...place.order.config, workers } };
  await nodes.start(place);
  for (;;) {
    const { statusCode, body } = await request(`${place.url}/ready`);
    await body.dump();
    if (statusCode === 200) return;
    await pause(100);
  }
}

async function processOf(server: TestPostgres): Promise<number> {
  const { rows } = await server.administer((client) =>
    client.query<{ file: string }>(`select pg_read_file('postmaster.pid') as file`),
  );
  return Number.parseInt(rows[0]!.file, 10);
}

interface Timed {
  key: string;
  bodies: string[];
  services: readonly { url: string }[];
  /** Process of the server. */
  postgres?: number;
}

async function timed(
  doors: { url: string },
  { key, bodies, services, postgres }: Timed,
): Promise<Omit<Turn, 'nodes'>> {
  const cpu = async () => {
    const each = await Promise.all(services.map(metrics));
    const ofNodes = each.reduce((sum, { process_cpu_seconds_total: seconds }) => sum + seconds!, 0);
    return { nodes: ofNodes, postgres: postgres === undefined ? 0 : secondsWithChildren(postgres) };
  };
  await load(doors, key, bodies, WARM_UP * services.length);
  const before = await cpu();
  const { requests } = await load(doors, key, bodies, VERIFICATIONS);
  const after = await cpu();
  const each = (of: 'nodes' | 'postgres') => (1_000 * (after[of] - before[of])) / VERIFICATIONS;
  return { perSecond: requests.average, cpu: { nodes: each('nodes'), postgres: each('postgres') } };
}

/** Processor time of the process, of the children that it has and of those that have ended. */
function secondsWithChildren(process: number): number {
  let ticks = 0;
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(entry);
    const isIt = Number(entry) === process;
    if (isIt || Number(fields[1]) === process)
      ticks += fields.slice(11, isIt ? 15 : 13).reduce((sum, field) => sum + Number(field), 0);
  }
  return ticks / TICKS_PER_SECOND;
}

/** From the state on (proc(5)); empty for a process that is gone. */
function statOf(process: string): string[] {
  try {
    const text = readFileSync(`/proc/${process}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function evidenceOf(sqlite: Turn, turns: readonly Turn[]): Evidence {
  const meanOf = (nodes: number): Turn => {
    const own = turns.filter((turn) => turn.nodes === nodes);
    const mean = (value: (turn: Turn) => number) =>
      own.reduce((sum, turn) => sum + value(turn), 0) / own.length;
    return {
      nodes,
      perSecond: mean(({ perSecond }) => perSecond),
      cpu: { nodes: mean(({ cpu }) => cpu.nodes), postgres: mean(({ cpu }) => cpu.postgres) },
    };
  };
  const rows = [sqlite, ...[1, 2, 3].map(meanOf)];
  const one = rows[1]!.perSecond;
  const load = loadavg();
  return {
    title: 'Several nodes on the same cores',
    measured: { verifications: VERIFICATIONS, cores: availableParallelism(), sqlite, turns, load },
    lines: [
      `1:1 verifications over HTTP in the test world, 12 at a time, through HAProxy to so many nodes on one PostgreSQL (which syncs nothing), all on this machine with its ${availableParallelism()} cores; the workers of all nodes together are as many as the cores, and one a node at least. Means of two turns of ${VERIFICATIONS}. Callers, HAProxy and PostgreSQL share the cores. ` +
        `Load of the machine ${load.map((value) => value.toFixed(1)).join(', ')} (1, 5, 15 minutes) at the end.`,
      '',
      ...markdownTable(
        ['', 'a second', 'of one node', 'processor ms each', 'PostgreSQL ms each'],
        rows.map(({ nodes, perSecond, cpu }) => [
          nodes === 0 ? 'one service, SQLite, no balancer' : `${nodes} of several`,
          perSecond.toFixed(1),
          (perSecond / one).toFixed(2),
          cpu.nodes.toFixed(1),
          cpu.postgres.toFixed(1),
        ]),
      ),
    ],
  };
}
