import { TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import { Dialog, DialogFoot } from './confirm-dialog.tsx';
import styles from './dialog.module.css';

interface Consequences {
  gone: readonly ReactNode[];
  stays: readonly ReactNode[];
}

/** What will be gone and what stays: in every dialog and on every page that destroys. */
export function ConsequenceList({ gone, stays }: Consequences) {
  const t = useStrings(uiStrings);
  const list = (title: string, items: readonly ReactNode[]) =>
    items.length > 0 && (
      <div>
        <h3>{title}</h3>
        <ul>
          {items.map((item, index) => (
            <li key={index}>{item}</li>
          ))}
        </ul>
      </div>
    );
  return (
    <div className={styles.sides}>
      {list(t('goneTitle'), gone)}
      {list(t('staysTitle'), stays)}
    </div>
  );
}

/** What is typed and what is asked for, without spaces at the ends and in one Unicode form. */
export const isSameName = (typed: string, name: string): boolean =>
  typed.trim().normalize('NFC') === name.trim().normalize('NFC');

/**
 * Grade 3 of destroying: the name is typed, and the request then asks for a fresh second factor by itself (FRESH_FACTOR_REQUIRED). The
 * focus is on the safe button. Ends on a receipt page: `onConfirm` goes there.
 */
export function TypedNameDialog({
  opened,
  title,
  name,
  confirmLabel,
  cancelLabel,
  busy = false,
  failed,
  command,
  children,
  gone,
  stays,
  onConfirm,
  onCancel,
}: {
  opened: boolean;
  title: string;
  /** What has to be typed. */
  name: string;
  confirmLabel: string;
  cancelLabel?: string;
  busy?: boolean;
  failed?: ReactNode;
  /** Shows the command that does the same. */
  command?: ReactNode;
  children?: ReactNode;
  onConfirm(): void;
  onCancel(): void;
} & Consequences) {
  const t = useStrings(uiStrings);
  const [typed, setTyped] = useState('');
  const cancel = () => {
    setTyped('');
    onCancel();
  };
  return (
    <Dialog opened={opened} title={title} close={cancel}>
      {children !== undefined && <div className="muted">{children}</div>}
      <ConsequenceList gone={gone} stays={stays} />
      <TextInput
        label={t.rich('typeName', { name: <b>{name}</b> })}
        value={typed}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
      />
      {failed}
      {command}
      <DialogFoot
        confirmLabel={confirmLabel}
        cancelLabel={cancelLabel}
        danger
        busy={busy}
        confirmDisabled={!isSameName(typed, name)}
        onConfirm={onConfirm}
        onCancel={cancel}
      />
    </Dialog>
  );
}
