import { compose, type Gatehouse } from '../compose/compose.ts';
import type { ComposeDeps } from '../compose/foundation.ts';
import type { Config } from '../config.ts';
import { keyStoreAdvice } from '../data-directory/database-location.ts';
import { createRedirectDoor, createTrustDoor, type TrustDeps } from '../doors/trust/index.ts';
import type { Organizations } from '../engine/accounts/index.ts';
import type { Subjects } from '../engine/people/index.ts';
import { listenOnHost } from '../http/listening/listen-on-host.ts';
import type { OwnHosts } from '../http/listening/own-hosts.ts';
import { createNodeProxy } from '../http/nodes/node-proxy.ts';
import { createServer } from '../http/server.ts';
import { createStructuredLog } from '../http/structured-log.ts';
import { systemClock } from '../lib/clock.ts';
import { defined } from '../lib/defined.ts';
import { createIds, type Ids } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { createRecurring } from '../lib/recurring.ts';
import { siteOf, sourceOf } from '../lib/source.ts';
import { productVersion } from '../lib/version.ts';
import type { Unlock } from '../storage/master/open-master.ts';
import { createControlServer } from './control-server.ts';
import { type Listening, prepareListening } from './listening.ts';
import { createNodeAffinity } from './node-affinity.ts';
import { createPublicServer } from './public-server.ts';
import { createSealedServers, type SealedServers, type Unsealing } from './sealed-servers.ts';
import { openStartingDoors, type StartingDoors } from './waiting-doors.ts';

export interface Service {
  /** Where the doors answer: `http://127.0.0.1:7300`. */
  url: string;
  /** Settles when a changed setting asks for a new start. */
  restartAsked: Promise<void>;
  /** Ends what runs, while requests are answered and `/ready` is not; then closes everything. */
  stop(): Promise<void>;
}

export interface ServiceOutput {
  /** Takes a line of the log with its line break; standard error when absent. */
  logLine?: (line: string) => void;
  /** It listens, but waits for the passphrase of the master key. */
  sealed?: (url: string) => void;
  /** The start waits for another node, or copies or migrates a store, until what it gives is disposed of. */
  goesOn?: () => Disposable;
}

/**
 * Composes the appliance, listens on the LAN port and on `DATA/control.sock`. The log goes to `output`, one JSON
 * object a line. Throws with a sentence for the operator; then nothing is left open.
 *
 * Where a passphrase protects the master key and no file holds it, both are listened on at once, answer SEALED, and can be opened
 * (`gatehouse unseal`); `until` ends that wait with StoppedWhileSealed.
 */
export async function serve(
  config: Config,
  output: ServiceOutput = {},
  until: AbortSignal = new AbortController().signal,
  { node }: Pick<ComposeDeps, 'node'> = {},
): Promise<Service> {
  const log = createStructuredLog({
    clock: systemClock,
    level: config.logLevel,
    write: output.logLine ?? ((line) => void process.stderr.write(line)),
  });
  const listening = await prepareListening(config, log);
  const advice = keyStoreAdvice(config);
  if (advice !== undefined) log.warn({}, advice);

  await using opened = new AsyncDisposableStack();
  const { gatehouse, sealed, starting } = await composeOrUnseal(config, {
    listening,
    log,
    output,
    until,
    node,
  });
  opened.defer(() => gatehouse.close());
  if (starting) opened.defer(() => starting.close());
  if (sealed) {
    opened.defer(() => sealed.servers.close());
    await gatehouse.custody.unsealed(sealed.unsealing);
  }
  await warnWithoutConsent({ ...gatehouse, log });

  const { connections, hosts, trust } = listening;
  const control = await createControlServer(gatehouse, { log, connections: connections.control });
  opened.defer(() => control.close());
  const hops = hopsOf(gatehouse);
  const doors = await createPublicServer(gatehouse, {
    ...config,
    hosts,
    connections: connections.doors,
    ...defined({ tls: tlsOf(listening) }),
    jobsBoard: gatehouse,
    trust,
    hops,
  });
  opened.defer(() => doors.close());
  hops?.listen(doors, gatehouse.nodes!.node.address);
  if (sealed) await sealed.servers.handOver({ doors, control });
  else await listening.listenControl(control);
  const url = sealed?.servers.url ?? (await starting!.makeWay(doors));
  const port = portOf(url);
  gatehouse.boardLinks.serveAt(url);
  gatehouse.serving.begin(url);
  void gatehouse.nodes?.removed.then(() => gatehouse.serving.askRestart());
  // Another node has changed the name while this one did not run.
  if (gatehouse.nodes && gatehouse.boxName.describe().waits) gatehouse.serving.askRestart();
  gatehouse.listens(port);
  if (config.httpPort !== undefined) {
    const plain = { hosts, trust, httpsPort: () => port, ...gatehouse };
    const http = await listenOnPlainHttp(config, config.httpPort, plain);
    opened.defer(() => http.close());
    gatehouse.listens(http.port);
  }
  if (config.mdns && config.hostName !== undefined) {
    const { announce } = await import('../outgoing/announce.ts');
    const announced = await announce({ hostName: config.hostName, port }, log);
    opened.defer(() => announced.stop());
  }
  // After what runs has ended, before the doors close.
  const goneAlready = gatehouse.nodes?.removed ?? new Promise<never>(() => {});
  opened.defer(() => Promise.race([gatehouse.draining.seen(), goneAlready]));
  const setup = await gatehouse.setup.begin();
  if (setup.is === 'open' && setup.at === undefined)
    log.info({ file: gatehouse.setupTokenFile }, 'no owner yet: the setup token is in this file');
  else if (setup.is === 'open')
    log.info({ node: setup.at }, 'no owner yet: the setup token is in the data directory of this node');
  await startWork(gatehouse, opened);

  const everything = opened.move();
  const stop = () => {
    gatehouse.draining.begin();
    return everything.disposeAsync();
  };
  return { url, restartAsked: gatehouse.serving.restartAsked(), stop };
}

const portOf = (url: string) => Number(new URL(url).port) || (url.startsWith('https:') ? 443 : 80);

/** Absent: no other node shares the record. */
const hopsOf = ({ nodes, ...gatehouse }: Gatehouse) =>
  nodes && createNodeProxy({ ...nodes, affinity: createNodeAffinity(gatehouse), log: gatehouse.log });

interface Waiting extends Pick<ComposeDeps, 'node'> {
  listening: Listening;
  log: Log;
  output: ServiceOutput;
  until: AbortSignal;
}

/** Composes the appliance. `sealed`, `starting`: what answered until a passphrase was given, or answers until the doors do. */
async function composeOrUnseal(config: Config, { listening, log, output, until, node }: Waiting) {
  const { certificate, boxCertificate, trust: _, ...listeners } = listening;
  let servers: SealedServers | undefined;
  let unsealing: Unsealing | undefined;
  let starting: StartingDoors | undefined;
  const waitingDeps = () => ({
    version: productVersion(),
    clock: systemClock,
    ids: createIds(systemClock),
    log,
    ...defined({ tls: tlsOf(listening) }),
    trustedProxies: config.trustedProxies,
    ...listeners,
  });
  const unlock: Unlock = async (open) => {
    await certificate?.load();
    servers = await createSealedServers(waitingDeps());
    log.warn({}, 'the service is sealed: open it with "gatehouse unseal"');
    output.sealed?.(servers.url);
    unsealing = await servers.opened(open, until);
  };
  try {
    const gatehouse = await compose(config, {
      log,
      unlock,
      certificate,
      boxCertificate,
      node,
      goesOn: output.goesOn,
      async certified() {
        if (!servers) starting = await openStartingDoors(waitingDeps());
      },
    });
    return { gatehouse, starting, sealed: servers && unsealing && { servers, unsealing } };
  } catch (error) {
    if (unsealing) await servers?.failed(error);
    await servers?.close();
    await starting?.close();
    throw error;
  }
}

/** No HSTS for a self-issued certificate: a browser without the authority could no longer reach the box by that name. */
const tlsOf = ({ certificate }: Listening) =>
  certificate && { ...certificate.current(), strict: () => !certificate.isSelfIssued() };

/** Deliveries and what recurs; stopped in reverse by `opened`. */
async function startWork(gatehouse: Gatehouse, opened: AsyncDisposableStack): Promise<void> {
  const { log, limits, auditLog, subjects, sweepKeys, recurring: standing, queue, relay, nodes } = gatehouse;
  const { recordIntegrity } = gatehouse;
  const recurring = createRecurring({ log });
  opened.defer(() => recurring.stop());
  const stopping = new AbortController();
  opened.defer(() => stopping.abort());
  // With the answers of verdicts, which promise it (docs/BEHAVIOR.md).
  recurring.every('usage', 200, () => limits.flush());
  recurring.every('audit checkpoints', 1_000, () => auditLog.maintain());
  recurring.every('gallery snapshot', 600_000, () => subjects.snapshot.keep());
  // Of a million people it takes seconds: nothing waits for it.
  if (sweepKeys) recurring.every('keys without a person', 86_400_000, sweepKeys)();
  recurring.every('database files', 86_400_000, () => recordIntegrity.checkFiles(stopping.signal))();
  if (nodes) {
    recurring.every('state of this node', 1_000, () => nodes.refresh());
    recurring.every('standbys of the database', 10_000, () => nodes.updateStandbys())();
  }
  opened.defer(() => standing.stop());
  await standing.start();
  opened.defer(() => queue.stop());
  await queue.start();
  opened.defer(() => relay.stop());
  relay.start();
}

/** Warns, at start, of each organization that holds real people and has not recorded on what consent. */
export async function warnWithoutConsent({
  organizations,
  subjects,
  log,
}: {
  organizations: Pick<Organizations, 'list'>;
  subjects: Pick<Subjects, 'count'>;
  log: Pick<Log, 'warn'>;
}): Promise<void> {
  for (const { id, consentPolicy, attestation, erasedAt } of await organizations.list()) {
    if (erasedAt !== undefined || consentPolicy === 'with-call' || attestation !== undefined) continue;
    const people = await subjects.count({ organization: id, world: 'live' });
    if (people === 0) continue;
    log.warn(
      { organization: id, people },
      'real people are enrolled and the organization has not recorded on what consent: “gatehouse consent attest --help”, or “gatehouse org set --consent with-call”',
    );
  }
}

export interface PlainHttpDeps {
  hosts: OwnHosts;
  trust: TrustDeps;
  /** HTTPS port of the doors. */
  httpsPort: () => number;
  ids: Ids;
  log: Log;
}

/** Few, and short: pages of a few kilobytes. */
const limits = { total: 64, perAddress: 16 };

/** The listener of `httpPort`: `/trust`, and a redirect to HTTPS for everything else. */
async function listenOnPlainHttp(
  { host, trustedProxies }: Pick<Config, 'host' | 'trustedProxies'>,
  port: number,
  { hosts, trust, httpsPort, ids, log }: PlainHttpDeps,
): Promise<{ port: number; close(): Promise<void> }> {
  const app = createServer({ ids, log, hosts, trustedProxies, connections: { limits, sourceOf, siteOf } });
  await app.register(createTrustDoor(trust));
  await app.register(createRedirectDoor({ port: httpsPort }));
  try {
    const url = await listenOnHost(app, { host, port }, { log });
    return { port: Number(new URL(url).port) || 80, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw error;
  }
}
