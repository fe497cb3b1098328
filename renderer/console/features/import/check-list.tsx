import { z } from 'zod';
import { needsDomain, withDomain } from '../../../../sdk/admin/bulk-import/picture-list.ts';
import type { ImportEntry } from '../../../../sdk/admin/bulk-import/run-import.ts';
import { purposes } from '../../../../sdk/admin/values.ts';
import { Button } from '../../../ui/controls/index.ts';
import { Form, fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Note, Row, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, DataTable, useColumns } from '../../../ui/tables/index.ts';
import { api, managers, useSession, useWorld } from '../../data.ts';
import { FormCommand } from '../../operations.ts';
import type { Common } from './send-pictures.ts';
import type { PictureList } from './source.ts';
import { importStrings } from './strings.ts';

const Field = fieldsOf<Values>()(importStrings);

/** What was said before the import began. */
export interface Decided {
  domain: string;
  common: Common;
}

const SHOWN = 5;

function useSchema(needed: boolean) {
  const t = useStrings(importStrings);
  const domain = z.string().trim().max(200);
  return z
    .object({
      domain: needed ? domain.regex(/^@?[^\s@.]+(\.[^\s@.]+)+$/, t('domainWrong')) : domain,
      overrideLiveness: z.boolean(),
      overrideQuality: z.boolean(),
      own: z.boolean(),
      textVersion: z.string().trim().max(80),
      method: z.string().trim().max(80),
      legalBasis: z.string().trim().max(120),
      purposes: z.array(z.enum(purposes)),
    })
    .check(({ value, issues }) => {
      if (!value.own) return;
      for (const name of ['textVersion', 'method', 'legalBasis'] as const)
        if (value[name] === '')
          issues.push({ code: 'custom', path: [name], message: t('needed'), input: value[name] });
      if (value.purposes.length === 0)
        issues.push({ code: 'custom', path: ['purposes'], message: t('purposesNeeded'), input: [] });
    });
}
type Values = z.output<ReturnType<typeof useSchema>>;

const toDecided = ({
  domain,
  overrideLiveness,
  overrideQuality,
  own,
  textVersion,
  method,
  legalBasis,
  purposes,
}: Values): Decided => ({
  domain,
  common: {
    ...(overrideLiveness && { overrideLiveness }),
    ...(overrideQuality && { overrideQuality }),
    ...(own && { consent: { textVersion, method, legalBasis, purposes } }),
  },
});

/** What was found, and what has to be said before it is sent. */
export function CheckList({
  list,
  withConsent,
  start,
  back,
}: {
  list: PictureList;
  /** The organization records consent with each enrollment. */
  withConsent: boolean;
  start(decided: Decided): void;
  back(): void;
}) {
  const t = useStrings(importStrings);
  const { user } = useSession();
  // In the test world no picture is checked for life.
  const env = useWorld();
  const mayBeScans = env === 'live' && managers.includes(user.role);
  const { entries, nameless } = list;
  const form = useCheckedForm(useSchema(nameless.length > 0), {
    domain: '',
    overrideLiveness: false,
    overrideQuality: false,
    own: withConsent,
    textVersion: '',
    method: '',
    legalBasis: 'explicit consent',
    purposes: [...purposes],
  });
  return (
    <Form form={form} onSubmit={(values) => start(toDecided(values))}>
      <Found list={list} domain={form.watch('domain')} />
      {nameless.length > 0 && (
        <Card>
          <Field
            name="domain"
            hint={t('domainHint', { count: nameless.length, example: nameless[0] ?? '' })}
            placeholder="example.org"
          />
        </Card>
      )}
      <Card title={t('consent')} gap={16}>
        <p className="small muted">{withConsent ? t('consentNeeded') : t('consentAttested')}</p>
        {!withConsent && <Field name="own" as="switch" />}
        {form.watch('own') && <Consent />}
      </Card>
      <Card title={t('options')} gap={16}>
        {mayBeScans && <Field name="overrideLiveness" as="check" />}
        <Field name="overrideQuality" as="check" />
      </Card>
      <FormCommand
        form={form}
        run={(values) => {
          const { domain, common } = toDecided(values);
          const { person = '', name } = entries[0] ?? {};
          const email = needsDomain(person) ? withDomain(person, domain) : person;
          const request = { ...common, email, ...(name !== undefined && { name }) };
          return api.post('/api/admin/subjects', { env }, { request, file: new Blob() });
        }}
        many={({ domain }) => ({ domain })}
      />
      <Row>
        <Button type="submit" kind="primary">
          {t('start', { count: entries.length })}
        </Button>
        <Button onClick={back}>{t('other')}</Button>
      </Row>
    </Form>
  );
}

type Shown = ImportEntry & { key: string };

/** `context`: the domain of names that are no addresses. */
const exampleColumns: Columns<Shown, typeof importStrings, string> = [
  { id: 'file', cell: ({ label }) => <span style={{ overflowWrap: 'anywhere' }}>{label}</span> },
  {
    id: 'person',
    cell: ({ person }, { context: domain }) => (
      <span style={{ overflowWrap: 'anywhere' }}>
        {needsDomain(person) && domain !== '' ? withDomain(person, domain) : person}
      </span>
    ),
  },
  { id: 'name', priority: 2, cell: ({ name }) => name },
];

function Found({ list, domain }: { list: PictureList; domain: string }) {
  const t = useStrings(importStrings);
  const { entries, people, missing, passedOver } = list;
  return (
    <Stack gap={12}>
      <h2>
        {t('found', { count: entries.length })} {t('ofPeople', { count: people })}
      </h2>
      {missing > 0 && <Note kind="warn" title={t('missing', { count: missing })} />}
      {passedOver > 0 && <p className="small muted">{t('passedOver', { count: passedOver })}</p>}
      <DataTable
        label={t('examples')}
        columns={useColumns(exampleColumns, importStrings, domain)}
        rows={entries.slice(0, SHOWN).map((one, index) => ({ ...one, key: String(index) }))}
        rowId={({ key }) => key}
      />
      {entries.length > SHOWN && (
        <p className="small muted">{t('andMore', { count: entries.length - SHOWN })}</p>
      )}
    </Stack>
  );
}

function Consent() {
  const t = useStrings(importStrings);
  return (
    <>
      <Field name="textVersion" />
      <Field name="method" />
      <Field name="legalBasis" />
      <Field name="purposes" as="several" options={purposes.map((value) => ({ value, label: t(value) }))} />
    </>
  );
}
