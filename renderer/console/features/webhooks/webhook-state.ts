import type { Schemas } from '../../data.ts';

type Webhook = Schemas['Webhook'];
type Health = Schemas['WebhookHealth'];

/** What the page says of a webhook first. `unknown`: its figures are not there yet. */
export type WebhookState = 'disabled' | 'refusing' | 'waiting' | 'quiet' | 'works' | 'unknown';

export function stateOf(
  { state, failingSince }: Pick<Webhook, 'state' | 'failingSince'>,
  health: Pick<Health, 'waiting' | 'deliveries'> | undefined,
): WebhookState {
  if (state.is === 'disabled') return 'disabled';
  if (failingSince !== undefined) return 'refusing';
  if (health === undefined) return 'unknown';
  if (health.waiting > 0) return 'waiting';
  return health.deliveries === 0 ? 'quiet' : 'works';
}

/** The blocks of the last 24 hours; an hour that was not counted is empty. */
export const stripOf = ({ hours, since }: Pick<Health, 'hours' | 'since'>) =>
  hours.map(({ at, deliveries, accepted }) => {
    const isCounted = Date.parse(at) + 3_600_000 > Date.parse(since);
    if (!isCounted || deliveries === 0) return 'none';
    if (accepted === deliveries) return 'ok';
    return accepted === 0 ? 'bad' : 'warn';
  });

/** What it is called: its description, else where it sends. */
export function nameOf({ description, url }: Pick<Webhook, 'description' | 'url'>): string {
  if (description !== '') return description;
  return URL.canParse(url) ? new URL(url).host : url;
}
