import type { TablerIcon } from '@tabler/icons-react';
import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import styles from './button.module.css';

interface Appearance {
  /** One `primary` a screen; `danger` only in dialogs and on pages that destroy. */
  kind?: 'primary' | 'danger' | 'dangerQuiet' | 'quiet' | 'plain';
  /** 32 px, inside tables and bars. */
  small?: boolean;
  /** As wide as its place. */
  block?: boolean;
  /** Before the text. */
  icon?: TablerIcon;
  /** Only an icon inside: then `aria-label` says what it does. */
  square?: boolean;
}

const namesOf = ({ kind = 'plain', small, block, square }: Appearance, busy = false): string =>
  [
    styles.button,
    kind !== 'plain' && styles[kind],
    small && styles.small,
    block && styles.block,
    square && styles.square,
    busy && styles.busy,
  ]
    .filter(Boolean)
    .join(' ');

const insideOf = ({ icon: Icon, small }: Appearance, children: ReactNode) => (
  <>
    {Icon && <Icon size={small ? 16 : 18} stroke={1.75} aria-hidden="true" />}
    {children}
  </>
);

/** Verb and object: "Erase person". While `busy` it stays where it is and takes no second press. */
export function Button({
  kind,
  small,
  block,
  icon,
  square,
  busy = false,
  ref,
  onClick,
  children,
  ...rest
}: Appearance & { busy?: boolean; ref?: Ref<HTMLButtonElement> } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button
      type="button"
      {...rest}
      ref={ref}
      className={namesOf({ kind, small, block, square }, busy)}
      aria-busy={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {insideOf({ icon, small }, children)}
    </button>
  );
}

/** A link out of the console that looks like a button. */
export const AnchorButton = ({
  kind,
  small,
  block,
  icon,
  square,
  ref,
  children,
  ...rest
}: Appearance & { ref?: Ref<HTMLAnchorElement> } & AnchorHTMLAttributes<HTMLAnchorElement>) => (
  <a {...rest} ref={ref} className={namesOf({ kind, small, block, square })}>
    {insideOf({ icon, small }, children)}
  </a>
);

/** A link to a screen that looks like a button. */
export const ButtonLink = createLink(AnchorButton);
