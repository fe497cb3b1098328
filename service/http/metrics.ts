import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

interface RequestSample {
  method: string;
  /** The pattern (`/api/verify`, `/hosted/v/:token`), never the address that was called. */
  route: string;
  status: number;
  /** Of the key that was sent; absent on routes that ask for none, and where none was accepted. */
  world?: 'live' | 'test';
  seconds: number;
}

export interface GaugeSample {
  name: string;
  help: string;
  labels: readonly string[];
  values: readonly { labels: Record<string, string>; value: number }[];
}

export interface Metrics {
  request(sample: RequestSample): void;
  /** One picture's stages (`decode`, `detect`, `landmarks`, `embed`, `pad`, `total`, `queued`), in milliseconds. */
  inference(timing: Record<string, number>): void;
  contentType: string;
  /** Prometheus text; `gauges` are what is true at this moment. */
  render(gauges: GaugeSample[]): Promise<string>;
}

const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const STAGE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A registry of its own, so that two servers in one process do not mix. `processMetrics` adds Node's own (loop, memory, GC). */
export function createMetrics({ processMetrics }: { processMetrics: boolean }): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'gatehouse_http_requests_total',
    help: 'Requests answered; "world" is that of the key: live, test, or none.',
    labelNames: ['method', 'route', 'status', 'world'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'gatehouse_http_request_seconds',
    help: 'Time from the request line to the end of the answer.',
    labelNames: ['method', 'route', 'world'],
    buckets: REQUEST_BUCKETS,
    registers: [registry],
  });
  const stages = new Histogram({
    name: 'gatehouse_inference_stage_seconds',
    help: 'Time a picture spent in one stage of the pipeline; "queued" is waiting for a worker.',
    labelNames: ['stage'],
    buckets: STAGE_BUCKETS,
    registers: [registry],
  });
  const gauges = new Map<string, Gauge>();

  return {
    contentType: registry.contentType,
    request({ method, route, status, world = 'none', seconds }) {
      requests.inc({ method, route, status: String(status), world });
      durations.observe({ method, route, world }, seconds);
    },
    inference(timing) {
      for (const [stage, milliseconds] of Object.entries(timing))
        stages.observe({ stage }, milliseconds / 1000);
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
