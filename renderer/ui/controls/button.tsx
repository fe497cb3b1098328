import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, Ref } from 'react';
import styles from './button.module.css';

interface Look {
  /** One `primary` a screen; `danger` only in dialogs and on pages that destroy. */
  kind?: 'primary' | 'danger' | 'dangerQuiet' | 'quiet' | 'plain';
  /** 32 px, inside tables and bars. */
  small?: boolean;
  /** As wide as its place. */
  block?: boolean;
  /** Only an icon inside: then `aria-label` says what it does. */
  icon?: boolean;
}

const namesOf = ({ kind = 'plain', small, block, icon }: Look, busy = false): string =>
  [
    styles.button,
    kind !== 'plain' && styles[kind],
    small && styles.small,
    block && styles.block,
    icon && styles.icon,
    busy && styles.busy,
  ]
    .filter(Boolean)
    .join(' ');

/** Verb and object: "Erase person". While `busy` it stays where it is and takes no second press. */
export function Button({
  kind,
  small,
  block,
  icon,
  busy = false,
  ref,
  onClick,
  ...rest
}: Look & { busy?: boolean; ref?: Ref<HTMLButtonElement> } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button
      type="button"
      {...rest}
      ref={ref}
      className={namesOf({ kind, small, block, icon }, busy)}
      aria-busy={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}

const Anchor = ({
  kind,
  small,
  block,
  icon,
  ref,
  ...rest
}: Look & { ref?: Ref<HTMLAnchorElement> } & AnchorHTMLAttributes<HTMLAnchorElement>) => (
  <a {...rest} ref={ref} className={namesOf({ kind, small, block, icon })} />
);

/** A link to a screen that looks like a button. */
export const ButtonLink = createLink(Anchor);
