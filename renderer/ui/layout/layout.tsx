import { type CSSProperties, type ReactNode, useId } from 'react';
import styles from './layout.module.css';

type Step = 0 | 4 | 8 | 12 | 16 | 24 | 32 | 48;

/** Below one another. */
export const Stack = ({ gap = 16, children }: { gap?: Step; children: ReactNode }) => (
  <div className={styles.stack} style={{ gap }}>
    {children}
  </div>
);

/** Beside one another, on the next line where there is no room. */
export function Row({
  gap = 8,
  wrap = true,
  between = false,
  children,
}: {
  gap?: Step;
  wrap?: boolean;
  between?: boolean;
  children: ReactNode;
}) {
  const names = [styles.row, wrap && styles.wrap, between && styles.between].filter(Boolean);
  return (
    <div className={names.join(' ')} style={{ gap }}>
      {children}
    </div>
  );
}

/** A region of a page with a heading. `gap`: what it holds stands below one another. `flush`: a table or a list fills it to its edges. */
export function Card({
  title,
  actions,
  foot,
  gap,
  flush = false,
  children,
}: {
  title?: ReactNode;
  actions?: ReactNode;
  foot?: ReactNode;
  gap?: Step;
  flush?: boolean;
  children?: ReactNode;
}) {
  const id = useId();
  return (
    <section className={styles.card} aria-labelledby={title === undefined ? undefined : id}>
      {(title !== undefined || actions !== undefined) && (
        <div className={styles.head}>
          {title !== undefined && <h2 id={id}>{title}</h2>}
          {actions}
        </div>
      )}
      {children !== undefined && (
        <div className={flush ? undefined : styles.body}>
          {gap === undefined ? children : <Stack gap={gap}>{children}</Stack>}
        </div>
      )}
      {foot !== undefined && <div className={styles.foot}>{foot}</div>}
    </section>
  );
}

/** Main and aside (336 px); the aside goes below under 1180 px. */
export const WithAside = ({ children, aside }: { children: ReactNode; aside: ReactNode }) => (
  <div className={styles.withAside}>
    <Stack gap={24}>{children}</Stack>
    <Stack gap={16}>{aside}</Stack>
  </div>
);

/** Equal columns: two under 1000 px; on a phone one with `collapse`. */
export const Columns = ({
  n,
  collapse = false,
  children,
}: {
  n: 2 | 3 | 4;
  collapse?: boolean;
  children: ReactNode;
}) => (
  <div className={styles.columns} style={{ '--n': n } as CSSProperties} data-collapse={collapse || undefined}>
    {children}
  </div>
);

/** Names and values of one object. An entry without a value is left out. */
export const KeyValues = ({ entries }: { entries: Readonly<Record<string, ReactNode>> }) => (
  <dl className={styles.keyValues}>
    {Object.entries(entries)
      .filter(([, value]) => value !== undefined && value !== null && value !== false)
      .map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
);
