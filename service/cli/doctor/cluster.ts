import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type Config, describeDatabase, parseConfig } from '../../config.ts';
import { document } from '../../lib/installation.ts';
import type { ServerFacts } from '../../storage/postgres/check-postgres.ts';
import { NODE_CONNECTIONS } from '../../storage/postgres/postgres-refusal.ts';
import type { Control } from '../control/control.ts';
import { toFailure } from '../failure.ts';
import { withAttention } from './attention.ts';
import type { Detail, Finding } from './checks.ts';

type Node = Pick<Schemas['Node'], 'id' | 'name' | 'state' | 'version' | 'address' | 'clockAheadMilliseconds'>;

/** Of the list of what needs attention, what is about nodes. */
const ofNodes: ReadonlySet<string> = new Set(['NODE_SILENT', 'NODE_LAGS', 'NODE_DRAINED', 'STANDBY_GONE']);

/** Milliseconds: half of what a node may differ before it is refused. */
const CLOCK_CARE = 1_000;

/** All nodes of the record, and the servers of its databases. */
export async function examineCluster(data: string, control: () => Promise<Control>): Promise<Finding[]> {
  const { admin } = await control();
  const { items } = await replyOf(admin.GET('/api/admin/nodes'));
  if (items.some(({ id }) => id === undefined)) return [alone];
  const { attention } = await replyOf(admin.GET('/api/admin/status'));
  return [
    ...withAttention(
      items.map(describeNode),
      attention.filter(({ code }) => ofNodes.has(code)),
    ),
    checkVersions(items),
    checkClocks(items),
    ...(await checkServers(parseConfig({ data }), items.length)),
  ];
}

const alone: Finding = {
  what: 'nodes',
  state: 'warn',
  found: 'this service shares its databases with none: its death stops all verifications',
  remedy: `How several are set up: ${document('NODES')}.`,
};

const nameOf = ({ name, id = '' }: Node) => name ?? id;

const describeNode = ({ state, address, ...node }: Node): Detail => ({
  what: `node ${nameOf({ state, ...node })}`,
  found: [state, address && `at ${address}`].filter(Boolean).join(' '),
});

/** Two at a time are for the time of an update. */
export function checkVersions(nodes: readonly Node[]): Finding {
  const what = 'versions';
  const versions = Map.groupBy(
    nodes.filter(({ version }) => version !== undefined),
    ({ version }) => version!,
  );
  const found = [...versions].map(([version, of]) => `${version}: ${of.map(nameOf).join(', ')}`).join('; ');
  if (versions.size <= 1) return { what, state: 'ok', found };
  return { what, state: 'warn', found, remedy: 'Update the others too, one after another.' };
}

export function checkClocks(nodes: readonly Node[]): Finding {
  const what = 'clocks';
  const known = nodes.filter(({ clockAheadMilliseconds: ahead }) => ahead !== undefined);
  const found = known
    .map((node) => `${nameOf(node)} ${Math.abs(node.clockAheadMilliseconds!)} ms`)
    .join(', ');
  const late = known.filter(({ clockAheadMilliseconds: ahead = 0 }) => Math.abs(ahead) > CLOCK_CARE);
  if (late.length === 0)
    return { what, state: 'ok', found: `apart from that of the database server: ${found}` };
  return {
    what,
    state: 'warn',
    found: `far from that of the database server: ${late.map(nameOf).join(', ')} (${found})`,
    remedy: 'Set the clocks by NTP: beyond 2000 ms a node is refused, and writes nothing.',
  };
}

/** Both databases may be of one server: its connections are for both. */
async function checkServers(
  { databaseUrl, keysDatabaseUrl }: Pick<Config, 'databaseUrl' | 'keysDatabaseUrl'>,
  nodes: number,
): Promise<Finding[]> {
  const urls = [databaseUrl, keysDatabaseUrl].filter((url) => url !== undefined);
  const servers = Map.groupBy(urls, (url) => new URL(url).host);
  // Loaded only now: the driver costs time that `--help` need not pay.
  const { readServer } = await import('../../storage/postgres/check-postgres.ts');
  const findings: Finding[] = [];
  for (const of of servers.values()) {
    const where = of.map(describeDatabase).join(' and ');
    try {
      findings.push(...checkServer(await readServer(of[0]!), { where, databases: of.length, nodes }));
    } catch (error) {
      findings.push({ what: 'database server', state: 'fail', found: toFailure(error).text });
    }
  }
  return findings;
}

interface Asked {
  where: string;
  databases: number;
  nodes: number;
}

export function checkServer(facts: ServerFacts, { where, databases, nodes }: Asked): Finding[] {
  const { version, isStandby, connections, synchronousCommit } = facts;
  if (isStandby)
    return [
      {
        what: 'database server',
        state: 'fail',
        found: `${where}: the URL leads to a standby, which takes no changes`,
        remedy: 'Let the URL lead to the primary: by a balancer that asks Patroni, or the -rw service.',
      },
    ];
  const needed = nodes * databases * NODE_CONNECTIONS;
  const few = connections < needed;
  return [
    {
      what: 'database server',
      state: few ? 'warn' : 'ok',
      found: `${where}: PostgreSQL ${version}, ${connections} connections; ${nodes} ${nodes === 1 ? 'node uses' : 'nodes use'} up to ${needed}`,
      ...(few && { remedy: `Raise max_connections to ${needed + 20} or more, and restart the server.` }),
    },
    ['off', 'local'].includes(synchronousCommit)
      ? {
          what: 'commits',
          state: 'fail',
          found: `synchronous_commit is ${synchronousCommit}: what is acknowledged may be lost ${synchronousCommit === 'off' ? 'at any crash' : 'with the server'}`,
          remedy: 'Set synchronous_commit = on.',
        }
      : { what: 'commits', state: 'ok', found: `synchronous_commit is ${synchronousCommit}` },
    checkStandbys(facts),
  ];
}

function checkStandbys({ standbys, synchronousStandbys }: ServerFacts): Finding {
  const what = 'standby';
  if (standbys.length === 0)
    return {
      what,
      state: 'warn',
      found: 'no standby streams from the server: with it everything since the newest backup is lost',
      remedy: `Keep one, and let commits wait for it: ${document('NODES')}.`,
    };
  const found = standbys
    .map(({ name, sync, behind }) =>
      sync === null
        ? 'one streams (the role may not read more: GRANT pg_monitor)'
        : [`${name || 'one'} is ${sync}`, behind !== null && `${behind} bytes behind`]
            .filter(Boolean)
            .join(', '),
    )
    .join('; ');
  if (synchronousStandbys !== '') return { what, state: 'ok', found };
  return {
    what,
    state: 'warn',
    found: `${found}; no commit waits for it: what was acknowledged last may be lost with the server`,
    remedy: 'Patroni: synchronous_mode. Else name the standby in synchronous_standby_names.',
  };
}
