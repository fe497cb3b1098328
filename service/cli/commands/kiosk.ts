import qrcode from 'qrcode';
import { replyOf } from '../../../sdk/admin/client.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { needed, value } from '../flag.ts';
import { invocation } from '../invocation.ts';
import { call, list, noun, work } from '../operation-command.ts';
import { facts } from '../terminal/terminal.ts';

/** The code is in the memory of the service. */
const how = {
  needsService: 'Pairing needs the running service: start it ("gatehouse serve"), then try again.',
};
const id = value('<kiosk-id>', 'as `kiosk list` shows it');

export const kiosk = noun('paired devices at which people enroll and verify', {
  pair: work({
    on: 'world',
    about: 'show the code that pairs a device: five minutes, five tries; the service has to run',
    options: { name: needed(value('<name>', 'name of the kiosk, such as its location')) },
    examples: ['kiosk pair --name "Lisbon 2"'],
    async run({ name = '' }, { realm, terminal }) {
      const { open, query } = await realm(how);
      const address = await kioskAddress(open);
      const begun = await replyOf(
        open.admin.POST('/api/admin/kiosk-pairings', { params: { query }, body: { name } }),
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
  }),
  confirm: work({
    on: 'org',
    args: { pairing: value('<pairing-id>', 'as `kiosk pair` shows it') },
    about: 'confirm the device that entered the code as a kiosk',
    options: { fingerprint: needed(value('<text>', 'as the device shows it: 7F3A-02BC')) },
    examples: ['kiosk confirm pair_01… --fingerprint 7F3A-02BC'],
    async run({ pairing = '', fingerprint: seen = '' }, { realm }) {
      const { open, query } = await realm(how);
      const params = { path: { id: pairing }, query };
      const { state, fingerprint } = await replyOf(
        open.admin.GET('/api/admin/kiosk-pairings/{id}', { params }),
      );
      const typed = seen.toUpperCase().replace(/[^0-9A-F]/g, '');
      if (state === 'claimed' && fingerprint?.replace('-', '') !== typed) {
        throw new UsageError(
          'The device that entered the code shows another fingerprint: nothing was paired. Type what the device in front of you shows; if it shows this one, another device has used the code: make a new one.',
        );
      }
      const made = await replyOf(open.admin.POST('/api/admin/kiosk-pairings/{id}/confirm', { params }));
      return { json: made, text: `${made.name} is paired: ${made.id}.` };
    },
  }),
  list: list('GET /api/admin/kiosks', {
    on: 'org',
    about: 'the kiosks of an organization',
    limit: 200,
    rows: {
      id: 'id',
      name: 'name',
      world: 'env',
      fingerprint: 'fingerprint',
      state: (one) => (one.revokedAt ? `revoked ${one.revokedAt}` : one.pinLocked ? 'PIN locked' : 'paired'),
      'last seen': (one) => one.lastSeenAt ?? '',
    },
    empty: 'No kiosk yet. Pair one: kiosk pair --help',
    examples: ['kiosk list'],
  }),
  unlock: call('POST /api/admin/kiosks/{id}/unlock', {
    on: 'org',
    args: { id },
    about: 'unlock a kiosk after five wrong PINs',
    text: ({ name }) => `${name} is unlocked.`,
    examples: ['kiosk unlock ksk_01…'],
  }),
  revoke: call('POST /api/admin/kiosks/{id}/revoke', {
    on: 'org',
    args: { id },
    about: 'revoke a kiosk: its sessions end, and it has to be paired again',
    text: ({ name }) => `${name} is revoked.`,
    examples: ['kiosk revoke ksk_01…'],
  }),
});

/** URL of the kiosk, with the host name of the box if it has one, like its certificate. */
async function kioskAddress({ admin }: Control): Promise<string> {
  const { service } = await replyOf(admin.GET('/api/admin/status', {}));
  const address = new URL('/kiosk/', service?.url ?? 'https://localhost');
  const hostName: unknown = JSON.parse(service?.settings.hostName ?? 'null');
  if (typeof hostName === 'string') address.hostname = hostName;
  return address.href;
}
