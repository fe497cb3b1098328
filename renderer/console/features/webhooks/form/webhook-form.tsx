import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type Control, useFormState, useWatch } from 'react-hook-form';
import { families, signatures } from '../../../../../sdk/admin/values.ts';
import { fieldsOf } from '../../../../ui/forms/index.ts';
import { Card, Note } from '../../../../ui/layout/index.ts';
import { defineStrings, useStrings } from '../../../../ui/strings/index.ts';
import type { Schemas } from '../../../data.ts';
import de from '../event-strings.de.json' with { type: 'json' };
import en from '../event-strings.en.json' with { type: 'json' };
import { webhookStrings } from '../strings.ts';
import { catalogQuery } from '../webhook-queries.ts';
import { formStrings } from './form-strings.ts';
import type { WebhookValues } from './webhook-values.ts';

/** When each event is sent. The English sentences are those of the service (`test/docs/webhook-catalog.test.ts`). */
const eventStrings = defineStrings('console/features/webhooks/event-strings', en, de);
const isDescribed = (name: string): name is keyof typeof en => name in en;

const Field = fieldsOf<WebhookValues>()(formStrings);

/** The fields; of an old webhook without what cannot be changed. */
export function WebhookFields({
  control,
  before,
}: {
  control: Control<WebhookValues>;
  before?: Schemas['Webhook'];
}) {
  const t = useStrings(formStrings);
  const { data } = useQuery(catalogQuery);
  const family = useWatch({ control, name: 'family' });
  const sent = new Set(data?.items.filter(({ fires }) => fires).map((one) => one.family));
  const entries = data?.items.filter((one) => one.family === family) ?? [];
  const described = useStrings(eventStrings);
  const sentWhen = (name: string, when: string) => (isDescribed(name) ? described(name) : when);
  return (
    <>
      <Card gap={16}>
        <Field name="description" maxLength={200} />
        <Field name="url" inputMode="url" autoComplete="off" spellCheck={false} maxLength={2048} />
        {!before && (
          <Field
            name="family"
            options={families.map((value) => ({
              value,
              label: data && !sent.has(value) ? t('later', { name: t(value) }) : t(value),
            }))}
          />
        )}
        <Field
          key={family}
          name="events"
          as="several"
          options={entries.map(({ name, when, fires }) => ({
            value: name,
            label: name.slice(family.length + 1),
            hint: withCode(fires ? sentWhen(name, when) : t('notFired', { when: sentWhen(name, when) })),
          }))}
        />
      </Card>
      <Card title={t('advanced')} gap={16}>
        {!before && <Signature />}
        <Headers control={control} before={before} />
        <Trust control={control} before={before} />
      </Card>
    </>
  );
}

/** Field names in the sentences of the catalog. */
const withCode = (text: string): ReactNode =>
  text.split('`').map((part, at) => (at % 2 === 1 ? <code key={part}>{part}</code> : part));

function Signature() {
  const t = useStrings(formStrings);
  const names = useStrings(webhookStrings);
  return (
    <Field
      name="signature"
      options={[
        { value: '', label: t('signatureFamily') },
        ...signatures.map((value) => ({
          value,
          label: names(value),
        })),
      ]}
    />
  );
}

/** Values are never shown, so that those of an old webhook stay or are replaced as a whole. */
function Headers({
  control,
  before,
}: {
  control: Control<WebhookValues>;
  before: Schemas['Webhook'] | undefined;
}) {
  const t = useStrings(formStrings);
  const replaces = useWatch({ control, name: 'replaceHeaders' });
  const { dirtyFields } = useFormState({ control });
  const url = useWatch({ control, name: 'url' });
  const isKept = before !== undefined && before.headers.length > 0;
  const moves = isKept && dirtyFields.url && !isSameOrigin(url, before.url);
  return (
    <>
      {isKept && (
        <Field
          name="replaceHeaders"
          as="switch"
          hint={t('headersKept', { names: before.headers.join(', ') })}
        />
      )}
      {moves && !replaces && <Note kind="warn" title={t('headersMove')} />}
      {(replaces || !isKept) && (
        <Field name="headers" as="lines" rows={3} autoComplete="off" spellCheck={false} optional />
      )}
    </>
  );
}

const isSameOrigin = (one: string, other: string): boolean =>
  URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin;

function Trust({
  control,
  before,
}: {
  control: Control<WebhookValues>;
  before: Schemas['Webhook'] | undefined;
}): ReactNode {
  const t = useStrings(formStrings);
  const trust = useWatch({ control, name: 'trust' });
  return (
    <>
      <Field name="trust" options={['system', 'ca', 'pin']} />
      {trust === 'ca' && (
        <Field
          name="ca"
          as="lines"
          hint={before?.trust.is === 'ca' ? t('caKept') : t('caHint')}
          rows={5}
          spellCheck={false}
        />
      )}
      {trust === 'pin' && <Field name="pin" spellCheck={false} />}
    </>
  );
}
