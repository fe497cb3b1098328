import type { Schemas } from '../../data.ts';

export type OwnText = Schemas['OwnConsentText'];

/** The form: what is empty is left out. */
export interface TextValues {
  controller: string;
  contact: string;
  complaint: string;
  retentionEn: string;
  retentionDe: string;
  apart: boolean;
  own: boolean;
  textEn: string;
  textDe: string;
}

export const toValues = (text: Partial<OwnText>): TextValues => ({
  controller: text.controller ?? '',
  contact: text.contact ?? '',
  complaint: text.complaint ?? '',
  retentionEn: text.retention?.en ?? '',
  retentionDe: text.retention?.de ?? '',
  apart: text.apart ?? false,
  own: text.text !== undefined,
  textEn: text.text?.en ?? '',
  textDe: text.text?.de ?? '',
});

export function toText(values: TextValues): OwnText {
  const { controller, contact, complaint, retentionEn, retentionDe, apart, own, textEn, textDe } = values;
  const retention = given({ en: retentionEn, de: retentionDe });
  const text = own ? given({ en: textEn, de: textDe }) : {};
  return {
    ...given({ controller, contact, complaint }),
    ...(Object.keys(retention).length > 0 && { retention }),
    ...(Object.keys(text).length > 0 && { text }),
    apart,
  };
}

/** Without what is empty. */
const given = <Name extends string>(values: Record<Name, string>) =>
  Object.fromEntries(
    Object.entries<string>(values).flatMap(([name, value]) =>
      value.trim() === '' ? [] : [[name, value.trim()]],
    ),
  ) as Partial<Record<Name, string>>;
