import { setTimeout as wait } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { Problem } from '../../lib/problem.ts';
import type { SchemaNeeds } from '../migrate.ts';
import { type Migration, schemaNumber } from '../migration.ts';
import { STILL } from './held-right.ts';
import { listNodes, type SeenNode } from './nodes.ts';

/** Milliseconds between two looks at a node that gives no sign. */
const PAUSE = 200;
/** Milliseconds, beside those after which the others remove it, in which that is done. */
const REMOVAL = 5_000;

interface Asked extends SchemaNeeds {
  /** Token of the node that asks. */
  run: string;
  migrations: readonly Migration[];
}

/**
 * Throws CONFLICT where another node runs a program that does not know the migration `needs`. One that gives no sign is waited for: it is
 * removed, and writes nothing when it wakes up, or it is there after all.
 */
export async function requireNodesKnow<S>(db: Kysely<S>, asked: Asked): Promise<void> {
  const { run, needs, migrations } = asked;
  const least = schemaNumber(needs, migrations);
  for (const begun = performance.now(); ; await wait(PAUSE)) {
    const nodes = await listNodes((statement) => sql.raw(statement).execute(db));
    const older = nodes.filter((one) => one.run !== run && schemaNumber(one.schema, migrations) < least);
    if (older.length === 0) return;
    const isOver = performance.now() - begun > STILL + REMOVAL;
    if (isOver || older.some(({ silentFor }) => silentFor < STILL / 2)) throw olderNodes(older, asked);
  }
}

const olderNodes = (nodes: readonly SeenNode[], { what, from, to, needs }: SchemaNeeds): Problem =>
  new Problem(
    'CONFLICT',
    `The ${what} has schema ${from}, and this Gatehouse would bring it to ${to}, with which only programs work that know schema ${needs}. ` +
      `These nodes run and know older ones: ${nodes.map(describeNode).join('; ')}. Nothing was changed. ` +
      `${
        needs === to
          ? 'Stop them, then start this one again'
          : `Update them first to a version that knows ${needs}, or stop them, then start this one again`
      }.`,
  );

const describeNode = ({ id, version, schema, address }: SeenNode): string =>
  `${id} (${version}, schemas up to ${schema}, ${address})`;
