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
  ownLive: boolean;
  liveEn: string;
  liveDe: string;
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
  ownLive: text.live !== undefined,
  liveEn: text.live?.en ?? '',
  liveDe: text.live?.de ?? '',
});

export function toText(values: TextValues): OwnText {
  const { controller, contact, complaint, apart } = values;
  return {
    ...given({ controller, contact, complaint }),
    ...inLanguages('retention', { en: values.retentionEn, de: values.retentionDe }),
    ...(values.own && inLanguages('text', { en: values.textEn, de: values.textDe })),
    ...(values.ownLive && inLanguages('live', { en: values.liveEn, de: values.liveDe })),
    apart,
  };
}

function inLanguages<Name extends 'retention' | 'text' | 'live'>(
  name: Name,
  both: { en: string; de: string },
) {
  const written = given(both);
  return Object.keys(written).length > 0 ? ({ [name]: written } as { [N in Name]: typeof written }) : {};
}

/** Without what is empty. */
const given = <Name extends string>(values: Record<Name, string>) =>
  Object.fromEntries(
    Object.entries<string>(values).flatMap(([name, value]) =>
      value.trim() === '' ? [] : [[name, value.trim()]],
    ),
  ) as Partial<Record<Name, string>>;
