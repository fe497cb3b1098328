import type { ReactNode } from 'react';
import { Card } from '../layout/layout.tsx';
import { useFormat } from '../strings/use-format.ts';
import styles from './charts.module.css';

interface ShareBar {
  label: string;
  /** Of 1; with the ends of its 95 % interval. */
  value: number;
  from: number;
  to: number;
}

/** Shares from 0 to 100 %, each with a line from one end of its interval to the other; a dashed line where the goal is. */
export function ShareBars({
  title,
  goal,
  bars,
}: {
  title: ReactNode;
  goal: { value: number; label: string } | undefined;
  bars: readonly ShareBar[];
}) {
  const format = useFormat();
  const at = (share: number) => `${share * 100}%`;
  return (
    <Card title={title}>
      <table className={styles.shares}>
        <tbody>
          {bars.map(({ label, value, from, to }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td className={styles.track} aria-hidden="true">
                <div>
                  <i className={styles.share} style={{ width: at(value) }} />
                  <i className={styles.interval} style={{ left: at(from), width: at(to - from) }} />
                  {goal && <i className={styles.goal} style={{ left: at(goal.value) }} />}
                </div>
              </td>
              <td>
                {format.percent(value)}{' '}
                <span className="muted">
                  {format.percent(from).replace(/\s?%$/, '')}–{format.percent(to)}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {goal && <p className="small muted">{goal.label}</p>}
    </Card>
  );
}
