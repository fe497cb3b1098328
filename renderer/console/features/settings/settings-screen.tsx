import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { z } from 'zod';
import { fieldsOf, SaveBar, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Columns, KeyValues, Note, Page, WithAside } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { EXAMPLE_COLOR, isColor } from '../../../ui/theme/text-on-color.ts';
import { api, managers, organizationQuery, read, type Schemas, useSession } from '../../data.ts';
import { LoadFailed, OperationForm, useOperation } from '../../operations.ts';
import { BrandingCard, type LogoChange } from './branding-card.tsx';
import { settingsStrings } from './strings.ts';

export const Route = createLazyRoute('/settings')({ component: SettingsScreen });

function SettingsScreen() {
  const t = useStrings(settingsStrings);
  const { user } = useSession();
  const organization = useQuery(organizationQuery);
  const retention = useQuery(read('/api/admin/retention'));
  const limits = useQuery(read('/api/admin/limits'));
  const error = organization.error ?? retention.error ?? limits.error;
  const mayChange = managers.includes(user.role);
  return (
    <Page title={t('title')} lead={t('lead')}>
      {error && <LoadFailed error={error} retry={() => void organization.refetch()} />}
      {!mayChange && <Note title={t('readOnly')} />}
      <WithAside
        aside={
          <>
            {organization.data && <Facts organization={organization.data} />}
            {user.applianceOwner && user.role === 'owner' && <OfTheBox />}
            <DataProtection />
            {limits.data && <Limits limits={limits.data} />}
          </>
        }
      >
        {organization.data && retention.data && (
          <SettingsForm organization={organization.data} retention={retention.data} mayChange={mayChange} />
        )}
      </WithAside>
    </Page>
  );
}

function Facts({ organization }: { organization: Schemas['Organization'] }) {
  const t = useStrings(settingsStrings);
  const format = useFormat();
  return (
    <Card title={t('facts')}>
      <KeyValues
        entries={{
          [t('id')]: <code>{organization.id}</code>,
          [t('since')]: format.date(organization.createdAt),
        }}
      />
    </Card>
  );
}

/** What the assistant asks, to be changed later in the same way. */
function OfTheBox() {
  const t = useStrings(settingsStrings);
  return (
    <Card title={t('box')} gap={8}>
      <p className="small muted">{t('boxLead')}</p>
      {(['name', 'attack-detection', 'consent', 'destinations'] as const).map((step) => (
        <Link key={step} to="/setup" search={{ step }}>
          {t(`box-${step}`)}
        </Link>
      ))}
    </Card>
  );
}

function DataProtection() {
  const t = useStrings(settingsStrings);
  return (
    <Card title={t('dataProtection')} gap={8}>
      <Link to="/consent-text">{t('consentText')}</Link>
      <Link to="/receipts">{t('receipts')}</Link>
    </Card>
  );
}

function Limits({ limits }: { limits: Schemas['Limits'] }) {
  const t = useStrings(settingsStrings);
  const format = useFormat();
  const use = ({ used, limit }: Schemas['Limits']['organization']) =>
    limit === undefined ? t('unlimited', { used }) : t('usedOf', { used, limit });
  return (
    <Card title={t('limits')} gap={12}>
      <KeyValues
        entries={{
          [t('month', { month: limits.month })]: use(limits.organization),
          [t('visits')]: use(limits.visits),
          [t('burst')]: format.count(limits.burst),
          [t('perUser')]: format.count(limits.perUser),
          [t('perAddress')]: format.count(limits.perAddress),
          [t('trialUntil')]: limits.trialUntil && format.date(limits.trialUntil),
        }}
      />
      <p className="small muted">{t.rich('limitsLead', { code: (inside) => <code>{inside}</code> })}</p>
    </Card>
  );
}

const Field = fieldsOf<Values>()(settingsStrings);

const terms = ['unusedDays', 'consentDays', 'verificationDays', 'deliveryDays', 'auditDays'] as const;
type Term = (typeof terms)[number];
type Organization = Schemas['Organization'];
type Retention = Schemas['RetentionTerms'];

const schemaWith = (sentences: { nameMissing: string; wholeDays: string; colorWrong: string }) => {
  const days = z.int(sentences.wholeDays).min(1, sentences.wholeDays).nullable();
  return z.object({
    name: z.string().trim().min(1, sentences.nameMissing),
    uniquenessPolicy: z.enum(['off', 'warn', 'block']),
    twoPersonReview: z.boolean(),
    consentPolicy: z.enum(['attested', 'with-call']),
    matchOnly: z.boolean(),
    consentLanguage: z.enum(['', 'en', 'de']),
    signInNotice: z.string().trim().max(4000),
    logo: z.custom<LogoChange>(),
    color: z
      .string()
      .trim()
      .toLowerCase()
      .refine((color) => color === '' || isColor(color), sentences.colorWrong),
    unusedDays: days,
    consentDays: days,
    verificationDays: days,
    deliveryDays: days,
    auditDays: days,
  });
};
type Values = z.output<ReturnType<typeof schemaWith>>;

const valuesOf = (organization: Organization, { set }: Retention): Values => ({
  name: organization.name,
  uniquenessPolicy: organization.uniquenessPolicy,
  twoPersonReview: organization.twoPersonReview === true,
  consentPolicy: organization.consentPolicy,
  matchOnly: organization.matchOnly,
  consentLanguage: organization.consentLanguage ?? '',
  signInNotice: organization.signInNotice ?? '',
  logo: 'kept',
  color: organization.color ?? '',
  ...(Object.fromEntries(terms.map((term) => [term, set[term] ?? null])) as Record<Term, number | null>),
});

/** Only what was changed, as the two routes take it; undefined where nothing of one was. */
function changesOf(before: Values, after: Values) {
  const changed = (Object.keys(after) as (keyof Values)[]).filter((name) => before[name] !== after[name]);
  const pick = (names: readonly (keyof Values)[]) =>
    names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, after[name]]));
  const isTerm = (name: keyof Values) => terms.some((term) => term === name);
  return {
    names: changed,
    organization: pick(changed.filter((name) => !isTerm(name))) as Partial<Values> | undefined,
    retention: pick(changed.filter(isTerm)) as Partial<Pick<Values, Term>> | undefined,
  };
}

async function save({ organization, retention }: ReturnType<typeof changesOf>): Promise<void> {
  if (organization) {
    const { signInNotice, consentLanguage, logo, color, ...rest } = organization;
    const body = {
      ...rest,
      ...(color !== undefined && { color: color || null }),
      ...(signInNotice !== undefined && { signInNotice: signInNotice || null }),
      ...(consentLanguage !== undefined && { consentLanguage: consentLanguage || null }),
    };
    if (Object.keys(body).length > 0) await api.patch('/api/admin/organization', {}, body);
    if (logo === 'none') await api.delete('/api/admin/organization/logo');
    else if (logo instanceof File)
      await api.put('/api/admin/organization/logo', {}, { request: {}, file: logo });
  }
  if (retention) await api.patch('/api/admin/retention', {}, retention as never);
}

function SettingsForm({
  organization,
  retention,
  mayChange,
}: {
  organization: Organization;
  retention: Retention;
  mayChange: boolean;
}) {
  const t = useStrings(settingsStrings);
  const before = valuesOf(organization, retention);
  const form = useCheckedForm(
    schemaWith({
      nameMissing: t('nameMissing'),
      wholeDays: t('wholeDays'),
      colorWrong: t('colorWrong', { example: EXAMPLE_COLOR }),
    }),
    before,
    !mayChange,
  );
  const fresh = JSON.stringify(before);
  useEffect(() => form.reset(JSON.parse(fresh) as Values, { keepDirtyValues: true }), [form, fresh]);
  const saving = useOperation((values: Values) => save(changesOf(before, values)), {
    toast: t('saved'),
    refresh: ['organization', 'retention'],
    done: (_, values) => form.reset({ ...values, logo: 'kept' }),
  });
  const { names } = changesOf(before, form.watch() as Values);
  return (
    <OperationForm form={form} operation={saving}>
      <OrganizationFields />
      <BrandingCard organization={organization} mayChange={mayChange} />
      <RetentionFields retention={retention} />
      <SaveBar
        count={mayChange ? names.length : 0}
        names={names.map((name) => t(labels[name])).join(', ')}
        busy={saving.isPending}
        discard={() => form.reset(before)}
      />
    </OperationForm>
  );
}

const labels = {
  name: 'name',
  uniquenessPolicy: 'uniqueness',
  twoPersonReview: 'twoPersonReview',
  consentPolicy: 'consent',
  matchOnly: 'matchOnly',
  consentLanguage: 'consentLanguage',
  signInNotice: 'signInNotice',
  logo: 'logo',
  color: 'color',
  unusedDays: 'unusedDays',
  consentDays: 'consentDays',
  verificationDays: 'verificationDays',
  deliveryDays: 'deliveryDays',
  auditDays: 'auditDays',
} as const satisfies Record<keyof Values, keyof (typeof settingsStrings)['en']>;

function OrganizationFields() {
  const t = useStrings(settingsStrings);
  return (
    <Card title={t('organization')} gap={16}>
      <Field name="name" maxLength={120} />
      <Field name="uniquenessPolicy" label={t('uniqueness')} options={['off', 'warn', 'block']} />
      <Field name="twoPersonReview" as="switch" />
      <Field name="consentPolicy" label={t('consent')} options={['attested', 'with-call']} />
      <Field
        name="consentLanguage"
        options={[
          { value: '', label: t('readersLanguage') },
          { value: 'en', label: 'English' },
          { value: 'de', label: 'Deutsch' },
        ]}
      />
      <Field name="matchOnly" as="switch" />
      <Field name="signInNotice" as="lines" optional maxLength={4000} />
    </Card>
  );
}

function RetentionFields({ retention }: { retention: Retention }) {
  const t = useStrings(settingsStrings);
  const hintOf = (term: Term) => {
    if (retention.set[term] !== undefined) return undefined;
    const days = retention.terms[term];
    return days === undefined ? t('noDefault') : t('defaultDays', { count: days });
  };
  return (
    <Card title={t('retention')} gap={16}>
      <p className="muted">{t('retentionLead')}</p>
      <Columns n={2} collapse>
        {terms.map((term) => (
          <Field key={term} name={term} as="whole" hint={hintOf(term)} min={1} />
        ))}
      </Columns>
    </Card>
  );
}
