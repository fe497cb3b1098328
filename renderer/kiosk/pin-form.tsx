import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Said, type Words } from '../ui/said.tsx';
import { useStrings } from '../ui/strings/use-strings.ts';
import { Field, Form } from './form.tsx';
import { kioskStrings } from './kiosk-strings.ts';
import { useRefusalWords } from './refusal-words.ts';

/**
 * A form with a PIN, which is cleared when it was refused: a key that is held gives no second try. `until` aborts when the form is gone: the
 * operator went on, and what the PIN was typed for is not to happen on another screen.
 */
export function PinForm({
  send,
  changed,
  title,
  text,
  action,
  pinFirst = false,
  heading: Heading = 'h1',
  children,
}: {
  send(pin: string, typed: FormData, until: AbortSignal): Promise<unknown>;
  changed(): Promise<void>;
  title: string;
  text: string;
  action: string;
  /** The PIN gets the focus, and not the address before it. */
  pinFirst?: boolean;
  /** `h2`: beside what the screen itself says. */
  heading?: 'h1' | 'h2';
  children?: ReactNode;
}) {
  const t = useStrings(kioskStrings);
  const wordsOf = useRefusalWords();
  const [problem, setProblem] = useState<Words>();
  const [tries, setTries] = useState(0);
  const sent = useRef<AbortController>(undefined);
  useEffect(() => () => sent.current?.abort(), []);
  async function submit(typed: FormData) {
    sent.current = new AbortController();
    try {
      await send(String(typed.get('pin') ?? ''), typed, sent.current.signal);
      setProblem(undefined);
    } catch (error) {
      setProblem(wordsOf(error));
      setTries((before) => before + 1);
    }
    await changed();
  }
  return (
    <Form send={submit}>
      {(busy) => (
        <>
          <Heading>{title}</Heading>
          <p>{text}</p>
          {children}
          <Field
            key={tries}
            label={t('pin')}
            name="pin"
            type="password"
            // Else Chromium offers to keep it, with the PIN to be seen, and fills it in for the next visitor.
            autoComplete="one-time-code"
            inputMode="numeric"
            pattern="\d*"
            maxLength={12}
            required
            autoFocus={pinFirst || tries > 0}
          />
          <p className="muted">{t('pinHint')}</p>
          {problem && (
            <p role="alert">
              <Said {...problem} />
            </p>
          )}
          <button type="submit" className="k-btn primary" aria-disabled={busy}>
            {action}
          </button>
        </>
      )}
    </Form>
  );
}
