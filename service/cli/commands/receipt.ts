import { z } from 'zod';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type ConsentReceipt, consentReceiptFormat } from '../../engine/consent/consent-receipt.ts';
import { type ErasureReceipt, receiptFormat } from '../../engine/people/erasure/ledger.ts';
import { isClean } from '../../engine/people/erasure/proof.ts';
import { signedBytes } from '../../lib/canonical-json.ts';
import { defined } from '../../lib/defined.ts';
import { verifySignature } from '../../storage/keys/signing-keys.ts';
import type { Answer } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { toggle, value } from '../flag.ts';
import { readText } from '../named-file.ts';
import { call, list, noun, work } from '../operation-command.ts';
import { oneLine } from '../terminal/terminal.ts';
import { consentReceiptText, receiptText } from './receipt-text.ts';

export const receipt = noun(
  'receipts of erasures and consents: the person, the time, and what was agreed to or searched',
  {
    verify: work({
      args: { file: value('<file>', 'a receipt as JSON; - reads standard input') },
      about:
        'verify the signature of a receipt, of an erasure or a consent; needs no data directory and no network',
      options: {
        publicKey: value(
          '<file>',
          'the trusted key (PEM, from “receipt key”), instead of the one in the receipt',
        ),
      },
      examples: ['receipt verify ada-receipt.json --public-key gatehouse-receipts.pem'],
      run: ({ file = '', publicKey }) => verify(file, publicKey),
    }),
    show: call('GET /api/admin/erasures/{id}', {
      args: { id: value('<id>', 'ers_…, as “receipt list” shows it') },
      about: 'one receipt; --json gives it as it was signed',
      text: receiptText,
      examples: ['receipt show ers_01…', 'receipt show ers_01… --json > receipt.json'],
    }),
    list: list('GET /api/admin/erasures', {
      on: 'org',
      about: 'receipts of an organization, the newest first',
      options: {
        pending: toggle('only pending ones, for example those that wait for a copy of the key store'),
      },
      limit: 100,
      ask: ({ pending }) => (pending ? { pending: 'true' as const } : {}),
      rows: {
        receipt: 'erasure',
        person: 'subject',
        world: 'world',
        reason: 'reason',
        'asked at': 'requestedAt',
        state: (one) => (one.state === 'done' ? 'done' : `pending: ${placesOf(one)}`),
      },
      empty: ({ pending }) => (pending ? 'No erasure is pending.' : 'No person was erased.'),
      examples: ['receipt list', 'receipt list --pending --json'],
    }),
    key: call('GET /api/admin/erasures/keys', {
      about: 'the public key of this box’s receipts, for those who verify them',
      json: ({ items }) => ({ items }),
      text: ({ items }) => items.map(({ publicKey }) => publicKey.trim()).join('\n'),
      examples: ['receipt key > gatehouse-receipts.pem'],
    }),
  },
);

async function verify(path: string, publicKey: string | undefined): Promise<Answer> {
  const signed = readReceipt(await readText(path, 'receipt'), path);
  const pinned = publicKey === undefined ? undefined : await readText(publicKey, 'public key');
  const valid = isSigned(signed, pinned ?? signed.publicKey);
  const about = signed.format === receiptFormat ? ofErasure(signed) : ofConsent(signed);
  const json = {
    valid,
    key: pinned === undefined ? 'in the receipt' : 'pinned',
    kid: signed.kid,
    ...about.json,
  };
  if (!valid) {
    const text =
      pinned === undefined
        ? 'NOT VALID: the receipt was changed after it was signed.'
        : 'NOT VALID: the receipt was changed, or another box signed it.';
    return { json, text, exitCode: 1 };
  }
  const kid = oneLine(signed.kid);
  const by =
    pinned === undefined
      ? `Valid by the key that it contains (${kid}): unchanged since it was signed. To prove the signer, get the key with “receipt key” at the box and give --public-key.`
      : `Valid by the key you gave (${kid}).`;
  return { json, text: `${by}\n\n${about.text}`, ...(about.clean ? {} : { exitCode: 1 as const }) };
}

function ofErasure(signed: ErasureReceipt) {
  const { erasure, subject, state, proof, copies } = signed;
  const clean = proof === undefined || isClean(proof);
  const attested = copies.flatMap(({ place, copy, attested: word }) =>
    word ? [{ place, ...defined({ copy }), ...word }] : [],
  );
  const json = { erasure, subject, state, ...(attested.length > 0 && { attested }), clean };
  return { json, text: receiptText(signed), clean };
}

function ofConsent(signed: ConsentReceipt) {
  const { consent, subject, textVersion, purposes, withdrawn } = signed;
  const json = { consent, subject, textVersion, purposes, withdrawn };
  return { json, text: consentReceiptText(signed), clean: true };
}

/** The newest first. */
export const listReceipts = (
  { admin }: Pick<Control, 'admin'>,
  query: { organization: string; pending?: 'true' },
  most: number,
): Promise<Schemas['ErasureReceipt'][]> =>
  allPages(
    (page) => replyOf(admin.GET('/api/admin/erasures', { params: { query: { ...query, ...page } } })),
    most,
  );

/** The whole reason is in the receipt itself. */
const placesOf = ({ copies, waitingFor }: Schemas['ErasureReceipt']): string =>
  copies
    .filter(({ state }) => state === 'unreachable')
    .map(({ place }) => place)
    .join(', ') || waitingFor.join('; ');

/** Whether one of the keys in the PEM signed it. */
function isSigned(receipt: ErasureReceipt | ConsentReceipt, pem: string): boolean {
  const keys = pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  return keys.some((key) => {
    try {
      return verifySignature(key, signedBytes(receipt), receipt);
    } catch {
      return false;
    }
  });
}

function readReceipt(text: string, path: string): ErasureReceipt | ConsentReceipt {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${path} is not JSON.`);
  }
  if (!Shape.safeParse(value).success)
    throw new UsageError(
      `${path} is not a receipt of the format ${receiptFormat} or ${consentReceiptFormat}.`,
    );
  return value as ErasureReceipt | ConsentReceipt;
}

const signature = { publicKey: z.string(), kid: z.string(), signature: z.string() };
const agreement = {
  consent: z.string(),
  textVersion: z.string(),
  language: z.string().optional(),
  textSha256: z.string().optional(),
  purposes: z.array(z.string()),
  method: z.string(),
  legalBasis: z.string(),
  givenAt: z.string(),
  expiresAt: z.string().optional(),
  withdrawn: z.array(z.looseObject({ purpose: z.string(), at: z.string() })),
  controller: z.string().optional(),
  contact: z.string().optional(),
};
const ShapeOfConsent = z.looseObject({
  format: z.literal(consentReceiptFormat),
  appliance: z.string(),
  organization: z.string(),
  organizationName: z.string(),
  world: z.string(),
  subject: z.string(),
  issuedAt: z.string(),
  ...agreement,
  ...signature,
});
const ShapeOfErasure = z.looseObject({
  format: z.literal(receiptFormat),
  appliance: z.string(),
  erasure: z.string(),
  organization: z.string(),
  world: z.string(),
  subject: z.string(),
  reason: z.string(),
  actor: z.string(),
  requestedAt: z.string(),
  completedAt: z.string().optional(),
  state: z.enum(['pending', 'done']),
  waitingFor: z.array(z.string()),
  copies: z.array(
    z
      .looseObject({
        place: z.string(),
        copy: z.string().optional(),
        state: z.string(),
        attested: z.looseObject({ by: z.string(), at: z.string() }).optional(),
      })
      .refine(({ state, attested }) => (state === 'attested-destroyed') === (attested !== undefined)),
  ),
  proof: z
    .looseObject({
      needles: z.record(z.string(), z.number()),
      files: z.number(),
      bytes: z.number(),
      found: z.array(z.looseObject({ file: z.string(), kind: z.string(), times: z.number() })),
      sealedValues: z.looseObject({ tried: z.number(), opened: z.number() }),
      gallery: z.looseObject({ searches: z.number(), named: z.number() }),
      notSearched: z.array(z.string()),
    })
    .optional(),
  consents: z.array(z.looseObject(agreement)).optional(),
  ...signature,
});
/** The shown fields of an untrusted receipt; the signature covers its other fields too. */
const Shape = z.union([ShapeOfErasure, ShapeOfConsent]);
