import { Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { shortenId } from '../strings/format.ts';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './badge.module.css';
import { Button } from './button.tsx';

/** Puts a text on the clipboard; true for two seconds after that. Outside a secure context the browser has no clipboard for pages. */
export function useCopy(): [copied: boolean, copy: (text: string) => Promise<void>] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return [
    copied,
    async (text) => {
      if (navigator.clipboard) await navigator.clipboard.writeText(text);
      else copyBySelection(text);
      setCopied(true);
    },
  ];
}

function copyBySelection(text: string): void {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/** Copies `text`; `name` says what it is, for a screen reader. */
export function CopyButton({ text, name }: { text: string; name: string }) {
  const t = useStrings(uiStrings);
  const [copied, copy] = useCopy();
  const Icon = copied ? IconCheck : IconCopy;
  return (
    <Tooltip label={copied ? t('copied') : t('copy')}>
      <Button kind="quiet" small square aria-label={t('copyName', { name })} onClick={() => void copy(text)}>
        <Icon size={16} stroke={1.75} />
      </Button>
    </Tooltip>
  );
}

/** An id, shortened in the middle, with a button that copies all of it. `full`: on the page of the object itself. */
export function Id({ id, full = false, name = 'id' }: { id: string; full?: boolean; name?: string }) {
  return (
    <span className={styles.id}>
      <code title={id} style={full ? { overflowWrap: 'anywhere' } : { whiteSpace: 'nowrap' }}>
        {full ? id : shortenId(id)}
      </code>
      <CopyButton text={id} name={name} />
    </span>
  );
}
