import { type InputHTMLAttributes, useId } from 'react';

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
