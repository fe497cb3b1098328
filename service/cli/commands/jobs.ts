import type { Schemas } from '../../../sdk/admin/client.ts';
import { jobKinds } from '../../engine/events/index.ts';
import { systemClock } from '../../lib/clock.ts';
import { choice, value } from '../flag.ts';
import { call, list, noun, tableOf } from '../operation-command.ts';
import { count } from '../terminal/terminal.ts';

type Job = Schemas['Job'];

const states = ['waiting', 'delayed', 'leased', 'done', 'dead'] as const;

/** As `--state` and `jobs counts` call it: `delayed` is what waits for its time. */
const stateOf = ({ state, runAt }: Job): string =>
  state === 'waiting' && runAt !== undefined && Date.parse(runAt) > systemClock.now() ? 'delayed' : state;

const attempts = (job: Job) => `${job.attempts} of ${job.mostAttempts}`;

export const jobs = noun('background work: webhooks, mail, sweeps, backups and more', {
  list: list('GET /api/admin/jobs', {
    about: 'recurring work, then deliveries, newest first; delayed: those that are not due yet',
    fields: {
      kind: choice('<kind>', 'only jobs of this kind', jobKinds),
      state: choice('<state>', 'only jobs in this state', states),
    },
    limit: 50,
    rows: {
      job: 'id',
      kind: 'kind',
      state: stateOf,
      attempts,
      when: (job) => job.finishedAt ?? job.runAt,
      'last error': 'lastError',
    },
    empty: ({ kind, state }) =>
      kind === undefined && state === undefined ? 'There are no jobs yet.' : 'There are no such jobs.',
    examples: ['jobs list --state dead', 'jobs list --kind webhook --limit 500 --json'],
  }),
  show: call('GET /api/admin/jobs/{id}', {
    args: { id: value('<job>', 'id') },
    about: 'one job',
    text: {
      job: 'id',
      kind: 'kind',
      state: stateOf,
      lane: 'lane',
      organization: 'organization',
      payload: (job) => JSON.stringify(job.payload),
      attempts,
      added: 'createdAt',
      'not before': 'runAt',
      finished: 'finishedAt',
      'last error': 'lastError',
    },
    examples: ['jobs show dlv_01…', 'jobs show backups'],
  }),
  counts: call('GET /api/admin/jobs/counts', {
    about: 'how many jobs there are of each kind and state',
    json: ({ items }) => ({ items }),
    text: ({ items }) =>
      tableOf(
        items,
        {
          kind: 'kind',
          waiting: 'waiting',
          delayed: 'delayed',
          leased: 'leased',
          done: 'done',
          dead: 'dead',
        },
        'There are no jobs.',
      ),
    examples: ['jobs counts'],
  }),
  retry: call('POST /api/admin/jobs/{id}/retry', {
    args: { id: value('<job>', 'id of a delivery, or kind of recurring work') },
    about: 'try a dead or waiting delivery at once, or run recurring work now',
    text: (job) => `${job.id} (${job.kind}) is tried again at once.`,
    examples: ['jobs retry dlv_01…', 'jobs retry backups'],
  }),
  remove: call('DELETE /api/admin/jobs/{id}', {
    args: { id: value('<job>', 'id') },
    about: 'cancel a waiting or dead delivery',
    confirm: {
      option: '--confirm <job>',
      about: 'the id again, as a confirmation',
      word: ({ id }) => [
        id,
        `This cancels the delivery. Nothing was removed yet. To confirm, repeat the id: --confirm ${id}`,
      ],
    },
    ask: ({ id }) => ({ confirm: id }),
    json: (_, { id }) => ({ removed: id }),
    text: (_, { id }) => `${id} is removed.`,
    examples: ['jobs remove dlv_01… --confirm dlv_01…'],
  }),
  open: call('POST /api/admin/jobs/links', {
    summary: 'print a link that opens the job board in a browser',
    about:
      'Prints a link to the page of jobs on the running service. It works once, within five minutes, and gives the browser that opens it ' +
      'half an hour to look at jobs, try them again and remove them, in the name of the account that ran this command.',
    text: ({ url, validSeconds }) =>
      `${url}\n\nIt works once, within ${count(Math.round(validSeconds / 60), 'minute', 'minutes')}.`,
    examples: ['jobs open'],
  }),
});
