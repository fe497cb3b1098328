import { type Command, Option } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { limitFlag } from '../limit-flag.ts';
import {
  chooseOrganization,
  listOrganizations,
  type Organization,
  organizationFlag,
} from '../organization.ts';
import { facts, table } from '../terminal/terminal.ts';
import { addOrgCalibrate } from './calibrate.ts';
import { addOrgErase } from './erase.ts';
import { addOrgFaceFactor } from './face-factor.ts';
import { describeLogo, readColor, setLogo, withLook } from './look.ts';
import { addOrgRenewTemplates } from './renew-templates.ts';
import { addOrgRotateKey } from './rotate-key.ts';

const describe = (one: Organization) =>
  facts([
    ['id', one.id],
    ['name', one.name],
    ['created', one.createdAt],
    ['erased', one.erasedAt],
    [
      'match only',
      one.matchOnly ? 'yes: live verifications run without presentation attack detection' : 'no',
    ],
    ['sign-in by face', one.faceFactor ? 'allowed' : 'off'],
    ['uniqueness', one.uniquenessPolicy],
    ['consent', one.consentPolicy],
    ['profiles', one.allowedProfiles?.join(', ') ?? 'its own, and built-in ones that it has not replaced'],
    ['redirects', one.redirectTargets?.join(', ') || 'none'],
    ['logo', describeLogo(one)],
    ['color', one.color],
    [
      'attested',
      one.attestation &&
        `${one.attestation.purposes.join(', ')}, by ${one.attestation.attestedBy} on ${one.attestation.attestedAt}`,
    ],
  ]);

interface Change {
  org?: string;
  name?: string;
  matchOnly?: boolean;
  uniqueness?: Organization['uniquenessPolicy'];
  consent?: Organization['consentPolicy'];
  profiles?: string;
  allProfiles?: boolean;
  redirectTargets?: string;
  logo?: string;
  color?: string;
}

export function addOrg(program: Command, runner: CommandRunner): void {
  const org = program
    .command('org')
    .helpCommand(false)
    .description('organizations: each has its own people, keys and settings');
  addOrgRotateKey(org, runner);
  addOrgRenewTemplates(org, runner);
  addOrgCalibrate(org, runner);
  addOrgFaceFactor(org, runner);
  addCreate(org, runner);
  addList(org, runner);
  addShow(org, runner);
  addOrgErase(org, runner);
  addSet(org, runner);
}

function addCreate(org: Command, runner: CommandRunner): void {
  runner.run<{ name: string }>(
    org
      .command('create')
      .description('create an organization (it has no key yet: see `key create`)')
      .requiredOption('--name <name>', 'its name')
      .addHelpText('after', examples('org create --name "Museum of Bern"')),
    async ({ options, control }) => {
      const { admin } = await control();
      const made = await replyOf(admin.POST('/api/admin/organizations', { body: { name: options.name } }));
      return { json: made, text: describe(made) };
    },
  );
}

function addList(org: Command, runner: CommandRunner): void {
  runner.run<{ limit: number }>(
    org
      .command('list')
      .description('all organizations')
      .option(...limitFlag(1000))
      .addHelpText('after', examples('org list')),
    async ({ options, control }) => {
      const items = await listOrganizations(await control(), options.limit);
      const rows = items.map((one) => [
        one.id,
        one.name,
        one.matchOnly ? 'yes' : 'no',
        one.uniquenessPolicy,
        one.consentPolicy,
        one.createdAt,
        one.erasedAt,
      ]);
      const header = ['id', 'name', 'match only', 'uniqueness', 'consent', 'created', 'erased'];
      return {
        json: { items },
        text: table(header, rows, 'No organization yet. Make one: org create --name NAME'),
      };
    },
  );
}

function addShow(org: Command, runner: CommandRunner): void {
  runner.run<{ org?: string }>(
    org
      .command('show')
      .description('one organization and its settings')
      .option(...organizationFlag)
      .addHelpText('after', examples('org show')),
    async ({ options, control }) => {
      const one = await chooseOrganization(await control(), options.org);
      return { json: one, text: describe(one) };
    },
  );
}

function addSet(org: Command, runner: CommandRunner): void {
  runner.run<Change>(
    withLook(org.command('set'))
      .description('change settings of an organization; every change is in the audit log')
      .option(...organizationFlag)
      .option('--name <name>', 'new name')
      .option(
        '--match-only',
        'let live verifications run without presentation attack detection (a photograph may pass)',
      )
      .option('--no-match-only', 'require presentation attack detection again')
      .addOption(
        new Option('--uniqueness <policy>', 'when a face belongs to another e-mail address already').choices([
          'off',
          'warn',
          'block',
        ]),
      )
      .addOption(
        new Option(
          '--consent <policy>',
          'consent is attested once (“consent attest”), or must come with each enrollment: people without a recorded consent are not recognized then',
        ).choices(['attested', 'with-call']),
      )
      .option('--profiles <list>', 'the only profiles that callers may name, by slug, separated by commas')
      .option(
        '--all-profiles',
        'callers may name its own profiles, and built-in ones that it has not replaced (the default)',
      )
      .option(
        '--redirect-targets <list>',
        'where hosted pages may lead to, separated by commas: hosts (app.example.com), plain HTTP origins of the own network (http://10.0.0.5:8080), schemes of apps (myapp:); an empty text for none',
      )
      .addHelpText(
        'after',
        examples(
          'org set --uniqueness block',
          'org set --org org_01… --match-only',
          'org set --profiles strict-finance,front-door',
          'org set --all-profiles',
          'org set --redirect-targets app.example.com,myapp:',
          "org set --logo logo.png --color '#1f4e3d'",
        ),
      ),
    async ({ options, control }) => {
      const change: Schemas['OrganizationChange'] = defined({
        name: options.name,
        matchOnly: options.matchOnly,
        uniquenessPolicy: options.uniqueness,
        consentPolicy: options.consent,
        allowedProfiles: readProfiles(options),
        redirectTargets: options.redirectTargets?.split(',').filter((one) => one.trim() !== ''),
        color: readColor(options.color),
      });
      const { logo } = options;
      if (Object.keys(change).length === 0 && logo === undefined) {
        throw new UsageError(
          'Nothing to set. Give --name, --match-only, --no-match-only, --uniqueness, --consent, --profiles, --all-profiles, --redirect-targets, --logo or --color.',
        );
      }
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const query = { organization: id };
      // First: a file that is refused leaves all settings as they are.
      if (logo !== undefined) await setLogo(open, logo, query);
      const one = await replyOf(
        Object.keys(change).length === 0
          ? open.admin.GET('/api/admin/organization', { params: { query } })
          : open.admin.PATCH('/api/admin/organization', { params: { query }, body: change }),
      );
      return { json: one, text: describe(one) };
    },
  );
}

/** Null: all that are in use. */
function readProfiles({ profiles, allProfiles }: Change): string[] | null | undefined {
  if (profiles !== undefined && allProfiles)
    throw new UsageError('Give --profiles or --all-profiles, not both.');
  if (allProfiles) return null;
  return profiles?.split(',').map((slug) => slug.trim());
}
