import type { Schemas } from '../../../sdk/admin/client.ts';
import { isClean } from '../../engine/people/erasure/proof.ts';
import { count, facts, oneLine } from '../terminal/terminal.ts';

type ErasureReceipt = Schemas['ErasureReceipt'];
type ConsentReceipt = Schemas['ConsentReceipt'];
type Agreement = NonNullable<ErasureReceipt['consents']>[number];

/** A receipt for a person to read; everything of it that is signed is in the JSON. */
export function receiptText(receipt: ErasureReceipt): string {
  const { proof, copies } = receipt;
  const rows = facts([
    ['receipt', receipt.erasure],
    ['person', receipt.subject],
    ['organization', `${receipt.organization} (${receipt.world})`],
    ['reason', receipt.reason],
    ['asked by', receipt.actor],
    ['asked at', receipt.requestedAt],
    ['done at', receipt.completedAt ?? 'not yet'],
    ['appliance', receipt.appliance],
    ['signed with', receipt.kid],
    ['key copies', copies.length === 0 ? 'none are configured' : copies.map(describeCopy).join('; ')],
  ]);
  const agreed = (receipt.consents ?? []).flatMap((one) => [
    '',
    'The person had agreed:',
    facts(agreementRows(one)),
  ]);
  return [...stateText(receipt).map(oneLine), '', rows, ...agreed, '', ...proofText(proof).map(oneLine)].join(
    '\n',
  );
}

/** The receipt of a consent for a person to read. */
export const consentReceiptText = (receipt: ConsentReceipt): string =>
  facts([
    ['person', receipt.subject],
    ['organization', `${receipt.organizationName}, ${receipt.organization} (${receipt.world})`],
    ...agreementRows(receipt),
    ['receipt made at', receipt.issuedAt],
    ['appliance', receipt.appliance],
    ['signed with', receipt.kid],
  ]);

const agreementRows = (one: Agreement): [string, string][] => [
  ['consent', one.consent],
  ['text', `${one.textVersion}${one.textSha256 === undefined ? '' : ` (SHA-256 ${one.textSha256})`}`],
  ['read in', one.language ?? 'not known'],
  ['purposes', one.purposes.join(', ')],
  ['given', `${one.givenAt}, ${one.method}, ${one.legalBasis}`],
  ['valid until', one.expiresAt ?? 'withdrawn'],
  ['withdrawn', one.withdrawn.map(({ purpose, at }) => `${purpose} (${at})`).join(', ') || 'nothing'],
  ['responsible', one.controller ?? 'not named by the text'],
  ['contact', one.contact ?? 'not named by the text'],
];

const describeCopy = ({ place, state, attested }: ErasureReceipt['copies'][number]): string =>
  `${place}: ${state}${attested ? ` (the word of ${attested.by}, ${attested.at})` : ''}`;

function stateText({ state, subject, waitingFor, copies }: ErasureReceipt): string[] {
  const words = copies.flatMap(({ place, copy, state: fate, attested }) =>
    fate === 'attested-destroyed'
      ? [
          `For the copy of the key store in ${place}${copy ? ` (copy ${copy})` : ''} this rests on the word of ${attested?.by} (${attested?.at}): no machine saw its medium destroyed.`,
        ]
      : [],
  );
  if (state === 'done')
    return [
      `${subject} is erased: the key is destroyed, and nothing that was sealed with it opens again.`,
      ...words,
    ];
  return [
    `${subject} is erased here, but the erasure is pending. It continues when this can be reached:`,
    ...waitingFor.map((one) => `  ${one}`),
    ...words,
  ];
}

function proofText(proof: ErasureReceipt['proof']): string[] {
  if (!proof) return ['No search was made: it is possible only at the time of the erasure.'];
  const { needles, files, bytes, found, tables, sealedValues, gallery, notSearched } = proof;
  const patterns = Object.values(needles).reduce((sum, n) => sum + n, 0);
  return [
    `Searched ${count(files, 'file', 'files')} (${bytes.toLocaleString('en')} bytes) for ${count(patterns, 'pattern', 'patterns')} of the person:`,
    ...Object.entries(needles).map(([kind, n]) => `  ${kind}: ${n}`),
    ...(found.length === 0
      ? ['None was found.']
      : [
          'FOUND:',
          ...found.map(({ file, kind, times }) => `  ${kind} in ${file}, ${count(times, 'time', 'times')}`),
        ]),
    ...(tables === undefined
      ? []
      : [
          `Searched ${count(tables.searched, 'table', 'tables')} of the database for the person’s id (all but the audit log and the receipts): ${tables.found.length === 0 ? 'none names it.' : 'FOUND:'}`,
          ...tables.found.map(
            ({ table, column, rows }) => `  ${table}.${column}, ${count(rows, 'row', 'rows')}`,
          ),
        ]),
    `Sealed values put aside before: ${sealedValues.tried}; ${sealedValues.opened === 0 ? 'none opens any more' : `${sealedValues.opened} STILL OPEN`}.`,
    `Searches of the gallery with the old templates: ${gallery.searches}; the person was ${gallery.named === 0 ? 'not named' : `NAMED ${count(gallery.named, 'time', 'times')}`}.`,
    ...(notSearched.length === 0 ? [] : ['Not searched:', ...notSearched.map((one) => `  ${one}`)]),
    ...(isClean(proof) ? [] : ['Data of the person is left: check the files and tables above.']),
  ];
}
