import {
  IconAlertTriangle,
  IconCheck,
  IconFlask,
  IconInfoCircle,
  IconQuestionMark,
  IconX,
  type TablerIcon,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './badge.module.css';

export type BadgeKind = 'ok' | 'bad' | 'warn' | 'info' | 'plain' | 'outline' | 'experimental';
const icons: Partial<Record<BadgeKind, TablerIcon>> = {
  ok: IconCheck,
  bad: IconX,
  warn: IconAlertTriangle,
  info: IconInfoCircle,
  experimental: IconFlask,
};

/** A state: icon, word and color together. `icon`: another one than that of its kind; null: none (only for `plain` and `outline`). */
export function Badge({
  kind = 'plain',
  icon,
  title,
  children,
}: {
  kind?: BadgeKind;
  icon?: TablerIcon | null;
  /** On hover: what the word means. */
  title?: string;
  children: ReactNode;
}) {
  const Icon = icon === null ? undefined : (icon ?? icons[kind]);
  return (
    <span className={styles.badge} title={title} data-kind={kind} data-plain={Icon ? undefined : true}>
      {Icon && <Icon size={14} stroke={2} aria-hidden="true" />}
      {children}
    </span>
  );
}

export type Decision = 'verified' | 'not-verified' | 'review';

/** What a verification came to. */
export function Verdict({ decision }: { decision: Decision }) {
  const t = useStrings(uiStrings);
  switch (decision) {
    case 'verified':
      return <Badge kind="ok">{t('verified')}</Badge>;
    case 'not-verified':
      return <Badge kind="bad">{t('notVerified')}</Badge>;
    case 'review':
      return (
        <Badge kind="warn" icon={IconQuestionMark}>
          {t('needsReview')}
        </Badge>
      );
    default:
      return decision satisfies never;
  }
}

/** How far a check or a model is proven by measurement. */
export function Maturity({ level }: { level: 'proven' | 'alternate' | 'experimental' }) {
  const t = useStrings(uiStrings);
  const kinds = { proven: 'ok', alternate: 'outline', experimental: 'experimental' } as const;
  return <Badge kind={kinds[level]}>{t(level)}</Badge>;
}
