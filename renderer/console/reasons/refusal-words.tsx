import { FaultText, useFault } from '../../ui/forms/field-fault.tsx';
import { Refusal } from '../../ui/refusal.ts';
import { Said, type Words } from '../../ui/said.tsx';
import { defineStrings } from '../../ui/strings/define-strings.ts';
import { useLanguage } from '../../ui/strings/language.tsx';
import { uiStrings } from '../../ui/strings/ui-strings.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import de from './refusal-strings.de.json' with { type: 'json' };
import en from './refusal-strings.en.json' with { type: 'json' };

/** Cause and remedy by the code of a refusal; English is generated from the service's table of codes. */
export const refusalStrings = defineStrings('console/reasons/refusal-strings', en, de);

type Code = keyof typeof en;
const isCode = (code: string): code is Code => Object.hasOwn(en, code);

/** The sentence of the code says all that the box's own does: that names no value, command or state. */
const saysAll: ReadonlySet<string> = new Set<Code>([
  'MALFORMED_JSON',
  'IDEMPOTENCY_KEY_REUSED',
  'MISSING_AUTH',
  'INVALID_API_KEY_FORMAT',
  'INVALID_API_KEY',
  'TRIAL_EXPIRED',
  'SIGN_IN_REFUSED',
  'SIGN_IN_DELAYED',
  'SECOND_FACTOR_REQUIRED',
  'FRESH_FACTOR_REQUIRED',
  'LAST_FACTOR',
  'FACE_REFUSED',
  'CSRF_REFUSED',
  'SETUP_CLOSED',
  'SETUP_TOKEN_REFUSED',
  'FACE_NOT_FOUND',
  'SEVERAL_FACES',
  'FACE_TOO_SMALL',
  'REPLAYED_PICTURE',
  'SUBJECT_NOT_FOUND',
  'DUPLICATE_IDENTITY',
  'CONSENT_WITHDRAWN',
  'VERIFICATION_DISABLED',
  'SESSION_KEY_MISMATCH',
  'ORGANIZATION_MISMATCH',
  'EMAIL_MISMATCH',
  'KIOSK_REQUIRED',
  'MOTION_REQUIRED',
  'OVERLOADED',
  'TIMEOUT',
  'WRONG_PASSPHRASE',
  'INTERNAL',
]);

/** What the box said, and its code, in the language of the reader: English as the box wrote it. */
export function useCodeWords(): (code: string, message: string) => Words {
  const t = useStrings(refusalStrings);
  const ui = useStrings(uiStrings);
  const { language } = useLanguage();
  return (code, message) => {
    if (language === 'en') return { text: message };
    if (!isCode(code)) return { text: ui('refused'), own: message };
    return saysAll.has(code) ? { text: t(code) } : { text: t(code), own: message };
  };
}

export function useRefusalWords(): (error: unknown) => Words {
  const ui = useStrings(uiStrings);
  const wordsOf = useCodeWords();
  return (error) => {
    if (!(error instanceof Refusal) || error.status === 0) return { text: ui('noAnswer') };
    if (error.body.error === undefined) return { text: ui('answered', { status: String(error.status) }) };
    return wordsOf(error.code, error.message);
  };
}

/** What the box refused, and why: for a note. Wrong fields are listed, each in the language of the reader. */
export function RefusalWords({ error }: { error: unknown }) {
  const { language } = useLanguage();
  const faultOf = useFault();
  const { text, own } = useRefusalWords()(error);
  const refusal = error instanceof Refusal && language !== 'en' ? error : undefined;
  const details = refusal?.details ?? [];
  const isInList = refusal?.code === 'INVALID_REQUEST' && details.length > 0;
  return (
    <>
      <Said text={text} own={isInList ? undefined : own} />
      {details.length > 0 && (
        <ul>
          {details.map((detail, index) => (
            <li key={`${index} ${detail.path}`}>
              {detail.path !== '' && (
                <>
                  <code>{detail.path}</code>:{' '}
                </>
              )}
              <FaultText {...faultOf(detail)} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
