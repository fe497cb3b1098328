import { IconFileCertificate } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { Badge, Button, ButtonLink, ExactTime } from '../../../ui/controls/index.ts';
import { Card, EmptyState, KeyValues, Note, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { Actor, api, type Schemas, saveFile } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { peopleStrings } from './strings.ts';

export const Route = createLazyRoute('/receipts/$id')({ component: ReceiptScreen });

type Receipt = Schemas['ErasureReceipt'];

async function findReceipt(id: string, signal: AbortSignal): Promise<Receipt | null> {
  const { items } = await api.get('/api/admin/erasures', { reference: id }, signal);
  return items[0] ?? null;
}

/** Where an erasure ends: without the name. */
function ReceiptScreen() {
  const t = useStrings(peopleStrings);
  const { id } = Route.useParams();
  const query = useQuery({
    queryKey: ['receipt', id],
    queryFn: ({ signal }) => findReceipt(id, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const receipt = query.data;
  return (
    <Page title={t('receipt')} parents={[{ label: t('receipts'), to: '/receipts' }]} reading>
      <Refused of={query} />
      {receipt === null && (
        <EmptyState icon={IconFileCertificate} title={t('receiptGone')} text={t('receiptGoneText')} />
      )}
      {receipt && <Shown receipt={receipt} />}
    </Page>
  );
}

function Shown({ receipt }: { receipt: Receipt }) {
  const t = useStrings(peopleStrings);
  const done = receipt.state === 'done';
  const save = () =>
    saveFile(`${receipt.erasure}.json`, JSON.stringify(receipt, null, 2), 'application/json');
  return (
    <Stack gap={24}>
      <Note kind={done ? 'ok' : 'warn'} title={done ? t('receiptDone') : t('receiptPending')}>
        {done ? t('receiptDoneText') : t('receiptPendingText')}
      </Note>
      <Card title={t('receipt')}>
        <KeyValues
          entries={{
            [t('erasure')]: <code>{receipt.erasure}</code>,
            [t('subject')]: <code>{receipt.subject}</code>,
            [t('world')]: receipt.world === 'live' ? t('live') : t('test'),
            [t('reason')]: t(`reason.${receipt.reason}`),
            [t('by')]: <Actor actor={receipt.actor} />,
            [t('requestedAt')]: <ExactTime at={receipt.requestedAt} />,
            [t('completedAt')]: receipt.completedAt && <ExactTime at={receipt.completedAt} />,
            [t('ledger')]: receipt.ledger && String(receipt.ledger.seq),
          }}
        />
      </Card>
      {receipt.consents?.map((one) => (
        <Agreed key={one.consent} consent={one} />
      ))}
      {receipt.copies && receipt.copies.length > 0 && (
        <Card title={t('copies')} gap={12}>
          {receipt.copies.map(({ place, state }) => (
            <Row between key={place}>
              <code>{place}</code>
              <Badge kind={state === 'unreachable' ? 'warn' : 'ok'}>{t(state)}</Badge>
            </Row>
          ))}
        </Card>
      )}
      <ProofCard proof={receipt.proof} />
      <Card title={t('signature')} gap={8}>
        <KeyValues
          entries={{
            [t('signedWith')]: <code>{receipt.kid}</code>,
            [t('signature')]: <code style={{ overflowWrap: 'anywhere' }}>{receipt.signature}</code>,
          }}
        />
      </Card>
      <p className="small muted">{t('verify')}</p>
      <Row>
        <Button kind="primary" onClick={save}>
          {t('download')}
        </Button>
        <ButtonLink to="/people">{t('backToPeople')}</ButtonLink>
      </Row>
    </Stack>
  );
}

/** Which text the person had agreed to, and who answers for it. */
function Agreed({ consent: one }: { consent: NonNullable<Receipt['consents']>[number] }) {
  const t = useStrings(peopleStrings);
  return (
    <Card title={t('receiptConsents')}>
      <KeyValues
        entries={{
          [t('consentVersion')]: <code style={{ overflowWrap: 'anywhere' }}>{one.textVersion}</code>,
          [t('textHash')]: one.textSha256 && (
            <code style={{ overflowWrap: 'anywhere' }}>{one.textSha256}</code>
          ),
          [t('language')]: one.language && t(one.language),
          [t('consentFor')]: one.purposes.map((purpose) => t(purpose)).join(', '),
          [t('consentGiven')]: <ExactTime at={one.givenAt} />,
          [t('consentUntil')]: one.expiresAt && <ExactTime at={one.expiresAt} />,
          [t('withdrawn')]: one.withdrawn.map(({ purpose }) => t(purpose)).join(', ') || undefined,
          [t('controller')]: one.controller,
          [t('contact')]: one.contact,
        }}
      />
    </Card>
  );
}

/** What was searched, and whether anything of the person was found. */
function ProofCard({ proof }: { proof: Receipt['proof'] }) {
  const t = useStrings(peopleStrings);
  const format = useFormat();
  if (!proof)
    return (
      <Card title={t('proof')}>
        <p className="small muted">{t('proofNone')}</p>
      </Card>
    );
  const { needles, files, found, tables, sealedValues, gallery } = proof;
  const patterns = Object.values(needles).reduce((sum, count) => sum + count, 0);
  const hits = found.length + (tables?.found.length ?? 0);
  const row = (clean: boolean, text: string) => (
    <Row between wrap={false}>
      <span>{text}</span>
      <Badge kind={clean ? 'ok' : 'bad'}>{t(clean ? 'proofClean' : 'proofFound')}</Badge>
    </Row>
  );
  return (
    <Card title={t('proof')} gap={12}>
      {row(hits === 0, t('proofFiles', { patterns: format.count(patterns), files: format.count(files) }))}
      {tables && row(tables.found.length === 0, t('proofTables', { count: tables.searched }))}
      {row(sealedValues.opened === 0, t('proofSealed', { count: sealedValues.tried }))}
      {row(gallery.named === 0, t('proofGallery', { count: gallery.searches }))}
      <NotSearched proof={proof} />
    </Card>
  );
}

/** Receipts of earlier versions have the service's own sentences alone. */
function NotSearched({ proof: { notSearched, notSearchedCodes } }: { proof: NonNullable<Receipt['proof']> }) {
  const t = useStrings(peopleStrings);
  if (notSearched.length === 0) return null;
  const what = notSearchedCodes ? (
    notSearchedCodes.map(({ code, where = '' }) => t(`notSearched.${code}`, { where } as never)).join('; ')
  ) : (
    <span lang="en">{notSearched.join('; ')}</span>
  );
  return <p className="small muted">{t.rich('proofNotSearched', { what })}</p>;
}
