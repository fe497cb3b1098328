import { IconCheck, IconCopy } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Row, Stack } from '../layout/layout.tsx';
import { Note } from '../layout/note.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import { Button } from './button.tsx';
import styles from './code.module.css';
import { useCopy } from './id.tsx';

/** A secret that is shown once, in full. It can be left only after saying that it is stored. */
export function CopyOnce({
  label,
  secret,
  warning,
  storedLabel,
  doneLabel,
  done,
}: {
  label: string;
  secret: string;
  /** What the holder of the secret can do with it. */
  warning?: ReactNode;
  storedLabel?: string;
  doneLabel: string;
  done(): void;
}) {
  const t = useStrings(uiStrings);
  const [stored, setStored] = useState(false);
  const [copied, copy] = useCopy();
  return (
    <Stack>
      <Stack gap={4}>
        <span style={{ fontWeight: 500 }}>{label}</span>
        <div className={styles.secret}>
          <code>{secret}</code>
          <Button kind="primary" onClick={() => void copy(secret)}>
            {copied ? (
              <IconCheck size={18} stroke={1.75} aria-hidden="true" />
            ) : (
              <IconCopy size={18} stroke={1.75} aria-hidden="true" />
            )}
            {copied ? t('copied') : t('copy')}
          </Button>
        </div>
      </Stack>
      {warning !== undefined && <Note kind="warn" title={warning} />}
      <Row between>
        <label className={styles.check}>
          <input type="checkbox" checked={stored} onChange={(event) => setStored(event.target.checked)} />
          {storedLabel ?? t('storedSecret')}
        </label>
        <Button disabled={!stored} onClick={done}>
          {doneLabel}
        </Button>
      </Row>
    </Stack>
  );
}
