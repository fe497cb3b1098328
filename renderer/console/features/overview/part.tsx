import type { TablerIcon } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import styles from './overview.module.css';

/** A row of the card of the box. */
export const Part = ({
  icon: Icon,
  name,
  text,
  to,
  children,
}: {
  icon: TablerIcon;
  name: string;
  text: ReactNode;
  /** The screen where it is looked after. */
  to?: '/models' | '/backups' | '/settings';
  children: ReactNode;
}) => (
  <li>
    <span className={styles.icon}>
      <Icon size={18} stroke={1.75} aria-hidden="true" />
    </span>
    <div>
      <b>{to ? <Link to={to}>{name}</Link> : name}</b>
      {text !== undefined && text !== '' && <p className="tiny muted">{text}</p>}
    </div>
    {children}
  </li>
);
