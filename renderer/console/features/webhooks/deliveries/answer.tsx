import { IconClock, IconMinus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Badge } from '../../../../ui/controls/index.ts';
import { useStrings } from '../../../../ui/strings/index.ts';
import { api, type Schemas, useWorld } from '../../../data.ts';
import { useOperation } from '../../../operations.ts';
import { deliveryStrings } from './delivery-strings.ts';

type Delivery = Schemas['Delivery'];
type ReasonCode = NonNullable<Extract<Delivery['state'], { is: 'dropped' }>['reasonCode']>;
type Tried = { outcome: string; status?: number | undefined };

const known = [
  'unresolved',
  'refused',
  'unreachable',
  'reset',
  'timeout',
  'tls',
  'protocol',
  'aborted',
] as const;

/** What one attempt came to, in a word or as its status. */
export function useOutcomeText(): (tried: Tried) => string {
  const t = useStrings(deliveryStrings);
  return ({ outcome, status }) => {
    if (status !== undefined) return String(status);
    const word = known.find((one) => one === outcome);
    if (word) return t(word);
    return /not-granted$/.test(outcome) ? t('notGranted') : t('other', { outcome });
  };
}

/** Why a delivery waits or ended, by its code, else by its last attempt; a webhook that a person switched off has their words. */
export function useReason(): (state: object, last?: Tried) => string | undefined {
  const t = useStrings(deliveryStrings);
  const textOf = useOutcomeText();
  return (state, last) => {
    const { reason, reasonCode } = state as { reason?: string; reasonCode?: ReasonCode };
    if (reasonCode !== undefined) return t(`reason.${reasonCode}`);
    if (reason === undefined || last === undefined) return reason;
    return last.status === undefined ? textOf(last) : t('answered', { status: last.status });
  };
}

/** `useReason`, and the sentence that was kept where a network or a rule said it. */
export function useReasonAsShown(): (state: object, last?: Tried) => ReactNode {
  const reasonOf = useReason();
  return (state, last) => {
    const { reason, reasonCode } = state as { reason?: string; reasonCode?: ReasonCode };
    const word = reasonOf(state, last);
    if (reasonCode !== undefined || !reason || word === reason || last?.status !== undefined) return word;
    return (
      <>
        {word} <code>{reason}</code>
      </>
    );
  };
}

/** What the receiver answered last, and what that means for the delivery. */
export function Answer({ delivery: { state, last } }: { delivery: Pick<Delivery, 'state' | 'last'> }) {
  const t = useStrings(deliveryStrings);
  const textOf = useOutcomeText();
  switch (state.is) {
    case 'delivered':
      return <Badge kind="ok">{last ? textOf(last) : t('delivered')}</Badge>;
    case 'waiting':
      return (
        <Badge kind="warn" icon={IconClock}>
          {last ? t('statusWaiting', { status: textOf(last) }) : t('queued')}
        </Badge>
      );
    case 'failed':
      return <Badge kind="bad">{last ? t('statusFailed', { status: textOf(last) }) : t('failed')}</Badge>;
    case 'dropped':
      return (
        <Badge kind="outline" icon={IconMinus}>
          {t('dropped')}
        </Badge>
      );
    default:
      return state satisfies never;
  }
}

/** Sends a delivery again, with the same `webhook-id`. */
export function useResend() {
  const t = useStrings(deliveryStrings);
  const env = useWorld();
  return useOperation((id: string) => api.post('/api/admin/deliveries/{id}/resend', { id, env }), {
    toast: ({ name }) => [t('resentToast'), name],
    refresh: ['deliveries', 'webhooks'],
  });
}
