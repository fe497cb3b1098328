import type { Schemas } from '../../../sdk/admin/client.ts';
import { UsageError } from '../failure.ts';
import { collected, needed, person, toggle, value } from '../flag.ts';
import { type Asked, call, noun } from '../operation-command.ts';
import { readMoment } from '../terminal/moment.ts';
import { facts, table } from '../terminal/terminal.ts';
import { consentReceiptText } from './receipt-text.ts';

type NewConsent = Schemas['NewConsent'];
type Purpose = NewConsent['purposes'][number];

/** Everything that a consent can be for. */
const allPurposes: readonly Purpose[] = ['verification', 'identification', 'deduplication'];

const consentFlag = needed(
  value(
    '<parts>',
    'textVersion,method,legalBasis,purpose[+purpose…]; purposes: verification, identification, deduplication',
    (_, text) => readConsent(text),
  ),
);

export const consent = noun(
  'consents and withdrawals of people, for 1:1, 1:N and the search for duplicates',
  {
    show: call('GET /api/admin/subjects/{id}/consent', {
      on: 'world',
      args: { id: person },
      about: 'every consent and withdrawal of a person, and the allowed uses (audited)',
      text: (state, { id }, { next }) => describe(state, id, next),
      examples: ['consent show ada@example.com'],
    }),
    record: call('POST /api/admin/subjects/{id}/consent', {
      on: 'world',
      args: { id: person },
      about: 'record a consent given without a picture; it restores withdrawn purposes',
      fields: {
        expiresAt: value(
          '--until <date>',
          'expiry (default: after the organization’s term, if any)',
          readMoment,
        ),
      },
      options: { consent: consentFlag },
      ask: ({ consent }) => consent!,
      text: (state, { id }, { next }) => describe(state, id, next),
      examples: [
        'consent record ada@example.com --consent "v3,signed form,explicit consent,verification" --until 2027-12-31',
      ],
    }),
    withdraw: call('POST /api/admin/subjects/{id}/consent/withdrawals', {
      on: 'world',
      args: { id: person },
      about: 'record a withdrawal of consent; the use is refused from the next call on',
      fields: {
        purposes: value(
          '--purpose <purpose>',
          `${allPurposes.join(', ')}; may be given several times`,
          collected(readPurpose),
        ),
      },
      options: { all: toggle('every purpose') },
      ask({ purposes, all }) {
        if ((all === true) === (purposes !== undefined))
          throw new UsageError(`Name what to withdraw: --purpose ${allPurposes.join('|')}, or --all.`);
        return all ? { purposes: [...allPurposes] } : {};
      },
      text(state, { id }, { next }) {
        const done =
          state.withdrawn.length === 0
            ? 'That was withdrawn already; nothing was recorded.'
            : `Withdrawn: ${state.withdrawn.join(', ')}.`;
        return `${done}\n${describe(state, id, next)}`;
      },
      examples: [
        'consent withdraw ada@example.com --purpose identification',
        'consent withdraw ada@example.com --all',
      ],
    }),
    receipt: call('GET /api/admin/subjects/{id}/consent/{consent}/receipt', {
      on: 'world',
      args: { id: person, consent: value('<consent>', 'con_…, as “consent show” shows it') },
      about: 'the signed receipt of a consent; --json gives it as it was signed (audited)',
      text: consentReceiptText,
      examples: ['consent receipt ada@example.com con_01… --json > ada-consent.json'],
    }),
    attest: call('PUT /api/admin/organization/attestation', {
      on: 'org',
      about:
        'attest, as the organization, the consent of all people without a recorded one (policy “attested”); records who attested and when',
      options: { consent: consentFlag },
      ask: ({ consent }) => consent!,
      text({ attestation }, { consent }) {
        const { purposes } = consent!;
        const rest = allPurposes.filter((purpose) => !purposes.includes(purpose));
        const attested = `${attestation?.attestedBy} attests consent for ${purposes.join(', ')}, of all people without a consent of their own.`;
        return rest.length === 0
          ? attested
          : `${attested}\nRefused for them from now on: ${rest.join(', ')}.`;
      },
      examples: ['consent attest --consent "v3,employment contract annex,explicit consent,verification"'],
    }),
  },
);

function describe(state: Schemas['ConsentState'], person: string, next: Asked<'world'>['next']): string {
  const records = [
    ...state.consents.map((one) => [
      one.at,
      'given',
      one.purposes.join(', '),
      `${one.textVersion}, ${one.method}, ${one.legalBasis}`,
      one.expiresAt,
      one.through === 'self' ? `the person, through ${one.by}` : one.by,
      one.id,
    ]),
    ...state.withdrawals.map((one) => [
      one.at,
      'withdrawn',
      one.purpose,
      undefined,
      undefined,
      one.by,
      undefined,
    ]),
  ].toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
  const ground =
    state.policy === 'attested'
      ? 'No consent of the person’s own is recorded; the organization attests it.'
      : 'No consent is recorded, and this organization processes no person without one.';
  const erased =
    state.erasedFrom === undefined ? 'the next sweep would' : `a sweep does from ${state.erasedFrom}`;
  const end = [
    '',
    `No use of this person’s face is left: erase the person now (${erased}):`,
    `  ${next(`subject erase ${person} --confirm ${person} --reason consent-withdrawn`)}`,
  ];
  return [
    facts([
      ['id', state.userId],
      ['allowed', state.allowed.join(', ') || 'nothing'],
      ['refused', state.withheld.join(', ') || 'nothing'],
    ]),
    '',
    table(['when', 'what', 'purposes', 'text, method, basis', 'until', 'by', 'record'], records, ground),
    ...(state.ended ? end : []),
  ].join('\n');
}

/** `v3,signed form,explicit consent,verification+identification`. */
export function readConsent(text: string): Omit<NewConsent, 'expiresAt'> {
  const [textVersion, method, legalBasis, listed, ...more] = text.split(',').map((part) => part.trim());
  if (!textVersion || !method || !legalBasis || !listed || more.length > 0) {
    throw new UsageError('--consent takes four parts: textVersion,method,legalBasis,purpose[+purpose…].');
  }
  const named = listed.split('+').map((one) => readPurpose('--consent', one));
  return { textVersion, method, legalBasis, purposes: named };
}

function readPurpose(flag: string, text: string): Purpose {
  const purpose = allPurposes.find((one) => one === text);
  if (purpose !== undefined) return purpose;
  throw new UsageError(`${flag}: "${text}" is not one of ${allPurposes.join(', ')}.`);
}
