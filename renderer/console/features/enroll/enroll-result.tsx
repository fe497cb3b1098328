import { useEffect, useRef, useState } from 'react';
import { Badge, Button, ButtonLink } from '../../../ui/controls/index.ts';
import { Card, Note, Row, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { managers, useSession, useWorld } from '../../data.ts';
import { LoadFailed, useOperation } from '../../operations.ts';
import { adviceIn, useMessageText } from '../../reasons/message-text.ts';
import {
  type EnrolledPerson,
  type EnrollRequest,
  enrollPictures,
  type PictureResult,
  reviewOf,
} from './enroll-pictures.ts';
import { enrollStrings } from './strings.ts';

/** Sends the pictures once, shows how far it is, and then what became of each. */
export function EnrollResult({
  request,
  pictures,
  next,
  retry,
  then,
}: {
  request: EnrollRequest;
  pictures: readonly Blob[];
  next(): void;
  retry(): void;
  then?: ((person: EnrolledPerson) => void) | undefined;
}) {
  const t = useStrings(enrollStrings);
  const env = useWorld();
  const [number, setNumber] = useState(1);
  const begun = useRef(false);
  const enroll = useOperation(() => enrollPictures(env, request, pictures, setNumber), { refresh: 'all' });
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    enroll.mutate();
  });
  return (
    <Stack gap={24}>
      {enroll.error && <LoadFailed error={enroll.error} retry={() => enroll.mutate()} />}
      {enroll.isPending && (
        <Card gap={12}>
          <p role="status">{t('sending', { number: String(number), total: String(pictures.length) })}</p>
          <progress value={number - 1} max={pictures.length} style={{ width: '100%' }} aria-hidden="true" />
        </Card>
      )}
      {enroll.data && <Results request={request} results={enroll.data} />}
      {!enroll.isPending && (
        <Ways request={request} results={enroll.data} next={next} retry={retry} then={then} />
      )}
    </Stack>
  );
}

function Results({
  request: { email },
  results,
}: {
  request: EnrollRequest;
  results: readonly PictureResult[];
}) {
  const t = useStrings(enrollStrings);
  const count = results.filter((one) => one.is === 'enrolled' && !one.reply.repeated).length;
  return (
    <>
      <Note
        kind={count > 0 ? 'ok' : 'bad'}
        title={count > 0 ? t('enrolled', { count }) : t('noneEnrolled')}
      />
      <Duplicate results={results} />
      <Card title={t('resultTitle', { email })} gap={12}>
        {results.map((result, index) => (
          <Result key={index} number={index + 1} result={result} />
        ))}
      </Card>
    </>
  );
}

/** The face is like that of another person: a reviewer compares the two, at once or later. */
function Duplicate({ results }: { results: readonly PictureResult[] }) {
  const t = useStrings(enrollStrings);
  const { user } = useSession();
  const waits = results.some((one) => one.is === 'refused' && one.code === 'DUPLICATE_IDENTITY');
  const isDuplicate = waits || results.some((one) => one.is === 'enrolled' && one.reply.duplicate);
  if (!isDuplicate) return null;
  const review = reviewOf(results);
  const mayReview = managers.includes(user.role);
  return (
    <Note
      kind="warn"
      title={t(waits ? 'duplicateWaits' : 'duplicate')}
      action={
        mayReview &&
        review !== undefined && (
          <ButtonLink to="/review/$id" params={{ id: review }}>
            {t('compare')}
          </ButtonLink>
        )
      }
    >
      {t(waits ? 'duplicateWaitsText' : 'duplicateText')}
      {!mayReview && ` ${t('askReviewer')}`}
    </Note>
  );
}

function Result({ number, result }: { number: number; result: PictureResult }) {
  const t = useStrings(enrollStrings);
  const messageOf = useMessageText();
  const format = useFormat();
  const picture = t('pictureNumber', { number: String(number) });
  const adviceOf = (code: string | undefined) => code !== undefined && messageOf(code);
  if (result.is === 'refused')
    return (
      <Row between>
        <span>
          {picture}: {messageOf(`refused.${result.code}`) ?? <span lang="en">{result.message}</span>}
          {adviceOf(result.advice) && ` ${adviceOf(result.advice)}`}
        </span>
        <Badge kind="bad">{t('refused')}</Badge>
      </Row>
    );
  const { quality, repeated } = result.reply;
  const advice = adviceOf(adviceIn(quality.details));
  return (
    <Row between>
      <span>
        {picture}: {t('qualityOf', { score: format.score(quality.score) })}
        {advice && `. ${advice}`}
      </span>
      <Badge kind={repeated ? 'outline' : 'ok'}>{repeated ? t('repeated') : t('accepted')}</Badge>
    </Row>
  );
}

function Ways({
  request,
  results,
  next,
  retry,
  then,
}: {
  request: EnrollRequest;
  results: readonly PictureResult[] | undefined;
  next(): void;
  retry(): void;
  then: ((person: EnrolledPerson) => void) | undefined;
}) {
  const t = useStrings(enrollStrings);
  const enrolled = results?.find((one) => one.is === 'enrolled');
  return (
    <Row>
      {enrolled === undefined ? (
        <Button kind="primary" onClick={retry}>
          {t('retry')}
        </Button>
      ) : then ? (
        <Button kind="primary" onClick={() => then({ ...request, id: enrolled.reply.userId })}>
          {t('verify', { email: request.email })}
        </Button>
      ) : (
        <>
          <Button kind="primary" onClick={next}>
            {t('next')}
          </Button>
          <ButtonLink to="/verify" search={{ person: enrolled.reply.userId }}>
            {t('verify', { email: request.email })}
          </ButtonLink>
          <ButtonLink to="/people/$id" params={{ id: enrolled.reply.userId }}>
            {t('openPerson')}
          </ButtonLink>
        </>
      )}
    </Row>
  );
}
