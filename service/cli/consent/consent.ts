import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { readConsent } from '../subject/subject.ts';
import { readMoment } from '../terminal/moment.ts';
import { facts, table } from '../terminal/terminal.ts';
import { worldFlag, worldOf } from '../world-flag.ts';

interface ConsentReply {
  userId: string;
  policy: 'attested' | 'with-call';
  consents: {
    at: string;
    textVersion: string;
    purposes: string[];
    method: string;
    legalBasis: string;
    by: string;
    through: string;
    expiresAt?: string;
  }[];
  withdrawals: { at: string; purpose: string; by: string }[];
  allowed: string[];
  withheld: string[];
  ended: boolean;
  withdrawn?: string[];
}

interface About {
  org?: string;
  test?: boolean;
}

const consentParts =
  'textVersion,method,legalBasis,purpose[+purpose…]; purposes: verification, identification, deduplication';

const allPurposes = ['verification', 'identification', 'deduplication'];

export function addConsent(program: Command, runner: CommandRunner): void {
  const consent = program
    .command('consent')
    .helpCommand(false)
    .description(
      'what people agreed to, and what they took back: 1:1, 1:N and the search for duplicates each',
    );

  runner.run<About>(
    consent
      .command('show')
      .argument('<person>', 'id or e-mail address')
      .description('every consent and withdrawal of a person, and what follows; the look is in the audit log')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('consent show ada@example.com')),
    async ({ options, control }, person = '') => {
      const open = await control();
      const state = await open.get<ConsentReply>(await pathOf(open, options, person), {
        world: worldOf(options),
      });
      return { json: state, text: describe(state, person, options) };
    },
  );

  runner.run<About & { consent: string; until?: string }>(
    consent
      .command('record')
      .argument('<person>', 'id or e-mail address')
      .description('record a consent that came without a picture; it gives back what was withdrawn')
      .requiredOption('--consent <parts>', consentParts)
      .option('--until <date>', 'when it ends; without it after the organization’s term, if there is one')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText(
        'after',
        examples(
          'consent record ada@example.com --consent "v3,signed form,explicit consent,verification" --until 2027-12-31',
        ),
      ),
    async ({ options, control }, person = '') => {
      const given = readConsent(options.consent);
      const expiresAt = options.until === undefined ? undefined : readMoment('--until', options.until);
      const open = await control();
      const state = await open.send<ConsentReply>('POST', await pathOf(open, options, person), {
        world: worldOf(options),
        consent: { ...given, expiresAt },
      });
      return { json: state, text: describe(state, person, options) };
    },
  );

  runner.run<About & { purpose?: string[]; all?: boolean }>(
    consent
      .command('withdraw')
      .argument('<person>', 'id or e-mail address')
      .description('record that a person took their consent back; the use is refused from the next call on')
      .option(
        '--purpose <purpose>',
        `${allPurposes.join(', ')}; may be given several times`,
        (text: string, before: string[] = []) => {
          if (allPurposes.includes(text)) return [...before, text];
          throw new UsageError(`--purpose: "${text}" is none of ${allPurposes.join(', ')}.`);
        },
      )
      .option('--all', 'every purpose')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText(
        'after',
        examples(
          'consent withdraw ada@example.com --purpose identification',
          'consent withdraw ada@example.com --all',
        ),
      ),
    async ({ options, control }, person = '') => {
      const purposes = options.all ? allPurposes : options.purpose;
      if (purposes === undefined || (options.all && options.purpose !== undefined))
        throw new UsageError(`Say what is withdrawn: --purpose ${allPurposes.join('|')}, or --all.`);
      const open = await control();
      const state = await open.send<ConsentReply>(
        'POST',
        `${await pathOf(open, options, person)}/withdrawals`,
        { world: worldOf(options), purposes },
      );
      const done =
        state.withdrawn?.length === 0
          ? 'That was withdrawn already; nothing was recorded.'
          : `Withdrawn: ${state.withdrawn?.join(', ')}.`;
      return { json: state, text: `${done}\n${describe(state, person, options)}` };
    },
  );

  runner.run<{ org?: string; consent: string }>(
    consent
      .command('attest')
      .description(
        'vouch, as the organization, for the consent of everybody of whom it records none (policy “attested”); who did it and when is kept',
      )
      .requiredOption('--consent <parts>', consentParts)
      .option(...organizationFlag)
      .addHelpText(
        'after',
        examples('consent attest --consent "v3,employment contract annex,explicit consent,verification"'),
      ),
    async ({ options, control }) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const one = await open.send<{ attestation: { purposes: string[]; attestedBy: string } }>(
        'PUT',
        `/organizations/${id}/attestation`,
        readConsent(options.consent),
      );
      const { purposes, attestedBy } = one.attestation;
      const rest = allPurposes.filter((purpose) => !purposes.includes(purpose));
      const text = [
        `${attestedBy} attests consent for ${purposes.join(', ')}, of everybody without a consent of their own.`,
        ...(rest.length > 0 ? [`Refused for them from now on: ${rest.join(', ')}.`] : []),
      ].join('\n');
      return { json: one, text };
    },
  );
}

async function pathOf(open: Control, options: About, person: string): Promise<string> {
  const { id } = await chooseOrganization(open, options.org);
  return `/organizations/${id}/subjects/${encodeURIComponent(person)}/consent`;
}

function describe(state: ConsentReply, person: string, { test, org }: About): string {
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
      : 'No consent is recorded, and this organization uses nobody without one.';
  const where = `${test ? ' --test' : ''}${org === undefined ? '' : ` --org ${org}`}`;
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
          'No use of this person’s face is left: erase the person now (the next sweep would):',
          `  ${invocation} subject erase ${person} --confirm ${person} --reason consent-withdrawn${where}`,
        ]
      : []),
  ].join('\n');
}
