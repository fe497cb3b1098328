import type { ReactNode } from 'react';
import { useFormat } from '../strings/use-format.ts';
import styles from './charts.module.css';

export interface RankedBar {
  key: string;
  /** A link where the rows behind the number can be seen. */
  label: ReactNode;
  value: number;
}

/** Which reasons, how often: a table with bars, the largest first, the figure at the right. `label` names it for a screen reader. */
export function RankedBars({ label, bars }: { label: string; bars: readonly RankedBar[] }) {
  const format = useFormat();
  const ranked = [...bars].sort((a, b) => b.value - a.value);
  const most = Math.max(1, ...ranked.map(({ value }) => value));
  return (
    <table className={styles.ranked} aria-label={label}>
      <tbody>
        {ranked.map(({ key, label: name, value }) => (
          <tr key={key}>
            <th scope="row">{name}</th>
            <td className={styles.bar} aria-hidden="true">
              <i style={{ width: `${(value / most) * 100}%` }} />
            </td>
            <td>{format.count(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
