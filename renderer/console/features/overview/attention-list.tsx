import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from '@tabler/icons-react';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { Card } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import { useNavigation } from '../../frame/use-navigation.ts';
import { useAttentionText } from '../../reasons/attention-text.ts';
import { useSession } from '../../session/session-query.ts';
import styles from './overview.module.css';
import { overviewStrings } from './strings.ts';

const icons = { now: IconAlertTriangle, soon: IconAlertTriangle, note: IconInfoCircle };

/** Only items that need an action, the most urgent first, each with one button. */
export function AttentionList({ items }: { items: readonly Schemas['Attention'][] }) {
  const t = useStrings(overviewStrings);
  const textOf = useAttentionText();
  const { user } = useSession();
  // A screen that the reader may not open gets no button.
  const open = new Set(useNavigation().flatMap(({ entries }) => entries.map(({ to }) => to)));
  const isOpen = (screen: string) => (screen === 'setup' ? user.applianceOwner : open.has(`/${screen}`));
  if (items.length === 0)
    return (
      <p className={styles.calm}>
        <IconCircleCheck size={18} stroke={1.75} aria-hidden="true" />
        {t('nothing')}
      </p>
    );
  return (
    <Card
      title={t('attention')}
      flush
      actions={<span className="small muted">{t('open', { count: items.length })}</span>}
    >
      <ul className={styles.attention}>
        {items.map((item) => {
          const { code, urgency, sentence, screen } = item;
          const { title, text } = textOf(item);
          const Icon = icons[urgency];
          return (
            <li key={`${code} ${sentence}`}>
              <span className={styles.icon} data-urgency={urgency}>
                <Icon size={18} stroke={1.75} aria-hidden="true" />
              </span>
              <div>
                <b>{title}</b>
                <p className="small muted">{text}</p>
              </div>
              {screen !== undefined && isOpen(screen) && (
                <ButtonLink to={`/${screen}` as '/overview'} small>
                  {t('look')}
                </ButtonLink>
              )}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
