import { randomUUID } from 'node:crypto';
import { type BoxCertificate, boxCertificateOf } from '../certificate/box-certificate.ts';
import type { ServedCertificate } from '../certificate/served-certificate.ts';
import type { Config } from '../config.ts';
import { readSettings } from '../data-directory/database-location.ts';
import { openDirectory } from '../data-directory/open-directory.ts';
import { type Audit, createAudit, createOwnEnd, type OwnEnd } from '../engine/audit/index.ts';
import { createMetrics, type Metrics } from '../http/metrics.ts';
import { describeDamage, type ModelLibrary, openModelLibrary } from '../inference/models/model-library.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { createIds, type Ids } from '../lib/id.ts';
import { inCheckout } from '../lib/installation.ts';
import type { Locks } from '../lib/locks.ts';
import type { Log } from '../lib/log.ts';
import type { Database, DatabaseLocation } from '../storage/connection.ts';
import type { Integrity } from '../storage/keys/integrity.ts';
import type { Vault } from '../storage/keys/vault.ts';
import { createLeases, databaseTime, type Leases, ownTime } from '../storage/leases.ts';
import type { Unlock } from '../storage/master/open-master.ts';
import type { OlderSchema } from '../storage/migrate.ts';
import { type NodeFigures, noOtherFigures, openNodeFigures } from '../storage/position/node-figures.ts';
import { type NodeWorks, openNodeWorks, worksAlone } from '../storage/position/node-works.ts';
import { alone, createLonePosition, openPosition, type Position } from '../storage/position/position.ts';
import type { Node, ThisNode } from '../storage/postgres/nodes.ts';
import { onlyRun, type Runs, runOfNode } from '../storage/runs.ts';
import type { Sealer } from '../storage/sealing/sealed.ts';
import type { Db, InTransaction, LeaseTime } from '../storage/transaction.ts';
import { createDraining, type Draining } from './draining.ts';
import { followedTables } from './follow-changes.ts';
import { modelPaths } from './model-paths.ts';
import { createNodes, type Nodes } from './nodes.ts';
import { keepNodeId, nodeOfSettings } from './this-node.ts';

export interface ComposeDeps extends OlderSchema {
  log: Log;
  clock?: Clock;
  /** `when-needed`: the first picture starts the workers. `at-once`: waits until they have started. */
  workers?: 'at-once' | 'when-needed';
  /** Asks for the passphrase of the master key, where one protects it and no file holds it. */
  unlock?: Unlock;
  /** Where the doors are served over TLS. */
  certificate?: ServedCertificate | undefined;
  /** The one that the doors may be served with; made here when absent. */
  boxCertificate?: BoxCertificate | undefined;
  /** The directory is held and the certificate read: what takes long comes after it. */
  certified?(): Promise<void>;
  /** As this one of several nodes, in the place of the one that the settings make. */
  node?: Node | undefined;
  /** The copies of the key store are neither read nor written: a restored directory before its service starts. */
  leaveCopies?: boolean;
}

/** The opened data directory, and what every feature is built on. */
export interface Foundation {
  config: Config;
  /** Those of `gatehouse.json` that `config` was made from. */
  settings: Readonly<Record<string, unknown>>;
  db: Db;
  inTransaction: InTransaction;
  sealer: Sealer;
  /** Of rows that another writer of the database may not change. */
  integrity: Integrity;
  audit: Audit;
  /** The newest line of the audit log that this process has added. */
  auditEnd: OwnEnd;
  ids: Ids;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  location: DatabaseLocation;
  database: Database;
  /** How far what is kept in memory follows the database. */
  position: Position;
  /** What each node reads of its own machine. */
  figures: NodeFigures;
  /** Long works that one node does for all. */
  works: NodeWorks;
  /** By which leases of work end. */
  time: LeaseTime;
  /** What is decided once, whichever node decides. */
  locks: Locks;
  /** This service as one of several nodes; undefined where it shares its database with none. */
  node: ThisNode | undefined;
  /** Absent: no other node shares the record. */
  nodes: Nodes | undefined;
  /** This run of the program, and those beside it. */
  runs: Runs;
  draining: Draining;
  /** Of recurring work and roles: `inTransaction` checks them. */
  leases: Leases;
  vault: Vault;
  library: ModelLibrary;
  certificate: ServedCertificate | undefined;
  boxCertificate: BoxCertificate;
  /** Each group adds what it closes; the last added is closed first. */
  opened: AsyncDisposableStack;
}

/** Holds the data directory until `opened` is closed. */
export async function openFoundation(
  config: Config,
  {
    log,
    clock = systemClock,
    certificate,
    boxCertificate,
    unlock,
    leaveCopies,
    node = nodeOfSettings(config),
    older,
    announce,
    goesOn,
  }: ComposeDeps,
  opened: AsyncDisposableStack,
): Promise<Foundation> {
  const settings = readSettings(config.data);
  const box = boxCertificate ?? boxCertificateOf(config, { clock, log });
  const directory = await openDirectory(config, {
    clock,
    log,
    unlock,
    leaveCopies,
    node,
    older,
    announce,
    goesOn,
  });
  opened.defer(directory.close);
  if (node) keepNodeId(config.data, node);
  const library = await openModelLibrary(modelPaths(config.data));
  for (const damage of library.damaged()) {
    log.error(
      { model: damage.id },
      `${describeDamage(damage)} It is not used: import it again with "gatehouse models import", or remove it with "gatehouse models remove ${damage.id}"${inCheckout('; "npm run models" fetches one of a checkout again')}.`,
    );
  }
  const { location, database, vault } = directory;
  const auditEnd = createOwnEnd();
  // Before anything is read that it follows.
  const position = node
    ? withKeys(
        vault.keys.position,
        await openPosition({
          db: database.db,
          token: database.token!,
          tables: followedTables,
          log,
          require: database.requireWriter,
          before: vault.keys.position.catchUp,
          newestLine: () => ownLine(node.id, auditEnd),
        }),
      )
    : ofOnlyService(database, vault, log);
  opened.defer(() => position.close());
  const works = node ? await openNodeWorks({ database, log }) : worksAlone;
  opened.defer(() => works.close());
  const figures = node ? await openNodeFigures({ database, log }) : noOtherFigures;
  opened.defer(() => figures.close());
  const draining = createDraining({ hasOthers: node !== undefined });
  const rests = () => draining.is() === 'drained' || nodes?.isOutOfSpace() === true;
  const runs = node ? runOfNode(node.id, database.token!, rests) : onlyRun(randomUUID());
  const leases = createLeases();
  const { sealer, integrity } = vault;
  const ids = createIds(clock);
  const nodes =
    node &&
    createNodes({
      db: database.db,
      inTransaction: database.inTransaction,
      run: database.token!,
      node,
      link: vault.link!,
      removed: Promise.race([database.gone!, vault.keys.gone!]),
      draining,
      figures,
      position,
    });
  return {
    config,
    settings,
    db: database.db,
    inTransaction: auditEnd.watched(leases.fenced(database.inTransaction)),
    sealer,
    integrity,
    audit: createAudit({ ids, clock, sealer, chain: node?.id, added: auditEnd.added }),
    auditEnd,
    ids,
    clock,
    log,
    metrics: createMetrics({ processMetrics: true }),
    location,
    database,
    position,
    figures,
    works,
    time: node ? databaseTime : ownTime(clock),
    locks: database.locks,
    node: node && thisNode(node, database),
    nodes,
    runs,
    draining,
    leases,
    vault,
    library,
    certificate,
    boxCertificate: box,
    opened,
  };
}

function ownLine(chain: string, end: OwnEnd): { chain: string; seq: number; hash: string } | undefined {
  const newest = end.newest();
  return newest && { chain, seq: newest.seq, hash: newest.hash };
}

const thisNode = (
  { id, name, version, address }: Node,
  { token, requireWriter }: Pick<Database, 'token' | 'requireWriter'>,
): ThisNode => ({ id, name, version, address, token: token!, requireWriter });

function ofOnlyService(database: Database, { keys }: Pick<Vault, 'keys'>, log: Log): Position {
  const doubts = [database.doubts, keys.doubts].flatMap((one) => one ?? []);
  if (doubts.length === 0) return alone;
  const before = async () => {
    await keys.position.catchUp();
    return keys.position.returns();
  };
  return createLonePosition({ doubts, before, log });
}

/** Both databases are looked at, at the same time. */
const withKeys = (keys: Pick<Position, 'catchUp'>, record: Position): Position => ({
  ...record,
  async catchUp() {
    await Promise.all([record.catchUp(), keys.catchUp()]);
  },
});
