import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, type TablerIcon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import styles from './note.module.css';

const icons = { info: IconInfoCircle, ok: IconCircleCheck, warn: IconAlertTriangle, bad: IconAlertTriangle };

/** In the page: the heading states the fact, the text the consequence and until when; one button. One in each region of a page. */
export function Note({
  kind = 'info',
  title,
  children,
  action,
}: {
  kind?: keyof typeof icons;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}) {
  const Icon = icons[kind];
  return (
    <div className={`${styles.note} ${styles[kind]}`} role={kind === 'bad' ? 'alert' : undefined}>
      <Icon size={18} stroke={1.75} aria-hidden="true" />
      <div className={styles.text}>
        <b>{title}</b>
        {children !== undefined && <div className="small">{children}</div>}
      </div>
      {action !== undefined && <div className={styles.action}>{action}</div>}
    </div>
  );
}

export interface Empty {
  icon: TablerIcon;
  title: ReactNode;
  text?: ReactNode;
  action?: ReactNode;
}

/** Nothing is here yet: what it is good for, and one primary action. */
export function EmptyState({ icon: Icon, title, text, action }: Empty) {
  return (
    <div className={styles.empty}>
      <Icon size={40} stroke={1.5} aria-hidden="true" />
      <h2>{title}</h2>
      {text !== undefined && <p>{text}</p>}
      {action}
    </div>
  );
}
