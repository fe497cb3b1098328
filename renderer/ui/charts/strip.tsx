import styles from './charts.module.css';

/** Up or down over a day: one block for each hour, the oldest first. `sentence` says it in words, beside or above it too. */
export const Strip = ({
  states,
  sentence,
}: {
  states: readonly ('ok' | 'warn' | 'bad' | 'none')[];
  sentence: string;
}) => (
  <div className={styles.strip} role="img" aria-label={sentence}>
    {states.map((state, index) => (
      <i key={`${index} ${state}`} data-state={state} />
    ))}
  </div>
);
