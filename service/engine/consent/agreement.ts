import { z } from 'zod';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { writtenTime } from '../../lib/record-fields.ts';
import { time } from '../../lib/time.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { ConsentRecord, type Purpose, purposes, type Withdrawal } from './consent.ts';
import { selectConsents, selectWithdrawals } from './consent-store.ts';
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
    /** Every version, the oldest first. */
    publishedFacts(id: OrganizationId): Promise<PublishedFacts[]>;
  };
}

/** Reads the texts first: what it gives then reads a person, also in the transaction that erases them. */
export const createAgreements =
  ({ organizations }: AgreementsDeps) =>
  async (organization: OrganizationId) => {
    const published = await organizations.publishedFacts(organization);
    return async (from: Db | Tx, subject: SubjectId): Promise<Agreement[]> => {
      const withdrawals = await selectWithdrawals(from, subject);
      const consents = await selectConsents(from, subject);
      return consents.map((one) => agreementOf(one, withdrawals, published));
    };
  };

export function agreementOf(
  { id, at, expiresAt, by: _, ...consent }: ConsentRecord,
  withdrawals: readonly Withdrawal[],
  published: readonly PublishedFacts[],
): Agreement {
  const shown = consent.shown ? consent.textVersion : '';
  const version = Number(OWN_VERSION.exec(shown)?.[1]);
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
