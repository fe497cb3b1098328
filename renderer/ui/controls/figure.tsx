import type { ReactNode } from 'react';
import { useFormat } from '../strings/use-format.ts';
import styles from './badge.module.css';

/** One large number on a card: what it counts above, what it means below. `of`: small beside it, as "of 636". */
export const Figure = ({
  label,
  value,
  of,
  children,
}: {
  label: ReactNode;
  value: ReactNode;
  of?: ReactNode;
  children?: ReactNode;
}) => (
  <dl className={styles.figure}>
    <dt>{label}</dt>
    <dd className={styles.value}>
      {value} {of !== undefined && <span className={styles.of}>{of}</span>}
    </dd>
    {children !== undefined && <dd className={styles.under}>{children}</dd>}
  </dl>
);

/** How full something is, with the limit named in `label`: amber from 80 %, red from 95 %. */
export function Gauge({ share, label }: { share: number; label: string }) {
  const format = useFormat();
  const level = share >= 0.95 ? 'bad' : share >= 0.8 ? 'warn' : 'ok';
  return (
    <div
      className={styles.gauge}
      data-level={level}
      role="img"
      aria-label={`${label}: ${format.percent(share, 0)}`}
    >
      <i style={{ width: `${Math.min(1, Math.max(0, share)) * 100}%` }} />
    </div>
  );
}
