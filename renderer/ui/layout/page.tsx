import { useIsFetching } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useSyncExternalStore } from 'react';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './page.module.css';

export interface Crumb {
  label: string;
  /** Absent: the page itself. */
  to?: string;
}

const store = { crumbs: [] as readonly Crumb[], listeners: new Set<() => void>() };

function showCrumbs(crumbs: readonly Crumb[]): void {
  store.crumbs = crumbs;
  for (const listener of store.listeners) listener();
}

/** The path of the page that is shown, for the frame's header. */
export const useCrumbs = (): readonly Crumb[] =>
  useSyncExternalStore(
    (listener) => {
      store.listeners.add(listener);
      return () => store.listeners.delete(listener);
    },
    () => store.crumbs,
  );

/**
 * A screen: title, one sentence under it, actions at its right (one of them primary), then what it shows. It names the document and
 * the breadcrumb, and its heading takes the focus after navigation. `parents`: what stands before it in the breadcrumb.
 */
export function Page({
  title,
  badge,
  lead,
  actions,
  parents = [],
  reading = false,
  children,
}: {
  title: string;
  badge?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  parents?: readonly Crumb[];
  /** A page of text or a form: at most 848 px wide. */
  reading?: boolean;
  children?: ReactNode;
}) {
  const t = useStrings(uiStrings);
  const isLoading = useIsFetching({ predicate: ({ state }) => state.status === 'pending' }) > 0;
  const heading = useRef<HTMLHeadingElement>(null);
  const path = JSON.stringify([...parents, { label: title }]);
  useEffect(() => {
    document.title = `${title} · Gatehouse`;
    showCrumbs(JSON.parse(path) as Crumb[]);
  }, [title, path]);
  useEffect(() => {
    // Not after the first load: there the reader begins at the top, with the skip link.
    if (history.state?.__TSR_index > 0) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div
      className={reading ? `${styles.page} ${styles.reading}` : styles.page}
      aria-busy={isLoading || undefined}
    >
      <div className={styles.title}>
        <div>
          <div className={styles.heading}>
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            {badge}
          </div>
          {lead !== undefined && <p>{lead}</p>}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
      {isLoading && (
        <div className={styles.loading}>
          <span className="sr">{t('loading')}</span>
        </div>
      )}
    </div>
  );
}
