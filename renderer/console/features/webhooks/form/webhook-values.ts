import { z } from 'zod';
import { families, signatures } from '../../../../../sdk/admin/values.ts';
import { useStrings } from '../../../../ui/strings/index.ts';
import type { Schemas } from '../../../data.ts';
import { formStrings } from './form-strings.ts';

type Webhook = Schemas['Webhook'];

/** What the form refuses before the box is asked. `before`: the webhook that is changed. */
export function useWebhookSchema(before?: Schemas['Webhook']) {
  const t = useStrings(formStrings);
  return z
    .object({
      family: z.enum(families),
      url: z
        .string()
        .trim()
        .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), t('urlWrong')),
      description: z.string().trim().min(1, t('descriptionMissing')).max(200),
      events: z.array(z.string()).min(1, t('eventsMissing')),
      /** '': as the family signs. */
      signature: z.enum(['', ...signatures]),
      /** Lines `name: value`. */
      headers: z.string().refine((text) => readHeaders(text) !== undefined, t('headersWrong')),
      /** Of an old one: the headers above stand instead of all there were. */
      replaceHeaders: z.boolean(),
      trust: z.enum(['system', 'ca', 'pin']),
      ca: z.string(),
      pin: z.string(),
    })
    .refine(
      ({ trust, ca }) =>
        trust !== 'ca' || ca.includes('BEGIN CERTIFICATE') || (ca.trim() === '' && before?.trust.is === 'ca'),
      { path: ['ca'], message: t('caMissing') },
    )
    .refine(({ trust, pin }) => trust !== 'pin' || pin.trim() !== '', {
      path: ['pin'],
      message: t('pinMissing'),
    });
}

/** The form of a webhook, new or old. */
export type WebhookValues = z.output<ReturnType<typeof useWebhookSchema>>;

export const newValues: WebhookValues = {
  family: 'identity',
  url: '',
  description: '',
  events: [],
  signature: '',
  headers: '',
  replaceHeaders: true,
  trust: 'system',
  ca: '',
  pin: '',
};

export const valuesOf = ({ family, url, description, events, trust }: Webhook): WebhookValues => ({
  ...newValues,
  family,
  url,
  description,
  events: [...events],
  replaceHeaders: false,
  trust: trust.is,
  pin: trust.is === 'pin' ? trust.pin : '',
});

/** Undefined where a line is not `name: value`. */
export function readHeaders(text: string): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const at = line.indexOf(':');
    const name = line.slice(0, at).trim();
    if (at < 1 || name === '') return undefined;
    headers[name] = line.slice(at + 1).trim();
  }
  return headers;
}

/** As `POST /api/admin/webhooks` takes it. */
export function toNew({
  family,
  url,
  description,
  events,
  signature,
  headers,
  trust,
  ca,
  pin,
}: WebhookValues) {
  const own = readHeaders(headers) ?? {};
  return {
    family,
    url: url.trim(),
    description: description.trim(),
    events,
    ...(signature !== '' && { signature }),
    ...(Object.keys(own).length > 0 && { headers: own }),
    ...(trust === 'ca' && { ca: ca.trim() }),
    ...(trust === 'pin' && { pin: pin.trim() }),
  } satisfies Schemas['NewWebhook'];
}

/** As `PATCH /api/admin/webhooks/:id` takes it: what differs alone. */
export function toChange(
  { url, description, events, headers, replaceHeaders, trust, ca, pin }: WebhookValues,
  before: Webhook,
): Schemas['WebhookChange'] {
  const isSame = events.length === before.events.length && events.every((one) => before.events.includes(one));
  return {
    ...(url.trim() !== before.url && { url: url.trim() }),
    ...(description.trim() !== before.description && { description: description.trim() }),
    ...(!isSame && { events }),
    ...(replaceHeaders && { headers: readHeaders(headers) ?? {} }),
    ...trustChange({ trust, ca: ca.trim(), pin: pin.trim() }, before.trust),
  };
}

function trustChange(
  { trust, ca, pin }: Pick<WebhookValues, 'trust' | 'ca' | 'pin'>,
  before: Webhook['trust'],
): Schemas['WebhookChange'] {
  const without = { ...(before.is === 'ca' && { ca: null }), ...(before.is === 'pin' && { pin: null }) };
  if (trust === 'system') return without;
  if (trust === 'ca') return ca === '' ? {} : { ...without, ca };
  return before.is === 'pin' && before.pin === pin ? {} : { ...without, pin };
}

/** The destination that a grant for this address names: host, and port where it is not the scheme's own. */
export function destinationOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port } = new URL(url);
  return port === '' ? hostname : `${hostname}:${port}`;
}
