import { type FormEvent, type InputHTMLAttributes, type ReactNode, useId, useState } from 'react';
import { createOneAtATime } from '../ui/forms/one-at-a-time.ts';

interface Props {
  className?: string;
  /** Sends what was typed. Until it is done the form takes no further submit: held keys and double taps send it once. */
  send(typed: FormData): unknown;
  /** `busy`: it is being sent. */
  children(busy: boolean): ReactNode;
}

/** The form of every kiosk screen. */
export function Form({ className = 'k-form', send, children }: Props) {
  const [busy, setBusy] = useState(false);
  const [once] = useState(createOneAtATime);
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const typed = new FormData(event.currentTarget);
    void once(async () => {
      setBusy(true);
      try {
        await send(typed);
      } finally {
        setBusy(false);
      }
    });
  }
  return (
    <form className={className} onSubmit={submit}>
      {children(busy)}
    </form>
  );
}

/** A labelled field of the kiosk. */
export function Field({ label, ...input }: { label: string } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className="k-field">
      <label htmlFor={id}>{label}</label>
      <input id={id} autoComplete="off" autoCapitalize="none" spellCheck={false} {...input} />
    </div>
  );
}
