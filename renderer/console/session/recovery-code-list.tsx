import styles from './recovery-codes.module.css';

/** Codes that stand in for a passkey, as they are shown once. */
export const RecoveryCodeList = ({ codes }: { codes: readonly string[] }) => (
  <ul className={styles.codes}>
    {codes.map((code) => (
      <li key={code} className="mono">
        {code}
      </li>
    ))}
  </ul>
);
