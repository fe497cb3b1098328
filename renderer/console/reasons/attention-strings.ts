import { defineStrings } from '../../ui/strings/define-strings.ts';
import de from './attention-strings.de.json' with { type: 'json' };
import en from './attention-strings.en.json' with { type: 'json' };

/** What needs a person, by its code: `CODE` what there is, `CODE.do` what to do. */
export const attentionStrings = defineStrings('console/reasons/attention-strings', en, de);

export type AttentionKey = keyof (typeof attentionStrings)['en'];

export const isKey = (key: string): key is AttentionKey => key in attentionStrings.en;

/** The strings of a code; undefined for one that this page does not know yet: then the service's own sentence is shown. */
export function keysOf({
  code,
  values,
}: {
  code: string;
  values?: Readonly<Record<string, string | number>> | undefined;
}): { title: AttentionKey; text: AttentionKey } | undefined {
  const text =
    code.startsWith('CERTIFICATE_') && values?.renewsItself === 1
      ? 'CERTIFICATE_ENDS.own'
      : `${sameRemedy[code] ?? code}.do`;
  return isKey(code) && isKey(text) ? { title: code, text } : undefined;
}

const sameRemedy: Readonly<Record<string, string>> = {
  BACKUP_OLD: 'NO_BACKUP',
  CERTIFICATE_ENDED: 'CERTIFICATE_ENDS',
  GALLERY_NEARLY_TOO_LARGE: 'GALLERY_TOO_LARGE',
  MASTER_KEY_BESIDE_COPY: 'MASTER_KEY_BESIDE_DATA',
  MORE_ALERTS: 'ALERT_OPEN',
  ONE_KEY_COPY: 'NO_KEY_COPY',
};
