import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { roles } from '../../engine/accounts/access/scope.ts';
import { normalizeEmail } from '../../storage/email-address.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { choice, needed, toggle, value } from '../flag.ts';
import { call, list, noun, work } from '../operation-command.ts';
import { chooseOrganization, listOrganizations, organizationFlag } from '../organization.ts';
import { setupAddress } from '../serve/setup-address.ts';
import { count, facts } from '../terminal/terminal.ts';

type Administrator = Schemas['Administrator'];

const administrator = value('<administrator>', 'id or e-mail address, as `admin list` shows them');
/** Of a command that finds the organization by the administrator. */
const org = value(...organizationFlag);

const roleOf = ({ role, applianceOwner }: Pick<Administrator, 'role' | 'applianceOwner'>) =>
  applianceOwner ? `${role}, appliance owner` : role;

export const admin = noun('accounts of administrators for the console', {
  create: call('POST /api/admin/administrators', {
    on: 'org',
    about: 'create an administrator, and a one-time code with which the person sets a password',
    fields: {
      email: needed(value('<address>', 'e-mail address for sign-in')),
      name: needed(value('<name>', 'name of the person')),
      role: needed(choice('<role>', 'role of the person', roles)),
      applianceOwner: toggle('may also change the whole box, with a fresh second factor'),
    },
    text: (made) =>
      [
        facts([
          ['id', made.id],
          ['e-mail', made.email],
          ['role', roleOf(made)],
        ]),
        ...codeLines(made.code),
        ...passwordSteps(made.email),
      ].join('\n'),
    examples: [
      'admin create --email ada@example.com --name Ada --role owner --appliance-owner',
      'admin create --org org_01… --email grace@example.com --name Grace --role operator',
    ],
  }),
  list: list('GET /api/admin/administrators', {
    on: 'org',
    about: 'the administrators of an organization, with role, second factor and last sign-in',
    limit: 200,
    rows: {
      id: 'id',
      'e-mail': 'email',
      name: 'name',
      role: roleOf,
      'second factor': factorOf,
      'last sign-in': 'lastSignInAt',
      state: stateOf,
    },
    empty:
      'There is no administrator yet. Create one: admin create --email ada@example.com --name Ada --role owner',
    examples: ['admin list'],
  }),
  'sign-out': call('POST /api/admin/administrators/sign-out', {
    on: 'org',
    about: 'end all sessions of all administrators of an organization: each signs in again',
    text: ({ sessions }) => `Ended sessions: ${sessions}.`,
    examples: ['admin sign-out'],
  }),
  reset: work({
    args: { administrator },
    about: 'remove the password or the second factors, end all sessions, and print a one-time code',
    options: {
      password: toggle('remove the password; the code sets a new one'),
      factors: toggle('remove passkeys and recovery codes; the code allows enrolling a new passkey'),
      org,
    },
    examples: ['admin reset ada@example.com --factors', 'admin reset adm_01… --password --factors'],
    async run({ administrator = '', org, password = false, factors = false }, { control }) {
      if (!password && !factors) throw new UsageError('Name what to reset: --password, --factors, or both.');
      const open = await control();
      const { email, id, params } = await find(open, administrator, org);
      const { code } = await replyOf(
        open.admin.POST('/api/admin/administrators/{id}/reset', { params, body: { password, factors } }),
      );
      const took = [...(password ? ['the password'] : []), ...(factors ? ['all second factors'] : [])];
      const text = [
        `Removed: ${took.join(' and ')} of ${email}. All sessions are ended.`,
        '',
        ...codeLines(code),
        ...(password ? passwordSteps(email) : []),
        ...(factors ? factorSteps(email) : []),
      ].join('\n');
      return { json: { id, email, password, factors, code }, text };
    },
  }),
  unlock: work({
    args: { administrator },
    about: 'clear failed sign-ins, so that the person can sign in again at once',
    options: { org },
    examples: ['admin unlock ada@example.com'],
    async run({ administrator = '', org }, { control }) {
      const open = await control();
      const { email, id, params } = await find(open, administrator, org);
      const { failures } = await replyOf(
        open.admin.POST('/api/admin/administrators/{id}/unlock', { params }),
      );
      return {
        json: { id, email, failures },
        text: `${count(failures, 'failed sign-in', 'failed sign-ins')} of ${email} cleared.`,
      };
    },
  }),
  'setup-token': work({
    summary: 'a new setup token, with which a browser creates the first owner',
    about:
      'Creates a new setup token, for one browser within 24 hours. The earlier one is refused from then on, and so is a browser ' +
      'that used it. A box with an owner has no setup token: see `admin create` and `admin reset`.',
    examples: ['admin setup-token'],
    async run(_, { control }) {
      const open = await control();
      const made = await replyOf(open.admin.POST('/api/admin/setup-token', {}));
      const { service } = await replyOf(open.admin.GET('/api/admin/status', {}));
      const text =
        service === undefined
          ? `Setup token: ${made.token}\nThe service is not running: start it, then open /console/setup.`
          : `Open in a browser, within 24 hours:\n\n  ${setupAddress(service.url, undefined, made.token ?? '')}`;
      return { json: made, text };
    },
  }),
});

/** By id or e-mail address, which one account of the appliance has. `org`: only there. */
async function find(control: Pick<Control, 'admin'>, given: string, org: string | undefined) {
  const organizations =
    org === undefined ? await listOrganizations(control) : [await chooseOrganization(control, org)];
  for (const { id: organization } of organizations) {
    const query = { organization };
    const items = await allPages((page) =>
      replyOf(control.admin.GET('/api/admin/administrators', { params: { query: { ...query, ...page } } })),
    );
    const found = items.find(
      ({ id, email }) => id === given || normalizeEmail(email) === normalizeEmail(given),
    );
    if (found) return { ...found, params: { path: { id: found.id }, query } };
  }
  throw new UsageError(`No administrator has the id or e-mail address "${given}": "admin list" shows all.`);
}

function factorOf({ passkeys, factorDueAt }: Administrator): string {
  if (passkeys > 0) return passkeys === 1 ? '1 passkey' : `${passkeys} passkeys`;
  return factorDueAt === undefined ? 'none' : `none, due ${factorDueAt}`;
}

function stateOf({ altered, disabledAt }: Administrator): string {
  if (altered) return 'REFUSED: another program wrote or changed its row in the database';
  return disabledAt === undefined ? 'active' : `disabled ${disabledAt}`;
}

const codeLines = (code: string): string[] => [
  `one-time code    ${code}`,
  '',
  'It works for 24 hours and is not shown again: give it only to that person, and not by e-mail.',
];

const passwordSteps = (email: string): string[] => [
  `On the sign-in page of the console (/console/ at the address of this box) choose the one-time code, and give`,
  `${email}, the code and a new password of at least 12 characters. A passkey is required within 7 days.`,
];

const factorSteps = (email: string): string[] => [
  `On the sign-in page of the console (/console/ at the address of this box) sign in as ${email} with the`,
  'password. The page then asks for the code, and lets a new passkey be enrolled.',
];
