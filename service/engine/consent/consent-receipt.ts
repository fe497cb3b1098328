import { z } from 'zod';
import { signedBytes } from '../../lib/canonical-json.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { actor, env, id, writtenTime } from '../../lib/record-fields.ts';
import { time } from '../../lib/time.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Actor, Foundation } from '../audit/index.ts';
import { ConsentRecord, type Person, type Purpose, purposes, type Withdrawal } from './consent.ts';
import {
  type AgreementState,
  type ConsentFilter,
  consentStates,
  type KeptConsent,
  pageOfConsents,
  selectConsents,
  selectWithdrawals,
  withdrawalsOf,
} from './consent-store.ts';
import { type TextLanguage, textLanguages } from './consent-text.ts';

const { textVersion, method, legalBasis, through, shown } = ConsentRecord.shape;
const purpose = z.enum(purposes);

/** What a person agreed to, as receipts name it: enough to find the text, and who answers for it. */
export const Agreement = z.strictObject({
  consent: z.string().describe('Id of the record'),
  textVersion,
  language: z.enum(textLanguages).optional().describe('In which the text was read, where it is known'),
  textSha256: z
    .string()
    .optional()
    .describe(
      'SHA-256 of what the organization published of the text, as the line `consent.publish` of the audit log has it',
    ),
  purposes: z.array(purpose).describe('Purposes'),
  method,
  legalBasis,
  through,
  shown,
  givenAt: writtenTime('When'),
  expiresAt: writtenTime('Expiry').optional(),
  withdrawn: z
    .array(z.strictObject({ purpose: purpose.describe('Use that was withdrawn'), at: writtenTime('When') }))
    .describe('Purposes of it that were withdrawn since'),
  controller: z.string().optional().describe('Who is responsible, as that text names it'),
  contact: z.string().optional().describe('Contact for data protection, as that text names it'),
});
export type Agreement = z.output<typeof Agreement>;

/** Of a version of the organization's text. */
export interface PublishedFacts {
  version: number;
  sha256: string;
  controller?: string;
  contact?: string;
}

export interface AgreementsDeps {
  organizations: {
    publishedFacts(id: OrganizationId, versions: number[], from?: Db | Tx): Promise<PublishedFacts[]>;
  };
}

/** Of a person, also in the transaction that erases them. */
export const createAgreements =
  ({ organizations }: AgreementsDeps) =>
  async (organization: OrganizationId, from: Db | Tx, subject: SubjectId): Promise<Agreement[]> => {
    const withdrawals = await selectWithdrawals(from, subject);
    const consents = await selectConsents(from, subject);
    const published = await organizations.publishedFacts(organization, versionsIn(consents), from);
    return consents.map((one) => agreementOf(one, withdrawals, published));
  };

/** Of the texts of the organization, those that people were shown. */
export const versionsIn = (consents: readonly ConsentRecord[]): number[] =>
  [...new Set(consents.map(versionShown))].filter((version) => version !== undefined);

function versionShown({ shown, textVersion }: ConsentRecord): number | undefined {
  const [, version] = (shown && OWN_VERSION.exec(textVersion)) || [];
  return version === undefined ? undefined : Number(version);
}

export function agreementOf(
  record: KeptConsent,
  withdrawals: readonly Withdrawal[],
  published: readonly PublishedFacts[],
): Agreement {
  const { id, at, expiresAt, by: _, unread: __, ...consent } = record;
  const shown = consent.shown ? consent.textVersion : '';
  const version = versionShown(record);
  const { sha256, controller, contact } = published.find((one) => one.version === version) ?? {};
  const withdrawn = consent.purposes.flatMap((purpose): { purpose: Purpose; at: string }[] => {
    const first = withdrawals.find((one) => one.purpose === purpose && one.at >= at);
    return first ? [{ purpose, at: time(first.at) }] : [];
  });
  return {
    consent: id,
    ...consent,
    ...defined({ language: languageOf(shown), textSha256: sha256, controller, contact }),
    givenAt: time(at),
    ...(expiresAt !== undefined && { expiresAt: time(expiresAt) }),
    withdrawn,
  };
}

/** In the version of a text of the box: the number of what the organization had published. */
const OWN_VERSION = /^(?:own-|gatehouse-kiosk-[^ +]*\+own-|gatehouse-live-[^ ]* own-)(\d+)(?=[-. ]|$)/;

const languageOf = (textVersion: string): TextLanguage | undefined =>
  textLanguages.find((language) => textVersion.endsWith(`.${language}`));

export const consentReceiptFormat = 'gatehouse-consent-receipt/1';

/** What a person agreed to at an enrollment, or later, signed by the appliance. */
export const ConsentReceipt = z
  .strictObject({
    format: z.literal(consentReceiptFormat).describe('Format of the receipt'),
    appliance: z.string().describe('Id of the appliance'),
    organization: id<'organization'>('Id of the organization'),
    organizationName: z.string().describe('Its name when the consent was given'),
    world: env('World of the person'),
    subject: id<'subject'>('Id of the person'),
    ...Agreement.shape,
    issuedAt: writtenTime('When the receipt was made; what was withdrawn later is not in it'),
    publicKey: z.string().describe('Public key of the appliance, PEM'),
    kid: z.string().describe('Id of the key'),
    signature: z.string().describe('Ed25519 signature over the other fields as canonical JSON, base64url'),
  })
  .meta({
    id: 'ConsentReceipt',
    description: 'The signed record of a consent.',
    examples: [
      {
        format: consentReceiptFormat,
        appliance: 'apl_01m7w2z9c0h2rb1yq7j5t8k3nd',
        organization: 'org_01m7w2z9c0h2rb1yq7j5t8k3nd',
        organizationName: 'Museum of Bern',
        world: 'live',
        subject: 'sub_01m7w3ayykpzv1m774b6g68g31',
        consent: 'cns_01m7w3hb8hbf355he5zqwjztdk',
        textVersion: 'own-3-block-1095-365.de',
        language: 'de' as const,
        textSha256: '9f2c…',
        purposes: ['verification' as const],
        method: 'kiosk, typed name',
        legalBasis: 'explicit consent',
        through: 'self' as const,
        shown: true as const,
        givenAt: '2026-11-20T12:00:00.000Z',
        withdrawn: [],
        controller: 'Museum of Bern, Helvetiaplatz 5, Bern',
        contact: 'privacy@museum.example',
        issuedAt: '2026-11-20T12:05:00.000Z',
        publicKey: '-----BEGIN PUBLIC KEY-----…',
        kid: '4c1a…',
        signature: 'x1Yz…',
      },
    ],
  });
export type ConsentReceipt = z.output<typeof ConsentReceipt>;

const { consent: _, ...agreed } = Agreement.shape;

/** A consent in a list. */
export const ListedConsent = z
  .strictObject({
    id: z.string().describe('Id'),
    person: id<'subject'>('Id of the person'),
    state: z
      .enum(consentStates)
      .describe('`withdrawn`: something of it was withdrawn since; `expired`: its term is over'),
    ...agreed,
    by: actor,
  })
  .meta({
    id: 'ListedConsent',
    description: 'A consent, and the text that was agreed to.',
    examples: [
      {
        id: 'con_01m7w3hb8hbf355he5zqwjztdk',
        person: 'sub_01m7w3ayykpzv1m774b6g68g31',
        state: 'valid' as const,
        textVersion: 'own-3-block-1095-365.de',
        language: 'de' as const,
        textSha256: '9f2c…',
        purposes: ['verification' as const],
        method: 'kiosk, typed name',
        legalBasis: 'explicit consent',
        through: 'self' as const,
        shown: true as const,
        givenAt: '2026-11-20T12:00:00.000Z',
        withdrawn: [],
        controller: 'Museum of Bern, Helvetiaplatz 5, Bern',
        contact: 'privacy@museum.example',
        by: 'kiosk:ksk_01m7w3hb8hbf355he5zqwjztdk',
      },
    ],
  });
type ListedConsent = z.output<typeof ListedConsent>;

export interface ConsentReceipts {
  /** Of people who are enrolled, the newest first; audited as a read. */
  page(
    realm: Omit<Person, 'subject'>,
    page: ConsentFilter & { limit: number; before?: string | undefined },
    actor: Actor,
    request?: string,
  ): Promise<ListedConsent[]>;
  /** Audited as a read. The person is there. Throws NOT_FOUND. */
  receipt(person: Person, consent: string, actor: Actor, request?: string): Promise<ConsentReceipt>;
}

interface ConsentReceiptsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  organizations: AgreementsDeps['organizations'] & {
    get(id: Person['organization']): Promise<Named & { altered?: true | undefined }>;
  };
  signing: {
    sign(purpose: 'receipts', bytes: Uint8Array): { kid: string; signature: string };
    publicKeys(): { kid: string; purpose: string; publicKey: string }[];
  };
  /** Id of this appliance. */
  appliance: string;
}

interface Named {
  name: string;
  formerNames?: { name: string; until: number }[] | undefined;
}

const altered = (id: string) =>
  `Another program wrote or changed the settings of ${id} in the database: no receipt is signed until an operator has looked at them on the box and accepted them with “gatehouse audit accept organization ${id}”.`;

/** The name that the text said, or, where no text of the box was shown, that of the time. */
function nameOf({ name, formerNames = [] }: Named, { shown, textVersion, givenAt }: Agreement): string {
  const [, count = '0'] = NAME_VERSION.exec(textVersion) ?? [];
  const former =
    shown && count !== 'x'
      ? formerNames[Number(count)]
      : formerNames.find(({ until }) => time(until) > givenAt);
  return former?.name ?? name;
}

/** In the version of a text of the box: how many names the organization had had; `x`: not known. */
const NAME_VERSION = /-n(\d+|x)(?=[-+. ]|$)/;

const calibrationStateOf = (
  { withdrawn, expiresAt }: Pick<Agreement, 'withdrawn' | 'expiresAt'>,
  now: string,
): AgreementState => {
  if (withdrawn.length > 0) return 'withdrawn';
  return expiresAt !== undefined && expiresAt <= now ? 'expired' : 'valid';
};

export function createConsentReceipts(deps: ConsentReceiptsDeps): ConsentReceipts {
  const { db, inTransaction, audit, clock, organizations, signing, appliance } = deps;
  const agreements = createAgreements(deps);
  return {
    async page(realm, page, actor, request) {
      const { organization, world } = realm;
      const now = clock.now();
      const found = await pageOfConsents(db, realm, { ...page, now });
      const withdrawals = await withdrawalsOf(db, [...new Set(found.map(({ subject }) => subject))]);
      const published = await organizations.publishedFacts(
        organization,
        versionsIn(found.map(({ record }) => record)),
      );
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'consent.list',
          organization,
          ...(page.subject !== undefined && { target: page.subject }),
          ...defined({ request }),
          details: { world },
        }),
      );
      return found.map(({ subject, record }) => {
        const { consent, ...agreement } = agreementOf(record, withdrawals.get(subject) ?? [], published);
        const state = calibrationStateOf(agreement, time(now));
        return { id: consent, person: subject, state, ...agreement, by: record.by };
      });
    },
    async receipt({ organization, world, subject }, consent, actor, request) {
      const agreed = (await agreements(organization, db, subject)).find((one) => one.consent === consent);
      if (!agreed) throw new Problem('NOT_FOUND', 'The person has no such consent.');
      const owner = await organizations.get(organization);
      if (owner.altered) throw new Problem('CONFLICT', altered(organization));
      const key = signing.publicKeys().findLast(({ purpose }) => purpose === 'receipts');
      if (!key) throw new Error('There is no key to sign receipts with.');
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'consent.read',
          organization,
          target: subject,
          ...defined({ request }),
          details: { world, consent },
        }),
      );
      const unsigned = {
        format: consentReceiptFormat,
        appliance,
        organization,
        organizationName: nameOf(owner, agreed),
        world,
        subject,
        ...agreed,
        issuedAt: time(clock.now()),
        publicKey: key.publicKey,
        kid: key.kid,
      } as const;
      const { kid, signature } = signing.sign('receipts', signedBytes(unsigned));
      if (kid !== key.kid) throw new Error('The key that signs receipts is not the newest public one.');
      return { ...unsigned, signature };
    },
  };
}
