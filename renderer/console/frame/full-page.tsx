import type { ReactNode } from 'react';
import { Logo } from '../../ui/logo.tsx';
import { SchemeSwitch } from '../../ui/theme/scheme-switch.tsx';
import styles from './full-page.module.css';

/** A page without the frame: before there is a session, or an organization. */
export const FullPage = ({
  name,
  foot,
  children,
}: {
  /** After the name of the product. */
  name?: string;
  foot: ReactNode;
  children: ReactNode;
}) => (
  <div className={styles.full}>
    <header>
      <Logo className={styles.logo} />
      Gatehouse {name !== undefined && <span>{name}</span>}
    </header>
    {children}
    <footer>
      <div className={styles.foot}>{foot}</div>
      <SchemeSwitch />
    </footer>
  </div>
);
