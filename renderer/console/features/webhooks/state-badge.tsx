import { IconClock, IconPlayerPause } from '@tabler/icons-react';
import { Strip } from '../../../ui/charts/index.ts';
import { Badge, CopyOnce, Snippets } from '../../../ui/controls/index.ts';
import { Card, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import { useClock } from './clock-time.tsx';
import { webhookStrings } from './strings.ts';
import { verifyCodes } from './verify-code.ts';
import { nameOf, stateOf, stripOf } from './webhook-state.ts';

type Webhook = Schemas['Webhook'];
type Health = Schemas['WebhookHealth'];

/** What a webhook is called on screens. */
export function useWebhookName(): (webhook: Webhook) => string {
  const t = useStrings(webhookStrings);
  return (webhook) =>
    webhook.kind === 'callback' ? t('callbacks', { family: webhook.family }) : nameOf(webhook);
}

export function StateBadge({ webhook, health }: { webhook: Webhook; health: Health | undefined }) {
  const t = useStrings(webhookStrings);
  const clock = useClock();
  const state = stateOf(webhook, health);
  switch (state) {
    case 'disabled':
      return (
        <Badge kind="outline" icon={IconPlayerPause}>
          {t('disabled')}
        </Badge>
      );
    case 'refusing':
      return <Badge kind="warn">{t('refusing', { time: clock(webhook.failingSince ?? 0) })}</Badge>;
    case 'waiting':
      return (
        <Badge kind="warn" icon={IconClock}>
          {t('waitingNow', { count: health?.waiting ?? 0 })}
        </Badge>
      );
    case 'quiet':
      return <Badge kind="outline">{t('quiet')}</Badge>;
    case 'works':
      return <Badge kind="ok">{t('works')}</Badge>;
    case 'unknown':
      return <Badge kind="outline">{t('unknown')}</Badge>;
    default:
      return state satisfies never;
  }
}

/** The last 24 hours as blocks, with a sentence for a screen reader. */
export function HealthStrip({ health }: { health: Health }) {
  const states = stripOf(health);
  return <Strip states={states} sentence={useStripSentence()(health)} />;
}

export function useStripSentence(): (health: Health) => string {
  const t = useStrings(webhookStrings);
  return (health) => {
    const states = stripOf(health);
    const hours = states.filter((state) => state !== 'none').length;
    const good = states.filter((state) => state === 'ok').length;
    if (hours === 0) return t('stripNone');
    return good === hours ? t('stripAll', { count: hours }) : t('stripSome', { good, hours });
  };
}

/** A secret that was made just now, this once, and code that verifies with it. */
export function MadeSecret({ secret, done }: { secret: string; done(): void }) {
  const t = useStrings(webhookStrings);
  return (
    <Stack gap={24}>
      <Card>
        <CopyOnce
          label={t('secret')}
          secret={secret}
          warning={t('secretWarning')}
          doneLabel={t('backToWebhook')}
          done={done}
        />
      </Card>
      <Card title={t('verifyTitle')}>
        <Snippets codes={verifyCodes} />
      </Card>
    </Stack>
  );
}
