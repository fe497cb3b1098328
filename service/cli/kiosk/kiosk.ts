import type { Command } from 'commander';
import qrcode from 'qrcode';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { limitFlag } from '../limit-flag.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { facts, table } from '../terminal/terminal.ts';

/** The code is in the memory of the service. */
const needsService = {
  needsService: 'Pairing takes the running service: start it ("gatehouse serve"), then try again.',
};

interface PairOptions extends RealmOptions {
  name: string;
}
interface ConfirmOptions {
  org?: string;
  fingerprint: string;
}

export function addKiosk(program: Command, runner: CommandRunner): void {
  const kiosk = program
    .command('kiosk')
    .helpCommand(false)
    .description('paired devices at which people enroll and verify');
  addPair(kiosk, runner);
  addConfirm(kiosk, runner);
  addList(kiosk, runner);
  addUnlock(kiosk, runner);
  addRevoke(kiosk, runner);
}

function addPair(kiosk: Command, runner: CommandRunner): void {
  runner.run<PairOptions>(
    withRealm(kiosk.command('pair'))
      .description('show the code that pairs a device: five minutes, five tries; the service has to run')
      .requiredOption('--name <name>', 'name of the kiosk, such as its location')
      .addHelpText('after', examples('kiosk pair --name "Lisbon 2"')),
    async ({ options, control, terminal }) => {
      const open = await control(needsService);
      const { query } = await realmOf(open, options);
      const address = await kioskAddress(open);
      const begun = await replyOf(
        open.admin.POST('/api/admin/kiosk-pairings', { params: { query }, body: { name: options.name } }),
      );
      const { code, id } = begun;
      const text = `${facts([
        ['code', `${code.slice(0, 4)} ${code.slice(4)}`],
        ['pairing', id],
        ['until', begun.expiresAt],
      ])}

On the device open ${address} and type the code. Then type here what the device shows:

  ${invocation} kiosk confirm ${id} --fingerprint XXXX-XXXX`;
      const picture = terminal.shown ? `\n\n${await qrcode.toString(address, { type: 'utf8' })}` : '';
      return { json: { ...begun, address }, text: text + picture };
    },
  );
}

/** URL of the kiosk, with the host name of the box if it has one, like its certificate. */
async function kioskAddress({ admin }: Control): Promise<string> {
  const { service } = await replyOf(admin.GET('/api/admin/status', {}));
  const address = new URL('/kiosk/', service?.url ?? 'https://localhost');
  const hostName: unknown = JSON.parse(service?.settings.hostName ?? 'null');
  if (typeof hostName === 'string') address.hostname = hostName;
  return address.href;
}

function addConfirm(kiosk: Command, runner: CommandRunner): void {
  runner.run<ConfirmOptions>(
    kiosk
      .command('confirm')
      .argument('<pairing-id>', 'as `kiosk pair` shows it')
      .description('confirm the device that entered the code as a kiosk')
      .option(...organizationFlag)
      .requiredOption('--fingerprint <text>', 'as the device shows it: 7F3A-02BC')
      .addHelpText('after', examples('kiosk confirm pair_01… --fingerprint 7F3A-02BC')),
    async ({ options, control }, pairing = '') => {
      const open = await control(needsService);
      const { id: organization } = await chooseOrganization(open, options.org);
      const params = { path: { id: pairing }, query: { organization } };
      const { state, fingerprint } = await replyOf(
        open.admin.GET('/api/admin/kiosk-pairings/{id}', { params }),
      );
      const typed = options.fingerprint.toUpperCase().replace(/[^0-9A-F]/g, '');
      if (state === 'claimed' && fingerprint?.replace('-', '') !== typed) {
        throw new UsageError(
          'The device that entered the code shows another fingerprint: nothing was paired. Type what the device in front of you shows; if it shows this one, another device has used the code: make a new one.',
        );
      }
      const made = await replyOf(open.admin.POST('/api/admin/kiosk-pairings/{id}/confirm', { params }));
      return { json: made, text: `${made.name} is paired: ${made.id}.` };
    },
  );
}

function addList(kiosk: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; limit: number }>(
    kiosk
      .command('list')
      .description('the kiosks of an organization')
      .option(...limitFlag(200))
      .option(...organizationFlag)
      .addHelpText('after', examples('kiosk list')),
    async ({ options, control }) => {
      const open = await control();
      const { id: organization } = await chooseOrganization(open, options.org);
      const items = await allPages(
        (page) =>
          replyOf(open.admin.GET('/api/admin/kiosks', { params: { query: { organization, ...page } } })),
        options.limit,
      );
      const rows = items.map((one) => [
        one.id,
        one.name,
        one.env,
        one.fingerprint,
        one.revokedAt ? `revoked ${one.revokedAt}` : one.pinLocked ? 'PIN locked' : 'paired',
        one.lastSeenAt ?? '',
      ]);
      const header = ['id', 'name', 'world', 'fingerprint', 'state', 'last seen'];
      return { json: { items }, text: table(header, rows, 'No kiosk yet. Pair one: kiosk pair --help') };
    },
  );
}

function addUnlock(kiosk: Command, runner: CommandRunner): void {
  runner.run<{ org?: string }>(
    kiosk
      .command('unlock')
      .argument('<kiosk-id>', 'as `kiosk list` shows it')
      .description('take PINs at a kiosk again, after five wrong ones')
      .option(...organizationFlag)
      .addHelpText('after', examples('kiosk unlock ksk_01…')),
    async ({ options, control }, id = '') => {
      const open = await control();
      const { id: organization } = await chooseOrganization(open, options.org);
      const unlocked = await replyOf(
        open.admin.POST('/api/admin/kiosks/{id}/unlock', {
          params: { path: { id }, query: { organization } },
        }),
      );
      return { json: unlocked, text: `${unlocked.name} takes PINs again.` };
    },
  );
}

function addRevoke(kiosk: Command, runner: CommandRunner): void {
  runner.run<{ org?: string }>(
    kiosk
      .command('revoke')
      .argument('<kiosk-id>', 'as `kiosk list` shows it')
      .description('end the sessions of a kiosk; it has to be paired again')
      .option(...organizationFlag)
      .addHelpText('after', examples('kiosk revoke ksk_01…')),
    async ({ options, control }, id = '') => {
      const open = await control();
      const { id: organization } = await chooseOrganization(open, options.org);
      const revoked = await replyOf(
        open.admin.POST('/api/admin/kiosks/{id}/revoke', {
          params: { path: { id }, query: { organization } },
        }),
      );
      return { json: revoked, text: `${revoked.name} is revoked.` };
    },
  );
}
