import { z } from 'zod';
import { foldCase } from '../../../../sdk/admin/fold-case.ts';
import { type Language, languages } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import type { EnrollRequest } from './enroll-pictures.ts';

export const purposes = ['verification', 'identification', 'deduplication'] as const;

/** The consent of the person: none of their own, signed on this screen, or on paper or elsewhere. */
export const consentMethods = ['attested', 'here', 'elsewhere'] as const;

/** What the text that is signed on the screen says of itself. */
const SIGNED_HERE = {
  method: 'name typed on the screen as signature',
  legalBasis: 'explicit consent',
};

type Sentence = 'emailWrong' | 'missing' | 'purposesMissing' | 'signatureMissing' | 'signatureOther';

export function whoSchema(t: (sentence: Sentence) => string) {
  return z
    .object({
      email: z.email(t('emailWrong')).max(254),
      name: z.string().trim().max(200),
      way: z.enum(consentMethods),
      /** In which the text is read and signed. */
      language: z.enum(languages),
      /** The name as typed below the text. */
      signature: z.string().trim().max(200),
      textVersion: z.string().trim().max(80),
      method: z.string().trim().max(80),
      legalBasis: z.string().trim().max(120),
      purposes: z.array(z.enum(purposes)),
    })
    .check(({ value, issues }) => {
      const ask = (name: keyof typeof value, message: string) =>
        issues.push({ code: 'custom', path: [name], message, input: value[name] });
      if (value.way === 'attested') return;
      if (value.purposes.length === 0) ask('purposes', t('purposesMissing'));
      if (value.way === 'here') {
        if (value.signature === '') ask('signature', t('signatureMissing'));
        else if (value.name !== '' && !isSameName(value.signature, value.name))
          ask('signature', t('signatureOther'));
        return;
      }
      for (const name of ['textVersion', 'method', 'legalBasis'] as const)
        if (value[name] === '') ask(name, t('missing'));
    });
}
export type WhoValues = z.output<ReturnType<typeof whoSchema>>;

const plain = (name: string) => foldCase(name.normalize('NFKC')).replaceAll(/\s+/g, ' ').trim();
const isSameName = (one: string, other: string) => plain(one) === plain(other);

/** `text`: on the screen; what is signed there is its version in one language, and no purpose that it does not name. A signature is the name where none was typed. */
export function toRequest(
  values: WhoValues,
  text: Pick<Schemas['ConsentText'], 'version' | 'purposes'>,
): EnrollRequest {
  const { email, way, language, signature, textVersion, method, legalBasis, purposes } = values;
  const here = { textVersion: `${text.version}.${language}`, ...SIGNED_HERE, shown: true as const };
  const named = purposes.filter((one) => text.purposes.includes(one));
  const name = values.name || (way === 'here' ? signature : '');
  return {
    email,
    ...(name !== '' && { name }),
    ...(way === 'here' && { consent: { ...here, purposes: named } }),
    ...(way === 'elsewhere' && { consent: { textVersion, method, legalBasis, purposes } }),
  };
}

/** What the form begins with: empty, or what was filled in before the pictures. */
export function toValues(
  before: EnrollRequest | undefined,
  withConsent: boolean,
  language: Language,
): WhoValues {
  const { consent } = before ?? {};
  const here = consent?.shown === true;
  return {
    email: before?.email ?? '',
    name: before?.name ?? '',
    way: consent ? (here ? 'here' : 'elsewhere') : withConsent ? 'here' : 'attested',
    language: (here && languages.find((one) => consent?.textVersion.endsWith(`.${one}`))) || language,
    signature: here ? (before?.name ?? '') : '',
    textVersion: here ? '' : (consent?.textVersion ?? ''),
    method: here ? '' : (consent?.method ?? ''),
    legalBasis: consent?.legalBasis ?? SIGNED_HERE.legalBasis,
    purposes: consent?.purposes ?? [...purposes],
  };
}
