import type { Command } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { nextCommand, type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { readMoment } from '../terminal/moment.ts';
import { facts, table } from '../terminal/terminal.ts';
import { allPurposes, type Purpose, readConsent, readPurpose } from './consent-parts.ts';

const consentParts =
  'textVersion,method,legalBasis,purpose[+purpose…]; purposes: verification, identification, deduplication';
const person = ['<person>', 'id or e-mail address'] as const;

export function addConsent(program: Command, runner: CommandRunner): void {
  const consent = program
    .command('consent')
    .helpCommand(false)
    .description('consents and withdrawals of people, for 1:1, 1:N and the search for duplicates');
  addShow(consent, runner);
  addRecord(consent, runner);
  addWithdraw(consent, runner);
  addAttest(consent, runner);
}

function addShow(consent: Command, runner: CommandRunner): void {
  const command = consent
    .command('show')
    .argument(...person)
    .description('every consent and withdrawal of a person, and the allowed uses (audited)')
    .addHelpText('after', examples('consent show ada@example.com'));
  runner.run<RealmOptions>(withRealm(command), async ({ options, control }, id = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const state = await replyOf(
      open.admin.GET('/api/admin/subjects/{id}/consent', { params: { path: { id }, query } }),
    );
    return { json: state, text: describe(state, id, options) };
  });
}

function addRecord(consent: Command, runner: CommandRunner): void {
  const command = consent
    .command('record')
    .argument(...person)
    .description('record a consent given without a picture; it restores withdrawn purposes')
    .requiredOption('--consent <parts>', consentParts)
    .option('--until <date>', 'expiry; absent: after the organization’s term, if any')
    .addHelpText(
      'after',
      examples(
        'consent record ada@example.com --consent "v3,signed form,explicit consent,verification" --until 2027-12-31',
      ),
    );
  runner.run<RealmOptions & { consent: string; until?: string }>(
    withRealm(command),
    async ({ options, control }, id = '') => {
      const { until } = options;
      const body = {
        ...readConsent(options.consent),
        ...(until !== undefined && { expiresAt: readMoment('--until', until) }),
      };
      const open = await control();
      const { query } = await realmOf(open, options);
      const state = await replyOf(
        open.admin.POST('/api/admin/subjects/{id}/consent', { params: { path: { id }, query }, body }),
      );
      return { json: state, text: describe(state, id, options) };
    },
  );
}

function addWithdraw(consent: Command, runner: CommandRunner): void {
  const command = consent
    .command('withdraw')
    .argument(...person)
    .description('record a withdrawal of consent; the use is refused from the next call on')
    .option(
      '--purpose <purpose>',
      `${allPurposes.join(', ')}; may be given several times`,
      (text: string, before: Purpose[] = []) => [...before, readPurpose('--purpose', text)],
    )
    .option('--all', 'every purpose')
    .addHelpText(
      'after',
      examples(
        'consent withdraw ada@example.com --purpose identification',
        'consent withdraw ada@example.com --all',
      ),
    );
  runner.run<RealmOptions & { purpose?: Purpose[]; all?: boolean }>(
    withRealm(command),
    async ({ options, control }, id = '') => {
      const purposes = options.all ? [...allPurposes] : options.purpose;
      if (purposes === undefined || (options.all && options.purpose !== undefined))
        throw new UsageError(`Name what is withdrawn: --purpose ${allPurposes.join('|')}, or --all.`);
      const open = await control();
      const { query } = await realmOf(open, options);
      const state = await replyOf(
        open.admin.POST('/api/admin/subjects/{id}/consent/withdrawals', {
          params: { path: { id }, query },
          body: { purposes },
        }),
      );
      const done =
        state.withdrawn.length === 0
          ? 'That was withdrawn already; nothing was recorded.'
          : `Withdrawn: ${state.withdrawn.join(', ')}.`;
      return { json: state, text: `${done}\n${describe(state, id, options)}` };
    },
  );
}

function addAttest(consent: Command, runner: CommandRunner): void {
  const command = consent
    .command('attest')
    .description(
      'attest, as the organization, the consent of all people without a recorded one (policy “attested”); records who attested and when',
    )
    .requiredOption('--consent <parts>', consentParts)
    .option(...organizationFlag)
    .addHelpText(
      'after',
      examples('consent attest --consent "v3,employment contract annex,explicit consent,verification"'),
    );
  runner.run<{ org?: string; consent: string }>(command, async ({ options, control }) => {
    const body = readConsent(options.consent);
    const open = await control();
    const { id } = await chooseOrganization(open, options.org);
    const one = await replyOf(
      open.admin.PUT('/api/admin/organization/attestation', {
        params: { query: { organization: id } },
        body,
      }),
    );
    const rest = allPurposes.filter((purpose) => !body.purposes.includes(purpose));
    const text = [
      `${one.attestation?.attestedBy} attests consent for ${body.purposes.join(', ')}, of all people without a consent of their own.`,
      ...(rest.length > 0 ? [`Refused for them from now on: ${rest.join(', ')}.`] : []),
    ].join('\n');
    return { json: one, text };
  });
}

function describe(state: Schemas['ConsentState'], person: string, options: RealmOptions): string {
  const records = [
    ...state.consents.map((one) => [
      one.at,
      'given',
      one.purposes.join(', '),
      `${one.textVersion}, ${one.method}, ${one.legalBasis}`,
      one.expiresAt,
      one.through === 'self' ? `the person, through ${one.by}` : one.by,
    ]),
    ...state.withdrawals.map((one) => [one.at, 'withdrawn', one.purpose, undefined, undefined, one.by]),
  ].toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
  const ground =
    state.policy === 'attested'
      ? 'No consent of the person’s own is recorded; the organization attests it.'
      : 'No consent is recorded, and this organization processes no person without one.';
  const erase = `subject erase ${person} --confirm ${person} --reason consent-withdrawn`;
  return [
    facts([
      ['id', state.userId],
      ['allowed', state.allowed.join(', ') || 'nothing'],
      ['refused', state.withheld.join(', ') || 'nothing'],
    ]),
    '',
    table(['when', 'what', 'purposes', 'text, method, basis', 'until', 'by'], records, ground),
    ...(state.ended
      ? [
          '',
          `No use of this person’s face is left: erase the person now (${state.erasedFrom === undefined ? 'the next sweep would' : `a sweep does from ${state.erasedFrom}`}):`,
          `  ${nextCommand(erase, options)}`,
        ]
      : []),
  ].join('\n');
}
