import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { manifestSignature, modelPaths } from '../../compose/model-paths.ts';
import { type Config, parseConfig } from '../../config.ts';
import { keyStoreAdvice } from '../../data-directory/database-location.ts';
import { systemClock } from '../../lib/clock.ts';
import { document, inCheckout } from '../../lib/installation.ts';
import { type CommandRunner, examples } from '../command.ts';
import { checkFiles } from '../commands/models.ts';
import { listReceipts } from '../commands/receipt.ts';
import type { Control } from '../control/control.ts';
import { isInitialized } from '../data-directory.ts';
import { toFailure } from '../failure.ts';
import { listCalibrations } from '../gallery-calibrations.ts';
import { invocation } from '../invocation.ts';
import { listOrganizations, type Organization } from '../organization.ts';
import { answerWidth, count, oneLine, wrap } from '../terminal/terminal.ts';
import { withAttention } from './attention.ts';
import {
  checkLicences,
  checkManifestSignature,
  describeCurrentProvider,
  describeGalleries,
  describeKeyCopies,
} from './box.ts';
import {
  checkClock,
  checkDisk,
  checkInodes,
  checkModelFiles,
  checkNode,
  checkOwner,
  checkPermissions,
  checkPort,
  checkSocketPath,
  checkTls,
  type Detail,
  describePad,
  existingFolder,
  type Finding,
  freeOn,
} from './checks.ts';
import { examineCluster } from './cluster.ts';
import { examineHardening } from './hardening/hardening.ts';
import { checkGrants } from './postgres.ts';
import { checkKeyStore, checkService, checkUpdate, describeMasterKey, describeServedTls } from './service.ts';
import {
  checkIntegrity,
  describeAlerts,
  describeBackups,
  describeDeadJobs,
  describeErasures,
  describeOwnGalleries,
  describeWebhooks,
  type EventsOut,
  MOST_ALERTS,
  MOST_COUNTED,
} from './stored-data.ts';

export function addDoctor(program: Command, runner: CommandRunner): void {
  const command = program
    .command('doctor')
    .summary('check this box; every problem has its remedy')
    .description(
      'Checks the machine, the data directory, the models and the settings. The exit code is 1 when something fails.',
    )
    .option(
      '--hardening',
      `the checklist of the hardening guide instead (${document('HARDENING')}), on a box that runs: what was found, why it matters, how to put it right`,
    )
    .option(
      '--cluster',
      `what several nodes need instead (${document('NODES')}): all nodes, their versions and clocks, the standby of PostgreSQL and its connections`,
    )
    .addHelpText(
      'after',
      examples('doctor', 'doctor --data /srv/gatehouse --json', 'doctor --hardening', 'doctor --cluster'),
    );
  runner.run<{ hardening?: boolean; cluster?: boolean }>(
    command,
    async ({ options, data, terminal, control }) => {
      const look = options.hardening ? examineHardening : options.cluster ? examineCluster : examine;
      const findings: Finding[] = await look(data, control);
      const counts = countStates(findings);
      const ok = counts.fail === 0;
      const mark = { ok: 'good', warn: 'care', fail: 'bad' } as const;
      const text = describeFindings(findings, answerWidth(), (state) =>
        terminal.style(mark[state], state.padEnd(4)),
      );
      return {
        json: { ok, counts, findings },
        text: `${text}\n\n${describeCounts(counts)}`,
        ...(ok ? {} : { exitCode: 1 as const }),
      };
    },
    looksAtTheMachine,
  );
}

/** The checklist looks at the process of the service and the settings of the machine, and opens nothing in the data directory but the socket. */
const looksAtTheMachine = { keepsRoot: ({ hardening = false }: { hardening?: boolean }) => hardening };

async function examine(data: string, control: () => Promise<Control>): Promise<Finding[]> {
  const machine = [
    checkNode(process.versions.node),
    checkManifestSignature(manifestSignature(), modelPaths(data).manifest),
    checkDisk(await freeOn(await existingFolder(data))),
  ];
  const inodes = checkInodes(await statfs(await existingFolder(data)));
  if (inodes) machine.push(inodes);
  const interrupted = await checkUpdate();
  if (interrupted) machine.push(interrupted);
  const owner = checkOwner(data);
  if (owner) machine.push(owner);
  if (owner?.state === 'fail') return machine;
  const config = parseConfig({ data });
  const now = systemClock.now();
  machine.push(checkSocketPath(join(data, 'control.sock')));
  if (isInitialized(data)) {
    return [
      ...machine,
      await checkPermissions(data),
      await checkClock(now, data),
      ...(await checkGrants(config)),
      ...(await askBox(control, config)),
    ];
  }
  const remedy = `${invocation} init --data ${data} --org "My organization"${inCheckout('   or   npm start')}`;
  return [
    ...machine,
    { what: 'data directory', state: 'warn', found: `${data} is not initialized`, remedy },
    await checkClock(now, data),
    ...(await checkListening(config)),
  ];
}

/** Whether a service that is started now could listen. */
const checkListening = async (config: Config): Promise<Finding[]> => [
  checkTls(config, systemClock.now()),
  await checkPort(config.host, config.port),
];

/** Findings that need an open box; a box that cannot be opened is one failed finding with the reason. */
async function askBox(control: () => Promise<Control>, config: Config): Promise<Finding[]> {
  let open: Control;
  try {
    open = await control();
  } catch (error) {
    const { text } = toFailure(error);
    const files = await checkFiles(config.data, () => Promise.reject(error)).catch(() => undefined);
    return [
      { what: 'data directory', state: 'fail', found: text.split('\n')[0] ?? text },
      ...(await checkListening(config)),
      ...(files ? [checkModelFiles(files)] : []),
    ];
  }
  const running = open.via === 'service';
  const seal = await replyOf(open.admin.GET('/api/admin/seal'));
  if (seal.is !== 'open') {
    const found = 'sealed: the service waits for the passphrase of the master key';
    return [
      { what: 'data directory', state: 'fail', found, remedy: `${invocation} unseal --data ${config.data}` },
    ];
  }
  // Counted before what needs attention is asked for, which says the last count.
  await replyOf(open.admin.GET('/api/admin/keys-without-person')).catch(() => {});
  const ask = {
    status: once(() => replyOf(open.admin.GET('/api/admin/status'))),
    models: once(() => replyOf(open.admin.GET('/api/admin/models'))),
    organizations: once(async () => (await listOrganizations(open)).toReversed()),
  };
  const failed: Finding[] = [];
  /** One that cannot be made is a finding, and the others are made. */
  const each = async <Found>(what: string, look: () => Promise<Found | Found[]>): Promise<Found[]> => {
    try {
      return [await look()].flat() as Found[];
    } catch (error) {
      failed.push({
        what,
        state: 'fail',
        found: `cannot be checked: ${toFailure(error).text.split('\n')[0]}`,
      });
      return [];
    }
  };
  const ofService = await each('service', async () => {
    const { service } = await ask.status();
    return service ? checkService(service, config) : checkListening(config);
  });
  const details: Detail[][] = [
    await each('master key', async () =>
      describeMasterKey(await replyOf(open.admin.GET('/api/admin/master-key'))),
    ),
    await each('copies of the key store', async () =>
      describeKeyCopies(
        (await replyOf(open.admin.GET('/api/admin/key-store/places'))).items,
        keyStoreAdvice(config),
      ),
    ),
    await each('backups', async () =>
      describeBackups(
        (await replyOf(open.admin.GET('/api/admin/backups', { params: { query: { limit: 50 } } }))).items,
        await replyOf(open.admin.GET('/api/admin/backups/plans')),
      ),
    ),
    await each('error rates', async () =>
      describeOwnGalleries(await ownGalleries(open, await ask.organizations())),
    ),
    await each('people', async () => describeGalleries(await ask.status())),
    await each('presentation attack detection', async () =>
      describePad(await ask.models(), (await ask.status()).liveness.remedy),
    ),
    await each('execution provider', async () => describeCurrentProvider(await ask.status())),
    await each('encryption', async () => {
      const { service } = await ask.status();
      return service ? [describeServedTls(service, systemClock.now())] : [];
    }),
    await each('erasures', async () =>
      describeErasures(await pendingErasures(open, await ask.organizations())),
    ),
    await each('webhooks', async () => describeWebhooks(await eventsOut(open, await ask.organizations()))),
    await each('dead jobs', async () =>
      describeDeadJobs((await replyOf(open.admin.GET('/api/admin/jobs/counts'))).items),
    ),
    await each('alerts', async () => describeAlerts(await openAlerts(open, await ask.organizations()))),
  ];
  const files = await each('models', async () => checkModelFiles(await checkFiles(config.data, control)));
  const licences = await each('licence doubts', async () => checkLicences((await ask.models()).items));
  const integrity = await each('signatures and MACs', async () =>
    checkIntegrity((await replyOf(open.admin.GET('/api/admin/audit/integrity-faults'))).items),
  );
  const attention = await each('attention', async () => (await ask.status()).attention);
  return [
    { what: 'data directory', state: 'ok', found: `${config.data} opens` },
    {
      what: 'writer',
      state: 'ok',
      found: running
        ? `the service${await holder(config.data)} answers`
        : 'no other process holds the directory',
    },
    ...ofService,
    ...withAttention(details.flat(), attention),
    checkKeyStore(config),
    ...files,
    ...licences,
    ...integrity,
    ...failed,
  ];
}

/** Asks at the first call, and gives the same answer to all. */
function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined;
  return () => (answer ??= ask());
}

async function ownGalleries(open: Control, organizations: readonly Organization[]) {
  return Promise.all(
    organizations.map(async ({ id, name }) => ({
      organization: name,
      ...(await listCalibrations(open, id)),
    })),
  );
}

async function pendingErasures(open: Control, organizations: readonly Organization[]) {
  const pending: { name: string; count: number }[] = [];
  for (const { id, name } of organizations) {
    const receipts = await listReceipts(open, { organization: id, pending: 'true' }, MOST_COUNTED);
    pending.push({ name, count: receipts.length });
  }
  return pending;
}

async function eventsOut(open: Control, organizations: readonly Organization[]) {
  const found: EventsOut[] = [];
  for (const { id, name } of organizations) {
    const webhooks = await allPages((page) =>
      replyOf(
        open.admin.GET('/api/admin/webhooks', {
          params: { query: { organization: id, env: 'live', ...page } },
        }),
      ),
    );
    const { items } = await replyOf(
      open.admin.GET('/api/admin/grants', {
        params: { query: { organization: id, revoked: 'false', limit: 1 } },
      }),
    );
    found.push({ name, webhooks, isGranted: items.length > 0 });
  }
  return found;
}

async function openAlerts(open: Control, organizations: readonly Organization[]) {
  const found: { name: string; count: number }[] = [];
  for (const { id, name } of organizations) {
    const alerts = await allPages(
      (page) =>
        replyOf(
          open.admin.GET('/api/admin/alerts', {
            params: { query: { organization: id, env: 'live', open: 'true', ...page } },
          }),
        ),
      MOST_ALERTS,
    );
    found.push({ name, count: alerts.length });
  }
  return found;
}

/** The process recorded as the writer, for display only. */
async function holder(data: string): Promise<string> {
  try {
    const { pid, since } = JSON.parse(await readFile(join(data, 'writer.json'), 'utf8'));
    return ` (process ${pid}, since ${since})`;
  } catch {
    return '';
  }
}

/** A line for each finding and, where it is not good, one for why it matters and one for its remedy, broken at `width`. `mark` writes the state in four columns. */
export function describeFindings(
  findings: readonly Finding[],
  width: number,
  mark: (state: Finding['state']) => string,
): string {
  const names = Math.max(0, ...findings.map(({ what }) => what.length));
  return findings
    .flatMap(({ state, what, found, why, remedy }) => {
      const indent = 6 + names + 2;
      const line = `${mark(state)}  ${what.padEnd(names)}  ${wrap(oneLine(found), width, indent)}`;
      const more = [state === 'ok' ? undefined : why, remedy].filter((one) => one !== undefined);
      return [line, ...more.map((sentence) => `      ${wrap(oneLine(sentence), width, 6)}`)];
    })
    .join('\n');
}

export interface Counts {
  ok: number;
  warn: number;
  fail: number;
}

export function countStates(findings: readonly Pick<Finding, 'state'>[]): Counts {
  const counts: Counts = { ok: 0, warn: 0, fail: 0 };
  for (const { state } of findings) counts[state] += 1;
  return counts;
}

/** The closing line, with the exit code of the command. */
export const describeCounts = ({ ok, warn, fail }: Counts): string =>
  `${ok} ok, ${count(warn, 'warning', 'warnings')}, ${fail} failed; exit code ${fail > 0 ? 1 : 0}`;
