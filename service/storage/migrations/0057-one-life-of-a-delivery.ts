import type { Migration } from '../migration.ts';

/**
 * The row of a delivery is the queue, mail is a kind of it, and recurring work has a row each. Jobs that wait go over: those of webhooks into
 * the rows they stand for, mails into rows of their own, the rest is due again.
 */
export const oneLifeOfADelivery: Migration = {
  name: '0057-one-life-of-a-delivery',
  // Programs from before write to tables that are gone.
  needs: { reader: 57, writer: 57 },
  up: ({ text, integer, real, bytes, strict }) => {
    const ofJob = (field: string) =>
      strict === '' ? `(job.payload::json ->> '${field}')` : `(job.payload ->> '$.${field}')`;
    return [
      `create table delivery (
        id ${text} primary key not null,
        -- Order in which they were added.
        seq ${integer} not null unique,
        kind ${text} not null check (kind in ('webhook', 'mail')),
        organization ${text} not null references organization (id),
        world ${text} not null check (world in ('live', 'test')),
        -- Of a webhook.
        endpoint ${text} references webhook_endpoint (id),
        -- Row of the outbox; null for a test event. Of a mail, its alert.
        event ${text},
        -- '<family>.<event>', or 'mail.<number of the recipient>'
        event_name ${text} not null,
        -- The person named in the event, so that erasing them reaches what is sealed here.
        subject ${text},
        origin ${text} not null check (origin in ('event', 'callback', 'resend', 'replay', 'test', 'alert')),
        -- Of a callback.
        url_sealed ${bytes},
        -- First attempts of one lane begin one at a time, in the order of 'seq'. Null: the endpoint.
        lane ${text},
        -- 'failed': no attempt is left; 'dropped': nothing to send any more
        state ${text} not null check (state in ('waiting', 'delivered', 'failed', 'dropped')),
        state_reason ${text},
        -- All there were.
        attempts ${integer} not null,
        -- Those of the schedule that runs now: an operator begins it anew.
        tries ${integer} not null,
        -- Null: it is over, or it waits until its endpoint is enabled again.
        next_at ${integer},
        -- The process that sends it, until this moment unless it renews the claim.
        claimed_by ${text},
        claimed_until ${integer},
        created_at ${integer} not null,
        finished_at ${integer},
        -- HMAC over the row (keys/protected-tables.ts); null of a mail, and in a row of an earlier release that was not protected yet.
        mac ${text},
        check ((kind = 'mail') = (origin = 'alert')),
        check (kind = 'mail' or endpoint is not null)
      )${strict}`,
      `create table delivery_attempt (
        id ${text} primary key not null,
        delivery ${text} not null references delivery (id),
        -- From 1.
        number ${integer} not null,
        at ${integer} not null,
        -- 'delivered', or why not.
        outcome ${text} not null,
        status ${integer},
        milliseconds ${real} not null,
        -- JSON: what was sent and answered; under the person's key where the event names one, else the organization's own.
        exchange_sealed ${bytes},
        unique (delivery, number)
      )${strict}`,
      `create table recurring_work (
        kind ${text} primary key not null,
        -- Milliseconds; null: only when it is asked for.
        every ${integer},
        -- Null: not before it is asked for.
        next_at ${integer},
        -- End of the last run.
        last_at ${integer},
        last_milliseconds ${integer},
        -- Null: the last run was good. A fixed sentence.
        last_error ${text},
        -- The process that runs it, until this moment unless it renews the claim.
        claimed_by ${text},
        claimed_until ${integer},
        -- Grows with each run: the result of an older one counts for nothing.
        fence ${integer} not null
      )${strict}`,

      `insert into delivery (id, seq, kind, organization, world, endpoint, event, event_name, subject, origin, url_sealed, lane, state,
          state_reason, attempts, tries, next_at, created_at, finished_at, mac)
        select old.id, row_number() over (order by case when job.id is null then 0 else 1 end, job.seq, old.id), 'webhook',
          old.organization, old.world, old.endpoint, old.event, old.event_name, old.subject, old.origin, old.url_sealed, old.lane,
          old.state, old.state_reason, old.attempts, coalesce(job.attempts, old.attempts),
          case when job.id is not null then job.run_at when old.state = 'waiting' and old.job is not null then old.next_at end,
          old.created_at, old.finished_at, old.mac
        from webhook_delivery as old
        left join job on job.id = old.job and job.state in ('waiting', 'relayed', 'leased') and old.state in ('waiting', 'failed')`,
      `insert into delivery (id, seq, kind, organization, world, event, event_name, origin, lane, state, state_reason, attempts, tries,
          next_at, created_at, finished_at)
        select 'dlv_' || substr(job.id, 5), (select count(*) from webhook_delivery) + row_number() over (order by job.seq), 'mail',
          alert.organization, alert.world, alert.id, 'mail.' || ${ofJob('to')}, 'alert', 'mail',
          case job.state when 'dead' then 'failed' else 'waiting' end, job.last_error, job.attempts, job.attempts,
          case job.state when 'dead' then null else job.run_at end, job.created_at, job.finished_at
        from job join alert on alert.id = ${ofJob('alert')}
        where job.kind = 'mail' and job.state in ('waiting', 'relayed', 'leased', 'dead')`,
      `insert into delivery_attempt (id, delivery, number, at, outcome, status, milliseconds, exchange_sealed)
        select id, delivery, number, at, outcome, status, milliseconds, exchange_sealed from webhook_attempt`,
      `insert into recurring_work (kind, every, next_at, last_at, last_error, fence)
        select plan.name, plan.every,
          case when job.state in ('waiting', 'relayed', 'leased') then 0 else plan.next_at end,
          job.finished_at, case job.state when 'dead' then coalesce(job.last_error, 'It failed.') end, 0
        from job_schedule as plan left join job on job.id = plan.last_job`,
      `insert into recurring_work (kind, next_at, fence)
        select 'backup-drill', 0, 0
        where exists (select 1 from job where kind = 'backup-drill' and state in ('waiting', 'relayed', 'leased'))`,

      'drop table webhook_attempt',
      'drop table webhook_delivery',
      'drop table job_schedule',
      'drop table job',

      'create index delivery_realm on delivery (organization, world, id)',
      'create index delivery_endpoint on delivery (endpoint, id)',
      'create index delivery_event on delivery (event)',
      'create index delivery_subject on delivery (subject)',
      'create index delivery_of_kind on delivery (kind, state, id)',
      "create index delivery_waiting on delivery (organization, world) where state = 'waiting'",
      "create index delivery_parked on delivery (endpoint, id) where state = 'waiting' and next_at is null",
      'create index delivery_first on delivery (coalesce(lane, endpoint), seq) where next_at is not null and claimed_by is null and tries = 0',
      'create index delivery_retry on delivery (coalesce(lane, endpoint), next_at, seq) where next_at is not null and claimed_by is null and tries > 0',
      'create index delivery_claimed on delivery (claimed_until) where claimed_by is not null',
    ];
  },
};
