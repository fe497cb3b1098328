import { z } from 'zod';
import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { time } from '../../../lib/record-fields.ts';
import type { Position } from '../../../storage/position/position.ts';
import type { Actor, AuditLog } from '../../audit/index.ts';
import { REMOVE } from '../../audit/index.ts';
import type { RecurringWorks } from '../../events/index.ts';
import type { NodeKeys } from '../keys/node-keys.ts';

/** A service that shares the record. */
export const ListedNode = z
  .strictObject({
    id: z.string().optional().describe('Id; absent: the service shares its database with none'),
    state: z
      .enum(['running', 'drained', 'silent', 'stopped'])
      .describe(
        '`drained`: it runs, and takes no new work until it is let, or restarted; `silent`: it gave no sign, was removed by the others, and did not leave; `stopped`: it joined with a token and does not run',
      ),
    name: z
      .string()
      .optional()
      .describe('Name of its machine, or the one that it joined with; absent if unknown'),
    isThis: z.boolean().describe('Whether it gave this reply'),
    address: z.string().optional().describe('Where the other nodes reach it; absent if unknown'),
    version: z.string().optional().describe('Version of Gatehouse; absent if unknown'),
    schema: z
      .string()
      .optional()
      .describe(
        'Newest schema of the database that its program knows: it works with that one, and with newer ones that allow it; absent if unknown',
      ),
    isOutdated: z
      .boolean()
      .optional()
      .describe(
        'Whether the database has a newer schema than it knows: it works on, and makes no backups until it is updated; absent if unknown',
      ),
    since: time('When it joined').optional(),
    lastSignAt: time('Its last sign: of a silent node, the last line of its audit log').optional(),
    clockAheadMilliseconds: z
      .int()
      .optional()
      .describe('How far its clock is ahead of the clock of the database server; absent if unknown'),
    changesBehind: z
      .int()
      .min(0)
      .optional()
      .describe(
        'Changes of galleries and settings that it has not read yet: it reads them before its next answer. Known of the node that replies',
      ),
    lags: z
      .literal(true)
      .optional()
      .describe('Its memory has not followed the record for some minutes; absent otherwise'),
    diskFull: z
      .literal(true)
      .optional()
      .describe(
        'The disk of its data directory is full: its `/ready` answers 503, and it begins nothing that another node can do; absent otherwise',
      ),
    lostLines: z
      .string()
      .optional()
      .describe('Lines of the audit log that it has seen and the database has no more; absent if none'),
    leases: z.array(z.string()).describe('Roles and recurring work that it alone does now'),
  })
  .meta({
    id: 'Node',
    description: 'A service that shares the database.',
    examples: [
      {
        id: 'node_1f0c9a2b',
        state: 'running' as const,
        isThis: true,
        address: 'https://10.0.0.1:7300',
        version: '0.2.0',
        schema: '0001-baseline',
        isOutdated: false,
        since: '2026-11-27T12:00:00.000Z',
        lastSignAt: '2026-11-27T12:10:00.000Z',
        clockAheadMilliseconds: 4,
        changesBehind: 0,
        leases: ['relay'],
      },
    ],
  });
export type ListedNode = z.output<typeof ListedNode>;

/** The nodes that share the record, for who runs them. */
export interface NodeList {
  /** Whether this service shares the record. */
  readonly shared: boolean;
  /** Those that run, the first that joined first, then the silent ones. One entry for a service alone. */
  list(): Promise<ListedNode[]>;
  /** What needs a person. */
  troubles(): Promise<NodeTroubles>;
  /**
   * Of one that joined with a token, its master key too. Of others, ends the silence: throws CONFLICT for one that runs, and NOT_FOUND where
   * none is silent.
   */
  remove(id: string, actor: Actor): Promise<void>;
  /**
   * Its `/ready` answers 503, and it begins nothing that another node can do; what it has begun ends, and requests are answered. Throws
   * NOT_FOUND for one that does not run, and CONFLICT where no other would take work: it is drained, or its disk is full.
   */
  drain(id: string, actor: Actor): Promise<void>;
  /** It works again. */
  undrain(id: string, actor: Actor): Promise<void>;
}

export interface NodeTroubles {
  /** Nodes that did not leave and run no more. */
  silent: number;
  /** Nodes that an administrator drained. */
  drained: number;
  /** Nodes whose memory has not followed the record for minutes. */
  lagging: number;
  /** Standbys of the database server that were there since this service started, and are not now. */
  standbysGone: number;
}

/** As its row has it. */
interface RunningNode {
  id: string;
  name?: string | undefined;
  version: string;
  schema: string;
  address: string;
  joinedAt: number;
  /** Milliseconds since its last sign, by the clock of the server. */
  silentFor: number;
  clockAhead: number;
  drains: boolean;
  lags: boolean;
}

export interface NodeListDeps {
  /** Absent: the service shares its database with none. */
  nodes:
    | {
        id: string;
        list(): Promise<RunningNode[]>;
        /** False where it does not run, or no other one would take the work. */
        drain(id: string, drains: boolean): Promise<boolean>;
        /** Of the database server. */
        standbys(): { most: number; now: number };
        /** As each said last. */
        figures(): Promise<{ node: string; diskFull: boolean; lostLines?: string | undefined }[]>;
      }
    | undefined;
  keys: Pick<NodeKeys, 'list' | 'remove' | 'renewLink'>;
  auditLog: Pick<AuditLog, 'nodes' | 'record'>;
  recurring: Pick<RecurringWorks, 'held'>;
  position: Pick<Position, 'behind'>;
  serving: { report(): { url: string; startedAt: number } | undefined };
  version: string;
  schema: {
    /** The newest that this program knows. */
    knows: string;
    /** That of the database now. */
    read(): Promise<string>;
    /** Whether the first is older than the second. */
    isOlder(one: string, other: string): boolean;
  };
  clock: Clock;
}

const notRunning = (id: string): Problem => new Problem('NOT_FOUND', `No node ${id} runs.`);

export function createNodeList(deps: NodeListDeps): NodeList {
  const { nodes, keys, auditLog, recurring, position, serving, version, schema, clock } = deps;

  async function findSilent(running: readonly RunningNode[]): Promise<ListedNode[]> {
    const ids = new Set(running.map(({ id }) => id));
    return (await auditLog.nodes())
      .filter(({ node, left }) => !left && !ids.has(node))
      .map(({ node, at }) => ({
        id: node,
        state: 'silent' as const,
        isThis: false,
        lastSignAt: at,
        leases: [],
      }));
  }

  async function listAlone(): Promise<ListedNode[]> {
    const { url: address, startedAt: since } = serving.report() ?? {};
    const leases = (await recurring.held()).map(({ work }) => work).toSorted();
    const isOutdated = schema.isOlder(schema.knows, await schema.read());
    const known = { version, schema: schema.knows, isOutdated, ...defined({ address, since }) };
    return [{ state: 'running', isThis: true, lastSignAt: clock.now(), leases, ...known }];
  }

  async function listShared({
    id: own,
    list,
    figures,
  }: NonNullable<NodeListDeps['nodes']>): Promise<ListedNode[]> {
    const [running, figuresOf, held, changesBehind, has] = await Promise.all([
      list(),
      figures().then((all) => new Map(all.map((one) => [one.node, one]))),
      recurring.held(),
      position.behind(),
      schema.read(),
    ]);
    const leasesOf = (id: string) =>
      held.flatMap(({ work, run }) => (run.startsWith(`${id}/`) ? [work] : [])).toSorted();
    const seen = running.map(
      ({ id, name, address, version, schema: knows, joinedAt, silentFor, clockAhead, drains, lags }) => ({
        id,
        ...defined({ name }),
        state: drains ? ('drained' as const) : ('running' as const),
        isThis: id === own,
        address,
        version,
        schema: knows,
        isOutdated: schema.isOlder(knows, has),
        since: Math.round(joinedAt),
        lastSignAt: clock.now() - silentFor,
        clockAheadMilliseconds: clockAhead,
        ...(id === own && { changesBehind }),
        ...(lags && { lags }),
        ...(figuresOf.get(id)?.diskFull && { diskFull: true as const }),
        ...defined({ lostLines: figuresOf.get(id)?.lostLines }),
        leases: leasesOf(id),
      }),
    );
    return [...seen, ...(await findSilent(running))];
  }

  /** With the names, and those that joined and do not run. */
  async function withJoined(found: readonly ListedNode[]): Promise<ListedNode[]> {
    const joined = new Map(
      (await keys.list()).flatMap((one) => (one.joinedAt === undefined ? [] : [[one.id, one] as const])),
    );
    const nameOf = (id = '') => defined({ name: joined.get(id)?.name });
    const known = new Set(found.map(({ id }) => id));
    const stopped = [...joined.keys()]
      .filter((id) => !known.has(id))
      .map((id) => ({ id, state: 'stopped' as const, isThis: false, leases: [], ...nameOf(id) }));
    return [...found.map((one) => ({ ...nameOf(one.id), ...one })), ...stopped];
  }

  return {
    shared: nodes !== undefined,
    list: async () => withJoined(await (nodes ? listShared(nodes) : listAlone())),
    async troubles() {
      const running = (await nodes?.list()) ?? [];
      const { most, now } = nodes?.standbys() ?? { most: 0, now: 0 };
      return {
        silent: nodes ? (await findSilent(running)).length : 0,
        drained: running.filter(({ drains }) => drains).length,
        lagging: running.filter(({ lags }) => lags).length,
        standbysGone: most - now,
      };
    },
    async remove(id, actor) {
      if ((await keys.list()).some((one) => one.id === id && one.joinedAt !== undefined))
        return keys.remove(id, actor);
      const running = nodes ? await nodes.list() : [];
      if (running.some((one) => one.id === id))
        throw new Problem(
          'CONFLICT',
          `${id} runs: stop it first. A node that is stopped in order leaves by itself.`,
        );
      if (!nodes || !(await findSilent(running)).some((one) => one.id === id))
        throw new Problem('NOT_FOUND', `No node ${id} is silent: it left, was removed, or never joined.`);
      await keys.renewLink();
      await auditLog.record({ actor, action: REMOVE, target: id });
    },
    async drain(id, actor) {
      if (!(await nodes?.drain(id, true))) {
        if (nodes && !(await nodes.list()).some((one) => one.id === id)) throw notRunning(id);
        throw new Problem(
          'CONFLICT',
          'No other node would take the work: start one, let a drained one work again, or free the disk of one that is full.',
        );
      }
      await auditLog.record({ actor, action: 'node.drain', target: id });
    },
    async undrain(id, actor) {
      if (!(await nodes?.drain(id, false))) throw notRunning(id);
      await auditLog.record({ actor, action: 'node.undrain', target: id });
    },
  };
}
