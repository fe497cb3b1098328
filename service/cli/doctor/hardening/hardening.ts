import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { allPages } from '../../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas, streamOf } from '../../../../sdk/admin/client.ts';
import { manifestSignature, modelPaths } from '../../../compose/model-paths.ts';
import { systemClock } from '../../../lib/clock.ts';
import { document } from '../../../lib/installation.ts';
import { productVersion, programBuiltAt } from '../../../lib/version.ts';
import { RELEASE_KEYS } from '../../../release/release-keys.ts';
import type { Control } from '../../control/control.ts';
import type { OpenOptions } from '../../control/open-control.ts';
import { toFailure } from '../../failure.ts';
import { invocation } from '../../invocation.ts';
import { listOrganizations } from '../../organization.ts';
import { jsonLines } from '../../terminal/terminal.ts';
import { checkManifestSignature } from '../box.ts';
import { checkClock, checkDisk, checkPermissions, existingFolder, type Finding, freeOn } from '../checks.ts';
import * as box from './box.ts';
import { bad, good, type HardeningFinding, type Outcome } from './box.ts';
import * as machine from './machine.ts';
import { synchronized } from './machine.ts';
import * as serving from './process.ts';
import { checkUnit, readUnit } from './process.ts';

/** The lines of `doctor --hardening` and of docs/HARDENING.md, by id: their name, and why they matter. */
export const checkList = {
  account: [
    'account of the service',
    'An account of its own, without a way to sign in, has only what it needs: what takes over the service gets no more.',
  ],
  privileges: ['privileges', 'Without capabilities a fault in the service does not become root.'],
  'system-calls': [
    'system calls',
    'A filter keeps most of the kernel out of reach of code that was injected.',
  ],
  unit: ['unit', 'The restrictions of the unit hold for the next start; a drop-in can undo each of them.'],
  umask: ['umask', 'New files of the data directory are then readable by the service alone.'],
  'data-modes': [
    'data directory',
    'Who can read it can copy it, and who can write it can change what is verified.',
  ],
  'settings-modes': [
    'settings',
    'The service must not be able to change its own limits, and other accounts must not read paths and addresses.',
  ],
  passphrase: [
    'master key',
    'The master key opens every template and every backup: a stolen disk must not hold it.',
  ],
  'core-limit': ['core files', 'A core file is the memory of the service: keys, names and faces.'],
  'core-pattern': ['core pattern', 'A program that collects cores can get the memory in spite of the limit.'],
  swap: ['swap', 'Memory that is written to a disk outlives the erasure of a person.'],
  tls: ['encryption', 'Pictures of faces and API keys go over this connection.'],
  'second-factor': ['second factor', 'A password alone can be guessed, read along or reused.'],
  'four-eyes': ['four eyes', 'One administrator alone could erase or export all people.'],
  setup: ['setup', 'While there is no owner, a browser with the setup token can become the owner.'],
  backups: ['backups', 'Without a backup, a lost disk means that everyone has to be enrolled again.'],
  drill: ['restore drill', 'A backup that was never restored may not work.'],
  'key-copies': [
    'copies of the key store',
    'No backup opens without the key store; a copy on the same disk is lost with it.',
  ],
  audit: ['audit log', 'A cut or changed log hides what was done.'],
  clock: ['clock', 'Erasure by terms, tokens, certificates and the order of the log rest on the time.'],
  'release-keys': [
    'release keys',
    'Without a public key that was compared, any package counts as an update or none does.',
  ],
  models: ['model manifest', 'Other models, or other thresholds, verify other people.'],
  disk: ['disk space', 'A full disk stops enrollment and verification.'],
  updates: ['updates', 'Faults that were found are mended in newer versions.'],
  log: [
    'log',
    'A log that others can read shows who was verified when; one that is thrown away shows nothing.',
  ],
} as const satisfies Readonly<Record<string, readonly [what: string, why: string]>>;

type CheckId = keyof typeof checkList;

/** A command that opened the directory itself, perhaps as root, would leave files that the service cannot write. */
const NOT_RUNNING = 'The service does not run, so this cannot be seen.';

type Outcomes = Partial<Record<CheckId, Outcome>>;

/** Every line of the checklist, in its order. */
export async function examineHardening(
  data: string,
  control: (how: OpenOptions) => Promise<Control>,
): Promise<HardeningFinding[]> {
  const found: Outcomes = { ...(await ofMachine(data)), ...(await ofBox(data, control)) };
  return Object.entries(checkList).map(([id, [what, why]]) => ({
    id,
    what,
    why,
    ...found[id as CheckId]!,
  }));
}

async function ofMachine(data: string): Promise<Outcomes> {
  const now = systemClock.now();
  const permissions = await checkPermissions(data);
  const clock = await checkClock(now, data);
  return {
    unit: checkUnit(readUnit()),
    'data-modes': permissions.state === 'ok' ? ofFolder(data, permissions) : asBad(permissions),
    'core-pattern': serving.checkCorePattern(read('/proc/sys/kernel/core_pattern').trim()),
    swap: machine.checkSwap(machine.readSwap(read('/proc/swaps'))),
    clock: clock.state === 'ok' ? machine.checkSynchronized(await synchronized()) : clock,
    'release-keys': machine.checkReleaseKeys(RELEASE_KEYS),
    models: checkModels(),
    disk: outcomeOf(checkDisk(await freeOn(await existingFolder(data)))),
    updates: machine.checkAge(programBuiltAt, now, productVersion()),
  };
}

/** Beside the modes of what is in it. */
function ofFolder(data: string, permissions: Finding): Outcome {
  const found = statSync(data, { throwIfNoEntry: false });
  return found?.uid === 0
    ? bad(`${data} belongs to root`, `chown -R gatehouse: ${data}`)
    : outcomeOf(permissions);
}

function checkModels(): Outcome {
  const signature = manifestSignature();
  return signature.is === 'unsigned'
    ? bad(
        'the manifest of the models is not signed: a changed one would not be noticed',
        `Install a signed package, or build one with a key of yours: ${document('PACKAGES')}`,
      )
    : outcomeOf(checkManifestSignature(signature, modelPaths('').manifest));
}

/** What the serving process and its organizations say; where it does not run or is sealed, that is what every line of it says. */
async function ofBox(data: string, control: (how: OpenOptions) => Promise<Control>): Promise<Outcomes> {
  let open: Control;
  try {
    open = await control({ needsService: NOT_RUNNING });
  } catch (error) {
    const [found = ''] = toFailure(error).text.split('\n');
    return allOf(bad(found, `systemctl start gatehouse   or: ${invocation} doctor --data ${data}`));
  }
  const { is } = await replyOf(open.admin.GET('/api/admin/seal'));
  if (is !== 'open')
    return allOf(bad('the service is sealed, so this cannot be seen', `${invocation} unseal --data ${data}`));
  const organizations = await listOrganizations(open);
  const status = await replyOf(open.admin.GET('/api/admin/status'));
  return {
    ...(status.service
      ? await ofService(open, status.service, data)
      : every(ofServing, bad(NOT_RUNNING, 'systemctl start gatehouse'))),
    ...(await ofBackups(open, data)),
    'second-factor': box.checkSecondFactor(await administratorsOf(open, organizations)),
    'four-eyes': box.checkFourEyes(organizations),
    setup: box.checkSetup(await replyOf(open.admin.GET('/api/admin/setup-token'))),
    audit: box.checkAuditLog(await auditReport(open)),
  };
}

const ofServing = [
  ...([
    'account',
    'privileges',
    'system-calls',
    'umask',
    'settings-modes',
    'passphrase',
    'core-limit',
  ] as const),
  ...(['tls', 'log'] as const),
];
const ofOpen = ['second-factor', 'four-eyes', 'setup', 'backups', 'drill', 'key-copies', 'audit'] as const;
const every = (ids: readonly CheckId[], outcome: Outcome): Outcomes =>
  Object.fromEntries(ids.map((id) => [id, outcome]));
const allOf = (outcome: Outcome): Outcomes => every([...ofServing, ...ofOpen], outcome);

async function ofService(
  open: Control,
  service: NonNullable<Schemas['Status']['service']>,
  data: string,
): Promise<Outcomes> {
  const running = serving.readServingProcess(service.process);
  if (!running)
    return every(ofServing, bad(`process ${service.process} cannot be seen`, 'Run the command as root.'));
  const setting = (name: string): string | undefined => {
    const text = service.settings[name];
    return text === undefined ? undefined : JSON.parse(text);
  };
  const masterKey = await replyOf(open.admin.GET('/api/admin/master-key'));
  const certificate = await replyOf(open.admin.GET('/api/admin/certificate'));
  return {
    account: serving.checkAccount(running, { dataOwner: statSync(data).uid, shell: shellOf(running.uid) }),
    privileges: serving.checkPrivileges(running),
    'system-calls': serving.checkSystemCalls(running),
    umask: serving.checkUmask(running),
    'core-limit': serving.checkCoreLimit(running),
    log: serving.checkOutput(running),
    swap: machine.checkSwap(machine.readSwap(read('/proc/swaps')), running.swapLimit),
    'settings-modes': machine.checkSettingsFile(
      process.env.GATEHOUSE_SETTINGS ?? join(data, 'gatehouse.json'),
      running.uid,
    ),
    passphrase: machine.checkMasterKeyFolder({
      kind: masterKey.kind,
      path: masterKey.path,
      data,
      passphraseFile: setting('passphraseFile'),
      stored: '/etc/gatehouse/passphrase',
    }),
    tls: box.checkEncryption(service, certificate.served?.source, systemClock.now()),
  };
}

async function ofBackups(open: Control, data: string): Promise<Outcomes> {
  const query = { query: { limit: 50 } };
  const { items: runs } = await replyOf(open.admin.GET('/api/admin/backups', { params: query }));
  const { items: plans } = await replyOf(open.admin.GET('/api/admin/backups/plans'));
  const { items: drills } = await replyOf(open.admin.GET('/api/admin/backup-drills', { params: query }));
  const { items: places } = await replyOf(open.admin.GET('/api/admin/key-store/places'));
  const now = systemClock.now();
  return {
    backups: box.checkBackupsKept(runs, plans.length, data, now),
    drill: box.checkDrill(runs, drills, now),
    'key-copies': box.checkCopies(places, data),
  };
}

async function administratorsOf(open: Control, organizations: readonly { id: string }[]) {
  const lists = organizations.map(({ id: organization }) =>
    allPages((page) =>
      replyOf(open.admin.GET('/api/admin/administrators', { params: { query: { organization, ...page } } })),
    ),
  );
  return (await Promise.all(lists)).flat();
}

async function auditReport(open: Control): Promise<Schemas['AuditReport']> {
  const bytes = streamOf(open.admin.GET('/api/admin/audit/verification', { parseAs: 'stream' }));
  for await (const step of jsonLines<Schemas['AuditVerification']>(bytes)) {
    if ('report' in step) return step.report;
  }
  throw new Error('The verification of the audit log ended without a report.');
}

/** Of an account, by /etc/passwd. */
function shellOf(uid: number): string | undefined {
  const rows = read('/etc/passwd')
    .split('\n')
    .map((line) => line.split(':'));
  return rows.find((row) => row[2] === String(uid))?.[6];
}

const outcomeOf = ({ state, found, remedy }: Finding): Outcome =>
  state === 'ok' ? good(found) : { state, found, ...(remedy !== undefined && { remedy }) };
const asBad = ({ found, remedy = '' }: Finding): Outcome => bad(found, remedy);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
