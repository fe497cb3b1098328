import { setTimeout as delay } from 'node:timers/promises';
import { replyOf, type Schemas, toUploadForm } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Answer } from '../command.ts';
import { UsageError } from '../failure.ts';
import { choice, needed, onOff, orNone, toggle, value } from '../flag.ts';
import { galleryColumns, galleryRows } from '../gallery-calibrations.ts';
import { readPicture } from '../named-file.ts';
import { type Asked, call, factsOf, list, noun, type Realm, type Shown, work } from '../operation-command.ts';
import { chooseOrganization, type Organization } from '../organization.ts';
import { eraseByPages, PAGE_OF_PEOPLE } from '../terminal/erasing.ts';
import { createProgress } from '../terminal/progress.ts';
import { count, table } from '../terminal/terminal.ts';

const PAUSE_MILLISECONDS = 100;

const shown: Shown<Organization> = {
  id: 'id',
  name: 'name',
  created: 'createdAt',
  erased: 'erasedAt',
  'match only': ({ matchOnly }) =>
    matchOnly ? 'yes: live verifications run without presentation attack detection' : 'no',
  'sign-in by face': ({ faceFactor }) => (faceFactor ? 'allowed' : 'off'),
  uniqueness: 'uniquenessPolicy',
  consent: 'consentPolicy',
  profiles: ({ allowedProfiles }) =>
    allowedProfiles?.join(', ') ?? 'its own, and built-in ones that it has not replaced',
  redirects: ({ redirectTargets }) => redirectTargets?.join(', ') || 'none',
  logo: ({ logo }) => (logo === undefined ? 'none' : `${logo.width} by ${logo.height} pixels`),
  color: 'color',
  attested: ({ attestation: by }) =>
    by && `${by.purposes.join(', ')}, by ${by.attestedBy} on ${by.attestedAt}`,
};

export const org = noun('organizations: each has its own people, keys and settings', {
  'rotate-key': work({
    on: 'org',
    summary: 'a new key for the organization, under which every person’s key is wrapped again',
    about:
      'Gives the organization a new key and wraps the key of every person with it, while everything goes on; then the old one is ' +
      'removed. Ctrl-C leaves a running service to finish; an interrupted run continues at the next start, or with the same command.',
    examples: ['org rotate-key', 'org rotate-key --org org_01… --json'],
    async run(_, { realm, terminal }) {
      const { open, query } = await realm();
      const { generation, total } = await replyOf(
        open.admin.POST('/api/admin/organization/key/rotation', { params: { query } }),
      );
      await follow(terminal, 'wrapping keys', total, async () => {
        const state = await replyOf(
          open.admin.GET('/api/admin/organization/key/rotation', { params: { query } }),
        );
        if (state.is !== 'stopped') return state.is === 'none' ? undefined : state.done;
        throw new Problem(
          'CONFLICT',
          `The rotation stopped after ${state.done} of ${state.total} people; nothing is lost, and the same command continues. ${state.reason}`,
        );
      });
      return {
        json: { organization: query.organization, generation, people: total },
        text: `The organization has key ${generation}; it wraps the keys of ${count(total, 'person', 'people')}, and the former one is destroyed.`,
      };
    },
  }),
  'renew-templates': work({
    on: 'org',
    summary: 'renew the secret of all templates, without pictures',
    about:
      'Gives the organization a new secret for its templates, converts every template and kept probe while the service runs, and ' +
      'destroys the old secret. The templates in older backups cannot be used any more: make a new backup afterwards. An ' +
      'interrupted run continues at the next start, or with the same command.',
    options: { confirm: value('<name>', 'the name of the organization') },
    examples: ['org renew-templates --confirm "Museum of Bern"'],
    async run({ confirm }, { realm, terminal }) {
      const { open, query, organization } = await realm();
      const { name } = organization;
      if (confirm !== name) {
        throw new UsageError(
          `Nothing was renewed yet. The templates in all older backups become unusable. To confirm, give the organization’s name: --confirm "${name}"`,
        );
      }
      const { generation, total } = await replyOf(
        open.admin.POST('/api/admin/organization/templates/renewal', {
          params: { query },
          body: { confirm },
        }),
      );
      await follow(terminal, 'renewing templates', total, async () => {
        const state = await replyOf(
          open.admin.GET('/api/admin/organization/templates/renewal', { params: { query } }),
        );
        if (state.is !== 'stopped') return state.is === 'none' ? undefined : state.done;
        throw new Problem(
          'CONFLICT',
          `The renewal stopped after ${state.done} of ${state.total}; nothing is lost, and the same command continues. ${state.reason}`,
        );
      });
      return {
        json: { organization: query.organization, generation, renewed: total },
        text: `${count(total, 'template and probe', 'templates and probes')} have the new secret (rotation ${generation}), and the former one is destroyed. Make a new backup: the templates in older ones cannot be used any more.`,
      };
    },
  }),
  calibrate: call('POST /api/admin/organization/calibrations', {
    on: 'org',
    summary: 'measure now whether the stated error rates hold for the enrolled people',
    about:
      'Compares the enrolled people with one another (one picture each, at most 2,000) and raises thresholds where more strangers ' +
      'are alike than the calibration says. The service does the same with 30 people, when a gallery has grown or shrunk by a tenth, and after an import. ' +
      'Galleries with fewer than 30 people are skipped. Only figures are stored, no scores and no people.',
    examples: ['org calibrate', 'org calibrate --org "Museum of Bern" --json'],
    text: (reply) => table(galleryColumns, galleryRows(reply), 'No person is enrolled.'),
  }),
  'face-factor': call('PUT /api/admin/organization/face-factor', {
    on: 'org',
    args: { state: choice('<state>', 'what holds from now on', ['on', 'off']) },
    summary: 'whether administrators may sign in by face, beside a passkey',
    about:
      'Lets administrators enroll a face, each with a consent of their own, and finish a sign-in with it after the password. ' +
      '“off” removes the faces that are enrolled, at once.',
    ask: ({ state }) => ({ allowed: state === 'on' }),
    text: ({ allowed, removed }) =>
      allowed
        ? 'Administrators may enroll a face, in the console under Security.'
        : `Administrators do not sign in by face any more: ${count(removed, 'face was', 'faces were')} removed.`,
    examples: ['org face-factor on', 'org face-factor off --org org_01…'],
  }),
  create: call('POST /api/admin/organizations', {
    about: 'create an organization (it has no key yet: see `key create`)',
    fields: { name: needed(value('<name>', 'its name')) },
    text: shown,
    examples: ['org create --name "Museum of Bern"'],
  }),
  list: list('GET /api/admin/organizations', {
    about: 'all organizations',
    limit: 1000,
    rows: {
      id: 'id',
      name: 'name',
      'match only': ({ matchOnly }) => (matchOnly ? 'yes' : 'no'),
      uniqueness: 'uniquenessPolicy',
      consent: 'consentPolicy',
      created: 'createdAt',
      erased: 'erasedAt',
    },
    empty: 'No organization yet. Make one: org create --name NAME',
    examples: ['org list'],
  }),
  show: call('GET /api/admin/organization', {
    on: 'org',
    about: 'one organization and its settings',
    text: shown,
    examples: ['org show'],
  }),
  erase: work({
    args: { organization: value('<organization>', 'id or name') },
    summary: 'erase all people of an organization, then its keys',
    about:
      'Revokes every API key, erases all people of both worlds as “subject erase” does, removes the sites, and destroys the organization’s own ' +
      'secrets. The empty organization stays under its name, because the audit log, the receipts and the figures of verifications (which name ' +
      'no person) belong to it. After an interruption, run it again to continue.',
    options: { confirm: value('<name>', 'its name, as a confirmation') },
    examples: ['org erase "Museum of Bern" --confirm "Museum of Bern"'],
    run: erase,
  }),
  set: work({
    on: 'org',
    about: 'change settings of an organization; options that are not given stay unchanged (audited)',
    options: {
      logo: value(
        '<file>',
        'logo on the pages that people see: PNG, JPEG or WebP of at most 64 kB; - reads standard input; none removes it',
      ),
      color: value(
        '<color>',
        'shown with the first letter of its name where there is no logo: #1f4e3d; or none',
        orNone((_, text) => text),
      ),
      name: value('<name>', 'new name'),
      matchOnly: onOff(
        'let live verifications run without presentation attack detection (a photograph may pass)',
        'require presentation attack detection again',
      ),
      uniquenessPolicy: choice(
        '--uniqueness <policy>',
        'what happens when a new face is like that of another person: nothing, a review afterwards, or a refusal until a reviewer decides',
        ['off', 'warn', 'block'],
      ),
      consentPolicy: choice(
        '--consent <policy>',
        'attested: the organization attests consent once (“consent attest”); with-call: each enrollment brings it, and people without a recorded consent are not recognized',
        ['attested', 'with-call'],
      ),
      profiles: value(
        '<list>',
        'profiles that callers may name, and no others: slugs, separated by commas',
        (_, text) => text.split(',').map((slug) => slug.trim()),
      ),
      allProfiles: toggle(
        'let callers name all profiles of the organization and all built-in ones that it has not replaced (the default)',
      ),
      redirectTargets: value(
        '<list>',
        'where hosted pages may lead, separated by commas: hosts (app.example.com), plain HTTP origins of the own network (http://10.0.0.5:8080), schemes of apps (myapp:); an empty text: nowhere',
        (_, text) => text.split(',').filter((one) => one.trim() !== ''),
      ),
    },
    examples: [
      'org set --uniqueness block',
      'org set --org org_01… --match-only',
      'org set --profiles strict-finance,front-door',
      'org set --all-profiles',
      'org set --redirect-targets app.example.com,myapp:',
      "org set --logo logo.png --color '#1f4e3d'",
    ],
    async run({ logo, profiles, allProfiles, ...given }, { realm }) {
      if (profiles !== undefined && allProfiles)
        throw new UsageError('Give --profiles or --all-profiles, not both.');
      // Null: all that are in use.
      const change = defined({ ...given, allowedProfiles: allProfiles ? null : profiles });
      const unchanged = Object.keys(change).length === 0;
      if (unchanged && logo === undefined) {
        throw new UsageError(
          'Nothing to set. Give --name, --match-only, --no-match-only, --uniqueness, --consent, --profiles, --all-profiles, --redirect-targets, --logo or --color.',
        );
      }
      const on = await realm();
      const params = { query: on.query };
      // First: a file that is refused leaves all settings as they are.
      if (logo !== undefined) await setLogo(on, logo);
      const one = await replyOf(
        unchanged
          ? on.open.admin.GET('/api/admin/organization', { params })
          : on.open.admin.PATCH('/api/admin/organization', { params, body: change }),
      );
      return { json: one, text: factsOf(one, shown) };
    },
  }),
});

/** Shows how far it is until `reached` says undefined: it is done. */
async function follow(
  terminal: Asked<'org'>['terminal'],
  what: string,
  total: number,
  reached: () => Promise<number | undefined>,
): Promise<void> {
  const progress = await createProgress(terminal, what);
  progress.start(total);
  try {
    for (;;) {
      const done = await reached();
      progress.reach(done ?? total);
      if (done === undefined) return;
      await delay(PAUSE_MILLISECONDS);
    }
  } finally {
    progress.stop();
  }
}

/** Of `--logo`: a file, `-`, or `none`. */
async function setLogo({ open: { admin }, query }: Realm<'org'>, file: string): Promise<void> {
  if (file === 'none') {
    await replyOf(admin.DELETE('/api/admin/organization/logo', { params: { query } }));
    return;
  }
  const bytes = await readPicture(file);
  await replyOf(
    admin.PUT('/api/admin/organization/logo', {
      params: { query },
      body: { request: {}, file: new Blob([new Uint8Array(bytes)]) },
      bodySerializer: toUploadForm,
    }),
  );
}

async function erase(
  { organization: given, confirm }: { organization?: string | undefined; confirm?: string | undefined },
  { control, terminal }: Asked<undefined>,
): Promise<Answer> {
  const open = await control();
  const { id, name } = await chooseOrganization(open, given);
  if (confirm !== name) {
    throw new UsageError(
      `This cannot be undone. Nothing was erased. To confirm, repeat the name: --confirm "${name}"`,
    );
  }
  let erased = 0;
  let reply: Schemas['OrganizationErased'] = { done: false, erased: [], left: 0, copies: [] };
  await eraseByPages(terminal, async () => {
    reply = await replyOf(
      open.admin.POST('/api/admin/organization/erase', {
        params: { query: { organization: id } },
        body: { confirm, limit: PAGE_OF_PEOPLE },
      }),
    );
    erased += reply.erased.length;
    return { erased: reply.erased.length, left: reply.left, more: !reply.done };
  });
  const { done, left, copies } = reply;
  const unreachable = copies.filter(({ state }) => state !== 'destroyed');
  const lines = [
    `${count(erased, 'person', 'people')} of ${name} erased, ${left} left.`,
    done
      ? 'Its API keys are revoked, its sites removed, its own secrets destroyed.'
      : 'Stopped. Run it again to continue.',
    ...unreachable.map(
      ({ place }) =>
        `The copy of the key store in ${place} could not be reached: it still holds the secrets until it is.`,
    ),
  ];
  return {
    json: { done, erased, left, copies },
    text: lines.join('\n'),
    ...(done ? {} : { exitCode: 1 as const }),
  };
}
