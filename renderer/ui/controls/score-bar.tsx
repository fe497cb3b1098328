import type { CSSProperties } from 'react';
import { uiStrings } from '../strings/ui-strings.ts';
import { useFormat } from '../strings/use-format.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './badge.module.css';

const clamp = (value: number) => Math.min(1, Math.max(0, value));

/**
 * A score between 0 and 1 with its threshold: bar, tick and figure, rounded down below the threshold. Absent: the check was not run, and
 * `why` says why. `passed`: where it is not simply the score at or over the threshold.
 */
export function ScoreBar({
  score,
  threshold,
  passed,
  why,
}: {
  score?: number;
  threshold?: number;
  passed?: boolean;
  why?: string;
}) {
  const format = useFormat();
  const t = useStrings(uiStrings);
  if (score === undefined)
    return (
      <span className={styles.score} data-none title={why}>
        <span className={styles.bar} />
        <span className="num muted">
          {t('notRun')}
          {why !== undefined && <span className="sr"> {why}</span>}
        </span>
      </span>
    );
  const failed = !(passed ?? (threshold === undefined || score >= threshold));
  const text = format.score(score, threshold);
  return (
    <span className={styles.score} data-failed={failed || undefined}>
      <span
        className={styles.bar}
        style={{ '--value': clamp(score), '--threshold': clamp(threshold ?? 0) } as CSSProperties}
        aria-hidden="true"
      >
        <span className={styles.fill} />
        {threshold !== undefined && <span className={styles.tick} />}
      </span>
      <span className="num">
        {text}
        {threshold !== undefined && (
          <span className="sr">, {t('scoreOf', { score: text, threshold: format.score(threshold) })}</span>
        )}
      </span>
    </span>
  );
}
