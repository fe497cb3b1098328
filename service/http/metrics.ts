import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

interface RequestSample {
  method: string;
  /** The pattern (`/api/verify`, `/hosted/v/:token`), never the address that was called. */
  route: string;
  status: number;
  /** World of the key; absent on routes without a key, and if none was accepted. */
  world?: 'live' | 'test';
  seconds: number;
  /** The code that was answered, if it was a problem. */
  problem?: string;
}

interface VerificationSample {
  world: 'live' | 'test';
  kind: '1:1' | '1:N';
  verified: boolean;
  checks: readonly { check: string; pass: boolean; skipped?: string }[];
}

export interface GaugeSample {
  name: string;
  help: string;
  labels: readonly string[];
  values: readonly { labels: Record<string, string>; value: number }[];
}

export interface Metrics {
  request(sample: RequestSample): void;
  /** One verification that was judged and stored. */
  verification(sample: VerificationSample): void;
  /** One attempt of a live session that has ended. */
  attempt(sample: { world: 'live' | 'test'; outcome: string; waitsFor?: string }): void;
  /** One attempt to deliver a webhook: `delivered`, or why not (`timeout`, `refused`, `status`, …). */
  delivery(sample: { outcome: string; milliseconds: number }): void;
  /** One picture's stages (`decode`, `detect`, `landmarks`, `embed`, `pad`, `total`, `queued`), in milliseconds. */
  inference(timing: Record<string, number>): void;
  contentType: string;
  /** Prometheus text; `gauges` are the current values. */
  render(gauges: GaugeSample[]): Promise<string>;
}

const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const STAGE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A registry of its own, so that two servers in one process do not mix. `processMetrics` adds Node's own (loop, memory, GC). */
export function createMetrics({ processMetrics }: { processMetrics: boolean }): Metrics {
  const registry = new Registry();
  if (processMetrics) {
    collectDefaultMetrics({ register: registry });
    // Gauges whose names end like a counter's; the same figures exist by type without this ending.
    for (const name of ['resources', 'handles', 'requests'])
      registry.removeSingleMetric(`nodejs_active_${name}_total`);
  }
  const series = createSeries(registry);
  const gauges = new Map<string, Gauge>();

  return {
    contentType: registry.contentType,
    request({ method, route, status, world = 'none', seconds, problem }) {
      if (problem !== undefined) series.problems.inc({ code: problem, world });
      series.requests.inc({ method, route, status: String(status), world });
      series.durations.observe({ method, route, world }, seconds);
    },
    verification({ world, kind, verified, checks }) {
      series.verifications.inc({ world, kind, decision: verified ? 'verified' : 'refused' });
      for (const { check, pass, skipped } of checks)
        series.checks.inc({
          world,
          check,
          result: skipped === undefined ? (pass ? 'pass' : 'fail') : 'skipped',
        });
    },
    attempt({ world, outcome, waitsFor = '' }) {
      series.attempts.inc({ world, outcome, waits_for: waitsFor });
    },
    delivery({ outcome, milliseconds }) {
      series.deliveries.inc({ outcome });
      series.deliveryDurations.observe(milliseconds / 1000);
    },
    inference(timing) {
      for (const [stage, milliseconds] of Object.entries(timing))
        series.stages.observe({ stage }, milliseconds / 1000);
    },
    async render(samples) {
      for (const { name, help, labels: labelNames, values } of samples) {
        let gauge = gauges.get(name);
        if (!gauge) {
          gauge = new Gauge({ name, help, labelNames, registers: [registry] });
          gauges.set(name, gauge);
        }
        gauge.reset();
        for (const { labels, value } of values) gauge.set(labels, value);
      }
      return registry.metrics();
    },
  };
}

function createSeries(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'gatehouse_http_requests_total',
      help: 'Requests answered; "world" is that of the key: live, test, or none.',
      labelNames: ['method', 'route', 'status', 'world'],
      registers,
    }),
    durations: new Histogram({
      name: 'gatehouse_http_request_seconds',
      help: 'Time from the request line to the end of the answer.',
      labelNames: ['method', 'route', 'world'],
      buckets: REQUEST_BUCKETS,
      registers,
    }),
    stages: new Histogram({
      name: 'gatehouse_inference_stage_seconds',
      help: 'Time a picture spent in one stage of the pipeline; "queued" is waiting for a worker.',
      labelNames: ['stage'],
      buckets: STAGE_BUCKETS,
      registers,
    }),
    problems: new Counter({
      name: 'gatehouse_problems_total',
      help: 'Requests refused, by the code that was answered; limits reached are among them.',
      labelNames: ['code', 'world'],
      registers,
    }),
    verifications: new Counter({
      name: 'gatehouse_verifications_total',
      help: 'Verifications that were judged and stored.',
      labelNames: ['world', 'kind', 'decision'],
      registers,
    }),
    checks: new Counter({
      name: 'gatehouse_check_results_total',
      help: 'Check results of those verifications: pass, fail or skipped.',
      labelNames: ['world', 'check', 'result'],
      registers,
    }),
    attempts: new Counter({
      name: 'gatehouse_session_attempts_total',
      help: 'Attempts of live sessions that have ended; "another" has one left, "held" waits for a person about "waits_for".',
      labelNames: ['world', 'outcome', 'waits_for'],
      registers,
    }),
    deliveries: new Counter({
      name: 'gatehouse_webhook_attempts_total',
      help: 'Attempts to deliver a webhook, by what became of them.',
      labelNames: ['outcome'],
      registers,
    }),
    deliveryDurations: new Histogram({
      name: 'gatehouse_webhook_attempt_seconds',
      help: 'Time of one attempt, from looking up the name to the end of the answer.',
      buckets: REQUEST_BUCKETS,
      registers,
    }),
  };
}
