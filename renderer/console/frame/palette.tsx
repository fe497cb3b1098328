import { Modal } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, type ReactNode, useDeferredValue, useId, useState } from 'react';
import { useStrings } from '../../ui/strings/index.ts';
import { frameStrings } from './frame-strings.ts';
import styles from './palette.module.css';
import { type Hit, useHits } from './palette-hits.ts';

/** What has a name, an id or a reference, screens, actions, in this order. `>` shows actions alone. Nothing that destroys runs from here. */
export function CommandPalette({ opened, close }: { opened: boolean; close(): void }) {
  const t = useStrings(frameStrings);
  return (
    <Modal.Root opened={opened} onClose={close} padding={0} size={560} radius={12} yOffset="9vh">
      <Modal.Overlay />
      <Modal.Content aria-label={t('paletteTitle')}>
        <Modal.Body>
          <PaletteBody close={close} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function PaletteBody({ close }: { close(): void }) {
  const t = useStrings(frameStrings);
  const list = useId();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const hits = useHits(useDeferredValue(text));
  const chosen = Math.min(at, hits.length - 1);
  const go = (hit: Hit | undefined) => {
    if (!hit) return;
    close();
    // A page of the box that is none of the console's.
    if (hit.href.startsWith('/docs/')) window.open(hit.href, '_blank', 'noopener');
    else void navigate({ href: hit.href });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && hits.length > 0) {
      event.preventDefault();
      setAt((chosen + step + hits.length) % hits.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      go(hits[chosen]);
    }
  };
  return (
    <>
      <div className={styles.query}>
        <IconSearch size={18} stroke={1.75} aria-hidden="true" />
        <input
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={hits[chosen] && `${list}-${chosen}`}
          aria-label={t('paletteHint')}
          placeholder={t('paletteHint')}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={list} role="listbox" aria-label={t('paletteTitle')} className={styles.list}>
        {hits.length === 0 && <p className={styles.none}>{t('paletteNothing')}</p>}
        {hits.map((hit, index) => (
          <PaletteHit
            key={hit.key}
            hit={hit}
            id={`${list}-${index}`}
            selected={index === chosen}
            heading={hits[index - 1]?.group === hit.group ? undefined : t(hit.group)}
            choose={() => go(hit)}
          />
        ))}
      </div>
      <p className={styles.tips}>
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> {t('paletteMove')}
        </span>
        <span>
          <kbd>Enter</kbd> {t('paletteOpen')}
        </span>
        <span>
          <kbd>&gt;</kbd> {t('paletteOnlyActions')}
        </span>
      </p>
    </>
  );
}

function PaletteHit({
  hit: { label, detail, icon: Icon },
  id,
  selected,
  heading,
  choose,
}: {
  hit: Hit;
  id: string;
  selected: boolean;
  heading: ReactNode;
  choose(): void;
}) {
  return (
    <>
      {heading && (
        <div className={styles.heading} role="presentation">
          {heading}
        </div>
      )}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the input holds the focus and answers the keys */}
      <div
        id={id}
        role="option"
        aria-selected={selected}
        tabIndex={-1}
        className={styles.option}
        onClick={choose}
      >
        <Icon size={18} stroke={1.75} aria-hidden="true" />
        <span className={styles.label}>
          {label}
          {detail !== undefined && <span className="small muted"> {detail}</span>}
        </span>
      </div>
    </>
  );
}
