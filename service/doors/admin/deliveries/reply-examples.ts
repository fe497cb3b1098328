/** Replies as a box gives them; ids and times are made up. */

export const delivery = {
  id: 'dlv_01m7w3k5ze4tbs2m0q8c6y1hxf',
  endpoint: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  event: 'evt_01m7w3k5yd8wq3x1v9z7r5t2nc',
  name: 'identity.verification.failure',
  origin: 'event' as const,
  state: {
    is: 'waiting' as const,
    nextAt: '2026-11-20T12:05:07.412Z',
    reason: 'The receiver answered 500; any status from 200 to 299 accepts a delivery.',
  },
  attempts: 1,
  createdAt: '2026-11-20T12:00:02.118Z',
  last: { at: '2026-11-20T12:00:02.131Z', outcome: 'status', status: 503, milliseconds: 18.4 },
};

export const health = {
  endpoint: delivery.endpoint,
  since: '2026-11-19T12:00:05.000Z',
  deliveries: 1318,
  accepted: 1306,
  failed: 0,
  medianMilliseconds: 18.9,
  hours: [{ at: '2026-11-19T12:00:05.000Z', deliveries: 55, accepted: 55 }],
  waiting: 12,
  nextAt: '2026-11-20T12:05:07.412Z',
};

export const attempt = {
  number: 1,
  at: '2026-11-20T12:00:02.131Z',
  outcome: 'status',
  status: 503,
  milliseconds: 18.4,
  request: {
    url: 'https://hooks.example.org/gatehouse',
    headers: {
      'x-source': '(not kept)',
      'content-type': 'application/json',
      'user-agent': 'Gatehouse/0.1.0',
      'webhook-id': delivery.event,
      'webhook-timestamp': '1795176002',
      'webhook-signature': '(not kept)',
      'x-proof-signature': '(not kept)',
    },
    body: '{"event":"verification.failure","orgId":"org_01m7w2y4m7v3pcd0w8x9q6r5zt","timestamp":"2026-11-20T12:00:02.090Z","data":{"verified":false}}',
  },
  response: { headers: { 'content-type': 'text/plain' }, body: 'be back soon', truncated: false },
};
