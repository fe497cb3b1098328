import type { Schemas } from '../../../sdk/admin/client.ts';
import { UsageError } from '../failure.ts';
import { orNone, value } from '../flag.ts';
import { call, noun } from '../operation-command.ts';
import { readMoment } from '../terminal/moment.ts';
import { facts } from '../terminal/terminal.ts';

type Limits = Schemas['Limits'];

const key = value('<id>', 'only of this key and its successors, as `key list` shows it');

export const limits = noun('request limits of an organization and its keys', {
  show: call('GET /api/admin/limits', {
    on: 'org',
    about: 'limits, and the use of the current month',
    fields: { key },
    text: describe,
    examples: ['limits show', 'limits show --key key_01… --json'],
  }),
  set: call('PATCH /api/admin/limits', {
    on: 'org',
    about: 'change limits from the next request on; options that are not given stay unchanged',
    fields: {
      key,
      burst: value(
        '<n>',
        'requests of one key per minute; none: the limit of the organization, or the default',
        orNone(readNumber),
      ),
      perUser: value('<n>', 'requests about one person per minute; none: the default', orNone(readNumber)),
      perAddress: value(
        '<n>',
        'requests of one source address per minute with one browser key, and visits of one published flow, or none',
        orNone(readNumber),
      ),
      monthly: value(
        '<n>',
        'live verifications and enrollments in a month (UTC), or none',
        orNone(readNumber),
      ),
      trialUntil: value(
        '<date>',
        'end of the trial, after which live keys are refused: 2027-01-31, or none',
        orNone(readMoment),
      ),
    },
    ask({ key: _, ...limits }) {
      if (Object.keys(limits).length === 0)
        throw new UsageError(
          'Name a limit to set: --burst, --per-user, --per-address, --monthly or --trial-until.',
        );
      return {};
    },
    text: describe,
    examples: [
      'limits set --monthly 50000 --burst 120',
      'limits set --key key_01… --monthly none --burst none',
      'limits set --trial-until 2027-01-31',
    ],
  }),
});

function readNumber(flag: string, text: string): number {
  if (/^\d{1,13}$/.test(text)) return Number(text);
  throw new UsageError(`${flag}: "${text}" is not a number: write digits only, or "none".`);
}

function describe(limits: Limits): string {
  const { burst, perUser, perAddress, trialUntil, month, organization, visits, key } = limits;
  return facts([
    ['a minute', `${burst.toLocaleString('en')} requests of a key`],
    ['per person', `${perUser.toLocaleString('en')} requests a minute`],
    ['per address', `${perAddress.toLocaleString('en')} requests of a page's visitor a minute`],
    [`month ${month}`, use(organization)],
    ['visits of flows', use(visits)],
    ['of the key', key && use(key)],
    ['trial', trialUntil === undefined ? 'none' : `until ${trialUntil}`],
  ]);
}

const use = ({ used, limit }: Limits['organization']) =>
  `${used.toLocaleString('en')} used of ${limit === undefined ? 'any number' : limit.toLocaleString('en')}`;
